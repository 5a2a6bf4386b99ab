"""`answer`: what a model was asked and what it answered, once for all decisions of it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.contract.events.base import Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.money import Money, Whole


class AnswerGiven(RecordedBody):
    """One answer of a decider, with its whole provenance; decisions name it by `answer_id`.

    model_asked: the model as it was asked for; model: as the provider named what answered.
    asked_at: when it was asked. raw_response: every attempt's text; attempts: of several each
    one's `characters` and why it was `refused`. analysis: what was written of the whole
    account; thinking: what was thought before that. cost_basis: where the prices come from
    (settings, table, fallback). error, error_code: why there is no usable answer.
    """

    timestamp: Any
    cycle_id: str | None = None
    trigger: str | None = None
    asked_at: Any = None
    decider: str | None = None
    model_asked: str | None = None
    model: str | None = None
    system_prompt: str | None = None
    user_prompt: str | None = None
    raw_response: str | None = None
    analysis: str | None = None
    thinking: str | None = None
    attempts: Any = None
    tokens_in: Whole | None = None
    tokens_out: Whole | None = None
    tokens_cached: Whole | None = None
    cost_usd: Money | None = None
    cost_basis: Lenient[str] = None
    latency_ms: Whole | None = None
    finish_reason: str | None = None
    error: str | None = None
    error_code: str | None = None


SHARED_FIELDS: Final = (
    "trigger", "asked_at", "system_prompt", "user_prompt", "raw_response", "attempts",
    "latency_ms", "finish_reason",
)  # fmt: skip
"""What each decision of an answer carried in version 0.1."""

FIRST_FIELDS: Final = (
    "analysis", "thinking", "tokens_in", "tokens_out", "tokens_cached", "cost_usd", "cost_basis",
)  # fmt: skip
"""What only the first decision of an answer carried, so that sums count it once."""


def encode(
    time: datetime,
    *,
    cycle_id: str,
    asked_at: datetime,
    decider: str,
    trigger: str = "schedule",
    model_asked: str | None = None,
    model: str | None = None,
    system_prompt: str | None = None,
    user_prompt: str | None = None,
    raw_response: str | None = None,
    analysis: str | None = None,
    thinking: str | None = None,
    attempts: list[dict[str, Any]] | None = None,
    tokens_in: int | None = None,
    tokens_out: int | None = None,
    tokens_cached: int | None = None,
    cost_usd: Decimal | None = None,
    cost_basis: str | None = None,
    latency_ms: int | None = None,
    finish_reason: str | None = None,
    error: str | None = None,
    error_code: str | None = None,
) -> Payload:
    """An answer as it was there at `time`; cost in USD, latency in milliseconds."""
    return lean(
        {
            "timestamp": stamp(time),
            "cycle_id": cycle_id,
            "trigger": trigger,
            "asked_at": stamp(asked_at),
            "decider": decider,
            "model_asked": model_asked,
            "model": model,
            "system_prompt": system_prompt,
            "user_prompt": user_prompt,
            "raw_response": raw_response,
            "analysis": analysis,
            "thinking": thinking,
            "attempts": attempts,
            "tokens_in": tokens_in,
            "tokens_out": tokens_out,
            "tokens_cached": tokens_cached,
            "cost_usd": cost_usd,
            "cost_basis": cost_basis,
            "latency_ms": latency_ms,
            "finish_reason": finish_reason,
            "error": error,
            "error_code": error_code,
        }
    )


def folded(decision: Mapping[str, Any], answer: Mapping[str, Any]) -> Payload:
    """`decision` with its answer in it, as version 0.1 recorded it; what it says itself stays.

    Analysis, thinking, tokens and cost go with the first decision of the answer only.
    """
    first = decision.get("answer_index") in (0, None)
    names = SHARED_FIELDS + FIRST_FIELDS if first else SHARED_FIELDS
    told = {name: answer[name] for name in names if answer.get(name) is not None}
    return dict(sorted({**told, **decision}.items()))
