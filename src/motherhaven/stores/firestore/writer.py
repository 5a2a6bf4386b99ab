"""Group commit: what waits while a commit is under way goes together into the next one."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from motherhaven.contract.errors import MotherhavenError, StoreError, StoreUnavailable
from motherhaven.contract.events import PROMPT_TEXTS, DecisionMade, Event, StatusReported
from motherhaven.stores.firestore import candles, ingest, paths
from motherhaven.stores.firestore.bill import Bill
from motherhaven.stores.firestore.commits import LIVE_BYTES
from motherhaven.stores.firestore.database import Database, in_steps
from motherhaven.stores.firestore.texts import INLINE_BYTES
from motherhaven.stores.protocol import Appended

MAX_WRITES: Final = ingest.MOST_WRITES
"""Documents in one commit."""

MAX_BYTES: Final = 8 << 20
"""Bytes in one commit; Firestore takes requests of up to 10 MiB."""

_EVENT_BYTES: Final = 1_500
"""An event's envelope, in its own document, in the commit's and in its bot's lists."""

_ENVELOPE_BYTES: Final = 500
_PLAIN: Final = frozenset({"account", "candles", "fill", "funding", "answer", "order"})
"""Kinds that have no document but their own."""

_SPARE: Final = 5
_FITTING: Final = 0.97
_GROWTH: Final = 1.005
_LEAST: Final = MAX_WRITES / 4


@dataclass(slots=True)
class Room:
    """How many documents the next commit is planned for.

    One that is too full after all, by spans and pages that no estimate knows, makes the next ones
    smaller, each that was kept lets them grow a little. A few huge ones do not make all small.
    """

    writes: float = MAX_WRITES

    def too_full(self, share: float, events: int) -> int:
        """Learn that about `share` of so many events would have fitted; how many to try now."""
        self.writes = max(_LEAST, self.writes * _FITTING * share)
        return max(1, int(_FITTING * share * events))

    def kept(self) -> None:
        """Learn that a commit fitted."""
        self.writes = min(MAX_WRITES, self.writes * _GROWTH)


@dataclass(slots=True)
class Budget:
    """Counts what a commit would write: what every event has, not what few have.

    So most commits are as full as may be. One that is too full after all is cut.
    """

    readable: bool = True
    most: int = MAX_WRITES
    bots: set[str] = field(default_factory=set)
    documents: set[paths.Path] = field(default_factory=set)
    writes: int = _SPARE
    size: int = 0
    live: int = 0
    events: int = 0

    def add(self, event: Event) -> bool:
        """Count an event too; False, and nothing counted, if it does not fit any more."""
        series = {paths.candles(*place) for place in candles.places_of([event])} - self.documents
        more = _writes_of(event, readable=self.readable) + len(series)
        more += event.bot_id not in self.bots
        size = (2 + self.readable) * len(event.payload) + _EVENT_BYTES
        size += INLINE_BYTES if event.parts else 0
        live = _live_bytes(event)
        if self.events and (
            self.writes + more > self.most
            or self.size + size > MAX_BYTES
            or self.live + live > LIVE_BYTES
        ):
            return False
        self.bots.add(event.bot_id)
        self.documents |= series
        self.writes, self.size, self.live = self.writes + more, self.size + size, self.live + live
        self.events += 1
        return True

    def add_all(self, events: Sequence[Event]) -> int:
        """Count as many of `events` as fit; how many did."""
        for done, event in enumerate(events):
            if not self.add(event):
                return done
        return len(events)


def _writes_of(event: Event, *, readable: bool) -> int:
    """The documents of an event's own: it, its error, its row, its copy."""
    body = event.body
    if isinstance(body, DecisionMade):
        is_fault = body.error is not None or (body.verdict is not None and not body.verdict.allowed)
        return 1 + is_fault + readable
    if isinstance(body, StatusReported):
        return 1 + (body.status == "error") + readable
    if event.kind in _PLAIN:
        return 1 + readable
    return 3 + readable


def _live_bytes(event: Event) -> int:
    """What the commit's own document tells of an event: all but its prompts."""
    texts = (getattr(event.body, name, None) for name in PROMPT_TEXTS)
    long = sum(len(text) for text in texts if isinstance(text, str))
    return max(len(event.payload) - long, 0) + _ENVELOPE_BYTES


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
        self._room = Room()
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
        budget = Budget(readable=self._waiting[0].readable, most=int(self._room.writes))
        chosen: list[_Request] = []
        events: list[Event] = []
        while self._waiting and self._waiting[0].readable == (
            chosen[0].readable if chosen else self._waiting[0].readable
        ):
            rest = self._waiting[0].rest
            before = budget.events
            count = budget.add_all(rest)
            if count < len(rest) and before:
                break  # it goes into the next one, whole if it fits
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
        except ingest.TooLarge as large:
            fitting = self._room.too_full(large.share, len(events))
            await self._commit(requests, events[:fitting])
        except StoreUnavailable as error:
            _refuse(requests, error)
        except MotherhavenError as error:
            # One event that Firestore refuses must not take those of others with it.
            if len(requests) == 1:
                _refuse(requests, error)
                return
            await self._each(requests, events)
        except Exception as error:  # noqa: BLE001 - the task's boundary: it must outlive a fault
            _refuse(requests, StoreError(f"store {self._database.name}: a fault: {error!r}"))
        else:
            self._room.kept()
            self._share(requests, results)
            await self._drop_parts(events, results)
            await self._bill.refresh()

    async def _each(self, requests: list[_Request], events: list[Event]) -> None:
        """Commit what there is of each request by itself."""
        at, later = 0, []
        for request in requests:
            count = min(len(request.rest), len(events) - at)
            if count:
                await self._commit([request], events[at : at + count])
            else:
                later.append(request)
            at += count
        self._waiting.extendleft(reversed(later))

    def _share(self, requests: list[_Request], results: list[Appended]) -> None:
        at, later = 0, []
        for request in requests:
            count = min(len(request.rest), len(results) - at)
            request.done += results[at : at + count]
            at += count
            if request.rest:
                later.append(request)
            elif not request.answer.done():
                request.answer.set_result(request.done)
        self._waiting.extendleft(reversed(later))

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
