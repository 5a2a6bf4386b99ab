"""Several servers on one store under load: posting bots, streams that resume, one judge."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from motherhaven.stores import Store
from scripts.ports import free_port
from tests.acceptance.processes import KEY, Process, start_server
from tests.patience import HANG_SECONDS, within
from tests.serverkit import API, Sse, item

BATCH = 3
PACE_SECONDS = 0.25
"""A bot posts about so often: steady load on a machine of two cores, not a flood."""

RETRY_SECONDS = 0.1
Place = tuple[str, str]
"""A bot's id, and the id of one of its events."""


@dataclass(frozen=True)
class Findings:
    """What is wrong between what was acknowledged and what was seen."""

    lost: tuple[Place, ...]
    doubled: tuple[Place, ...]
    ghosts: tuple[Place, ...]
    disordered: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.ghosts or self.disordered)

    def figures(self) -> str:
        """One line for the report."""
        return (
            f"lost {len(self.lost)}, doubled {len(self.doubled)}, ghosts {len(self.ghosts)}, "
            f"bots out of order {len(self.disordered)}"
        )


def judge(acknowledged: Mapping[str, Sequence[str]], seen: Iterable[Place]) -> Findings:
    """Every acknowledged event was seen exactly once, no other was, each bot's in its order."""
    times = Counter(seen)
    expected = {(bot, one) for bot, ids in acknowledged.items() for one in ids}
    order: dict[str, list[str]] = {bot: [] for bot in acknowledged}
    for bot, one in times:  # a Counter remembers the order of what it first met
        if (bot, one) in expected:
            order[bot].append(one)
    return Findings(
        lost=tuple(sorted(expected - times.keys())),
        doubled=tuple(sorted(place for place, count in times.items() if count > 1)),
        ghosts=tuple(sorted(times.keys() - expected)),
        disordered=tuple(
            bot
            for bot, ids in acknowledged.items()
            if order[bot] != [one for one in ids if (bot, one) in times]
        ),
    )


class Replica:
    """One `motherhaven serve`, always on the same port; its folder is its own."""

    def __init__(self, folder: Path, store: str, **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder, self._store, self._env = folder, store, env
        self._process: Process | None = None
        folder.mkdir()

    async def start(self) -> None:
        """Start it; returns when it listens."""
        options = ("--store", self._store)
        self._process = await asyncio.to_thread(
            start_server, self._folder, self.port, *options, **self._env
        )

    async def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            await asyncio.to_thread(self._process.kill)

    async def end(self) -> int:
        """SIGTERM, and the exit code."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.end)


@asynccontextmanager
async def replicas(folder: Path, store: str, count: int = 2, **env: str) -> AsyncIterator[Any]:
    """Servers that answer; whatever happens none of them lives on."""
    made = [Replica(folder / f"replica-{n}", store, **env) for n in range(count)]
    try:
        await made[0].start()  # the first makes the schema
        await asyncio.gather(*(one.start() for one in made[1:]))
        yield made
    finally:
        for one in made:
            await one.kill()


@dataclass(frozen=True)
class Answer:
    """One post: which replica, when it began and ended (monotonic), its status; 0: no answer."""

    replica: int
    began: float
    ended: float
    status: int


class Load:
    """Bots that post batches, each in its own order, and keep what was acknowledged.

    A bot belongs to one replica; what that one does not take is sent again, to the next.
    """

    def __init__(self, servers: Sequence[Replica], bots: int) -> None:
        self._servers = servers
        self._stopping = False
        self._news = asyncio.Event()
        self.acknowledged: dict[str, list[str]] = {f"bot-{n:03d}": [] for n in range(bots)}
        self.answers: list[Answer] = []

    @property
    def count(self) -> int:
        """How many events were acknowledged."""
        return sum(len(ids) for ids in self.acknowledged.values())

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Load"]:
        """Post while the context lasts; then every bot ends with an acknowledged batch."""
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            headers={"x-api-key": KEY}, timeout=HANG_SECONDS, limits=limits
        ) as client:
            tasks = [
                asyncio.create_task(self._bot(client, number, bot))
                for number, bot in enumerate(self.acknowledged)
            ]
            try:
                yield self
                self._stopping = True
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def more(self, count: int) -> None:
        """Wait until `count` more events were acknowledged."""
        wanted = self.count + count
        await self.until(lambda: self.count >= wanted, f"{count} more events")

    async def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait for what some answer makes true."""
        try:
            async with asyncio.timeout(HANG_SECONDS):
                while not true():
                    news = self._news
                    await news.wait()
        except TimeoutError:
            raise AssertionError(f"never: {what}") from None

    def since(self, moment: float, replica: int) -> list[Answer]:
        """The answers of a replica to what was posted after `moment`."""
        return [one for one in self.answers if one.began >= moment and one.replica == replica]

    async def _bot(self, client: httpx.AsyncClient, number: int, bot: str) -> None:
        sequence = 0
        while not self._stopping:
            events = [_event(bot, sequence + n + 1) for n in range(BATCH)]
            sequence += BATCH
            await self._until_kept(client, number % len(self._servers), events)
            self.acknowledged[bot] += [one["event_id"] for one in events]
            await asyncio.sleep(PACE_SECONDS)

    async def _until_kept(
        self, client: httpx.AsyncClient, home: int, events: list[dict[str, Any]]
    ) -> None:
        deadline = time.monotonic() + HANG_SECONDS
        at = home
        while not await self._post(client, at, events):
            assert time.monotonic() < deadline, f"{events[0]['event_id']} was never taken"
            at = (at + 1) % len(self._servers)
            await asyncio.sleep(RETRY_SECONDS)

    async def _post(
        self, client: httpx.AsyncClient, replica: int, events: list[dict[str, Any]]
    ) -> bool:
        began = time.monotonic()
        status = 0
        url = f"{self._servers[replica].url}{API}/ingest/batch"
        try:
            answer = await client.post(url, json={"events": events})
            status = answer.status_code
        except httpx.TransportError:
            pass
        self.answers.append(Answer(replica, began, time.monotonic(), status))
        news, self._news = self._news, asyncio.Event()
        news.set()
        if status != 200:
            return False
        verdicts = [one["status"] for one in answer.json()["results"]]
        assert set(verdicts) <= {"stored", "duplicate"}, verdicts
        return True


def _event(bot: str, sequence: int) -> dict[str, Any]:
    kind = ("decision", "account", "status")[sequence % 3]
    names = {"event_id": f"{bot}-{sequence:05d}", "bot_id": bot, "bot_name": bot}
    return item(sequence, kind, **names)


class Follower:
    """A live stream that is opened again by Last-Event-ID whenever it is cut.

    `urls`: where the n-th connection goes, round and round. `hop`: leave after so many
    events (0: never), as a balancer or a laptop's lid would have it.
    """

    def __init__(self, urls: Sequence[str], hop: int = 0) -> None:
        self._urls = urls
        self._hop = hop
        self._task: asyncio.Task[None] | None = None
        self._last: str | None = None
        self._news = asyncio.Event()
        self.connected = asyncio.Event()
        self.cursors: list[str] = []
        self.connections = 0
        self.resets = 0

    async def start(self) -> None:
        """Follow from the head on; returns when the stream has said hello."""
        self._task = asyncio.create_task(self._run())
        await within(self.connected.wait())

    async def told(self, count: int) -> None:
        """Until the stream has told `count` events since its start."""
        async with asyncio.timeout(HANG_SECONDS):
            while len(self.cursors) < count:
                news = self._news
                await news.wait()

    async def stop(self) -> None:
        """Follow no more; raises what went wrong."""
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            url = self._urls[self.connections % len(self._urls)]
            self.connections += 1
            with suppress(OSError, EOFError, TimeoutError):
                await self._follow(url)
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, url: str) -> None:
        resume = {} if self._last is None else {"last_event_id": self._last}
        stream = await Sse.open(url, x_api_key=KEY, **resume)
        try:
            if stream.status != 200:
                return
            left = self._hop
            while True:
                left -= self._take(await stream.event(skip=()))
                if self._hop and left <= 0:
                    return
        finally:
            stream.close()

    def _take(self, fields: dict[str, str]) -> bool:
        """Note one message; whether it was an event of a bot."""
        self._last = fields.get("id", self._last)
        if fields["event"] in {"hello", "reset", "heartbeat"}:
            self.resets += fields["event"] == "reset"
            self.connected.set()
            return False
        self.cursors.append(fields["id"])
        news, self._news = self._news, asyncio.Event()
        news.set()
        return True


async def whole_log(store: Store, start: str) -> dict[str, Place]:
    """Bot and id of every event after the cursor `start`, by its own cursor, in commit order."""
    found: dict[str, Place] = {}
    cursor, more = start, True
    while more:
        tail = await store.tail(cursor, 500)
        for stored in tail.events:
            assert stored.cursor not in found
            found[stored.cursor] = (stored.event.bot_id, stored.event.event_id)
        cursor, more = tail.cursor, tail.more
    return found
