"""Each screen and tab with the fleet of odd bots, at each width, in both themes and on paper."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.fleet import bots
from tests.browser.layout import HEIGHTS, UNDEFINED, layout_faults, opened
from tests.browser.looks import OpenPage, rest

THEMES = ("dark", "light")
PAGES = {
    "arena": "",
    "arena, all, closed": "?range=all&tab=closed",
    "bot": "/bot?id=whale",
    "bot, reasoning": "/bot?id=failing&tab=reasoning",
    "bot, trades": "/bot?id=whale&tab=trades",
    "bot, P&L": "/bot?id=whale&tab=performance",
    "bot, errors": "/bot?id=failing&tab=errors",
    "bot, config": "/bot?id=b06&tab=config",
    "decision": "/decision?id=whale-4",
    "decision, raw": "/decision?id=b08-4&view=raw",
    "trade": "/trade?id=whale-sol&bot=whale",
    "compare": f"/compare?ids={quote(','.join(bot.id for bot in bots()), safe=',')}",
    "errors": "/errors?range=all",
    "settings": "/settings",
}
EVERYWHERE = [(name, width) for name in PAGES for width in HEIGHTS]
SOME = [(name, list(HEIGHTS)[index % 5]) for index, name in enumerate(PAGES)]
"""Each screen once, each width about three times: the rest is for `make soak`."""

PAPER = {"width": 1_046, "height": 700}
"""A4 across, less its margins, in pixels of which 96 make an inch."""

BUTTONS = """() => [...document.querySelectorAll(
    'main button, main [role=radiogroup] > label, nav')]
  .filter(e => e.checkVisibility() && !e.closest('th, li, figure, [data-print]')
    && !e.querySelector(':checked'))
  .map(e => e.innerText)"""
NAMELESS = """() => [...document.querySelectorAll('main thead th')]
  .filter(e => e.checkVisibility() && e.textContent.trim()
    && e.innerText.trim() === '' && !e.querySelector('.sr-only'))
  .map(e => e.textContent)"""


def check(page: Page) -> None:
    """Nothing has moved; nothing is cut without a sign, over another or beside the page."""
    assert page.evaluate("window.shift") <= 0.05
    assert layout_faults(page) == []


@pytest.mark.parametrize(
    ("name", "width"),
    [
        pytest.param(*one, marks=[] if one in SOME else pytest.mark.soak, id=f"{one[0]} {one[1]}")
        for one in EVERYWHERE
    ],
)
def test_a_screen_holds_the_fleet(fleet: Site, open_page: OpenPage, name: str, width: int) -> None:
    """In both themes, from the navigation to rest; then on paper."""
    at = list(PAGES).index(name) + list(HEIGHTS).index(width)
    first = THEMES[at % 2]
    page = opened(fleet, open_page, f"/llm-bot{PAGES[name]}", width, first)
    expect(page.locator("html")).to_have_attribute("data-theme", first)
    check(page)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", THEMES[1 - at % 2])
    rest(page)
    assert layout_faults(page) == []
    assert page.evaluate(UNDEFINED) == []
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    rest(page)
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    assert layout_faults(page) == []
    assert page.evaluate(BUTTONS) == []
    assert page.evaluate(NAMELESS) == []


def test_a_name_without_a_definition_is_found(fleet: Site, open_page: OpenPage) -> None:
    """The check can fail."""
    page = opened(fleet, open_page, "/llm-bot/bot?id=whale", 1440)
    assert page.evaluate(UNDEFINED) == []
    page.evaluate("document.querySelector('main dl dt.label').removeAttribute('title')")
    assert page.evaluate(UNDEFINED) == ["undefined: equity"]
