"""Bars from files: strict, aligned, holes reported."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.market.choose import bar_files
from motherhaven.bot.market.files import FileFeed
from motherhaven.contract.errors import ConfigError, MarketError

HEAD = "timestamp_ms,open,high,low,close,volume"
ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
BASE = int(ORIGIN.timestamp() * 1000)


def write(path, minutes, price="100"):
    """A file of flat bars at the given minutes."""
    rows = [f"{BASE + m * 60_000},{price},{price},{price},{price},1" for m in minutes]
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    return path


def at(minute):
    return ORIGIN + timedelta(minutes=minute)


def test_exact_decimals_and_times(tmp_path):
    """Prices keep every digit; the time is the bar's start in UTC."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}\n{BASE + 60_000},0.10000000000000001,0.2,0.05,0.15,7.5\n")
    feed = FileFeed({"BTC": path})
    (only,) = list(feed.slices())
    assert only.bars["BTC"].open == Decimal("0.10000000000000001")
    assert only.bars["BTC"].start == at(1)
    assert only.time == at(2)
    assert not feed.simulated


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["x,y"], "line 1: the header"),
        ([HEAD], "no bars"),
        ([HEAD, "1767225660000,1,1,1,1"], "line 2: 5 columns"),
        ([HEAD, "1767225660000,1,1,1,1,1", "1767225660000,1,1,1,1,1"], "line 3: repeats"),
        (
            [HEAD, *(f"{1767225600000 + m * 60_000},1,1,1,1,1" for m in (0, 2, 1, 3))],
            "line 4: is older than line 3",
        ),
        ([HEAD, "1767225660000,NaN,1,1,1,1"], "line 2: open 'NaN'"),
        ([HEAD, "1767225660000,1,Infinity,1,1,1"], "line 2: high 'Infinity'"),
        ([HEAD, "1767225660000,abc,1,1,1,1"], "line 2: open 'abc' is not a number"),
        ([HEAD, "6.5,1,1,1,1,1"], "line 1: the header|line 2: timestamp_ms '6.5' is no time"),
        ([HEAD, "1767225660000,1,0.5,0.9,1,1"], "line 2: high 0.5 is below low 0.9"),
        ([HEAD, "1767225660000,1,2,1.5,1,1"], "line 2: open 1 lies outside"),
        ([HEAD, "1767225660000,0,0,0,0,1"], "line 2: open is 0"),
        ([HEAD, "1767225660000,1,1,1,1,-1"], "line 2: volume is -1"),
        ([HEAD, "60000,1,1,1,1,1"], "line 2: timestamp_ms"),
        (
            [HEAD, "1767225660000,1,1,1,1,1", "1767225720000,1,1,1,1,1", "1767225800000,1,1,1,1,1"],
            "grid",
        ),
        (
            [HEAD, f"1767225660000,1,1,1,1,{'1' * 60}"],
            "line 2: volume does not lie between",
        ),
    ],
)
def test_every_impossible_file_is_refused_with_its_line(tmp_path, lines, told):
    """Nothing that cannot be true gets in, and the message names the place."""
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(MarketError, match=told):
        FileFeed({"BTC": path})


def test_a_missing_file_is_told_by_name(tmp_path):
    """The message says which file."""
    with pytest.raises(MarketError, match=r"none\.csv"):
        FileFeed({"BTC": tmp_path / "none.csv"})


def test_holes_are_found_for_each_coin(tmp_path):
    """A gap runs from the first missing bar to the next one that is there."""
    feed = FileFeed(
        {
            "BTC": write(tmp_path / "b.csv", [1, 2, 5, 6]),
            "ETH": write(tmp_path / "e.csv", [1, 2, 3, 6]),
        }
    )
    found = [(g.coin, g.start, g.end) for g in feed.gaps]
    assert found == [("BTC", at(3), at(5)), ("ETH", at(4), at(6))]
    told = [(p.time, g.coin) for p in feed.slices() for g in p.gaps]
    assert told == [(at(6), "BTC"), (at(7), "ETH")]


def test_coins_with_different_holes_are_aligned_by_time(tmp_path):
    """A coin that has no bar at a moment is missing there; the others go on."""
    feed = FileFeed(
        {
            "BTC": write(tmp_path / "b.csv", [1, 2, 4]),
            "ETH": write(tmp_path / "e.csv", [2, 3, 4]),
        }
    )
    seen = [(p.time, sorted(p.bars)) for p in feed.slices()]
    assert seen == [
        (at(2), ["BTC"]),
        (at(3), ["BTC", "ETH"]),
        (at(4), ["ETH"]),
        (at(5), ["BTC", "ETH"]),
    ]
    assert feed.bars == 6


def test_files_of_different_intervals_are_refused(tmp_path):
    """Bars of a minute and of five cannot be one market."""
    one, five = write(tmp_path / "1.csv", [5, 6, 7]), write(tmp_path / "5.csv", [5, 10])
    with pytest.raises(MarketError, match="interval"):
        FileFeed({"BTC": one, "ETH": five})


def test_quotes_only_where_a_bar_is_running(tmp_path):
    """Inside a hole there is no price."""
    feed = FileFeed({"BTC": write(tmp_path / "b.csv", [1, 2, 5])})
    assert asyncio.run(feed.quotes(at(2)))["BTC"].mid == 100
    assert asyncio.run(feed.quotes(at(4))) == {}
    assert [p.time for p in asyncio.run(feed.closed(at(2), at(6)))] == [at(3), at(6)]


def test_symbols_are_normalised_and_pairs_checked(tmp_path):
    """ "btc/usdc" is BTC; a pair that is none, or comes twice, is refused."""
    assert FileFeed({"btc/USDC:USDC": write(tmp_path / "b.csv", [1, 2])}).coins == ("BTC",)
    assert bar_files(["BTC=a.csv"])["BTC"].name == "a.csv"
    for pairs in (["BTC"], ["=a.csv"], ["BTC=a.csv", "BTC=b.csv"]):
        with pytest.raises(ConfigError):
            bar_files(pairs)
