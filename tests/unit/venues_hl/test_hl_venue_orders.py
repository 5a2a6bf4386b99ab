"""What goes over the wire for each order, and what its answer means."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hl_venue import COIN, SIZE, buy, number, sell, stop

from motherhaven.bot.execution.access import GateRefusal
from motherhaven.bot.execution.orders import (
    Accepted,
    Grouping,
    OrderIntent,
    OrderKind,
    OrderState,
    Rejected,
    Unknown,
)
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.bot.venues.hyperliquid import wire
from motherhaven.contract.errors import ExchangeError, OrderRejected
from motherhaven.contract.reasons import advice_of
from motherhaven.testing.venue_subject import PRICE


def code(outcome):
    """The code of a refusal, which must have advice."""
    assert isinstance(outcome, Rejected), outcome
    assert advice_of(outcome.code), outcome.code
    return outcome.code


def test_an_entry_is_an_ioc_with_its_bound_and_a_deadline(desk):
    """The price of the intent, never worse; expiresAfter 15 s ahead; our cloid."""
    venue = desk.open()
    (outcome,) = desk.place(venue, buy())
    assert isinstance(outcome, Accepted)
    (action,) = desk.sent("order")
    (order,) = action["orders"]
    assert (order["p"], order["s"], order["r"]) == ("52500", "0.01", False)
    assert order["t"] == {"limit": {"tif": "Ioc"}}
    assert order["c"] == number(1)
    assert action["grouping"] == "na"
    assert "builder" not in action
    request = desk.fake.requests[-1]
    ahead = request.body["expiresAfter"] - int(desk.fake.clock.now().timestamp() * 1000)
    assert ahead == 15_000
    assert outcome.nonce == request.body["nonce"]


def test_the_intents_own_deadline_counts(desk):
    """And one that has passed is not sent at all."""
    venue = desk.open()
    now = desk.fake.clock.now()
    desk.place(venue, buy(1, deadline=now + timedelta(seconds=7)))
    sent = desk.fake.requests[-1].body["expiresAfter"]
    assert sent == int((now + timedelta(seconds=7)).timestamp() * 1000)
    before = len(desk.sent("order"))
    (late,) = desk.place(venue, buy(2, deadline=now))
    assert code(late) == "venue_expired"
    assert len(desk.sent("order")) == before


def test_an_exit_without_a_bound_gets_one_from_the_mid(desk):
    """SLIP below the middle for a sale: it fills, and never at any price."""
    venue = desk.open()
    desk.place(venue, buy())
    (outcome,) = desk.place(venue, sell(2))
    assert isinstance(outcome, Accepted)
    order = desk.sent("order")[-1]["orders"][0]
    assert Decimal(order["p"]) == PRICE * (1 - wire.SLIP)
    assert order["r"] is True


def test_a_stop_is_a_market_trigger_for_the_whole_position(desk):
    """positionTpsl of size 0, reduce-only, its limit 8 % past the trigger; read back."""
    venue = desk.open()
    desk.place(venue, buy())
    outcomes = desk.place(venue, stop(2), stop(3, "1.04", OrderKind.TARGET))
    assert [(one.resting, one.oid is not None) for one in outcomes] == [(True, True)] * 2
    action = desk.sent("order")[-1]
    assert action["grouping"] == "positionTpsl"
    first, second = action["orders"]
    trigger = PRICE * Decimal("0.98")
    assert first["t"]["trigger"] == {"isMarket": True, "triggerPx": "49000", "tpsl": "sl"}
    assert second["t"]["trigger"]["tpsl"] == "tp"
    assert Decimal(first["p"]) == trigger * (1 - wire.SLIP)
    assert (first["s"], first["r"]) == ("0", True)
    resting = {one.cloid: one for one in desk.run(venue.open_orders())}
    assert resting[number(2)].kind is OrderKind.STOP
    assert resting[number(2)].limit == trigger * (1 - wire.SLIP)


def test_a_stop_of_a_size_of_its_own_stays_that_size(desk):
    """Grouping na, and the size that was asked for."""
    venue = desk.open()
    desk.place(venue, buy())
    (outcome,) = desk.place(venue, stop(2, size=SIZE))
    assert isinstance(outcome, Accepted)
    action = desk.sent("order")[-1]
    assert (action["grouping"], action["orders"][0]["s"]) == ("na", "0.01")


def test_a_stop_is_replaced_new_first(desk):
    """Two rest for a moment; the old one goes by its own id."""
    venue = desk.open()
    desk.place(venue, buy())
    desk.place(venue, stop(2))
    (new,) = desk.place(venue, stop(3, "0.99"))
    assert isinstance(new, Accepted)
    assert {one.cloid for one in desk.run(venue.open_orders())} == {number(2), number(3)}
    (gone,) = desk.cancel(venue, 2)
    assert isinstance(gone, Accepted)
    assert [one.cloid for one in desk.run(venue.open_orders())] == [number(3)]
    assert desk.sent("cancelByCloid")[-1]["cancels"][0]["cloid"] == number(2)


def test_a_stop_that_does_not_show_is_unknown(desk):
    """The venue said yes, and its list of orders has nothing: it is asked for, not believed."""
    venue = desk.open()
    desk.place(venue, buy())
    desk.fake.switch("rate_limited", only="frontendOpenOrders")
    (outcome,) = desk.place(venue, stop(2))
    assert isinstance(outcome, Unknown)
    status = desk.run(venue.order_by_cloid(number(2)))
    assert status.state is OrderState.OPEN


def test_a_partly_filled_entry_says_so_and_its_stop_covers_what_filled(desk):
    """The rest of an IOC is gone; the stop for the whole position is of what there is."""
    venue = desk.open()
    desk.fake.switch("partial_fill")
    outcomes = desk.place(venue, buy(), stop(2), grouping=Grouping.NORMAL_TPSL)
    assert (outcomes[0].filled, outcomes[0].resting) == (SIZE / 2, False)
    assert isinstance(outcomes[1], Accepted)
    assert desk.run(venue.positions())[COIN].stop == PRICE * Decimal("0.98")
    desk.fake.move(COIN, PRICE * Decimal("0.97"))
    assert desk.run(venue.positions()) == {}


def test_leverage_is_set_only_where_it_differs(desk):
    """Once for the first entry; the second one reads it and leaves it."""
    venue = desk.open()
    desk.place(venue, buy(1))
    desk.place(venue, buy(2))
    assert len(desk.sent("updateLeverage")) == 1
    setting = desk.run(venue.set_leverage(COIN, 5, MarginMode.CROSS))
    assert (setting.leverage, setting.mode) == (5, MarginMode.CROSS)
    desk.run(venue.set_leverage(COIN, 3, MarginMode.CROSS))
    assert len(desk.sent("updateLeverage")) == 2


def test_isolated_margin_is_refused_with_the_remedy(desk):
    """Not proven, so not done."""
    venue = desk.open()
    with pytest.raises(OrderRejected, match="choose cross"):
        desk.run(venue.set_leverage(COIN, 3, MarginMode.ISOLATED))
    assert not desk.sent()


def test_an_entry_that_the_margin_does_not_carry_is_not_sent(desk):
    """The venue would fill as much as it can of it."""
    venue = desk.open()
    (outcome,) = desk.place(venue, buy(size=Decimal(2)))
    assert code(outcome) == "venue_margin"
    assert not desk.sent("order")


def test_two_entries_of_one_call_share_the_margin(desk):
    """Each would fit alone; together they do not."""
    venue = desk.open()
    outcomes = desk.place(venue, buy(1, Decimal("0.6")), buy(2, Decimal("0.6")))
    assert [type(one) for one in outcomes] == [Accepted, Rejected]
    assert code(outcomes[1]) == "venue_margin"


def test_a_shut_gate_lets_nothing_out(desk):
    """Entries, exits, cancels and leverage: its code and words come back."""
    venue = desk.open()
    desk.place(venue, buy())
    before = len(desk.sent())
    desk.shut = GateRefusal("the kill switch is engaged", "killed")
    outcomes = desk.place(venue, buy(2), sell(3), stop(4))
    outcomes += desk.cancel(venue, 1)
    assert {code(one) for one in outcomes} == {"killed"}
    with pytest.raises(OrderRejected, match="kill switch"):
        desk.run(venue.set_leverage(COIN, 3, MarginMode.CROSS))
    assert len(desk.sent()) == before


def test_the_gate_is_asked_last_and_told_what_reduces(desk):
    """A kill during the reads before an order still stops it."""
    venue = desk.open()
    desk.place(venue, buy())

    def kill_at_the_last_look(reduces):
        desk.asked.append(reduces)
        return "killed meanwhile" if len(desk.asked) >= 2 else None

    desk.asked.clear()
    venue._sender._gate = kill_at_the_last_look
    (outcome,) = desk.place(venue, sell(2))
    assert code(outcome) == "gate_closed"
    assert desk.asked == [True, True]
    assert len(desk.sent("order")) == 1


def test_without_a_key_it_only_reads(desk):
    """Nothing is signed; every question is answered."""
    venue = desk.open(key="")
    outcomes = desk.place(venue, buy(), sell(2)) + desk.cancel(venue, 3)
    assert {code(one) for one in outcomes} == {"signer_missing"}
    assert desk.run(venue.account()).equity == 10_000
    assert desk.run(venue.drain()) == []
    assert not desk.sent()


@pytest.mark.parametrize("cloid", [None, "", "0x1", "not-hex", "0X" + "A" * 32])
def test_an_order_without_a_cloid_of_the_venues_form_is_not_sent(desk, cloid):
    """It could never be asked for again."""
    venue = desk.open()
    intent = OrderIntent(COIN, Side.BUY, SIZE, price=PRICE, cloid=cloid)
    assert code(desk.place(venue, intent)[0]) == "venue_cloid"
    assert not desk.sent()


def test_coins_of_other_exchanges_and_unknown_ones_are_refused(desk):
    """Names with a colon have their own collateral; a typo gets a hint."""
    venue = desk.open()
    for name, hint in (("xyz:TSLA", "separate exchange"), ("BTCC", "did you mean BTC")):
        intent = OrderIntent(name, Side.BUY, SIZE, price=PRICE, cloid=number(1))
        (outcome,) = desk.place(venue, intent)
        assert isinstance(outcome, Rejected)
        assert hint in outcome.reason
        with pytest.raises(ExchangeError, match=hint):
            desk.run(venue.spec(name))


@pytest.mark.parametrize(
    ("switch", "found"), [("upgrade_window", "venue_upgrade"), ("rate_limited", "venue_rate")]
)
def test_refusals_of_the_venue_have_their_code(desk, switch, found):
    """Nothing happened, and the next try goes through."""
    venue = desk.open()
    desk.run(venue.set_leverage(COIN, 5, MarginMode.CROSS))
    desk.fake.switch(switch, **({"only": "order"} if switch == "rate_limited" else {}))
    (outcome,) = desk.place(venue, buy())
    assert code(outcome) == found
    assert not desk.run(venue.positions())
    assert isinstance(desk.place(venue, buy(2))[0], Accepted)


def test_a_part_of_a_position_below_the_minimum_is_refused_by_the_venue(desk):
    """The whole may go however small it is; a part may not."""
    venue = desk.open()
    desk.place(venue, buy())
    assert code(desk.place(venue, sell(2, Decimal("0.0001")))[0]) == "venue_minimum"
    assert isinstance(desk.place(venue, sell(3))[0], Accepted)
