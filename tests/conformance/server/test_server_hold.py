"""What buying and holding a coin would have made, from candles that bots recorded."""

from typing import Any

import pytest

from tests.conformance.server.conftest import Served
from tests.conformance.server.test_server_figures import HOUR
from tests.serverkit import NOW, event

pytestmark = pytest.mark.anyio


def candles(number: int, bot: str, closes: dict[int, str], coin: str = "BTC") -> dict[str, Any]:
    """One record of hourly candles that begin so many hours after NOW; each opens at 100."""
    rows = [
        [(NOW + hours * HOUR).isoformat(), "100", "300", "50", close, "1"]
        for hours, close in closes.items()
    ]
    return event(
        number, "candles", max(closes) * HOUR + HOUR, bot_id=bot, coin=coin,
        interval_seconds=3_600, candles=rows,
    )  # fmt: skip


async def test_a_coin_is_held_by_the_candles_of_who_watched_it_longest(served: Served) -> None:
    """Of two bots the one whose candles reach further back tells; the line ends at its close."""
    async with served() as api:
        await api.keep(
            candles(1, "short", {20: "150"}),
            candles(2, "long", {10: "110", 11: "120", 20: "130"}),
            event(3, "account", 21 * HOUR, bot_id="long", equity_usd="1000", deposits_usd="1000"),
        )
        told = await api.get("hold", coin="BTC", range="1d")
    assert (told["bot_id"], told["begin"]) == ("long", "100")
    assert [one["price"] for one in told["points"]] == ["110", "120", "130"]


async def test_a_coin_that_nobody_recorded_is_empty(served: Served) -> None:
    """No candles: no points, and never a price of 0."""
    async with served() as api:
        await api.keep(candles(1, "a", {1: "150"}))
        told = await api.get("hold", coin="ETH")
    assert (told["bot_id"], told["begin"], told["points"]) == (None, None, [])


async def test_very_many_candles_are_looked_up_evenly_apart(served: Served, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Beyond the limit a few are read, and the first and the last are among them."""
    monkeypatch.setattr("motherhaven.server.figures.holding.MOST_CANDLES", 20)
    monkeypatch.setattr("motherhaven.server.figures.holding._PROBES", 4)
    closes = {hours: str(100 + hours) for hours in range(100)}
    async with served() as api:
        await api.keep(
            candles(1, "a", closes), event(2, "account", 100 * HOUR, bot_id="a", equity_usd="1")
        )
        told = await api.get("hold", coin="BTC", range="1w")
    prices = [one["price"] for one in told["points"]]
    assert (prices[0], prices[-1], len(prices)) == ("100", "199", 5)


async def test_the_same_question_costs_the_store_nothing_for_a_while(served: Served) -> None:
    """A day's line is read again after 432 s, and a bot that came meanwhile is then in it."""
    async with served() as api:
        await api.keep(candles(1, "a", {10: "110"}))
        first = await api.get("hold", coin="BTC", range="1d")
        await api.keep(candles(2, "b", {9: "90"}))
        assert await api.get("hold", coin="BTC", range="1d") == first
        assert (await api.get("hold", coin="BTC", range="1w"))["bot_id"] == "b"
        api.clock.advance(432)
        assert (await api.get("hold", coin="BTC", range="1d"))["bot_id"] == "b"
