"""Two servers on one store, one of them killed: a reader on each has everything, soon after."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from motherhaven.settings import SystemClock
from motherhaven.stores import Store
from tests.acceptance.replicakit import Follower, Load, judge, replicas, whole_log
from tests.firestore_emulator import clear, emulator_host
from tests.patience import figure
from tests.postgres_server import store_url

BOTS = 20
FEW, MANY = 240, 2_481
SOON_SECONDS = 5.0


@dataclass(frozen=True)
class Shared:
    """A store that several servers share: its URL, what they need to reach it, and how it opens."""

    url: str
    env: dict[str, str]
    make: Callable[[], Store]


@pytest.fixture(params=["postgresql", "firestore"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shared]:
    """An empty store of each kind that several servers may share."""
    if request.param == "postgresql":
        url = store_url(tmp_path)
        from motherhaven.stores.postgres import PostgresStore

        yield Shared(url, {}, lambda: PostgresStore(url, clock=SystemClock()))
        return
    env = {"FIRESTORE_EMULATOR_HOST": emulator_host()}
    from motherhaven.stores.firestore import FirestoreStore

    project = f"two-{secrets.token_hex(6)}"
    yield Shared(
        f"firestore://{project}", env, lambda: FirestoreStore(project, clock=SystemClock())
    )
    clear(project)


@asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Store]:
    """The store, open."""
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def play(shared: Shared, folder: Path, events: int) -> float:
    """Bots post to both servers, one is killed and returns; then both readers are awaited.

    Gives the seconds from the end of the load until both had everything.
    """
    async with (
        replicas(folder, shared.url, **shared.env) as servers,
        opened(shared.make()) as store,
    ):
        start = await store.head()
        readers = [Follower([one.url]) for one in servers]
        await asyncio.gather(*(one.start() for one in readers))
        load = Load(servers, BOTS)
        async with load.running():
            await load.more(events // 3)
            await servers[0].kill()
            await load.more(events // 3)
            await servers[0].start()
            await load.more(events - 2 * (events // 3))
        ended = time.monotonic()
        log = await whole_log(store, start)
        await asyncio.gather(*(one.told(len(log)) for one in readers))
        seconds = time.monotonic() - ended
        for one in readers:
            await one.stop()
    assert load.count >= events
    assert judge(load.acknowledged, log.values()).clean
    for one in readers:
        assert one.cursors == list(log), "a reader was told something else than the log"
        assert one.resets == 0
    print(f"{load.count} events through {shared.url.partition(':')[0]}")
    return seconds


@pytest.mark.figures
@pytest.mark.timeout(300)
def test_both_readers_have_everything_once_and_in_order(shared: Shared, tmp_path: Path) -> None:
    """A server is killed and restarted under the load; each reader resumes where it was."""
    seconds = asyncio.run(play(shared, tmp_path, FEW))
    figure("everything on both readers after (s)", seconds, SOON_SECONDS)


@pytest.mark.soak
@pytest.mark.figures
@pytest.mark.timeout(1800)
def test_both_readers_have_a_long_load_once_and_in_order(shared: Shared, tmp_path: Path) -> None:
    """The same with ten times as much."""
    seconds = asyncio.run(play(shared, tmp_path, MANY))
    figure("everything on both readers after (s)", seconds, SOON_SECONDS)
