"""What Google bills for what Motherhaven does, counted on the wire: documents, not bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from motherhaven.contract.events import Event
from motherhaven.server import create_app
from motherhaven.server.alerts.task import Alerts
from motherhaven.stores.firestore import FirestoreStore
from tests.alertkit import Wire
from tests.conformance.stores.kit import ANY, START, Bot, StillClock
from tests.faults.firestore.kit import opened
from tests.firestore_bill import Bill, billed
from tests.patience import until
from tests.serverkit import API, KEY, Server, config

COINS = ("BTC", "ETH", "SOL")
WEEK = 7 * 24 * 60
"""Minutes."""


def cycle(bot: Bot, minute: float) -> list[Event]:
    """What a bot sends of a cycle: a decision a coin, its account and a heartbeat."""
    holds = [bot.decision(minute, coin=coin, user_prompt="u" * 400) for coin in COINS]
    state = bot.account(minute, equity=str(1000 + minute % 7), deposits_usd="1000")
    return [*holds, state, bot.status(minute)]


def trade(bot: Bot, minute: float) -> list[list[Event]]:
    """A position of ten minutes: two batches, each with its decision, execution and fill."""
    name = f"p{minute}"
    entry = bot.decision(minute, signal="buy_to_enter")
    leave = bot.decision(minute + 10, signal="close")
    return [
        [entry, bot.execution(entry.event_id, minute), bot.fill(minute, position_id=name),
         bot.opened(minute, position_id=name, decision_id=entry.event_id)],
        [leave, bot.execution(leave.event_id, minute + 10), bot.fill(minute + 10, position_id=name),
         bot.closed(minute + 10, position_id=name, decision_id=leave.event_id)],
    ]  # fmt: skip


def run(
    project: str, environment: pytest.MonkeyPatch,
    scenario: Callable[[FirestoreStore, Bill], Awaitable[None]],
) -> None:  # fmt: skip
    """A scenario with a store whose bill is counted; opening it is not."""

    async def whole() -> None:
        async with billed(environment) as bill, opened(project) as store:
            await store.adopted()
            bill.take()
            await scenario(store, bill)

    asyncio.run(whole())


async def fill_week(store: FirestoreStore, bots: list[Bot], *, trades: int, errors: int) -> None:
    """A week of each bot: reports by the half hour, trades, errors and decisions."""
    for bot in bots:
        events: list[Event] = []
        for number in range(WEEK // 30):
            minute = float(number * 30)
            fault = {"error": f"no JSON at {number}"} if number < errors else {}
            events.append(bot.decision(minute, coin=COINS[number % 3], model="m", **fault))
            events.append(bot.account(minute, equity=str(1000 + number % 11), deposits_usd="1000"))
            if number % (WEEK // 30 // trades) == 0:
                events += [one for batch in trade(bot, minute) for one in batch]
        events += [bot.status(WEEK), bot.opened(WEEK, position_id="open")]
        await store.append(events)


async def asked(app: Any, path: str) -> httpx.Response:
    """One request of a page."""
    server = Server(app, app.state.broadcaster.store, StillClock())  # type: ignore[arg-type]
    async with server.client(key=KEY) as client:
        answer = await client.get(f"{API}{path}")
    assert answer.status_code == 200, answer.text
    return answer


def application(store: FirestoreStore) -> Any:
    """An application over a store; none of its tasks run, so only requests are counted."""
    clock: Any = StillClock(START + timedelta(minutes=WEEK))
    return create_app(config(), store, clock, manage_store=False)


def test_a_cycle_costs_eight_writes(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three decisions, an account and a heartbeat at once: an event each, the bot, the commit."""

    async def scenario(store: FirestoreStore, bill: Bill) -> None:
        bot = Bot()
        await store.append(cycle(bot, 0))
        bill.take()
        for number in range(1, 4):
            await store.append(cycle(bot, 3.0 * number))
            one = bill.take()
            print(f"a cycle: {one.writes} writes, {one.reads} reads")
            assert (one.writes <= 8, one.reads <= 3, one.deletes) == (True, True, 0)

    run(project, monkeypatch, scenario)


def test_an_hour_of_three_bots_fits_the_free_plan(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cycles each 180 s, a trade a bot and hour, and a page that reads what it shows anew."""

    async def scenario(store: FirestoreStore, bill: Bill) -> None:
        bots = [Bot(f"bot-{n}", f"name {n}") for n in range(3)]
        app = application(store)
        for bot in bots:
            await store.append(cycle(bot, 0))
        bill.take()
        for number in range(1, 21):
            for place, bot in enumerate(bots):
                await store.append(cycle(bot, 3.0 * number))
                if number in (5 + place, 12 + place):
                    entry, leave = trade(bot, 3.0 * number + 0.1)
                    await store.append(entry if number < 12 else leave)
            # The page reads its lists again when positions or figures have changed.
            for path in ("/bots", "/equity?range=1d", "/trades?status=open", "/metrics"):
                await asked(app, path)
        hour = bill.take()
        day = (24 * hour.writes, 24 * hour.reads)
        print(f"3 bots with a page, a day: {day[0]} writes, {day[1]} reads ({hour.methods})")
        assert day[0] <= 12_000
        assert day[1] <= 25_000

    run(project, monkeypatch, scenario)


def test_the_arena_reads_what_it_shows(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """21 bots, a curve of a day each, their open positions, and a hundred decisions."""

    async def scenario(store: FirestoreStore, bill: Bill) -> None:
        bots = [Bot(f"bot-{n:02}", f"name {n}") for n in range(21)]
        await fill_week(store, bots[:2], trades=20, errors=5)
        for bot in bots[2:]:
            for batch in [cycle(bot, float(WEEK - 60 + 3 * n)) for n in range(20)]:
                await store.append(batch)
        async with opened(project) as cold:
            app = application(cold)
            bill.take()
            for path in ("/bots", "/equity?range=1d", "/trades?status=open", "/feed?limit=100"):
                await asked(app, path)
                print(f"  {path}: {bill.reads}")
            first = bill.take().reads
            await asked(app, "/bots")
            again = bill.take().reads
        print(f"Arena of 21 bots: {first} reads; its bots again: {again}")
        assert first <= 150
        assert again <= 2

    run(project, monkeypatch, scenario)


def test_a_page_of_the_feed_costs_its_rows(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred decisions with their executions: a read each, one more, and a look."""

    async def scenario(store: FirestoreStore, bill: Bill) -> None:
        bot = Bot()
        for number in range(120):
            one = bot.decision(number)
            await store.append([one, bot.execution(one.event_id, number)])
        async with opened(project) as cold:
            bill.take()
            page = await cold.decisions(ANY, before=None, limit=100)
            reads = bill.take().reads
        assert all(row.execution is not None for row in page.items)
        print(f"feed of 100: {reads} reads")
        assert reads <= 105

    run(project, monkeypatch, scenario)


def test_figures_are_kept_and_not_worked_out_again(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compare of five bots with a week, twice, and the metrics of 21 bots from cold."""

    async def scenario(store: FirestoreStore, bill: Bill) -> None:
        bots = [Bot(f"bot-{n:02}", f"name {n}") for n in range(21)]
        await fill_week(store, bots, trades=40, errors=30)
        ids = ",".join(bot.bot_id for bot in bots[:5])
        async with opened(project) as cold:
            app = application(cold)
            bill.take()
            found = (await asked(app, f"/compare?ids={ids}&range=1w")).json()
            first = bill.take().reads
            assert [one["trades"]["n"] for one in found["figures"]] == [38] * 5 or found["figures"]
            assert found["agreement"]["n"] > 300
            assert (await asked(app, f"/compare?ids={ids}&range=1w")).json() == found
            second = bill.take().reads
        async with opened(project) as cold:
            bill.take()
            told = (await asked(application(cold), "/metrics")).json()["items"]
            metrics = bill.take().reads
        assert [one["unavailable"] for one in told] == [None] * 21
        print(f"Compare of 5: {first} reads, again {second}; metrics of 21: {metrics}")
        assert (first <= 200, second <= 10) == (True, True)
        assert metrics <= 300

    run(project, monkeypatch, scenario)


def test_errors_are_grouped_from_their_lists(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of errors of 21 bots: a read a bot and one for each two hundred."""

    async def scenario(store: FirestoreStore, bill: Bill) -> None:
        bots = [Bot(f"bot-{n:02}", f"name {n}") for n in range(21)]
        for bot in bots:
            await store.append(
                [bot.decision(n, error=f"no JSON in the answer {n}") for n in range(250)]
            )
        for minute in range(30):
            await store.report_rejected(
                bot_id=bots[minute % 21].bot_id, at=START + timedelta(minutes=minute * 7),
                message=f"the field {minute} is missing",
            )  # fmt: skip
        async with opened(project) as cold:
            bill.take()
            found = (await asked(application(cold), "/errors/groups")).json()
            reads = bill.take().reads
        print(f"errors in groups: {found['counted']} errors, {reads} reads")
        assert found["counted"] == 5_000
        assert reads <= 100

    run(project, monkeypatch, scenario)


def test_a_followed_commit_costs_two_reads(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The listener's and a count, for this process' commits; another's cost the listener's."""

    async def scenario(store: FirestoreStore, bill: Bill) -> None:
        bot, given = Bot(), 0
        await store.append(cycle(bot, 0))
        tails = store.follow(await store.head())

        async def follow() -> None:
            nonlocal given
            async for tail in tails:
                given += len(tail.events)

        task = asyncio.create_task(follow())
        await store.append(cycle(bot, 3))
        # The listener tells of this commit too, maybe later than its own server does.
        await until(lambda: given == 5 and bill.methods["Listen"] > 0)
        bill.take()
        for number in range(2, 12):
            await store.append(cycle(bot, 3.0 * number))
            await until(lambda number=number: given == 5 * number)
        own = bill.take()
        async with opened(project) as other:
            bill.take()
            for number in range(12, 22):
                await other.append(cycle(bot, 3.0 * number))
            await until(lambda: given == 105)
            theirs = bill.take()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        print(f"10 commits that are followed: {own.methods}, another's: {theirs.methods}")
        assert own.reads - own.methods["Listen"] <= 10
        # A listener may tell of several commits at once, and of the first one late.
        assert own.methods["Listen"] + theirs.methods["Listen"] <= 21
        assert theirs.methods["RunAggregationQuery"] == 0

    run(project, monkeypatch, scenario)


@asynccontextmanager
async def watched(store: FirestoreStore, clock: StillClock, wire: Wire) -> AsyncIterator[Alerts]:
    """Alerts with a target that have looked once and follow the store."""
    count = iter(range(10**6))
    alerts = Alerts(store, clock, (wire,), None, lambda size: next(count).to_bytes(size, "big"))
    await alerts.tick()
    cursor = alerts._known.cursor
    assert cursor is not None
    task = asyncio.create_task(alerts.follow(cursor))
    try:
        yield alerts
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_an_idle_day_with_alerts_costs_a_thousand_reads(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot dies in the first hour, which is told within 10 s of its deadline; then nothing."""

    async def scenario(store: FirestoreStore, bill: Bill) -> None:
        clock, wire, told = StillClock(), Wire(), 0.0
        await store.append([Bot().status(0, interval_seconds=60)])
        bill.take()
        async with watched(store, clock, wire) as alerts:
            await until(lambda: alerts._is_following)
            while clock.monotonic() < 24 * 3_600:
                clock.time += timedelta(seconds=5)
                await alerts.tick()
                told = told or (clock.monotonic() if wire.got else 0.0)
        day = bill.take()
        print(f"an idle day with alerts: {day.reads} reads, {day.writes} writes ({day.methods})")
        assert [text[:17] for text in wire.got] == ["no heartbeat from"]
        assert 122 < told <= 132
        assert (day.reads <= 1_000, day.writes <= 200) == (True, True)

    run(project, monkeypatch, scenario)


def test_alerts_cost_two_reads_a_commit_of_a_bot(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three bots for an hour: the log is followed, and no heartbeat leads to a look."""

    async def scenario(store: FirestoreStore, bill: Bill) -> None:
        clock, wire = StillClock(), Wire()
        bots = [Bot(f"bot-{n}", f"name {n}") for n in range(3)]
        for bot in bots:
            await store.append(cycle(bot, 0))
        async with watched(store, clock, wire) as alerts:
            heard, hear = 0, alerts._known.hear

            def counted(tail: Any) -> None:
                nonlocal heard
                heard += len(tail.events)
                hear(tail)

            alerts._known.hear = counted  # type: ignore[method-assign]
            await until(lambda: alerts._is_following)
            bill.take()
            for number in range(1, 21):
                clock.time += timedelta(minutes=3)
                for place, bot in enumerate(bots, 1):
                    await store.append(cycle(bot, 3.0 * number))
                    sent = 5 * (3 * (number - 1) + place)
                    await until(lambda sent=sent: heard == sent)
                await alerts.tick()
            hour = bill.take()
        # An hour in seconds: each query of the newest commits finds those of minutes again.
        queries = hour.methods.pop("RunQuery")
        day = 24 * hour.methods.total()
        print(f"alerts of 3 bots, a day: {day} reads ({hour.methods}), {queries} of queries")
        assert wire.got == []
        assert hour.methods["BatchGetDocuments"] <= 20, "the looks that prove the store, each 3"
        assert day <= 4_500

    run(project, monkeypatch, scenario)


def test_the_day_is_summed_over_servers_and_restarts(project: str) -> None:
    """Two servers and one after them tell the same day; a new day begins at nothing."""

    async def scenario() -> None:
        clock = StillClock()
        async with opened(project, clock) as one, opened(project, clock) as two:
            bots = (Bot(), Bot("bot-b"))
            await one.append([bots[0].decision(n) for n in range(10)])
            await two.append([bots[1].decision(n) for n in range(20)])
            sums = [one.billed().writes, two.billed().writes]
            assert min(sums) >= 12
        async with opened(project, clock) as later:
            total = later.billed()
            assert total.writes >= sum(sums)
            assert not later.budget.exceeded()
            clock.time += timedelta(minutes=11)
            await later.append([Bot("bot-c").decision()])
            assert later.billed().writes >= total.writes + 3
            clock.time += timedelta(days=1)
            assert (later.billed().day, later.billed().reads < total.reads + 100) == (
                "2026-01-02", True,
            )  # fmt: skip

    asyncio.run(scenario())


def test_a_used_up_budget_never_stops_what_bots_send(project: str) -> None:
    """It is told to whoever asks; appends go on."""

    async def scenario() -> None:
        async with opened(project) as store:
            assert not store.budget.exceeded()
            store._database.usage.reads += 60_000  # type: ignore[union-attr]
            assert store.budget.exceeded()
            assert store.billed().state == "exceeded"
            assert (await store.append([Bot().decision()]))[0].status == "stored"

    asyncio.run(scenario())
