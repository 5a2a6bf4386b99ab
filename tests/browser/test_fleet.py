"""Twenty-one bots read as well as three: nothing cut, over one another, beside the page or lost."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, _serve
from tests.browser.fleet import REASON, WHALE, Bot, fill
from tests.browser.looks import OpenPage, rest, settle

HEIGHTS = {375: 812, 768: 1024, 1280: 800, 1440: 900, 1920: 1080}
SHIFTS = """window.shift = 0;
new PerformanceObserver(list => list.getEntries().forEach(one => {
  if (!one.hadRecentInput) window.shift += one.value;
})).observe({ type: 'layout-shift', buffered: true });"""
# Each text in sight: where it is drawn, and whether something cuts it without saying so.
FAULTS = """() => {
  const found = [], seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const hidden = e => e.closest('.sr-only, [data-readout], nextjs-portal, svg, script, style')
    || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || !parent || hidden(parent)) continue;
    // What is for readers of the screen alone is one pixel wide.
    if (parent.closest('span, a')?.offsetWidth === 1) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      let [left, right, top, bottom] = [box.left, box.right, box.top, box.bottom];
      let told = false;
      for (let up = parent; up && up !== document.body; up = up.parentElement) {
        const style = getComputedStyle(up);
        if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
        const clip = up.getBoundingClientRect();
        const says = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none'
          || up.dataset.more !== undefined;
        told ||= says;
        if (right > clip.right + 1.5 && left < clip.right && !told && style.overflowX !== 'visible')
          found.push(`cut: ${node.data.slice(0, 40)}`);
        [left, right] = [Math.max(left, clip.left), Math.min(right, clip.right)];
        [top, bottom] = [Math.max(top, clip.top), Math.min(bottom, clip.bottom)];
      }
      if (right - left > 2 && bottom - top > 2)
        seen.push({ left, right, top, bottom, text: node.data.slice(0, 30), node });
    }
  }
  seen.sort((a, b) => a.top - b.top);
  seen.forEach((a, i) => {
    for (let j = i + 1; j < seen.length && seen[j].top < a.bottom - 3; j += 1) {
      const b = seen[j];
      const [x, y] = [Math.min(a.right, b.right) - Math.max(a.left, b.left),
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
      const stuck = one => one.node.parentElement.closest('header.sticky, td, th') !== null;
      if (x > 3 && y > 4 && a.node !== b.node && !(stuck(a) && stuck(b) && a.top < 44))
        found.push(`over one another: ${a.text} | ${b.text}`);
    }
  });
  const beyond = document.documentElement.scrollWidth - innerWidth;
  if (beyond > 0) {
    const widest = [...document.querySelectorAll('body *')].filter(one => one.checkVisibility()
      && Math.abs(one.getBoundingClientRect().right - innerWidth - beyond) < 1).at(-1);
    found.push(`${beyond} px beside the page: ${widest?.outerHTML.slice(0, 200)}`);
  }
  return [...new Set(found)];
}"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, list[Bot]]]:
    """A server with the fleet's day."""
    for site in _serve(tmp_path_factory.mktemp("fleet"), "--open"):
        yield site, fill(site)


def opened(fleet: tuple[Site, list[Bot]], open_page: OpenPage, path: str, width: int) -> Page:
    """The page at rest, at this width."""
    viewport = {"width": width, "height": HEIGHTS[width]}
    page = open_page(fleet[0].url + path, init=SHIFTS, viewport=viewport)
    settle(page)
    return page


@pytest.mark.parametrize("width", HEIGHTS)
def test_the_arena_holds_21_bots(
    fleet: tuple[Site, list[Bot]], open_page: OpenPage, width: int
) -> None:
    """Nothing is cut without a sign or drawn over another, in both themes; nothing moves."""
    page = opened(fleet, open_page, "/llm-bot", width)
    assert page.evaluate("window.shift") <= 0.05
    assert page.evaluate(FAULTS) == []
    page.get_by_role("button", name=re.compile("(Dark|Light) theme")).click()
    rest(page)
    assert page.evaluate(FAULTS) == []


@pytest.mark.parametrize("path", ["bot?id=whale", "decision?id=whale-4", "errors"])
def test_a_phone_holds_billions(
    fleet: tuple[Site, list[Bot]], open_page: OpenPage, path: str
) -> None:
    """375 px wide: no sideways scroll, nothing cut or over one another, nothing moves."""
    page = opened(fleet, open_page, f"/llm-bot/{path}", 375)
    assert page.evaluate("window.shift") <= 0.05
    assert page.evaluate(FAULTS) == []


def test_planted_faults_are_found(fleet: tuple[Site, list[Bot]], open_page: OpenPage) -> None:
    """The checks can fail: a text that is cut, one over another, and a page that is too wide."""
    page = opened(fleet, open_page, "/llm-bot/errors", 768)
    assert page.evaluate(FAULTS) == []
    page.evaluate("""() => {
      const plant = (style, text) => Object.assign(document.body.appendChild(
        document.createElement('div')), { innerText: text, style });
      plant('width:40px;overflow:hidden;white-space:nowrap', 'a text that is cut');
      plant('position:absolute;top:300px;left:20px', 'first');
      plant('position:absolute;top:302px;left:22px', 'second');
      plant('width:2000px', 'wide');
    }""")
    found = " ".join(page.evaluate(FAULTS))
    assert "cut: a text that is cut" in found
    assert "first | second" in found
    assert "px beside the page" in found


def test_every_line_is_found_and_told_at_every_instant(
    fleet: tuple[Site, list[Bot]], open_page: OpenPage
) -> None:
    """All bots stand in the list of lines; under the pointer each line has a figure, in order."""
    page = opened(fleet, open_page, "/llm-bot", 1440)
    expect(page.get_by_role("button", name="1 off scale")).to_be_visible()
    box = page.locator("figure table").first.bounding_box()
    assert box is not None
    for share in (0.2, 0.37, 0.5, 0.61, 0.74):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 120)
        readout = page.locator("[data-readout] li")
        expect(readout).to_have_count(20)
        assert "—" not in " ".join(readout.all_inner_texts())
    page.mouse.move(2, 2)
    page.get_by_role("button", name="more", exact=False).first.click()
    lines = page.get_by_role("dialog", name="Lines of the chart")
    expect(lines.get_by_role("button", pressed=True)).to_have_count(20)
    lines.get_by_role("button", name="Only leader").click()
    expect(page.get_by_role("figure", name="Equity lines of 1 bots")).to_be_visible()


def test_a_click_hides_a_line_and_a_double_click_shows_it_alone(
    fleet: tuple[Site, list[Bot]], open_page: OpenPage
) -> None:
    """Both stand in the address, and "all bots" takes them back."""
    page = opened(fleet, open_page, "/llm-bot", 1440)
    label = page.locator("figure ul button[title^='leader:']")
    label.click()
    expect(page.get_by_role("figure", name="Equity lines of 19 bots")).to_be_visible()
    page.wait_for_url("**hide=leader**")
    page.get_by_role("button", name="all bots").click()
    expect(page.get_by_role("figure", name="Equity lines of 20 bots")).to_be_visible()
    label.dblclick()
    expect(page.get_by_role("figure", name="Equity lines of 1 bots")).to_be_visible()
    page.wait_for_url("**bots=leader**")


def test_a_trader_s_questions_take_two_clicks_at_most(
    fleet: tuple[Site, list[Bot]], open_page: OpenPage
) -> None:
    """Each answer with its number, from what was sent."""
    page = opened(fleet, open_page, "/llm-bot", 1920)
    first = page.get_by_role("table", name="Bots").get_by_role("row").nth(1)
    # Who leads today?
    expect(first).to_contain_text("leader")
    expect(first).to_contain_text("+8.00")
    totals = page.get_by_role("table", name="Totals by kind of money").first
    paper = totals.get_by_role("row").filter(has_text="paper")
    # What did the model cost? 17 paper bots made one entry each at $0.25; the replay is apart.
    expect(paper).to_contain_text("$4.25")
    # Is everything flat?
    expect(paper).to_contain_text("17")
    # What is my net exposure in BTC? 15 bots with 10,000 USD each have a tenth in it.
    exposure = page.get_by_role("region", name="Net exposure, paper")
    expect(exposure).to_contain_text("BTC$15,000.00")
    expect(exposure).to_contain_text("ETH−$1,000.00")
    # Am I protected?
    meme = page.get_by_role("table", name="Open positions").get_by_role("row")
    expect(meme.filter(has_text="kPEPE")).to_contain_text("no stop")
    # Who is late? A replay that was stopped is not.
    page.get_by_role("button", name="1 alert").click()
    alerts = page.get_by_role("dialog", name="Alerts")
    expect(alerts.get_by_role("listitem")).to_have_count(1)
    expect(alerts).to_contain_text("died two hours ago")
    expect(alerts).to_contain_text("1,200 events behind")
    alerts.get_by_role("button", name="acknowledge").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("20 running, 1 stopped")).to_be_visible()
    # Why did it buy, and what did the guard cut?
    page.locator("[data-decision='leader-4']").click()
    decision = page.get_by_role("complementary", name="Decision")
    expect(decision.get_by_role("region", name="Reasoning")).to_contain_text(REASON)
    expect(decision).to_contain_text("resized")
    expect(decision).to_contain_text("$60.00")


def test_a_long_name_is_whole_on_hover(fleet: tuple[Site, list[Bot]], open_page: OpenPage) -> None:
    """At most 220 px of it stand in the table."""
    page = opened(fleet, open_page, "/llm-bot", 1440)
    name = page.get_by_role("table", name="Bots").locator(f"[title='{WHALE}']").first
    box = name.bounding_box()
    assert box is not None
    assert box["width"] <= 220
