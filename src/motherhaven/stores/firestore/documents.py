"""Between documents and the plain rows of `stores`. Decimals are exact text throughout."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from motherhaven.contract.events import DecisionMade, FillRecorded, FundingPaid
from motherhaven.contract.ids import DEFAULT_BOT
from motherhaven.stores.firestore.current import LAYOUT
from motherhaven.stores.firestore.keytext import key_of, key_text
from motherhaven.stores.keys import Key
from motherhaven.stores.records import Prepared, Record
from motherhaven.stores.rejected import UNKNOWN
from motherhaven.stores.rows import BOT, PLAIN, POSITION
from motherhaven.stores.states import (
    BotState,
    Bucket,
    CandleState,
    ErrorState,
    Executed,
    Marked,
    PositionState,
)

Document = Mapping[str, Any]

LONGEST: Final = 20_000
"""Characters; what a client sends longer is cut in projections. The event keeps the whole."""

_INDEXED_BYTES: Final = 1_500

_BOT: Final = (*BOT, *PLAIN.totals)
_RECORD: Final = ("bot_id", "bot_name", "mode", "kind", "epoch", "seq", "time", "recorded",
                  "received")  # fmt: skip


LEAN: Final = (*_RECORD, "n", "rank", "key", "sha256", "texts", "payload", "payload_chunks",
               "execution", "v", "troubled", "coin", "signal")  # fmt: skip
"""The fields of an event's document without its prompts, which only details show."""

EMBEDDED_CHARS: Final = 40_000
"""A longer payload stands in its event's document alone."""


def event_document(record: Record, prepared: Prepared, rank: int) -> dict[str, Any]:
    """The envelope of an event; its payload and texts are added by `texts`."""
    document = {name: getattr(record, name) for name in _RECORD}
    document |= {
        "n": record.n,
        "rank": rank,
        "key": key_text(record.key),
        "sha256": prepared.digest.hex(),
        "v": LAYOUT,
    }
    body = prepared.event.body
    if isinstance(body, DecisionMade):
        verdict = None if body.verdict is None else body.verdict.allowed
        document |= {"coin": body.coin, "signal": body.signal, "allowed": verdict}
        document["trade"] = body.signal != "hold"
    elif isinstance(body, FillRecorded | FundingPaid) and body.position_id is not None:
        document["posting"] = posting(record.kind, record.bot_id, body.position_id)
    return document


def record_of(event_id: str, document: Document, payload: str) -> Record:
    """The record of an event document."""
    values = {name: document[name] for name in _RECORD}
    return Record(n=document["n"], event_id=event_id, payload=payload.encode(), **values)


def embedded(record: Record) -> dict[str, Any] | None:
    """A bot's latest heartbeat or account within the bot's document; None if it is too long."""
    payload = record.payload.decode()
    if len(payload) > EMBEDDED_CHARS:
        return None
    document = {name: getattr(record, name) for name in _RECORD}
    return document | {"n": record.n, "event_id": record.event_id, "payload": payload}


def embedded_of(document: Document) -> Record:
    """The record of an embedded event."""
    return record_of(document["event_id"], document, document["payload"])


def bot_document(state: BotState) -> dict[str, Any]:
    """A bot with its totals."""
    return dict(zip(_BOT, map(_cut, PLAIN.bot_values(state)), strict=True))


def bot_of(document: Document) -> BotState:
    """The bot of a document."""
    return PLAIN.bot_of([document.get(name) for name in _BOT])


def position_document(state: PositionState) -> dict[str, Any]:
    """A position, and the fields that queries ask by.

    `names` holds what exits may call it, `standing` is there while it is open, `opener`
    is the decision behind its entry.
    """
    document = dict(zip(POSITION, map(_cut, PLAIN.position_values(state)), strict=True))
    document |= {
        "bot_id": state.bot_id,
        "open": state.exit is None,
        "entry": key_text(state.entry),
        "names": sorted({named(state.bot_id, name) for name in (state.id, state.ref or state.id)}),
    }
    if state.entry_decision_id is not None:
        document["opener"] = named(state.bot_id, state.entry_decision_id)
    if state.exit is None:
        document["standing"] = standing(state.bot_id, state.coin, state.side)
    else:
        document["exit"] = key_text(state.exit)
    return document


def position_of(document: Document) -> PositionState:
    """The position of a document."""
    return PLAIN.position_of(document["bot_id"], [document.get(name) for name in POSITION])


def trade_values(state: PositionState, stated: float | None) -> list[Any]:
    """A closed position within a page, with the confidence that its entry stated."""
    return [*map(_cut, PLAIN.position_values(state)), stated]


def trade_of(bot_id: str, values: list[Any]) -> PositionState:
    """The closed position of a page's row."""
    return PLAIN.position_of(bot_id, values[:-1])


def fault_values(state: ErrorState) -> list[Any]:
    """Something that went wrong within a page of its bot's."""
    return [*state.key, state.event_id, state.kind, state.message, _cut(state.decision_id),
            state.at, _cut(state.code)]  # fmt: skip


def fault_of(bot_id: str, values: list[Any]) -> ErrorState:
    """What went wrong, of a page's row."""
    key = Key(*values[:4])
    event_id, kind, message, decision_id, at, *code = values[4:]  # rows of before have no code
    return ErrorState(key, at, event_id, bot_id, kind, message, decision_id, *code)


def named(bot_id: str, name: str) -> str:
    """An entry of `names`; bot ids have no space. Short enough for an index, whatever comes."""
    return _indexed(f"{bot_id} {name}")


def posting(kind: str, bot_id: str, position_id: str) -> str:
    """What the fills, or the funding payments, of a position have in common."""
    return _indexed(f"{kind} {bot_id} {position_id}")


def _indexed(text: str) -> str:
    """The text, cut to what Firestore can ask by: 1,500 bytes, whatever its characters take."""
    short = text[:1_000]
    if len(short.encode()) <= _INDEXED_BYTES:
        return short
    return f"{text[:200]} {hashlib.sha256(text.encode()).hexdigest()}"


def standing(bot_id: str, coin: str, side: str) -> str:
    """The value of `standing`."""
    return f"{bot_id} {side} {coin}"


def executed_document(bot_id: str, decision_id: str, executed: Executed) -> dict[str, Any]:
    """The latest execution of a decision: in its own document, else in one apart."""
    execution = executed.execution
    if execution.error is not None:
        execution = execution.model_copy(update={"error": _cut(execution.error)})
    return {
        "bot_id": bot_id,
        "decision_id": _cut(decision_id),
        "at": list(executed.at),
        "execution": execution.model_dump_json(),
    }


def executed_of(document: Document) -> Executed:
    """The execution of a document."""
    return PLAIN.executed_of([*document["at"], document["execution"]])


def mark_values(marked: Marked) -> list[Any]:
    """A mark within its bot's document."""
    return list(PLAIN.marked_values(marked))


def marks_in(document: Document | None) -> dict[str, list[Any]]:
    """All marks of a bot's document, by the client's position id."""
    return {} if document is None else dict(json.loads(document["marks"]))


def marked_of(values: list[Any]) -> Marked:
    """A mark from its values."""
    return PLAIN.marked_of(values)


def bucket_values(bucket: Bucket) -> list[Any]:
    """A bucket within its document."""
    return list(PLAIN.bucket_values(bucket))


def buckets_in(document: Document | None) -> dict[int, list[Any]]:
    """All buckets of a document, by number."""
    if document is None:
        return {}
    return {int(number): values for number, values in json.loads(document["buckets"]).items()}


def bucket_of(values: list[Any]) -> Bucket:
    """A bucket from its values."""
    return PLAIN.bucket_of(values)


def candles_in(document: Document | None) -> dict[int, list[Any]]:
    """All candles of a document, by start in microseconds."""
    if document is None:
        return {}
    return {int(start): values for start, values in json.loads(document["candles"]).items()}


def candle_values(candle: CandleState) -> list[Any]:
    """A candle within its document."""
    return list(PLAIN.candle_values(candle))


def candle_of(values: list[Any]) -> CandleState:
    """A candle from its values."""
    return PLAIN.candle_of(values)


def error_document(state: ErrorState) -> dict[str, Any]:
    """Something that went wrong; what was refused of unknown bots is listed as the default's."""
    return {
        "key": key_text(state.key),
        "at": state.at,
        "event_id": state.event_id,
        "bot_id": state.bot_id or DEFAULT_BOT,
        "unknown": state.bot_id == UNKNOWN,
        "kind": state.kind,
        "message": state.message,
        "decision_id": _cut(state.decision_id),
        "code": _cut(state.code),
    }


def error_of(document: Document) -> ErrorState:
    """What went wrong, of a document."""
    key = key_of(document["key"])
    return ErrorState(
        key,
        document.get("at", key.time),
        document["event_id"],
        UNKNOWN if document["unknown"] else document["bot_id"],
        document["kind"],
        document["message"],
        document["decision_id"],
        document.get("code"),
    )


def _cut(value: Any) -> Any:
    return value[: LONGEST - 1] + "…" if isinstance(value, str) and len(value) > LONGEST else value
