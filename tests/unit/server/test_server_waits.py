"""Who waits ends with its task, and no shutdown waits for one that lost its cancellation."""

import asyncio
import os
import threading

import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.server import run
from motherhaven.server.control.watch import CommandWatch
from motherhaven.server.run import ServerThread
from motherhaven.stores import MemoryStore
from motherhaven.stores.commands import CommandStore
from tests.patience import HANG_SECONDS
from tests.serverkit import FakeClock, config

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("turns", range(5))
async def test_who_waits_ends_with_its_task_also_as_news_comes(turns: int) -> None:
    """A cancellation that meets news is not lost: else a server would wait for it for ever."""
    store = MemoryStore()
    watch = CommandWatch(store, CommandStore(store, os.urandom), asyncio.Event())
    event = watch.join()
    waiting = asyncio.create_task(watch.wait(event, HANG_SECONDS))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    watch.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    if waiting.done():
        return
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_a_server_that_does_not_end_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread is left behind, and who asked for the end goes on."""
    monkeypatch.setattr(run, "_STOP_SECONDS", 0.01)
    release = threading.Event()
    server = ServerThread(config(), MemoryStore(), FakeClock())
    monkeypatch.setattr(server, "_thread", threading.Thread(target=release.wait, daemon=True))
    server._thread.start()
    with pytest.raises(StoreUnavailable, match="did not end"):
        server.stop()
    release.set()
    server.stop()
