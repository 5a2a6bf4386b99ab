"""The guard's judgement over all decisions of one answer. Pure; never raises on a decision."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from motherhaven.bot.guard.allocation import Allocation
from motherhaven.bot.guard.changes import adjustment, reduction, refused
from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.rule import RuleText, cents
from motherhaven.bot.guard.rules import MARGIN_LIMITS, RULES, size
from motherhaven.bot.guard.rules.actions import contradictory_actions, duplicate_action
from motherhaven.bot.guard.types import (
    Action,
    PendingEntry,
    RiskContext,
    Signal,
    TradeDecision,
    Verdict,
)
from motherhaven.contract.exact import exact
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.money import plain

ZERO: Final = Decimal(0)
_HOLD: Final = Signal.HOLD
_CLOSE: Final = Signal.CLOSE


def judge(
    decisions: Sequence[TradeDecision], context: RiskContext, limits: RiskLimits
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
        enters = any(decision.signal.is_entry for decision in decisions)
        allocation = Allocation(context) if enters else None
        return [
            _one(index, decision, context, limits, allocation, found.get(index))
            for index, decision in enumerate(decisions)
        ]


def conflicts(decisions: Sequence[TradeDecision]) -> dict[int, tuple[RuleText, str]]:
    """Which decisions are refused for what stands beside them, with rule and reason."""
    if len(decisions) < 2:
        return {}
    by_coin: dict[str, list[int]] = {}
    for index, decision in enumerate(decisions):
        by_coin.setdefault(decision.coin, []).append(index)
    found: dict[int, tuple[RuleText, str]] = {}
    for coin, indices in by_coin.items():
        actions = [decisions[index].action for index in indices]
        if len(indices) == 1 or set(actions) == {Action.HOLD}:
            continue
        if len(set(actions)) > 1:
            names = ", ".join(action.value for action in actions)
            verdict = (contradictory_actions, f"several actions for {coin}: {names}")
            found.update(dict.fromkeys(indices, verdict))
        else:
            repeated = indices[1:] if actions[0] is Action.CLOSE else indices
            verdict = (duplicate_action, f"{actions[0].value} for {coin} more than once")
            found.update(dict.fromkeys(repeated, verdict))
    return found


def _one(
    index: int,
    decision: TradeDecision,
    context: RiskContext,
    limits: RiskLimits,
    allocation: Allocation | None,
    conflict: tuple[RuleText, str] | None,
) -> Verdict:
    if conflict is not None:
        return refused(index, decision, *conflict)
    if decision.signal is _HOLD:
        if decision.adjusts:
            return adjustment(index, decision, context, limits)
        return held_verdict(decision, index)
    if decision.signal is _CLOSE or allocation is None:
        return reduction(index, decision, context)
    return _entry(index, EntryCheck(decision, context, limits, allocation))


def held_verdict(decision: TradeDecision, index: int) -> Verdict:
    """The verdict on a hold, which needs no look at the circumstances."""
    return Verdict(decision.coin, _HOLD, True, None, "hold: nothing to do", index=index)


def _entry(index: int, entry: EntryCheck) -> Verdict:
    decision = entry.decision
    for rule in RULES:
        reason = rule.check(entry)
        if reason is not None:
            return refused(index, decision, rule, reason)
    margin, clamped_by = decision.quantity_usd, None
    if margin <= 0:
        return refused(index, decision, size.quantity, "quantity_usd must be above 0")
    for limit in MARGIN_LIMITS:
        left = limit.room(entry)
        if left is None or margin <= left:
            continue
        if not entry.limits.clamp_entries or left <= 0:
            room = cents(max(left, ZERO), margin)
            reason = f"{plain(margin)} USD of margin asked, {room} USD left by {limit.code}"
            return refused(index, decision, limit, reason)
        margin, clamped_by = left, limit.code
    bought = size.entry_size(entry, margin)
    too_small = size.below_minimum(entry, bought)
    if too_small is not None:
        return refused(index, decision, size.min_notional, too_small)
    entry.allocation.allow(PendingEntry(decision.coin, margin, entry.leverage))
    reason = "within every limit"
    if clamped_by is not None:
        asked = decision.quantity_usd
        reason = f"cut from {plain(asked)} to {cents(margin, asked)} USD of margin"
    elif entry.leverage != decision.leverage:
        clamped_by = size.max_leverage.code
        reason = f"leverage lowered from {decision.leverage} to {entry.leverage}"
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
        size=bought,
        leverage=entry.leverage,
        index=index,
    )
