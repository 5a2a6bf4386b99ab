"""Accessibility, keyboard alone, phone width, reduced motion, and links that restore a view."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.processes import get
from tests.browser.conftest import Site

OpenPage = Callable[..., Page]
SCREENS = ("arena", "bot", "decision", "trade", "compare", "errors", "settings")
# A row that fades in has, half way, the contrast of a fault: only a still page is judged.
STILL = """() => document.getAnimations().every(
  one => one.playState !== 'running' || one.effect.getComputedTiming().endTime === Infinity)"""
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}


def path_of(site: Site, screen: str) -> str:
    """A screen's address, with ids of what this server really holds (or of nothing)."""

    def first(path: str, name: str) -> dict[str, Any]:
        rows = json.loads(get(site.port, path, None)[1])[name]
        return dict(rows[0]) if rows else {"id": "none", "bot_id": "none"}

    base = "/api/llm-bot"
    bots = json.loads(get(site.port, f"{base}/bots", None)[1])["bots"]
    ids = [bot["id"] for bot in bots] or ["none"]
    decision = first(f"{base}/feed?signal=buy_to_enter&limit=1", "items")
    trade = first(f"{base}/trades?status=closed&limit=1", "items")
    return {
        "arena": "/llm-bot",
        "bot": f"/llm-bot/bot?id={ids[0]}",
        "decision": f"/llm-bot/decision?id={decision['id']}",
        "trade": f"/llm-bot/trade?id={trade['id']}&bot={trade['bot_id']}",
        "compare": f"/llm-bot/compare?ids={','.join(ids)}",
        "errors": "/llm-bot/errors",
        "settings": "/llm-bot/settings",
    }[screen]


def _settle(page: Page) -> None:
    """Wait until the page shows what it has: fonts there, nothing in flight or moving."""
    expect(page.get_by_text("Live", exact=False).first).to_be_visible(timeout=15_000)
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')", timeout=15_000)
    page.evaluate("document.fonts.ready")
    page.wait_for_function(STILL, timeout=15_000)


def _violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes']][:3]}"
        for one in found["violations"]
    ]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(
    recorded: Site, site: Site, open_page: OpenPage, axe: str, screen: str, theme: str
) -> None:
    """WCAG 2.2 AA on every screen and theme: full, empty and in error, no violation."""
    quiet = ("404", "500", "Failed to load resource")
    full = open_page(
        recorded.url + path_of(recorded, screen), color_scheme=theme, reduced_motion="reduce"
    )
    _settle(full)
    assert _violations(full, axe) == []
    empty = open_page(
        site.url + path_of(site, screen),
        color_scheme=theme,
        reduced_motion="reduce",
        tolerate=quiet,
    )
    _settle(empty)
    assert _violations(empty, axe) == []
    broken = open_page("about:blank", color_scheme=theme, reduced_motion="reduce", tolerate=quiet)
    broken.route(
        "**/api/llm-bot/[!l]*",
        lambda route: route.fulfill(
            status=500,
            content_type="application/json",
            body='{"success":false,"error":{"code":"x","message":"broken","fix":"retry"}}',
        ),
    )
    broken.goto(site.url + path_of(site, screen))
    expect(broken.get_by_role("banner")).to_be_visible()
    assert _violations(broken, axe) == []


def test_a_planted_violation_is_found(site: Site, open_page: OpenPage, axe: str) -> None:
    """The check can fail: a button without a name is reported."""
    page = open_page(f"{site.url}/llm-bot")
    _settle(page)
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any("button-name" in text for text in _violations(page, axe))


@pytest.mark.parametrize("screen", SCREENS)
def test_a_phone_needs_no_sideways_scroll(recorded: Site, open_page: OpenPage, screen: str) -> None:
    """At 375 px nothing is wider than the screen, and every target is at least 24 px."""
    phone = {"width": 375, "height": 812}
    page = open_page(recorded.url + path_of(recorded, screen), viewport=phone, has_touch=True)
    _settle(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 375
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, a[href], input, [role=tab]')]
          .filter(e => e.checkVisibility() && !e.closest('p') && e.tabIndex >= 0)
          .map(e => [e.getBoundingClientRect(), e.outerHTML.slice(0, 120)])
          .filter(([b]) => b.width > 0 && (b.width < 24 || b.height < 24) && b.right > 0)
          .map(([b, html]) => `${Math.round(b.width)}x${Math.round(b.height)} ${html}`)"""
    )
    assert small == []


def test_reduced_motion_moves_nothing(site: Site, open_page: OpenPage) -> None:
    """Under reduced motion no animation or transition runs, also while a row arrives."""
    page = open_page(f"{site.url}/llm-bot", reduced_motion="reduce")
    _settle(page)
    page.evaluate(
        """() => { window.moving = 0; const look = () => {
             window.moving = Math.max(window.moving, document.getAnimations()
               .filter(a => a.playState === 'running'
                 && (a.effect.getComputedTiming().duration || 0) > 20).length);
             requestAnimationFrame(look); }; look(); }"""
    )
    site.decide("arrives calmly")
    expect(page.get_by_text("arrives calmly")).to_be_visible()
    assert page.evaluate("window.moving") == 0


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/llm-bot?range=1w&unit=usd", "1w"),
        ("/llm-bot?range=1h", "1h"),
    ],
)
def test_a_link_restores_its_view_and_back_works(
    recorded: Site, open_page: OpenPage, path: str, shown: str
) -> None:
    """An address in a fresh context gives the same choice; Back returns to the one before."""
    page = open_page(recorded.url + path)
    _settle(page)
    chosen = page.get_by_role("radio", name=shown, exact=True)
    expect(chosen).to_be_checked()
    page.get_by_role("radio", name="all", exact=True).click()
    page.wait_for_url(lambda url: "range=all" in url)
    fresh = open_page(page.url)
    _settle(fresh)
    expect(fresh.get_by_role("radio", name="all", exact=True)).to_be_checked()


def test_keyboard_alone_reaches_the_raw_answer_and_returns(site: Site, open_page: OpenPage) -> None:
    """J, Enter, the decision, its raw answer and Esc back: focus is visible and comes back."""
    for number in range(5):
        site.decide(f"row {number}.", raw_response=f'{{"answer": {number}}}')
    page = open_page(f"{site.url}/llm-bot")
    _settle(page)
    expect(page.get_by_text("row 4.")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    inspector = page.get_by_role("complementary", name="Decision").or_(
        page.get_by_role("dialog", name="Decision")
    )
    expect(inspector.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(inspector).to_have_count(0)
    ring = page.evaluate(
        """() => { const e = document.activeElement; if (!e || e === document.body) return null;
             const s = getComputedStyle(e); return s.outlineStyle + s.boxShadow; }"""
    )
    assert ring is not None
