"""What a trader sees while records arrive, the server dies, and somebody tries tricks."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.acceptance.processes import KEY
from tests.browser.conftest import Site

LOST = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE")
OpenPage = Callable[..., Page]


def _feed(page: Page) -> list[str]:
    """The justifications in the feed, newest first."""
    rows = page.get_by_role("list", name="Decisions").get_by_role("listitem")
    return [row.inner_text() for row in rows.all()]


def test_a_posted_decision_appears_without_reload(site: Site, open_page: OpenPage) -> None:
    """Of 50 posted decisions 95 % are on the screen within a second, with no reload."""
    site.decide("before")
    page = open_page(f"{site.url}/llm-bot")
    expect(page.get_by_text("before")).to_be_visible()
    page.evaluate("window.notReloaded = true")
    seconds = []
    for number in range(50):
        started = time.monotonic()
        site.decide(f"number {number:02d}.")
        expect(page.get_by_text(f"number {number:02d}.")).to_be_visible(timeout=10_000)
        seconds.append(time.monotonic() - started)
    assert page.evaluate("window.notReloaded") is True
    assert sorted(seconds)[47] < 1.0, seconds


def test_a_killed_server_is_said_and_leaves_no_gap(site: Site, open_page: OpenPage) -> None:
    """Reconnecting within 5 s; 20 posted after the restart appear once each, in order."""
    site.decide("before the kill")
    tall = {"width": 1440, "height": 3_200}  # every row of the feed is drawn
    page = open_page(f"{site.url}/llm-bot", tolerate=LOST, viewport=tall)
    expect(page.get_by_text("before the kill")).to_be_visible()
    expect(page.get_by_text("Live", exact=False).first).to_be_visible()
    site.kill()
    expect(page.get_by_text("Reconnecting").first).to_be_visible(timeout=5_000)
    site.start()
    for number in range(20):
        site.decide(f"after {number:02d}.", coin="ETH" if number % 2 else "BTC")
    expect(page.get_by_text("after 19.")).to_be_visible(timeout=20_000)
    seen = [text for text in _feed(page) if "after " in text or "before " in text]
    expected = [f"after {number:02d}." for number in reversed(range(20))] + ["before the kill"]
    assert len(seen) == len(expected), seen
    assert all(words in text for words, text in zip(expected, seen, strict=True)), seen
    expect(page.get_by_text("Reconnecting")).to_have_count(0, timeout=10_000)


def test_text_of_a_model_stays_text(site: Site, open_page: OpenPage) -> None:
    """Script, handlers, links and remote images in model text run nothing and fetch nothing."""
    attack = (
        "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
        "[click](javascript:window.hacked=1) ![img](http://192.0.2.1/x.png)"
        "<svg onload='window.hacked=1'>"
    )
    page = open_page("about:blank")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{site.url}/llm-bot")
    site.decide(attack, raw_response=attack, system_prompt=attack, user_prompt=attack)
    expect(page.get_by_text("<script>window.hacked=1</script>").first).to_be_visible()
    page.get_by_text("<script>window.hacked=1</script>").first.click()
    expect(page.get_by_role("list", name="Decisions")).to_be_visible()
    expect(page.get_by_text("confidence").first).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert [url for url in requests if not url.startswith(site.url)] == []


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
