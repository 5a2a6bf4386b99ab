"""Shared records: made once, replaced only by who read the latest, bounded, durable."""

import asyncio

import pytest

from motherhaven.contract.errors import StoreError
from motherhaven.stores import Store
from motherhaven.stores.shared import MAX_CHARS, Shared, put_own_record
from tests.conformance.stores.kit import Place


def test_a_record_is_made_once_and_changed_by_who_read_the_latest(place: Place) -> None:
    """None before, revisions 1, 2, …; an old revision changes nothing; names are apart."""

    async def scenario(store: Store) -> None:
        assert await store.get_shared_record("keys") is None
        assert not await store.put_shared_record("keys", "too early", 1)
        assert await store.put_shared_record("keys", "one ✓", None)
        assert not await store.put_shared_record("keys", "again", None)
        assert await store.get_shared_record("keys") == Shared("one ✓", 1)
        assert await store.put_shared_record("keys", "two", 1)
        assert not await store.put_shared_record("keys", "late", 1)
        assert await store.get_shared_record("keys") == Shared("two", 2)
        assert await store.get_shared_record("alerts") is None
        assert await put_own_record(store, "keys", "two", 1), "its own change, answer lost"
        assert not await put_own_record(store, "keys", "another", 1)

    place.run(scenario)


def test_of_many_who_change_it_at_once_one_wins_each_revision(place: Place) -> None:
    """Eight increments by compare-and-set at once: none is lost, none counts twice."""

    async def add_one(store: Store) -> None:
        while True:
            known = await store.get_shared_record("count")
            number = int(known.text) if known else 0
            if await store.put_shared_record("count", str(number + 1), known and known.revision):
                return

    async def scenario(store: Store) -> None:
        await asyncio.gather(*(add_one(store) for _ in range(8)))
        assert await store.get_shared_record("count") == Shared("8", 8)

    place.run(scenario)


def test_records_are_bounded(place: Place) -> None:
    """The largest text comes back whole; a longer one, NUL, or a strange name is refused."""

    async def scenario(store: Store) -> None:
        largest = "ü" * MAX_CHARS
        assert await store.put_shared_record("large", largest, None)
        assert await store.get_shared_record("large") == Shared(largest, 1)
        for name, text in (("large", largest + "x"), ("large", "a\0b"), ("../x", ""), ("", "")):
            with pytest.raises(StoreError):
                await store.put_shared_record(name, text, 1)
        with pytest.raises(StoreError):
            await store.get_shared_record("No Name")
        assert await store.get_shared_record("large") == Shared(largest, 1)

    place.run(scenario)


def reopened_in_place(place: Place) -> None:
    """What forgets at exit keeps its records over a close and open of the same store."""

    async def scenario(store: Store) -> None:
        assert await store.put_shared_record("keys", "kept", None)
        await store.close()
        await store.open()
        assert await store.get_shared_record("keys") == Shared("kept", 1)

    place.run(scenario)


def test_records_outlive_a_restart(place: Place) -> None:
    """A durable store has them again; another store at the same place sees them at once."""
    if not place.backend.durable:
        reopened_in_place(place)
        return

    async def first(store: Store) -> None:
        assert await store.put_shared_record("keys", "kept", None)
        other = place.store()
        await other.open()
        try:
            assert await other.get_shared_record("keys") == Shared("kept", 1)
            assert await other.put_shared_record("keys", "by the other", 1)
        finally:
            await other.close()
        assert not await store.put_shared_record("keys", "stale", 1)

    async def second(store: Store) -> None:
        assert await store.get_shared_record("keys") == Shared("by the other", 2)

    place.run(first)
    place.run(second)
