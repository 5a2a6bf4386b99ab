"""Orders from verdicts, protection checks, the trading day, the kill switch."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from motherhaven.bot.execution.exits import (
    close_order,
    entry_orders,
    leverage_mismatch,
    replace_stop,
    unknown_positions,
    unprotected,
)
from motherhaven.bot.execution.orders import Grouping, OrderIntent, OrderKind
from motherhaven.bot.guard import Signal, TradeDecision, Verdict
from motherhaven.bot.guard.day import DayStart, KillSwitch, model_budget_left, roll_day, trading_day
from motherhaven.bot.market.instruments import Bar, default_spec
from motherhaven.bot.portfolio.account import LeverageSetting
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine
from motherhaven.contract.errors import ConfigError

D = Decimal
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPEC = default_spec("BTC")


def engine_with_long():
    """A paper account that is long 0.1 BTC from 50,000."""
    engine = PaperEngine(PaperConfig(next_open=False), NOW, {"BTC": SPEC})
    engine.on_bar(Bar("BTC", NOW, *[D(50_000)] * 4, volume=D(1)))
    engine.place([OrderIntent("BTC", Side.BUY, D("0.1"), leverage=5)])
    return engine


@pytest.mark.parametrize(
    ("signal", "side", "stop", "target", "bound"),
    [
        (Signal.BUY, Side.BUY, D(49001), D(51999), D(52500)),
        (Signal.SELL, Side.SELL, D(50999), D(48002), D(47500)),
    ],
)
def test_an_entry_travels_with_its_stop_and_target(signal, side, stop, target, bound):
    """Size from the verdict; stop rounded towards the mark, target too; cloids from the id."""
    long = signal is Signal.BUY
    decision = TradeDecision(
        "BTC", signal, D(9999), 5, D(1),
        stop_loss=D("49000.4") if long else D("50999.6"),
        profit_target=D("51999.7") if long else D("48001.3"),
    )  # fmt: skip
    verdict = Verdict("BTC", signal, True, None, "ok", D(40), D(40), D("0.004"), 5)
    orders = entry_orders(decision, verdict, "decision-1", SPEC, D(50_000))
    entry, guard, profit = orders
    assert (entry.side, entry.size, entry.leverage, entry.price) == (side, D("0.004"), 5, bound)
    assert (guard.kind, guard.price, guard.reduce_only, guard.size) == (
        OrderKind.STOP, stop, True, D(0),
    )  # fmt: skip
    assert (profit.kind, profit.price) == (OrderKind.TARGET, target)
    assert guard.side is not side
    again = entry_orders(decision, verdict, "decision-1", SPEC, D(50_000))
    assert [o.cloid for o in again] == [o.cloid for o in orders]
    assert len({o.cloid for o in orders}) == 3


def test_a_market_that_moved_does_not_carry_an_entry_past_its_margin():
    """At a higher fill price the size is cut, at a lower one it stays what was judged."""
    decision = TradeDecision("BTC", Signal.BUY, D(40), 5, D(1), stop_loss=D(49_000))
    verdict = Verdict("BTC", Signal.BUY, True, None, "ok", D(40), D(40), D("0.004"), 5)
    sizes = [
        entry_orders(decision, verdict, "d", SPEC, D(50_000), fill_price=D(price))[0].size
        for price in (49_000, 50_000, 51_000)
    ]
    assert sizes == [D("0.004"), D("0.004"), D("0.00392")]
    assert sizes[-1] * 51_000 / 5 <= 40


def test_a_position_without_a_whole_stop_is_found():
    """No stop, a stop for a part, a stop on the wrong side: unprotected; exempt: not."""
    engine = engine_with_long()
    held = engine.account().positions
    assert unprotected(held, [], frozenset()) == ["BTC"]
    assert unprotected(held, [], frozenset({"BTC"})) == []
    part = OrderIntent("BTC", Side.SELL, D("0.04"), OrderKind.STOP, D(49_000), True)
    engine.place([part])
    assert unprotected(held, engine.open_orders(), frozenset()) == ["BTC"]
    rest = OrderIntent("BTC", Side.SELL, D("0.06"), OrderKind.STOP, D(49_000), True)
    engine.place([rest])
    assert unprotected(held, engine.open_orders(), frozenset()) == []


def test_a_stop_is_replaced_new_first():
    """At no moment without one: the old is canceled after the new rests."""
    engine = engine_with_long()
    engine.place([OrderIntent("BTC", Side.SELL, D(0), OrderKind.STOP, D(49_000), True)])
    position = engine.account().positions["BTC"]
    plan = replace_stop(position, D("49500.2"), "d2", SPEC, engine.open_orders())
    engine.place([plan.place])
    assert len(engine.open_orders()) == 2
    engine.cancel(plan.cancel)
    assert engine.account().positions["BTC"].stop == D(49_501)
    assert len(engine.open_orders()) == 1


def test_a_close_is_the_live_size_and_reduce_only():
    """Whatever the model says, never more than what is held."""
    engine = engine_with_long()
    order = close_order("BTC", engine.account().positions["BTC"].size, "d3")
    assert (order.side, order.size, order.reduce_only) == (Side.SELL, D("0.1"), True)
    engine.place([order], Grouping.NA)
    assert engine.account().positions == {}


def test_leverage_is_compared_as_read_back():
    """Another leverage or mode than asked for stops the entry."""
    asked = LeverageSetting("BTC", 5, MarginMode.ISOLATED)
    assert leverage_mismatch(asked, asked) is None
    other = LeverageSetting("BTC", 5, MarginMode.CROSS)
    assert "5x cross" in leverage_mismatch(asked, other)


def test_positions_that_the_bot_did_not_open_are_named():
    """A coin it has no record of, or another size than its fills add up to."""
    held = {"BTC": engine_with_long().account().positions["BTC"].size}
    assert unknown_positions(held, {"BTC": D("0.1")}) == ()
    assert unknown_positions(held, {"BTC": D("0.2")}) == ("BTC",)
    assert unknown_positions(held, {}) == ("BTC",)
    assert unknown_positions({}, {"BTC": D("0.1")}) == ("BTC",)


def test_the_trading_day_has_an_explicit_zone():
    """Half past eleven at night in UTC is tomorrow in Tokyo; nonsense is refused."""
    late = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)
    assert trading_day(late) == date(2026, 1, 1)
    assert trading_day(late, "Asia/Tokyo") == date(2026, 1, 2)
    with pytest.raises(ConfigError, match="no time zone 'Mars/Olympus'"):
        trading_day(late, "Mars/Olympus")


def test_the_day_start_rolls_forward_only():
    """The start holds all day, changes with the day, never goes back, and nets deposits."""
    first = roll_day(None, NOW, D(1_000))
    assert first == DayStart(date(2026, 1, 1), "UTC", D(1_000))
    assert roll_day(first, NOW.replace(hour=23), D(900)) is first
    second = roll_day(first, NOW.replace(day=2), D(900))
    assert second.equity == 900
    assert roll_day(second, NOW, D(5)) is second
    assert second.net_of(D(100)) == 1_000


def test_the_kill_switch_stays_engaged_until_re_armed():
    """Engaging twice keeps the first reason; asking to flatten is not forgotten."""
    switch = KillSwitch().engage(NOW, "fat finger")
    again = switch.engage(NOW.replace(day=2), "other", flatten=True)
    assert (again.engaged, again.flatten, again.reason, again.at) == (True, True, "fat finger", NOW)
    assert not again.rearm().engaged


def test_the_models_budget():
    """At the cap the model is not asked any more; None is no cap."""
    assert model_budget_left(D("4.99"), D(5))
    assert not model_budget_left(D(5), D(5))
    assert model_budget_left(D(10**6), None)
