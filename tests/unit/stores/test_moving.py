"""Stores copied to stores and to backups: equal, resumable, never mixed with foreign events."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from motherhaven.contract.errors import ConfigError, ContractError, StoreError, StoreUnavailable
from motherhaven.contract.events import PAYLOADS, Event
from motherhaven.stores import MemoryStore, Store
from motherhaven.stores.archive import ArchiveSource, write_archive
from motherhaven.stores.moving import (
    BATCH_EVENTS,
    StoreSource,
    Tally,
    copy,
    differing_bots,
    tally,
)
from motherhaven.stores.sqlite import SqliteStore
from tests.conformance.stores.histories import everything, fill
from tests.conformance.stores.kit import START, Bot, StillClock

COUNT = 2_400


def nothing(count: int) -> None:
    """Hears the progress of a copy."""


@asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Store]:
    """The store, open."""
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def sqlite(path: Path) -> Store:
    """A store of its own file."""
    return SqliteStore(path, clock=StillClock())


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_copy_is_equal_in_every_payload_and_every_answer(tmp_path: Path, kind: str) -> None:
    """Some thousand events, long texts and refusals: same hashes, same answers, both ways."""

    async def scenario() -> None:
        target = MemoryStore() if kind == "memory" else sqlite(tmp_path / "b.db")
        async with (
            opened(sqlite(tmp_path / "a.db")) as one,
            opened(target) as two,
            opened(sqlite(tmp_path / "c.db")) as three,
        ):
            await fill(one, COUNT)
            assert await copy(StoreSource(one), two, nothing) == 0
            assert await copy(StoreSource(two), three, nothing) == 0
            tallies = [await tally(StoreSource(store)) for store in (one, two, three)]
            assert tallies[0].events == COUNT + 2
            assert set(tallies[0].kinds) == set(PAYLOADS)
            assert tallies[0].manifest() == tallies[1].manifest() == tallies[2].manifest()
            first = await everything(one)
            assert await everything(two) == first
            assert await everything(three) == first
            assert any(first[8:])
            assert differing_bots(await one.bots(), await three.bots()) == []

    asyncio.run(scenario())


class Stopping(MemoryStore):
    """A store that fails at the n-th append, before or after its commit."""

    def __init__(self, appends: int, *, after_commit: bool) -> None:
        super().__init__()
        self.left = appends
        self.after_commit = after_commit

    async def append(self, events: Sequence[Event]) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after_commit:
            raise StoreUnavailable("killed")
        results = await super().append(events)
        if self.left == 0:
            raise StoreUnavailable("killed")
        return results


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize("appends", [1, 2])
def test_a_copy_goes_on_where_it_was_stopped(appends: int, after_commit: bool) -> None:
    """Killed before or after a commit: run again, it copies the rest and nothing twice."""

    async def scenario() -> None:
        source = MemoryStore()
        await fill(source, COUNT)
        target = Stopping(appends, after_commit=after_commit)
        with pytest.raises(StoreUnavailable):
            await copy(StoreSource(source), target, nothing)
        kept = (appends - 1 + after_commit) * BATCH_EVENTS
        assert await copy(StoreSource(source), target, nothing) == kept
        assert await copy(StoreSource(source), target, nothing) == COUNT + 2
        same = [(await tally(StoreSource(store))).manifest() for store in (source, target)]
        assert same[0] == same[1]
        assert await everything(target) == await everything(source)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda bot: [bot.status(9)],
        lambda bot: [bot.status(0), bot.status(1), bot.status(2)],
    ],
)
def test_a_foreign_target_is_refused_and_left_alone(spoil: Any) -> None:
    """What is not the beginning of the source stops the copy before anything is written."""

    async def scenario() -> None:
        source, target = MemoryStore(), MemoryStore()
        bot = Bot()
        await source.append([bot.status(0), bot.status(1)])
        await target.append(spoil(Bot(epoch=8)))
        before = await everything(target)
        with pytest.raises(ConfigError, match="target is not empty"):
            await copy(StoreSource(source), target, nothing)
        assert await everything(target) == before

    asyncio.run(scenario())


def test_a_target_that_goes_further_or_that_is_pruned_is_foreign() -> None:
    """More than the source has, or bots without events, is no beginning of a copy either."""

    async def scenario() -> None:
        source, target = MemoryStore(), MemoryStore()
        events = [Bot().status(0), Bot("bot-b").status(1)]
        await source.append(events[:1])
        await target.append(events)
        with pytest.raises(ConfigError, match="number 2"):
            await copy(StoreSource(source), target, nothing)
        await target.prune(START + timedelta(days=1))
        with pytest.raises(ConfigError, match="knows bots"):
            await copy(StoreSource(source), target, nothing)

    asyncio.run(scenario())


def test_what_retention_dropped_is_noticed() -> None:
    """The log that is left is copied, and the bots whose totals differ are named."""

    async def scenario() -> None:
        source, target = MemoryStore(), MemoryStore()
        bot = Bot()
        await source.append([bot.decision(0), bot.decision(1)])
        await source.append([bot.at(START + timedelta(days=2)).decision(2)])
        await source.prune(START + timedelta(days=1))
        await copy(StoreSource(source), target, nothing)
        assert (await tally(StoreSource(target))).events == 1
        assert differing_bots(await source.bots(), await target.bots()) == ["bot-a"]

    asyncio.run(scenario())


def test_something_else_writing_to_the_target_is_noticed() -> None:
    """An event that got there another way in the meantime ends the copy with an error."""

    class Busy(MemoryStore):
        async def append(self, events: Sequence[Event]) -> Any:
            await super().append(events[:1])
            return await super().append(events)

    async def scenario() -> None:
        source = MemoryStore()
        await source.append([Bot().status(0)])
        with pytest.raises(StoreError, match="something else writes"):
            await copy(StoreSource(source), Busy(), nothing)

    asyncio.run(scenario())


def saved(path: Path, count: int = 300) -> tuple[Tally, list[Any]]:
    """A backup at `path`, and what the saved store answers."""

    async def scenario() -> tuple[Tally, list[Any]]:
        source = MemoryStore()
        await fill(source, count)
        await source.put_shared_record("keys", '{"keys":["k"]}', None)
        total = await write_archive(StoreSource(source, ["keys"]), path, START, nothing)
        return total, await everything(source)

    return asyncio.run(scenario())


def test_a_backup_comes_back_equal(tmp_path: Path) -> None:
    """Counts, hashes and every answer; the file is the owner's alone, and repeatable."""
    path = tmp_path / "x.jsonl.gz"
    total, answers = saved(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    source = ArchiveSource(path)
    assert source.check().manifest() == total.manifest()

    async def scenario() -> None:
        async with opened(sqlite(tmp_path / "b.db")) as target:
            assert await copy(source, target, nothing) == 0
            assert await everything(target) == answers
            assert await copy(source, target, nothing) == total.events
            again = tmp_path / "y.jsonl.gz"
            await write_archive(StoreSource(target, ["keys"]), again, START, nothing)
            assert again.read_bytes() == path.read_bytes()

    asyncio.run(scenario())


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flip(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _repacked(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    def repack(data: bytes) -> bytes:
        return gzip.compress(b"".join(change(gzip.decompress(data).splitlines(keepends=True))))

    return repack


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut": (_cut, "damaged"),
    "a bit flipped": (_flip, "damaged"),
    "not gzip": (lambda data: b"hello" + data, "damaged"),
    "no manifest": (_repacked(lambda lines: lines[:-1]), "end is missing"),
    "an event lost": (_repacked(lambda lines: lines[:5] + lines[6:]), "manifest"),
    "an event twice": (_repacked(lambda lines: [*lines[:6], *lines[5:]]), "manifest"),
    "events swapped": (
        _repacked(lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]]), "manifest",
    ),
    "a refusal lost": (_repacked(lambda lines: [*lines[:-3], *lines[-2:]]), "manifest"),
    "the keys lost": (_repacked(lambda lines: [*lines[:-2], lines[-1]]), "manifest"),
    "a key added": (
        _repacked(lambda lines: [line.replace(b'[\\"k\\"]', b'[\\"x\\"]') for line in lines]),
        "manifest",
    ),
    "keys of no sense": (
        _repacked(lambda lines: [*lines[:-2], b'{"record":5}\n', lines[-1]]), "not a record",
    ),
    "a payload changed": (
        _repacked(lambda lines: [line.replace(b"kept", b"lost") for line in lines]), "line",
    ),
    "a bot changed": (
        _repacked(lambda lines: [line.replace(b'"alpha"', b'"gamma"') for line in lines]),
        "manifest",
    ),
    "a later version": (
        _repacked(lambda lines: [lines[0].replace(b":2,", b":3,"), *lines[1:]]), "upgrade",
    ),
    "no object": (_repacked(lambda lines: [b"[]\n", *lines[1:]]), "damaged"),
    "not an event": (_repacked(lambda lines: [*lines[:3], b'{"event_id":1}\n', *lines[3:]]),
                     "not an event"),
    "more behind it": (_repacked(lambda lines: [*lines, lines[1]]), "follows"),
}  # fmt: skip


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a good backup."""
    path = tmp_path_factory.mktemp("backup") / "x.gz"
    saved(path, 40)
    return path.read_bytes()


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_backup_is_never_taken_for_a_good_one(
    tmp_path: Path, good: bytes, name: str
) -> None:
    """Whatever was cut, changed, swapped or lost: the check says where, before any write."""
    change, why = DAMAGE[name]
    path = tmp_path / "x.gz"
    path.write_bytes(good)
    ArchiveSource(path).check()
    assert change(good) != good
    path.write_bytes(change(good))
    with pytest.raises(ContractError, match=why):
        ArchiveSource(path).check()


def test_a_backup_of_the_version_before_is_read(tmp_path: Path, good: bytes) -> None:
    """It has no shared records and none in its manifest; all else is checked as ever."""
    lines = gzip.decompress(good).splitlines(keepends=True)
    manifest = json.loads(lines[-1])
    del manifest["manifest"]["records"]
    old = [lines[0].replace(b":2,", b":1,"), *lines[1:-2], json.dumps(manifest).encode()]
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"".join(old)))
    assert ArchiveSource(path).check().events


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    """A store that fails in the middle: neither a file nor a part of one is left."""

    class Failing(MemoryStore):
        async def full_payload(self, event_id: str) -> Any:
            raise StoreUnavailable("gone")

    async def scenario() -> None:
        store = Failing()
        await store.append([Bot().status()])
        with pytest.raises(StoreUnavailable):
            await write_archive(StoreSource(store), tmp_path / "x.gz", START, nothing)

    asyncio.run(scenario())
    assert list(tmp_path.iterdir()) == []
