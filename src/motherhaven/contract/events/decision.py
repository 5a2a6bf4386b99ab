"""`decision`: what a decider wants of one coin, with the guard's verdict."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from motherhaven.contract.events.base import EventBody, Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.events.kinds import Signal
from motherhaven.contract.money import Money, Whole


class Verdict(EventBody):
    """What the guard said: asked and allowed margin in USD, and the rule that decided."""

    allowed: bool
    rule: str | None = None
    reason: str | None = None
    asked_usd: Money | None = None
    allowed_usd: Money | None = None


class DecisionMade(RecordedBody):
    """A decider's decision for one coin. quantity_usd is margin; confidence is 0 to 1.

    confidence_percent: the confidence as it was sent, where it was taken as a percentage.
    coin_analysis: what the model wrote of the coin before it decided. answer_id: the event
    of the answer that it is from, answer_index its place there, from 0. notes: what of the
    answer was read otherwise than written. close_fraction: the part of the position that a
    close is about, where it is not the whole. adjusted_stop_loss, adjusted_profit_target:
    where a hold moves the exits to. error_code: the kind of `error`, by contract.reasons.
    Before there were answers, a decision carried one itself: asked_at, the texts, tokens and
    cost; analysis, thinking, tokens and cost stood with the first, which answer_id named.
    """

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    signal: Signal
    quantity_usd: Money | None
    leverage: Money | None
    confidence: Money | None
    justification: str | None
    analysis: str | None = None
    thinking: str | None = None
    coin_analysis: str | None = None
    answer_id: str | None = None
    answer_index: Lenient[Whole] = None
    close_fraction: Money | None = None
    adjusted_stop_loss: Money | None = None
    adjusted_profit_target: Money | None = None
    confidence_percent: Money | None = None
    profit_target: Money | None = None
    stop_loss: Money | None = None
    invalidation_condition: str | None = None
    raw_response: str | None = None
    system_prompt: str | None = None
    user_prompt: str | None = None
    cycle_id: str | None = None
    trigger: str | None = None
    decider: str | None = None
    model: str | None = None
    tokens_in: Whole | None = None
    tokens_out: Whole | None = None
    tokens_cached: Whole | None = None
    cost_usd: Money | None = None
    latency_ms: Whole | None = None
    finish_reason: str | None = None
    error: str | None = None
    error_code: str | None = None
    verdict: Verdict | None = None
    mark: Money | None = None
    asked_at: Any = None
    notes: Any = None
    attempts: Any = None
    cost_basis: Any = None


def encode_verdict(
    *,
    allowed: bool,
    reason: str,
    rule: str | None = None,
    asked_usd: Decimal | None = None,
    allowed_usd: Decimal | None = None,
) -> Payload:
    """What the guard said; margins in USD, for entries only."""
    told: Payload = {"allowed": allowed}
    if asked_usd is not None:
        told["allowed_usd"] = allowed_usd
        told["asked_usd"] = asked_usd
    told["reason"] = reason
    if rule is not None:
        told["rule"] = rule
    return told


def encode(
    time: datetime,
    *,
    coin: str,
    signal: str,
    quantity_usd: Decimal,
    leverage: Decimal,
    confidence: Decimal,
    justification: str,
    verdict: Payload,
    shared: Mapping[str, Any],
    coin_analysis: str | None = None,
    close_fraction: Decimal | None = None,
    adjusted_stop_loss: Decimal | None = None,
    adjusted_profit_target: Decimal | None = None,
    stop_loss: Decimal | None = None,
    profit_target: Decimal | None = None,
    invalidation_condition: str | None = None,
    mark: Decimal | None = None,
    notes: Sequence[str] = (),
    error: str | None = None,
    error_code: str | None = None,
) -> Payload:
    """A decision; `shared` is what its answer says of it: `of_answer`, answer_index, cost_usd."""
    return lean(
        {
            "adjusted_profit_target": adjusted_profit_target,
            "adjusted_stop_loss": adjusted_stop_loss, "answer_id": shared.get("answer_id"),
            "answer_index": shared.get("answer_index"), "close_fraction": close_fraction,
            "coin": coin, "coin_analysis": coin_analysis or None, "confidence": confidence,
            "cost_usd": shared.get("cost_usd"), "cycle_id": shared.get("cycle_id"),
            "decider": shared.get("decider"), "error": error, "error_code": error_code,
            "invalidation_condition": invalidation_condition or None,
            "justification": justification, "leverage": leverage, "mark": mark,
            "model": shared.get("model"), "notes": list(notes) if notes else None,
            "profit_target": profit_target, "quantity_usd": quantity_usd, "signal": signal,
            "stop_loss": stop_loss, "timestamp": stamp(time), "trigger": shared.get("trigger"),
            "verdict": verdict,
        }
    )  # fmt: skip


def of_answer(
    *, cycle_id: str, decider: str, model: str | None = None, answer_id: str | None = None
) -> Payload:
    """What every decision of one answer says of it; its place there comes beside it.

    Where no answer is on record (`answer_id` None) the decision itself says what set it off.
    """
    return lean(
        {
            "answer_id": answer_id,
            "cycle_id": cycle_id,
            "decider": decider,
            "model": model,
            "trigger": "schedule" if answer_id is None else None,
        }
    )
