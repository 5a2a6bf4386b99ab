"""What the checks share: the screens' addresses, a page at rest, and a second measurement."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, TimeoutError, expect

from tests.acceptance.processes import get
from tests.browser.conftest import Site
from tests.patience import HANG_SECONDS

OpenPage = Callable[..., Page]
SCREENS = ("arena", "bot", "decision", "trade", "compare", "errors", "settings")
FEED = "ol[aria-label=Decisions]"
SCROLLER = f"document.querySelector('{FEED}').parentElement"
LOST = ("net::ERR_",)
"""What Chromium itself says of a server that was killed."""
# Panels that have nothing yet are busy; charts that are being loaded breathe in their place; what
# is left of another range is dimmed until the new one is there.
READY = """() => !document.querySelector(
  '[aria-busy=true], main div.animate-breathe, main section > .opacity-60')"""
# A row that fades in has, half way, the contrast of a fault: only a still page is judged.
STILL = """() => document.getAnimations().every(
  one => one.playState !== 'running' || one.effect.getComputedTiming().endTime === Infinity)"""


def path_of(site: Site, screen: str) -> str:
    """A screen's address, with ids of what this server really holds (or of nothing)."""

    def first(path: str, name: str) -> dict[str, Any]:
        rows = read(site, path)[name]
        return dict(rows[0]) if rows else {"id": "none", "bot_id": "none"}

    erring = {bot for group in read(site, "errors/groups")["items"] for bot in group["bots"]}
    ids = [bot["id"] for bot in read(site, "bots")["bots"]] or ["none"]
    ids.sort(key=lambda bot: bot not in erring)
    decision = first("feed?signal=buy_to_enter&limit=1", "items")
    trade = first("trades?status=closed&limit=1", "items")
    return {
        "arena": "/llm-bot",
        "bot": f"/llm-bot/bot?id={ids[0]}",
        "decision": f"/llm-bot/decision?id={decision['id']}",
        "trade": f"/llm-bot/trade?id={trade['id']}&bot={trade['bot_id']}",
        "compare": f"/llm-bot/compare?ids={','.join(ids)}",
        "errors": "/llm-bot/errors",
        "settings": "/llm-bot/settings",
    }[screen]


def read(site: Site, path: str) -> Any:
    """What the server answers to a GET below its API, without a key."""
    return json.loads(get(site.port, f"/api/llm-bot/{path}", None)[1])


def settle(page: Page) -> None:
    """Wait until the page shows what it has: fonts there, nothing in flight or moving."""
    expect(page.locator("[data-phase=live]").first).to_be_visible()
    rest(page)


def rest(page: Page) -> None:
    """Wait until nothing is being read for the first time and nothing moves."""
    page.wait_for_function(READY)
    page.evaluate("document.fonts.ready")
    page.wait_for_function(STILL)


def absent(
    page: Page, text: str, seconds: float = HANG_SECONDS, *, exact: bool = False
) -> list[str]:
    """A complaint when the page does not come to show `text`.

    `seconds`: short where a planted fault keeps the text away; it never fails a page that is right.
    """
    try:
        page.get_by_text(text, exact=exact).first.wait_for(timeout=seconds * 1000)
    except TimeoutError:
        return [f"{text!r} was not on the page within {seconds} s"]
    return []
