"""What was sent but refused: kept among the errors, within bounds that no flood exceeds."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.ids import DEFAULT_BOT, check_id
from motherhaven.stores.keys import Key, micros
from motherhaven.stores.states import ErrorState

PER_HOUR: Final = 20
"""So many refusals of one bot, or of all unknown ones together, are kept in an hour."""

UNKNOWN: Final = ""
"""The bot of a refusal whose sender is no known bot; lists show it as DEFAULT_BOT."""

FIRST_NUMBER: Final = 1 << 60
"""Refusals are no events: they are numbered from here on, past what events can reach."""

_CHARS: Final = 500
_HOUR: Final = 3_600_000_000
_LAST: Final = " (more of this hour are not listed)"


def claimed_bot(bot_id: object) -> str | None:
    """The bot id that a refused body claims, if it is one; None for who does not say."""
    try:
        claimed = check_id(bot_id, "bot_id")
    except InvalidEvent:
        return None
    return None if claimed == DEFAULT_BOT else claimed


def hour_of(at: datetime) -> tuple[int, int]:
    """The hour [from, to) around `at`, in microseconds."""
    start = micros(at) // _HOUR * _HOUR
    return start, start + _HOUR


def new_rejection(
    *,
    claimed: str | None,
    known: bool,
    at: datetime,
    message: str,
    code: str | None,
    kept: Sequence[str],
    number: int,
) -> ErrorState | None:
    """The error to keep as `number`, or None where it is kept already or there are enough.

    `known` says that `claimed`, from claimed_bot(), is a bot of this store; `kept` has the
    event ids of the refusals of the same bot (or of UNKNOWN) in the same hour.
    """
    text = message.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    text = text.removesuffix(_LAST)
    if not known and claimed is not None:
        text = f"{claimed}: {text}"
    text = text[:_CHARS]
    bot_id = claimed if known and claimed is not None else UNKNOWN
    time = micros(at)
    name = hashlib.sha256(f"{bot_id}|{time}|{text}".encode()).hexdigest()[:32]
    if name in kept or len(kept) >= PER_HOUR:
        return None
    if len(kept) == PER_HOUR - 1:
        text += _LAST
    return ErrorState(Key(time, 0, 0, number), time, name, bot_id, "ingest", text, None, code)
