"""Commands in every kind of store: numbered without a gap, one for each id, carried along."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from motherhaven.contract.control import LIFETIMES, Command, CommandName
from motherhaven.contract.errors import StoreCorrupt
from motherhaven.server.shared_state_merge import SHARED_RECORDS, merged
from motherhaven.stores import MemoryStore, Store
from motherhaven.stores.archive import ArchiveSource, write_archive
from motherhaven.stores.commands import (
    MOST_WAITING,
    SHARDS,
    CommandStore,
    OtherCommand,
    TooManyCommands,
    digest_of,
    shard_of,
)
from motherhaven.stores.moving import StoreSource, copy
from tests.conformance.stores.kit import START, Bot, Place


def command(number: int, name: CommandName = "flatten", bot: str = "bot-a") -> tuple[Command, str]:
    """A command with a counted id, and its digest."""
    seconds = LIFETIMES[name].usual
    made = Command(
        f"k-{number:04d}",
        name,
        {"coin": "BTC"} if name == "flatten" else {},
        by="ops",
        reason="because ✓",
        issued_at=START,
        expires_at=START + timedelta(seconds=seconds),
    )
    return made, digest_of(made, bot, seconds)


async def given(commands: CommandStore, bot: str = "bot-a") -> list[tuple[int, str]]:
    """Number and id of a bot's commands."""
    return [(one.command.seq, one.command.id) for one in (await commands.of(bot)).waiting]


def test_numbers_have_no_gap_and_an_id_is_one_command(place: Place) -> None:
    """1, 2, 3 for each bot; the same again changes nothing, other content under it is refused."""

    async def scenario(store: Store) -> None:
        commands = CommandStore(store)
        for number in (1, 2, 3):
            added = await commands.add("bot-a", *command(number), START)
            assert (added.fresh, added.command and added.command.seq) == (True, number)
        again = await commands.add("bot-a", *command(2), START)
        assert (again.fresh, again.command) == (False, replace(command(2)[0], seq=2))
        other, _ = command(2)
        with pytest.raises(OtherCommand):
            await commands.add("bot-a", other, "another digest", START)
        await commands.add("bot-b", *command(1, bot="bot-b"), START)
        assert await given(commands) == [(1, "k-0001"), (2, "k-0002"), (3, "k-0003")]
        assert await given(commands, "bot-b") == [(1, "k-0001")]
        assert (await commands.of("nobody")).seq == 0

    place.run(scenario)


def test_two_servers_number_together(place: Place) -> None:
    """Twelve commands through two servers at once: each number once; both see all, and news.

    Where a store is one process's alone, both have the same one.
    """

    async def both() -> None:
        one = place.store()
        two = place.store() if place.backend.shared else one
        for store in {one, two}:
            await store.open()
        try:
            sides = (CommandStore(one), CommandStore(two))
            before = await sides[1].news()
            adding = (sides[n % 2].add("bot-a", *command(n), START) for n in range(12))
            added = await asyncio.gather(*adding)
            numbers = sorted(done.command.seq for done in added if done.command)
            assert numbers == list(range(1, 13))
            assert await given(sides[0]) == await given(sides[1])
            assert await sides[1].news() > before
            again = await sides[1].add("bot-a", *command(4), START)
            assert not again.fresh
        finally:
            for store in {one, two}:
                await store.close()

    asyncio.run(both())


def test_they_survive_the_process(place: Place) -> None:
    """A store that is opened again has the commands and goes on numbering; so does an open one."""

    async def first(store: Store) -> None:
        await CommandStore(store).add("bot-a", *command(1), START)

    async def second(store: Store) -> None:
        commands = CommandStore(store)
        assert await given(commands) == [(1, "k-0001")]
        assert not (await commands.add("bot-a", *command(1), START)).fresh
        added = await commands.add("bot-a", *command(2), START)
        assert added.command is not None
        assert added.command.seq == 2

    async def whole(store: Store) -> None:
        await first(store)
        await second(store)

    if not place.backend.durable:
        place.run(whole)
        return
    place.run(first)
    place.run(second)


def test_what_is_long_over_leaves_its_id(place: Place) -> None:
    """After its time a command is fetched no more, its id still is no new command."""

    async def scenario(store: Store) -> None:
        commands = CommandStore(store)
        await commands.add("bot-a", *command(1), START)
        later = START + timedelta(hours=3)
        await commands.add("bot-a", *command(2), later)
        assert await given(commands) == [(2, "k-0002")]
        again = await commands.add("bot-a", *command(1), later)
        assert (again.fresh, again.command) == (False, None)
        with pytest.raises(OtherCommand):
            await commands.add("bot-a", command(1)[0], "another digest", later)
        await commands.raise_seq("bot-a", 40, later)
        await commands.raise_seq("bot-a", 7, later)
        added = await commands.add("bot-a", *command(3), later)
        assert added.command is not None
        assert added.command.seq == 41, "never a number that the bot has seen"

    place.run(scenario)


def test_they_are_bounded_with_room_for_what_stops(place: Place) -> None:
    """So many wait and no more; a halt still finds a place, and another bot is not in the way."""

    async def scenario(store: Store) -> None:
        commands = CommandStore(store)
        for number in range(MOST_WAITING):
            await commands.add("bot-a", *command(number), START)
        with pytest.raises(TooManyCommands):
            await commands.add("bot-a", *command(900), START)
        halt, digest = command(901, "halt")
        assert (await commands.add("bot-a", halt, digest, START, spare=4)).fresh
        assert (await commands.add("bot-b", *command(1, bot="bot-b"), START)).fresh

    place.run(scenario)


def test_a_damaged_record_is_told(place: Place) -> None:
    """It is not taken for a bot without commands."""

    async def scenario(store: Store) -> None:
        await store.put_shared_record(shard_of("bot-a"), '{"bots":{"bot-a":{"seq":"x"}}}', None)
        with pytest.raises(StoreCorrupt, match="restore a backup"):
            await CommandStore(store).of("bot-a")

    place.run(scenario)


def test_they_go_along_with_a_move_and_a_backup(place: Place, tmp_path: Path) -> None:
    """Memory to this store, to a backup, to memory: the same commands and numbers."""
    assert set(SHARDS) <= set(SHARED_RECORDS)

    async def scenario(store: Store) -> None:
        source, back = MemoryStore(), MemoryStore()
        await source.open()
        await back.open()
        await source.append([Bot().decision()])
        for number in (1, 2):
            await CommandStore(source).add("bot-a", *command(number), START)
        await copy(StoreSource(source, SHARED_RECORDS), store, _nothing, merged)
        assert await given(CommandStore(store)) == [(1, "k-0001"), (2, "k-0002")]
        path = tmp_path / "x.gz"
        await write_archive(StoreSource(store, SHARED_RECORDS), path, START, _nothing)
        await CommandStore(back).add("bot-a", *command(3), START)
        archive = ArchiveSource(path)
        archive.check()
        await copy(archive, back, _nothing, merged)
        known = await CommandStore(back).of("bot-a")
        assert known.seq == 2
        assert {one.command.id for one in known.waiting} == {"k-0002", "k-0003"}

    place.run(scenario)


def _nothing(count: int) -> None:
    """Hears the progress of a copy."""
