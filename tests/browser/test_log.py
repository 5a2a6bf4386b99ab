"""The log of a bot on its page: how to turn it on, live, by level and words, in the page's zone."""

import json
import urllib.request
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page, expect

from motherhaven.contract.log_lines import MAX_BATCH, MAX_KEPT
from tests.acceptance.processes import KEY
from tests.browser.conftest import Site
from tests.browser.layout import layout_faults
from tests.browser.looks import OpenPage, read, settle
from tests.patience import HANG_SECONDS

AT = "2026-01-02T03:04:05Z"


def log(site: Site, first: int, *lines: tuple[str, str]) -> None:
    """Send lines of the only bot, as it would."""
    [bot] = read(site, "bots")["bots"]
    body = {"run": "r1", "first": first, "lines": [[AT, lv, "motherhaven", t] for lv, t in lines]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{site.port}/api/llm-bot/bots/{bot['id']}/log",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "x-api-key": KEY},
    )
    with urllib.request.urlopen(request, timeout=HANG_SECONDS) as answer:
        assert json.loads(answer.read())["kept"] == len(lines)


def opened(site: Site, open_page: OpenPage, **options: Any) -> Page:
    """The page of the only bot, at its log."""
    now = datetime.now(UTC).isoformat()
    site.post("status", {"timestamp": now, "status": "running", "message": "ok"})
    [bot] = read(site, "bots")["bots"]
    page = open_page(f"{site.url}/llm-bot/bot?id={bot['id']}&tab=log", **options)
    settle(page)
    return page


def test_the_log_is_empty_then_live_then_found_by_level_and_words(
    site: Site, open_page: OpenPage
) -> None:
    """Without a log the page says how to turn it on; lines come without reload, newest first."""
    page = opened(site, open_page)
    panel = page.get_by_role("region", name="Log", exact=True)
    expect(panel).to_contain_text("MOTHERHAVEN_SHIP_LOG=info")
    log(site, 0, ("INFO", "cycle done"), ("WARNING", "BTC has no fresh data"))
    lines = panel.get_by_role("list", name="Log lines").get_by_role("listitem")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("BTC has no fresh data")
    log(site, 2, ("ERROR", "order refused <img src=x onerror=alert(1)>\nTraceback"))
    expect(lines).to_have_count(3)
    expect(lines.first).to_contain_text("order refused <img")
    panel.get_by_role("radio", name="warning").click()
    page.wait_for_url("**level=warning**")
    expect(lines).to_have_count(2)
    panel.get_by_role("searchbox").fill("fresh")
    page.wait_for_url("**words=fresh**")
    expect(lines).to_have_count(1)
    page.reload()
    settle(page)
    expect(lines).to_have_count(1)
    panel.get_by_role("searchbox").fill("nowhere")
    expect(panel).to_contain_text("No line of this level holds these words.")


def test_times_are_in_the_zone_of_the_page(site: Site, open_page: OpenPage) -> None:
    """UTC first, and the browser's own where that is chosen."""
    page = opened(site, open_page, timezone_id="Asia/Kolkata")
    log(site, 0, ("INFO", "cycle done"))
    line = page.get_by_role("list", name="Log lines").get_by_role("listitem")
    expect(line).to_contain_text("03:04:05")
    page.get_by_role("button", name="UTC").first.click()
    expect(line).to_contain_text("08:34:05")


def test_a_full_log_on_a_phone(site: Site, open_page: OpenPage) -> None:
    """500 lines, the longest of 2 KB: nothing beside the page; what is not kept is said."""
    page = opened(site, open_page, viewport={"width": 375, "height": 812})
    for first in range(0, MAX_KEPT + MAX_BATCH, MAX_BATCH):
        texts = [f"line {first + n} " + ("x" * 1_900 if n == 0 else "") for n in range(MAX_BATCH)]
        log(site, first, *(("INFO", text) for text in texts))
    panel = page.get_by_role("region", name="Log", exact=True)
    expect(panel).to_contain_text("showing 500 of 500 lines; 100 older ones are no longer kept")
    assert layout_faults(page) == []
