"""Stops at an exchange that keeps conditional orders in a list of their own (a fake Binance)."""

from decimal import Decimal

from ccxt_subject import submitted

from motherhaven.bot.execution.commands import CancelOrders
from motherhaven.bot.execution.orders import (
    Accepted,
    Grouping,
    OrderClosed,
    OrderKind,
    OrderState,
    Rejected,
    Unknown,
)
from motherhaven.bot.portfolio.events import Fill, FillReason
from motherhaven.contract.errors import ExchangeError
from motherhaven.testing.venue_subject import (
    PRICE,
    SIZE,
    buy,
    cloid,
    one,
    opened,
    trigger,
)

STOP = PRICE * Decimal("0.98")


def test_a_part_that_fills_is_what_is_protected(subject):
    """Row 6: the stop has the size that was filled, not the one that was asked for."""
    subject.fake.switch("partial_fill", size=Decimal("0.004"))
    stop = trigger(subject, OrderKind.STOP, STOP, 2)
    first, second = submitted(subject, buy(subject), stop, grouping=Grouping.NORMAL_TPSL)
    assert isinstance(first, Accepted)
    assert first.filled == Decimal("0.004")
    assert isinstance(second, Accepted)
    (resting,) = subject.venue.open_orders(subject.coin)
    assert resting.size == Decimal("0.004") == subject.venue.positions()[subject.coin].size


def test_a_stop_is_read_back_from_the_algo_service(subject):
    """Row 13: conditional orders live apart; plain lists never show them, ours asks both."""
    opened(subject)
    assert isinstance(one(subject, trigger(subject, OrderKind.STOP, STOP, 2)), Accepted)
    (found,) = subject.venue.open_orders()
    assert (found.cloid, found.kind, found.price) == (cloid(2), OrderKind.STOP, STOP)
    asked = {one.path for one in subject.fake.requests if one.method == "GET"}
    assert {"/fapi/v1/openOrders", "/fapi/v1/openAlgoOrders"} <= asked
    assert not [one for one in subject.fake.sent() if "STOP" in one.get("type", "")]


def test_a_stop_that_cannot_be_read_back_counts_as_absent(subject):
    """Row 13: it was taken, but the list does not show it: not known, so the engine closes."""
    opened(subject)
    subject.fake.switch("delay_visibility", times=None)
    (outcome,) = submitted(subject, trigger(subject, OrderKind.STOP, STOP, 2))
    assert isinstance(outcome, Unknown)
    assert subject.venue.positions()[subject.coin].stop is None


def test_a_stop_without_a_position_is_not_sent(subject):
    """Row 14: no stop before the position exists."""
    (outcome,) = submitted(subject, trigger(subject, OrderKind.STOP, STOP, 2))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "venue_reduce_only"
    assert not subject.fake.sent(path="algoOrder")


def test_a_stop_that_the_mark_has_passed_is_not_sent(subject):
    """Row 14: it would act at once, or be kept the other way round; the engine closes instead."""
    opened(subject)
    (outcome,) = submitted(subject, trigger(subject, OrderKind.STOP, PRICE * Decimal("1.02"), 2))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "venue_trigger"
    assert not subject.fake.sent(path="algoOrder")


def test_a_stop_is_replaced_new_first(subject):
    """Row 8: two stops rest for a moment, and canceling the old one leaves the new one."""
    opened(subject)
    one(subject, trigger(subject, OrderKind.STOP, STOP, 2))
    assert isinstance(one(subject, trigger(subject, OrderKind.STOP, STOP + 100, 3)), Accepted)
    assert len(subject.venue.open_orders(subject.coin)) == 2
    subject.venue.submit([CancelOrders((cloid(2),))])
    assert [one.cloid for one in subject.venue.open_orders(subject.coin)] == [cloid(3)]


def test_a_stop_does_not_outlive_its_position(subject):
    """Row 9: the exchange keeps a sized stop for the next position; it is canceled here."""
    opened(subject)
    one(subject, trigger(subject, OrderKind.STOP, STOP, 2))
    subject.fake.switch("external_close", coin="BTC")
    subject.fake.step(5)
    subject.pump()
    assert not subject.venue.open_orders()
    told = subject.venue.drain()
    assert [type(event) for event in told] == [Fill, Fill, OrderClosed]
    assert told[1].cloid is None
    assert told[2].cloid == cloid(2)


def test_a_stop_that_somebody_canceled_is_told(subject):
    """Row 19: nothing is streamed; the next poll finds that it rests no more."""
    opened(subject)
    one(subject, trigger(subject, OrderKind.STOP, STOP, 2))
    subject.venue.drain()
    subject.fake.switch("manual_stop_cancel")
    subject.fake.step(5)
    subject.pump()
    (ended,) = subject.venue.drain()
    assert (ended.cloid, ended.state) == (cloid(2), OrderState.CANCELED)
    assert subject.venue.positions()[subject.coin].stop is None


def test_a_triggered_stop_is_found_by_our_id(subject):
    """Row 10: its fill belongs to an order with another id; it is followed back to our stop."""
    opened(subject)
    one(subject, trigger(subject, OrderKind.STOP, STOP, 2))
    subject.venue.drain()
    subject.move(STOP - 100)
    (fill,) = [event for event in subject.venue.drain() if isinstance(event, Fill)]
    assert (fill.cloid, fill.reason) == (cloid(2), FillReason.STOP)
    assert fill.external_id is not None


def test_a_stop_covers_a_fill_that_is_not_shown_yet(subject, monkeypatch):
    """Row 6: the position list lags behind; the stop has the size of all that was filled."""
    opened(subject)
    reader = subject.adapter._account
    one(subject, buy(subject, number=3))

    async def stale():
        return {"BTC": SIZE}

    monkeypatch.setattr(reader, "sizes", stale)
    assert isinstance(one(subject, trigger(subject, OrderKind.STOP, STOP, 4)), Accepted)
    monkeypatch.undo()
    (resting,) = subject.venue.open_orders("BTC")
    assert resting.size == 2 * SIZE


def test_a_stop_is_sent_also_without_a_mark(subject, monkeypatch):
    """A price that cannot be read keeps no stop back: the exchange judges it as well."""
    opened(subject)

    async def silent(coin):
        raise ExchangeError(f"no mark of {coin}")

    monkeypatch.setattr(subject.adapter._account, "mark", silent)
    assert isinstance(one(subject, trigger(subject, OrderKind.STOP, STOP, 4)), Accepted)
