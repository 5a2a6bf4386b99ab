"""One bot's closed trades divided by coin, side, day, result and hold, over every store."""

from zoneinfo import ZoneInfo

import pytest

from tests.conformance.server.conftest import Served
from tests.conformance.server.test_server_figures import HOUR, trade
from tests.serverkit import API, KEY, NOW, event

pytestmark = pytest.mark.anyio


async def test_trades_are_divided_by_coin_and_side(served: Served) -> None:
    """All first, then each side, then coins by their number of trades, each with its sides."""
    parts = {"gross_pnl": "11", "fees_usd": "1", "funding_usd": "0"}
    async with served() as api:
        await api.keep(
            *trade(1, net="10", **parts),
            *trade(4, net="-4", side="short", hours=3),
            *trade(8, net="7", coin="ETH"),
            event(999, "account", 9 * HOUR, equity_usd="1013", deposits_usd="1000"),
        )
        told = await api.get("breakdown", bot="bot-1")
    assert (told["n"], told["closed"], told["coins"], told["zone"]) == (3, 3, 2, "UTC")
    assert [(one["coin"], one["side"], one["n"], one["net"]) for one in told["groups"]] == [
        (None, None, 3, "13"),
        (None, "long", 2, "17"),
        (None, "short", 1, "-4"),
        ("BTC", None, 2, "6"),
        ("BTC", "long", 1, "10"),
        ("BTC", "short", 1, "-4"),
        ("ETH", None, 1, "7"),
        ("ETH", "long", 1, "7"),
    ]
    first = told["groups"][0]
    assert (first["best"], first["worst"], first["fees_usd"]) == ("10", "-4", "1")
    assert sum(one["n"] for one in told["nets"]) == sum(one["n"] for one in told["holds"]) == 3


async def test_days_are_those_of_the_zone(served: Served) -> None:
    """The same trade ends on one day here and on the one before there; a zone must exist."""
    async with served() as api:
        await api.keep(*trade(1, net="10"))
        utc = (await api.get("breakdown", bot="bot-1"))["days"]
        west = (await api.get("breakdown", bot="bot-1", zone="Pacific/Pago_Pago"))["days"]
        assert [one["net"] for one in utc] == [one["net"] for one in west] == ["10"]
        ended = NOW + 2 * HOUR
        for zone, days in (("UTC", utc), ("Pacific/Pago_Pago", west)):
            assert [one["day"] for one in days] == [str(ended.astimezone(ZoneInfo(zone)).date())]
        assert utc[0]["day"] != west[0]["day"]
        answer = await api.client.get(
            f"{API}/breakdown", params={"bot": "bot-1", "zone": "Mars"}, headers={"x-api-key": KEY}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_query")


async def test_a_bot_without_trades_has_an_empty_breakdown(served: Served) -> None:
    """Nothing closed: no groups, days or bins; an unknown bot is 404."""
    async with served() as api:
        await api.keep(event(1, "status"))
        told = await api.get("breakdown", bot="bot-1")
        assert (told["n"], told["groups"], told["days"], told["nets"]) == (0, [], [], [])
        answer = await api.client.get(
            f"{API}/breakdown", params={"bot": "nobody"}, headers={"x-api-key": KEY}
        )
        assert answer.status_code == 404
