"""Many events of one kind in one record of a journal; they travel and are shown singly.

A replay over recorded bars mostly holds: its decisions, and the reports of its account, differ
in a few fields from one cycle to the next. A bulk record says once what is the same in all
(`same`), has a column for what differs (`each`), and numbers the ids that count up
(`numbered`: the id with ".0", ".1", …). `parts` are lists of objects that are made likewise.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal, NotRequired, TypedDict, TypeGuard

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events.base import Payload
from motherhaven.contract.events.kinds import LANES, Kind, Lane
from motherhaven.contract.plain_list import PlainList

BulkKind = Literal["decisions", "accounts"]
"""What a bulk record is called in a journal; no server ever sees one."""

RecordedKind = Kind | BulkKind

BULK: Final[dict[BulkKind, Kind]] = {"decisions": "decision", "accounts": "account"}
"""The kind of the events in each bulk record."""

MAX_BULK: Final = 2_000
"""Events in one bulk record: a reader has them all in memory at once."""

_PARTS: Final = 1_000


class BulkPart(TypedDict):
    """An object in a list of each event: what is the same in all events, and what differs."""

    same: Payload
    each: dict[str, Sequence[Any]]


class BulkRecord(TypedDict):
    """The payload of a bulk record of `count` events."""

    count: int
    same: Payload
    each: dict[str, Sequence[Any]]
    numbered: dict[str, str]
    parts: NotRequired[dict[str, list[BulkPart]]]


def is_bulk(kind: str) -> TypeGuard[BulkKind]:
    """Whether a record of this kind has many events in it."""
    return kind in BULK


def single_kind(kind: RecordedKind) -> Kind:
    """The kind of the events in a record of `kind`."""
    return BULK[kind] if kind == "decisions" or kind == "accounts" else kind


def lane_of(kind: RecordedKind) -> Lane:
    """The lane of a record, single or bulk."""
    return LANES[single_kind(kind)]


def encode(
    count: int,
    same: Payload,
    each: Mapping[str, Sequence[Any]],
    numbered: Mapping[str, str],
    parts: Mapping[str, Sequence[tuple[Payload, Mapping[str, Sequence[Any]]]]] | None = None,
) -> Payload:
    """A bulk record of `count` events; every column, of parts too, has `count` values.

    `each` must have "timestamp", the time of each event.
    """
    record: BulkRecord = {
        "count": count,
        "same": same,
        "each": dict(each),
        "numbered": dict(numbered),
    }
    if parts:
        record["parts"] = {
            name: [{"same": one, "each": dict(columns)} for one, columns in items]
            for name, items in parts.items()
        }
    return dict(record)


def texts(column: Iterable[Decimal]) -> list[Any]:
    """A column of numbers as the text that JSON has for them, at once where that is plain."""
    numbers = list(column)
    found = PlainList(map(str, numbers))
    # "E": an exponent. NaN and infinity have an "N" each; the writer of JSON refuses them.
    joined = "".join(found)
    return numbers if "E" in joined or "N" in joined or "I" in joined else found


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
        yield item


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidEvent(f"{where}: an object is missing in the bulk record")
    return dict(value)


def _list(value: object, where: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or len(value) > _PARTS:
        raise InvalidEvent(f"{where}: a list of at most {_PARTS} is missing in the bulk record")
    return [_object(one, where) for one in value]


def _columns(value: object, count: int, where: str) -> dict[str, list[Any]]:
    columns = _object(value, where)
    for name, column in columns.items():
        if not isinstance(column, list) or len(column) != count:
            raise InvalidEvent(f"{where}.{name}: the column does not have {count} values")
    return columns
