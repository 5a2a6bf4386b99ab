"""The database is killed and comes back: nothing acknowledged is lost, nothing is doubled."""

import asyncio
from contextlib import aclosing, suppress

import pytest

from motherhaven.contract.errors import StoreError, StoreUnavailable
from motherhaven.stores import DecisionFilter
from motherhaven.stores.postgres import PostgresStore, connect
from motherhaven.testing.postgres import PostgresProcess
from tests.conformance.stores.kit import ANY, Bot
from tests.faults.postgres.tools import append_until_kept, ask, ids_from, run, schema_of, store_at
from tests.patience import HANG_SECONDS, within

WRITERS = 12
EACH = 40


async def follow(store: PostgresStore, start: str, seen: list[str], wanted: int) -> None:
    """Read the log as a live stream does, through every failure of the database."""
    cursor = start
    while len(seen) < wanted:
        with suppress(StoreUnavailable):
            async with aclosing(store.follow(cursor)) as tails:
                async for tail in tails:
                    seen += [one.event.event_id for one in tail.events]
                    cursor = tail.cursor
                    if len(seen) >= wanted:
                        return
        await asyncio.sleep(0.05)


def test_a_killed_postmaster_loses_and_doubles_nothing(server: PostgresProcess, url: str) -> None:
    """SIGKILL under load, twice: acknowledged = kept = streamed, each once, without reopening."""

    async def scenario(store: PostgresStore) -> None:
        start = await store.head()
        seen: list[str] = []
        acknowledged: list[str] = []
        pids = {server.pid}
        milestones = {WRITERS * EACH // share: asyncio.Event() for share in (4, 2)}
        bots = [Bot(f"bot-{n}") for n in range(WRITERS)]

        async def write(bot: Bot) -> None:
            for minute in range(EACH):
                event = bot.decision(minute, raw_response="r" * 2_000)
                await append_until_kept(store, event)
                acknowledged.append(event.event_id)
                if len(acknowledged) in milestones:
                    milestones[len(acknowledged)].set()

        async def kill_twice() -> None:
            for share in (4, 2):
                await milestones[WRITERS * EACH // share].wait()
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
                pids.add(server.pid)

        reader = asyncio.create_task(follow(store, start, seen, WRITERS * EACH))
        await asyncio.gather(kill_twice(), *(write(bot) for bot in bots))
        await reader
        assert len(pids) == 3
        assert len(seen) == len(set(seen)) == WRITERS * EACH
        assert set(seen) == set(acknowledged)
        again: list[str] = []
        await ids_from(store, start, again)
        assert again == seen
        assert sum(row.stats.decisions for row in await store.bots()) == WRITERS * EACH
        for bot in bots:
            page = await store.decisions(DecisionFilter(bot_id=bot.bot_id), before=None, limit=EACH)
            newest_first = [row.id for row in page.items]
            assert newest_first == [f"{bot.bot_id}-1-{n}" for n in range(EACH, 0, -1)]

    run(url, scenario)


def test_while_it_is_away_every_call_says_so_and_then_works_again(
    server: PostgresProcess, url: str
) -> None:
    """StoreUnavailable, not a hang and not another error; the same store goes on afterwards."""

    async def scenario(store: PostgresStore) -> None:
        bot = Bot()
        await store.append([bot.decision()])
        await asyncio.to_thread(server.kill)
        try:
            event = bot.decision(1)
            for call in (
                store.append([event]), store.head(), store.bots(), store.put_parts([]),
                store.decisions(ANY, before=None, limit=5),
            ):  # fmt: skip
                with pytest.raises(StoreUnavailable, match="cannot be reached"):
                    await within(call)
            other = store_at(url)
            with pytest.raises(StoreUnavailable):
                await other.open()
        finally:
            await asyncio.to_thread(server.start)
        assert (await store.append([event]))[0].status == "stored"
        assert len((await store.decisions(ANY, before=None, limit=5)).items) == 2
        await other.open()
        assert await other.head() == await store.head()
        await other.close()

    run(url, scenario)


def test_connections_that_the_server_ended_are_replaced_unnoticed(url: str) -> None:
    """An idle store whose every connection was terminated answers the next calls at once."""

    async def scenario(store: PostgresStore) -> None:
        bot = Bot()
        await store.append([bot.decision()])
        await asyncio.gather(*(store.bots() for _ in range(6)))
        ask(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                 "WHERE application_name = 'motherhaven'")  # fmt: skip
        assert (await store.append([bot.decision(1)]))[0].status == "stored"
        rows = await asyncio.gather(*(store.bots() for _ in range(6)))
        assert [row[0].stats.decisions for row in rows] == [2] * 6

    run(url, scenario)


def test_a_server_that_no_longer_answers_is_given_up(
    server: PostgresProcess, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frozen, not dead: calls fail in bounded time, and the store goes on after the thaw."""
    monkeypatch.setattr(connect, "ANSWER_SECONDS", 0.5)

    async def scenario(store: PostgresStore) -> None:
        bot = Bot()
        await store.append([bot.decision()])
        await store.bots()
        await asyncio.to_thread(server.freeze)
        event = bot.decision(1)
        try:
            told = await within(
                asyncio.gather(store.append([event]), store.bots(), return_exceptions=True),
                HANG_SECONDS,
            )
        finally:
            await asyncio.to_thread(server.thaw)
        assert [type(one) for one in told] == [StoreUnavailable] * 2
        await append_until_kept(store, event)
        assert (await store.bots())[0].stats.decisions == 2

    run(f"{url}&connect_timeout=2", scenario)


def test_one_events_fault_does_not_fail_the_others_in_its_commit(url: str) -> None:
    """When the database refuses one event, those that shared the commit are kept."""

    async def scenario(store: PostgresStore) -> None:
        await store.append([Bot("first").decision()])
        ask(url, f"ALTER TABLE {schema_of(url)}.decisions ADD CHECK (coin <> 'BAD')")
        calls = [store.append([Bot(f"bot-{n}").decision(coin="BAD" if n == 7 else "BTC")])
                 for n in range(20)]  # fmt: skip
        results = await asyncio.gather(*calls, return_exceptions=True)
        failed = [n for n, result in enumerate(results) if isinstance(result, BaseException)]
        assert failed == [7]
        assert isinstance(results[7], StoreError)
        assert len(await store.bots()) == 20

    run(url, scenario)
