"""Checks 4 to 6: ten thousand decisions, arrivals while reading, eight tabs on one stream."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.looks import FEED, SCROLLER, OpenPage, absent, rest
from tests.browser.recorded import CountingProxy
from tests.patience import HANG_SECONDS, figure, wait_until

WATCH = f"""() => {{
  window.blank = 0; window.most = 0;
  if (window.watched) return; else window.watched = true;
  let since = null;
  const look = () => {{
    const box = {SCROLLER}.getBoundingClientRect();
    const height = Math.min(box.bottom, innerHeight) - box.top;  // notices push it down
    const filled = [0.1, 0.5, 0.9].every(share => document
      .elementFromPoint(box.left + 40, box.top + share * height)?.closest('li'));
    const now = performance.now();
    if (filled) since = null;
    else if (since === null) since = now;
    else window.blank = Math.max(window.blank, now - since);
    window.most = Math.max(window.most, document.querySelectorAll('{FEED} li').length);
    requestAnimationFrame(look);
  }};
  look();
}}"""
TO_THE_END = f"""() => {{ const s = {SCROLLER}; s.scrollTo(0, s.scrollHeight);
  const row = document.querySelector('{FEED} li');
  return +row.getAttribute('aria-setsize') >= 10000
    && s.scrollTop + s.clientHeight >= s.scrollHeight - 1; }}"""
# The view's middle row, its place on the screen, and what the button says.
MIDDLE = f"""() => {{ const b = {SCROLLER}.getBoundingClientRect();
  return [b.left + 40, (b.top + Math.min(b.bottom, innerHeight)) / 2]; }}"""
VIEW = f"""() => {{ const row = document.elementFromPoint(...({MIDDLE})()).closest('li');
  return [row.innerText, Math.round(row.getBoundingClientRect().top)]; }}"""
WAYS = {"worker": "", "locks": "delete window.SharedWorker;"}
ALONE = "delete window.SharedWorker; delete window.BroadcastChannel;"


def row_nodes(page: Page) -> int:
    """The most row nodes that there were at once."""
    return int(page.evaluate("window.most"))


def blank_ms(page: Page) -> float:
    """The longest time in which nothing was in sight."""
    return float(page.evaluate("window.blank"))


def scroll_to_the_end_and_back(page: Page) -> None:
    """Down to the ten-thousandth decision, and back by the wheel, under watch."""
    page.evaluate(WATCH)
    page.wait_for_function(TO_THE_END, polling=50)
    page.locator(FEED).hover(position={"x": 40, "y": 40}, force=True)
    while page.evaluate(f"{SCROLLER}.scrollTop > 0"):
        page.mouse.wheel(0, -20_000)
    expect(page.locator(f"{FEED} li[aria-posinset='1']")).to_be_visible()


@pytest.mark.figures
def test_ten_thousand_decisions_scroll(recorded: Site, open_page: OpenPage) -> None:
    """To the end and back with at most 60 row nodes.

    That nothing is blank for more than 200 ms on the way is a figure.
    """
    page = open_page(f"{recorded.url}/llm-bot")
    expect(page.locator(f"{FEED} li").first).to_be_visible()
    rest(page)
    scroll_to_the_end_and_back(page)
    assert row_nodes(page) <= 60
    figure("longest blank view, ms", blank_ms(page), 200)


def test_planted_blank_and_crowded_lists_are_found(recorded: Site, open_page: OpenPage) -> None:
    """Check 4 can fail: a list that is not drawn for a while, and one with every row drawn."""
    page = open_page(f"{recorded.url}/llm-bot")
    expect(page.locator(f"{FEED} li").first).to_be_visible()
    rest(page)
    page.evaluate(WATCH)
    assert row_nodes(page) <= 60
    page.evaluate(f"document.querySelector('{FEED}').style.visibility = 'hidden'")
    page.wait_for_function("() => window.blank > 200")
    page.evaluate(
        f"""() => {{ for (let n = 0; n < 61; n += 1)
          document.querySelector('{FEED}').append(document.createElement('li')); }}"""
    )
    page.wait_for_function("() => window.most > 60")
    assert row_nodes(page) > 60
    assert blank_ms(page) > 200


def reading_complaints(
    page: Page, before: object, arrived: int, seconds: float = HANG_SECONDS
) -> list[str]:
    """What is read must stay where it was, and the button count what came in above it."""
    complaints = absent(page, f"{arrived} new", seconds, exact=True)
    now = page.evaluate(VIEW)
    return complaints + ([f"the view moved: {before} became {now}"] if now != before else [])


def scrolled(site: Site, open_page: OpenPage, scroll: int = 1200) -> tuple[Page, object]:
    """A page of BTC decisions, scrolled down, and what it shows."""
    for number in range(60):
        site.decide(f"old {number:02d}.")
    page = open_page(f"{site.url}/llm-bot?q=btc")
    expect(page.get_by_text("old 59.").first).to_be_visible()
    rest(page)
    page.evaluate(f"() => {SCROLLER}.scrollTo(0, {scroll})")
    page.wait_for_function(f"() => {SCROLLER}.scrollTop === {scroll}")
    page.wait_for_function(f"() => document.elementFromPoint(...({MIDDLE})())?.closest('li')")
    return page, page.evaluate(VIEW)


def test_arrivals_do_not_move_what_is_read(site: Site, open_page: OpenPage) -> None:
    """Arrivals leave a scrolled view where it is; those that fit the filter are counted."""
    page, before = scrolled(site, open_page)
    for number in range(7):
        site.decide(f"fresh {number}.")
    site.decide("of another coin", coin="ETH")
    assert reading_complaints(page, before, 7) == []
    for number in range(7, 10):
        site.decide(f"fresh {number}.")
    assert reading_complaints(page, before, 10) == []
    button = page.get_by_role("button", name="10 new")
    button.click()
    expect(page.get_by_text("fresh 9.")).to_be_visible()
    expect(button).to_have_count(0)


def test_planted_a_moved_view_and_a_miscount_are_found(desk: Site, open_page: OpenPage) -> None:
    """Check 5 can fail: a view that slips by the height of an arrival, and a button that errs."""
    page, before = scrolled(desk, open_page)
    page.evaluate(f"() => {SCROLLER}.addEventListener('scroll', e => e.target.scrollTop -= 20)")
    desk.decide("the only one")
    assert any("moved" in one for one in reading_complaints(page, before, 1))
    assert any("2 new" in one for one in reading_complaints(page, before, 2, 1))


def tab_complaints(
    tabs: list[Page], site: Site, proxy: CountingProxy, text: str, most: int = 1
) -> list[str]:
    """Every tab must show what is posted now, over one stream in all (at most `most` at once)."""
    site.decide(text)
    complaints = [one for tab in tabs for one in absent(tab, text)]
    complaints += [
        "a tab is not live" for tab in tabs if tab.locator("[data-phase=live]").count() != 1
    ]
    return complaints + ([f"{proxy.most} streams"] if proxy.most > most else [])


def tabs_of(first: Page, count: int) -> list[Page]:
    """So many tabs of one browser at one address."""
    tabs = [first, *(first.context.new_page() for _ in range(count - 1))]
    for tab in tabs[1:]:
        tab.goto(first.url)
    return tabs


@pytest.mark.parametrize("way", WAYS)
def test_eight_tabs_share_one_stream(desk: Site, open_page: OpenPage, way: str) -> None:
    """Eight tabs are all live over at most one event stream, also after the first is closed.

    When the leading tab goes, the next one may open its stream before the end of the old one
    is seen here; no third is ever opened.
    """
    with CountingProxy(desk.port) as proxy:
        page = open_page(f"http://localhost:{proxy.port}/llm-bot", init=WAYS[way])
        tabs = tabs_of(page, 8)
        assert tab_complaints(tabs, desk, proxy, f"in every tab, by {way}") == []
        tabs.pop(0).close()
        assert tab_complaints(tabs, desk, proxy, f"in seven tabs, by {way}", most=2) == []
        wait_until(lambda: proxy.open == 1, "one stream again")
        assert proxy.opened <= 2


def test_planted_a_stream_for_each_tab_is_found(desk: Site, open_page: OpenPage) -> None:
    """Check 6 can fail: tabs that cannot share open a stream each, and a cut one is not live."""
    with CountingProxy(desk.port) as proxy:
        page = open_page(f"http://localhost:{proxy.port}/llm-bot", init=ALONE)
        tabs = tabs_of(page, 3)
        for tab in tabs:
            expect(tab.locator("[data-phase=live]")).to_be_visible()
        assert tab_complaints(tabs, desk, proxy, "in three tabs, each alone") == ["3 streams"]
