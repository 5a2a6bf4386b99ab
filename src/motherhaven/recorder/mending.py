"""A payload with wrong values made one that its kind allows; what was changed is noted.

What a field cannot hold is left out where it may be missing; the few fields that an event
must have get a value that says that it is not known.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import ValidationError

from motherhaven.contract.events import PAYLOADS, BotState, Kind, SideName, Signal
from motherhaven.recorder.faults import Faults
from motherhaven.recorder.wire_check import refused_fields

_ROUNDS: Final = 4

UNKNOWN_COIN: Final = "UNKNOWN"

_INSTEAD: Final[Mapping[tuple[str, str], Any]] = {
    ("decision", "coin"): UNKNOWN_COIN,
    ("decision", "signal"): "hold",
    ("decision", "quantity_usd"): None,
    ("decision", "leverage"): None,
    ("decision", "confidence"): None,
    ("decision", "justification"): None,
    ("account", "realized_pnl"): 0,
    ("account", "unrealized_pnl"): 0,
    ("account", "total_pnl"): 0,
    ("account", "num_positions"): 0,
    ("position_opened", "coin"): UNKNOWN_COIN,
    ("position_opened", "quantity_usd"): 0,
    ("position_opened", "leverage"): 0,
    ("position_opened", "entry_price"): 0,
    ("position_closed", "coin"): UNKNOWN_COIN,
    ("position_closed", "quantity_usd"): 0,
    ("position_closed", "leverage"): 0,
    ("position_closed", "entry_price"): 0,
    ("position_closed", "exit_price"): None,
    ("position_closed", "realized_pnl"): None,
    ("status", "status"): "error",
}
"""What stands for a value that an event must have and that is not known. A position's price,
margin and leverage are never 0, so a 0 there cannot be taken for a real one."""

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "signal": get_args(Signal),
    "side": get_args(SideName),
    "status": get_args(BotState),
}
_TEXT: Final = "string_type"
_SHORT: Final = ("string_too_long",)


def mend(kind: Kind, payload: Mapping[str, Any], faults: Faults) -> dict[str, Any] | None:
    """`payload` (cleaned) as one that the model of `kind` takes; None if it cannot be made.

    Raises:
        InvalidEvent: `faults` are strict and something is wrong.
    """
    mended = dict(payload)
    for _ in range(_ROUNDS):
        problems = _problems(kind, mended)
        if not problems:
            return _within_bounds(kind, mended, faults)
        for field, (code, message) in problems.items():
            if not _mend_field(kind, mended, field, code, message, faults):
                return None
    return None


def _within_bounds(kind: Kind, payload: dict[str, Any], faults: Faults) -> dict[str, Any] | None:
    """The payload without what its model takes and a server refuses: beyond its bounds."""
    fields = PAYLOADS[kind].model_fields
    base: dict[str, Any] = {}
    for field, value in payload.items():
        if (kind, field) in _INSTEAD:
            base[field] = _INSTEAD[kind, field]
        elif field in fields and fields[field].is_required():
            base[field] = value
    for field in refused_fields(kind, payload, base):
        if not _replace(kind, payload, field, "out_of_range", "outside the accepted range", faults):
            return None
    return payload


def _problems(kind: Kind, payload: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The first problem of each top-level field: pydantic's type of error, and its words."""
    try:
        PAYLOADS[kind].model_validate(payload)
    except ValidationError as error:
        found: dict[str, tuple[str, str]] = {}
        for item in error.errors(include_url=False, include_input=False, include_context=False):
            field = str(item["loc"][0]) if item["loc"] else ""
            found.setdefault(field, (item["type"], item["msg"]))
        return found
    return {}


def _mend_field(
    kind: Kind, payload: dict[str, Any], field: str, code: str, message: str, faults: Faults
) -> bool:
    given = payload.get(field)
    if code in _SHORT and isinstance(given, str):
        payload[field] = given[:64]
        faults.add(code, field, "too long; cut to 64 characters", _shown(given), "use a short name")
        return True
    if code == _TEXT and given is not None:
        payload[field] = _shown(given)
        faults.add(code, field, "not text; its text is kept", _shown(given), "give text")
        return True
    word = _word(field, given)
    if word is not None:
        payload[field] = word
        faults.add(code, field, f"taken as {word}", _shown(given), f"give {word!r}")
        return True
    return _replace(kind, payload, field, code, message, faults)


def _replace(
    kind: Kind, payload: dict[str, Any], field: str, code: str, message: str, faults: Faults
) -> bool:
    given = payload.get(field)
    shown = None if given is None else _shown(given)
    told = "missing" if given is None else message.removeprefix("Value error, value: ")
    place = (kind, field)
    if place in _INSTEAD:
        instead = _INSTEAD[place]
        payload[field] = instead
        faults.add(code, field, f"{told}; recorded as {json.dumps(instead)}", shown)
        return True
    model = PAYLOADS[kind].model_fields.get(field)
    if model is not None and model.is_required():
        faults.add(code, field, f"{told}; the record cannot be made without it", shown)
        return False
    payload.pop(field, None)
    faults.add(code, field, f"{told}; left out", shown)
    return True


def _word(field: str, given: object) -> str | None:
    """The documented word that differs from `given` only in case, spaces or hyphens."""
    if not isinstance(given, str) or len(given) > 40:
        return None
    spelled = given.strip().lower().replace(" ", "_").replace("-", "_")
    return spelled if spelled in _WORDS.get(field, ()) else None


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
