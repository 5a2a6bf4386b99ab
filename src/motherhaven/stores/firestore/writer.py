"""Group commit: what waits while a commit is under way goes together into the next one."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from motherhaven.contract.errors import MotherhavenError, StoreError, StoreUnavailable
from motherhaven.contract.events import AccountReported, DecisionMade, Event
from motherhaven.stores.firestore import candles, ingest, paths
from motherhaven.stores.firestore.bill import Bill
from motherhaven.stores.firestore.database import Database, in_steps
from motherhaven.stores.firestore.texts import INLINE_BYTES
from motherhaven.stores.needs import needs_of
from motherhaven.stores.protocol import Appended

MAX_WRITES: Final = 500
"""Documents in one commit."""

MAX_BYTES: Final = 4 << 20
"""Payload bytes in one commit; Firestore takes requests of up to 10 MiB."""

_BOT_WRITES: Final = 14
"""The bot, the spans that leave its windows, and a page of each of its lists."""

_SPARE: Final = 5


@dataclass(slots=True)
class Budget:
    """Counts the documents that a commit would write, never too few."""

    readable: bool = True
    bots: set[str] = field(default_factory=set)
    documents: set[paths.Path] = field(default_factory=set)
    writes: int = _SPARE
    size: int = 0
    events: int = 0

    def add(self, event: Event) -> bool:
        """Count an event too; False, and nothing counted, if it does not fit any more."""
        spans = _documents(event) - self.documents
        more = _writes_of(event, readable=self.readable) + len(spans)
        more += _BOT_WRITES * (event.bot_id not in self.bots)
        size = 3 * len(event.payload) + (INLINE_BYTES if event.parts else 0)
        if self.events and (self.writes + more > MAX_WRITES or self.size + size > MAX_BYTES):
            return False
        self.bots.add(event.bot_id)
        self.documents |= spans
        self.writes, self.size, self.events = self.writes + more, self.size + size, self.events + 1
        return True

    def add_all(self, events: Sequence[Event]) -> int:
        """Count as many of `events` as fit; how many did."""
        for done, event in enumerate(events):
            if not self.add(event):
                return done
        return len(events)


def _writes_of(event: Event, *, readable: bool) -> int:
    """The documents of an event's own: it, its error, its row or decision, its copy."""
    body = event.body
    if isinstance(body, DecisionMade):
        is_fault = body.error is not None or body.verdict is not None
        return 1 + is_fault + readable
    if event.kind in ("account", "candles", "fill", "funding"):
        return 1 + readable
    return 3 + readable


def _documents(event: Event) -> set[paths.Path]:
    """The rollups or candles that an event changes."""
    if not isinstance(event.body, AccountReported):
        return {paths.candles(*place) for place in candles.places_of([event])}
    buckets = needs_of([event]).buckets
    return {paths.rollup(bot, tier, n // paths.BUCKETS_PER_DOCUMENT) for bot, tier, n in buckets}


@dataclass(eq=False, slots=True)
class _Request:
    events: Sequence[Event]
    answer: asyncio.Future[list[Appended]]
    readable: bool
    done: list[Appended] = field(default_factory=list)

    @property
    def rest(self) -> Sequence[Event]:
        return self.events[len(self.done) :]


class Writer:
    """One task that commits for all callers of a process; bots of other processes go beside it."""

    def __init__(
        self, database: Database, generation: str, dice: random.Random,
        bill: Bill, *, readable: bool,
    ) -> None:  # fmt: skip
        self._bill = bill
        self._readable = readable
        self._database = database
        self._generation = generation
        self._dice = dice
        self._waiting: deque[_Request] = deque()
        self._flag = asyncio.Event()
        self._ended = False
        self._task = asyncio.create_task(self._run())

    async def append(self, events: Sequence[Event], *, readable: bool = True) -> list[Appended]:
        """Keep `events`, without `readable` never in the old collections; see Store.append."""
        if self._ended:
            raise StoreUnavailable(f"store {self._database.name}: it is closed")
        answer: asyncio.Future[list[Appended]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Request(events, answer, readable and self._readable))
        self._flag.set()
        return await answer

    async def stop(self) -> None:
        """Finish what waits."""
        self._ended = True
        self._flag.set()
        await self._task

    async def _run(self) -> None:
        while self._waiting or not self._ended:
            if not self._waiting:
                self._flag.clear()
                await self._flag.wait()
                continue
            await self._commit(*self._next())

    def _next(self) -> tuple[list[_Request], list[Event]]:
        """The requests of the next commit and their events; the last one's may be a part."""
        budget = Budget(readable=self._waiting[0].readable)
        chosen: list[_Request] = []
        events: list[Event] = []
        while self._waiting and self._waiting[0].readable == (
            chosen[0].readable if chosen else self._waiting[0].readable
        ):
            rest = self._waiting[0].rest
            before = budget.events
            count = budget.add_all(rest)
            if count < len(rest) and before:
                break  # it goes whole into the next one
            chosen.append(self._waiting.popleft())
            events += rest[:count]
            if count < len(rest):
                break
        return chosen, events

    async def _commit(self, requests: list[_Request], events: list[Event]) -> None:
        try:
            results = await ingest.append(
                self._database, events, self._generation, self._dice,
                readable=requests[0].readable,
            )  # fmt: skip
        except StoreUnavailable as error:
            _refuse(requests, error)
        except MotherhavenError as error:
            # One event that Firestore refuses must not take those of others with it.
            if len(requests) == 1:
                _refuse(requests, error)
                return
            at = 0
            for request in requests:
                count = min(len(request.rest), len(events) - at)
                await self._commit([request], events[at : at + count])
                at += count
        except Exception as error:  # noqa: BLE001 - the task's boundary: it must outlive a fault
            _refuse(requests, StoreError(f"store {self._database.name}: a fault: {error!r}"))
        else:
            self._share(requests, results)
            await self._drop_parts(events, results)
            await self._bill.refresh()

    def _share(self, requests: list[_Request], results: list[Appended]) -> None:
        at = 0
        for request in requests:
            count = min(len(request.rest), len(results) - at)
            request.done += results[at : at + count]
            at += count
            if request.rest:
                self._waiting.appendleft(request)
            elif not request.answer.done():
                request.answer.set_result(request.done)

    async def _drop_parts(self, events: Sequence[Event], results: Sequence[Appended]) -> None:
        """Parts that became an event's texts; what fails here is dropped by retention."""
        kept = [
            paths.part(event.bot_id, event.event_id, name, index)
            for event, result in zip(events, results, strict=True)
            if event.parts and result.status == "stored"
            for name, count in event.parts.items()
            for index in range(count)
        ]
        try:
            await in_steps(self._database, kept, lambda batch, path: batch.delete(path))
        except StoreUnavailable:
            return


def _refuse(requests: list[_Request], error: MotherhavenError) -> None:
    for request in requests:
        if not request.answer.done():
            request.answer.set_exception(error)
