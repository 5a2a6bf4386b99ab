"""Check 10: Kolkata and New York across a change of clocks; list, chart and table agree."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.canvas import SPY, ticks_of
from tests.browser.conftest import Site
from tests.browser.looks import OpenPage, read, settle
from tests.browser.recorded import record

CHANGES = {
    "spring": datetime(2024, 3, 10, 7, tzinfo=UTC),
    "autumn": datetime(2024, 11, 3, 6, tzinfo=UTC),
}
"""When the clocks in New York jump from 02:00 to 03:00, and from 02:00 back to 01:00."""

ZONES = ("Asia/Kolkata", "America/New_York")
TIMES = """() => [...document.querySelectorAll('main time')].filter(e => e.checkVisibility())
  .map(e => [e.dateTime, e.innerText, e.title.split('\\n')[0]])"""
TOLD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC(?:([+−])(\d+)(?::(\d\d))?)?")


@pytest.fixture(scope="module", params=CHANGES)
def season(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, datetime]]:
    """A server with a run of six hours around a change of clocks, and that instant."""
    change = CHANGES[request.param]
    one = Site(tmp_path_factory.mktemp("season"), "--open")
    one.start()
    start = int((change - timedelta(hours=3)).timestamp() * 1000)
    record(one.folder, one.port, "random", 360, start=start)
    yield one, change
    one.kill()


def year_of(page: Page, zone: str) -> int:
    """The year that it is for this page, in that zone."""
    return datetime.fromtimestamp(page.evaluate("Date.now()") / 1000, ZoneInfo(zone)).year


def labels(moment: datetime, zone: str, year: int) -> tuple[str, set[str]]:
    """The whole of a time as the page has to tell it, and its shorter forms in that year.

    A day of another year than that carries its own.
    """
    local = moment.astimezone(ZoneInfo(zone))
    offset = local.utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    sign, hours, rest = "−" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60
    name = f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "") if minutes else "UTC"
    day = f"{local.day} {local:%b}" + ("" if local.year == year else f" {local.year}")
    return f"{local:%Y-%m-%d %H:%M:%S} {name}", {
        f"{day} {local:%H:%M}",
        f"{local:%H:%M:%S}",
        f"{local:%H:%M}",
        day,
    }


def time_complaints(page: Page, zone: str, change: datetime) -> list[str]:
    """Every time in words must be its instant's in that zone; some must be there."""
    complaints, instants = [], []
    year = year_of(page, zone)
    for stamp, text, title in page.evaluate(TIMES):
        instant = datetime.fromisoformat(stamp)
        instants.append(instant)
        whole, short = labels(instant, zone, year)
        if title != whole or text not in short:
            complaints.append(f"{stamp} is told as {text!r}, {title!r}, not {whole!r}")
    return complaints + ([] if instants else [f"no time is told around {change}"])


def tick_complaints(page: Page, zone: str, change: datetime) -> list[str]:
    """Every tick must stand at the instant that it names, on both sides of the change."""
    complaints, instants = [], []
    year = year_of(page, zone)
    for tick in ticks_of(page):
        instant = instant_of(tick.told)
        instants.append(instant)
        whole, short = labels(instant, zone, year)
        if tick.told != whole or tick.text not in short:
            complaints.append(f"tick {tick.text!r} stands at {tick.told!r}, which is {whole!r}")
    both = bool(instants) and min(instants) < change <= max(instants)
    return complaints + ([] if both else [f"the ticks {instants} do not span {change}"])


def instant_of(told: str) -> datetime:
    """The instant that a whole time names, offset included."""
    found = TOLD.fullmatch(told)
    assert found, told
    text, sign, hours, minutes = found.groups()
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    zone = timezone(-ahead if sign == "−" else ahead)
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def around(site: Site, change: datetime) -> list[str]:
    """The ids of the last decision before a change of clocks and the first after it."""
    rows = read(site, "feed?limit=500")["items"]
    made = sorted((datetime.fromisoformat(row["time"]), str(row["id"])) for row in rows)
    before = [one for moment, one in made if moment < change]
    after = [one for moment, one in made if moment >= change]
    return [before[-1], after[0]]


@pytest.mark.parametrize("zone", ZONES)
def test_one_decision_has_its_time_everywhere(
    season: tuple[Site, datetime], open_page: OpenPage, zone: str
) -> None:
    """List, chart, table and decision tell an instant alike: in UTC, and in the local zone."""
    site, change = season
    # So tall that every row of the run is drawn.
    tall = {"width": 1440, "height": 16_000}
    page = open_page(f"{site.url}/llm-bot?range=all", timezone_id=zone, init=SPY, viewport=tall)
    settle(page)
    assert time_complaints(page, "UTC", change) + tick_complaints(page, "UTC", change) == []
    page.get_by_role("button", name="Times are in UTC").click()
    assert time_complaints(page, zone, change) + tick_complaints(page, zone, change) == []
    page.get_by_role("radio", name="table").click()
    expect(page.get_by_role("table", name="Equity")).to_be_visible()
    assert time_complaints(page, zone, change) == []
    (bot,) = read(site, "bots")["bots"]
    page.goto(f"{site.url}/llm-bot/bot?id={bot['id']}&range=all&folds=false")
    settle(page)
    assert time_complaints(page, zone, change) + tick_complaints(page, zone, change) == []
    for decision in around(site, change):
        expect(page.locator(f"[data-decision='{decision}'] time")).to_be_visible()
    for decision in around(site, change):
        page.goto(f"{site.url}/llm-bot/decision?id={decision}")
        settle(page)
        assert time_complaints(page, zone, change) == []


def test_planted_clocks_that_never_change_are_found(
    season: tuple[Site, datetime], open_page: OpenPage
) -> None:
    """Check 10 can fail: New York's winter time all year round is right half of the day only."""
    site, change = season
    page = open_page(f"{site.url}/llm-bot?range=all", timezone_id="Etc/GMT+5", init=SPY)
    settle(page)
    page.get_by_role("button", name="Times are in UTC").click()
    zone = "America/New_York"
    ticks = tick_complaints(page, zone, change)
    assert 0 < len(ticks) < len(ticks_of(page))
    page.get_by_role("radio", name="table").click()
    expect(page.get_by_role("table", name="Equity")).to_be_visible()
    assert any("is told as" in one for one in time_complaints(page, zone, change))


def test_planted_lost_years_are_found(season: tuple[Site, datetime], open_page: OpenPage) -> None:
    """Check 10 can fail: a day of another year that does not say which."""
    site, change = season
    page = open_page(f"{site.url}/llm-bot?range=all", init=SPY)
    settle(page)
    assert time_complaints(page, "UTC", change) == []
    cell = page.locator("main time").filter(has_text=f" {change.year} ").first
    cell.evaluate(f"cell => {{ cell.innerText = cell.innerText.replace(' {change.year}', ''); }}")
    (found,) = time_complaints(page, "UTC", change)
    assert "is told as" in found
