"""Orders whose answer is lost: asked about, never sent again; and a process killed on the way."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from remote_venue import Killed, RemoteVenue
from shell_support import MINUTE, NOON, answer, entry, of_kind, piece

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.decider.types import Answer
from motherhaven.bot.execution.states import Stage
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.market.feed import Quote
from motherhaven.bot.market.instruments import default_spec
from motherhaven.bot.portfolio.events import FillReason
from motherhaven.bot.running.venues import open_venue
from motherhaven.contract.errors import JournalError
from motherhaven.contract.limits import RiskLimits
from motherhaven.testing.lossy_venue import LossyVenue

D = Decimal
SPECS = {coin: default_spec(coin) for coin in ("BTC", "ETH")}
LIMITS = RiskLimits(max_position_size_usd=D(1000), max_total_margin_usd=D(5000))
PRICES = {"BTC": D(50_000), "ETH": D(3_000)}


def venue_inside():
    """A simulated venue at the prices above."""
    ids = iter(range(10**6))
    return open_venue("simulated", VenueSetup(NOON, lambda: f"P{next(ids)}", SPECS))


def trader_at(venue, name="a", records=(), emit=None):
    """A bot there that has seen a bar of each coin; `records` are an earlier run's orders."""
    ids = iter(range(10**6))
    setup = TraderSetup(("BTC", "ETH"), LIMITS, SPECS, candles=False, patience=timedelta(hours=1))
    trader = Trader(setup, venue, NOON, lambda: f"{name}{next(ids)}")
    trader.account.orders.emit = emit or trader.account.orders.emit
    trader.account.orders.adopt(records)
    if isinstance(venue, RemoteVenue):
        for coin, price in PRICES.items():
            venue.poll(coin, price, NOON)
    trader.on_slice(piece(NOON - MINUTE, BTC="50000", ETH="3000"))
    return trader


def decide(trader, *decisions, now=NOON):
    """Judge and trade decisions at the prices above; returns the executions on record."""
    parsed = parse_answer(answer(*decisions), frozenset(PRICES))
    trader.judge(Answer(decisions=parsed.decisions), trader.context(now), now, "model", "cycle")
    quotes = {coin: Quote(coin, p, p, p, now) for coin, p in PRICES.items()}
    trader.execute(quotes, now)
    return of_kind(trader.take(), "execution")


ENTRY = entry(quantity_usd=100, leverage=2)
ETHER = entry("ETH", quantity_usd=100, leverage=2, stop_loss=2900, profit_target=3200)
CLOSE = {"coin": "BTC", "signal": "close", "justification": "because"}


def test_a_lost_answer_is_found_by_its_cloid_at_once():
    """The venue answers the first question: the entry is executed, protected and sent once."""
    venue = LossyVenue(venue_inside(), lambda: "reply")
    trader = trader_at(venue)
    (done,) = decide(trader, ENTRY)
    assert (done["execution_status"], done["filled_usd"]) == ("executed", 100)
    assert trader.account.snapshot().positions["BTC"].stop == 49_000
    assert set(Counter(venue.sent).values()) == {1}


def test_an_order_that_never_arrived_is_refused():
    """The venue of this process does not know it, so it never had it; nothing is open."""
    venue = LossyVenue(venue_inside(), iter(["request"] + [None] * 9).__next__)
    trader = trader_at(venue)
    (done,) = decide(trader, ENTRY)
    assert (done["execution_status"], "never had" in done["execution_error"]) == ("rejected", True)
    assert not trader.account.venue.positions()
    (again,) = decide(trader, ENTRY)
    assert again["execution_status"] == "executed"


def test_an_unknown_entry_blocks_its_coin_and_not_its_exit():
    """No second entry in the coin, others may enter; closing is allowed and sized by the venue."""
    faults = iter(["reply"] + [None] * 99)
    venue = LossyVenue(venue_inside(), faults.__next__, silent=2)
    trader = trader_at(venue)
    (lost,) = decide(trader, ENTRY)
    assert lost["execution_status"] == "unknown"
    assert "not sent again" in lost["execution_error"]
    trader.last_entries.clear()
    blocked, other = decide(trader, ENTRY, ETHER)
    assert (blocked["execution_status"], other["execution_status"]) == ("skipped", "executed")
    (closed,) = decide(trader, CLOSE)
    assert closed["execution_status"] == "executed"
    assert "BTC" not in trader.account.venue.positions()
    assert not trader.account.orders.unknown or trader.asks


def test_the_result_comes_with_the_answer():
    """Asked again when it is time: the execution is recorded then, the coin is free again."""
    venue = LossyVenue(venue_inside(), iter(["reply"] + [None] * 9).__next__, silent=2)
    trader = trader_at(venue)
    assert decide(trader, ENTRY)[0]["execution_status"] == "unknown"
    told = []
    for second in range(4):
        trader.resolve_orders(NOON + timedelta(seconds=second))
        told += of_kind(trader.take(), "execution")
    (done,) = told
    assert (done["execution_status"], done["filled_usd"]) == ("executed", 100)
    assert not trader.asks
    assert trader.account.orders.blocks("BTC") is None
    assert set(Counter(venue.sent).values()) == {1}


def test_an_entry_that_cannot_be_recorded_is_not_sent():
    """The journal is full: nothing reaches the venue, and closing still works."""
    trader = trader_at(RemoteVenue(venue_inside()))
    venue = trader.account.venue
    decide(trader, ENTRY)
    before = list(venue.sent)

    def full(record):
        raise JournalError("the disk is full")

    trader.account.orders.emit = full
    (done,) = decide(trader, ETHER)
    assert (done["execution_status"], "not sent" in done["execution_error"]) == ("rejected", True)
    assert venue.sent == before
    (closed,) = decide(trader, CLOSE)
    assert closed["execution_status"] == "executed"
    assert not venue.positions()


@pytest.mark.parametrize("where", ["recording", "before", "after"])
@pytest.mark.parametrize("number", range(3))
def test_a_process_killed_between_plan_and_result(where, number):
    """The next one asks by cloid: filled or never landed, sent at most once, and protected."""
    venue, kept = RemoteVenue(venue_inside()), []

    def keep(record):
        if where == "recording" and len(kept) == number:
            raise Killed
        kept.append(record)

    trader = trader_at(venue)
    trader.account.orders.emit = keep
    venue.cut = None if where == "recording" else where
    with pytest.raises(Killed):
        decide(trader, ENTRY)
    newest = {record.cloid: record for record in kept}
    fresh = trader_at(venue, "b", newest.values(), kept.append)
    if kept:
        assert fresh.account.orders.blocks("BTC")
    for second in range(0, 90, 3):
        fresh.resolve_orders(NOON + timedelta(seconds=second))
    states = {record.cloid: record.state for record in kept}
    landed = where == "after"
    assert set(Counter(venue.sent).values()) <= {1}
    assert len(venue.sent) == (3 if landed else 0)
    if landed:
        found = sorted(state.value for state in states.values())
        assert found == ["acknowledged", "acknowledged", "filled"]
        assert fresh.account.snapshot().positions["BTC"].stop == 49_000
        assert fresh.execution.restore("P0", "BTC", D("0.004"), (D(49_000), None))
    else:
        assert set(states.values()) <= {Stage.NEVER_LANDED}
        assert not venue.positions()
    assert not fresh.account.orders.unknown
    assert fresh.account.orders.blocks("BTC") is None


def test_a_stop_that_cannot_be_read_is_looked_at_again():
    """Executed, and said to be unverified; the next look finds it safe and says no more."""
    trader = trader_at(RemoteVenue(venue_inside()))
    positions, venue = trader.account.venue.inside.positions, trader.account.venue
    left = iter([2])

    def once_more(*given):
        if next(left, None) is None:
            venue.inside.positions = positions
            venue.silent = 1
        return positions()

    venue.inside.positions = once_more
    (done,) = decide(trader, ENTRY)
    assert done["execution_status"] == "executed"
    assert "could not be read" in done["execution_error"]
    assert trader.asks
    trader.resolve_orders(NOON + MINUTE)
    assert not trader.asks
    assert trader.account.snapshot().positions["BTC"].stop == 49_000


@pytest.mark.parametrize(
    ("missing", "code"),
    [({"native_stops": False}, "holds no stops"), ({"tpsl_grouping": False}, None)],
)
def test_what_a_venue_cannot_do_is_asked_of_its_capabilities(missing, code):
    """Without stops no entry; without grouping the stop follows the fill."""
    trader = trader_at(RemoteVenue(venue_inside(), **missing))
    (done,) = decide(trader, ENTRY)
    if code is not None:
        assert code in done["execution_error"]
        assert not trader.account.venue.positions()
        return
    assert done["execution_status"] == "executed"
    held = trader.account.snapshot().positions["BTC"]
    assert (held.stop, held.target) == (49_000, 52_000)


def test_a_foreign_position_stops_entries_and_is_never_touched():
    """The guard is told what the venue holds, whoever opened it."""
    trader = trader_at(venue_inside())
    engine = trader.account.venue.engine
    engine.ledger.fill("ETH", D(1), D(3_000), time=NOON, reason=FillReason.ENTRY, leverage=1)
    (done,) = decide(trader, ENTRY)
    assert done["execution_status"] == "rejected"
    assert "did not open: ETH" in done["execution_error"]
    assert trader.account.venue.positions()["ETH"].size == 1
