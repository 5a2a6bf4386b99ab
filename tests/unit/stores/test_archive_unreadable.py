"""A backup with events that nothing can read is restored without them, and says so."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from motherhaven.contract.errors import ContractError
from motherhaven.contract.events import Event
from motherhaven.stores import MemoryStore
from motherhaven.stores.archive import ArchiveSource, write_archive
from motherhaven.stores.moving import StoreSource, copy, tally
from tests.conformance.stores.kit import START, Bot


class Source(StoreSource):
    """Gives events as an older version kept them."""

    def __init__(self, events: list[Event]) -> None:
        super().__init__(MemoryStore())
        self.events = events

    async def whole(self, skip: int) -> AsyncIterator[Event]:
        """All of them."""
        for event in self.events[skip:]:
            yield event


def old_events() -> list[Event]:
    """Some that can be read, and between them some that cannot."""
    bot = Bot()
    good = [bot.decision(n) for n in range(4)]
    bombs = [bot.status(n) for n in range(3)]
    huge = b'{"status":"running","timestamp":"x","trades_today":"1' + b"0" * 5_000 + b'"}'
    return [
        good[0],
        replace(bombs[0], payload=huge),
        good[1],
        replace(bombs[1], payload=b'{"status":"dancing","timestamp":"x"}'),
        good[2],
        replace(bombs[2], mode="monopoly", payload=b"{}"),  # type: ignore[arg-type]
        good[3],
    ]


def test_what_can_be_read_is_restored_and_the_rest_is_named(tmp_path: Path) -> None:
    """The file proves itself whole; a copy that was cut goes on in the right place."""
    file = tmp_path / "old.jsonl.gz"
    target = MemoryStore()

    async def scenario() -> None:
        await write_archive(Source(old_events()), file, START, lambda count: None)
        source = ArchiveSource(file)
        total = source.check()
        assert total.events == 4
        assert len(source.unreadable) == 3
        await copy(source, target, lambda count: None)
        assert (await tally(StoreSource(target))).manifest() == total.manifest()
        assert await copy(ArchiveSource(file), target, lambda count: None) == 4

    asyncio.run(scenario())


def test_a_changed_unreadable_event_is_still_damage(tmp_path: Path) -> None:
    """Only what is as it was saved may be left out."""
    import gzip

    file = tmp_path / "old.jsonl.gz"
    asyncio.run(write_archive(Source(old_events()), file, START, lambda count: None))
    file.write_bytes(
        gzip.compress(gzip.decompress(file.read_bytes()).replace(b"dancing", b"singing"))
    )
    with pytest.raises(ContractError, match="damaged"):
        ArchiveSource(file).check()
