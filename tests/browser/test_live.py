"""Checks 1 to 3: arrivals, a killed server, a lost history; and who may see any of it."""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from motherhaven.contract.ids import IdSource
from motherhaven.contract.wire import event_from_single
from motherhaven.settings import SystemClock
from motherhaven.stores import open_store
from tests.acceptance.processes import KEY
from tests.browser.conftest import Site
from tests.browser.looks import FEED, LOST, OpenPage, absent, read, settle
from tests.patience import HANG_SECONDS, figure, wait_until

WATCH = f"""() => {{
  window.seen = {{}};
  const look = () => requestAnimationFrame(() => {{
    const text = document.querySelector('{FEED}')?.textContent ?? '';
    for (const [one] of text.matchAll(/number [\\w-]+\\./g))
      window.seen[one] ??= performance.timeOrigin + performance.now();
  }});
  new MutationObserver(look).observe(document.body, {{ childList: true, subtree: true }});
}}"""
ROWS = f"""() => [...document.querySelectorAll('{FEED} li')]
  .map(row => [row.getBoundingClientRect().top, row.innerText])
  .sort((a, b) => a[0] - b[0]).map(([, text]) => text)"""
LATE = """delete window.SharedWorker;
  window.EventSource = class extends EventSource {
    addEventListener(kind, heard) {
      super.addEventListener(kind, event => setTimeout(() => heard(event), 1200));
    }
  };"""
CURSOR = "motherhaven-cursor"
WRONG_ROWS = {
    "missing": "rows[1].replaceChildren()",
    "more than once": "rows[1].innerText = rows[0].innerText",
    "order": "[rows[0].style.transform, rows[1].style.transform] = "
    "[rows[1].style.transform, rows[0].style.transform]",
}


def arrival_seconds(page: Page, site: Site, count: int) -> float:
    """Post so many decisions, each when the page shows the one before; the p95 until it does."""
    page.evaluate(WATCH)
    seconds = []
    for _ in range(count):
        text = f"number {time.time_ns()}."
        started = time.time()
        site.decide(text)
        shown = page.wait_for_function("text => window.seen?.[text]", arg=text)
        seconds.append(shown.json_value() / 1000 - started)
    return float(sorted(seconds)[round(count * 0.95) - 1])


def reload_complaints(page: Page) -> list[str]:
    """A page that was marked at its beginning must bear the mark still."""
    return [] if page.evaluate("window.marked === true") else ["the page was loaded anew"]


def row_complaints(page: Page, expected: list[str]) -> list[str]:
    """The feed must show exactly one row for each expected text, in that order."""
    rows = page.evaluate(ROWS)
    at = {text: [i for i, row in enumerate(rows) if text in row] for text in expected}
    complaints = [f"{text!r} is missing" for text in expected if not at[text]]
    complaints += [f"{text!r} is there more than once" for text in expected if len(at[text]) > 1]
    found = [places[0] for places in at.values() if places]
    return complaints if found == sorted(found) else [*complaints, f"wrong order: {rows}"]


@pytest.mark.figures
def test_a_posted_decision_appears_without_reload(site: Site, open_page: OpenPage) -> None:
    """Each of 50 posted decisions comes to the screen before the next, with no reload.

    That 95 % of them do within a second is a figure.
    """
    site.decide("before")
    page = open_page(f"{site.url}/llm-bot")
    expect(page.get_by_text("before")).to_be_visible()
    page.evaluate("window.marked = true")
    figure("seconds from post to screen, p95 of 50", arrival_seconds(page, site, 50), 1)
    assert reload_complaints(page) == []


def test_planted_a_late_stream_and_a_reload_are_found(desk: Site, open_page: OpenPage) -> None:
    """Check 1 can fail: events that come 1.2 s late, and a page that loads itself anew."""
    page = open_page(f"{desk.url}/llm-bot", init=LATE)
    expect(page.locator("[data-phase=live]")).to_be_visible()
    assert arrival_seconds(page, desk, 3) >= 1, "the delay that was planted is not measured"
    page.evaluate("window.marked = true")
    page.reload()
    assert reload_complaints(page) != []


@pytest.mark.figures
def test_a_killed_server_is_said_and_leaves_no_gap(site: Site, open_page: OpenPage) -> None:
    """Reconnecting, within 5 s (a figure); 20 posted after the restart appear once, in order."""
    site.decide("before the kill")
    tall = {"width": 1440, "height": 3_200}  # every row of the feed is drawn
    page = open_page(f"{site.url}/llm-bot", tolerate=LOST, viewport=tall)
    expect(page.get_by_text("before the kill")).to_be_visible()
    expect(page.locator("[data-phase=live]")).to_be_visible()
    site.kill()
    killed = time.monotonic()
    assert absent(page, "Reconnecting") == []
    figure("seconds from the kill to Reconnecting", time.monotonic() - killed, 5)
    site.start()
    for number in range(20):
        site.decide(f"after {number:02d}.", coin="ETH" if number % 2 else "BTC")
    expect(page.get_by_text("after 19.")).to_be_visible()
    newest_first = [f"after {number:02d}." for number in reversed(range(20))]
    assert row_complaints(page, [*newest_first, "before the kill"]) == []
    expect(page.get_by_text("Reconnecting")).to_have_count(0)
    expect(page.locator(f"{FEED} li")).to_have_count(21)


@pytest.mark.parametrize("fault", WRONG_ROWS)
def test_planted_wrong_rows_are_found(desk: Site, open_page: OpenPage, fault: str) -> None:
    """Check 2 can fail: a gap, a double, a wrong order, and a page that says nothing."""
    marks = [f"{fault} {number} of {time.time_ns()}" for number in range(3)]
    for mark in marks:
        desk.decide(mark)
    page = open_page(f"{desk.url}/llm-bot")
    expect(page.get_by_text(marks[-1])).to_be_visible()
    assert row_complaints(page, marks[::-1]) == []
    page.evaluate(
        f"() => {{ const rows = document.querySelectorAll('{FEED} li'); {WRONG_ROWS[fault]}; }}"
    )
    assert any(fault in one for one in row_complaints(page, marks[::-1]))
    assert absent(page, "Reconnecting", 0.2) != []


def lose_history(site: Site, page: Page, missed: str, *, prune: bool) -> None:
    """Kill the server, add a decision that no stream brings, drop the history, start again."""
    settle(page)  # what is being read when the server goes is another matter
    site.kill()
    expect(page.get_by_text("Reconnecting").first).to_be_visible()
    # In a thread of its own: Playwright's loop runs in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _meanwhile(site.folder, missed, prune=prune)).result()
    site.start()
    expect(page.locator("[data-phase=live]")).to_be_visible()


async def _meanwhile(folder: Path, missed: str, *, prune: bool) -> None:
    clock = SystemClock()
    store = open_store(f"sqlite:///{folder}/server.db", clock=clock, data_dir=folder)
    body = {
        "timestamp": clock.now().isoformat(),
        "coin": "BTC",
        "signal": "hold",
        "quantity_usd": 0,
        "leverage": 1,
        "confidence": "0.5",
        "justification": missed,
    }
    await store.open()
    try:
        await store.append(
            [event_from_single("decision", body, clock.now(), IdSource(clock, os.urandom))]
        )
        if prune:
            await store.prune(clock.now() + timedelta(seconds=1))
    finally:
        await store.close()


def reset_complaints(page: Page, missed: str, seconds: float = HANG_SECONDS) -> list[str]:
    """The page must say that it read anew, and show what no stream could have brought."""
    return absent(page, "read again at", seconds) + absent(page, missed, seconds)


def test_a_lost_history_is_said_and_read_again(site: Site, open_page: OpenPage) -> None:
    """When the events that a page missed are gone, it reads everything anew and says so."""
    site.decide("long ago")
    page = open_page(f"{site.url}/llm-bot", tolerate=LOST)
    expect(page.get_by_text("long ago")).to_be_visible()
    lose_history(site, page, "missed meanwhile", prune=True)
    assert reset_complaints(page, "missed meanwhile") == []
    site.decide("after the reset")
    expect(page.get_by_text("after the reset")).to_be_visible()
    assert row_complaints(page, ["after the reset", "missed meanwhile", "long ago"]) == []


def test_planted_a_kept_history_and_an_old_answer_are_found(
    site: Site, open_page: OpenPage
) -> None:
    """Check 3 can fail: no reset means no notice; a reread that brings old rows is seen."""
    page = open_page(f"{site.url}/llm-bot", tolerate=LOST)
    lose_history(site, page, "resumed", prune=False)
    expect(page.get_by_text("resumed")).to_be_visible()
    (complaint,) = reset_complaints(page, "resumed", 1)
    assert "read again" in complaint

    old = read(site, "feed?limit=100")
    page = open_page("about:blank", tolerate=LOST)
    page.route("**/api/llm-bot/feed*", lambda route: route.fulfill(json=old))
    page.goto(f"{site.url}/llm-bot")
    lose_history(site, page, "hidden", prune=True)
    expect(page.get_by_text("read again at")).to_be_visible()
    (complaint,) = reset_complaints(page, "hidden", 1)
    assert "hidden" in complaint


@pytest.mark.parametrize("told", [True, False])
def test_an_answer_on_its_way_takes_nothing_off(
    site: Site, open_page: OpenPage, told: bool
) -> None:
    """What streams in while the feed is read is shown; a feed without its cursor lacks it."""
    site.decide("before the reading")
    page = open_page("about:blank")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/api/llm-bot/feed*", lambda route: held.append((route, route.fetch())))
    with page.expect_response("**/api/llm-bot/bots*"):
        page.goto(f"{site.url}/llm-bot")
    page.locator("[data-phase=live]").wait_for()
    # Each look at the page lets its requests come.
    wait_until(lambda: page.evaluate("true") and held, "a request for the feed")
    # Totals are read again because of an event that the page has heard.
    with page.expect_request("**/api/llm-bot/bots*"):
        site.decide("during the reading")
    for route, answer in held:
        headers = {name: value for name, value in answer.headers.items() if told or name != CURSOR}
        route.fulfill(response=answer, headers=headers)
    expect(page.get_by_text("before the reading")).to_be_visible()
    lacking = absent(page, "during the reading", HANG_SECONDS if told else 1)
    assert (lacking == []) is told


def test_without_the_key_only_the_key_page(closed_site: Site, open_page: OpenPage) -> None:
    """A server that is not `up` shows the key page, refuses a wrong key, and lets the right in."""
    closed_site.decide("secret reasoning")
    page = open_page(f"{closed_site.url}/llm-bot", tolerate=("401", "403"))
    expect(page.locator("input[type=password]")).to_be_visible()
    assert "secret reasoning" not in page.content()
    page.locator("input[type=password]").fill("not the key")
    page.keyboard.press("Enter")
    expect(page.locator("input[type=password]")).to_be_visible()
    page.locator("input[type=password]").fill(KEY)
    page.keyboard.press("Enter")
    expect(page.get_by_text("secret reasoning")).to_be_visible()
    cookies = page.context.cookies()
    assert [c["httpOnly"] for c in cookies] == [True]
    assert all(KEY not in c["value"] for c in cookies)
    assert page.evaluate("document.cookie") == ""
