"""Reads: the old ones letter for letter, the new ones with exact money as text."""

import json
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from motherhaven.contract.jsonio import loads
from motherhaven.metrics import sharpe
from motherhaven.server.figures.curves import MAX_BUCKETS, RANGES, bucket_for
from motherhaven.stores import TIERS
from tests.serverkit import (
    API,
    KEY,
    NOW,
    account,
    closing,
    decision,
    item,
    opening,
    running,
    status,
)

pytestmark = pytest.mark.anyio


async def post(client: Any, *bodies: tuple[str, dict[str, Any]]) -> None:
    """Post to the old endpoints, each taken."""
    for endpoint, body in bodies:
        assert (await client.post(f"{API}/ingest/{endpoint}", json=body)).status_code == 200


async def batch(client: Any, *items: dict[str, Any]) -> None:
    """Post a batch, all of it stored."""
    answer = await client.post(f"{API}/ingest/batch", json={"events": list(items)})
    assert {one["status"] for one in answer.json()["results"]} == {"stored"}


async def test_nothing_recorded_gives_sensible_empty_answers() -> None:
    """Empty lists, nulls for what is unknown, and numbers where numbers are promised."""
    async with running() as server, server.client(key=KEY) as client:
        got = {
            path: (await client.get(f"{API}/{path}")).json()
            for path in ("decisions", "positions", "account", "account/history", "status")
        }
        assert got["decisions"] == got["positions"] == got["account/history"] == []
        assert got["account"]["equity_usd"] is None
        assert (got["status"]["trades_today"], got["status"]["pnl_today"]) == (0, 0)
        assert (got["status"]["status"], got["status"]["message"]) == ("stopped", "")
        assert (await client.get(f"{API}/bots")).json()["bots"] == []
        assert (await client.get(f"{API}/feed")).json() == {"items": [], "next": None}
        assert (await client.get(f"{API}/equity?range=all")).json()["series"] == []


async def test_old_decisions_are_a_bare_array_newest_first() -> None:
    """limit and coin work as before; the raw answer is there."""
    async with running() as server, server.client(key=KEY) as client:
        for second, coin in enumerate(["BTC", "ETH", "BTC"]):
            server.clock.advance(second)
            stamp = server.clock.now().replace(tzinfo=None).isoformat()
            await post(
                client,
                ("decision", decision(coin=coin, timestamp=stamp, raw_response=f"r{second}")),
            )
        rows = (await client.get(f"{API}/decisions")).json()
        assert [row["raw_response"] for row in rows] == ["r2", "r1", "r0"]
        assert len((await client.get(f"{API}/decisions?limit=1")).json()) == 1
        assert len((await client.get(f"{API}/decisions?limit=0")).json()) == 1
        only = (await client.get(f"{API}/decisions?coin=ETH&limit=99999")).json()
        assert [row["coin"] for row in only] == ["ETH"]
        wire = {"timestamp", "coin", "signal", "quantity_usd", "leverage", "confidence"}
        assert wire <= set(rows[0])
        assert rows[0]["stop_loss"] is None


async def test_old_numbers_keep_all_their_digits() -> None:
    """A JSON number of 22 digits comes back as the same number, not through a double."""
    exact = "0.1234567890123456789012"
    async with running() as server, server.client(key=KEY) as client:
        numbers = dict.fromkeys(("unrealized_pnl", "realized_pnl", "total_pnl"), 0)
        told = {"timestamp": NOW.isoformat(), **numbers, "num_positions": 0}
        body = json.dumps(told)[:-1] + f', "balance_usd": {exact}, "equity_usd": {exact}}}'
        headers = {"content-type": "application/json"}
        answer = await client.post(f"{API}/ingest/account", content=body, headers=headers)
        assert answer.status_code == 200
        got = await client.get(f"{API}/account")
        assert f'"balance_usd":{exact},' in got.text
        assert loads(got.content)["equity_usd"] == Decimal(exact)
        [bot] = (await client.get(f"{API}/bots")).json()["bots"]
        assert bot["account"]["balance_usd"] == exact


@pytest.mark.parametrize(
    ("query", "states"),
    [("", ["open", "closed"]), ("?status=open", ["open"]), ("?status=closed", ["closed"])],
)
async def test_old_positions_by_status(query: str, states: list[str]) -> None:
    """open, closed and all, as a bare array with the exit's fields null while open."""
    async with running() as server, server.client(key=KEY) as client:
        later = opening(coin="ETH", entry_time=(NOW + timedelta(seconds=1)).isoformat())
        await post(client, ("position", opening()), ("position", closing()), ("position", later))
        rows = (await client.get(f"{API}/positions{query}")).json()
        assert [row["status"] for row in rows] == states
        for row in rows:
            unknown = row["status"] == "open"
            assert (row["exit_price"] is None) is unknown
            assert (row["realized_pnl"] is None) is unknown
        wrong = await client.get(f"{API}/positions?status=maybe")
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "invalid_query")


async def test_old_status_counts_the_day_where_the_bot_does_not() -> None:
    """An old bot leaves trades_today and pnl_today out; they are counted, never null."""
    yesterday = (NOW - timedelta(days=1)).isoformat()
    async with running() as server, server.client(key=KEY) as client:
        await post(
            client,
            ("position", opening(coin="SOL", entry_time=yesterday)),
            ("position", opening()),
            ("position", closing()),
            ("status", status(message="cycle done")),
        )
        got = (await client.get(f"{API}/status")).json()
        assert (got["trades_today"], got["pnl_today"]) == (1, 0.71)
        assert (got["status"], got["message"]) == ("running", "cycle done")
        told = status(trades_today=7, pnl_today=-1.5, timestamp=(NOW).isoformat())
        await post(client, ("status", told))
        got = (await client.get(f"{API}/status")).json()
        assert (got["trades_today"], got["pnl_today"]) == (7, -1.5)


async def test_account_history_is_newest_first() -> None:
    """The four fields that front ends chart."""
    async with running() as server, server.client(key=KEY) as client:
        for minute in range(3):
            stamp = (NOW + timedelta(minutes=minute)).isoformat()
            await post(client, ("account", account(timestamp=stamp, equity_usd=1000 + minute)))
        rows = (await client.get(f"{API}/account/history?limit=2")).json()
        assert [row["equity_usd"] for row in rows] == [1002, 1001]
        assert set(rows[0]) == {"timestamp", "balance_usd", "equity_usd", "total_pnl"}


async def test_the_feed_pages_without_gap_or_repeat() -> None:
    """Keyset pages: following `next` gives every decision once, newest first."""
    async with running() as server, server.client(key=KEY) as client:
        await batch(client, *(item(number) for number in range(1, 26)))
        seen: list[str] = []
        cursor = None
        while True:
            query = {"limit": 10} | ({"cursor": cursor} if cursor else {})
            page = (await client.get(f"{API}/feed", params=query)).json()
            seen += [row["id"] for row in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == [f"event-{number:06d}" for number in range(25, 0, -1)]


async def test_a_decision_shows_its_chain_and_its_texts_apart() -> None:
    """Lists leave prompts out; the detail gives their lengths; slices give the text."""
    payload = {**item(1)["payload"], "user_prompt": "Was nun? <script>", "tokens_in": 12}
    async with running() as server, server.client(key=KEY) as client:
        await batch(client, item(1, payload=payload), item(2))
        listed = (await client.get(f"{API}/feed")).text
        assert "Was nun" not in listed
        detail = (await client.get(f"{API}/decision?id=event-000001")).json()
        assert detail["texts"] == {"user_prompt": 17}
        assert (detail["tokens_in"], detail["next"]) == (12, "event-000002")
        text = await client.get(f"{API}/text?id=event-000001&field=user_prompt&offset=4&limit=3")
        assert text.json() == {"text": "nun", "offset": 4, "total": 17}


@pytest.mark.parametrize(
    ("path", "status_code"),
    [
        ("decision?id=nothing", 404),
        ("text?id=nothing&field=raw_response", 404),
        ("text/download?id=nothing&field=raw_response", 404),
        ("trade?id=nothing&bot=nobody", 404),
        ("feed?cursor=nonsense", 422),
        ("feed?limit=0", 422),
        ("feed?signal=moon", 422),
        ("decision", 422),
        ("text?id=a&field=payload", 422),
        ("equity?range=2h", 422),
        ("errors?cursor=nonsense", 422),
        ("errors?kind=x", 422),
        ("nothing", 404),
        ("ingest/decision", 405),
    ],
)
async def test_wrong_questions_get_clear_answers(path: str, status_code: int) -> None:
    """404 for what is not there, 422 for what cannot be asked, always with a fix."""
    async with running() as server, server.client(key=KEY) as client:
        answer = await client.get(f"{API}/{path}")
        assert answer.status_code == status_code
        assert answer.json()["error"]["fix"]


async def test_bots_carry_what_follows_from_their_totals() -> None:
    """Return, drawdown, heartbeat's age and staleness; unknown stays null."""
    async with running() as server, server.client(key=KEY) as client:
        accounts = [("1000", 1), ("1100", 2), ("1045", 3)]
        for equity, number in accounts:
            changed = item(number, "account")
            changed["payload"] |= {"equity_usd": equity, "deposits_usd": "1000"}
            await batch(client, changed)
        await batch(client, item(4, "status"), item(5, bot_id="bot-2"))
        server.clock.advance(100)
        one, other = (await client.get(f"{API}/bots")).json()["bots"]
        assert one["return_fraction"] == "0.045"
        assert one["drawdown_fraction"] == "-0.05"
        assert (one["heartbeat_age_seconds"], one["stale"]) == (100.0, False)
        assert one["win_fraction"] is None
        assert (other["return_fraction"], other["heartbeat_age_seconds"]) == (None, None)
        server.clock.advance(300)
        one, _ = (await client.get(f"{API}/bots")).json()["bots"]
        assert one["stale"] is True


async def test_a_sharpe_ratio_needs_thirty_finished_days() -> None:
    """Below thirty daily returns it is null with its n; then it is the metrics' own figure."""
    async with running() as server, server.client(key=KEY) as client:
        equities = [Decimal(1000) + (day * 37 % 11) for day in range(33)]
        for day, equity in enumerate(equities):
            server.clock.moment = NOW + timedelta(days=day)
            one = item(day + 1, "account", time=server.clock.moment.isoformat())
            one["payload"]["equity_usd"] = str(equity)
            await batch(client, one)
            [bot] = (await client.get(f"{API}/bots")).json()["bots"]
            assert bot["sharpe_days"] == max(0, day - 1)
            assert (bot["sharpe"] is None) is (day < 31)
        returns = [float(b / a - 1) for a, b in pairwise(equities[:-1])]
        assert bot["sharpe"] == pytest.approx(sharpe(returns))


async def test_trades_by_bot_and_one_by_id() -> None:
    """Positions page by page, and one alone."""
    async with running() as server, server.client(key=KEY) as client:
        await batch(client, item(1, "position_opened"), item(2, "position_opened", bot_id="bot-2"))
        page = (await client.get(f"{API}/trades?status=open&bot=bot-2")).json()
        assert [row["id"] for row in page["items"]] == ["event-000002"]
        one = (await client.get(f"{API}/trade?id=event-000002&bot=bot-2")).json()
        row = one["position"]
        assert (row["quantity_usd"], row["entry_price"]) == ("50.25", "99812.5")


async def test_errors_page() -> None:
    """What went wrong is listed with its kind, and `next` ends."""
    failed = [item(number, "status") for number in (1, 2, 3)]
    for one in failed:
        one["payload"] |= {"status": "error", "error": "no market data"}
    async with running() as server, server.client(key=KEY) as client:
        await batch(client, *failed)
        first = (await client.get(f"{API}/errors?limit=2&kind=cycle")).json()
        rest = (await client.get(f"{API}/errors", params={"cursor": first["next"]})).json()
        assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
        assert first["items"][0]["message"] == "no market data"


async def test_curves_end_at_the_newest_market_time() -> None:
    """A replay of an old day is shown in its own time, by any range."""
    async with running() as server, server.client(key=KEY) as client:
        old = NOW - timedelta(days=2_900)
        items = []
        for minute in range(0, 600, 10):
            stamp = (old + timedelta(minutes=minute)).isoformat()
            items.append(item(minute + 1, "account", time=stamp))
            items[-1]["payload"] |= {"equity_usd": str(1000 + minute)}
        await batch(client, *items)
        for name in RANGES:
            got = (await client.get(f"{API}/equity?range={name}&bots=bot-1")).json()
            [series] = got["series"]
            assert series["points"][-1]["equity"] == "1590"
            assert got["end"].startswith((old + timedelta(minutes=590)).isoformat()[:16])
        hour = (await client.get(f"{API}/equity?range=1h")).json()
        assert (hour["bucket_seconds"], len(hour["series"][0]["points"])) == (60, 7)
        whole = (await client.get(f"{API}/equity?range=all")).json()
        assert (whole["bucket_seconds"], len(whole["series"][0]["points"])) == (60, 60)
        assert (await client.get(f"{API}/equity?bots=nobody")).json()["series"] == []


@pytest.mark.parametrize("bots", [1, 3, 100, 5_000])
def test_a_year_costs_what_a_day_costs(bots: int) -> None:
    """Whatever the span, the number of buckets stays within one bound."""
    for days in (1, 7, 30, 365):
        bucket = bucket_for(timedelta(days=days), bots)
        assert bucket in TIERS
        assert days * 86_400 / bucket <= MAX_BUCKETS


async def test_health_and_readiness() -> None:
    """The process answers always, readiness only with the store."""
    async with running() as server, server.client() as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/readyz")).json() == {"status": "ok"}
        await server.store.close()
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503


async def test_a_refusal_may_quote_what_it_refuses() -> None:
    """Quotes and brackets in an id that is not found do not break the answer."""
    async with running() as server, server.client(key=KEY) as client:
        answer = await client.get(f"{API}/decision", params={"id": 'a"\\<b>'})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
