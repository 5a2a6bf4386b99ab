"""A key that is bound to one bot sees that bot alone, over every reading route.

The rows are compared with the route table: a new route without one fails.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from motherhaven.server.auth.keys.api_keys import create_key
from motherhaven.server.auth.policy import Rule
from tests.conformance.server.conftest import Api, Served
from tests.serverkit import API, KEY, NOW, candles, declared, event

pytestmark = pytest.mark.anyio

MINE, OTHER = "bot-mine", "bot-other"
CANARY = "canary-of-the-other-bot"
OWN = (MINE, "10100.5")
OTHERS = (OTHER, CANARY, "XRP", "event-0002", "10200.5")
"""What only one of the bots has."""

CURSOR = re.compile(r'"(cursor|next)":"[^"]*"')
"""Cursors are sealed for such a key; tests of their own look at them."""

Query = dict[str, str]

UNNAMED: dict[str, list[Query]] = {
    "bots feed trades equity metrics errors errors/groups session": [{}],
    "hold": [{"coin": "BTC"}],
    "decisions positions account account/history status": [{}],
    "export": [
        {"what": what, "format": form}
        for what in ("decisions", "trades", "equity", "errors")
        for form in ("csv", "json")
    ],
    "decision text text/download outcome trade candles compare breakdown event events": [],
    "commands log shares live": [],
    "bill /metrics": [],
}
"""For each route the queries that name no bot: what they give must be the own bot's alone."""

NAMED: dict[str, Query] = {
    "feed trades errors errors/groups decisions": {"bot": "BOT"},
    "positions account account/history status": {"bot": "BOT"},
    "decision outcome event": {"id": "DECISION"},
    "events": {"bot": "BOT", "kind": "order"},
    "text text/download": {"id": "DECISION", "field": "system_prompt"},
    "equity metrics": {"bots": "BOT"},
    "export": {"what": "decisions", "bot": "BOT"},
    "trade": {"id": "p1", "bot": "BOT"},
    "candles": {"bot": "BOT", "coin": "BTC"},
    "commands log": {"bot": "BOT"},
    "breakdown": {"bot": "BOT"},
    "hold": {"bots": "BOT", "coin": "BTC"},
    "compare": {"ids": "BOT"},
}
"""For each route that takes one, a query that names a bot or what is a bot's."""

WHOLE = {path: queries for paths, queries in UNNAMED.items() for path in paths.split()}
ONE = {path: query for paths, query in NAMED.items() for path in paths.split()}
NAMES_NONE = {"bots", "session", "shares", "live", "bill", "/metrics"}
"""Routes whose queries name no bot. The stream and the bill have tests of their own."""


def history(bot: str, first: int, text: str) -> list[dict[str, Any]]:
    """Something of every kind, whose texts, coin and numbers are this bot's alone."""
    named = {"bot_id": bot}
    coin = "BTC" if bot == MINE else "XRP"
    events = [
        event(first, "status", message=text, **named),
        event(first + 1, "account", equity_usd=f"10{first}.5", deposits_usd="1000", **named),
        event(
            first + 2, "decision", coin=coin, justification=text, system_prompt=text,
            raw_response=text, verdict={"allowed": False, "reason": text}, **named,
        ),
        event(first + 3, "position_opened", coin=coin, position_id="p1", **named),
        event(first + 4, "fill", coin=coin, fee="0.25", **named),
        event(first + 5, "funding", coin=coin, **named),
        event(first + 10, "order", coin=coin, reason=text, **named),
        event(first + 11, "command", reason=text, **named),
        event(first + 6, "status", status="error", error=text, **named),
        event(first + 7, "position_opened", coin=coin, position_id="p2", **named),
        event(first + 8, "position_closed", coin=coin, position_id="p2", **named),
    ]  # fmt: skip
    rows = candles(["2026-01-02T03:00:00Z", "1", "2", "1", "2", None], coin="BTC")
    return [*events, event(first + 9, "candles", **rows, **named)]


def filled(query: Query, bot: str) -> Query:
    """The query with this bot's ids in it."""
    ids = {"BOT": bot, "DECISION": "event-000102" if bot == MINE else "event-000202"}
    return {name: ids.get(value, value) for name, value in query.items()}


@asynccontextmanager
async def two_bots(served: Served) -> AsyncIterator[tuple[Api, httpx.AsyncClient]]:
    """A server that knows two bots: a client with the shared key, one with the own key."""
    async with served() as api:
        await api.keep(*history(MINE, 100, "mine"), *history(OTHER, 200, CANARY))
        _, secret = await create_key(api.store, NOW, name="friend", bot_id=MINE, scopes=("read",))
        transport = api.client._transport
        headers = {"host": "bots.example", "x-api-key": secret}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://bots.example", headers=headers
        ) as mine:
            yield api, mine


def test_every_reading_route_has_its_rows() -> None:
    """A route that reads and that nobody thought of here fails."""
    reads = {
        path.removeprefix(f"{API}/")
        for path, policy in declared().policies.items()
        if policy.rule is Rule.READ
    }
    assert reads - {"/api/openapi.json"} == set(WHOLE)
    assert set(WHOLE) == set(ONE) | NAMES_NONE


async def test_lists_hold_the_own_bot_alone(served: Served) -> None:
    """Warm or cold: no text, id or coin of the other bot is in any answer without a name."""
    async with two_bots(served) as (api, mine):
        for path, queries in WHOLE.items():
            for query in queries:
                answer = await api.client.get(f"{API}/{path}", params=query)
                assert answer.status_code == 200, path
                seen = await mine.get(f"{API}/{path}", params=query)
                assert seen.status_code == 200, (path, seen.text)
                for foreign in OTHERS:
                    assert foreign not in seen.text, (path, query)
                if path != "session":
                    assert any(mark in seen.text for mark in OWN), (path, query)
                if path not in ("session", "hold"):  # a coin's prices are one bot's alone
                    assert any(mark in answer.text for mark in OTHERS), path


async def test_the_own_bot_is_seen_whole_and_another_does_not_exist(served: Served) -> None:
    """Named, the own bot is answered as with the shared key; another one is 404, as is none."""
    async with two_bots(served) as (api, mine):
        for path, query in ONE.items():
            own = filled(query, MINE)
            whole = await api.client.get(f"{API}/{path}", params=own)
            assert (whole.status_code, whole.text) != (200, "[]"), path
            told = await mine.get(f"{API}/{path}", params=own)
            assert CURSOR.sub("", told.text) == CURSOR.sub("", whole.text), path
            assert (await api.client.get(f"{API}/{path}", params=filled(query, OTHER))).is_success
            refused = []
            for bot in (OTHER, "bot-nobody"):
                values = filled(query, bot)
                if bot != OTHER:
                    values = {k: "x" * 12 if k == "id" else v for k, v in values.items()}
                answer = await mine.get(f"{API}/{path}", params=values)
                assert answer.status_code == 404, (path, values, answer.text)
                refused.append(answer.text.replace(bot, "?").replace("x" * 12, "event-000202"))
            assert len(set(refused)) == 1, path
            assert CANARY not in refused[0]


async def test_naming_both_is_refused_too(served: Served) -> None:
    """A list in which one bot is another's is not answered in part."""
    async with two_bots(served) as (_, mine):
        for path, name in (("equity", "bots"), ("metrics", "bots"), ("compare", "ids")):
            answer = await mine.get(f"{API}/{path}", params={name: f"{MINE},{OTHER}"})
            assert answer.status_code == 404, path


async def test_the_session_says_whose_it_is(served: Served) -> None:
    """The page learns which bot it shows; with the shared key it shows all."""
    async with two_bots(served) as (api, mine):
        assert (await api.get("session"))["bot_id"] is None
        assert (await mine.get(f"{API}/session")).json()["bot_id"] == MINE


async def test_what_one_request_sees_does_not_last(served: Served) -> None:
    """Requests in turn, each with its own view: nothing of one is left for the next."""
    async with two_bots(served) as (api, mine):
        for _ in range(2):
            ids = [[bot["id"] for bot in (await client.get(f"{API}/bots")).json()["bots"]]
                   for client in (mine, api.client)]  # fmt: skip
            assert ids == [[MINE], [MINE, OTHER]]
        assert api.client.headers["x-api-key"] == KEY
