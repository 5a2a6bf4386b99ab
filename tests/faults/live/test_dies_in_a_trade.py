"""The bot dies at any write of a trade: the next life knows whose position it is, and its stop."""

from contextlib import suppress
from decimal import Decimal
from itertools import count

import pytest
from anything import Anything, account_of
from test_dies_at_each_write import Deadly, Died

D = Decimal
COIN = "ETH"


def decided(drawn, what):
    """A decision in a coin whose price is known; exits at round distances from it."""
    price = drawn.wire.prices[COIN]
    if what == "tighten":
        stop = float(price) * 0.99
        return {"coin": COIN, "signal": "hold", "justification": "t", "adjusted_stop_loss": stop}
    sign = -1 if what == "short" else 1
    return {
        "coin": COIN, "signal": "buy_to_enter" if sign > 0 else "sell_to_enter",
        "quantity_usd": 100, "leverage": 1, "confidence": 0.8, "justification": "because",
        "stop_loss": float(price) * (1 - sign * (0.02 if what == "add" else 0.03)),
        "profit_target": float(price) * (1 + sign * 0.04),
    }  # fmt: skip


def deaths(folder, what):
    """A bot after each death in turn that it can die while it carries out a decision."""
    for after in (False, True):
        for number in count(1):
            drawn = Anything(folder / f"{what}-{after}-{number}", 1)
            try:
                wire = drawn.wire
                if what in ("add", "tighten"):
                    wire.decide(decided(drawn, "long"))
                    drawn.turn()
                    wire.step(2)
                    wire.trader.report_account(wire.now)
                    wire.cycle.flush()
                held = wire.fake.account().sizes.get(COIN)
                deadly = Deadly(wire, number, after=after)
                with suppress(Died):
                    wire.decide(asked := decided(drawn, what))
                deadly.off()
                wire.end()
                wire.begin()
                yield drawn, wire.fake.account().sizes.get(COIN) != held, exits_of(wire, asked)
            finally:
                drawn.wire.close()
            if not deadly.dead:
                break


@pytest.mark.parametrize("what", ["long", "short", "add"])
def test_a_position_gets_the_exits_of_its_decision(tmp_path, what):
    """However far the trade had come; also when somebody cancels them after that."""
    landed = 0
    for drawn, filled, (stop, target) in deaths(tmp_path, what):
        wire = drawn.wire
        drawn.new_loop()
        drawn.pass_time((1, 1, 1, 2))
        if not filled:
            continue
        landed += 1
        assert wire.trader.account.orders.blocks(COIN) is None
        drawn.pass_time((8, 8, 8, 8, 8))
        wire.fake.switch("manual_stop_cancel")
        drawn.pass_time((1, 1, 1, 8, 38))
        known = wire.trader.account.snapshot().positions[COIN]
        assert (known.stop, known.target) == (stop, target)
        resting = [one.price for one in wire.venue.open_orders(COIN)]
        assert sorted(resting) == sorted((stop, target))
        before = account_of(wire)
        wire.end()
        wire.begin()
        wire.reconcile()
        assert account_of(wire) == before
    assert landed > 8


def test_a_stop_that_was_tightened_stays_so(tmp_path):
    """Once the tighter one rests, no later life goes back to the wider one."""
    seen = 0
    for drawn, _, (stop, _) in deaths(tmp_path, "tighten"):
        wire = drawn.wire
        rested = stop in [one.price for one in wire.stops]
        drawn.new_loop()
        drawn.pass_time((1, 1, 1, 2, 8, 38, 38))
        stops = [one.price for one in wire.stops]
        assert len(stops) == 1
        if rested:
            seen += 1
            assert stops == [stop]
    assert seen > 4


def test_a_report_of_the_old_stop_undoes_no_move(tmp_path):
    """Whether the tighter stop rests is not known yet when the account is put on record."""
    drawn = Anything(tmp_path, 1)
    wire = drawn.wire
    try:
        wire.decide(decided(drawn, "long"))
        drawn.turn()
        wire.step(2)
        wire.fake.switch("delay_visibility", 1, seconds=1.0)
        (done,) = wire.decide(asked := decided(drawn, "tighten"))
        assert done["execution_status"] == "unknown"
        wire.trader.report_account(wire.now)
        wire.cycle.flush()
        wire.end()
        wire.begin()
        drawn.new_loop()
        drawn.pass_time((1, 1, 1, 2, 8, 38, 38))
        assert [one.price for one in wire.stops] == [exits_of(wire, asked)[0]]
    finally:
        wire.close()


def exits_of(wire, asked):
    """Where stop and target of a decision lie on the market's grid."""
    spec, up = wire.fake.state.market.specs[COIN], asked["signal"] != "sell_to_enter"
    stop = asked.get("adjusted_stop_loss") or asked["stop_loss"]
    target = asked.get("profit_target")
    return spec.round_price(D(str(stop)), up=up), target and spec.round_price(
        D(str(target)), up=not up
    )
