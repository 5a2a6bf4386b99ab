"""The tables as the code writes them: columns and kinds of values, the same for every database.

A database may keep a column in another way, or not at all: its session's `write` knows.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from motherhaven.stores.rows import BOT, BUCKET, CANDLE, POSITION, WHOLE, Rows

Kind = Literal["int", "big", "small", "text", "flag", "bytes", "time", "money"]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table that rows are written to; with a `key`, a row replaces the one of its key."""

    name: str
    columns: dict[str, Kind]
    key: tuple[str, ...] = ()


_ORDER: Final[dict[str, Kind]] = {"n": "big", "epoch": "big", "seq": "big", "recorded": "time"}
_PLACE: Final[dict[str, Kind]] = {"time": "time", "epoch": "big", "seq": "big", "n": "big"}


def _columns(names: tuple[str, ...], **kinds: str) -> dict[str, Kind]:
    """Columns and their kinds, which are listed by kind; those not listed are money."""
    of: dict[str, Any] = {name: kind for kind, listed in kinds.items() for name in listed.split()}
    return {name: of.get(name, "money") for name in names}


_BOT: Final = _columns(
    BOT,
    text="id name mode decider market orders",
    time="first_seen last_seen last_decision status_recorded account_recorded",
    big="status_n status_epoch status_seq account_n account_epoch account_seq",
)
_POSITION: Final = _columns(
    POSITION,
    text="id ref mode coin side reason entry_decision_id exit_decision_id",
    time="entry_time exit_time entered exited",
    big="entry_epoch entry_seq entry_n exit_epoch exit_seq exit_n",
    flag="opened",
)
_BUCKET: Final = _columns(BUCKET, time="time", big="epoch seq n")
_CANDLE: Final = _columns(CANDLE, time="recorded", big="n epoch seq", int="interval")


def bots(rows: Rows) -> Table:
    """The bots; their totals are one text or a column each, as `rows` has them."""
    totals: dict[str, Kind] = {
        name: "text" if len(rows.totals) == 1 else "big" if name in WHOLE else "money"
        for name in rows.totals
    }
    return Table("bots", {"no": "int", **_BOT, **totals}, ("no",))


EVENTS: Final = Table("events", {
    "n": "big", "event_id": "text", "sha256": "bytes", "bot": "int", "bot_name": "text",
    "mode": "text", "kind": "text", "epoch": "big", "seq": "big", "time": "time",
    "recorded": "time", "received": "time", "payload": "text",
})  # fmt: skip
TEXTS: Final = Table("texts", {"n": "big", "field": "small", "chunk": "int", "text": "text"})
DECISIONS: Final = Table(
    "decisions",
    {"bot": "int", **_PLACE, "coin": "text", "signal": "text", "allowed": "flag"},
)
EXECUTIONS: Final = Table(
    "executions",
    {"bot": "int", "decision_id": "text", **_ORDER, "status": "text", "execution": "text"},
    ("bot", "decision_id"),
)
POSITIONS: Final = Table("positions", {"bot": "int", **_POSITION}, ("bot", "id"))
POSTINGS: Final = Table("postings", {"bot": "int", "position_id": "text", "kind": "text", **_PLACE})
MARKS: Final = Table(
    "marks",
    {"bot": "int", "ref": "text", **_ORDER, "time": "time", "mark": "text"},
    ("bot", "ref"),
)
ROLLUPS: Final = Table(
    "rollups",
    {"tier": "int", "bot": "int", "bucket": "big", **_BUCKET},
    ("tier", "bot", "bucket"),
)
CANDLES: Final = Table(
    "candles",
    {"bot": "int", "coin": "text", "start": "time", **_CANDLE},
    ("bot", "coin", "start"),
)
ERRORS: Final = Table("errors", {
    "no": "big", "bot": "int", "kind": "text", "event_id": "text", "time": "time",
    "epoch": "big", "seq": "big", "message": "text", "decision_id": "text", "at": "time",
    "code": "text",
})  # fmt: skip
