"""The digest of a whole row: that its envelope, too, is what was recorded."""

import hashlib
from typing import Final, NamedTuple

from motherhaven.contract.bulk import BULK, RecordedKind, lane_of
from motherhaven.contract.events import LANES
from motherhaven.contract.wire import payload_sha256
from motherhaven.recorder.schema import LANE_CODES

COLUMNS: Final = (
    "seq", "event_id", "bot_id", "mode", "epoch", "kind", "lane", "lane_seq", "row_id", "time",
    "recorded_at", "sha256", "payload", "digest",
)  # fmt: skip
"""The stored columns of `events`, in their order in the file."""

INSERT: Final = (
    f"INSERT INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join('?' for _ in COLUMNS)})"  # noqa: S608  # fixed names
)
SELECT: Final = (
    "SELECT seq, CAST(event_id AS BLOB), CAST(bot_id AS BLOB), CAST(mode AS BLOB), epoch,"
    " CAST(kind AS BLOB), lane, lane_seq, row_id, CAST(time AS BLOB),"
    " CAST(recorded_at AS BLOB), CAST(sha256 AS BLOB), CAST(payload AS BLOB),"
    " CAST(digest AS BLOB) FROM events"
)
"""Texts as bytes: damaged ones need not be UTF-8."""

_made: Final = tuple.__new__
"""Makes a row of all of its values, in a third of the time that its own class takes."""

KINDS: Final[dict[str, RecordedKind]] = {kind: kind for kind in (*LANES, *BULK)}
"""Every kind of a row, by its own text."""


class Row(NamedTuple):
    """One row of `events` that is what was recorded; `digest` is None before version 2.

    A bulk record has the numbers (seq, lane_seq, row_id) of the last of its events; the numbers
    right before are those of the others.
    """

    seq: int
    event_id: str
    bot_id: str
    mode: str
    epoch: int
    kind: RecordedKind
    lane: int
    lane_seq: int
    row_id: int | None
    time: str
    recorded_at: str
    sha256: str
    payload: str
    digest: str | None


def row_digest(row: Row) -> str:
    """SHA-256 (hex) over all that a row says, but for its number within its lane."""
    seq, event_id, bot_id, mode, epoch, kind, _, _, row_id, time, recorded_at, sha256, _, _ = row
    text = (
        f"{seq}\n{event_id}\n{bot_id}\n{mode}\n{epoch}\n{kind}\n{row_id}\n{time}\n"
        f"{recorded_at}\n{sha256}"
    )
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(row: Row) -> Row:
    """`row` with its digest."""
    return _made(Row, (*row[:-1], row_digest(row)))


def intact(values: tuple[object, ...]) -> Row | None:
    """The row of these values (texts as bytes, in the order of COLUMNS), if it is intact."""
    try:
        texts = [v.decode() if isinstance(v, bytes) else v for v in values]
    except UnicodeDecodeError:
        return None
    row = Row(*texts)  # type: ignore[arg-type]  # checked below
    numbers = (row.seq, row.epoch, row.lane, row.lane_seq)
    words = (row.event_id, row.bot_id, row.mode, row.time, row.recorded_at, row.sha256)
    if not all(type(number) is int for number in numbers) or row.seq < 1:
        return None
    if not all(type(word) is str for word in (*words, row.payload)):
        return None
    if row.row_id is not None and type(row.row_id) is not int:
        return None
    kind = KINDS.get(row.kind)
    if kind is None or LANE_CODES[lane_of(kind)] != row.lane:
        return None
    payload = values[12]
    if payload_sha256(payload if isinstance(payload, bytes) else b"") != row.sha256:
        return None
    return row if row.digest is None or row.digest == row_digest(row) else None
