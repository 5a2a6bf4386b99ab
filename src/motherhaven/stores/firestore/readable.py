"""The documents of the four old collections: the payload, readable by what reads them today.

Numbers are Firestore numbers (a double keeps 15 digits; the exact text is in the event's
own document), names and nesting are the payload's. What Firestore cannot hold, or what
would make the document too large, is left out here and nowhere else.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from motherhaven.contract.times import format_time
from motherhaven.stores.keys import moment
from motherhaven.stores.records import Record
from motherhaven.stores.states import PositionState

OURS: Final = "motherhaven"
"""Our one field in a readable document: whose it is, and that it needs no adoption."""

VALUE_CHARS: Final = 50_000
DOCUMENT_CHARS: Final = 150_000
_DEPTH: Final = 10
_RESERVED: Final = re.compile(r"__.*__", re.DOTALL)
_LEFT_OUT: Final = object()
_WIDEST: Final = 1 << 53


def readable_event(
    record: Record, payload: Mapping[str, Any], body: BaseModel, texts: Mapping[str, str]
) -> dict[str, Any]:
    """The document of a decision, account state or heartbeat; `texts` go in as they are."""
    exact = body.model_dump(exclude_unset=True)
    document: dict[str, Any] = {}
    room = DOCUMENT_CHARS
    for name, value in payload.items():
        plain = plain_value(exact.get(name, value))
        size = len(name) + _size(plain)
        if _is_name(name) and plain is not _LEFT_OUT and size <= min(room, VALUE_CHARS):
            document[name] = plain
            room -= size
    document |= texts
    document[OURS] = {
        "event_id": record.event_id,
        "bot_id": record.bot_id,
        "bot_name": record.bot_name,
        "mode": record.mode,
        "time": moment(record.shown),
        "received_at": moment(record.received),
    }
    return document


def readable_position(state: PositionState, *, with_entry: bool) -> dict[str, Any]:
    """A position's row; without the entry's fields they stay as an old document has them."""
    document: dict[str, Any] = {"status": "open" if state.exit is None else "closed"}
    if with_entry:
        document |= {
            "coin": state.coin,
            "side": state.side,
            "quantity_usd": plain_number(state.quantity),
            "leverage": plain_number(state.leverage),
            "entry_price": plain_number(state.entry_price),
            "entry_time": format_time(moment(state.entered)),
        }
        if state.ref is not None:
            document["position_id"] = state.ref
    if state.exited is not None:
        document |= {
            "exit_price": plain_number(state.exit_price),
            "exit_time": format_time(moment(state.exited)),
            "realized_pnl": plain_number(state.realized),
        }
    document[OURS] = {"bot_id": state.bot_id, "mode": state.mode}
    return document


def plain_number(value: Decimal | None) -> int | float | None:
    """A decimal as a Firestore number: whole ones as integers while exact."""
    if value is None:
        return None
    whole = value == value.to_integral_value() and abs(value) < _WIDEST
    return int(value) if whole else float(value)


def plain_value(value: Any, depth: int = 0) -> Any:
    """A JSON value as Firestore holds it; _LEFT_OUT for an array within an array, or too deep."""
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 1 << 63 else float(value)
    if isinstance(value, Mapping):
        if depth >= _DEPTH:
            return _LEFT_OUT
        pairs = ((name, plain_value(item, depth + 1)) for name, item in value.items())
        return {name: item for name, item in pairs if _is_name(name) and item is not _LEFT_OUT}
    if isinstance(value, list | tuple):
        items = [plain_value(item, depth + 1) for item in value]
        nested = any(item is _LEFT_OUT or isinstance(item, list) for item in items)
        return _LEFT_OUT if nested or depth >= _DEPTH else items
    return value


def _is_name(name: str) -> bool:
    return 0 < len(name) <= 300 and name != OURS and not _RESERVED.fullmatch(name)


def _size(value: Any) -> int:
    """About how many characters a value takes; at least what it does."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(name) + _size(item) for name, item in value.items())
    if isinstance(value, list):
        return sum(map(_size, value)) + 8
    return 8
