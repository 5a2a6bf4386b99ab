"""What these tests share: reading a whole log, appending until it is acknowledged."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count

import psycopg

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.contract.events import Event
from motherhaven.stores import Store, Tail
from motherhaven.stores.postgres import PostgresStore
from tests.conformance.stores.kit import StillClock
from tests.patience import HANG_SECONDS, within


def store_at(url: str) -> PostgresStore:
    """A store, not yet open."""
    return PostgresStore(url, clock=StillClock())


def run(url: str, scenario: Callable[[PostgresStore], Awaitable[None]]) -> None:
    """Run `scenario` on an open store."""

    async def whole() -> None:
        store = store_at(url)
        await store.open()
        try:
            await within(scenario(store), 2 * HANG_SECONDS)
        finally:
            await store.close()

    asyncio.run(whole())


async def ids_from(store: Store, cursor: str, seen: list[str]) -> str:
    """Add the ids of all events after `cursor` to `seen`; returns where to go on."""
    more = True
    while more:
        tail: Tail = await store.tail(cursor, 50)
        seen += [stored.event.event_id for stored in tail.events]
        cursor, more = tail.cursor, tail.more
    return cursor


async def open_until_up(store: Store) -> None:
    """Open it, however long the database takes to start."""
    async with asyncio.timeout(HANG_SECONDS):
        while True:
            with suppress(StoreUnavailable):
                return await store.open()
            await asyncio.sleep(0.05)


async def append_until_kept(store: Store, event: Event) -> int:
    """Append as a client does, again and again until it is acknowledged; returns the tries."""
    async with asyncio.timeout(HANG_SECONDS):
        for tries in count(1):
            with suppress(StoreUnavailable):
                [result] = await store.append([event])
                assert result.status in ("stored", "duplicate")
                return tries
            await asyncio.sleep(0.05)
    raise AssertionError("not acknowledged")


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    """The answer of the server itself to a query, as its superuser."""
    with psycopg.connect(url.partition("&schema=")[0], autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def schema_of(url: str) -> str:
    """The schema that a URL names."""
    return url.rpartition("schema=")[2]
