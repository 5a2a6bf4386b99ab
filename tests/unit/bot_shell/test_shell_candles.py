"""The bars that a bot saw are on record, once each, so that the page can draw its trades."""

import asyncio
from datetime import UTC, datetime, timedelta

from shell_support import (
    MINUTE,
    NOON,
    action,
    answer,
    bar,
    kinds,
    new_cycle,
    new_trader,
    of_kind,
    piece,
    quotes_of,
)
from test_shell_replay import LIMITS, write_market

from motherhaven.bot.market.feed import Slice
from motherhaven.bot.replay.engine import ReplayConfig
from motherhaven.bot.replay.run import ReplayRequest, run_replay
from motherhaven.bot.running.journal_sink import read_journal
from motherhaven.bot.running.sink import MemorySink
from motherhaven.contract.events import MAX_CANDLES
from motherhaven.contract.wire import validate_payload
from motherhaven.settings import SystemClock
from motherhaven.testing.scripted_model import ScriptedModel


def run(cycle, at):
    """One cycle at `at`."""
    asyncio.run(cycle.run(lambda: at, quotes_of(BTC="50000"), None))


def test_each_cycle_records_the_bars_since_the_last_one():
    """Three bars a coin between two cycles: one record a coin, starts in milliseconds, exact."""
    trader = new_trader(coins=("BTC", "ETH"), candles=True, patience=MINUTE)
    sink = MemorySink()
    cycle = new_cycle(trader, ScriptedModel([answer(action())]), sink)
    for minute in range(3):
        at = NOON + minute * MINUTE
        trader.on_slice(piece(at, BTC=("50000.5", "50001", "49999", "50000"), ETH="3000"))
    run(cycle, NOON + 3 * MINUTE)
    btc, eth = of_kind(sink.kept, "candles")
    assert (btc["coin"], eth["coin"]) == ("BTC", "ETH")
    assert btc["interval_seconds"] == 60
    starts = [row[0] for row in btc["candles"]]
    assert starts == [int((NOON + n * MINUTE).timestamp() * 1000) for n in range(3)]
    assert list(btc["candles"][0][1:5]) == ["50000.5", "50001", "49999", "50000"]
    for record in sink.kept:
        validate_payload(record.kind, record.payload)
    trader.on_slice(piece(NOON + 3 * MINUTE, BTC="50000"))
    run(cycle, NOON + 4 * MINUTE)
    assert len(of_kind(sink.kept, "candles")[2]["candles"]) == 1
    run(cycle, NOON + 4 * MINUTE + timedelta(seconds=5))
    assert len(of_kind(sink.kept, "candles")) == 3


def test_bars_that_only_warm_the_indicators_are_not_recorded():
    """What was recorded by an earlier run, or never acted on, is not put on record again."""
    trader = new_trader(candles=True)
    trader.warm(piece(NOON, BTC="50000"))
    trader.log.keep_candles(NOON)
    assert "candles" not in kinds(trader.records)


def test_many_bars_are_split_by_the_contract_s_bound():
    """A bot that was away for days has more bars than one event may hold."""
    trader = new_trader(candles=True)
    for minute in range(MAX_CANDLES + 7):
        start = NOON + minute * MINUTE
        trader.on_slice(Slice(start + MINUTE, {"BTC": bar("BTC", start, "50000")}))
    trader.log.keep_candles(NOON)
    assert [len(c["candles"]) for c in of_kind(trader.records, "candles")] == [MAX_CANDLES, 7]


def test_a_replay_s_journal_has_every_bar_exactly_once(tmp_path):
    """All bars of both coins, holes left out, as they stand in the files."""
    files = write_market(tmp_path, 7, holes=[("BTC", 100, 30)])
    journal = tmp_path / "r.db"
    request = ReplayRequest(ReplayConfig(files, limits=LIMITS), "random", journal)
    report = asyncio.run(run_replay(request, clock=SystemClock()))
    payloads = [kept.payload for kept in read_journal(journal, ("candles",))]
    assert sum(len(payload["candles"]) for payload in payloads) == report.bars
    assert len(payloads) < report.bars / 100
    for coin, file in files.items():
        wanted = [line.split(",") for line in file.read_text().splitlines()[1:]]
        found = [row for p in payloads if p["coin"] == coin for row in p["candles"]]
        assert [[str(cell) for cell in row] for row in found] == wanted
    first = datetime.fromtimestamp(payloads[0]["candles"][0][0] / 1000, UTC)
    assert first == report.start
