"""Checks 8 and 14: accessibility in every state, phone width, targets, reduced motion."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Site
from tests.browser.looks import SCREENS, OpenPage, path_of, rest, settle

RULES: dict[str, object] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
}
# Themes differ in nothing but colors, so the second is judged by what looks at them.
COLOR_RULES: dict[str, object] = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
}
READS = re.compile(r"/api/llm-bot/(?!live)")
QUIET = ("404", "500", "Failed to load resource")
BROKEN = '{"success":false,"error":{"code":"x","message":"broken","fix":"retry"}}'
# Faults of a page, each as a statement, and the rule that must find it.
VIOLATIONS = {
    "button-name": "main.append(document.createElement('button'))",
    "color-contrast": "main.querySelector('h2').style.color = 'var(--line)'",
    "label": "main.append(document.createElement('input'))",
}
SMALL = """() => [...document.querySelectorAll('button, a[href], input, select, [role=tab]')]
  .filter(e => e.checkVisibility() && !e.closest('p') && e.tabIndex >= 0)
  .map(e => [e.getBoundingClientRect(), e.outerHTML.slice(0, 120)])
  .filter(([b]) => b.width > 0 && (b.width < 24 || b.height < 24) && b.right > 0)
  .map(([b, html]) => `too small: ${Math.round(b.width)}x${Math.round(b.height)} ${html}`)"""
MOVES = """window.moves = new Set(); const look = () => {
  for (const one of document.getAnimations())
    if (one.playState === 'running' && (one.effect.getComputedTiming().duration || 0) > 20)
      window.moves.add(`${one.animationName ?? one.transitionProperty} moves`);
  requestAnimationFrame(look); }; look();"""


def violations(page: Page, axe: str, rules: dict[str, object] = RULES) -> list[str]:
    """What axe finds on a page at rest: rule, its words, and the first places."""
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, rules)", rules)
    return [
        f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes']][:3]}"
        for one in found["violations"]
    ]


def refuse(route: Route) -> None:
    """An answer of a server that is broken."""
    route.fulfill(status=500, content_type="application/json", body=BROKEN)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(
    recorded: Site, blank: Site, open_page: OpenPage, axe: str, screen: str, theme: str
) -> None:
    """WCAG 2.2 AA on every screen and theme: full, empty and in error, no violation."""
    look = {"color_scheme": theme, "reduced_motion": "reduce"}
    rules = RULES if theme == "dark" else COLOR_RULES
    full = open_page(recorded.url + path_of(recorded, screen), **look)
    settle(full)
    assert full.evaluate("document.documentElement.dataset.theme") == theme
    assert violations(full, axe, rules) == []
    empty = open_page(blank.url + path_of(blank, screen), tolerate=QUIET, **look)
    settle(empty)
    assert violations(empty, axe, rules) == []
    broken = open_page("about:blank", tolerate=QUIET, **look)
    broken.route(READS, refuse)
    broken.goto(recorded.url + path_of(recorded, screen))
    if screen != "settings":  # which shows nothing that it has to read first
        expect(broken.locator("main [role=alert]").first).to_be_visible()
    rest(broken)
    assert violations(broken, axe, rules) == []


@pytest.mark.parametrize("rule", VIOLATIONS)
def test_planted_violations_are_found(desk: Site, open_page: OpenPage, axe: str, rule: str) -> None:
    """Check 8 can fail: a button without a name, too faint a text, a field without a label."""
    page = open_page(f"{desk.url}/llm-bot", reduced_motion="reduce")
    settle(page)
    page.evaluate(f"() => {{ const main = document.querySelector('main'); {VIOLATIONS[rule]}; }}")
    assert [text.partition(":")[0] for text in violations(page, axe)] == [rule]


def phone_complaints(page: Page) -> list[str]:
    """What scrolls sideways, is too small for a finger, or has moved since the page began."""
    width = page.evaluate("document.scrollingElement.scrollWidth")
    sideways = [f"the page is {width} px wide"] if width > 375 else []
    small: list[str] = page.evaluate(SMALL)
    return [*sideways, *small, *page.evaluate("[...window.moves]")]


@pytest.mark.parametrize("screen", SCREENS)
def test_a_phone_shows_every_screen(recorded: Site, open_page: OpenPage, screen: str) -> None:
    """At 375 px: no sideways scroll, targets of 24 px, and with reduced motion nothing moves."""
    page = phone(open_page, recorded.url + path_of(recorded, screen))
    assert phone_complaints(page) == []
    page.get_by_role("button", name="Screens").click()
    expect(page.get_by_role("dialog", name="Screens")).to_be_visible()
    assert phone_complaints(page) == []


def phone(open_page: OpenPage, url: str) -> Page:
    """A page on a phone of someone who asked for reduced motion, watched from the first script."""
    narrow = {"width": 375, "height": 812}
    page = open_page(url, init=MOVES, viewport=narrow, has_touch=True, reduced_motion="reduce")
    settle(page)
    return page


def test_reduced_motion_moves_nothing(desk: Site, open_page: OpenPage) -> None:
    """Under reduced motion nothing moves while a row arrives, is opened, and a figure changes."""
    page = phone(open_page, f"{desk.url}/llm-bot")
    desk.decide("arrives calmly")
    page.locator("[data-decision]").filter(has_text="arrives calmly").click()
    expect(page.get_by_role("complementary", name="Decision")).to_be_visible()
    for equity in ("1000.00", "998.50"):
        desk.report(equity)
        expect(page.get_by_role("region", name="Totals")).to_contain_text(equity[-6:])
    assert phone_complaints(page) == []


def test_planted_width_size_and_motion_are_found(desk: Site, open_page: OpenPage) -> None:
    """Check 14 can fail: something too wide, a target too small, and a thing that moves."""
    page = phone(open_page, f"{desk.url}/llm-bot")
    page.evaluate(
        """() => { const one = document.createElement('button');
          one.style.cssText = 'display: block; width: 500px; height: 12px';
          document.querySelector('main').append(one);
          one.animate([{ opacity: 0 }, { opacity: 1 }], 5000); }"""
    )
    page.wait_for_function("() => window.moves.size > 0")
    found = " ".join(phone_complaints(page))
    assert all(words in found for words in ("px wide", "too small", "moves"))
