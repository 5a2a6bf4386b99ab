"""The SQLite store on a disk that fills up, fails or loses power: never a false success."""

import asyncio
import random
from pathlib import Path

import apsw
import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.sqlite import SqliteStore, connect
from tests.conformance.stores.kit import ANY, Bot, StillClock
from tests.unit.stores.disk import Disk, mounted


def store_at(folder: Path) -> SqliteStore:
    """A store of its own below `folder`."""
    return SqliteStore(folder / "store.db", clock=StillClock())


@pytest.mark.parametrize(
    ("error", "message"),
    [(apsw.FullError, "disk is full"), (apsw.IOError, "reading or writing failed")],
)
def test_a_failing_disk_is_never_a_success_and_it_works_again(
    tmp_path: Path, error: type[apsw.Error], message: str
) -> None:
    """While writes fail nothing is acknowledged or kept; afterwards the same call works."""

    async def scenario(disk: Disk) -> None:
        store = store_at(tmp_path)
        await store.open()
        bot = Bot()
        await store.append([bot.decision(0)])
        before, event = await store.bots(), bot.decision(1, raw_response="r" * 9_000)
        disk.error = error
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match=message):
                await store.append([event])
        assert await store.bots() == before
        disk.error = None
        assert (await store.append([event]))[0].status == "stored"
        assert (await store.bots())[0].stats.decisions == 2
        await store.close()

    with mounted() as disk:
        asyncio.run(scenario(disk))


def test_a_failed_sync_is_not_an_acknowledgement(tmp_path: Path) -> None:
    """An fsync that fails leaves the outcome open: refused now, idempotent when repeated."""

    async def scenario(disk: Disk) -> None:
        store = store_at(tmp_path)
        await store.open()
        event = Bot().decision(0)
        disk.failing_syncs = True
        with pytest.raises(StoreUnavailable):
            await store.append([event])
        disk.failing_syncs = False
        assert (await store.append([event]))[0].status in ("stored", "duplicate")
        assert len((await store.decisions(ANY, before=None, limit=9)).items) == 1
        assert (await store.bots())[0].stats.decisions == 1
        await store.close()

    with mounted() as disk:
        asyncio.run(scenario(disk))


def lost_by_power_cuts(folder: Path, cuts: int) -> int:
    """Cut the power after each of `cuts` acknowledged appends; how many images lost one."""
    dice = random.Random(11)
    lost = 0

    async def scenario(disk: Disk) -> None:
        nonlocal lost
        store = store_at(folder)
        await store.open()
        bot, acknowledged = Bot(), set()
        for number in range(cuts):
            event = bot.decision(number, raw_response="r" * dice.randrange(5_000))
            await store.append([event, bot.account(number)])
            acknowledged.add(event.event_id)
            image = folder / f"image-{number}"
            image.mkdir()
            disk.image(image, dice)
            lost += not acknowledged <= ids_in(image / "store.db")
        await store.close()

    with mounted() as disk:
        asyncio.run(scenario(disk))
    return lost


def ids_in(path: Path) -> set[str]:
    """The events that a database holds, which must be whole."""
    connection = apsw.Connection(str(path), vfs="unix")
    try:
        assert connection.execute("PRAGMA integrity_check").get == "ok"
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'events'").get:
            return set()
        return {row[0] for row in connection.execute("SELECT event_id FROM events")}
    finally:
        connection.close()


@pytest.mark.parametrize("checkpoint", ["4000", "7"])
def test_acknowledged_events_survive_power_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoint: str
) -> None:
    """With torn sectors of everything unsynced, none is missing; in checkpoints neither."""
    often = connect.WRITER_PRAGMAS.replace("autocheckpoint=4000", f"autocheckpoint={checkpoint}")
    assert f"={checkpoint}" in often
    monkeypatch.setattr(connect, "WRITER_PRAGMAS", often)
    assert lost_by_power_cuts(tmp_path, 40) == 0


def test_the_power_loss_test_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same cuts with synchronous=NORMAL lose events: the test above does see it."""
    weaker = connect.WRITER_PRAGMAS.replace("synchronous=FULL", "synchronous=NORMAL")
    assert weaker != connect.WRITER_PRAGMAS
    monkeypatch.setattr(connect, "WRITER_PRAGMAS", weaker)
    assert lost_by_power_cuts(tmp_path, 40) > 0
