"""Funding that fell due while nobody looked: at its own time, once, or told as unknown."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from shell_support import (
    MINUTE,
    NOON,
    SleepyClock,
    entry,
    new_cycle,
    new_trader,
    of_kind,
    piece,
    placed,
)

from motherhaven.bot.core.funding import HOUR
from motherhaven.bot.execution.orders import OrderIntent, OrderKind
from motherhaven.bot.market.feed import FundingKept, Quote
from motherhaven.bot.portfolio.events import Side
from motherhaven.bot.running.recover import KINDS, fold, restore
from motherhaven.bot.running.runner import Runner
from motherhaven.bot.running.sink import MemorySink
from motherhaven.bot.running.warming import catch_up
from motherhaven.contract.errors import MarketError
from motherhaven.contract.times import parse_time
from motherhaven.testing.scripted_model import ScriptedModel
from tests.patience import HANG_SECONDS, within

D = Decimal
PRICE = D(50_000)


class Market:
    """Bars of one price from any time on; `rates` by hour is what the venue remembers."""

    name = "venue"
    simulated = False
    coins = ("BTC",)
    interval = MINUTE
    mark_every = None
    warnings = ()
    specs: dict = {}  # noqa: RUF012  (a double)
    set_aside: dict = {}  # noqa: RUF012

    def __init__(self, rates=None, kept=FundingKept.HISTORY, low_at=None, fails=0):
        self.rates, self.funding_kept, self.low_at, self.fails = rates or {}, kept, low_at, fails
        self.quoted = D("0.01")

    async def closed(self, since, until):
        if self.fails:
            self.fails -= 1
            raise MarketError("away")
        start, found = since.replace(second=0, microsecond=0), []
        while start + MINUTE <= until:
            if start + MINUTE > since:
                low = D(1_000) if start == self.low_at else PRICE
                found.append(piece(start, BTC=(PRICE, PRICE, low, PRICE)))
            start += MINUTE
        return found

    async def funding_rates(self, coin, since, until):
        if self.rates is FAILS:
            raise MarketError("the venue answered 500")
        return [(at, rate) for at, rate in sorted(self.rates.items()) if since <= at < until]

    async def quotes(self, now):
        return {"BTC": Quote("BTC", PRICE, PRICE, PRICE, now, self.quoted)}

    async def books(self, coins):
        return {}

    async def close(self):
        """Nothing to close."""


FAILS = object()


def hourly(first, count, rate="0.0001"):
    """A rate for each hour, stamped as venues do: some milliseconds late."""
    at = first + timedelta(milliseconds=76)
    return {at + n * HOUR: D(rate) * (n + 1) for n in range(count)}


def holder(stop=None):
    """A trader that holds 0.1 BTC since noon, with its record."""
    trader, sink = new_trader(), MemorySink()
    cycle = new_cycle(trader, ScriptedModel([entry()]), sink)
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    intents = [OrderIntent("BTC", Side.BUY, D("0.1"), leverage=5)]
    if stop is not None:
        intents.append(
            OrderIntent("BTC", Side.SELL, D(0), OrderKind.STOP, D(stop), reduce_only=True)
        )
    placed(trader, *intents)
    trader.report_account(NOON)
    cycle.flush()
    return sink


def reborn(sink):
    """A trader with that record."""
    saved = fold(sink.read(KINDS))
    trader = new_trader(now=saved.last_time)
    restore(trader, saved)
    return trader, saved.last_time


async def no_sleep(_):
    """No time passes."""


def wake(sink, market, now):
    """Restart at `now` and catch up; the trader and its new funding by time."""
    trader, since = reborn(sink)
    asyncio.run(catch_up(trader, market, now, since))
    paid = {
        parse_time(p["timestamp"], NOON): p["amount"] for p in of_kind(trader.records, "funding")
    }
    return trader, paid


def test_each_missed_hour_is_booked_at_its_time_and_rate():
    """From the history, not at the newest rate."""
    trader, paid = wake(holder(), Market(hourly(NOON + HOUR, 3)), NOON + 3 * HOUR + 5 * MINUTE)
    assert paid == {NOON + n * HOUR: D("0.5") * n for n in (1, 2, 3)}
    assert list(trader.notices) == []


def test_only_the_position_of_then_pays():
    """A stop that was struck in the second hour ends it."""
    market = Market(hourly(NOON + HOUR, 5), low_at=NOON + HOUR + 20 * MINUTE)
    trader, paid = wake(holder(stop="45000"), market, NOON + 5 * HOUR)
    assert list(paid) == [NOON + HOUR]
    assert trader.ledger.holdings == {}


@pytest.mark.parametrize("days", [2, 4, 40])
def test_funding_of_a_long_absence_is_whole(days):
    """Though bars so old are not acted on."""
    hours = days * 24
    now = NOON + hours * HOUR
    _, paid = wake(holder(), Market(hourly(NOON + HOUR, hours, "0.000001")), now)
    assert len(paid) == hours
    assert list(paid) == sorted(paid)


@pytest.mark.parametrize(
    ("rates", "kept", "unknown", "paid"),
    [
        ({}, FundingKept.UNTOLD, 3, 0),
        ({}, FundingKept.HISTORY, 3, 0),
        (FAILS, FundingKept.HISTORY, 3, 0),
        (hourly(NOON + HOUR, 2), FundingKept.HISTORY, 1, 2),
        ({}, FundingKept.NONE, 0, 0),
    ],
)
def test_what_is_not_known_is_told_and_never_booked(rates, kept, unknown, paid, monkeypatch):
    """With coin and hours, as a warning of every status from then on."""
    monkeypatch.setattr("motherhaven.bot.market.history.WAITS", ())
    trader, booked = wake(holder(), Market(rates, kept), NOON + 3 * HOUR)
    assert len(booked) == paid
    assert trader.funding_history == {}
    told = list(trader.notices)
    assert len(told) == (1 if unknown else 0)
    if told:
        assert f"funding of BTC is unknown for {unknown} h" in told[0]
        assert told[0] in new_cycle(trader, ScriptedModel([])).warnings()


def test_unknown_hours_after_the_position_ended_are_none():
    """What was not held owes nothing."""
    market = Market({}, FundingKept.UNTOLD, low_at=NOON + HOUR + 20 * MINUTE)
    trader, _ = wake(holder(stop="45000"), market, NOON + 5 * HOUR)
    assert "unknown for 1 h" in trader.notices[0]


def test_a_rate_of_eight_hours_is_spread_over_them():
    """As the running bot pays it; the interval that runs is at the newest rate, if there is one."""
    at = {NOON - 4 * HOUR + n * 8 * HOUR: D("0.0008") for n in range(2)}
    trader, paid = wake(holder(), Market(at), NOON + 6 * HOUR)
    assert paid == {NOON + n * HOUR: D("0.5") for n in (1, 2, 3, 4)}
    assert "unknown for 2 h" in trader.notices[0]


def test_killed_at_any_record_each_hour_counts_once():
    """Whatever part of the catching up is on disk, the next run books the rest."""
    market, now = Market(hourly(NOON + HOUR, 3)), NOON + 3 * HOUR + MINUTE
    before = holder()
    trader, whole = wake(before, market, now)
    trader.report_account(now)
    written = trader.take()
    for cut in range(len(written) + 1):
        sink = MemorySink()
        sink.write([*before.kept, *written[:cut]])
        again, paid = wake(sink, market, now)
        kept = [parse_time(p["timestamp"], NOON) for p in of_kind(written[:cut], "funding")]
        assert sorted([*kept, *paid]) == sorted(whole)
        assert again.ledger.funding == trader.ledger.funding


def test_a_start_that_fails_catches_up_later():
    """The market was away at the start: stops and funding of the absence are not passed over."""
    sink = holder(stop="45000")
    trader, since = reborn(sink)

    async def live():
        stop = asyncio.Event()
        clock = SleepyClock(NOON + 3 * HOUR, stop, NOON + 3 * HOUR + 2 * MINUTE)
        market = Market(hourly(NOON + HOUR, 4), low_at=NOON + 2 * HOUR + 20 * MINUTE, fails=2)
        cycle = new_cycle(trader, ScriptedModel([]), sink)
        await within(Runner(cycle, market, clock, sleep=clock.sleep).run(stop, since), HANG_SECONDS)

    asyncio.run(live())
    assert trader.ledger.holdings == {}
    assert len(of_kind(sink.kept, "funding")) == 2


def test_the_feed_s_own_marks_take_the_place_of_bars():
    """A wick that the mark did not follow strikes nothing; the account shows the mark."""
    trader = new_trader()
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    stop = OrderIntent("BTC", Side.SELL, D(0), OrderKind.STOP, D(49_000), reduce_only=True)
    placed(trader, OrderIntent("BTC", Side.BUY, D("0.1"), leverage=5), stop)
    at = NOON + 30 * MINUTE / 60
    quote = Quote("BTC", mid=D(50_020), mark=D(50_010), oracle=D(50_005), time=at)
    trader.on_marks({"BTC": quote}, at)
    trader.on_slice(piece(NOON, BTC=(PRICE, PRICE, D(48_000), PRICE)))
    assert trader.account.snapshot().positions["BTC"].mark == 50_010
    trader.report_account(NOON + MINUTE)
    told = of_kind(trader.records, "account")[-1]["positions"][0]
    assert told["mark"] == 50_010
    # Two minutes without a mark: then the bar is it, for better or worse.
    trader.on_slice(piece(NOON + 2 * MINUTE, BTC=(PRICE, PRICE, D(48_000), PRICE)))
    assert trader.ledger.holdings == {}


def test_cash_flows_outlive_the_bot_and_change_no_result_of_the_day():
    """The day's start moves with the money; a restart has it once."""
    sink = holder()
    trader, _ = reborn(sink)
    cycle = new_cycle(trader, ScriptedModel([]), sink)
    trader.context(NOON + MINUTE)
    before = trader.ledger.equity() - trader.day.equity
    assert trader.move_cash(D(500), NOON + MINUTE, "bank-1")
    assert not trader.move_cash(D(500), NOON + MINUTE, "bank-1")
    assert trader.ledger.equity() - trader.day.equity == before
    trader.report_account(NOON + MINUTE)
    cycle.flush()
    again, _ = reborn(sink)
    assert again.account.snapshot().deposits == 10_500
    assert again.day == trader.day
    assert not again.move_cash(D(500), NOON + 2 * MINUTE, "bank-1")
