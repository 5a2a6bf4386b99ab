"""A Firestore in steps: commits of several servers, and who follows them, in any interleaving.

Nothing happens by itself: a step of the test commits, lets an answer come, answers a question,
or tells a listener. It keeps what Firestore promises: a question sees all that was committed
before it and nothing that comes later; a listener is told consistent states, in order.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from motherhaven.stores.cursors import live_cursor
from motherhaven.stores.firestore import follow as follow_module
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.own_commits import Changed, OwnCommits
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.protocol import Stored
from motherhaven.stores.unreadable import UnreadableRows
from tests.conformance.stores.kit import START

GENERATION = "abc"
GIVEN_UP = timedelta(seconds=8)
QUIET = timedelta(seconds=31)
TICK = timedelta(milliseconds=1)


@dataclass
class Snapshot:
    """A document as the client library gives it."""

    id: str
    data: dict[str, Any]
    create_time: datetime
    read_time: datetime
    update_time: datetime | None = None

    def get(self, name: str) -> Any:
        """A field."""
        return self.data[name]

    def to_dict(self) -> dict[str, Any]:
        """All of them."""
        return dict(self.data)


@dataclass
class Call:
    """A question: first it is answered, then the answer arrives."""

    answer: Any
    arrived: asyncio.Future[Any]
    found: Any = None
    is_answered: bool = False


@dataclass
class Stream:
    """A listener's connection: what it asks for, what it was told, what it has to hear."""

    queries: Mapping[str, Any]
    since: datetime
    told: set[str] = field(default_factory=set)
    states: asyncio.Queue[dict[str, list[Changed]]] = field(default_factory=asyncio.Queue)


@dataclass
class Begun:
    """A commit that a server sent: its stamp; its place once it took effect."""

    commit: Changed
    at: datetime
    is_made: bool = False


class World:
    """One Firestore. `exact`: a count's time is that of its data; the emulator's may be later."""

    def __init__(self, *, exact: bool = True) -> None:
        self.now = START
        self.exact = exact
        self.commits: list[Changed] = []
        self.calls: list[Call] = []
        self._made = 0

    def new_id(self) -> str:
        """Ids are random in truth: these do not sort as they were made."""
        self._made += 1
        return f"{(self._made * 7919) % 1000:03}-{self._made}"

    def make(self, begun: Sequence[Begun]) -> None:
        """Let commits take effect, all at one moment."""
        self.now += TICK
        for one in begun:
            one.commit = Changed(one.commit.id, self.now, one.commit.data | {"at": one.at})
            one.is_made = True
            self.commits.append(one.commit)

    @property
    def order(self) -> list[Changed]:
        """All commits in their order."""
        return sorted(self.commits, key=lambda one: (one.created, one.id))

    @property
    def ids(self) -> list[str]:
        """All events in their order."""
        return [name for one in self.order for name in one.data["ids"]]

    async def ask(self, answer: Any) -> Any:
        """What `answer` finds when the question is answered, once that has arrived."""
        call = Call(answer, asyncio.get_running_loop().create_future())
        self.calls.append(call)
        return await call.arrived

    def answer(self) -> None:
        """Answer the oldest question."""
        for call in self.calls:
            if not call.is_answered:
                call.found, call.is_answered = call.answer(), True
                return

    def deliver(self) -> None:
        """Let the oldest answer arrive."""
        for call in self.calls:
            if call.is_answered:
                self.calls.remove(call)
                if not call.arrived.done():
                    found = call.found
                    call.arrived.set_result(found() if callable(found) else found)
                return


class Server:
    """A server of this Firestore, as far as follow() needs it: its database, and its writer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.name = "firestore://stepped"
        self.own = OwnCommits()
        self.unreadable = UnreadableRows()
        self.streams: list[Stream] = []
        self.begun: Begun | None = None
        self.counts = 0
        self.seen = 0

    def saw(self, number: int) -> None:
        """The listener told of a live number."""
        self.seen = max(self.seen, number)

    def begin(self) -> None:
        """Send a commit, unless one is under way."""
        if self.begun is None:
            name = self.world.new_id()
            ids = [f"{name}/{number}" for number in range(1 + len(name) % 3)]
            self.own.begins(name)
            self.begun = Begun(Changed(name, None, {"ids": ids}), self.world.now)

    def is_sent(self) -> bool:
        """Whether a commit is under way that has not taken effect."""
        return self.begun is not None and not self.begun.is_made

    def make(self) -> None:
        """The commit that is under way takes effect."""
        if self.begun is not None and self.is_sent():
            self.world.make([self.begun])

    def lose(self) -> None:
        """The answer of a commit is lost."""
        self.acknowledge(lost=True)

    def acknowledge(self, *, lost: bool = False) -> None:
        """The answer of a commit that took effect comes, or is lost."""
        begun = self.begun
        if begun is not None and begun.is_made:
            self.begun = None
            if not lost:
                data = {"ids": begun.commit.data["ids"]}
                self.own.committed(Changed(begun.commit.id, begun.commit.created, data))

    async def query(
        self, shape: Shape, *, after: Any = None, since: Any = None, limit: int | None = None
    ) -> list[Snapshot]:
        """The commits by their stamps."""

        def answer() -> list[Snapshot]:
            now = self.world.now
            found = [Snapshot(one.id, one.data, one.created, now) for one in self.world.commits]
            found.sort(key=lambda one: (one.data["at"], one.id), reverse=shape.descending)
            if since is not None:
                found = [one for one in found if one.data["at"] >= since]
            if after is not None:
                place = (after.data["at"], after.id)
                found = [one for one in found if (one.data["at"], one.id) > place]
            return found[:limit]

        return cast("list[Snapshot]", await self.world.ask(answer))

    async def one(self, path: Any) -> Snapshot:
        """The store's own document."""
        found = await self.world.ask(lambda: Snapshot("store", {"floor": 0}, START, self.world.now))
        return cast("Snapshot", found)

    async def counted_since(self, collection: str, field: str, since: Any) -> tuple[int, Any]:
        """A count, and its time."""
        self.counts += 1

        def answer() -> Any:
            count = sum(1 for one in self.world.commits if one.data["at"] >= since)
            now = self.world.now
            return (count, now) if self.world.exact else lambda: (count, self.world.now)

        return cast("tuple[int, Any]", await self.world.ask(answer))

    def since(self, shape: Shape, first: Any) -> Any:
        """What a listener asks for."""
        return first

    async def listen(
        self, queries: Mapping[str, Any], fixed: frozenset[str]
    ) -> AsyncGenerator[dict[str, list[Changed]], None]:
        """In place of listening.listen: the states that the test tells."""
        stream = Stream(queries, queries["commits"]())
        self.streams.append(stream)
        try:
            while True:
                yield await stream.states.get()
        finally:
            self.streams.remove(stream)

    def tell(self, most: int) -> None:
        """Tell the listeners of up to so many moments more, each state whole."""
        for stream in self.streams:
            news = [
                one for one in self.world.order
                if one.id not in stream.told and one.data["at"] >= stream.since
            ]  # fmt: skip
            moments = sorted({one.created for one in news})[:most]
            state = [one for one in news if moments and one.created <= moments[-1]]
            stream.told |= {one.id for one in state}
            if state:
                stream.states.put_nowait({"commits": state})

    def cut(self) -> None:
        """The listeners' connections break: they begin anew, and are told all again."""
        for stream in self.streams:
            stream.since, stream.told = stream.queries["commits"](), set()


class Reader:
    """Who follows a server; may go away and come back to any event that it saw."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.seen: list[tuple[str, str]] = []
        self._start = live_cursor(GENERATION, 0)
        self._cursor = self._start
        self._task: asyncio.Task[None] | None = None

    @property
    def ids(self) -> list[str]:
        """The events that it was given."""
        return [name for _, name in self.seen]

    async def begin(self) -> None:
        """Follow from here on."""
        await self.end()
        self._task = asyncio.create_task(self._read())

    async def end(self) -> None:
        """Go away; what it was told of a failure is raised."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            [ended] = await asyncio.gather(task, return_exceptions=True)
            if not isinstance(ended, asyncio.CancelledError):
                raise ended

    async def again(self, back: int) -> None:
        """Come back as if the last `back` events had been lost on the way."""
        await self.end()
        if back:
            del self.seen[-back:]
            self._cursor = self.seen[-1][0] if self.seen else self._start
        await self.begin()

    async def _read(self) -> None:
        server = self.server
        old = SimpleNamespace(queries=dict, take=lambda state: None)
        budget = SimpleNamespace(exceeded=lambda: False, refresh=_nothing)
        tails = follow_module.follow(
            cast("Database", server), GENERATION, self._cursor, cast("Any", old), budget
        )
        async with aclosing(tails):
            async for tail in tails:
                self.seen += [(one.cursor, str(one.event)) for one in tail.events]
                self._cursor = tail.cursor


async def _nothing() -> None:
    """Nobody else spends."""


async def named_events(database: Any, commit: Changed, cursors: Mapping[int, str]) -> list[Stored]:
    """In place of commits._events: the ids stand for the events."""
    ids = commit.data["ids"]
    return [Stored(cursor, cast("Any", ids[rank])) for rank, cursor in cursors.items()]


async def settle(rounds: int = 12) -> None:
    """Let all tasks go on as far as they can."""
    for _ in range(rounds):
        await asyncio.sleep(0)


async def finish(world: World, servers: Iterable[Server], readers: Sequence[Reader]) -> None:
    """Let all that is under way come, and tell all listeners, until nothing is left."""
    for _ in range(40):
        for server in servers:
            server.make()
            server.acknowledge()
            server.tell(1_000)
        while world.calls:
            world.answer()
            world.deliver()
            await settle()
        await settle()
        if all(len(one.seen) >= len(world.ids) for one in readers):
            return
