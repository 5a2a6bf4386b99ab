"""`motherhaven candles`: bars and funding of the past, page by page, into files for replay."""

import asyncio
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from ccxt_support import FakeVenue, ms, rows
from shell_support import MINUTE, NOON
from typer.testing import CliRunner
from venue_support import Venue, candle, use

from motherhaven.bot.market import choose
from motherhaven.bot.market.ccxt_feed import CcxtFeed
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.market.funding import read_funding
from motherhaven.bot.market.history import WAITS, all_bars, all_rates
from motherhaven.cli.candles import Options, candles
from motherhaven.cli.main import app
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.testing.clock import FakeClock
from tests.patience import HANG_SECONDS

BTC = "BTC/USDT:USDT"
HOUR = timedelta(hours=1)


def options(out, **changes):
    """Three hours of minutes of BTC."""
    given = {
        "coins": ("BTC",), "market": None, "interval": "1m", "days": 3.0,
        "since": NOON.isoformat(), "until": (NOON + 3 * HOUR).isoformat(), "out": out,
        "funding": True, "force": False, **changes,
    }  # fmt: skip
    return Options(**given)


@contextmanager
def served(venue):
    """The venue on a thread of its own, for a command that runs its own loop."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve():
        async with venue:
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(HANG_SECONDS)
    try:
        yield venue.url
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def hyperliquid(page=50, first=NOON, hole=()):
    """A venue with minutes from `first` on, a page at a time, and funding each hour."""
    minutes = [first + k * MINUTE for k in range(600) if k not in hole]

    def some(request):
        asked = request["req"]
        step = timedelta(milliseconds=60_000)
        assert asked["interval"] == "1m"
        found = [t for t in minutes if asked["startTime"] <= ms(t) < asked["endTime"] + 60_000]
        return [candle(t, close=str(50_000 + (t - NOON) // step)) for t in found[:page]]

    def paid(request):
        hours = [NOON + k * HOUR for k in range(10)]
        found = [t for t in hours if request["startTime"] <= ms(t) <= request["endTime"]]
        # Rates come some milliseconds after the hour.
        return [
            {"coin": "BTC", "fundingRate": "0.0000125", "premium": "0", "time": ms(t) + 7}
            for t in found[:2]
        ]

    return Venue(candleSnapshot=some, fundingHistory=paid)


def test_files_that_replay_reads(tmp_path, capsys):
    """Each bar once, in order, across pages; a rate for every hour; the command to go on with."""
    with served(hyperliquid()) as url:
        candles(options(tmp_path / "bars"), url)
    bars, funding = tmp_path / "bars" / "BTC-1m.csv", tmp_path / "bars" / "BTC-funding.csv"
    feed = FileFeed({"BTC": bars})
    assert (feed.bars, feed.start, feed.end) == (180, NOON, NOON + 3 * HOUR)
    assert not feed.gaps
    assert list(read_funding(funding)) == [NOON + k * HOUR for k in range(3)]
    told = capsys.readouterr()
    assert f"motherhaven replay --bars BTC={bars} --funding BTC={funding}" in told.out
    assert "180 bars" in told.err
    assert sorted(path.name for path in bars.parent.iterdir()) == ["BTC-1m.csv", "BTC-funding.csv"]


def test_what_the_venue_does_not_keep_is_said(tmp_path, capsys):
    """A late first bar, and holes."""
    with served(hyperliquid(first=NOON + HOUR, hole=range(10, 15))) as url:
        candles(options(tmp_path, funding=False), url)
    told = capsys.readouterr().err
    assert "the venue keeps nothing of 1m before 2026-03-04 13:00" in told
    assert "gap: no data of BTC from 2026-03-04 13:10 to 2026-03-04 13:15" in told


def test_files_stay_unless_they_are_to_be_replaced(tmp_path):
    """And with an error nothing is half written."""
    (tmp_path / "BTC-1m.csv").write_text("mine")
    with served(hyperliquid()) as url:
        with pytest.raises(ConfigError, match="--force"):
            candles(options(tmp_path), url)
        assert (tmp_path / "BTC-1m.csv").read_text() == "mine"
        candles(options(tmp_path, force=True), url)
    assert FileFeed({"BTC": tmp_path / "BTC-1m.csv"}).bars == 180


def test_no_bars_at_all_is_an_error_that_writes_nothing(tmp_path):
    """With what to ask for instead."""
    with (
        served(hyperliquid(first=NOON + 100 * HOUR)) as url,
        pytest.raises(MarketError, match="longer bars"),
    ):
        candles(options(tmp_path / "bars"), url)
    assert not (tmp_path / "bars").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"interval": "7m"}, "--interval 7m: use one of 1m"),
        ({"market": "simulated:1"}, "no history is to be had"),
        ({"market": "ccxt:"}, "name a venue"),
        ({"since": "yesterday"}, "--from"),
        ({"since": "2026-03-05", "until": "2026-03-04"}, "--from must lie before --to"),
        ({"since": None, "days": 0}, "--days 0"),
        ({"since": None, "days": float("nan")}, "--days nan"),
    ],
)
def test_options_that_mean_nothing(tmp_path, changes, words):
    """Each by its name."""
    with pytest.raises(ConfigError, match=words):
        candles(options(tmp_path, **changes))


def test_the_command_names_its_error():
    """Through the command line."""
    found = CliRunner().invoke(app, ["candles", "BTC", "--interval", "7m"])
    assert found.exit_code == 1
    assert "use one of" in found.stderr


def test_a_venue_of_ccxt_gives_files_too(tmp_path, monkeypatch):
    """Eight-hour rates at their own hours."""
    rates = [
        {"timestamp": ms(NOON) + k * 8 * 3_600_000, "fundingRate": 0.0001 * k} for k in range(5)
    ]
    venue = FakeVenue(rows={BTC: rows(300)}, rates={BTC: rates}, page=70)
    monkeypatch.setattr(
        choose, "CcxtFeed", lambda name, coins, clock: CcxtFeed(name, coins, clock, lambda _: venue)
    )
    candles(options(tmp_path, market="ccxt:fake"))
    assert FileFeed({"BTC": tmp_path / "BTC-1m.csv"}).bars == 180
    assert len(read_funding(tmp_path / "BTC-funding.csv")) == 1
    assert venue.closed


class Paged:
    """A source of bars and rates with any size of page."""

    def __init__(self, count, page):
        self.rows = rows(count)
        self.page = page
        self.asked = 0
        self.feed = CcxtFeed("fake", ("BTC",), FakeClock(NOON), lambda _: self.venue)

    @property
    def venue(self):
        """The venue behind it."""
        return FakeVenue(rows={BTC: self.rows}, page=self.page)


@pytest.mark.parametrize("page", [1, 2, 7, 60, 61, 1_000])
@pytest.mark.parametrize("count", [0, 1, 59, 60, 61, 150])
def test_any_size_of_page_gives_the_same_bars(count, page):
    """No seam, no bar twice, none beyond the end."""

    async def work():
        feed = Paged(count, page).feed
        await feed.connect()
        return await all_bars(feed, "BTC", NOON, NOON + 60 * MINUTE, MINUTE)

    found = asyncio.run(work())
    assert [bar.start for bar in found] == [NOON + k * MINUTE for k in range(min(count, 60))]


@pytest.mark.parametrize("fails", [1, 3, 4])
def test_a_page_that_fails_is_asked_for_again_a_few_times(fails):
    """A download survives a lost connection, and ends when the venue stays away."""
    venue = FakeVenue(rows={BTC: rows(10)})
    honest, waits, left = venue.fetch_ohlcv, [], [fails]

    async def flaky(*args):
        if left[0]:
            left[0] -= 1
            raise ConnectionError("reset")
        return await honest(*args)

    async def sleep(seconds):
        waits.append(seconds)

    async def work():
        feed = CcxtFeed("fake", ("BTC",), FakeClock(NOON), lambda _: venue)
        await feed.connect()
        venue.fetch_ohlcv = flaky
        return await all_bars(feed, "BTC", NOON, NOON + 9 * MINUTE, MINUTE, sleep)

    if fails > len(WAITS):
        with pytest.raises(MarketError, match="reset"):
            asyncio.run(work())
    else:
        assert len(asyncio.run(work())) == 9
    assert waits == list(WAITS[:fails])


def test_a_venue_that_never_ends_is_left():
    """Pages without end are bounded; one that repeats itself ends."""

    async def work(feed):
        return await all_rates(feed, "BTC", NOON, NOON + HOUR)

    same = [{"coin": "BTC", "fundingRate": "0.1", "time": ms(NOON)}]
    assert use(Venue(fundingHistory=same), work, ("BTC",)) == [(NOON, Decimal("0.1"))]


@pytest.mark.parametrize(
    "answer",
    [{}, [1], [{"time": "x"}], [{"time": 1, "fundingRate": "nan"}], [{"time": 1}]],
    ids=str,
)
def test_funding_that_cannot_be_true_is_refused(answer):
    """As an error that names it."""

    async def work(feed):
        return await feed.funding_rates("BTC", datetime(1970, 1, 1, tzinfo=UTC), NOON)

    with pytest.raises(MarketError):
        use(Venue(fundingHistory=answer), work, ("BTC",))
