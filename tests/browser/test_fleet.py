"""Twenty-one bots read as well as three: nothing cut, over one another, beside the page or lost."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.fleet import REASON, WHALE
from tests.browser.layout import FAULTS, HEIGHTS, layout_faults, opened
from tests.browser.looks import OpenPage, rest


@pytest.mark.parametrize("width", HEIGHTS)
def test_the_arena_holds_21_bots(fleet: Site, open_page: OpenPage, width: int) -> None:
    """Nothing is cut without a sign or drawn over another, in both themes; nothing moves."""
    page = opened(fleet, open_page, "/llm-bot", width)
    assert page.evaluate("window.shift") <= 0.05
    assert layout_faults(page) == []
    page.get_by_role("button", name=re.compile("(Dark|Light) theme")).click()
    rest(page)
    assert layout_faults(page) == []


@pytest.mark.parametrize("path", ["bot?id=whale", "decision?id=whale-4", "errors"])
def test_a_phone_holds_billions(fleet: Site, open_page: OpenPage, path: str) -> None:
    """375 px wide: no sideways scroll, nothing cut or over one another, nothing moves."""
    page = opened(fleet, open_page, f"/llm-bot/{path}", 375)
    assert page.evaluate("window.shift") <= 0.05
    assert layout_faults(page) == []


def test_planted_faults_are_found(fleet: Site, open_page: OpenPage) -> None:
    """The checks can fail: a text that is cut, one over another, and a page that is too wide."""
    page = opened(fleet, open_page, "/llm-bot/errors", 768)
    assert layout_faults(page) == []
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


def test_every_line_is_found_and_told_at_every_instant(fleet: Site, open_page: OpenPage) -> None:
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


def test_a_replay_of_years_ago_is_not_on_one_axis_with_today(
    fleet: Site, open_page: OpenPage
) -> None:
    """Over all time it is left out and named; a click shows it alone."""
    page = opened(fleet, open_page, "/llm-bot?range=all", 1440)
    expect(page.get_by_role("figure", name="Equity lines of 20 bots")).to_be_visible()
    page.get_by_role("button", name="replay of 2018").click()
    expect(page.get_by_role("figure", name="Equity lines of 1 bots")).to_be_visible()
    expect(page.locator("figure ul button[title^='replay of 2018:']")).to_contain_text("+1.00")


def test_a_click_hides_a_line_and_a_double_click_shows_it_alone(
    fleet: Site, open_page: OpenPage
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


def clicked(page: Page, *steps: Callable[[], None]) -> None:
    """Two clicks at most lead from the Arena to an answer."""
    assert len(steps) <= 2
    for step in steps:
        step()
    rest(page)


def test_a_trader_s_questions_take_two_clicks_at_most(fleet: Site, open_page: OpenPage) -> None:
    """Each answer with its number, from what was sent: what the Arena tells without a click."""
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


def test_who_is_late_is_one_click_away(fleet: Site, open_page: OpenPage) -> None:
    """The dead bot with what it has not sent; a replay that was stopped is not late."""
    page = opened(fleet, open_page, "/llm-bot", 1920)
    clicked(page, page.get_by_role("button", name="1 alert").click)
    alerts = page.get_by_role("dialog", name="Alerts")
    expect(alerts.get_by_role("listitem")).to_have_count(1)
    expect(alerts).to_contain_text("died two hours ago")
    expect(alerts).to_contain_text("1,200 events behind")
    alerts.get_by_role("button", name="acknowledge").click()
    page.keyboard.press("Escape")
    expect(alerts).to_have_count(0)  # it says so too, until it is closed
    told = page.get_by_text("21 running, 1 with an error, 1 stopped", exact=True)
    expect(told).to_be_visible()


def test_why_it_bought_and_what_the_guard_cut_is_one_click_away(
    fleet: Site, open_page: OpenPage
) -> None:
    """The decision's reasoning, and what was asked beside what was allowed."""
    page = opened(fleet, open_page, "/llm-bot?q=leader+eth", 1920)
    clicked(page, page.locator("[data-decision='leader-4']").click)
    decision = page.get_by_role("complementary", name="Decision")
    expect(decision.get_by_role("region", name="Reasoning")).to_contain_text(REASON)
    expect(decision).to_contain_text("resized")
    expect(decision).to_contain_text("$60.00")


def test_which_trade_lost_most_and_why_is_two_clicks_away(fleet: Site, open_page: OpenPage) -> None:
    """Closed positions, the worst first: whose, how much, and what ended it; then the best."""
    page = opened(fleet, open_page, "/llm-bot", 1920)
    choice = page.get_by_role("radio", name="Open").locator("xpath=..")
    assert re.fullmatch(r"Open \d+", choice.inner_text()), "the count stands apart from its word"
    net = page.get_by_role("button", name="net", exact=True)
    clicked(page, page.get_by_role("radio", name="Closed").click, net.click)
    rows = page.get_by_role("table", name="Closed positions").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("−$8,031,995.87")
    expect(rows.nth(1)).to_contain_text("stop_loss")
    expect(rows.nth(2)).to_contain_text("−$20.50")
    page.wait_for_url("**ended=lost**")
    net.click()
    expect(rows.nth(1)).to_contain_text("+$120.00")
    page.go_back()
    expect(rows.nth(1)).to_contain_text("−$8,031,995.87")


def test_what_hold_would_have_made_is_one_choice_away(fleet: Site, open_page: OpenPage) -> None:
    """From 3,000 USD, at which the day began, to 3,300."""
    page = opened(fleet, open_page, "/llm-bot", 1920)
    picker = page.get_by_role("combobox", name="Beside buying and holding")
    clicked(page, lambda: void(picker.select_option("ETH")))
    label = page.locator("figure ul button[title^='hold ETH:']")
    expect(label).to_contain_text("+10.00")


def void(_: object) -> None:
    """A step whose answer nobody needs."""


def test_a_long_name_is_whole_on_hover(fleet: Site, open_page: OpenPage) -> None:
    """At most 220 px of it stand in the table."""
    page = opened(fleet, open_page, "/llm-bot", 1440)
    name = page.get_by_role("table", name="Bots").locator(f"[title='{WHALE}']").first
    box = name.bounding_box()
    assert box is not None
    assert box["width"] <= 220


def test_many_warnings_leave_the_chart_in_sight(fleet: Site, open_page: OpenPage) -> None:
    """Two warnings of a comparison stand above the chart; the others are one press away."""
    ids = ",".join(["dead", *(f"b{number:02}" for number in range(6))])  # they ran longer
    page = opened(fleet, open_page, f"/llm-bot/compare?ids={ids}", 1280)
    warnings = page.get_by_role("region", name="Warnings")
    more = warnings.get_by_text(re.compile(r"^\d+ more warnings$"))
    hidden = int(more.inner_text().split()[0])
    expect(warnings.get_by_role("listitem")).to_have_count(2)
    more.click()
    expect(warnings.get_by_role("listitem")).to_have_count(2 + hidden)
