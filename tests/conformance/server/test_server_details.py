"""Details over every store: a trade adds up, an outcome is told or unknown, errors in groups."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests.conformance.server.conftest import Served
from tests.serverkit import API, NOW, candles, event

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
MIDNIGHT = NOW.replace(hour=3, minute=0, second=0, microsecond=0)


def entry(number: int, **changes: Any) -> dict[str, Any]:
    """A position's entry with the client's own id."""
    return event(number, "position_opened", position_id="p1", decision_id="event-000001", **changes)


def row(minutes: int, low: str, high: str, close: str) -> list[Any]:
    """A candle that begins so many minutes after the hour of the decision."""
    return [(MIDNIGHT + minutes * MINUTE).isoformat(), low, high, low, close, None]


def add_up(detail: dict[str, Any]) -> None:
    """gross - fees - funding = net, to the last digit."""
    gross, fees, paid, net = (
        Fraction(detail[name]) for name in ("gross_pnl", "fees_usd", "funding_usd", "net_pnl")
    )
    assert gross - fees - paid == net


async def test_an_open_trade_adds_up_from_its_fills(served: Served) -> None:
    """All digits of fees, funding and partial results are there; the sum is exact."""
    async with served() as api:
        await api.keep(
            entry(1),
            event(2, "fill", size="2", fee="0.12345678901234567890123456789"),
            event(3, "fill", size="-1", realized="100000000000000000.01", fee="1", reason="close"),
            event(4, "funding", amount="0.25"),
            event(5, "funding", amount="-0.05"),
            event(6, "fill", size="9", fee="7", position_id="p2"),
        )
        detail = await api.get("trade", id="p1", bot="bot-1")
        assert [fill["size"] for fill in detail["fills"]] == ["2", "-1"]
        assert [payment["amount"] for payment in detail["funding"]] == ["0.25", "-0.05"]
        assert (detail["gross_pnl"], detail["funding_usd"]) == ("100000000000000000.01", "0.2")
        assert detail["fees_usd"] == "1.12345678901234567890123456789"
        add_up(detail)
        assert detail["agrees"] is None


async def test_a_closed_trade_says_whether_the_bot_s_net_agrees(served: Served) -> None:
    """What the bot reported is compared with what its parts give; funding's sign is turned."""
    async with served() as api:
        told = {"gross_pnl": "10", "fees_usd": "1.5", "funding_usd": "-0.25"}
        for number, net in ((1, "8.25"), (3, "8.26")):
            name = f"p{number}"
            await api.keep(
                event(number, "position_opened", position_id=name),
                event(
                    number + 1, "position_closed", MINUTE,
                    position_id=name, realized_pnl=net, **told,
                ),
            )  # fmt: skip
        one, other = [await api.get("trade", id=f"p{n}", bot="bot-1") for n in (1, 3)]
        assert (one["funding_usd"], one["net_pnl"], one["agrees"]) == ("0.25", "8.25", True)
        assert (other["net_pnl"], other["agrees"]) == ("8.25", False)
        add_up(one)


async def test_a_trade_whose_fills_are_missing_knows_only_what_was_reported(
    served: Served,
) -> None:
    """Half of the fills would give wrong sums: then the parts stay unknown, not zero."""
    async with served() as api:
        await api.keep(
            entry(1), event(2, "fill"), event(3, "position_closed", MINUTE, position_id="p1")
        )
        detail = await api.get("trade", id="p1", bot="bot-1")
        assert (detail["gross_pnl"], detail["fees_usd"], detail["funding_usd"]) == (None,) * 3
        assert (detail["net_pnl"], detail["agrees"]) == ("0.71", None)
        assert len(detail["fills"]) == 1


async def test_candles_by_coin_and_time(served: Served) -> None:
    """[start, end), oldest first, with where to go on; none gives an empty list."""
    rows = [row(m, "99", "101", str(100 + m)) for m in (0, 1, 3, 4)]
    async with served() as api:
        await api.keep(event(1, "candles", **candles(*rows)))
        place = {"bot": "bot-1", "coin": "BTC"}
        whole = await api.get("candles", **place)
        assert [one["close"] for one in whole["candles"]] == ["100", "101", "103", "104"]
        assert (whole["interval_seconds"], whole["next"]) == (60, None)
        first = await api.get("candles", **place, limit=3)
        rest = await api.get("candles", **place, start=first["next"])
        assert [one["close"] for one in rest["candles"]] == ["104"]
        end = (MIDNIGHT + MINUTE).isoformat()
        assert len((await api.get("candles", **place, end=end))["candles"]) == 1
        none = await api.get("candles", bot="bot-1", coin="ETH")
        assert (none["candles"], none["interval_seconds"]) == ([], None)
        wrong = await api.client.get(f"{API}/candles", params={**place, "start": "yesterday"})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "invalid_event")


async def test_an_outcome_tells_moves_and_what_was_touched(served: Served) -> None:
    """The hour's move from the mark; a stop that a candle reached, a target that none did."""
    decided = event(1, "decision", mark="100", stop_loss="95", profit_target="120")
    rows = [row(m, "94.5" if m == 30 else "99", "110", "110") for m in range(65)]
    async with served() as api:
        await api.keep(decided, event(2, "candles", **candles(*rows)))
        told = await api.get("outcome", id="event-000001")
        moves = {one["seconds"]: one["move"] for one in told["horizons"]}
        assert moves == {3600: pytest.approx(0.1), 14_400: None, 86_400: None}
        assert (told["stop_touched"], told["target_touched"]) == (True, False)
        assert told["watched_until"].startswith("2026-01-02T04:05:00")
        assert told["position"] is None


async def test_an_outcome_does_not_guess(served: Served) -> None:
    """Without candles, or with a gap among them, an untouched stop is unknown, not untouched."""
    async with served() as api:
        await api.keep(event(1, "decision", mark="100", stop_loss="95", profit_target=None))
        told = await api.get("outcome", id="event-000001")
        assert (told["stop_touched"], told["watched_until"]) == (None, None)
        assert [one["move"] for one in told["horizons"]] == [None] * 3
        rows = [row(m, "99", "101", "100") for m in (5, 6, 8)]
        await api.keep(event(2, "candles", **candles(*rows)))
        assert (await api.get("outcome", id="event-000001"))["stop_touched"] is None
        await api.keep(event(3, "candles", **candles(row(7, "99", "101", "100"))))
        told = await api.get("outcome", id="event-000001")
        assert (told["stop_touched"], told["target_touched"]) == (False, None)


@pytest.mark.parametrize(("reason", "touched"), [("close", False), ("stop", True)])
async def test_an_outcome_ends_with_the_position(
    served: Served, reason: str, touched: bool
) -> None:
    """What the price did after the exit touched nothing; an exit by the stop touched it."""
    rows = [row(m, "50" if m > 20 else "99", "101", "100") for m in range(60)]
    end = (NOW + 10 * MINUTE).isoformat()
    async with served() as api:
        await api.keep(
            event(1, "decision", mark="100", stop_loss="95"),
            entry(2),
            event(
                3, "position_closed", 10 * MINUTE, position_id="p1", reason=reason, exit_time=end
            ),
            event(4, "candles", **candles(*rows)),
        )
        told = await api.get("outcome", id="event-000001")
        assert told["stop_touched"] is touched
        assert told["position"]["id"] == "p1"
        assert told["watched_until"] <= told["position"]["exit_time"]
        other = await api.client.get(f"{API}/outcome", params={"id": "event-000002"})
        assert other.status_code == 404


async def test_errors_are_grouped_by_what_they_say(served: Served) -> None:
    """Numbers, ids and the coin do not split a group; kinds and bots are told; a step is given."""
    refused = {"allowed": False, "rule": "max_leverage"}
    async with served() as api:
        for number, (coin, asked) in enumerate([("BTC", 20), ("ETH", 11), ("SOL", 7)], 1):
            why = f"leverage {asked} is above the limit 5"
            await api.keep(
                event(
                    number, "decision", number * MINUTE,
                    coin=coin, verdict={**refused, "reason": why}, bot_id=f"bot-{number % 2}",
                )
            )  # fmt: skip
        await api.keep(event(9, "status", 9 * MINUTE, status="error", error="no market data"))
        told = await api.get("errors/groups")
        cycle, guard = told["items"]
        assert (told["counted"], told["truncated"]) == (4, False)
        assert (guard["kind"], guard["count"], sorted(guard["bots"])) == (
            "guard",
            3,
            ["bot-0", "bot-1"],
        )
        assert guard["message"] == "SOL: leverage 7 is above the limit 5"
        assert guard["decision_id"] == "event-000003"
        assert guard["first"] < guard["last"]
        assert "MAX_LEVERAGE" in guard["next_step"]
        assert cycle["kind"] == "cycle"
        only = await api.get("errors/groups", kind="guard", bot="bot-0")
        assert [one["count"] for one in only["items"]] == [1]
        since = (NOW + 5 * MINUTE).isoformat()
        late = await api.get("errors/groups", since=since)
        assert [one["kind"] for one in late["items"]] == ["cycle"]
        assert [one["kind"] for one in (await api.get("errors", since=since))["items"]] == ["cycle"]


async def test_the_feed_can_be_narrowed(served: Served) -> None:
    """By verdict, by what was executed, and to what is not a hold."""
    async with served() as api:
        await api.keep(
            event(1, "decision", MINUTE, verdict={"allowed": True}),
            event(2, "decision", 2 * MINUTE, verdict={"allowed": False, "reason": "no"}),
            event(3, "decision", 3 * MINUTE, signal="hold", verdict={"allowed": True}),
            event(4, "execution", 4 * MINUTE, decision_id="event-000001"),
        )

        async def ids(**query: Any) -> list[int]:
            page = await api.get("feed", **query)
            return [int(one["id"][-1]) for one in page["items"]]

        assert await ids() == [3, 2, 1]
        assert await ids(verdict="rejected") == [2]
        assert await ids(verdict="allowed") == [3, 1]
        assert await ids(kind="trades") == [2, 1]
        assert await ids(executed="true") == [1]
