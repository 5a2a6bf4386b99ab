"""What is newest follows the order of receipt; a client's clock freezes nothing."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from motherhaven.stores import TIERS, DecisionFilter, Store
from tests.conformance.stores.kit import ANY, START, Bot, Place

CLOCKS = (
    datetime(2036, 6, 1, tzinfo=UTC),
    datetime(2200, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2001, 1, 1, tzinfo=UTC),
    START - timedelta(hours=3),
)
"""Clocks of a client that is wrong: ahead, and behind."""


def minutes(number: int) -> float:
    """The minute, counted from START, that the wrong clock shows."""
    return (CLOCKS[number] - START) / timedelta(minutes=1)


@pytest.mark.parametrize("clock", range(len(CLOCKS)))
@pytest.mark.parametrize("numbered", [True, False])
def test_a_wrong_clock_freezes_nothing(place: Place, clock: int, numbered: bool) -> None:
    """Status, account, decision, error and position that come after it are the newest."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        wrong, at = minutes(clock), START
        plain = {} if numbered else {"epoch": 0, "seq": 0}
        for round_ in range(2):  # right before wrong, and right after it
            for minute, word in ((round_, "right"), (wrong, "wrong")):
                at += timedelta(seconds=10)
                bot.at(at)
                time = START + timedelta(minutes=minute)
                stamp = {"timestamp": time.isoformat()}
                status = {"status": "error", "message": word} | stamp
                money = dict.fromkeys(
                    ("balance_usd", "unrealized_pnl", "realized_pnl", "total_pnl"), "0"
                )
                account = {"equity_usd": str(round_), "num_positions": 0} | money | stamp
                await store.append(
                    [
                        bot.event("status", status, time, **plain),
                        bot.event("account", account, time, **plain),
                        bot.decision(minute, justification=word, envelope=plain),
                        bot.opened(minute, position_id=f"{word}-{round_}"),
                    ]
                )
                [row] = await store.bots()
                assert row.status is not None
                assert row.account is not None
                assert (row.status.message, row.status.received_at) == (word, at)
                assert row.account.received_at == at
                [status_row] = await store.statuses("bot-a", limit=1)
                [everyone] = await store.statuses(None, limit=1)
                [account_row] = await store.accounts("bot-a", limit=1)
                assert status_row == everyone == row.status
                assert account_row == row.account == (await store.accounts(None, limit=1))[0]
                for where in (ANY, DecisionFilter(bot_id="bot-a"), DecisionFilter(coin="BTC")):
                    [decision] = (await store.decisions(where, before=None, limit=1)).items
                    assert (decision.justification, decision.received_at) == (word, at)
                    assert decision.time <= at
                [error] = await store.errors(bot_id=None, kind=None, before=None, limit=1)
                assert error.message == word
                assert error.time <= at
                page = await store.positions(status="open", bot_id=None, before=None, limit=1)
                assert [one.id for one in page.items] == [f"{word}-{round_}"]
                assert page.items[0].entry_time == min(time, at)
                assert row.last_decision_at is not None
                assert row.last_decision_at <= at

    place.run(scenario)


def test_a_time_after_the_receipt_is_shown_at_the_receipt(place: Place) -> None:
    """In curves and rows; the event itself stays as it was sent."""

    async def scenario(store: Store) -> None:
        bot = Bot().at(START)
        wrong = bot.account(minutes(0), "7")
        await store.append([wrong])
        for tier in TIERS:
            [curve] = await store.equity(
                None, start=START - timedelta(days=2), end=CLOCKS[1], bucket=tier
            )
            [point] = curve.points
            assert START - timedelta(seconds=tier) <= point.time <= START
        tail = await store.tail(await store.origin(), 9)
        assert tail.events[0].event.time == wrong.time
        assert tail.events[0].event.shown_at == START

    place.run(scenario)


def test_exits_close_in_the_order_of_receipt(place: Place) -> None:
    """The closed list ends with what was closed last, whatever its clock says."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.opened(n, position_id=f"p{n}") for n in range(3)])
        for n, minute in enumerate((minutes(0), 5, minutes(2))):
            closed = bot.at(START + timedelta(minutes=n + 10)).closed(minute, position_id=f"p{n}")
            await store.append([closed])
        page = await store.positions(status="closed", bot_id="bot-a", before=None, limit=9)
        assert [row.id for row in page.items] == ["p2", "p1", "p0"]
        assert page.items[2].exit_time == START + timedelta(minutes=10)

    place.run(scenario)


def test_a_span_is_of_the_time_that_is_shown(place: Place) -> None:
    """since and until look at the decision's time, also where receipt is long after it."""

    async def scenario(store: Store) -> None:
        bot = Bot().at(START + timedelta(days=1))
        chance = random.Random(5)
        order = list(range(12))
        chance.shuffle(order)
        for minute in order:
            await store.append([bot.decision(minute, signal="close")])
        where = DecisionFilter(
            since=START + timedelta(minutes=3), until=START + timedelta(minutes=8)
        )
        seen: list[float] = []
        before: str | None = None
        while True:
            page = await store.decisions(where, before=before, limit=2)
            seen += [(row.time - START) / timedelta(minutes=1) for row in page.items]
            before = page.next
            if before is None:
                break
        assert seen == [minute for minute in reversed(order) if 3 <= minute < 8]

    place.run(scenario)


def test_bots_stand_beside_each_other_by_time(place: Place) -> None:
    """Histories that come one bot after the other are one list by time."""

    async def scenario(store: Store) -> None:
        bots = [Bot(f"bot-{n}").at(START + timedelta(days=1)) for n in range(3)]
        for bot in bots:
            await store.append([bot.decision(minute) for minute in range(5)])
        page = await store.decisions(ANY, before=None, limit=99)
        assert [row.time for row in page.items] == sorted(
            (row.time for row in page.items), reverse=True
        )
        assert {row.bot_id for row in page.items[:3]} == {bot.bot_id for bot in bots}

    place.run(scenario)


def test_retention_goes_by_receipt(place: Place) -> None:
    """What a wrong clock stamped goes with what came beside it."""

    async def scenario(store: Store) -> None:
        bot = Bot().at(START)
        await store.append([bot.status(minutes(n)) for n in range(len(CLOCKS))])
        await store.append([bot.at(START + timedelta(days=2)).status(minutes(2))])
        assert await store.prune(START + timedelta(days=1)) == len(CLOCKS)
        assert len((await store.tail(await store.origin(), 9)).events) == 1

    place.run(scenario)
