"""The task that looks, decides and sends. All servers of a store share one memory of it.

A message is written to the store before it is sent, and taken away after: a restart or
another server neither repeats nor forgets it. Only a server that is killed between sending
and writing that down leads to a second copy.
"""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import CursorGone, StoreError
from motherhaven.contract.views import BotRow
from motherhaven.server.alerts.halts import Halts, fold_halts
from motherhaven.server.alerts.hearing import Hearing
from motherhaven.server.alerts.known import Known
from motherhaven.server.alerts.rules import Facts, Trouble, troubles
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
"""Where each look is billed (Firestore), the log is followed instead, and a look is taken only
when there is something to tell; so often while the log cannot be followed."""

STORE_PATIENCE_SECONDS: Final = 15.0
PROOF_SECONDS: Final = 60.0
"""The shared state is written at least so often, which proves that the store can be."""

LAPSE_SECONDS: Final = 5.0
"""A pause that took so much longer than it should is time in which nothing was heard."""

COSTLY_PROOF_SECONDS: Final = 900.0
"""The same where each look is billed."""

_PAGE: Final = 500
_PAGES: Final = 20
_LOG_SECONDS: Final = 60.0
_FAULT: Final = "if it comes again, report the error below, a fault of Motherhaven"
_FAILED: Final = f"a check for alerts failed and is tried again; {_FAULT}"
_NOT_FOLLOWED: Final = (
    f"the alerts could not follow the store and begin anew; checks go on meanwhile; {_FAULT}"
)


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
        page: str = "",
    ) -> None:
        """`name` tells this server from the others of its store; `page` begins its links."""
        self._page = page
        self._store = store
        self._clock = clock
        self._targets = targets
        self._disk = disk
        self._random = random_bytes
        self._name = name
        self._hearing = Hearing(clock.now())
        self._is_billed = capabilities_of(store).billed
        self._known = Known()
        self._is_following = False
        self._looked_at = float("-inf")
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
        parts = (self._watch(), self._follow()) if self._is_billed else (self._watch(),)
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            began = self._clock.now()
            await asyncio.sleep(TICK_SECONDS)
            if (self._clock.now() - began).total_seconds() > TICK_SECONDS + LAPSE_SECONDS:
                self._lapsed(began)
            try:
                await self.tick()
            except Exception:  # task boundary: whatever went wrong once, the watch goes on
                LOG.exception(_FAILED)

    def _lapsed(self, began: datetime) -> None:
        """This machine slept, or was too busy to take events, from `began` on."""
        if self._is_following and self._failing_since is None:
            self._hearing.heard(began)  # the last look may be long ago
        self._hearing.lost()

    async def tick(self) -> None:
        """Look, if that is free or worth its price."""
        if not self._is_billed or self._is_due():
            await self.look()

    def _is_due(self) -> bool:
        """Whether a billed look is worth it; now and then while the log cannot be followed."""
        is_time = self._clock.monotonic() - self._looked_at >= COSTLY_TICK_SECONDS
        if self._known.state is None or self._failing_since is not None:
            return is_time
        if is_time and not self._is_following:
            return True
        facts = self._facts(self._clock.now())
        own = any(note.due <= facts.now.timestamp() for note in self._own.waiting)
        return own or self._known.wants_look(facts, COSTLY_PROOF_SECONDS)

    async def _follow(self) -> None:
        """Hear what is committed, for ever, from where the last look ended."""
        while True:
            cursor = self._known.cursor
            if cursor is not None:
                await self.follow(cursor)
            await asyncio.sleep(TICK_SECONDS)

    async def follow(self, cursor: str) -> None:
        """Hear what is committed after `cursor`, until the store fails or goes."""
        try:
            async with aclosing(self._store.follow(cursor)) as tails:
                self._is_following = True
                async for tail in tails:
                    self._known.hear(tail)
                    self._hearing.heard(self._clock.now())
        except CursorGone:
            self._known.forget()
        except StoreError as error:
            LOG.debug("the alerts follow the store again after an error: %s", error)
        except Exception:  # boundary of a round: looks go on meanwhile, and it is followed anew
            LOG.exception(_NOT_FOLLOWED)
            self._known.forget()
        finally:
            self._is_following = False

    async def look(self) -> None:
        """One look; what is due is sent before it returns."""
        self._looked_at = self._clock.monotonic()
        try:
            await self._look()
        except StoreError as error:
            self._hearing.lost()
            await self._fails(self._store_trouble(error))
        except Exception as error:  # boundary of a round: a watch that fails is told, and goes on
            self._hearing.lost()
            LOG.exception(_FAILED)
            await self._fails(self._watch_trouble(error))
        else:
            self._failing_since = None
            await self._tell_own({})

    async def _look(self) -> None:
        record = await self._store.get_shared_record(RECORD)
        before = load_state(record.text) if record else AlertState()
        state = await self._followed(self._known.onto(before) if self._is_billed else before)
        bots = await self._bots()
        now = self._clock.now()
        self._hearing.heard(now)
        facts = replace(
            self._facts(now),
            bots=bots,
            halts=cast("Halts", state.halts),
            told=frozenset(state.told),
            same=namesakes(bots),
        )
        state, due = claimed(advance(state, troubles(facts), now.timestamp()), now.timestamp())
        if not self._must_write(before, state, now.timestamp()):
            self._known.looked(state, bots)
            return
        state = replace(state, written=now.timestamp())
        if not await self._write(state, record.revision if record else None):
            self._known.doubt()
            return  # another server was faster; the next look sees what it made of this
        self._known.looked(state, bots)
        if due:
            await self._settle(await self._send(due))

    def _must_write(self, before: AlertState, state: AlertState, now: float) -> bool:
        """Whether others must know; where it is billed, how far the log was read can wait."""
        if self._is_billed:
            before = replace(before, cursor=state.cursor, halts=state.halts)
        proof_seconds = COSTLY_PROOF_SECONDS if self._is_billed else PROOF_SECONDS
        return state != before or now - state.written >= proof_seconds

    def _facts(self, now: datetime) -> Facts:
        """What this server knows without its store."""
        return Facts(
            now=now,
            since=self._hearing.since,
            deaf=self._hearing.deaf,
            free_bytes=self._free(),
            page=self._page,
        )

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
            record = await self._store.get_shared_record(RECORD)
            if record is None:
                return
            state = settled(load_state(record.text), tried, self._clock.now().timestamp())
            if await self._write(state, record.revision):
                self._known.settled(state)
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
            LOG.warning("a check for alerts failed and is tried again: %s", trouble.text)
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
