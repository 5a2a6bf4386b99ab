"""Refused ingest: kept among the errors, bounded, without making a bot of its sender."""

from datetime import timedelta

from motherhaven.contract.views import ErrorRow
from motherhaven.stores import Store
from motherhaven.stores.rejected import PER_HOUR
from tests.conformance.stores.kit import START, Bot, Place


async def listed(store: Store, bot_id: str | None = None, limit: int = 99) -> list[ErrorRow]:
    """The refusals, newest first."""
    return await store.errors(bot_id=bot_id, kind="ingest", before=None, limit=limit)


def test_a_refusal_is_an_error_of_its_bot(place: Place) -> None:
    """Kind, time, message and bot; a bot that nobody knows is not made by it."""

    async def scenario(store: Store) -> None:
        head = await store.head()
        assert await store.report_rejected(bot_id="bot-a", at=START, message="no such bot yet")
        assert await store.bots() == []
        await store.append([Bot().status()])
        later = START + timedelta(minutes=1)
        assert await store.report_rejected(bot_id="bot-a", at=later, message="coin: missing")
        assert await store.report_rejected(bot_id="bad id!\x00", at=later, message="\ud800 \x00")
        assert await store.report_rejected(bot_id=None, at=later, message="not JSON")
        rows = await listed(store)
        told = [(row.bot_id, row.bot_name, row.message) for row in rows]
        assert sorted(told, key=str) == [
            ("bot-a", "alpha", "coin: missing"),
            ("default", None, "? \ufffd"),
            ("default", None, "bot-a: no such bot yet"),
            ("default", None, "not JSON"),
        ]
        assert rows[-1].time == START
        assert {row.kind for row in rows} == {"ingest"}
        assert len({row.id for row in rows}) == 4
        assert [row.message for row in await listed(store, "bot-a")] == ["coin: missing"]
        assert len(await listed(store, "default")) == 3
        assert len(await store.bots()) == 1
        assert len((await store.tail(head, 99)).events) == 1

    place.run(scenario)


def test_a_flood_of_garbage_is_bounded(place: Place) -> None:
    """PER_HOUR of a bot in an hour, the last one says so; another bot and hour go on."""

    async def scenario(store: Store) -> None:
        await store.append([Bot().status(), Bot("bot-b").status()])

        async def sent(bot_id: str, count: int, hours: int = 0) -> int:
            kept = 0
            for number in range(count):
                at = START + timedelta(hours=hours, seconds=number)
                message = f"refused {number} " + "x" * 3_000
                kept += await store.report_rejected(bot_id=bot_id, at=at, message=message)
            return kept

        assert await sent("bot-a", PER_HOUR + 30) == PER_HOUR
        assert await sent("bot-b", 1) == 1
        assert await sent("bot-a", 2, hours=1) == 2
        assert await sent("stranger-1", 15) == 15
        assert await sent("stranger-2", 15) == PER_HOUR - 15
        rows = await listed(store)
        assert len(rows) == 2 * PER_HOUR + 3
        assert max(len(row.message) for row in rows) < 600
        own = await listed(store, "bot-a")
        assert [row.message.endswith("not listed)") for row in own[:4]] == [False, False, True,
                                                                            False]  # fmt: skip

    place.run(scenario)


def test_the_same_refusal_is_kept_once(place: Place) -> None:
    """The same bot, time and message again is no news: a copy can be resumed."""

    async def scenario(store: Store) -> None:
        assert await store.report_rejected(bot_id="x", at=START, message="m")
        assert not await store.report_rejected(bot_id="x", at=START, message="m")
        assert len(await listed(store)) == 1

    place.run(scenario)


def test_refusals_page_with_the_other_errors_and_are_pruned(place: Place) -> None:
    """One list in order of time, by its cursors; retention drops old refusals only."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.status(1, "error"), bot.status(3, "error")])
        for minute in (0, 2, 4):
            at = START + timedelta(minutes=minute)
            await store.report_rejected(bot_id="bot-a", at=at, message="m")
        kinds, before = [], None
        while page := await store.errors(bot_id=None, kind=None, before=before, limit=1):
            kinds.append(page[0].kind)
            before = page[0].cursor
        assert kinds == ["ingest", "cycle", "ingest", "cycle", "ingest"]
        await store.prune(START + timedelta(minutes=2))
        rows = await store.errors(bot_id=None, kind=None, before=None, limit=9)
        assert [row.kind for row in rows] == ["ingest", "cycle", "ingest", "cycle"]

    place.run(scenario)


def test_errors_since_a_time(place: Place) -> None:
    """At or after `since`, with every other filter."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.status(minute, "error", error=str(minute)) for minute in range(5)])
        since = START + timedelta(minutes=3)
        for bot_id in (None, "bot-a"):
            for kind in (None, "cycle"):
                rows = await store.errors(
                    bot_id=bot_id, kind=kind, before=None, limit=9, since=since
                )
                assert [row.message for row in rows] == ["4", "3"]

    place.run(scenario)
