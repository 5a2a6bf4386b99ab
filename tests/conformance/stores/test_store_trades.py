"""What belongs to a trade: fills, funding payments, candles, the decision that opened it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from motherhaven.contract.errors import InvalidEvent
from motherhaven.stores import Store
from tests.conformance.stores.kit import START, Bot, Place

FIRST = ("2026-01-02T03:00:00Z", "100.10", "101", "99.5", "100", "12.000000000000000001")
END = START + timedelta(days=1)


def at(minute: int, *prices: str) -> tuple[Any, ...]:
    """A candle row; its start as Unix milliseconds."""
    start = int((START + timedelta(minutes=minute)).timestamp() * 1000)
    return (start, *(prices or ("1", "2", "0.5", "1.5")), None)


async def times(store: Store, **asked: Any) -> list[datetime]:
    """When the candles of bot-a's BTC begin."""
    where = {"start": START, "end": END, "limit": 99} | asked
    return [row.time for row in await store.candles("bot-a", "BTC", **where)]


def test_fills_and_fundings_are_those_of_the_position_in_order(place: Place) -> None:
    """By bot and position id, oldest first, exact; those that name no position are in none."""

    async def scenario(store: Store) -> None:
        bot, other = Bot(), Bot("bot-b")
        late = bot.fill(9, size="-0.0025", price="61000", realized="2.49875", reason="exit")
        early = bot.fill(1, fee="0.067500000000000000000000001", decision_id="d1", cloid="0x1")
        paid, got = bot.funding(60), bot.funding(120, amount="-0.5")
        more = [bot.fill(2, position_id="p2"), bot.fill(3, position_id=None), other.fill(4)]
        await store.append([late, paid, *more])
        await store.append([got, early])
        fills = await store.fills("bot-a", "p1")
        assert [row.id for row in fills] == [early.event_id, late.event_id]
        first, last = fills
        assert first.fee == Decimal("0.067500000000000000000000001")
        assert (first.decision_id, first.cloid, first.liquidity) == ("d1", "0x1", "taker")
        assert (last.size, last.realized, last.reason) == (Decimal("-0.0025"), Decimal("2.49875"),
                                                           "exit")  # fmt: skip
        assert last.time == START + timedelta(minutes=9)
        fundings = await store.fundings("bot-a", "p1")
        assert [row.amount for row in fundings] == [Decimal("0.0123"), Decimal("-0.5")]
        assert (fundings[0].rate, fundings[0].oracle) == (Decimal("0.0000125"), Decimal(60001))
        assert await store.fills("bot-a", "nothing") == []
        assert await store.fundings("nobody", "p1") == []

    place.run(scenario)


def test_retention_leaves_what_belongs_to_a_trade(place: Place) -> None:
    """After prune a trade page still shows its fills, its funding and its candles."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.fill(1), bot.funding(2), bot.candles(3, FIRST)])
        before = (await store.fills("bot-a", "p1"), await store.fundings("bot-a", "p1"))
        assert await store.prune(START + timedelta(days=1)) == 3
        assert (await store.fills("bot-a", "p1"), await store.fundings("bot-a", "p1")) == before
        assert before[0]
        assert len(await times(store)) == 1

    place.run(scenario)


def test_candles_are_exact_and_in_order(place: Place) -> None:
    """Both forms of a start, exact prices, ascending, [start, end), and a limit."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.candles(5, at(2), FIRST, at(4)), bot.candles(6, at(1), coin="ETH")])
        [first, *_] = await store.candles("bot-a", "BTC", start=START, end=END, limit=99)
        assert first.model_dump() == {
            "time": START, "interval_seconds": 60, "open": Decimal("100.10"), "high": Decimal(101),
            "low": Decimal("99.5"), "close": Decimal(100),
            "volume": Decimal("12.000000000000000001"),
        }  # fmt: skip
        minutes = [START + timedelta(minutes=minute) for minute in (0, 2, 4)]
        assert await times(store) == minutes
        assert await times(store, limit=2) == minutes[:2]
        assert await times(store, start=minutes[1], end=minutes[2]) == minutes[1:2]
        assert await store.candles("nobody", "BTC", start=START, end=END, limit=9) == []
        assert (await store.bots())[0].id == "bot-a"

    place.run(scenario)


@pytest.mark.parametrize("swapped", [False, True])
def test_the_later_report_of_a_candle_wins(place: Place, swapped: bool) -> None:
    """Later by the bot's own order, not by arrival; repeating one changes nothing."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        old = bot.candles(1, at(1, "1", "1", "1", "1"), at(2, "9", "9", "9", "9"))
        new = bot.candles(2, at(1, "1", "3", "1", "2"))
        for event in (new, old) if swapped else (old, new):
            await store.append([event])
        await store.append([old])
        rows = await store.candles("bot-a", "BTC", start=START, end=END, limit=9)
        assert [row.close for row in rows] == [Decimal(2), Decimal(9)]

    place.run(scenario)


@pytest.mark.parametrize(
    "row",
    [
        ("2026-01-02", "1", "1", "1"),
        ("soon", "1", "1", "1", "1", None),
        (0, "1", "1", "1", "1", None),
        (1767322800000, "x", "1", "1", "1", None),
        (1767322800000, None, "1", "1", "1", None),
    ],
)
def test_candles_that_are_none_are_refused(row: Any) -> None:
    """Too short, no time, a time out of range, no price: named, not kept."""
    with pytest.raises(InvalidEvent, match=r"candles: candles\.0"):
        Bot().candles(0, row)


def test_a_decision_knows_the_position_that_it_opened(place: Place) -> None:
    """The earliest of its own bot; None where it opened nothing."""

    async def scenario(store: Store) -> None:
        bot, other = Bot(), Bot("bot-b")
        await store.append(
            [
                bot.opened(5, position_id="p2", decision_id="d1"),
                bot.opened(1, position_id="p1", decision_id="d1"),
                bot.closed(7, position_id="p1", decision_id="d2"),
                other.opened(0, position_id="p9", decision_id="d1"),
            ]
        )
        found = await store.opened_by("bot-a", "d1")
        assert found == await store.position("bot-a", "p1")
        assert found is not None
        assert found.status == "closed"
        assert await store.opened_by("bot-a", "d2") is None
        assert await store.opened_by("nobody", "d1") is None

    place.run(scenario)
