"""This process' own commits, given to who follows before Firestore's listener tells of them.

A commit may be given once nothing that others committed before it is missing. That takes one
count, billed as one read: if Firestore counts as many commits since some time as were known
here when it was asked, all of them are known. It is not tried while others commit too: then
the listener is about as fast.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from motherhaven.contract.errors import StoreError
from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.keytext import COMMIT_SECONDS

MOST: Final = 500
"""Own commits that wait for the listener, for each who follows; beyond it alone tells."""

BEHIND_SECONDS: Final = 3.0
"""A listener that has not told of a commit after so long is given up; the log is read instead."""

ALONE: Final = timedelta(seconds=30)
"""After another process' commit the listener alone tells for so long."""

_REMEMBERED: Final = 2_000
_EARLIER: Final = timedelta(seconds=COMMIT_SECONDS + 3)
"""A commit's stamp may be this much older than its place in the log; see log.LATE and SKEW."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A document that was added or changed."""

    id: str
    created: Any
    data: dict[str, Any]


class Counting(Protocol):
    """What is asked of the database here."""

    async def counted_since(self, collection: str, field: str, since: Any) -> tuple[int, Any]:
        """How many documents there are from `since` on, and when they were counted."""
        ...


class OwnCommits:
    """Tells each feed of this process' commits."""

    def __init__(self) -> None:
        self._feeds: set[OwnFeed] = set()
        self.ids: dict[str, None] = {}
        """The newest commits that this process made or tried to make."""

    def begins(self, commit_id: str) -> None:
        """We are about to make this commit."""
        self.ids[commit_id] = None
        while len(self.ids) > _REMEMBERED:
            del self.ids[next(iter(self.ids))]

    def committed(self, commit: Changed) -> None:
        """A commit of ours is in the log."""
        for feed in self._feeds:
            feed.add(commit)

    @contextmanager
    def feed(self, database: Counting, since: datetime) -> "Iterator[OwnFeed]":
        """A feed while the context lasts. `since`: from this stamp on the listener tells all."""
        feed = OwnFeed(database, since, self.ids)
        self._feeds.add(feed)
        try:
            yield feed
        finally:
            self._feeds.discard(feed)


class OwnFeed:
    """Own commits of which nothing before is missing, for one who follows."""

    def __init__(self, database: Counting, since: datetime, ids: Mapping[str, None]) -> None:
        self._database = database
        self._ids = ids
        self._others: datetime | None = None
        """When another process last committed, as far as the listener told."""
        self._since = since
        self._heard: dict[str, tuple[Any, Any]] = {}
        """When the commits that the listener told of were made, and their stamps."""
        self._own: dict[str, Changed] = {}
        self._added: dict[str, float] = {}
        self._news = asyncio.Event()
        """Set by a commit of ours."""
        self._changed = asyncio.Event()
        """Set by that, and by what the listener tells."""

    def add(self, commit: Changed) -> None:
        """A commit of ours."""
        if commit.id not in self._heard and len(self._own) < MOST:
            self._own[commit.id] = commit
            self._added[commit.id] = asyncio.get_running_loop().time()
            self._news.set()
            self._changed.set()

    def heard(self, commits: Iterable[Changed]) -> None:
        """The listener told of these, and of all that were made before the last of them."""
        for one in commits:
            self._heard[one.id] = (one.created, one.data["at"])
            self._own.pop(one.id, None)
            self._added.pop(one.id, None)
            if one.id not in self._ids and (self._others is None or one.created > self._others):
                self._others = one.created
        self._changed.set()
        newest = max((created for created, _ in self._heard.values()), default=None)
        if newest is not None and newest - _EARLIER > self._since:
            self._since = newest - _EARLIER
            kept = {id_: pair for id_, pair in self._heard.items() if pair[1] >= self._since}
            self._heard = kept

    async def ready(self, is_new: Callable[[Changed], bool]) -> list[Changed] | None:
        """Wait for commits that may be given now: those up to some moment that are new.

        None: for BEHIND_SECONDS the listener has not told of what was committed before the
        oldest of them, so it is slow or stands still.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            waiting = [one for one in self._own.values() if is_new(one)]
            if not waiting:
                continue  # the listener was faster
            deadline = self._added[waiting[0].id] + BEHIND_SECONDS
            if found := await self._counted(is_new):
                return found
            if not await self._told(deadline, is_new):
                return None

    async def _counted(self, is_new: Callable[[Changed], bool]) -> list[Changed]:
        """The own commits that are new, if Firestore counts no commit that is not known here."""
        since = self._since
        newest = max(one.created for one in self._own.values())
        if self._others is not None and newest - self._others < ALONE:
            return []
        # What comes to be known meanwhile may be counted or not, and the emulator's counts are a
        # little older than they say: so it could stand for a commit that is not known.
        own = list(self._own.values())
        told = sum(1 for _, stamp in self._heard.values() if stamp >= since)
        try:
            count, at = await self._database.counted_since(paths.COMMITS, "at", since)
        except StoreError:
            return []  # then the listener tells
        is_whole = newest <= at and count == told + len(own)
        return [one for one in own if is_new(one)] if is_whole else []

    async def _told(self, deadline: float, is_new: Callable[[Changed], bool]) -> bool:
        """Wait for a commit to be tried with, or for the listener; False: neither came in time."""
        try:
            async with asyncio.timeout_at(deadline):
                while any(map(is_new, self._own.values())) and not self._news.is_set():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True
