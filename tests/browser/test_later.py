"""Parts of the page that are loaded when they are asked for, and dialogs of the browser's own."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.looks import OpenPage, rest, settle
from tests.browser.test_keyboard import answered, focus_complaints, tab_to

NOTE = "This part of the page could not be loaded"


def open_decision(page: Page) -> None:
    """The first decision of the list."""
    page.locator("[data-decision]").first.click()


def open_palette(page: Page) -> None:
    """By its key."""
    page.keyboard.press("Control+k")


def open_tab(page: Page) -> None:
    """A tab of a bot that was not opened before."""
    page.get_by_role("tab", name="reasoning").click()


@pytest.mark.parametrize(
    ("screen", "ask"),
    [("", open_decision), ("", open_palette), ("/bot?id=late", open_decision),
     ("/bot?id=late", open_tab)],
)  # fmt: skip
def test_a_part_whose_file_is_gone_says_so_and_the_page_goes_on(
    desk: Site, open_page: OpenPage, screen: str, ask: Callable[[Page], None]
) -> None:
    """An open page of a server that was renewed: its files are no more, the stream goes on."""
    desk.decide("before", bot_id="late")
    page = open_page(f"{desk.url}/llm-bot{screen}", tolerate=("404", "ChunkLoadError"))
    settle(page)
    page.route("**/_next/static/chunks/**", lambda route: route.fulfill(status=404))
    ask(page)
    expect(page.get_by_role("alert").filter(has_text=NOTE)).to_be_visible()
    if ask is open_tab:
        page.get_by_role("tab", name="decisions").click()
    desk.decide("goes on", bot_id="late")
    expect(page.get_by_text("goes on").first).to_be_attached()
    if ask is open_tab:
        open_tab(page)
        expect(page.get_by_role("alert").filter(has_text=NOTE)).to_be_visible()
    page.unroute("**/_next/static/chunks/**")
    page.get_by_role("button", name="Load the page again").click()
    settle(page)
    expect(page.get_by_text(NOTE)).to_have_count(0)


def test_a_dialog_keeps_the_focus_and_gives_it_back(site: Site, open_page: OpenPage) -> None:
    """Tab stays within; Escape and a click beside it end it; the page's keys are silent."""
    answered(site, "focus")
    page = open_page(f"{site.url}/llm-bot")
    settle(page)
    assert tab_to(page, "Keys") == []
    page.keyboard.press("Enter")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    assert focus_complaints(page, "Keys") == []
    page.keyboard.press("Enter")
    page.mouse.click(5, 500)
    expect(keys).to_have_count(0)
    expect(page.get_by_role("complementary", name="Decision")).to_have_count(0)


def test_a_panel_ends_with_escape_and_stays_within_the_window(
    fleet: Site, open_page: OpenPage
) -> None:
    """The list of alerts on a phone: opened and closed by its button, by Escape, in sight."""
    page = open_page(f"{fleet.url}/llm-bot", viewport={"width": 375, "height": 700})
    settle(page)
    button = page.get_by_role("button", name="alert").first
    alerts = page.get_by_role("dialog", name="Alerts")
    button.click()
    expect(alerts).to_be_visible()
    rest(page)  # it slides into its place
    place = alerts.bounding_box()
    assert place is not None
    assert place["x"] >= 0
    assert place["x"] + place["width"] <= 375
    button.click()
    expect(alerts).to_have_count(0)
    button.click()
    page.keyboard.press("Escape")
    expect(alerts).to_have_count(0)
