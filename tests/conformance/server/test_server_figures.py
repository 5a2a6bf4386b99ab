"""Figures over every store: metrics with their n, net of deposits; bots beside each other."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import empyrical
import numpy as np
import pytest

from motherhaven.contract.limits import RiskLimits
from motherhaven.server.figures.closed_trades import MOST
from motherhaven.stores import MemoryStore
from tests.conformance.server.conftest import Served
from tests.serverkit import API, KEY, NOW, event, running

pytestmark = pytest.mark.anyio

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOON: datetime = NOW.replace(hour=12, minute=0, second=0, microsecond=0)
RETURNS = [((day * 37) % 23 - 10) / 1000 for day in range(40)]


def report(number: int, at: datetime, equity: object, deposits: object) -> dict[str, Any]:
    """An account report at a moment."""
    figures = {"equity_usd": str(equity), "deposits_usd": str(deposits)}
    return event(number, "account", at - NOW, **figures)


def life(deposit: Decimal = Decimal(0)) -> list[dict[str, Any]]:
    """Forty daily returns on 10,000 USD; `deposit` comes in on the evening of day 20."""
    equity, deposits, found = Decimal(10_000), Decimal(10_000), []
    found.append(report(1, NOON, equity, deposits))
    for day, change in enumerate(RETURNS, 1):
        equity *= 1 + Decimal(str(change))
        found.append(report(2 * day, NOON + day * DAY, equity, deposits))
        if day == 20:
            equity, deposits = equity + deposit, deposits + deposit
            found.append(report(2 * day + 1, NOON + day * DAY + 7 * HOUR, equity, deposits))
    found.append(report(999, NOON + 41 * DAY, equity, deposits))
    return found


def trade(
    number: int, *, net: str, confidence: str | None = None, coin: str = "BTC", hours: int = 1,
    **changes: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """A decision, its entry an hour later by number, and its exit `hours` after that."""
    begun = number * HOUR
    name = {"position_id": f"p{number}", "coin": coin, "side": changes.pop("side", "long")}
    times = {"entry_time": (NOW + begun).isoformat(), "quantity_usd": "100", "leverage": "2"}
    place = {"bot_id": changes.pop("bot_id", "bot-1")}
    made = {"confidence": confidence, "coin": coin}
    first = f"event-{10 * number:06d}" if confidence is not None else None
    return [
        event(10 * number, "decision", begun, **made, **place),
        event(
            10 * number + 1, "position_opened", begun, decision_id=first, **name, **times, **place
        ),
        event(
            10 * number + 2, "position_closed", begun + hours * HOUR, realized_pnl=net,
            exit_time=(NOW + begun + hours * HOUR).isoformat(), **name, **times, **place, **changes,
        ),
    ]  # fmt: skip


async def only(api: Any, **query: Any) -> Any:
    """The metrics of the only bot there is."""
    [item] = (await api.get("metrics", **query))["items"]
    return item


async def test_the_ratios_are_those_of_an_independent_library(served: Served) -> None:
    """Sharpe, Sortino, CAGR, Calmar, drawdown and return as empyrical has them, from the API."""
    async with served() as api:
        await api.keep(*life())
        told = (await only(api))["performance"]
    daily = np.array(RETURNS)
    assert (told["returns_n"], told["days"]) == (40, 42)
    year = {"annualization": 365}
    assert told["sharpe"] == pytest.approx(empyrical.sharpe_ratio(daily, **year))
    assert told["sortino"] == pytest.approx(empyrical.sortino_ratio(daily, **year))
    assert told["cagr"] == pytest.approx(empyrical.cagr(daily, **year))
    assert told["calmar"] == pytest.approx(empyrical.calmar_ratio(daily, **year))
    assert told["max_drawdown"] == pytest.approx(empyrical.max_drawdown(daily))
    assert told["total_return"] == pytest.approx(empyrical.cum_returns_final(daily))


async def test_a_deposit_is_no_return(served: Served) -> None:
    """The same returns with 50,000 USD paid in meanwhile give the same figures."""
    async with served() as api:
        await api.keep(*life(Decimal(50_000)))
        item = await only(api)
        [bot] = (await api.get("bots"))["bots"]
    told, daily = item["performance"], np.array(RETURNS)
    year = {"annualization": 365}
    assert told["sharpe"] == bot["sharpe"] == pytest.approx(empyrical.sharpe_ratio(daily, **year))
    assert told["cagr"] == pytest.approx(empyrical.cagr(daily, **year))
    assert told["total_return"] == pytest.approx(empyrical.cum_returns_final(daily))
    assert told["drawdown_seconds"] < 41 * 86_400


async def test_a_withdrawal_is_no_return_in_the_list_of_bots(served: Served) -> None:
    """+10 %, half of it taken out, then -10 %: -1 % in the list, whatever was paid in and out."""
    async with served() as api:
        await api.keep(
            report(1, NOON, 10_000, 10_000),
            report(2, NOON + 2 * HOUR, 11_000, 10_000),
            report(3, NOON + 3 * HOUR, 5_500, 4_500),
        )
        [bot] = (await api.get("bots"))["bots"]
        assert (float(bot["return_fraction"]), float(bot["return_base_usd"])) == (0.1, 5_000)
        api.clock.advance(60)
        await api.keep(report(4, NOON + 4 * HOUR, 4_950, 4_500))
        [bot] = (await api.get("bots"))["bots"]
        item = await only(api)
    assert float(bot["return_fraction"]) == pytest.approx(-0.01)
    assert item["performance"]["total_return"] == pytest.approx(-0.01)


async def test_a_return_counts_from_the_capital_that_was_told(served: Served) -> None:
    """The first capital without flows; the first equity where none was told; else nothing."""
    async with served() as api:
        await api.keep(report(1, NOON, 9_990, 10_000), report(2, NOON + HOUR, 10_500, 10_000))
        [bot] = (await api.get("bots"))["bots"]
        assert (bot["return_fraction"], bot["return_base_usd"]) == ("0.05", "10000")
        await api.keep(event(7, "status", bot_id="b"), event(8, "account", bot_id="c"))
        found = {bot["id"]: bot for bot in (await api.get("bots"))["bots"]}
    assert found["b"]["return_fraction"] is found["b"]["return_base_usd"] is None
    assert found["c"]["return_base_usd"] == found["c"]["stats"]["first_equity"]


async def test_limits_stand_side_by_side(served: Served) -> None:
    """Each bot's newest limits under their settings' names; what differs is marked."""
    limits = RiskLimits(max_leverage=3).shown()
    other = {**limits, "max_leverage": "5", "unheard_of": "1"}
    async with served() as api:
        await api.keep(
            event(1, "status", limits=limits, bot_id="a"),
            event(2, "status", limits=other, bot_id="b"),
            event(3, "status", limits="none", bot_id="c"),
        )
        told = await api.get("compare", ids="a,b,c")
    items = {one["bot_id"]: one["items"] for one in told["configs"]}
    assert (items["a"]["MAX_LEVERAGE"], items["b"]["MAX_LEVERAGE"]) == ("3", "5")
    assert set(items["a"]) - set(items["c"]) == {name.upper() for name in limits}
    assert "UNHEARD_OF" not in items["b"]
    assert items["a"]["MAX_TRADES_PER_DAY"] == limits["max_trades_per_day"]


async def test_limits_that_differ_are_marked(served: Served) -> None:
    """The one that is not the same, and no other."""
    limits = RiskLimits(max_leverage=3).shown()
    async with served() as api:
        await api.keep(
            event(1, "status", limits=limits, bot_id="a"),
            event(2, "status", limits={**limits, "max_leverage": "5"}, bot_id="b"),
        )
        told = await api.get("compare", ids="a,b")
    assert set(told["differing"]) == {"MAX_LEVERAGE"}


async def test_small_samples_give_null_with_their_n(served: Served) -> None:
    """Nothing known is null; below thirty daily returns nothing is annualized."""
    async with served() as api:
        await api.keep(event(5_000, "status"))
        item = await only(api)
        assert item["performance"]["total_return"] is item["performance"]["max_drawdown"] is None
        assert (item["performance"]["points_n"], item["trades"]["n"]) == (0, 0)
        assert item["trades"]["win_rate"] is item["trades"]["expectancy"] is None
        assert item["net_usd"] is item["net_after_model_cost"] is item["brier"] is None
        assert [one["stated"] for one in item["calibration"]] == [None] * 10
        api.clock.advance(60)
        await api.keep(*life()[:22])
        told = (await only(api))["performance"]
        assert (told["returns_n"], told["min_days"]) == (19, 30)
        assert [told[name] for name in ("sharpe", "sortino", "cagr", "calmar")] == [None] * 4
        assert told["total_return"] is not None


async def test_trades_count_net_and_break_evens(served: Served) -> None:
    """Win rate over all trades, profit factor, expectancy, holds, shares, and what was told."""
    parts = {"gross_pnl": "11", "fees_usd": "1", "funding_usd": "0"}
    async with served() as api:
        await api.keep(
            event(1, "account", -HOUR, equity_usd="1000", deposits_usd="1000"),
            *trade(1, net="10", **parts),
            *trade(4, net="-4", side="short", hours=3),
            *trade(8, net="0"),
            event(999, "account", 9 * HOUR, equity_usd="1006", deposits_usd="1000"),
        )
        told = (await only(api))["trades"]
    assert [told[name] for name in ("n", "closed", "wins", "losses", "break_evens")] == [
        3,
        3,
        1,
        1,
        1,
    ]
    assert told["win_rate"] == pytest.approx(1 / 3)
    assert (told["profit_factor"], told["expectancy"], told["net_pnl"]) == (2.5, "2", "6")
    assert (told["fees_usd"], told["fees_n"]) == ("1", 1)
    assert told["fee_share"] == pytest.approx(1 / 11)
    assert told["median_hold_seconds"] == 3600
    assert told["long_share_time"] == pytest.approx(2 / 5)
    assert told["long_share_notional"] == pytest.approx(2 / 3)
    assert told["exposure"] == pytest.approx(0.5, abs=0.01)
    assert told["turnover"] == pytest.approx(2 * 600 / 1004.5, rel=0.01)


async def test_confidence_is_held_against_the_outcome(served: Served) -> None:
    """Only trades whose entry names a decision count; each bin has its n."""
    async with served() as api:
        events = [*trade(1, net="5", confidence="0.65"), *trade(2, net="-5", confidence="0.65"),
                  *trade(3, net="1", confidence="1"), *trade(4, net="1")]  # fmt: skip
        await api.keep(*events)
        item = await only(api)
        bins = {one["low"]: (one["n"], one["stated"], one["won"]) for one in item["calibration"]}
        assert bins[0.6] == (2, 0.65, 0.5)
        assert bins[0.9] == (1, 1.0, 1.0)
        assert item["calibration_n"] == 3
        assert item["brier"] == pytest.approx((0.35**2 + 0.65**2 + 0) / 3)
        many = [one for n in range(5, 35) for one in trade(n, net="1", confidence="0.2")]
        await api.keep(*many)
        api.clock.advance(60)
        item = await only(api)
        assert item["calibration"][2] == {
            "low": 0.2,
            "high": 0.3,
            "n": 30,
            "stated": 0.2,
            "won": 1.0,
        }


async def test_the_model_s_cost_is_in_the_net_result(served: Served) -> None:
    """Net less the cost of all answers; without a told cost it is not known."""
    async with served() as api:
        await api.keep(event(1, "account", total_pnl="12.5"))
        item = await only(api)
        assert (item["net_usd"], item["net_after_model_cost"]) == ("12.5", None)
        await api.keep(event(2, "decision", cost_usd="0.0041"), event(3, "decision", cost_usd="1"))
        api.clock.advance(60)
        item = await only(api)
        assert (item["model_cost_usd"], item["net_after_model_cost"]) == ("1.0041", "11.4959")


class Counting(MemoryStore):
    """Counts the rows that leave it."""

    rows = 0

    async def positions(self, **asked: Any) -> Any:
        page = await super().positions(**asked)
        self.rows += len(page.items)
        return page

    async def equity(self, bot_ids: Sequence[str] | None, **asked: Any) -> Any:
        curves = await super().equity(bot_ids, **asked)
        self.rows += sum(len(curve.points) for curve in curves)
        return curves


async def test_a_request_reads_what_is_new_not_the_whole() -> None:
    """A second request reads nothing; one more trade costs a page, not the history."""
    store = Counting()
    async with running(store=store) as server, server.client(key=KEY) as client:

        async def keep(*items: dict[str, Any]) -> None:
            for at in range(0, len(items), 400):
                await client.post(f"{API}/ingest/batch", json={"events": items[at : at + 400]})

        async def trades() -> Any:
            server.clock.advance(60)
            return (await client.get(f"{API}/metrics")).json()["items"][0]["trades"]

        await keep(*(one for n in range(1, MOST + 101) for one in trade(n, net="1")))
        told = await trades()
        assert (told["n"], told["closed"]) == (MOST, MOST + 100)
        store.rows = 0
        await trades()
        assert store.rows == 0
        await keep(*trade(MOST + 200, net="1"))
        assert (await trades())["closed"] == MOST + 101
        assert store.rows <= 10


async def test_a_trade_that_arrives_late_is_counted(served: Served) -> None:
    """An exit older than those that are kept makes the bot's trades be read again."""
    async with served() as api:
        await api.keep(*trade(5, net="1"), *trade(9, net="1"))
        assert (await only(api))["trades"]["n"] == 2
        await api.keep(*trade(2, net="-3"))
        api.clock.advance(60)
        told = (await only(api))["trades"]
        assert (told["n"], told["net_pnl"]) == (3, "-1")


async def test_bots_side_by_side_begin_together(served: Served) -> None:
    """The aligned start is the later one; trades before it and other coins' cells are apart."""
    async with served() as api:
        for bot, first, capital, mode in (("a", 0, "1000", "paper"), ("b", 5, "500", "live")):
            await api.keep(
                *(
                    event(100 * (bot == "b") + n, "account", n * HOUR, bot_id=bot, mode=mode,
                          equity_usd=str(Decimal(capital) + n), deposits_usd=capital)
                    for n in range(first, 11)
                ),
            )  # fmt: skip
        await api.keep(
            *trade(21, net="7", bot_id="a")[1:],
            *(one | {"bot_id": "a"} for one in trade(1, net="9", coin="ETH")[1:]),
        )
        told = await api.get("compare", ids="a,b,nobody")
        assert told["aligned_start"].startswith((NOW + 5 * HOUR).isoformat()[:16])
        assert told["end"].startswith((NOW + 10 * HOUR).isoformat()[:16])
        returns = {one["bot_id"]: one["return_fraction"] for one in told["returns"]}
        assert returns == {"a": pytest.approx(1010 / 1005 - 1), "b": pytest.approx(510 / 500 - 1)}
        assert {"mode", "capital_usd"} == set(told["differing"])
        text = "; ".join(told["warnings"])
        for part in ("no bot nobody", "mode differs", "capital differs", "began 5.0 h before"):
            assert part in text
        assert told["coins"] == []
        figures = {one["bot_id"]: one for one in told["figures"]}
        for bot, figure in figures.items():
            assert figure["performance"]["total_return"] == returns[bot]
        assert (figures["a"]["net_usd"], figures["b"]["net_usd"]) == ("5", "10")
        assert figures["a"]["trades"]["n"] == 0
        one = await api.get("compare", ids="a")
        cells = {row["coin"]: row["cells"][0] for row in one["coins"]}
        assert cells == {"ETH": {"bot_id": "a", "trades": 1, "win_rate": 1.0, "net_pnl": "9"}}


async def test_agreement_is_counted_by_window_and_coin(served: Served) -> None:
    """Decisions of both within one cycle and coin are compared; others are not."""
    said = {"a": ["hold", "hold", "close", "hold"], "b": ["hold", "buy_to_enter", "close"]}
    async with served() as api:
        number = 0
        for bot, signals in said.items():
            for hour in (0, 9):
                number += 1
                await api.keep(event(number, "account", hour * HOUR, bot_id=bot))
            for hour, signal in enumerate(signals, 1):
                number += 1
                await api.keep(event(number, "decision", hour * HOUR, signal=signal, bot_id=bot))
        told = (await api.get("compare", ids="a,b"))["agreement"]
        assert (told["n"], told["agreed"], told["truncated"]) == (3, 2, False)
        [apart] = told["disagreed"]
        assert {one["bot_id"]: one["signal"] for one in apart["signals"]} == {
            "a": "hold",
            "b": "buy_to_enter",
        }
        assert apart["coin"] == "BTC"


async def test_bots_that_never_met_cannot_be_compared(served: Served) -> None:
    """Windows apart give no figures and say so; so does asking for too many."""
    async with served() as api:
        await api.keep(
            event(1, "account", bot_id="a"), event(2, "account", 9 * HOUR, bot_id="b"),
            event(3, "status", bot_id="c"),
        )  # fmt: skip
        told = await api.get("compare", ids="a,b")
        assert (told["aligned_start"], told["returns"], told["coins"]) == (None, [], [])
        assert any("do not overlap" in one for one in told["warnings"])
        mute = await api.get("compare", ids="a,c")
        assert any("no account" in one for one in mute["warnings"])
        many = await api.client.get(f"{API}/compare", params={"ids": ",".join(map(str, range(11)))})
        assert many.status_code == 422
