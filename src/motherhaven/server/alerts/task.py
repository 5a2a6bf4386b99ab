"""The task that looks, decides and sends. All servers of a store share one memory of it.

A message is written to the store before it is sent, and taken away after: a restart or
another server neither repeats nor forgets it. Only a server that is killed between sending
and writing that down leads to a second copy.
"""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import CursorGone, StoreError
from motherhaven.contract.views import BotRow
from motherhaven.server.alerts.halts import Halts, fold_halts
from motherhaven.server.alerts.hearing import Hearing
from motherhaven.server.alerts.rules import Facts, Trouble, next_late, troubles
from motherhaven.server.alerts.send import AlertFailed, Target
from motherhaven.server.alerts.state import (
    AlertState,
    Note,
    advance,
    claimed,
    dump_state,
    load_state,
    settled,
)
from motherhaven.stores.capabilities import capabilities_of
from motherhaven.stores.names import namesakes
from motherhaven.stores.protocol import Store
from motherhaven.stores.shared import put_own_record

LOG: Final = logging.getLogger("motherhaven.server")
RECORD: Final = "alerts"
TICK_SECONDS: Final = 2.0
COSTLY_TICK_SECONDS: Final = 20.0
"""Where each look is billed (Firestore), it is taken more rarely: so often,
and when a bot would be late if nothing came from it by then."""

STORE_PATIENCE_SECONDS: Final = 15.0
PROOF_SECONDS: Final = 60.0
"""The shared state is written at least so often, which proves that the store can be."""

LAPSE_SECONDS: Final = 5.0
"""A pause that took so much longer than it should is time in which nothing was heard."""

_AFTER_SECONDS: Final = 0.2
_PAGE: Final = 500
_PAGES: Final = 20
_LOG_SECONDS: Final = 60.0


class Alerts:
    """Watches bots, store and disk; tells each trouble and its end once."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        targets: tuple[Target, ...],
        disk: Path | None,
        random_bytes: Callable[[int], bytes],
        name: str = "the server",
    ) -> None:
        """`name` tells this server from the others of its store."""
        self._store = store
        self._clock = clock
        self._targets = targets
        self._disk = disk
        self._random = random_bytes
        self._name = name
        self._hearing = Hearing(clock.now())
        self._next_late: float | None = None
        self._own = AlertState()
        self._failing_since: float | None = None
        self._logged_at = float("-inf")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch while the context lasts; without a target there is nothing to do."""
        if not self._targets:
            yield
            return
        self._hearing = Hearing(self._clock.now())
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            pause, began = self.pause(), self._clock.now()
            await asyncio.sleep(pause)
            if (self._clock.now() - began).total_seconds() > pause + LAPSE_SECONDS:
                self._hearing.lost()  # this machine slept, or was too busy to take events
            try:
                await self.look()
            except Exception:  # task boundary: whatever went wrong once, the watch goes on
                LOG.exception("the alerts' watch failed; it goes on")

    def pause(self) -> float:
        """Seconds until the next look."""
        if not capabilities_of(self._store).billed:
            return TICK_SECONDS
        until = self._next_late
        if until is None:
            return COSTLY_TICK_SECONDS
        return min(COSTLY_TICK_SECONDS, max(TICK_SECONDS, until + _AFTER_SECONDS))

    async def look(self) -> None:
        """One look; what is due is sent before it returns."""
        try:
            await self._look()
        except StoreError as error:
            self._hearing.lost()
            await self._fails(self._store_trouble(error))
        except Exception as error:  # boundary of a round: a watch that fails is told, and goes on
            self._hearing.lost()
            LOG.exception("the alerts' watch failed; it goes on")
            await self._fails(self._watch_trouble(error))
        else:
            self._failing_since = None
            await self._tell_own({})

    async def _look(self) -> None:
        record = await self._store.record(RECORD)
        before = load_state(record.text) if record else AlertState()
        state = await self._followed(before)
        bots = await self._bots()
        now = self._clock.now()
        self._hearing.heard(now)
        facts = Facts(
            now=now,
            since=self._hearing.since,
            deaf=self._hearing.deaf,
            bots=bots,
            halts=cast("Halts", state.halts),
            free_bytes=self._free(),
            told=frozenset(state.told),
            same=namesakes(bots),
        )
        self._next_late = next_late(facts)
        state, due = claimed(advance(state, troubles(facts), now.timestamp()), now.timestamp())
        if state == before and now.timestamp() - before.written < PROOF_SECONDS:
            return
        state = replace(state, written=now.timestamp())
        if not await self._write(state, record.revision if record else None):
            return  # another server was faster; the next look sees what it made of this
        if due:
            await self._settle(await self._send(due))

    async def _bots(self) -> list[BotRow]:
        """All bots, some at a time: other requests go on meanwhile."""
        bots: list[BotRow] = []
        while True:
            page = await self._store.bots(after=bots[-1].id if bots else None, limit=_PAGE)
            bots += page
            if not page:
                return bots

    async def _followed(self, state: AlertState) -> AlertState:
        """`state` with what bots reported since its cursor."""
        cursor, halts = state.cursor, cast("Halts", state.halts)
        if cursor is None:
            return replace(state, cursor=await self._store.head())
        for _ in range(_PAGES):
            try:
                tail = await self._store.tail(cursor, _PAGE)
            except CursorGone:
                return replace(state, cursor=await self._store.head())
            halts = fold_halts(halts, (one.event for one in tail.events))
            cursor = tail.cursor
            if not tail.more:
                break
        return replace(state, cursor=cursor, halts=cast("dict[str, dict[str, str]]", halts))

    async def _write(self, state: AlertState, revision: int | None) -> bool:
        text = dump_state(state, self._random(8).hex())
        return await put_own_record(self._store, RECORD, text, revision)

    async def _settle(self, tried: dict[int, tuple[int, ...]]) -> None:
        for _ in range(10):
            record = await self._store.record(RECORD)
            if record is None:
                return
            state = settled(load_state(record.text), tried, self._clock.now().timestamp())
            if await self._write(state, record.revision):
                return

    async def _send(self, notes: Iterable[Note]) -> dict[int, tuple[int, ...]]:
        """Send each note to the targets it is for; gives those that failed, by note."""
        pairs = [
            (note, place)
            for note in notes
            for place in range(len(self._targets))
            if note.left is None or place in note.left
        ]
        arrived = await asyncio.gather(*(self._deliver(place, note) for note, place in pairs))
        failed: dict[int, tuple[int, ...]] = {note.id: () for note in notes}
        for (note, place), did in zip(pairs, arrived, strict=True):
            if not did:
                failed[note.id] += (place,)
        return failed

    async def _deliver(self, place: int, note: Note) -> bool:
        try:
            await self._targets[place].send(note.text)
        except AlertFailed as error:
            now = self._clock.monotonic()
            if now - self._logged_at >= _LOG_SECONDS:
                self._logged_at = now
                LOG.warning("an alert could not be sent and is tried again: %s", error)
            return False
        return True

    async def _fails(self, trouble: Trouble) -> None:
        """The store may not remember that rounds fail: this server does, and tells it itself."""
        now = self._clock.monotonic()
        if self._failing_since is None:
            self._failing_since = now
            LOG.warning("the alerts' watch failed: %s", trouble.text)
        if now - self._failing_since >= STORE_PATIENCE_SECONDS:
            await self._tell_own({trouble.name: trouble})

    def _store_trouble(self, error: StoreError) -> Trouble:
        text = f"STORE: {self._name} cannot use its store and keeps no events: "
        return Trouble("server:store", text + str(error)[:300], f"{self._name} can use its store")

    def _watch_trouble(self, error: Exception) -> Trouble:
        text = (
            f"WATCH: the alerts of {self._name} fail ({type(error).__name__}) and tell of no "
            "other trouble; its log says where"
        )
        return Trouble("server:watch", text, f"the alerts of {self._name} work again")

    async def _tell_own(self, found: dict[str, Trouble]) -> None:
        now = self._clock.now().timestamp()
        self._own, due = claimed(advance(self._own, found, now), now)
        if due:
            tried = await self._send(due)
            self._own = settled(self._own, tried, self._clock.now().timestamp())

    def _free(self) -> int | None:
        if self._disk is None:
            return None
        try:
            return shutil.disk_usage(self._disk).free
        except OSError:
            return None
