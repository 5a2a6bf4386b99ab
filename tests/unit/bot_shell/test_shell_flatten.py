"""Flattening: a goal that is reached in one call or several, with the stops in place until then."""

from datetime import timedelta
from decimal import Decimal

import pytest
from remote_venue import RemoteVenue
from shell_support import NOON, entry
from test_shell_unknown_orders import ENTRY, ETHER, decide, trader_at, venue_inside

from motherhaven.bot.execution.access import closed
from motherhaven.bot.execution.flatten import flatten
from motherhaven.bot.execution.orders import OrderIntent, OrderKind
from motherhaven.bot.market.instruments import Level
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract.errors import ExchangeError
from motherhaven.testing.lossy_venue import LossyVenue

D = Decimal


@pytest.mark.parametrize("remote", [False, True])
def test_everything_is_closed_and_its_stops_go_with_it(remote):
    """One call is enough where everything is filled: no position and no order of ours is left."""
    venue = RemoteVenue(venue_inside()) if remote else venue_inside()
    trader = trader_at(venue)
    decide(trader, ENTRY, ETHER)
    assert len(venue.open_orders()) == 4
    done = trader.flatten(NOON)
    assert (done.flat, dict(done.left), done.waits, done.errors) == (True, {}, (), ())
    assert done.checked_at == NOON
    assert not venue.positions()
    assert not venue.open_orders()
    assert not trader.account.orders.resting()


def test_only_the_coins_that_were_named():
    """Another coin keeps its position and both of its exits."""
    venue = venue_inside()
    trader = trader_at(venue)
    decide(trader, ENTRY, ETHER)
    assert trader.flatten(NOON, frozenset({"BTC"})).flat
    assert set(venue.positions()) == {"ETH"}
    assert {order.coin for order in venue.open_orders()} == {"ETH"}


def test_what_a_thin_book_leaves_keeps_its_stop_and_is_told():
    """A close in part is no success; the next call sends what is left, as another order."""
    venue = RemoteVenue(venue_inside())
    trader = trader_at(venue)
    decide(trader, ENTRY)
    venue.inside.on_book("BTC", [Level(D(50_000), D("0.001"))], [Level(D(50_000), D(1))])
    done = trader.flatten(NOON)
    assert (done.flat, dict(done.left)) == (False, {"BTC": D("0.003")})
    assert {order.kind for order in venue.open_orders()} == {OrderKind.STOP, OrderKind.TARGET}
    venue.inside.on_book("BTC", [Level(D(50_000), D(1))], [Level(D(50_000), D(1))])
    assert trader.flatten(NOON).flat
    assert len(set(venue.sent)) == len(venue.sent)
    assert not venue.open_orders()


def test_a_venue_that_cannot_be_read_is_never_flat():
    """The close may have filled: as long as nobody saw it, the stops stay and nothing is said."""
    venue = RemoteVenue(venue_inside())
    trader = trader_at(venue)
    decide(trader, ENTRY)
    reads = iter(range(9))
    inside = venue.inside.positions

    def positions():
        if next(reads) == 1:
            raise ExchangeError("no answer")
        return inside()

    venue.inside.positions = positions
    done = trader.flatten(NOON)
    assert (done.flat, done.checked_at) == (False, None)
    assert "no answer" in done.errors[-1]
    again = trader.flatten(NOON)
    assert (again.flat, again.checked_at) == (True, NOON)
    assert not venue.open_orders()


def test_an_entry_that_may_still_land_is_waited_for():
    """Not flat before it is proven that the lost entry never landed."""
    faults = iter(["request"] + [None] * 9)
    trader = trader_at(RemoteVenue(LossyVenue(venue_inside(), faults.__next__)))
    (lost,) = decide(trader, ENTRY)
    assert lost["execution_status"] == "unknown"
    done = trader.flatten(NOON + timedelta(seconds=1))
    assert not done.flat
    assert done.waits == (lost["cloid"],)
    for second in (22, 25):
        done = trader.flatten(NOON + timedelta(seconds=second))
    assert done.flat


def test_orders_of_others_are_told_and_never_touched():
    """A limit order of the user's own hand rests on, whatever is flattened."""
    venue = venue_inside()
    trader = trader_at(venue)
    decide(trader, ENTRY)
    hand = OrderIntent("ETH", Side.BUY, D(1), OrderKind.LIMIT, D(2_000), leverage=1, cloid="0xhand")
    venue.engine.place([hand])
    done = trader.flatten(NOON)
    assert (done.flat, done.foreign) == (True, ("0xhand",))
    assert [order.cloid for order in venue.open_orders()] == ["0xhand"]


def test_a_gate_that_is_closed_lets_nothing_out():
    """Neither entry nor close reaches the venue; the refusal is on record and told."""
    venue = RemoteVenue(venue_inside())
    trader = trader_at(venue)
    decide(trader, ENTRY)
    before = list(venue.sent)
    trader.account.gate = closed
    (refused,) = decide(trader, entry("ETH", stop_loss=2900, profit_target=3200))
    assert (refused["execution_status"], refused["reason_code"]) == ("rejected", "not_armed")
    done = flatten(trader.account, None, "flatten")
    assert (done.flat, dict(done.left)) == (False, {"BTC": D("0.004")})
    (told,) = done.errors
    assert told.startswith("BTC: live trading is not armed")
    assert venue.sent == before
    assert len(venue.open_orders()) == 2


def test_real_money_starts_behind_a_closed_gate():
    """A venue that moves real money lets nothing out until somebody opens its gate."""
    trader = trader_at(RemoteVenue(venue_inside(), real_money=True))
    assert trader.account.gate(True) is not None
    assert trader_at(venue_inside()).account.gate(False) is None
