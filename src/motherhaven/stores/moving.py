"""From one place to another: every event in commit order, exactly as it was kept.

A copy needs no notes of its own to go on after a kill: what the target holds must be the
beginning of the source, and the copy goes on behind it.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

from motherhaven.contract.errors import ConfigError, StoreError, StoreUnavailable
from motherhaven.contract.events import Event, Kind
from motherhaven.contract.times import format_time
from motherhaven.contract.views import BotRow, BotStats
from motherhaven.contract.wire import validate_payload
from motherhaven.stores.capabilities import Bulk
from motherhaven.stores.protocol import Store
from motherhaven.stores.unreadable import UNREADABLE

PAGE: Final = 500
BATCH_EVENTS: Final = 1_000
BATCH_BYTES: Final = 8 << 20
_AT_ONCE: Final = 8
_BULK: Final = 100
"""Whole events read at once from a store that has a call for that; each may have a few MB."""

_CARRY_ATTEMPTS: Final = 10
_KIND: Final = 4
"""The place of the kind in `identity`."""

Told = Callable[[int], None]
Merge = Callable[[str, str, str], str]
"""(name, the source's text, the target's) -> the text of a record that both have."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Ingest that was refused: who claimed to send it, when, what was wrong, and its code."""

    bot_id: str
    time: datetime
    message: str
    code: str | None = None


class Source(Protocol):
    """Something that holds events in commit order: a store, or a backup."""

    def lean(self) -> AsyncIterator[Event]:
        """Every event; payloads may lack the long texts."""
        ...

    def whole(self, skip: int) -> AsyncIterator[Event]:
        """Every event after the first `skip`, with its whole payload."""
        ...

    def refusals(self) -> AsyncIterator[Refusal]:
        """The refused ingest, oldest first."""
        ...

    def records(self) -> AsyncIterator[tuple[str, str]]:
        """Name and text of the shared records to take along."""
        ...


@dataclass(slots=True)
class Tally:
    """Counts of events by kind, and one digest over all that an event is, in order."""

    kinds: Counter[str] = field(default_factory=Counter)
    _hash: Any = field(default_factory=hashlib.sha256)

    def add(self, event: Event) -> None:
        """Count a whole event."""
        self.add_identity(identity(event), hashlib.sha256(event.payload).hexdigest())

    def add_identity(self, told: Sequence[Any], digest: str) -> None:
        """Count an event by its `identity` and the SHA-256 of its payload."""
        self.kinds[str(told[_KIND])] += 1
        self._hash.update(json.dumps([*told, digest]).encode() + b"\n")

    @property
    def events(self) -> int:
        """How many events."""
        return self.kinds.total()

    @property
    def sha256(self) -> str:
        """The digest, 64 hex characters."""
        return str(self._hash.hexdigest())

    def manifest(self) -> dict[str, Any]:
        """The tally as JSON."""
        return {"events": self.events, "kinds": dict(self.kinds), "sha256": self.sha256}


class StoreSource:
    """A store as a source, from the oldest event that it still gives.

    `carried` names the shared records to take along.
    """

    def __init__(self, store: Store, carried: Sequence[str] = ()) -> None:
        self.store = store
        self.carried = carried

    async def lean(self) -> AsyncIterator[Event]:
        """Every event, without its long texts."""
        async for page in self._pages():
            for event in page:
                yield event

    async def whole(self, skip: int) -> AsyncIterator[Event]:
        """Every event after the first `skip`, a few being read at once."""
        async for page in self._pages():
            wanted, skip = page[skip:], max(0, skip - len(page))
            step = _BULK if isinstance(self.store, Bulk) else _AT_ONCE
            for start in range(0, len(wanted), step):
                for event in await self._whole_ones(wanted[start : start + step]):
                    if event is not None:
                        yield event

    async def refusals(self) -> AsyncIterator[Refusal]:
        """The refused ingest, oldest first."""
        found: list[Refusal] = []
        before: str | None = None
        while rows := await self.store.errors(
            bot_id=None, kind="ingest", before=before, limit=PAGE
        ):
            found += [Refusal(row.bot_id, row.time, row.message, row.code) for row in rows]
            before = rows[-1].cursor
        for refusal in reversed(found):
            yield refusal

    async def records(self) -> AsyncIterator[tuple[str, str]]:
        """Name and text of each carried record that there is."""
        for name in self.carried:
            record = await self.store.get_shared_record(name)
            if record is not None:
                yield name, record.text

    async def _pages(self) -> AsyncIterator[list[Event]]:
        cursor, more = await self.store.origin(), True
        while more:
            tail = await self.store.tail(cursor, PAGE)
            yield [stored.event for stored in tail.events]
            # A page may be empty though more waits: what cannot be read is passed over.
            cursor, more = tail.cursor, tail.more and tail.cursor != cursor

    async def _whole_ones(self, events: Sequence[Event]) -> list[Event | None]:
        """Events with their long texts; None where they cannot be read, which is counted."""
        if not isinstance(self.store, Bulk):
            return await asyncio.gather(*map(self._whole, events))
        found = await self.store.full_payloads([event.event_id for event in events])
        return [
            self._with(event, *found[event.event_id]) if event.event_id in found else None
            for event in events
        ]

    async def _whole(self, event: Event) -> Event | None:
        try:
            kind, payload = await self.store.full_payload(event.event_id)
        except UNREADABLE as error:
            self.store.unreadable.note(event.bot_id, event.event_id, error)
            return None
        return self._with(event, kind, payload)

    def _with(self, event: Event, kind: Kind, payload: bytes) -> Event | None:
        try:
            body = validate_payload(kind, json.loads(payload))
            return replace(event, payload=payload, body=body)
        except UNREADABLE as error:
            self.store.unreadable.note(event.bot_id, event.event_id, error)
            return None


def identity(event: Event) -> tuple[Any, ...]:
    """All that an event is beside its payload."""
    received = event.received_at or event.recorded_at
    return (
        event.event_id, event.bot_id, event.bot_name, event.mode, event.kind, event.epoch,
        event.seq, format_time(event.time), format_time(event.recorded_at), format_time(received),
    )  # fmt: skip


def _of_the_source(name: str, ours: str, there: str) -> str:
    return ours


async def copy(source: Source, target: Store, told: Told, merge: Merge = _of_the_source) -> int:
    """Copy what `target` does not have yet; returns how many events it had before.

    `told` hears the number of events in the target after each commit. `merge` settles a
    shared record that both have, as when a copy goes on.

    Raises:
        ConfigError: the target holds something that is not the beginning of the source.
        StoreError: the target refused an event, or cannot work now; run it again.
    """
    before = done = await _already_there(source, target)
    batches = _batches(source.whole(before))
    following = asyncio.ensure_future(anext(batches, None))
    try:
        while batch := await following:
            following = asyncio.ensure_future(anext(batches, None))  # read while this is written
            done += await _append(target, batch)
            told(done)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await batches.aclose()
    async for refusal in source.refusals():
        await target.report_rejected(
            bot_id=refusal.bot_id, at=refusal.time, message=refusal.message, code=refusal.code
        )
    async for name, text in source.records():
        await _carry(target, name, text, merge)
    return before


async def _batches(events: AsyncIterator[Event]) -> AsyncGenerator[list[Event], None]:
    """Events in batches that are bounded in number and in bytes."""
    batch: list[Event] = []
    size = 0
    async for event in events:
        batch.append(event)
        size += len(event.payload)
        if len(batch) >= BATCH_EVENTS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def _carry(target: Store, name: str, text: str, merge: Merge) -> None:
    """Put one shared record into the target, whoever else changes it there."""
    for _ in range(_CARRY_ATTEMPTS):
        known = await target.get_shared_record(name)
        wanted = text if known is None else merge(name, text, known.text)
        if known is not None and known.text == wanted:
            return
        if await target.put_shared_record(name, wanted, known.revision if known else None):
            return
    raise StoreUnavailable(
        f"the target's record {name} keeps changing; stop what writes to it, then run this again"
    )


async def _already_there(source: Source, target: Store) -> int:
    count = 0
    ours = source.lean()
    async for event in StoreSource(target).lean():
        known = await anext(ours, None)
        if known is None or identity(known) != identity(event):
            raise _foreign(f"its event number {count + 1} is {event.event_id}")
        count += 1
    if not count and await target.bots():
        raise _foreign("it knows bots, though retention left none of their events")
    return count


def _foreign(what: str) -> ConfigError:
    return ConfigError(
        f"the target is not empty, and it is not the beginning of this copy: {what}. "
        "Name an empty store; to continue a copy, name the same two again"
    )


async def _append(target: Store, batch: list[Event]) -> int:
    results = await target.append(batch)
    for result in results:
        if result.status != "stored":
            raise StoreError(
                f"the target did not keep event {result.event_id} ({result.status}); something "
                "else writes to it: stop that, empty the target and start again"
            )
    return len(results)


async def tally(source: Source, limit: int | None = None) -> Tally:
    """The tally of the first `limit` events of a source, or of all."""
    total = Tally()
    async for event in source.whole(0):
        if limit is not None and total.events >= limit:
            break
        total.add(event)
    return total


def differing_bots(source: list[BotRow], target: list[BotRow]) -> list[str]:
    """The bots whose totals differ: then the source has more than its log still holds."""
    there = {bot.id: _lasting(bot) for bot in target}
    return [bot.id for bot in source if there.get(bot.id) != _lasting(bot)]


def _lasting(bot: BotRow) -> BotStats:
    """The totals of the log; what could not be read tells of the reader."""
    return bot.stats.model_copy(update={"unreadable": 0})
