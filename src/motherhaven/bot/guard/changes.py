"""Changes of an open position: a part or all of it closed, its stop or target moved."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from motherhaven.bot.guard import rules_price, rules_state
from motherhaven.bot.guard.allocation import Allocation
from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.types import (
    OpenPosition,
    RiskContext,
    RiskLimits,
    Signal,
    TradeDecision,
    Verdict,
)
from motherhaven.bot.market.instruments import MarketSpec, default_spec
from motherhaven.contract.exact import exact
from motherhaven.contract.money import plain

ZERO: Final = Decimal(0)

ADJUST_RULES: Final[tuple[Callable[[EntryCheck], str | None], ...]] = (
    rules_state.unknown_coin,
    rules_state.answer_expired,
    rules_state.stale_data,
    rules_state.open_candle,
    rules_price.stop_side,
    rules_price.target_side,
    rules_price.price_band,
    rules_price.stop_widened,
)
"""What refuses to move a stop or target, in order; limits on entries do not concern it."""


def reduction(index: int, decision: TradeDecision, view: RiskContext) -> Verdict:
    """Closing is always allowed, a part of it as far as the venue takes so small an order."""
    held = view.positions.get(decision.coin)
    if held is None or not held.size:
        return refused(index, decision, "no_position", f"no position is open in {decision.coin}")
    whole, part = abs(held.size), decision.close_fraction
    size, reason = whole, "closing is always allowed"
    if part is not None and part < 1:
        spec, price = _spec(decision.coin, held, view)
        size = spec.floor_size(whole * part)
        if size <= 0 or size * price < spec.min_notional:
            return refused(
                index,
                decision,
                "min_notional",
                f"{plain(part)} of the position is below the venue's minimum of "
                f"{plain(spec.min_notional)} USD; close the whole of it",
            )
        reason = f"closing is always allowed: {plain(part)} of the position"
    with exact():
        margin = held.margin if size == whole else held.margin * size / whole
    return Verdict(
        decision.coin,
        decision.signal,
        True,
        None,
        reason,
        asked_usd=margin,
        allowed_usd=margin,
        size=size,
        leverage=held.leverage,
        index=index,
    )


def adjustment(
    index: int, decision: TradeDecision, view: RiskContext, limits: RiskLimits
) -> Verdict:
    """Whether the exits of a position may be moved; a price that is in place already stays."""
    held = view.positions.get(decision.coin)
    if held is None or not held.size:
        return refused(index, decision, "no_position", f"no position is open in {decision.coin}")
    case = _as_entry(decision, held, view, limits)
    for rule in ADJUST_RULES:
        reason = rule(case)
        if reason is not None:
            return refused(index, decision, rule.__name__, reason)
    beyond = _beyond_liquidation(case, held)
    if beyond is not None:
        return refused(index, decision, "stop_beyond_liquidation", beyond)
    stop = None if case.stop == held.stop else case.stop
    target = None if case.target == held.target else case.target
    moved = [
        f"{name} {'set' if before is None else f'moved from {plain(before)}'} to {plain(price)}"
        for name, price, before in (("stop", stop, held.stop), ("target", target, held.target))
        if price is not None
    ]
    return Verdict(
        decision.coin,
        Signal.HOLD,
        True,
        None,
        ", ".join(moved) or "hold: the exits are there already",
        leverage=held.leverage,
        index=index,
        stop=stop,
        target=target,
    )


def refused(index: int, decision: TradeDecision, rule: str, reason: str) -> Verdict:
    """The verdict that nothing is done, and why."""
    return Verdict(
        decision.coin,
        decision.signal,
        False,
        rule,
        reason,
        asked_usd=decision.quantity_usd,
        leverage=decision.leverage,
        index=index,
    )


def _as_entry(
    decision: TradeDecision, held: OpenPosition, view: RiskContext, limits: RiskLimits
) -> EntryCheck:
    """The exits as an entry in the position's direction would have them, for the same rules."""
    shaped = replace(
        decision,
        signal=Signal.BUY if held.size > 0 else Signal.SELL,
        stop_loss=decision.adjusted_stop_loss,
        profit_target=decision.adjusted_profit_target,
        leverage=held.leverage,
    )
    return EntryCheck(shaped, view, limits, Allocation(view))


def _beyond_liquidation(case: EntryCheck, held: OpenPosition) -> str | None:
    """A stop that was tightened is better than before, whatever the liquidation price is."""
    stop, price, sign = case.stop, held.liquidation, case.decision.signal.sign
    if stop is None or price is None:
        return None
    if held.stop is not None and (stop - held.stop) * sign >= 0:
        return None
    if (stop - price) * sign >= case.limits.stop_buffer * case.mark:
        return None
    return f"stop_loss {stop} is beyond, or too near to, the liquidation price {price:.6g}"


def _spec(coin: str, held: OpenPosition, view: RiskContext) -> tuple[MarketSpec, Decimal]:
    mark = view.marks.get(coin)
    price = held.entry if mark is None or not mark.is_finite() or mark <= 0 else mark
    return view.specs.get(coin) or default_spec(coin, price=price), price
