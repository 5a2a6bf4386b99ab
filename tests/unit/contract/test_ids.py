"""Ids: sorted by time, unique, checked."""

import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.ids import IdSource, check_id, client_order_id


class _Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0


def test_ids_are_uuid7_and_strictly_increasing() -> None:
    """Ten thousand ids in one millisecond, and a clock that jumps back, stay in order."""
    clock = _Clock()
    source = IdSource(clock, random.Random(7).randbytes)
    ids = [source.new() for _ in range(10_000)]
    clock.time -= timedelta(days=3)
    ids += [source.new() for _ in range(100)]
    assert ids == sorted(set(ids))
    first = uuid.UUID(ids[0])
    assert (first.version, first.variant) == (7, uuid.RFC_4122)
    assert int(first) >> 80 == int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)


def test_cloid_depends_on_decision_coin_and_leg_only() -> None:
    """The same leg gets the same cloid each time; another leg another one."""
    cloid = client_order_id("d1", "BTC", "entry")
    assert cloid == client_order_id("d1", "BTC", "entry")
    assert cloid != client_order_id("d1", "BTC", "stop")
    assert cloid.startswith("0x")
    assert len(cloid) == 34


@pytest.mark.parametrize("value", ["", "a b", "x" * 129, None, 5, "../etc", "<b>"])
def test_odd_ids_are_refused(value: object) -> None:
    """What could harm a path, a page or a key is no id."""
    with pytest.raises(InvalidEvent, match="bot_id"):
        check_id(value, "bot_id")
