"""What a provider says when it does not answer: its words, its address, how long to wait."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    ModelRequestRejectedError,
    ModelRequestTimeout,
    ModelTimeoutError,
    UnexpectedModelBehavior,
    UserError,
)

from motherhaven.bot.guard.answer_json import Unreadable, decode_at
from motherhaven.bot.guard.answer_shape import as_json
from motherhaven.bot.guard.faults import AnswerFault
from motherhaven.contract.errors import (
    AnswerMalformed,
    AnswerRefused,
    DeciderError,
    DeciderTimeout,
    DeciderUnavailable,
)

SHOWN: Final = 300
_VERSION: Final = re.compile(r"/v[0-9][a-z0-9]*$")
_SECONDS: Final = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?")


def translate(
    error: AgentRunError | UserError, name: str, address: str, body: str | None
) -> DeciderError:
    """Our error for pydantic-ai's. `body` is what came over HTTP, `address` where from."""
    said = words(body)
    told = f"{name}: {said or str(error)[:SHOWN]}"
    where = f" (asked at {address})" if address else ""
    if isinstance(error, (ModelRequestTimeout, ModelTimeoutError)):
        return DeciderTimeout(f"{told}{where}; raise MODEL_TIMEOUT_SECONDS if it is only slow")
    if isinstance(error, ModelAuthenticationError):
        return DeciderUnavailable(f"{told}{where}; check the key", code="model_key")
    if isinstance(error, ModelRequestRejectedError):
        return DeciderUnavailable(
            f"{told}{where}; check the model's name and the request{_hint(error, name, address)}",
            code="model_request",
        )
    if isinstance(error, ModelConnectionError):
        return DeciderUnavailable(
            f"{told}{where}; check that the address is right and reachable", code="model_address"
        )
    if isinstance(error, ModelAPIError):
        return DeciderUnavailable(
            f"{told}{where}; held, asked again next cycle{_hint(error, name, address)}"
        )
    if isinstance(error, ContentFilterError):
        return AnswerRefused(told)
    if isinstance(error, UnexpectedModelBehavior):
        if said:
            return DeciderUnavailable(f"{told}{where}")
        declined = refusal(body)
        if declined is not None:
            return AnswerRefused(f"the model declined: {declined or 'without a word'}")
        return AnswerMalformed(f"{told}{where}{_version(name, address)}")
    return DeciderUnavailable(told)


def words(body: str | None) -> str | None:
    """What a provider's JSON body says went wrong, whatever its status; None when nothing."""
    value = body_object(body)
    for holder in (value, first_choice(value)):
        if holder.get("error"):
            return _said(holder["error"])
    return None


def refusal(body: str | None) -> str | None:
    """The words with which a chat completion declines; None when it does not decline."""
    choice = first_choice(body_object(body))
    message = choice.get("message")
    said = message if isinstance(message, Mapping) else {}
    if said.get("refusal"):
        return _said(said["refusal"])
    if choice.get("finish_reason") == "content_filter":
        return _said(said.get("content") or "")
    return None


def body_object(body: str | None) -> Mapping[str, Any]:
    """A provider's body as a JSON object, its first item if it is a list; empty for no JSON."""
    if not body:
        return {}
    try:
        read = decode_at(body.strip().removeprefix("\ufeff"), 0)
    except AnswerFault:
        return {}
    value = None if isinstance(read, Unreadable) else read[0]
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, Mapping) else {}


def first_choice(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first choice of a chat completion; empty when it has none."""
    choices = value.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, Mapping) else {}


def plain_address(url: str | None) -> str:
    """An address for people: no user, password, query or fragment; empty when there is none."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}" if host else ""


def wanted_wait(
    headers: Mapping[str, str] | None, told: float | None, now: datetime, most: float
) -> float | None:
    """Seconds that a provider wants to be left alone, at most `most`; None when it says nothing.

    `told` is what the SDK read. Retry-After may be seconds or an HTTP date; what is
    neither says nothing.
    """
    given = headers or {}
    wait = _seconds(given.get("retry-after-ms"), 1000)
    if wait is None:
        wait = _seconds(given.get("retry-after"), 1)
    if wait is None:
        wait = _until(given.get("retry-after"), now)
    if wait is None and headers is None:
        wait = told
    if wait is None or math.isnan(wait) or wait < 0:
        return None
    return min(wait, most)


def _seconds(text: str | None, unit: int) -> float | None:
    if text is None or not _SECONDS.fullmatch(text.strip()):
        return None
    return float(text) / unit


def _until(text: str | None, now: datetime) -> float | None:
    if text is None or len(text) > 64:
        return None
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _said(error: object) -> str:
    if isinstance(error, Mapping):
        message = error.get("message") or error.get("detail") or error.get("code")
        if isinstance(message, str) and message.strip():
            return message[:SHOWN]
    return (error if isinstance(error, str) else as_json(error))[:SHOWN]


def _hint(error: ModelAPIError, name: str, address: str) -> str:
    status = error.status_code if isinstance(error, ModelHTTPError) else None
    return _version(name, address) if status in (404, 405) else ""


def _version(name: str, address: str) -> str:
    """What may be wrong with the path of an address that does not know the request."""
    versioned = _VERSION.search(address) is not None
    if not address:
        return ""
    if name.startswith("anthropic:"):
        return f"; leave out {address[address.rindex('/') :]}, it is added" if versioned else ""
    if versioned:
        return ""
    return f"; the address of a server that speaks OpenAI's API usually ends in /v1: {address}/v1"
