"""A COMMIT whose answer never comes: cut on the wire, before the server has it and after."""

import asyncio
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import aclosing, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.postgres import PostgresStore, writer
from motherhaven.testing.postgres import PostgresProcess
from tests.conformance.stores.kit import Bot
from tests.faults.postgres.tools import ids_from, run, schema_of, store_at
from tests.patience import HANG_SECONDS, within


class Cutter:
    """A relay before the server's socket. `cut` says what happens to the next COMMITs.

    before: the connection ends and the server never gets them. after: the server commits
    and the answer is thrown away. `closed`: nobody gets through any more.
    """

    def __init__(self, server: PostgresProcess, folder: Path) -> None:
        self.cut: list[str] = []
        self.closed_after_cut = False
        self.closed = False
        self.happened = threading.Event()
        self._server = server
        self._folder = folder
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, schema: str) -> str:
        host = quote(str(self._folder), safe="")
        return f"postgresql://postgres@/postgres?host={host}&schema={schema}"

    def stop(self) -> None:
        self._listener.close()
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.closed:
                    client.close()
                    continue
                upstream = socket.socket(socket.AF_UNIX)
                upstream.connect(str(self._server.socket))
                self._open += [client, upstream]
                dropping = threading.Event()
                for source, target, is_up in ((client, upstream, True), (upstream, client, False)):
                    threading.Thread(
                        target=self._pump, args=(source, target, is_up, dropping), daemon=True
                    ).start()

    def _pump(
        self, source: socket.socket, target: socket.socket, is_up: bool, dropping: threading.Event
    ) -> None:
        appending = False
        with suppress(OSError):
            while data := source.recv(1 << 20):
                appending = appending or b"INSERT INTO events" in data
                if is_up and appending and b"COMMIT\x00" in data and self.cut:
                    self.closed = self.closed_after_cut
                    self.happened.set()
                    if self.cut.pop(0) == "before":
                        break
                    dropping.set()
                if not is_up and dropping.is_set():
                    if b"COMMIT\x00" in data:  # it is done: now the line breaks
                        break
                    continue
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def cutter(server: PostgresProcess) -> Iterator[Cutter]:
    """A relay on a short path."""
    with tempfile.TemporaryDirectory(prefix="mh-cut-", dir="/tmp") as folder:
        made = Cutter(server, Path(folder))
        yield made
        made.stop()


@pytest.mark.parametrize("cuts", [["before"], ["after"], ["before", "before"], ["before", "after"]])
def test_a_cut_commit_is_looked_up_and_told_as_it_is(
    cutter: Cutter, url: str, cuts: list[str]
) -> None:
    """The caller hears "stored", once; the event is there once; a repeat is a duplicate."""

    async def scenario(store: PostgresStore) -> None:
        start = await store.head()
        bot = Bot()
        await store.append([bot.decision()])
        cutter.cut = list(cuts)
        events = [bot.decision(1), bot.account(1), bot.opened(1, position_id="p")]
        results = await store.append(events)
        assert cutter.cut == []
        assert [one.status for one in results] == ["stored"] * 3
        assert results[-1].cursor == await store.head()
        seen: list[str] = []
        await ids_from(store, start, seen)
        assert seen == ["bot-a-1-1", "bot-a-1-2", "bot-a-1-3", "bot-a-1-4"]
        assert [one.status for one in await store.append(events)] == ["duplicate"] * 3
        assert (await store.bots())[0].stats.open_positions == 1

    run(cutter.url(schema_of(url)), scenario)


def test_a_commit_that_cannot_be_looked_up_is_neither_success_nor_loss(
    cutter: Cutter, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says that the outcome is not known; the same events again are duplicates."""
    monkeypatch.setattr(writer, "SETTLE_SECONDS", 0.3)

    async def scenario(store: PostgresStore) -> None:
        await store.append([Bot("other").decision()])
        cutter.cut, cutter.closed_after_cut = ["after"], True
        event = Bot().decision()
        with pytest.raises(StoreUnavailable, match="what became of it"):
            await store.append([event])
        cutter.closed = False
        assert [one.status for one in await store.append([event])] == ["duplicate"]

    run(cutter.url(schema_of(url)), scenario)


def test_who_follows_hears_of_a_commit_that_could_not_be_looked_up(
    cutter: Cutter, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was announced in time, though not as one of ours that would come by itself."""
    monkeypatch.setattr(writer, "SETTLE_SECONDS", 0.3)

    async def scenario(store: PostgresStore) -> None:
        await store.append([Bot("other").decision()])
        assert store._listener is not None
        await within(store._listener.listening.wait())
        async with aclosing(store.follow(await store.head())) as tails:
            following = asyncio.ensure_future(anext(tails))
            await asyncio.sleep(0)
            cutter.cut, cutter.closed_after_cut = ["after"], True
            event = Bot().decision()
            with pytest.raises(StoreUnavailable, match="what became of it"):
                await store.append([event])
            tail = await within(following)
            assert [one.event.event_id for one in tail.events] == [event.event_id]

    run(cutter.url(schema_of(url)), scenario)


def test_who_comes_while_a_commit_is_looked_up_is_not_kept_waiting(
    cutter: Cutter, url: str
) -> None:
    """They hear at once that the database is away; the first one still learns the truth."""

    async def scenario(store: PostgresStore) -> None:
        await store.append([Bot("other").decision()])
        cutter.cut, cutter.closed_after_cut = ["after"], True
        waiting = asyncio.create_task(store.append([Bot().decision()]))
        assert await asyncio.to_thread(cutter.happened.wait, HANG_SECONDS)
        later = Bot("later").decision()
        with pytest.raises(StoreUnavailable, match="nothing was kept"):
            await within(store.append([later]))
        assert not waiting.done()
        cutter.closed = False
        assert [one.status for one in await waiting] == ["stored"]
        assert [one.status for one in await store.append([later])] == ["stored"]

    run(cutter.url(schema_of(url)), scenario)


def test_another_servers_copy_of_the_event_is_not_taken_for_ours(cutter: Cutter, url: str) -> None:
    """Ours never committed, the other server's did: then the truth is "duplicate"."""

    async def scenario(store: PostgresStore) -> None:
        other = store_at(url)
        await other.open()
        await store.append([Bot("warm").decision()])
        cutter.cut, cutter.closed_after_cut = ["before"], True
        event = Bot().decision()
        waiting = asyncio.create_task(store.append([event]))
        assert await asyncio.to_thread(cutter.happened.wait, HANG_SECONDS)
        await other.append([Bot("between").decision()])
        await other.append([event])
        cutter.closed = False
        assert [one.status for one in await waiting] == ["duplicate"]
        await other.close()

    run(cutter.url(schema_of(url)), scenario)
