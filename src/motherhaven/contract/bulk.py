"""Many events of one kind in one record of a journal; they travel and are shown singly.

A replay over recorded bars mostly holds: its decisions, and the reports of its account, differ
in a few fields from one cycle to the next. A bulk record says once what is the same in all
(`same`), has a column for what differs (`each`), and numbers the ids that count up
(`numbered`: the id with ".0", ".1", …). `parts` are lists of objects that are made likewise.
`derived` are figures that follow from the others, so that nobody writes them down. A `table` is
a list of rows, by its columns. Columns are those of `columns.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal, NotRequired, TypedDict, TypeGuard

from motherhaven.contract.columns import Column, read_column
from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events.base import Payload
from motherhaven.contract.events.kinds import LANES, Kind, Lane
from motherhaven.contract.events.market import MAX_CANDLES
from motherhaven.contract.exact import minus, plus, quotient, times
from motherhaven.contract.margin_math import liquidation, maintenance

BulkKind = Literal["decisions", "accounts", "statuses", "bars"]
"""What a bulk record is called in a journal; no server ever sees one."""

RecordedKind = Kind | BulkKind

BULK: Final[dict[BulkKind, Kind]] = {
    "decisions": "decision",
    "accounts": "account",
    "statuses": "status",
    "bars": "candles",
}
"""The kind of the events in each bulk record."""

_SINGLE: Final[Mapping[RecordedKind, Kind]] = dict([*((one, one) for one in LANES), *BULK.items()])

MAX_BULK: Final = 2_000
"""Events in one bulk record: a reader has them all in memory at once."""

MARGIN: Final = ("used_usd", "available_usd")
"""What follows from an account's equity and its cross positions: notional / leverage of each is
used, the rest is available."""

_PARTS: Final = 1_000
_NOTHING: Final = Decimal(0)


class BulkPart(TypedDict):
    """An object in a list of each event: what is the same in all events, and what differs."""

    same: Payload
    each: dict[str, Column]


class BulkTable(TypedDict):
    """Rows of values, alike in all events of the record."""

    rows: int
    columns: Sequence[Column]


class Tier(TypedDict):
    """The margin tier that an only position is in, with its decimals as text or Decimal."""

    twice: Any
    deduction: Any


class Derived(TypedDict):
    """What follows: the fields in MARGIN, and with a `tier` the liquidation price."""

    tier: Tier | None


class BulkRecord(TypedDict):
    """The payload of a bulk record of `count` events."""

    count: int
    same: Payload
    each: dict[str, Column]
    numbered: dict[str, str]
    parts: NotRequired[dict[str, list[BulkPart]]]
    derived: NotRequired[Derived]
    tables: NotRequired[dict[str, BulkTable]]


def is_bulk(kind: str) -> TypeGuard[BulkKind]:
    """Whether a record of this kind has many events in it."""
    return kind in BULK


def single_kind(kind: RecordedKind) -> Kind:
    """The kind of the events in a record of `kind`."""
    return _SINGLE[kind]


def lane_of(kind: RecordedKind) -> Lane:
    """The lane of a record, single or bulk."""
    return LANES[single_kind(kind)]


def encode(
    count: int,
    same: Payload,
    each: Mapping[str, Column],
    numbered: Mapping[str, str],
    parts: Mapping[str, Sequence[tuple[Payload, Mapping[str, Column]]]] | None = None,
    derived: Derived | None = None,
) -> Payload:
    """A bulk record of `count` events; every column, of parts too, has `count` values.

    `each` must have "timestamp", the time of each event. `derived` leaves out what is in MARGIN:
    it follows from "equity_usd" and the "positions", which are all cross; with a tier there is
    one position, and its liquidation price is left out too.
    """
    record: Payload = {"count": count}  # with keys in order, as all payloads have them
    if derived is not None:
        record["derived"] = derived
    record["each"] = _in_order(each)
    record["numbered"] = dict(numbered)
    if parts:
        record["parts"] = {
            name: [{"each": _in_order(columns), "same": one} for one, columns in items]
            for name, items in sorted(parts.items())
        }
    record["same"] = same
    return record


def encode_table(
    same: Payload, time: str, name: str, rows: int, columns: Sequence[Column]
) -> Payload:
    """A bulk record of one event at `time` (RFC 3339) with a list of `rows` in the field `name`."""
    table: BulkTable = {"columns": columns, "rows": rows}
    record: BulkRecord = {
        "count": 1,
        "each": {"timestamp": [time]},
        "numbered": {},
        "same": same,
        "tables": {name: table},
    }
    return dict(record)


def _in_order(columns: Mapping[str, Column]) -> dict[str, Column]:
    return dict(sorted(columns.items()))


def count_of(payload: Mapping[str, Any]) -> int:
    """How many events a bulk record has.

    Raises:
        InvalidEvent: it does not say so, or says what cannot be.
    """
    count = payload.get("count")
    if type(count) is not int or not 0 < count <= MAX_BULK:
        raise InvalidEvent(
            f"count: {str(count)[:40]!r} is no number of events of a bulk record; it has 1 to "
            f"{MAX_BULK}"
        )
    return count


def item_id(event_id: str, number: int) -> str:
    """The id of event `number`, from 0, of the bulk record `event_id`."""
    return f"{event_id}.{number}"


def expand(payload: Mapping[str, Any]) -> Iterator[Payload]:
    """The payloads of a bulk record's events, in order, as each alone would have been recorded.

    Raises:
        InvalidEvent: the record contradicts itself.
    """
    count = count_of(payload)
    same = _object(payload.get("same"), "same")
    columns = _columns(payload.get("each"), count, "each")
    if "timestamp" not in columns:
        raise InvalidEvent("each.timestamp: the bulk record has no times")
    numbered = _object(payload.get("numbered"), "numbered")
    parts = {
        name: [
            (_object(one.get("same"), name), _columns(one.get("each"), count, name))
            for one in _list(items, name)
        ]
        for name, items in _object(payload.get("parts", {}), "parts").items()
    }
    derived = None if payload.get("derived") is None else _object(payload["derived"], "derived")
    same |= {
        name: _rows(table, f"tables.{name}")
        for name, table in _object(payload.get("tables", {}), "tables").items()
    }
    for number in range(count):
        item = dict(same)
        for name, column in columns.items():
            item[name] = column[number]
        for name, first in numbered.items():
            item[name] = item_id(str(first), number)
        for name, made in parts.items():
            item[name] = [
                {**one, **{field: column[number] for field, column in differing.items()}}
                for one, differing in made
            ]
        if derived is not None:
            _derive(item, derived.get("tier"))
        yield item


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidEvent(f"{where}: an object is missing in the bulk record")
    return dict(value)


def _list(value: object, where: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or len(value) > _PARTS:
        raise InvalidEvent(f"{where}: a list of at most {_PARTS} is missing in the bulk record")
    return [_object(one, where) for one in value]


def _columns(value: object, count: int, where: str) -> dict[str, Sequence[Any]]:
    return {
        name: read_column(column, count, f"{where}.{name}")
        for name, column in _object(value, where).items()
    }


def _derive(item: Payload, tier: Mapping[str, Any] | None) -> None:
    """Work out what the record leaves out of an account."""
    try:
        equity, used = Decimal(item["equity_usd"]), _NOTHING
        for position in item["positions"]:
            size, mark = Decimal(position["size"]), Decimal(position["mark"])
            notional = times(size.copy_abs(), mark)
            used = plus(used, quotient(notional, Decimal(position["leverage"])))
            if tier is not None:
                twice = Decimal(tier["twice"])
                free = minus(equity, maintenance(notional, twice, Decimal(tier["deduction"])))
                price = liquidation(size, mark, free, twice)
                if price > 0:
                    position["liquidation_price"] = format(price, "f")
        item["used_usd"] = format(used, "f")
        item["available_usd"] = format(minus(equity, used), "f")
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidEvent(f"derived: the margin follows from nothing here ({error!r})") from None


def _rows(value: object, where: str) -> list[list[Any]]:
    table = _object(value, where)
    count, columns = table.get("rows"), table.get("columns")
    if type(count) is not int or not 0 < count <= MAX_CANDLES or not isinstance(columns, list):
        raise InvalidEvent(f"{where}: a table has 1 to {MAX_CANDLES} rows, and columns")
    made = [read_column(one, count, f"{where}[{n}]") for n, one in enumerate(columns)]
    return [list(row) for row in zip(*made, strict=True)]
