"""What a response of the server means for the events of one request."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final, Literal

from motherhaven.contract.errors import InvalidJson
from motherhaven.contract.jsonio import loads
from motherhaven.recorder.sending.retry_after import retry_after
from motherhaven.recorder.sending.transport import Answer

ResultStatus = Literal["stored", "duplicate", "conflict", "rejected", "incomplete"]

_STATUSES: Final = ("stored", "duplicate", "conflict", "rejected", "incomplete")
_TOLD_CHARS: Final = 200


class ResponseKind(Enum):
    """The kinds of answers that are handled differently."""

    TAKEN = auto()
    """200, and a verdict for each event."""
    REFUSED = auto()
    """400, 409 or 422: something in it may be wrong. Only verdicts say what: a proxy or a
    server that restarts answers so too."""
    TOO_LARGE = auto()
    NO_ENDPOINT = auto()
    UNAUTHORIZED = auto()
    LATER = auto()
    """Anything else: try again later, after `retry_after` seconds if told."""


@dataclass(frozen=True, slots=True)
class Result:
    """The server's verdict on one event."""

    status: ResultStatus
    error: str = ""


@dataclass(frozen=True, slots=True)
class ParsedResponse:
    """An answer, understood. `results` by event id; `cause` in a few words."""

    kind: ResponseKind
    cause: str
    results: dict[str, Result] = field(default_factory=dict)
    retry_after: float | None = None
    parts_taken: bool = False
    explained: bool = False
    """A refusal in JSON that says what is wrong: by a server that read the request."""
    kinds: frozenset[str] | None = None
    """The kinds of events that the server takes, where it says so."""
    forbidden: bool = False
    """403: the key, or something on the way that forbids what one event holds."""

    def about_parts(self) -> "ParsedResponse":
        """An answer to text parts, as one about their event: never a verdict on it."""
        if self.kind is ResponseKind.TAKEN:
            return ParsedResponse(
                ResponseKind.LATER, "the server did not take the parts of a long text"
            )
        return replace(self, results={})


def read_batch(
    answer: Answer, event_ids: Sequence[str], parts: int, now: datetime
) -> ParsedResponse:
    """The answer to a batch of `event_ids` and `parts` text parts.

    Only HTTP 200 with `"success": true` and a verdict for every event is taken.
    """
    kind, cause = _by_status(answer)
    body = _object(answer.body)
    results = _results(body)
    if kind is ResponseKind.UNAUTHORIZED:
        cause += _told(body)
    if kind is ResponseKind.TAKEN:
        whole = body.get("success") is True and all(i in results for i in event_ids)
        if not whole:
            return ParsedResponse(ResponseKind.LATER, _unusable(answer))
        taken = _parts_taken(body, parts)
        return ParsedResponse(kind, cause, results, parts_taken=taken, kinds=_kinds(body))
    return ParsedResponse(
        kind,
        cause,
        {event_id: results[event_id] for event_id in event_ids if event_id in results},
        retry_after=retry_after(answer.headers.get("retry-after", ""), now),
        explained=_explained(body),
        forbidden=answer.status == 403,
    )


def is_our_batch_server(answer: Answer) -> bool:
    """Whether the answer to an empty batch is that of a server that takes batches."""
    body = _object(answer.body)
    empty = body.get("results") == [] and body.get("parts") == []
    return answer.status == 200 and body.get("success") is True and empty


def read_single(answer: Answer, event_id: str, now: datetime) -> tuple[ParsedResponse, bool]:
    """The answer of one of the four old endpoints, and whether it names our event id."""
    kind, cause = _by_status(answer)
    body = _object(answer.body)
    if kind is ResponseKind.TAKEN:
        if body.get("success") is not True:
            return ParsedResponse(ResponseKind.LATER, _unusable(answer)), False
        return ParsedResponse(kind, cause, {event_id: Result("stored")}), _names(body, event_id)
    if kind is ResponseKind.UNAUTHORIZED:
        cause += _told(body)
    if kind is ResponseKind.REFUSED:
        told = str(body.get("error") or body.get("detail") or "")[:500]
        cause = f"{cause}: {told}" if told else cause
    wait = retry_after(answer.headers.get("retry-after", ""), now)
    return ParsedResponse(kind, cause, retry_after=wait, explained=_explained(body)), False


def _by_status(answer: Answer) -> tuple[ResponseKind, str]:
    cause = f"{answer.status} {answer.reason}".strip()
    match answer.status:
        case 200:
            return ResponseKind.TAKEN, cause
        case 400 | 409 | 422:
            return ResponseKind.REFUSED, cause
        case 413:
            return ResponseKind.TOO_LARGE, cause
        case 404 | 405:
            return ResponseKind.NO_ENDPOINT, cause
        case 401 | 403:
            return ResponseKind.UNAUTHORIZED, cause
        case status if 300 <= status < 400:
            return (
                ResponseKind.LATER,
                f"{cause} (redirects are not followed; set MOTHERHAVEN_API_URL)",
            )
        case _:
            return ResponseKind.LATER, cause


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = loads(body)
    except InvalidJson:
        return {}
    return value if isinstance(value, dict) else {}


def _results(body: dict[str, Any]) -> dict[str, Result]:
    found: dict[str, Result] = {}
    items = body.get("results")
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict) or not isinstance(item.get("event_id"), str):
            continue
        if item.get("status") in _STATUSES:
            error = str(item.get("error") or item["status"])[:500]
            found[item["event_id"]] = Result(item["status"], error)
    return found


def _parts_taken(body: dict[str, Any], parts: int) -> bool:
    items = body.get("parts")
    if parts == 0:
        return True
    if not isinstance(items, list) or len(items) != parts:
        return False
    return all(isinstance(i, dict) and i.get("status") in ("stored", "duplicate") for i in items)


def _kinds(body: dict[str, Any]) -> frozenset[str] | None:
    kinds = body.get("kinds")
    return frozenset(map(str, kinds)) if isinstance(kinds, list) else None


def _names(body: dict[str, Any], event_id: str) -> bool:
    return body.get("event_id") == event_id or event_id in _results(body)


def _told(body: dict[str, Any]) -> str:
    """What our own server says about a key that it refused, for one line of a log."""
    error = body.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    if not isinstance(message, str):
        return ""
    return f" ({''.join(c if c.isprintable() else ' ' for c in message[:_TOLD_CHARS])})"


def _unusable(answer: Answer) -> str:
    kind = answer.headers.get("content-type", "no content type").split(";")[0][:40]
    return f"200 without an acknowledgement ({kind}, {len(answer.body)} bytes)"


def _explained(body: dict[str, Any]) -> bool:
    return body.get("success") is False and bool(body.get("error") or body.get("detail"))
