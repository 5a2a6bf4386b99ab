"""Changes of an open position: a part or all of it closed, its stop or target moved."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from motherhaven.bot.guard.allocation import Allocation
from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.rule import RuleText
from motherhaven.bot.guard.rules import RULES, actions
from motherhaven.bot.guard.rules.size import min_notional
from motherhaven.bot.guard.types import (
    OpenPosition,
    RiskContext,
    Signal,
    TradeDecision,
    Verdict,
)
from motherhaven.bot.market.instruments import MarketSpec, default_spec
from motherhaven.contract.exact import exact
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.money import plain

ZERO: Final = Decimal(0)


def reduction(index: int, decision: TradeDecision, context: RiskContext) -> Verdict:
    """Closing is always allowed, a part of it as far as the venue takes so small an order."""
    held = context.positions.get(decision.coin)
    if held is None or not held.size:
        return refused(
            index, decision, actions.no_position, f"no position is open in {decision.coin}"
        )
    whole, part = abs(held.size), decision.close_fraction
    size, reason = whole, "closing is always allowed"
    if part is not None and part < 1:
        spec, price = _spec(decision.coin, held, context)
        size = spec.floor_size(whole * part)
        if size <= 0 or size * price < spec.min_notional:
            return refused(
                index,
                decision,
                min_notional,
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
    index: int, decision: TradeDecision, context: RiskContext, limits: RiskLimits
) -> Verdict:
    """Whether the exits of a position may be moved; a price that is in place already stays."""
    held = context.positions.get(decision.coin)
    if held is None or not held.size:
        return refused(
            index, decision, actions.no_position, f"no position is open in {decision.coin}"
        )
    entry = _as_entry(decision, held, context, limits)
    for rule in RULES:
        reason = None if rule.on_adjust is None else rule.on_adjust(entry)
        if reason is not None:
            return refused(index, decision, rule, reason)
    stop = None if entry.stop == held.stop else entry.stop
    target = None if entry.target == held.target else entry.target
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


def refused(index: int, decision: TradeDecision, rule: RuleText, reason: str) -> Verdict:
    """The verdict that nothing is done, and why."""
    return Verdict(
        decision.coin,
        decision.signal,
        False,
        rule.code,
        reason,
        asked_usd=decision.quantity_usd,
        leverage=decision.leverage,
        index=index,
    )


def _as_entry(
    decision: TradeDecision, held: OpenPosition, context: RiskContext, limits: RiskLimits
) -> EntryCheck:
    """The exits as an entry in the position's direction would have them, for the same rules."""
    shaped = replace(
        decision,
        signal=Signal.BUY if held.size > 0 else Signal.SELL,
        stop_loss=decision.adjusted_stop_loss,
        profit_target=decision.adjusted_profit_target,
        leverage=held.leverage,
    )
    return EntryCheck(shaped, context, limits, Allocation(context))


def _spec(coin: str, held: OpenPosition, context: RiskContext) -> tuple[MarketSpec, Decimal]:
    mark = context.marks.get(coin)
    price = held.entry if mark is None or not mark.is_finite() or mark <= 0 else mark
    return context.specs.get(coin) or default_spec(coin, price=price), price
