"""Quota, latency, lost answers, silence: errors that say wait, and nothing lost or doubled."""

import asyncio
import random
import socket
from typing import Any

import grpc
import pytest

from motherhaven.contract.errors import ConfigError, StoreUnavailable
from motherhaven.server.wire.problems import problem_of
from motherhaven.stores.firestore import FirestoreStore, ingest
from motherhaven.stores.firestore import database as database_module
from tests.conformance.stores.kit import ANY, Bot, StillClock
from tests.faults.firestore.kit import broken_wire, delay, opened, status

QUOTA = grpc.StatusCode.RESOURCE_EXHAUSTED
AWAY = grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("method", "code"),
    [("Commit", QUOTA), ("Commit", AWAY), ("Commit", grpc.StatusCode.INTERNAL),
     ("BatchGetDocuments", QUOTA), ("BatchGetDocuments", grpc.StatusCode.DEADLINE_EXCEEDED),
     ("Commit", grpc.StatusCode.PERMISSION_DENIED)],
)  # fmt: skip
def test_a_refused_append_keeps_nothing_and_says_wait(
    project: str, monkeypatch: pytest.MonkeyPatch, method: str, code: Any
) -> None:
    """StoreUnavailable, which the server answers as 503 with Retry-After; sent again it is kept."""

    async def scenario() -> None:
        async with broken_wire(monkeypatch) as wire, opened(project) as store:
            await store.adopt()
            bot = Bot()
            first, second = bot.decision(0), bot.decision(1)
            await store.append([first])
            store._database.known.forget()  # type: ignore[union-attr]  # so that it is read again
            wire.faults[method] = status(code)
            with pytest.raises(StoreUnavailable, match=project) as caught:
                await store.append([second])
            problem = problem_of(caught.value)
            assert (problem.status, problem.headers["retry-after"]) == (503, "2")
            wire.faults.clear()
            assert [row.id for row in (await store.decisions(ANY, before=None, limit=9)).items] == [
                first.event_id
            ]
            assert (await store.append([second]))[0].status == "stored"
            assert (await store.bots())[0].stats.decisions == 2

    asyncio.run(scenario())


@pytest.mark.parametrize("method", ["RunQuery", "BatchGetDocuments"])
def test_reads_tell_the_same(project: str, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """No read hangs on a quota or hides it."""

    async def scenario() -> None:
        async with broken_wire(monkeypatch) as wire, opened(project) as store:
            await store.adopt()
            await store.append([Bot().decision()])
            wire.faults[method] = status(QUOTA)
            with pytest.raises(StoreUnavailable, match="quota"):
                await store.decisions(ANY, before=None, limit=1)
            with pytest.raises(StoreUnavailable, match="quota"):
                await store.tail(await store.origin(), 5)

    asyncio.run(scenario())


def test_an_answer_that_is_lost_after_the_commit_counts_once(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller is told to send again, and the repeat is found to be one."""

    async def scenario() -> None:
        async with broken_wire(monkeypatch) as wire, opened(project) as store:
            await store.adopt()
            bot = Bot()
            events = [bot.decision(0), bot.account(1), bot.opened(2, position_id="p")]
            wire.after["Commit"] = AWAY
            with pytest.raises(StoreUnavailable):
                await store.append(events)
            wire.after.clear()
            results = await store.append(events)
            assert [result.status for result in results] == ["duplicate"] * 3
            stats = (await store.bots())[0].stats
            assert (stats.decisions, stats.entries, stats.open_positions) == (1, 1, 1)
            tail = await store.tail(await store.origin(), 9)
            assert [one.cursor for one in tail.events] == [result.cursor for result in results]

    asyncio.run(scenario())


def test_every_call_may_fail_at_any_time(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With faults before and after half of all calls, every event is kept exactly once."""
    dice = random.Random(5)

    async def scenario() -> None:
        async with broken_wire(monkeypatch) as wire, opened(project) as store:
            await store.adopt()

            async def roll() -> grpc.StatusCode | None:
                wire.after.clear()
                if dice.random() < 0.25:
                    wire.after[dice.choice(["Commit", "BatchGetDocuments"])] = AWAY
                return dice.choice([QUOTA, AWAY]) if dice.random() < 0.25 else None

            wire.faults |= dict.fromkeys(("Commit", "BatchGetDocuments", "RunQuery"), roll)
            bots = [Bot(f"bot-{n}") for n in range(4)]

            async def send(bot: Bot) -> int:
                refused = 0
                for minute in range(6):
                    events = [bot.decision(minute), bot.account(minute)]
                    while True:
                        try:
                            await store.append(events)
                            break
                        except StoreUnavailable:
                            refused += 1
                return refused

            refused = sum(await asyncio.gather(*map(send, bots)))
            wire.faults.clear()
            wire.after.clear()
            assert refused > 5
            assert [row.stats.decisions for row in await store.bots()] == [6] * 4
            tail = await store.tail(await store.origin(), 999)
            assert len({one.event.event_id for one in tail.events}) == len(tail.events) == 48

    asyncio.run(scenario())


def test_latency_is_tolerated_and_shared(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 100 ms a call, forty waiting appends take a few commits, not forty."""

    async def scenario() -> None:
        async with broken_wire(monkeypatch) as wire, opened(project) as store:
            await store.adopt()
            wire.faults |= dict.fromkeys(("Commit", "BatchGetDocuments"), delay(0.1))
            wire.calls.clear()
            bots = [Bot(f"bot-{n}") for n in range(40)]
            results = await asyncio.gather(*(store.append([bot.decision()]) for bot in bots))
            assert {result[0].status for result in results} == {"stored"}
            assert wire.calls.count("Commit") <= 4

    asyncio.run(scenario())


def test_a_silent_server_is_given_up_in_time(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A black hole costs the deadline and no more, for appends and reads."""
    monkeypatch.setattr(database_module, "COMMIT_SECONDS", 0.4)
    monkeypatch.setattr(database_module, "READ_SECONDS", 0.4)

    async def scenario() -> None:
        async with broken_wire(monkeypatch) as wire, opened(project) as store:
            await store.adopt()
            wire.faults["Commit"] = delay(3_600)
            with pytest.raises(StoreUnavailable, match="in time"):
                await store.append([Bot().decision()])
            wire.faults["RunQuery"] = delay(3_600)
            with pytest.raises(StoreUnavailable, match="in time"):
                await store.decisions(ANY, before=None, limit=1)

    asyncio.run(scenario())


def test_contention_between_processes_ends_in_a_commit(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers that write the same bot all the time: retried, counted once, in one order."""

    async def scenario() -> None:
        async with opened(project) as one, opened(project) as two:
            await asyncio.gather(one.adopt(), two.adopt())
            events = [[Bot().decision(n, envelope={"event_id": f"{s}-{n}", "seq": n + 1})
                       for n in range(12)] for s in "xy"]  # fmt: skip

            async def send(store: FirestoreStore, mine: list[Any]) -> None:
                for event in mine:
                    await store.append([event])

            await asyncio.gather(send(one, events[0]), send(two, events[1]))
            assert (await one.bots())[0].stats.decisions == 24
            tail = await two.tail(await two.origin(), 99)
            assert len({e.event.event_id for e in tail.events}) == 24

    asyncio.run(scenario())


def test_endless_contention_is_an_error_that_says_wait(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some attempts the caller is told; nothing was kept."""
    monkeypatch.setattr(ingest, "PAUSE_SECONDS", 0.0)

    async def scenario() -> None:
        async with broken_wire(monkeypatch) as wire, opened(project) as store:
            await store.adopt()
            wire.faults["Commit"] = status(grpc.StatusCode.ABORTED)
            with pytest.raises(StoreUnavailable, match="others"):
                await store.append([Bot().decision()])
            assert wire.calls.count("Commit") >= ingest.ATTEMPTS

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("code", "says"),
    [(grpc.StatusCode.PERMISSION_DENIED, "role"), (grpc.StatusCode.NOT_FOUND, "database"),
     (grpc.StatusCode.UNAUTHENTICATED, "credentials")],
)  # fmt: skip
def test_what_only_a_person_can_mend_stops_the_start(
    project: str, monkeypatch: pytest.MonkeyPatch, code: Any, says: str
) -> None:
    """ConfigError that names the setting and the fix."""

    async def scenario() -> None:
        async with broken_wire(monkeypatch) as wire:
            wire.faults["BatchGetDocuments"] = status(code)
            store = FirestoreStore(project, clock=StillClock())
            with pytest.raises(ConfigError, match=f"MOTHERHAVEN_STORE.*{project}.*{says}"):
                await store.open()

    asyncio.run(scenario())


def test_nobody_listening_is_unavailable(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused port at the start is an error that says try again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{taken.getsockname()[1]}")
        store = FirestoreStore(project, clock=StillClock())
        with pytest.raises(StoreUnavailable, match="reached"):
            asyncio.run(store.open())


def test_one_refused_event_does_not_take_others_with_it(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group commit that Firestore refuses is tried one append at a time."""
    original = database_module.Batch.commit

    async def picky(self: Any) -> Any:
        if any("poison" in str(write) for write in self._batch._write_pbs):
            raise database_module.google.InvalidArgument("no poison")
        return await original(self)

    monkeypatch.setattr(database_module.Batch, "commit", picky)

    async def scenario() -> None:
        async with opened(project) as store:
            await store.adopt()
            good = [store.append([Bot(f"bot-{n}").decision()]) for n in range(5)]
            bad = store.append([Bot("bot-x").decision(justification="poison")])
            *kept, refused = await asyncio.gather(*good, bad, return_exceptions=True)
            assert [result[0].status for result in kept] == ["stored"] * 5
            assert "refuses" in str(refused)

    asyncio.run(scenario())
