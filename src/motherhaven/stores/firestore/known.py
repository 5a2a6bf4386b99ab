"""The bots' documents as this process knows them, so that a commit or a list reads few.

A commit is safe by itself: it holds only if the bots' documents are still as they are known
here. A read first takes one look at the log, which costs one billed read however much is
kept: if others committed since the last look, what they changed is forgotten.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.keytext import COMMIT_SECONDS
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.looks import has_looked, note_look

T = TypeVar("T")

LATE: Final = timedelta(seconds=COMMIT_SECONDS + 2)
"""A commit's stamp may be this much older than its place in the log; see log.LATE."""

LISTED: Final = 100
"""Commits of others that one look reads; after more, everything is forgotten instead."""

MOST_ANSWERS: Final = 4_000
"""Answers that are remembered, each at most a few dozen kilobytes."""

_OLDEST: Final = Shape(paths.COMMITS, (), "at")
_EVERY_BOT: Final = Shape(paths.BOTS)


@dataclass(frozen=True, slots=True)
class KnownBot:
    """A bot's document and when Firestore last changed it."""

    id: str
    data: Mapping[str, Any]
    update_time: Any

    def get(self, name: str) -> Any:
        """A field; None where there is none."""
        return self.data.get(name)


@dataclass(slots=True)
class _Mark:
    """The commits since `anchor` as they were counted at `at`; `own` are ours since then, by id."""

    anchor: datetime
    count: int
    at: Any
    own: dict[str, Any] = field(default_factory=dict)


class Asked(Protocol):
    """What is asked of the database here."""

    async def get(self, paths: Iterable[paths.Path]) -> Mapping[paths.Path, Any]:
        """The documents that exist."""
        ...

    async def query(self, shape: Shape, *, since: Any = None, limit: int | None = None) -> Any:
        """The documents of a declared shape."""
        ...

    async def counted_since(self, collection: str, field: str, since: Any) -> tuple[int, Any]:
        """How many documents there are from `since` on, and when they were counted."""
        ...


class KnownBots:
    """Bots by id, with answers about them that only their own commits can change."""

    def __init__(self, database: Asked) -> None:
        self._database = database
        self._bots: dict[str, KnownBot] = {}
        self._ids: set[str] | None = None
        self._answers: dict[tuple[str, Any], Any] = {}
        self._mark: _Mark | None = None
        self._forgotten = 0
        self._asking: set[tuple[str, object]] = set()
        """What is being asked of which bot; it leaves when the bot's documents are written."""

    def get(self, bot_id: str) -> KnownBot | None:
        """A bot as it was last seen, for a commit that will check it."""
        return self._bots.get(bot_id)

    def forget(self, bot_ids: Iterable[str] | None = None) -> None:
        """Read these bots again when they are next needed; None: all."""
        self._forgotten += 1
        if bot_ids is None:
            self._ids = None
            self._bots.clear()
            self._answers.clear()
            return
        gone = set(bot_ids)
        if self._ids is not None:
            self._ids |= gone
        for bot_id in gone:
            self._bots.pop(bot_id, None)
            self.drop_answers(bot_id)

    def take(self, one: KnownBot, seen: int | None = None) -> None:
        """Know a bot; `seen` is `moment` when reading began, None for our own commit."""
        if seen is not None and seen != self._forgotten:
            return
        known = self._bots.get(one.id)
        if known is None or known.update_time <= one.update_time:
            self._bots[one.id] = one
            if self._ids is not None:
                self._ids.add(one.id)

    def drop_answers(self, bot_id: str) -> None:
        """Forget the answers about a bot whose other documents were written."""
        for key in [key for key in self._answers if key[0] == bot_id]:
            del self._answers[key]
        self._asking = {one for one in self._asking if one[0] != bot_id}

    def committed(self, commit_id: str, at: Any) -> None:
        """Our own commit is in the log, at Firestore's own time."""
        if self._mark is not None and self._mark.at < at:
            self._mark.own[commit_id] = at

    @property
    def moment(self) -> int:
        """Changes whenever something is forgotten."""
        return self._forgotten

    async def all(self) -> list[KnownBot]:
        """Every bot."""
        await self.look()
        if self._ids is not None:
            return list((await self._read(self._ids)).values())
        seen = self._forgotten
        found = [_known(one) for one in await self._database.query(_EVERY_BOT)]
        if seen == self._forgotten:  # nobody else committed meanwhile
            for one in found:
                self.take(one, seen)
            self._ids = set(self._bots)
        return found

    async def some(self, bot_ids: Iterable[str]) -> dict[str, KnownBot]:
        """Those of `bot_ids` that there are."""
        await self.look()
        return await self._read(name for name in bot_ids if paths.is_id(name))

    async def _read(self, bot_ids: Iterable[str]) -> dict[str, KnownBot]:
        wanted = list(dict.fromkeys(bot_ids))
        found = {name: self._bots[name] for name in wanted if name in self._bots}
        missing = [
            name for name in wanted
            if name not in found and (self._ids is None or name in self._ids)
        ]  # fmt: skip
        seen = self._forgotten
        read = await self._database.get(paths.bot(name) for name in missing)
        for snapshot in read.values():
            one = _known(snapshot)
            self.take(one, seen)
            found[one.id] = one
        return found

    async def answer(self, bot_id: str, key: Any, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` gives of a bot, remembered until the bot's documents change."""
        place = (bot_id, key)
        if place in self._answers:
            found: T = self._answers.pop(place)
            self._answers[place] = found  # the oldest are dropped first
            return found
        seen, asking = self._forgotten, (bot_id, object())
        self._asking.add(asking)
        try:
            found = await ask()
            is_current = seen == self._forgotten and asking in self._asking
        finally:
            self._asking.discard(asking)
        if is_current:
            self._answers[place] = found
            while len(self._answers) > MOST_ANSWERS:
                del self._answers[next(iter(self._answers))]
        return found

    async def look(self) -> None:
        """Forget what others changed; within one question the first look counts."""
        if has_looked(self):
            return
        mark = self._mark
        if mark is None:
            await self._begin()
        else:
            count, at = await self._database.counted_since(paths.COMMITS, "at", mark.anchor)
            own = sum(1 for one in mark.own.values() if one <= at)
            if count != mark.count + own:
                await self._list(mark)
            elif own > LISTED:
                await self._begin()
        note_look(self)

    async def _begin(self) -> None:
        """Count the newest commits, and forget what was known before."""
        self.forget()
        found = await self._database.get([paths.STORE_DOCUMENT])
        read = next((one.read_time for one in found.values()), None)
        if read is None:
            self._mark = None
            return
        anchor = read - LATE
        count, at = await self._database.counted_since(paths.COMMITS, "at", anchor)
        self._mark = _Mark(anchor, count, at)

    async def _list(self, mark: _Mark) -> None:
        """Read the commits since the anchor, and forget the bots that they name."""
        found = await self._database.query(_OLDEST, since=mark.anchor, limit=LISTED)
        bots = [(one.to_dict() or {}).get("bots") for one in found]
        if not found or len(found) == LISTED or any(names is None for names in bots):
            await self._begin()
            return
        new = [
            names
            for one, names in zip(found, bots, strict=True)
            if one.create_time > mark.at and str(one.id) not in mark.own
        ]
        gone = {name for names in new for name in names or ()}
        if gone:
            self.forget(gone)
        anchor = max(mark.anchor, max(one.get("at") for one in found) - LATE)
        count = sum(1 for one in found if one.get("at") >= anchor)
        at = found[0].read_time
        later = {name: one for name, one in mark.own.items() if one > at}
        self._mark = _Mark(anchor, count, at, later)


def _known(snapshot: Any) -> KnownBot:
    return KnownBot(str(snapshot.id), snapshot.to_dict() or {}, snapshot.update_time)
