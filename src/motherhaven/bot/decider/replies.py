"""What a model's response says: its raw text, and the provider's words about it."""

import json
from typing import Any, Final

from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart

from motherhaven.bot.guard.faults import TOOL
from motherhaven.contract.errors import AnswerRefused, AnswerTruncated, DeciderUnavailable

SHOWN: Final = 300
_TELLING: Final = ("refusal", "error", "content_filter_result", "content_filters", "moderation")


def raw_text(response: ModelResponse) -> str:
    """The answer as the parser reads it.

    The arguments of the one call of our tool; else all calls with their names, as JSON;
    else the model's words, or the provider's where it has none.
    """
    calls = [part for part in response.parts if isinstance(part, ToolCallPart)]
    if len(calls) == 1 and calls[0].tool_name == TOOL:
        return _arguments(calls[0])
    if calls:
        return json.dumps(
            [{"name": call.tool_name, "arguments": _arguments(call)} for call in calls],
            ensure_ascii=False,
        )
    text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    return text if text.strip() else provider_words(response) or ""


def provider_words(response: ModelResponse) -> str | None:
    """What the provider says of an answer that it withheld; None when it says nothing."""
    details: dict[str, Any] = response.provider_details or {}
    for name in _TELLING:
        found = details.get(name)
        if found:
            return found if isinstance(found, str) else json.dumps(found, default=str)
    return None


def require_whole(response: ModelResponse, raw: str) -> None:
    """Whether the model finished its answer.

    Raises:
        AnswerTruncated, AnswerRefused, DeciderUnavailable: it did not; the message has
            the provider's words.
    """
    said = (provider_words(response) or raw).strip()[:SHOWN]
    reason = response.finish_reason
    if reason == "length":
        raise AnswerTruncated(
            "the answer was cut off at max_tokens and is discarded whole; raise MODEL_MAX_TOKENS"
        )
    if reason == "content_filter":
        raise AnswerRefused(f"the model declined: {said or 'without a word'}")
    if reason == "error":
        raise DeciderUnavailable(f"the provider broke off: {said or 'without a word'}")


def _arguments(call: ToolCallPart) -> str:
    return call.args if isinstance(call.args, str) else call.args_as_json_str()
