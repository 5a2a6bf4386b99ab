"""Strange but valid input goes in and comes out as it is, everywhere."""

import json
from typing import Any

import pytest

from motherhaven.stores import DecisionFilter, Store
from tests.conformance.stores.kit import ANY, Bot, Place, old

STRANGE = [
    "",
    " ",
    "\u202edlrow",
    "e\u0301 vs \u00e9",
    "😀\U0010ffff\uffff",
    "line\u2028sep\u2029\r\n\t\x01\x7f",
    "'; DROP TABLE events; --",
    '"\\" \\u0000 </script>',
    "%s ? :1 $1 {0}",
    "a" * 60,
]


@pytest.mark.parametrize("text", STRANGE)
def test_strange_text_survives_in_every_field(place: Place, text: str) -> None:
    """Text in free fields, in coin names and in unknown fields is data, never syntax."""

    async def scenario(store: Store) -> None:
        coin = text or "BTC"
        bot = Bot(name=text or None)
        event = bot.decision(
            coin=coin, justification=text, raw_response=text, user_prompt=text, model=text,
            invalidation_condition=text, error=text, unknown={text: [text]},
        )  # fmt: skip
        status = bot.status(1, "error", message=text, market=text)
        position = bot.opened(0, coin=coin)
        results = await store.append([event, status, position, bot.closed(1, coin=coin)])
        assert {r.status for r in results} == {"stored"}
        row = (await store.decisions(DecisionFilter(coin=coin), before=None, limit=5)).items[0]
        assert (row.coin, row.justification, row.model, row.error) == (coin, text, text, text)
        assert row.bot_name == (text or None)
        for sent in (event, status, position):
            assert (await store.full_payload(sent.event_id))[1] == sent.payload
        piece = await store.text(event.event_id, "raw_response", offset=0, limit=99)
        assert piece.text == text
        closed = await store.positions(status="closed", bot_id=None, before=None, limit=5)
        assert [p.coin for p in closed.items] == [coin]
        assert (await store.decisions(ANY, before=None, limit=5)).model_dump_json()

    place.run(scenario)


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity_usd": None, "leverage": None, "confidence": None, "justification": None},
        {"quantity_usd": 0, "leverage": "0", "confidence": "-0", "profit_target": 0},
        {"quantity_usd": "1e30", "leverage": "1e-30", "confidence": "1e-30", "cost_usd": "9e30"},
        {"tokens_in": 2**63 - 1, "tokens_out": -(2**63), "latency_ms": 2**53, "extra": 2**62},
        {"verdict": {"allowed": False, "asked_usd": None}, "tokens_in": 0, "latency_ms": 0},
        {"extra": json.loads("[" * 20 + "]" * 20), "empty": {}, "none": None, "yes": True},
        {"id": "x", "cursor": "y", "time": "z", "bot_id": "q", "n": 5, "payload": "p"},
    ],
)
def test_extreme_and_empty_values_survive(place: Place, fields: dict[str, Any]) -> None:
    """Zeros, nulls, huge numbers, and names that a store uses itself."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        events = [bot.decision(n, **fields) for n in range(3)]
        assert {r.status for r in await store.append(events)} == {"stored"}
        for event in events:
            assert (await store.full_payload(event.event_id))[1] == event.payload
            detail = await store.decision(event.event_id)
            assert detail.id == event.event_id
            assert detail.model_dump_json()
        page = await store.decisions(ANY, before=None, limit=5)
        assert [row.bot_id for row in page.items] == ["bot-a"] * 3
        if "quantity_usd" in fields:
            assert page.items[0].quantity_usd == events[0].body.model_dump()["quantity_usd"]
        assert (await store.bots())[0].model_dump_json()

    place.run(scenario)


def test_totals_beyond_the_range_of_money_do_not_break_the_list(place: Place) -> None:
    """Sums of absurd amounts are rounded or unknown; other bots are still served."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        absurd = [bot.decision(n, cost_usd="9.9e30") for n in range(3)]
        tiny = [bot.decision(9, cost_usd="1e-30"), bot.account(0, "1e-30"), bot.account(1, "9e30")]
        fall = bot.account(2, "-9e30")
        await store.append([*absurd, *tiny, fall, Bot("bot-b").status(0)])
        rows = await store.bots()
        assert [row.id for row in rows] == ["bot-a", "bot-b"]
        assert rows[0].stats.model_cost_usd is None
        assert rows[0].stats.max_drawdown is not None
        assert [row.model_dump_json() for row in rows]

    place.run(scenario)


def test_events_of_old_clients_are_kept_with_all_their_numbers(place: Place) -> None:
    """Plain JSON numbers with many digits, naive times, no ids at all."""

    async def scenario(store: Store) -> None:
        digits = "0.1234567890123456789012"
        events = [
            old("decision", '{"timestamp":"2026-01-02T05:00:00.5","coin":"BTC","signal":"hold",'
                f'"quantity_usd":{digits},"leverage":1,"confidence":0.70,"justification":"j"}}'),
            old("account", '{"timestamp":"2026-01-02T05:00:00.5","balance_usd":1,"equity_usd":'
                f'{digits},"unrealized_pnl":0,"realized_pnl":0,"total_pnl":0,"num_positions":0}}'),
            old("status", '{"timestamp":"2026-01-02T05:00:00.5","status":"running","message":""}'),
        ]  # fmt: skip
        assert {r.status for r in await store.append(events)} == {"stored"}
        row = (await store.decisions(ANY, before=None, limit=1)).items[0]
        assert (row.bot_id, row.mode, row.bot_name) == ("default", "unknown", None)
        assert row.model_dump(mode="json")["quantity_usd"] == digits
        account = (await store.accounts("default", limit=1))[0]
        assert account.model_dump(mode="json")["equity_usd"] == digits
        assert row.time == min(events[0].time, events[0].received_at or events[0].time)
        assert row.received_at == events[0].received_at

    place.run(scenario)
