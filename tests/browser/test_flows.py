"""Money that is paid in or taken out is neither gain nor loss in what the page draws."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.looks import OpenPage, settle

WIDE = {"width": 1440, "height": 900}
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


def moved(site: Site, minutes_ago: int, equity: str, deposits: str) -> None:
    """An account as it stood so long ago."""
    time = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    site.report(equity, timestamp=time, deposits_usd=deposits, bot_id="mover", bot_name="mover")


def told(page: Page, text: str) -> None:
    """The line's end tells this."""
    expect(page.locator("figure ul button[title^='mover:']")).to_contain_text(text)


def test_a_withdrawal_and_a_deposit_are_no_return(site: Site, open_page: OpenPage) -> None:
    """+10 %, half taken out, -10 %, as much paid in, +10 %: 8.9 % in chart, table and list."""
    for row in (
        (50, "10000", "10000"), (40, "11000", "10000"), (30, "5500", "4500"),
        (20, "4950", "4500"), (10, "9900", "9450"), (5, "10890", "9450"),
    ):  # fmt: skip
        moved(site, *row)
    page = open_page(f"{site.url}/llm-bot?unit=pct&range=1d", viewport=WIDE)
    settle(page)
    told(page, "+8.90")
    first = page.get_by_role("table", name="Bots").get_by_role("row").nth(1)
    expect(first).to_contain_text("+8.90")
    page.get_by_role("radio", name="drawdown").click()
    told(page, "−1.00")
    page.get_by_role("radio", name="%").click()
    page.get_by_role("radio", name="table").click()
    cells = page.get_by_role("table", name="Equity").get_by_role("cell")
    returns = [text for text in cells.all_inner_texts() if "%" in text]
    # The table's newest row is its first.
    assert [text.replace("\u202f", " ") for text in returns] == [
        "+8.90 %", "−1.00 %", "−1.00 %", "+10.00 %", "+10.00 %", "0.00 %",
    ]  # fmt: skip


def test_a_withdrawal_that_streams_in_is_no_loss(site: Site, open_page: OpenPage) -> None:
    """The curve is read again once the base has moved: it ends where it was."""
    for row in ((50, "10000", "10000"), (5, "11000", "10000")):
        moved(site, *row)
    page = open_page(f"{site.url}/llm-bot?unit=pct&range=1d", viewport=WIDE)
    settle(page)
    told(page, "+10.00")
    moved(site, 0, "5500", "4500")
    first = page.get_by_role("table", name="Bots").get_by_role("row").nth(1)
    expect(first).to_contain_text("$5,500.00")
    told(page, "+10.00")
