"""Tags among 22 bots: filter, groups, search and files; what is chosen is in the address."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, _serve
from tests.browser.fleet import fill
from tests.browser.layout import HEIGHTS, layout_faults
from tests.browser.looks import OpenPage, settle


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the fleet's day: 14 paper bots in three kinds, a live one, six without tags."""
    for site in _serve(tmp_path_factory.mktemp("tags"), "--open"):
        fill(site)
        yield site


def opened(site: Site, open_page: OpenPage, path: str, width: int = 1440) -> Page:
    """The page at rest, at this width."""
    page = open_page(site.url + path, viewport={"width": width, "height": HEIGHTS[width]})
    settle(page)
    return page


def rows(page: Page, table: str) -> int:
    """The rows of a table below its head."""
    return page.get_by_role("table", name=table, exact=True).locator("tbody tr").count()


def test_a_tag_filters_the_whole_arena_and_the_files(
    fleet: Site, open_page: OpenPage, tmp_path: Path
) -> None:
    """Bots, sums, lines and positions are those of the tag; Back takes it back."""
    page = opened(fleet, open_page, "/llm-bot")
    assert rows(page, "Bots") == 22
    page.get_by_role("group", name="Tags").get_by_role("button", name="trend").click()
    page.wait_for_url("**tags=trend**")
    expect(page.get_by_text("showing 5 of 22 bots")).to_be_visible()
    assert rows(page, "Bots") == 5
    expect(page.get_by_role("figure", name="Equity lines of 5 bots")).to_be_visible()
    assert rows(page, "Open positions") == 5
    # 0, 3, 6, 9 and 12 with 10,000 USD each: their ends differ by (n − 7) ÷ 400.
    expect(page.get_by_role("region", name="Totals", exact=True)).to_contain_text("49,875.00")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export trades as CSV").click()
    file = tmp_path / "trades.csv"
    download.value.save_as(file)
    found = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert {row["tags"] for row in found} == {"perps trend"}
    assert len(found) == 7  # five are open, and two of these bots closed one before
    page.go_back()
    expect(page.get_by_role("table", name="Bots", exact=True).locator("tbody tr")).to_have_count(22)


def test_groups_have_sums_that_never_mix_kinds_of_money(fleet: Site, open_page: OpenPage) -> None:
    """By tag a bot stands under each of its tags; by model under its one."""
    page = opened(fleet, open_page, "/llm-bot?per=tag")
    totals = page.get_by_role("table", name="Totals by tag")
    expect(totals.get_by_role("row").filter(has_text="perps")).to_have_count(2)  # paper and live
    trend = totals.get_by_role("row").filter(has_text="trend")
    expect(trend).to_contain_text("49,875.00")
    assert rows(page, "Bots: perps") == 15
    assert rows(page, "Bots: untagged") == 7
    page.get_by_label("Groups").select_option("model")
    page.wait_for_url("**per=model**")
    expect(page.get_by_role("table", name="Totals by model")).to_be_visible()


def test_search_finds_tags(fleet: Site, open_page: OpenPage) -> None:
    """In the field above the bots, and in the palette."""
    page = opened(fleet, open_page, "/llm-bot")
    page.get_by_role("searchbox").fill("v2.1 gemini")
    page.wait_for_url(re.compile("find="))
    expect(page.get_by_text("of 22 bots")).to_be_visible()
    page.get_by_role("button", name="Clear the filter").click()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Go to a screen").fill("desk")
    page.get_by_role("option", name="desk 1 bot").click()
    page.wait_for_url("**tags=desk**")
    assert rows(page, "Bots") == 1


def test_a_bot_and_a_comparison_show_tags(fleet: Site, open_page: OpenPage) -> None:
    """On the bot's page each leads to its bots; a comparison takes those of a tag."""
    page = opened(fleet, open_page, "/llm-bot/bot?id=b01")
    tags = page.get_by_role("list", name="Tags")
    expect(tags.get_by_role("link")).to_have_text(["perps", "mean-reversion-long-only"])
    tags.get_by_role("link", name="mean").click()
    page.wait_for_url("**tags=mean-reversion-long-only")
    page = opened(fleet, open_page, "/llm-bot/compare?ids=b00,b01")
    page.get_by_label("Compare the bots with a tag").select_option("v2.1")
    page.wait_for_url(re.compile("ids=b02"))
    page.get_by_role("radio", name="all", exact=True).last.click()
    settings = page.get_by_role("table", name="Settings")
    expect(settings.get_by_role("row").filter(has_text="tags")).to_contain_text("v2.1")


@pytest.mark.parametrize("width", [375, 1280])
def test_groups_hold_21_bots(fleet: Site, open_page: OpenPage, width: int) -> None:
    """Nothing is cut without a sign or drawn over another, on a phone as on a desk."""
    page = opened(fleet, open_page, "/llm-bot?per=tag", width)
    assert layout_faults(page) == []
