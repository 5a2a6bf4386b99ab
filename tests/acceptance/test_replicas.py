"""Two servers on one PostgreSQL under fifty bots: kills of a server and of the database."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from motherhaven.settings import SystemClock
from motherhaven.stores import Store
from motherhaven.stores.postgres import PostgresStore
from motherhaven.testing.postgres import PostgresProcess
from tests.acceptance.processes import KEY
from tests.acceptance.replicakit import (
    Findings,
    Follower,
    Load,
    Replica,
    judge,
    replicas,
    whole_log,
)
from tests.acceptance.webhook import receiver
from tests.patience import HANG_SECONDS
from tests.postgres_server import need_postgres, store_url
from tests.serverkit import API, item

BOTS = 50
AT_REST = 300
"""Events between two faults."""


@pytest.fixture
def database() -> Iterator[PostgresProcess]:
    """A PostgreSQL of the test's own, with every promise to the disk kept."""
    need_postgres()
    one = PostgresProcess()
    one.start()
    yield one
    one.stop()


@dataclass(frozen=True)
class Scene:
    """What a test plays with."""

    servers: Sequence[Replica]
    load: Load
    followers: Sequence[Follower]


@asynccontextmanager
async def scene(folder: Path, database: PostgresProcess) -> AsyncIterator[Scene]:
    """Two servers, streams on them, bots that post; at the end everything is counted."""
    url = f"{database.url}&schema=fleet"
    async with replicas(folder, url) as servers:
        store = PostgresStore(url, clock=SystemClock())
        await store.open()
        try:
            start = await store.head()
            left, right = (one.url for one in servers)
            followers = [
                Follower([left]), Follower([right]), Follower([left, right], hop=170),
                Follower([right, left], hop=90),
            ]  # fmt: skip
            await asyncio.gather(*(one.start() for one in followers))
            load = Load(servers, BOTS)
            async with load.running():
                yield Scene(servers, load, followers)
            await settle(store, start, load, followers)
        finally:
            await store.close()


async def settle(store: Store, start: str, load: Load, followers: Sequence[Follower]) -> None:
    """The judge on the store and on every stream, and the figures."""
    log = await whole_log(store, start)
    await asyncio.gather(*(one.told(len(log)) for one in followers))
    for one in followers:
        await one.stop()
    reports: dict[str, Findings] = {"store": judge(load.acknowledged, log.values())}
    for number, one in enumerate(followers):
        reports[f"stream {number}"] = judge(load.acknowledged, [log[c] for c in one.cursors])
        assert one.cursors == list(log), "a stream told another order than the store's"
        assert one.resets == 0
    print(f"{load.count} events acknowledged to {len(load.acknowledged)} bots")
    for name, findings in reports.items():
        print(f"  {name}: {findings.figures()}")
    connections = [one.connections for one in followers]
    print(f"  connections of the streams: {connections}")
    assert all(findings.clean for findings in reports.values()), reports


async def kill_a_server(play: Scene, number: int = 0) -> None:
    """SIGKILL of one replica in the middle of the load, and its return."""
    load, victim, other = play.load, play.servers[number], 1 - number
    await load.more(AT_REST)
    told = [len(one.cursors) for one in play.followers]
    await victim.kill()
    killed = time.monotonic()
    await load.until(lambda: any(a.status == 200 for a in load.since(killed, other)), "the other")
    taken = time.monotonic()
    await load.more(AT_REST)
    assert not [one for one in load.since(killed, number) if one.status], "a dead server answered"
    await victim.start()
    listening = time.monotonic()
    await load.until(lambda: any(a.status == 200 for a in load.since(killed, number)), "its return")
    served = time.monotonic()
    await load.more(AT_REST)
    await resumed(play, told)
    print(f"server killed: the other went on after {taken - killed:.2f} s; restarted, it took "
          f"events {served - listening:.2f} s after it listened")  # fmt: skip


async def resumed(play: Scene, told: Sequence[int]) -> None:
    """Until every stream has told something new."""
    pairs = zip(play.followers, told, strict=True)
    await asyncio.gather(*(one.told(count + 1) for one, count in pairs))


async def ready(server: Replica) -> int:
    """The status of /readyz."""
    async with httpx.AsyncClient(base_url=server.url, timeout=HANG_SECONDS) as client:
        assert (await client.get("/healthz")).status_code == 200
        return (await client.get("/readyz")).status_code


async def kill_the_database(play: Scene, database: PostgresProcess) -> None:
    """SIGKILL of the postmaster under load: 503 and never 200 until it is back, then as before."""
    load, servers = play.load, play.servers
    await load.more(AT_REST)
    await asyncio.to_thread(database.kill)
    gone = time.monotonic()

    def refused(times: int) -> bool:
        answers = [[one.status for one in load.since(gone, n)] for n in range(len(servers))]
        return all(statuses.count(503) >= times for statuses in answers)

    await load.until(lambda: refused(1), "a 503 of each server")
    told_after = time.monotonic() - gone
    await load.until(lambda: refused(BOTS), f"{BOTS} times 503 of each server")
    assert [await ready(one) for one in servers] == [503] * len(servers)
    told = [len(one.cursors) for one in play.followers]
    away = [one for n in range(len(servers)) for one in load.since(gone, n)]
    assert {one.status for one in away} == {503}
    slowest = max(one.ended - one.began for one in away)
    await asyncio.to_thread(database.start)
    back = time.monotonic()
    await load.until(
        lambda: all(any(a.status == 200 for a in load.since(back, n)) for n in range(2)),
        "both servers take events again",
    )
    took = time.monotonic() - back
    assert [await ready(one) for one in servers] == [200] * len(servers)
    await load.more(AT_REST)
    await resumed(play, told)
    print(f"database killed: 503 of both servers after {told_after:.2f} s; {len(away)} posts "
          f"refused, the slowest in {slowest:.2f} s; both took events {took:.2f} s after its "
          "return")  # fmt: skip


@pytest.mark.timeout(240)
def test_a_server_killed_and_restarted_under_fifty_bots(
    tmp_path: Path, database: PostgresProcess
) -> None:
    """Every acknowledged event is kept once and told once, in order, by streams on either one."""

    async def play() -> None:
        async with scene(tmp_path, database) as one:
            await kill_a_server(one)

    asyncio.run(play())


@pytest.mark.timeout(240)
def test_the_database_killed_and_restarted_under_both_servers(
    tmp_path: Path, database: PostgresProcess
) -> None:
    """Nothing acknowledged is lost; 503 while it is away; no server needs a restart."""

    async def play() -> None:
        async with scene(tmp_path, database) as one:
            await kill_the_database(one, database)

    asyncio.run(play())


def test_a_sign_in_and_its_end_hold_on_every_server(tmp_path: Path) -> None:
    """The cookie of one server opens the other; signing out there ends it here too."""

    async def play() -> None:
        async with (
            replicas(tmp_path, store_url(tmp_path)) as (left, right),
            httpx.AsyncClient(timeout=HANG_SECONDS) as browser,
        ):

            async def status(server: Replica) -> int:
                return (await browser.get(f"{server.url}{API}/bots")).status_code

            assert await status(right) == 401
            answer = await browser.post(f"{left.url}{API}/login", json={"key": KEY})
            assert answer.status_code == 200
            assert [await status(left), await status(right)] == [200, 200]
            cookies = dict(browser.cookies)
            assert (await browser.post(f"{right.url}{API}/logout")).status_code == 200
            browser.cookies.update(cookies)
            assert await status(right) == 401
            async with asyncio.timeout(HANG_SECONDS):  # signed out, and still in
                while await status(left) == 200:
                    pass

    asyncio.run(play())


def test_an_alert_is_told_once_by_all_servers(tmp_path: Path) -> None:
    """Two servers, then one of them restarted: the trouble once, its end once.

    Each server that would tell it again does so before what it tells of next.
    """

    async def play() -> None:
        with receiver() as told:
            async with (
                replicas(tmp_path, store_url(tmp_path), **told.settings()) as (left, _),
                httpx.AsyncClient(headers={"x-api-key": KEY}, timeout=HANG_SECONDS) as client,
            ):

                async def report(number: int, server: Replica, aside: int, bot: int = 1) -> None:
                    status = {**item(number, "status")["payload"], "quarantined": aside}
                    names = {"bot_id": f"bot-{bot}", "bot_name": f"bot {bot}"}
                    events = [item(number, "status", payload=status, **names)]
                    url = f"{server.url}{API}/ingest/batch"
                    answer = await client.post(url, json={"events": events})
                    assert answer.json()["results"][0]["status"] == "stored"

                await report(1, left, 2)
                await asyncio.to_thread(told.wait_for, 1)
                await left.kill()
                await left.start()
                await report(2, left, 3, bot=2)
                await asyncio.to_thread(told.wait_for, 2)
                await report(3, left, 0)
                await asyncio.to_thread(told.wait_for, 3)
                await report(4, left, 0, bot=2)
                await asyncio.to_thread(told.wait_for, 4)
                begun = [text.partition(" (")[0] for text in told.texts()]
                assert begun == ["bot 1", "bot 2", "Recovered: bot 1", "Recovered: bot 2"]

    asyncio.run(play())


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
def test_many_faults_in_one_history(tmp_path: Path, database: PostgresProcess, seed: int) -> None:
    """Twelve seeded kills of either server and of the database: the same judge at the end."""
    chance = random.Random(seed)

    async def play() -> None:
        async with scene(tmp_path, database) as one:
            for fault in chance.choices(["left", "right", "database"], [1, 1, 2], k=12):
                if fault == "database":
                    await kill_the_database(one, database)
                else:
                    await kill_a_server(one, ("left", "right").index(fault))

    asyncio.run(play())


def test_the_judge_finds_what_was_planted() -> None:
    """One event lost, one doubled, one that nobody sent, one out of order: each is told."""
    acknowledged = {"a": ["a1", "a2", "a3"], "b": ["b1", "b2"]}
    right = [("a", "a1"), ("b", "b1"), ("a", "a2"), ("b", "b2"), ("a", "a3")]
    assert judge(acknowledged, right).clean
    lost = judge(acknowledged, right[:-1])
    assert (lost.lost, lost.clean) == ((("a", "a3"),), False)
    doubled = judge(acknowledged, [*right, right[1]])
    assert (doubled.doubled, doubled.clean) == ((("b", "b1"),), False)
    ghost = judge(acknowledged, [*right, ("b", "b3"), ("c", "c1")])
    assert (ghost.ghosts, ghost.clean) == ((("b", "b3"), ("c", "c1")), False)
    turned = judge(acknowledged, [right[2], right[0], *right[3:], right[1]])
    assert (turned.disordered, turned.clean) == (("a", "b"), False)
