"""Which fields of a payload a server would refuse, by asking the contract itself."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pydantic_core import to_json

from motherhaven.contract.errors import ContractError
from motherhaven.contract.events import LONG_TEXTS, PAYLOADS, Kind
from motherhaven.contract.jsonio import loads_own
from motherhaven.contract.wire import MAX_EVENT_BYTES, event_from_item
from motherhaven.recorder.shorten import shorten, thin

_ANY_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SURELY_CHARS: Final = 30
_TEXTS: Final = ("message", "error", "invalidation_condition", "execution_error")


def refused_fields(kind: Kind, payload: Mapping[str, Any], base: Mapping[str, Any]) -> list[str]:
    """Names of the top-level fields that make `payload` (valid for its model) unacceptable.

    `base` is the same payload with every field that may be missing left out.
    """
    if _is_ordinary(payload) or _is_taken(kind, payload):
        return []
    fields = [field for field in payload if payload[field] is not base.get(field, payload)]
    return _search(kind, payload, base, fields)


def _search(
    kind: Kind, payload: Mapping[str, Any], base: Mapping[str, Any], fields: Sequence[str]
) -> list[str]:
    if not fields or _is_taken(kind, {**base, **{field: payload[field] for field in fields}}):
        return []
    if len(fields) == 1:
        return list(fields)
    half = len(fields) // 2
    first = _search(kind, payload, base, fields[:half])
    return first + _search(kind, payload, base, fields[half:])


def _is_taken(kind: Kind, payload: Mapping[str, Any]) -> bool:
    data = to_json(dict(payload))
    try:
        declared = PAYLOADS[kind].model_fields
        parsed, _ = thin(loads_own(data), declared, "0" * 64, len(data))
        if len(data) > MAX_EVENT_BYTES:  # it travels shortened
            parsed = {key: value for key, value in parsed.items() if key not in LONG_TEXTS} | {
                key: None for key in LONG_TEXTS if key in parsed
            }
            parsed = shorten(parsed, MAX_EVENT_BYTES, declared, "0" * 64)
        item = {"kind": kind, "event_id": "a", "time": _ANY_TIME.isoformat(), "payload": parsed}
        event_from_item(item, _ANY_TIME)
    except ContractError:
        return False
    return True


def _is_ordinary(payload: Mapping[str, Any]) -> bool:
    """Whether every value is so short that it is within any bound; most payloads are."""
    for key, value in payload.items():
        if isinstance(value, str):
            if len(value) > _SURELY_CHARS and key not in LONG_TEXTS and key not in _TEXTS:
                return False
        elif not (value is None or isinstance(value, (bool, int))):
            return False
        if len(key) > _SURELY_CHARS:
            return False
    try:
        confidence = payload.get("confidence")
        return confidence is None or 0 <= Decimal(confidence) <= 1
    except (InvalidOperation, TypeError, ValueError):
        return False
