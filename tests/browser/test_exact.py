"""Numbers, times and huge texts on the screen are exact, whatever the zone."""

import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_access import _settle

OpenPage = Callable[..., Page]
MOMENTS = ("2024-03-10T06:59:00+00:00", "2024-03-10T07:01:00+00:00")
"""Just before and after the clocks in New York jump from 02:00 to 03:00."""


def _account(equity: str, pnl: str) -> dict[str, object]:
    return {
        "timestamp": "2026-01-02T03:04:05Z",
        "balance_usd": equity,
        "equity_usd": equity,
        "unrealized_pnl": pnl,
        "realized_pnl": "0",
        "total_pnl": pnl,
        "num_positions": 0,
    }


@pytest.mark.parametrize(
    ("pnl", "shown", "hidden"),
    [
        ("-0.000001", ["−<$0.01"], ["+"]),
        ("-0", ["$0.00"], ["−$0", "-$0", "+$0"]),
        ("1000000000", ["+$1,000,000,000.00"], ["−"]),
    ],
)
def test_odd_amounts_keep_sign_and_unit(
    site: Site, open_page: OpenPage, pnl: str, shown: list[str], hidden: list[str]
) -> None:
    """A tiny loss keeps its minus, zero has no sign, a billion is grouped; unknown is a dash."""
    site.post("account", _account("5000000000", pnl))
    page = open_page(f"{site.url}/llm-bot")
    _settle(page)
    totals = page.get_by_role("region", name="Totals")
    expect(totals).to_contain_text("$5,000,000,000")
    text = totals.inner_text()
    assert all(one in text for one in ["—", *shown]), text
    assert not any(one in text for one in ["NaN", "Infinity", *hidden]), text


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_one_moment_in_two_zones(site: Site, open_page: OpenPage, zone: str, moment: str) -> None:
    """Around a change of clocks a decision has its right label in local time and in UTC."""
    site.decide("at that moment", timestamp=moment)
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
    page = open_page(f"{site.url}/llm-bot", timezone_id=zone)
    _settle(page)
    row = page.get_by_role("list", name="Decisions").get_by_role("listitem").first
    expect(row).to_contain_text(moment[11:16])
    page.get_by_role("button", name="UTC").or_(page.get_by_label("time", exact=False)).first.click()
    expect(row).to_contain_text(local.strftime("%H:%M"))


def test_a_20_mb_answer_opens_at_once(site: Site, open_page: OpenPage) -> None:
    """The first part of a 20 MB raw answer shows within a second; no task blocks over 200 ms."""
    from tests.browser.long_answer import send_long_answer

    event_id = send_long_answer(site, 20_000_000)
    page = open_page(f"{site.url}/llm-bot/decision?id={event_id}")
    _settle(page)
    page.evaluate(
        """() => { window.longest = 0; new PerformanceObserver(list => {
             for (const task of list.getEntries())
               window.longest = Math.max(window.longest, task.duration);
           }).observe({ type: 'longtask' }); }"""
    )
    page.get_by_role("tab", name="Raw").click()
    started = time.monotonic()
    expect(page.get_by_text("begin of a long answer").first).to_be_visible(timeout=10_000)
    assert time.monotonic() - started < 1.0
    expect(page.get_by_text("Download", exact=False).first).to_be_visible()
    assert page.evaluate("window.longest") <= 200
