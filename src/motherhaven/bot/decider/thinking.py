"""Native thinking: how much of it is asked for, and what came of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_ai.messages import ModelResponse, TextPart, ThinkingPart
from pydantic_ai.models import Model

from motherhaven.bot.decider.attempts import cut
from motherhaven.bot.decider.config import ThinkingLevel
from motherhaven.bot.decider.provider_errors import body_object, first_choice
from motherhaven.bot.decider.types import Attempt

ROOM: Final[Mapping[ThinkingLevel, int]] = {
    "off": 0,
    "low": 4_096,
    "medium": 16_384,
    "high": 32_768,
}
"""Tokens on top of those of the answer: what thinking may take. Above what providers budget."""

_TAG: Final = re.compile(
    r"<(?P<close>/)?(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad)>"
    r"|\[(?P<end>/)?THINK\]|◁(?P<stop>/)?think▷",
    re.IGNORECASE,
)


def thinking_settings(model: Model, level: ThinkingLevel | None) -> dict[str, Any]:
    """Settings that ask `model` to think so much and to show it; none for the model's own way.

    A model that cannot think ignores them; one that always thinks does so the least for "off".
    """
    if level is None:
        return {}
    if level == "off":
        return {"thinking": False}
    settings: dict[str, Any] = {"thinking": level, "openai_reasoning_summary": "auto"}
    profile: Mapping[str, Any] = dict(model.profile)
    if profile.get("anthropic_supports_adaptive_thinking"):
        # Some of these models leave their thinking out unless it is asked for.
        settings["anthropic_thinking"] = {"type": "adaptive", "display": "summarized"}
        if profile.get("anthropic_supports_effort"):
            settings["anthropic_effort"] = level
    return settings


def thoughts_of(response: ModelResponse) -> str | None:
    """What the model thought before it answered: its provider's parts, and tags in its text."""
    native = [part.content for part in response.parts if isinstance(part, ThinkingPart)]
    tagged = [tagged_thoughts(p.content) for p in response.parts if isinstance(p, TextPart)]
    return _joined([*native, *tagged])


def thoughts_in_body(body: str | None) -> str | None:
    """The thinking in a provider's JSON body that could not be used as an answer."""
    value = body_object(body)
    message = first_choice(value).get("message")
    said = message if isinstance(message, Mapping) else {}
    found = [said.get("reasoning_content") or said.get("reasoning")]
    content = value.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, Mapping):
            found.append(part.get("thinking"))
    return _joined([text for text in found if isinstance(text, str)])


def tagged_thoughts(text: str) -> str:
    """What stands between <think> and </think>, or their kin; to the end if never closed."""
    pieces: list[str] = []
    depth = start = 0
    opened = text.lstrip()[:1] in ("<", "[", "◁")
    for found in _TAG.finditer(text):
        if not (found["close"] or found["end"] or found["stop"]):
            start = found.end() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                pieces.append(text[start : found.start()])
    if depth and opened:
        pieces.append(text[start:])
    return "\n\n".join(piece.strip() for piece in pieces if piece.strip())


def joined_thoughts(attempts: Sequence[Attempt]) -> str | None:
    """The thinking of every answer to one question, oldest first; None when there was none."""
    told = [(number, one.thinking) for number, one in enumerate(attempts, 1) if one.thinking]
    if len(attempts) > 1:
        of = len(attempts)
        parts = [f"--- answer {number} of {of} ---\n{cut(text)}" for number, text in told]
    else:
        parts = [cut(text) for _, text in told]
    return "\n\n".join(parts) or None


def _joined(texts: Sequence[str]) -> str | None:
    return "\n\n".join(text.strip() for text in texts if text.strip()) or None
