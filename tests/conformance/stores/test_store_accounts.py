"""Accounts, heartbeats, totals and equity curves: exact, and right in any order."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from motherhaven.contract.errors import ContractError
from motherhaven.stores import TIERS, Store
from tests.conformance.stores.kit import START, Bot, Place

DAY = timedelta(days=1)


def test_accounts_and_heartbeats_come_newest_first(place: Place) -> None:
    """Of one bot or of all, merged by time, no more than asked."""

    async def scenario(store: Store) -> None:
        one, two = Bot(), Bot("bot-b")
        await store.append([one.account(3), two.account(2), one.account(1), two.account(4)])
        await store.append([one.status(3), two.status(2), one.status(1, "paused")])
        minutes = [(row.time - START) // timedelta(minutes=1)
                   for row in await store.accounts(None, limit=3)]  # fmt: skip
        assert minutes == [4, 3, 2]
        assert [row.bot_id for row in await store.accounts("bot-a", limit=9)] == ["bot-a"] * 2
        assert [row.status for row in await store.statuses("bot-a", limit=9)] == [
            "running",
            "paused",
        ]
        assert [row.bot_id for row in await store.statuses(None, limit=1)] == ["bot-a"]
        assert await store.accounts("nobody", limit=5) == []

    place.run(scenario)


def test_money_keeps_every_digit(place: Place) -> None:
    """22 digits, tiny and huge amounts come back as they were sent."""

    async def scenario(store: Store) -> None:
        figures = ["0.1234567890123456789012", "123456789012345678901234567890.5",
                   "-0.000000000001", "1e-30", "-0", "1000000000"]  # fmt: skip
        bot = Bot()
        await store.append([bot.account(n, text, fees_usd=text) for n, text in enumerate(figures)])
        told = [row.equity_usd for row in await store.accounts(None, limit=9)]
        assert told[::-1] == [Decimal(text) for text in figures]
        curve = (await store.equity(None, start=START, end=START + DAY, bucket=60))[0]
        assert [point.equity for point in curve.points] == [Decimal(text) for text in figures]

    place.run(scenario)


def test_the_latest_state_of_a_bot_is_what_came_last(place: Place) -> None:
    """Whatever the clock and the sequence say: a journal made anew begins at 1 again."""

    async def scenario(store: Store) -> None:
        bot, anew = Bot(), Bot().at(START + timedelta(minutes=3))
        for _ in range(9):
            bot.seq += 1
        await store.append([bot.status(2, "running"), bot.account(2, "900")])
        await store.append(
            [anew.status(1, "stopped", market="m", decider="d"), anew.account(1, "950")]
        )
        row = (await store.bots())[0]
        assert row.status is not None
        assert row.account is not None
        assert (row.status.status, row.account.equity_usd) == ("stopped", Decimal(950))
        assert (row.market, row.decider) == ("m", "d")

    place.run(scenario)


def test_a_heartbeat_tells_how_positions_are_protected(place: Place) -> None:
    """Counts and what lacks, with the bot and in the list; what cannot be read is not told."""

    async def scenario(store: Store) -> None:
        lacking = {"coin": "BTC", "position_id": "p1", "state": "partly",
                   "reason_code": "stop_partial", "seconds": 7}  # fmt: skip
        counts = {"protected": 2, "partly": 1, "unprotected": 0, "unknown": 0}
        bot, odd, none = Bot(), Bot("bot-b"), Bot("bot-c")
        await store.append([bot.status(1, protection={**counts, "lacking": [lacking]})])
        await store.append([odd.status(2, protection={**counts, "unknown": "many"})])
        await store.append([none.status(3)])
        told = {row.id: row.status and row.status.protection for row in await store.bots()}
        assert told["bot-a"] is not None
        assert told["bot-a"].model_dump() == {**counts, "lacking": (lacking,)}
        assert (told["bot-b"], told["bot-c"]) == (None, None)
        listed = [row.protection for row in await store.statuses(None, limit=9)]
        assert listed == [None, None, told["bot-a"]]

    place.run(scenario)


def test_a_bot_row_tells_who_and_since_when(place: Place) -> None:
    """Name, mode and times follow what was sent; an untold mode or name changes nothing."""

    async def scenario(store: Store) -> None:
        bot = Bot("bot-b", None).at(START + DAY)
        bot.mode = "unknown"
        await store.append([bot.status(0)])
        bot.name, bot.mode = "beta", "live"
        await store.append([bot.at(START + 2 * DAY).decision(7)])
        bot.name, bot.mode = None, "unknown"
        await store.append([bot.at(START + 3 * DAY).status(9)])
        await store.append([Bot().at(START).status(0), Bot("bot-c").at(START).status(0)])
        rows = await store.bots()
        assert [row.id for row in rows] == ["bot-a", "bot-c", "bot-b"]
        beta = rows[2]
        assert (beta.name, beta.mode) == ("beta", "live")
        assert (beta.first_seen, beta.last_seen) == (START + DAY, START + 3 * DAY)
        assert beta.last_decision_at == START + timedelta(minutes=7)
        assert beta.account is None

    place.run(scenario)


def test_totals_add_up_exactly(place: Place) -> None:
    """Counts, costs, fees, funding and PnL are sums without a lost digit; unknown is None."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.status(0)])
        stats = (await store.bots())[0].stats
        assert (stats.fees_usd, stats.realized_pnl, stats.max_drawdown, stats.model_cost_usd) == (
            None, None, None, None,
        )  # fmt: skip
        fill = {"coin": "BTC", "size": "1", "price": "1", "realized": "0", "liquidity": "taker",
                "reason": "entry", "timestamp": START.isoformat()}  # fmt: skip
        paid = {"coin": "BTC", "rate": "0.1", "oracle": "1", "timestamp": START.isoformat()}
        await store.append(
            [bot.decision(1, cost_usd="0.1"), bot.decision(2, cost_usd="0.2"), bot.decision(3),
             bot.event("fill", fill | {"fee": "0.00000000000000000001"}, START),
             bot.event("fill", fill | {"fee": "99999999999999999999"}, START),
             bot.event("funding", paid | {"amount": "0.25"}, START),
             bot.event("funding", paid | {"amount": "-1"}, START),
             bot.closed(1, realized_pnl="0.1"), bot.closed(2, realized_pnl="0.2"),
             bot.closed(3, realized_pnl=None), bot.closed(4, realized_pnl="-5")]
        )  # fmt: skip
        stats = (await store.bots())[0].stats
        assert (stats.decisions, stats.closed_positions, stats.wins) == (3, 4, 2)
        assert stats.model_cost_usd == Decimal("0.3")
        assert stats.fees_usd == Decimal("99999999999999999999.00000000000000000001")
        assert stats.funding_usd == Decimal("0.75")
        assert stats.realized_pnl == Decimal("-4.7")

    place.run(scenario)


def test_drawdown_is_net_of_deposits(place: Place) -> None:
    """A deposit is no gain and a withdrawal no loss; the deepest fall from a peak counts."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        steps = [("1000", "1000"), ("1100", "1000"), ("2100", "2000"), ("1990", "2000"),
                 ("2090", "2000"), ("1090", "1000")]  # fmt: skip
        for minute, (equity, deposits) in enumerate(steps):
            await store.append([bot.account(minute, equity, deposits_usd=deposits)])
        stats = (await store.bots())[0].stats
        assert (stats.first_equity, stats.peak_equity) == (Decimal(1000), Decimal(1100))
        assert stats.max_drawdown == Decimal("-0.1")
        await store.append([bot.account(9, "0", deposits_usd="1000")])
        assert (await store.bots())[0].stats.max_drawdown == Decimal(-1)

    place.run(scenario)


def test_deposits_are_kept_where_they_change(place: Place) -> None:
    """One point for each change, by the minute; unknown deposits add none."""

    async def scenario(store: Store) -> None:
        bot, mute = Bot(), Bot("bot-b", "beta")
        steps = [(2, "1000"), (3, "1000"), (4.5, "2500.25"), (5, "2500.25"), (6, "500")]
        for minute, deposits in steps:
            await store.append([bot.account(minute, "1000", deposits_usd=deposits)])
        await store.append([mute.account(1)])
        await store.append([bot.account(9, "1000", deposits_usd=d) for d in ("600", "700")])
        found = await store.deposits(["bot-a", "bot-b", "nobody"])
        assert found["bot-b"] == []
        assert "nobody" not in found
        told = [(p.time - START, p.deposits_usd) for p in found["bot-a"]]
        minutes = ((2, "1000"), (4, "2500.25"), (6, "500"), (9, "700"))
        assert told == [(timedelta(minutes=m), Decimal(d)) for m, d in minutes]

    place.run(scenario)


@pytest.mark.parametrize("seed", range(3))
def test_rollups_do_not_depend_on_the_order_of_arrival(place: Place, seed: int) -> None:
    """In every tier each bucket has its last value by time, its lowest and its highest."""

    async def scenario(store: Store) -> None:
        dice = random.Random(seed)
        bot = Bot()
        minutes = sorted(dice.randrange(6_000) / 2 for _ in range(80))
        events = [bot.account(m, str(dice.randrange(10_000) / 8)) for m in minutes]
        shuffled = events[:]
        dice.shuffle(shuffled)
        for at in range(0, len(shuffled), 9):
            await store.append(shuffled[at : at + 9])
        end = START + timedelta(minutes=3_000)
        for tier in TIERS:
            wanted: dict[int, list[Decimal]] = {}
            for event in events:
                number = int(event.time.timestamp()) // tier
                wanted.setdefault(number, []).append(event.body.model_dump()["equity_usd"])
            series = (await store.equity(["bot-a"], start=START, end=end, bucket=tier))[0]
            got = {
                int(p.time.timestamp()) // tier: (p.equity, p.low, p.high) for p in series.points
            }
            assert got == {n: (v[-1], min(v), max(v)) for n, v in wanted.items()}
            assert [p.time for p in series.points] == sorted(p.time for p in series.points)

    place.run(scenario)


def test_equity_is_cut_to_the_range_and_the_bots_asked_for(place: Place) -> None:
    """Buckets that touch [start, end) come; unknown bots and empty buckets do not."""

    async def scenario(store: Store) -> None:
        one, two = Bot(), Bot("bot-b", "beta")
        await store.append([b.account(m, str(m)) for b in (one, two) for m in range(0, 60, 10)])
        start, end = START + timedelta(minutes=15), START + timedelta(minutes=40)
        series = await store.equity(["bot-b", "nobody"], start=start, end=end, bucket=600)
        assert [(s.bot_id, s.bot_name, s.mode) for s in series] == [("bot-b", "beta", "paper")]
        assert [point.equity for point in series[0].points] == [10, 20, 30]
        both = await store.equity(None, start=start, end=end, bucket=86_400)
        assert [len(s.points) for s in both] == [1, 1]
        with pytest.raises(ContractError, match="bucket"):
            await store.equity(None, start=start, end=end, bucket=61)

    place.run(scenario)


def test_a_bot_without_equity_has_an_empty_curve(place: Place) -> None:
    """No data is no points, not zeros."""

    async def scenario(store: Store) -> None:
        await store.append([Bot().status(0)])
        series = await store.equity(None, start=START, end=START + DAY, bucket=60)
        assert [s.points for s in series] == [()]

    place.run(scenario)


def test_uptime_is_what_the_heartbeats_vouch_for(place: Place) -> None:
    """Each for the time since the last one, two intervals at most; by no more than the receipt."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.account(0)])
        [row] = await store.bots()
        assert (row.stats.alive_seconds, row.stats.first_status_at) == (None, None)
        await store.append([bot.status(0, interval_seconds=60)])
        [row] = await store.bots()
        assert (row.stats.alive_seconds, row.stats.first_status_at) == (0, START)
        await store.append([bot.status(1, interval_seconds=60)])
        await store.append([bot.status(31, interval_seconds=60)])
        await store.append([bot.status(32)])
        [row] = await store.bots()
        assert row.stats.alive_seconds == 60 + 120 + 60
        assert row.stats.first_status_at == START

    place.run(scenario)


def test_bots_come_by_id_and_page_by_page(place: Place) -> None:
    """The same order as all of them; unknown ids are left out, an unknown place ends it."""

    async def scenario(store: Store) -> None:
        names = [f"bot-{letter}" for letter in "dbeac"]
        for number, name in enumerate(names):
            await store.append([Bot(name).at(START + number * DAY).status(0)])
        assert [row.id for row in await store.bots()] == names
        assert [row.id for row in await store.bots(limit=2)] == names[:2]
        assert [row.id for row in await store.bots(after="bot-b", limit=2)] == names[2:4]
        assert await store.bots(after=names[-1], limit=2) == []
        assert await store.bots(after="nobody", limit=2) == []
        some = await store.bots(["bot-a", "nobody", "bot-d", "bot-a"])
        assert [row.id for row in some] == ["bot-d", "bot-a"]
        assert await store.bots([]) == []

    place.run(scenario)
