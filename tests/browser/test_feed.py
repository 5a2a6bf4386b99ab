"""Ten thousand decisions, arrivals while reading, a lost history, eight tabs."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from motherhaven.contract.ids import IdSource
from motherhaven.contract.wire import event_from_single
from motherhaven.settings import SystemClock
from motherhaven.stores import open_store
from tests.browser.conftest import Site
from tests.browser.recorded import CountingProxy
from tests.browser.test_live import LOST

OpenPage = Callable[..., Page]
FEED = "ol[aria-label=Decisions]"
SCROLLER = f"document.querySelector('{FEED}').parentElement"


def test_ten_thousand_decisions_scroll(recorded: Site, open_page: OpenPage) -> None:
    """At most 60 row nodes; to the end and back no frame is blank for more than 200 ms."""
    page = open_page(f"{recorded.url}/llm-bot")
    expect(page.locator(f"{FEED} li").first).to_be_visible()
    page.evaluate(
        f"""() => {{
          window.blank = 0; window.most = 0; let since = null;
          const look = () => {{
            const box = {SCROLLER}.getBoundingClientRect();
            const at = document.elementFromPoint(box.left + 40, box.top + box.height / 2);
            const now = performance.now();
            if (at && at.closest('li')) since = null;
            else if (since === null) since = now;
            else window.blank = Math.max(window.blank, now - since);
            const rows = document.querySelectorAll('{FEED} li').length;
            window.most = Math.max(window.most, rows);
            requestAnimationFrame(look);
          }};
          look();
        }}"""
    )
    page.wait_for_function(
        f"""() => {{ const s = {SCROLLER}; s.scrollTo(0, s.scrollHeight);
          return +document.querySelector('{FEED} li').getAttribute('aria-setsize') >= 10000; }}""",
        timeout=90_000,
        polling=50,
    )
    page.evaluate(f"() => {SCROLLER}.scrollTo(0, 0)")
    expect(page.locator(f"{FEED} li[aria-posinset='1']")).to_be_visible()
    assert page.evaluate("window.most") <= 60
    assert page.evaluate("window.blank") <= 200


def test_arrivals_do_not_move_what_is_read(site: Site, open_page: OpenPage) -> None:
    """Scrolled down, 7 arrivals leave the view where it is and are counted; a click shows them."""
    for number in range(60):
        site.decide(f"old {number:02d}.")
    page = open_page(f"{site.url}/llm-bot")
    expect(page.get_by_text("old 59.")).to_be_visible()
    page.evaluate(f"() => {SCROLLER}.scrollTo(0, 1200)")
    middle = f"""() => {{ const b = {SCROLLER}.getBoundingClientRect();
        const row = document.elementFromPoint(b.left + 40, b.top + b.height / 2).closest('li');
        return [row.innerText, Math.round(row.getBoundingClientRect().top)]; }}"""
    page.wait_for_function(f"() => {SCROLLER}.scrollTop > 1000")
    before = page.evaluate(middle)
    for number in range(7):
        site.decide(f"fresh {number}.")
    button = page.get_by_role("button", name="7 new")
    expect(button).to_be_visible()
    assert page.evaluate(middle) == before
    button.click()
    expect(page.get_by_text("fresh 6.")).to_be_visible()


def test_a_lost_history_is_said_and_read_again(site: Site, open_page: OpenPage) -> None:
    """When the events that a page missed are gone, it reads everything anew and says so."""
    site.decide("long ago")
    page = open_page(f"{site.url}/llm-bot", tolerate=LOST)
    expect(page.get_by_text("long ago")).to_be_visible()
    site.kill()
    expect(page.get_by_text("Reconnecting").first).to_be_visible(timeout=5_000)
    # In a thread of its own: Playwright's loop runs in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _prune(site.folder)).result()
    site.start()
    expect(page.get_by_text("read again at").first).to_be_visible(timeout=20_000)
    site.decide("after the reset")
    expect(page.get_by_text("after the reset")).to_be_visible()


async def _prune(folder: Path) -> None:
    """One more event that the page has not seen, and then the whole history dropped."""
    clock = SystemClock()
    store = open_store(f"sqlite:///{folder}/server.db", clock=clock, data_dir=folder)
    body = {"timestamp": clock.now().isoformat(), "status": "running", "message": "missed"}
    await store.open()
    try:
        event = event_from_single("status", body, clock.now(), IdSource(clock, os.urandom))
        await store.append([event])
        await store.prune(clock.now() + timedelta(seconds=1))
    finally:
        await store.close()


def test_eight_tabs_share_one_stream(site: Site, open_page: OpenPage) -> None:
    """Eight tabs are all live over at most one event stream, also after the first is closed."""
    proxy = CountingProxy(site.port)
    try:
        first = open_page(f"http://localhost:{proxy.port}/llm-bot")
        tabs = [first]
        for _ in range(7):
            tab = first.context.new_page()
            tab.goto(f"http://localhost:{proxy.port}/llm-bot")
            tabs.append(tab)
        site.decide("seen in every tab")
        for tab in tabs:
            expect(tab.get_by_text("seen in every tab")).to_be_visible()
        assert proxy.open == 1
        first.close()
        site.decide("seen after the first was closed")
        for tab in tabs[1:]:
            expect(tab.get_by_text("seen after the first was closed")).to_be_visible(timeout=15_000)
        assert proxy.open <= 1
    finally:
        proxy.close()
