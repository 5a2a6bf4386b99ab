"""Positions: with ids, without (old clients), and when the exit comes alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

import pytest

from motherhaven.contract.errors import ContractError, NotFound
from motherhaven.contract.views import PositionRow
from motherhaven.stores import Store
from tests.conformance.stores.kit import START, Bot, Place, old

Status = Literal["open", "closed", "all"]


async def rows(store: Store, status: Status = "all", limit: int = 100) -> list[PositionRow]:
    """All positions, page by page."""
    found: list[PositionRow] = []
    before: str | None = None
    while True:
        page = await store.positions(status=status, bot_id=None, before=before, limit=limit)
        found += page.items
        before = page.next
        if before is None:
            return found


def test_a_position_opens_and_closes_by_its_id(place: Place) -> None:
    """The row keeps the entry's facts and gains the exit's, each exact."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append(
            [bot.opened(0, position_id="p1", decision_id="d1", size="0.0025", stop_loss="59000")]
        )
        row = await store.position("bot-a", "p1")
        assert (row.status, row.exit_time, row.realized_pnl) == ("open", None, None)
        await store.append(
            [bot.closed(5, position_id="p1", decision_id="d2",
                        realized_pnl="-0.1000000000000000001", gross_pnl="0.05",
                        fees_usd="0.15", funding_usd="-0.01", reason="stop")]
        )  # fmt: skip
        row = await store.position("bot-a", "p1")
        assert (row.status, row.reason) == ("closed", "stop")
        assert (row.entry_decision_id, row.exit_decision_id) == ("d1", "d2")
        assert row.entry_time == START
        assert row.exit_time == START + timedelta(minutes=5)
        assert row.realized_pnl == Decimal("-0.1000000000000000001")
        assert (row.size, row.stop_loss) == (Decimal("0.0025"), Decimal(59000))
        assert (await store.bots())[0].stats.model_dump(include={"entries", "open_positions",
            "closed_positions", "wins"}) == {
            "entries": 1, "open_positions": 0, "closed_positions": 1, "wins": 0,
        }  # fmt: skip

    place.run(scenario)


def test_old_exits_find_their_entry_by_numbers(place: Place) -> None:
    """coin, side, price, margin and leverage are compared as numbers; the oldest goes first.

    The exit's own entry_time, in another zone, is not believed.
    """

    async def scenario(store: Store) -> None:
        common = (
            '"coin":"BTC","side":"long","quantity_usd":50.0,"leverage":3,"entry_price":60000.50'
        )
        entry = "{" + common + ',"entry_time":"2026-01-02T0%d:59:59.999999","status":"open"}'
        other = entry.replace("60000.50", "60000.51")
        soon = START + timedelta(seconds=1)
        await store.append([old("position", entry % 3, soon), old("position", entry % 2, soon)])
        await store.append([old("position", other % 2, soon)])
        exit_text = (
            '{"coin":"BTC","side":"long","quantity_usd":50,"leverage":3.0,"entry_price":60000.5,'
            '"entry_time":"2026-01-01T22:00:00","exit_price":61000,"exit_time":"%s",'
            '"realized_pnl":2.41,"status":"closed"}'
        )
        await store.append([old("position", exit_text % "2026-01-02T05:00:00")])
        closed = await rows(store, "closed")
        assert len(closed) == 1
        assert closed[0].entry_time == datetime(2026, 1, 2, 2, 59, 59, 999_999, tzinfo=UTC)
        assert closed[0].realized_pnl == Decimal("2.41")
        await store.append([old("position", exit_text % "2026-01-02T06:00:00")])
        await store.append([old("position", exit_text % "2026-01-02T07:00:00")])
        closed, still = await rows(store, "closed"), await rows(store, "open")
        assert [row.entry_price for row in still] == [Decimal("60000.51")]
        assert len(closed) == 3  # the third exit has no entry, and is not lost
        stats = (await store.bots())[0].stats
        assert (stats.entries, stats.open_positions, stats.closed_positions) == (3, 1, 3)
        assert stats.realized_pnl == Decimal("7.23")

    place.run(scenario)


@pytest.mark.parametrize("field", ["coin", "side", "entry_price", "quantity_usd", "leverage"])
def test_an_old_exit_that_differs_in_one_number_closes_nothing(place: Place, field: str) -> None:
    """It becomes a closed row of its own; the open one stays open."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        wrong = {"coin": "ETH", "side": "short", "entry_price": "60000.51",
                 "quantity_usd": "50.01", "leverage": "4"}[field]  # fmt: skip
        await store.append([bot.opened(0), bot.closed(1, **{field: wrong})])
        assert [row.status for row in await rows(store)] == ["closed", "open"]

    place.run(scenario)


def test_an_exit_without_an_entry_is_kept(place: Place) -> None:
    """Its entry time is what it says, never after its exit; a later entry completes it."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.closed(60, position_id="p", entry_time="2026-01-02T03:30:00Z")])
        await store.append([bot.closed(60, position_id="q", entry_time="garbage")])
        await store.append([bot.closed(60, position_id="r", entry_time="2026-01-03T09:00:00")])
        by_id = {row.id: row for row in await rows(store)}
        assert by_id["p"].entry_time == START + timedelta(minutes=30)
        assert by_id["q"].entry_time == by_id["r"].entry_time == START + timedelta(hours=1)
        await store.append([bot.opened(10, position_id="p", size="0.5")])
        row = await store.position("bot-a", "p")
        assert (row.status, row.size) == ("closed", Decimal("0.5"))
        assert row.entry_time == START + timedelta(minutes=10)
        stats = (await store.bots())[0].stats
        assert (stats.entries, stats.open_positions, stats.closed_positions) == (1, 0, 3)

    place.run(scenario)


def test_closing_twice_changes_nothing(place: Place) -> None:
    """The first exit is the one that counts."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.opened(0, position_id="p"), bot.closed(1, position_id="p")])
        before = (await store.position("bot-a", "p"), (await store.bots())[0].stats)
        await store.append([bot.closed(2, position_id="p", realized_pnl="999")])
        assert (await store.position("bot-a", "p"), (await store.bots())[0].stats) == before

    place.run(scenario)


def test_an_id_used_again_does_not_overwrite(place: Place) -> None:
    """Both positions are there; exits close them in order."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.opened(0, position_id="p"), bot.opened(1, position_id="p")])
        assert len(await rows(store, "open")) == 2
        await store.append([bot.closed(2, position_id="p"), bot.closed(3, position_id="p")])
        closed = await rows(store, "closed")
        assert [row.entry_time for row in closed] == [START + timedelta(minutes=1), START]

    place.run(scenario)


def test_bots_do_not_touch_each_others_positions(place: Place) -> None:
    """The same ids and numbers under another bot are another position."""

    async def scenario(store: Store) -> None:
        one, two = Bot(), Bot("bot-b", "beta")
        await store.append([one.opened(0, position_id="p"), two.opened(0), one.opened(1)])
        await store.append([two.closed(5, position_id="p"), two.closed(6)])
        assert (await store.position("bot-a", "p")).status == "open"
        assert len(await rows(store, "open")) == 2
        page = await store.positions(status="all", bot_id="bot-b", before=None, limit=9)
        assert {row.bot_name for row in page.items} == {"beta"}
        assert {row.status for row in page.items} == {"closed"}

    place.run(scenario)


def test_marks_show_on_open_positions_only(place: Place) -> None:
    """The marks of the account that came last; a closed position keeps none."""

    async def scenario(store: Store) -> None:
        bot = Bot()

        def mark(price: str, **more: str) -> dict[str, object]:
            return {"positions": [{
                "position_id": "p", "coin": "BTC", "size": "0.0025", "entry_price": "60000.5",
                "mark": price, "leverage": "3", "unrealized_pnl": "1.5",
            } | more]}  # fmt: skip

        await store.append(
            [bot.opened(0, position_id="p", stop_loss="59000", profit_target="65000")]
        )
        await store.append([bot.account(1, **mark("60100"))])
        await store.append([bot.account(2, **mark("60200", stop_loss="60050"))])
        row = (await rows(store, "open"))[0]
        assert (row.mark, row.unrealized_pnl) == (Decimal(60200), Decimal("1.5"))
        assert row.mark_time == START + timedelta(minutes=2)
        assert (row.stop_loss, row.profit_target) == (Decimal(60050), Decimal(65000))
        await store.append([bot.closed(3, position_id="p")])
        row = await store.position("bot-a", "p")
        assert (row.mark, row.mark_time, row.unrealized_pnl) == (None, None, None)

    place.run(scenario)


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_pages_follow_entry_or_exit_time(place: Place, limit: int) -> None:
    """Open and all by entry, closed by exit, what came last first, each row once."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.opened(n % 4, position_id=f"p{n}") for n in range(9)])
        await store.append([bot.closed(20 - n, position_id=f"p{n}") for n in range(5)])
        every, still = await rows(store, "all", limit), await rows(store, "open", limit)
        closed = await rows(store, "closed", limit)
        assert [r.id for r in every] == [f"p{n}" for n in reversed(range(9))]
        assert [r.id for r in still] == ["p8", "p7", "p6", "p5"]
        assert [r.id for r in closed] == ["p4", "p3", "p2", "p1", "p0"]

    place.run(scenario)


def test_a_cursor_of_another_list_is_refused(place: Place) -> None:
    """The list of closed positions has an order of its own."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.opened(0, position_id="p"), bot.closed(1, position_id="p")])
        cursor = (await rows(store, "closed"))[0].cursor
        with pytest.raises(ContractError, match="positions"):
            await store.positions(status="all", bot_id=None, before=cursor, limit=5)
        with pytest.raises(NotFound):
            await store.position("bot-a", "nope")
        with pytest.raises(NotFound):
            await store.position("nobody", "p")

    place.run(scenario)
