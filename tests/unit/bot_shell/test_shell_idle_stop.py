"""A stop that the liquidation comes before: refused at entry, told where it stands."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shell_support import MINUTE, NOON, new_cycle, new_trader, of_kind, piece, placed

from motherhaven.bot.decider.baselines import BuyAndHold
from motherhaven.bot.execution.orders import Grouping, OrderIntent, OrderKind
from motherhaven.bot.execution.results import ApprovedOrder
from motherhaven.bot.guard.judgement import judge
from motherhaven.bot.guard.liquidation import liquidation_alone, stop_is_idle
from motherhaven.bot.guard.types import RiskContext, Signal, TradeDecision
from motherhaven.bot.market.instruments import MarketSpec, Prices, Tier
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.contract.limits import RiskLimits

D = Decimal
SOL = MarketSpec("SOL", 2, 50)
LIMITS = RiskLimits(max_position_size_usd=D(100), max_leverage=50)


def verdict_on(stop, leverage=36, signal=Signal.BUY, mark="208"):
    """The guard's verdict on SOL at 36x: 36 times 1/100 of maintenance are left of the margin."""
    asked = TradeDecision("SOL", signal, D(20), leverage, D(1), stop_loss=D(stop))
    view = RiskContext(NOON, D(1_000), D(1_000), {"SOL": D(mark)}, specs={"SOL": SOL})
    return asked, judge([asked], view, LIMITS)[0]


def test_a_stop_beyond_the_liquidation_price_is_refused_at_entry():
    """SOL at 208 and 36x is liquidated near 204.27: a stop at 203.70 could never act."""
    _, refused = verdict_on("203.70")
    assert (refused.allowed, refused.rule) == (False, "stop_beyond_liquidation")
    assert "204.2" in refused.reason
    assert verdict_on("206")[1].allowed
    assert verdict_on("212.3", signal=Signal.SELL)[1].rule == "stop_beyond_liquidation"


def test_the_tier_of_the_position_counts():
    """Beyond a tier's bound maintenance is higher, and the liquidation nearer."""
    spec = MarketSpec("BTC", 5, 40, (Tier(D(0), 40), Tier(D(1_000), 5)))
    small = liquidation_alone(D(100), 1, 4, spec, D(500))
    large = liquidation_alone(D(100), 1, 4, spec, D(5_000))
    assert small < large < 100


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 50), st.sampled_from([1, -1]), st.integers(1, 10_000))
def test_the_estimate_is_where_the_margin_is_used_up(leverage, sign, cents):
    """Margin and profit at that price are the maintenance at it."""
    price, notional = D(cents) / 100, D(1_000)
    found = liquidation_alone(price, sign, leverage, SOL, notional)
    if found is None:
        assert sign > 0
        return
    size = sign * notional / price
    equity = notional / leverage + size * (found - price)
    assert abs(equity - abs(size) * found / 100) < D("1e-15") * notional


@pytest.mark.parametrize(("signal", "sign"), [(Signal.BUY, 1), (Signal.SELL, -1)])
def test_a_price_that_moved_before_the_fill_is_looked_at_again(signal, sign):
    """Allowed at 208; at the price it would fill at, the liquidation is past the stop."""
    trader = new_trader(coins=("SOL",), specs={"SOL": SOL}, limits=LIMITS)
    trader.on_slice(piece(NOON - MINUTE, SOL="208"))
    asked, verdict = verdict_on(D(208) - sign * D("2.6"), signal=signal)
    assert verdict.allowed, verdict.reason
    moved = D(208) + sign * D("1.7")
    trader.account.prices(Prices("SOL", moved, moved, moved, NOON))
    done = trader.execution.trade(ApprovedOrder("d1", asked, verdict, D(208)))
    assert done.status == "rejected"
    assert "the liquidation price" in done.error
    assert not trader.ledger.holdings


def standing(trader):
    """A SOL long at 36x in an isolated bucket, whose stop lies at 203.70."""
    placed(
        trader,
        OrderIntent("SOL", Side.BUY, D(5), leverage=36, mode=MarginMode.ISOLATED),
        OrderIntent("SOL", Side.SELL, D(0), OrderKind.STOP, D("203.70"), reduce_only=True),
        grouping=Grouping.NORMAL_TPSL,
    )


def test_a_stop_that_cannot_act_is_told_where_it_stands():
    """In the account's position, in the position's opening and in every status."""
    trader = new_trader(coins=("SOL",), specs={"SOL": SOL}, limits=LIMITS)
    trader.on_slice(piece(NOON - MINUTE, SOL="208"))
    standing(trader)
    held = trader.account.snapshot().positions["SOL"]
    assert stop_is_idle(held.stop, held.liquidation, 1)
    cycle = new_cycle(trader, BuyAndHold())
    trader.report_account(NOON)
    cycle.status("cycle completed", NOON)
    records = trader.take()
    (account,) = of_kind(records, "account")
    assert account["positions"][0]["stop_beyond_liquidation"] is True
    (status,) = of_kind(records, "status")
    (warning,) = status["warnings"]
    assert "SOL: the stop 203.7 lies beyond the liquidation price 204.3" in warning
    assert warning in status["message"]


def test_a_stop_that_can_act_is_not_mentioned():
    """No flag, no warning, no field."""
    trader = new_trader(coins=("SOL",), specs={"SOL": replace(SOL, max_leverage=20)})
    trader.on_slice(piece(NOON - MINUTE, SOL="208"))
    placed(trader, OrderIntent("SOL", Side.BUY, D(5), leverage=2))
    trader.take()
    trader.report_account(NOON)
    new_cycle(trader, BuyAndHold()).status("cycle completed", NOON)
    account, status = (one for one in trader.take() if one.kind != "protection")
    assert "stop_beyond_liquidation" not in account.payload["positions"][0]
    assert status.payload["message"] == "cycle completed"
    assert "warnings" not in status.payload
