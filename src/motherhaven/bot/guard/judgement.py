"""The guard's judgement over all decisions of one answer. Pure; never raises on a decision."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from motherhaven.bot.guard import rules_price, rules_size, rules_state
from motherhaven.bot.guard.allocation import Allocation
from motherhaven.bot.guard.changes import adjustment, reduction, refused
from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.types import (
    Action,
    PendingEntry,
    RiskContext,
    RiskLimits,
    Signal,
    TradeDecision,
    Verdict,
)
from motherhaven.contract.exact import exact

ZERO: Final = Decimal(0)
Rule = Callable[[EntryCheck], str | None]

RULES: Final[tuple[Rule, ...]] = (
    rules_state.unknown_coin,
    rules_state.kill_switch,
    rules_state.not_armed,
    rules_state.not_recording,
    rules_state.unknown_position,
    rules_state.answer_expired,
    rules_state.stale_data,
    rules_state.open_candle,
    rules_state.daily_loss,
    rules_state.trades_per_day,
    rules_state.cooldown,
    rules_state.min_confidence,
    rules_state.opposite_position,
    rules_state.max_positions,
    rules_size.max_leverage,
    rules_price.stop_missing,
    rules_price.stop_side,
    rules_price.target_side,
    rules_price.price_band,
    rules_price.stop_widened,
    rules_price.stop_beyond_liquidation,
)
"""What refuses an entry outright, in order; the function's name is the rule's name."""

MARGIN_LIMITS: Final[tuple[tuple[str, Callable[[EntryCheck], Decimal | None]], ...]] = (
    ("max_position_size", rules_size.position_room),
    ("max_coin_size", rules_size.coin_room),
    ("max_total_size", rules_size.total_room),
    ("free_margin", rules_size.free_margin),
)
"""How much margin each limit leaves; over it an entry is refused, or clamped by option."""


def judge(
    decisions: Sequence[TradeDecision], view: RiskContext, limits: RiskLimits
) -> list[Verdict]:
    """One verdict per decision, in order.

    Closing is always allowed, clamped to the live size; exits are moved within the rules of
    `changes`. Entries pass every rule or are
    refused; limits are held against the account as all orders allowed so far may leave
    it, those of earlier answers that wait included. Several different actions in one
    coin refuse that coin as a whole.
    """
    found = conflicts(decisions)
    with exact():
        allocation = Allocation(view)
        return [
            _one(index, decision, view, limits, allocation, found.get(index))
            for index, decision in enumerate(decisions)
        ]


def conflicts(decisions: Sequence[TradeDecision]) -> dict[int, tuple[str, str]]:
    """Which decisions are refused for what stands beside them, with rule and reason."""
    by_coin: dict[str, list[int]] = {}
    for index, decision in enumerate(decisions):
        by_coin.setdefault(decision.coin, []).append(index)
    found: dict[int, tuple[str, str]] = {}
    for coin, indices in by_coin.items():
        actions = [decisions[index].action for index in indices]
        if len(indices) == 1 or set(actions) == {Action.HOLD}:
            continue
        if len(set(actions)) > 1:
            names = ", ".join(action.value for action in actions)
            verdict = ("contradictory_actions", f"several actions for {coin}: {names}")
            found.update(dict.fromkeys(indices, verdict))
        else:
            repeated = indices[1:] if actions[0] is Action.CLOSE else indices
            verdict = ("duplicate_action", f"{actions[0].value} for {coin} more than once")
            found.update(dict.fromkeys(repeated, verdict))
    return found


def _one(
    index: int,
    decision: TradeDecision,
    view: RiskContext,
    limits: RiskLimits,
    allocation: Allocation,
    conflict: tuple[str, str] | None,
) -> Verdict:
    if conflict is not None:
        return refused(index, decision, *conflict)
    if decision.adjusts:
        return adjustment(index, decision, view, limits)
    if decision.signal is Signal.HOLD:
        return held_verdict(decision, index)
    if decision.signal is Signal.CLOSE:
        return reduction(index, decision, view)
    return _entry(index, EntryCheck(decision, view, limits, allocation))


def held_verdict(decision: TradeDecision, index: int) -> Verdict:
    """The verdict on a hold, which needs no look at the circumstances."""
    return Verdict(decision.coin, Signal.HOLD, True, None, "hold: nothing to do", index=index)


def _entry(index: int, case: EntryCheck) -> Verdict:
    decision = case.decision
    for rule in RULES:
        reason = rule(case)
        if reason is not None:
            return refused(index, decision, rule.__name__, reason)
    margin, clamped_by = decision.quantity_usd, None
    if margin <= 0:
        return refused(index, decision, "quantity", "quantity_usd must be above 0")
    for name, room in MARGIN_LIMITS:
        left = room(case)
        if left is None or margin <= left:
            continue
        if not case.limits.clamp or left <= 0:
            reason = f"{margin} USD of margin asked, {max(left, ZERO):.2f} USD left by {name}"
            return refused(index, decision, name, reason)
        margin, clamped_by = left, name
    size = rules_size.entry_size(case, margin)
    too_small = rules_size.min_notional(case, size)
    if too_small is not None:
        return refused(index, decision, "min_notional", too_small)
    case.allocation.allow(PendingEntry(decision.coin, margin, case.leverage))
    reason = "within every limit"
    if clamped_by is not None:
        reason = f"cut from {decision.quantity_usd} to {margin:.2f} USD of margin"
    elif case.leverage != decision.leverage:
        clamped_by = "max_leverage"
        reason = f"leverage lowered from {decision.leverage} to {case.leverage}"
    if decision.stop_loss is None:
        reason += "; no stop, as declared by the baseline"
    return Verdict(
        decision.coin,
        decision.signal,
        True,
        clamped_by,
        reason,
        asked_usd=decision.quantity_usd,
        allowed_usd=margin,
        size=size,
        leverage=case.leverage,
        index=index,
    )
