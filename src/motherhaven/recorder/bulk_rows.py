"""A bulk record of the journal seen as the events that are in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from motherhaven.contract.bulk import count_of, expand, is_bulk, item_id
from motherhaven.contract.jsonio import dumps, loads_own
from motherhaven.recorder.digest import Row


class Item(NamedTuple):
    """One event of a bulk record; `payload` is its canonical JSON.

    Its numbers are those of the record (seq, lane_seq, row_id) less `before`.
    """

    before: int
    event_id: str
    time: str
    payload: bytes


def singly(event_id: str, data: bytes) -> Sequence[Item]:
    """The events of the bulk record `event_id` with the payload `data`, in order.

    Raises:
        InvalidEvent, InvalidJson: the record contradicts itself.
    """
    found = list(events_of(event_id, loads_own(data)))
    last = len(found) - 1
    return [
        Item(last - number, one, str(payload["timestamp"]), dumps(payload))
        for number, (one, payload) in enumerate(found)
    ]


def events_of(event_id: str, payload: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and payload of each event in a bulk record, in order.

    Raises:
        InvalidEvent: the record contradicts itself.
    """
    for number, item in enumerate(expand(payload)):
        yield item_id(event_id, number), item


def count_in(row: Row) -> int:
    """How many numbers a row takes: its own (seq, lane_seq, row_id) are the last of them.

    Raises:
        InvalidEvent, InvalidJson: a bulk record does not say how many events it has.
    """
    return count_of(loads_own(row.payload.encode())) if is_bulk(row.kind) else 1
