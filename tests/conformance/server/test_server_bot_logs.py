"""The log of a bot over every store: bounded, each line once, across servers, for its readers."""

import json
from typing import Any

import httpx
import pytest

from motherhaven.contract.log_lines import MAX_BATCH, MAX_KEPT, MAX_LINE_BYTES
from motherhaven.server import create_app
from motherhaven.server.auth.keys.api_keys import create_key
from tests.conformance.server.conftest import Api, Served
from tests.serverkit import API, NOW, config, event

pytestmark = pytest.mark.anyio

AT = "2026-01-02T03:04:05Z"


def lines(*texts: str, level: str = "INFO") -> list[list[str]]:
    """Lines as a bot sends them."""
    return [[AT, level, "motherhaven", text] for text in texts]


async def send(api: Api, first: int, *texts: str, bot: str = "bot-1", **more: Any) -> Any:
    """What the server says to a batch."""
    body = {"run": "r1", "first": first, "lines": lines(*texts), **more}
    answer = await api.client.post(f"{API}/bots/{bot}/log", json=body)
    return answer.json() if answer.status_code == 200 else answer.status_code


async def shown(api: Api, bot: str = "bot-1") -> list[str]:
    """The texts of a bot's log."""
    return [line["text"] for line in (await api.get("log", bot=bot))["lines"]]


async def test_each_line_is_kept_once_and_in_order(served: Served) -> None:
    """A request that comes twice changes nothing; a new process begins to count anew."""
    async with served() as api:
        await api.keep(event(1, "status", bot_id="bot-1"))
        assert await shown(api) == []
        assert (await send(api, 0, "a", "b"))["kept"] == 2
        assert (await send(api, 0, "a", "b"))["kept"] == 0
        assert (await send(api, 1, "b", "c", lost=4))["kept"] == 1
        assert (await send(api, 0, "again", run="r2"))["kept"] == 1
        told = await api.get("log", bot="bot-1")
        assert [(one["n"], one["text"]) for one in told["lines"]] == [
            (1, "a"), (2, "b"), (3, "c"), (4, "again"),
        ]  # fmt: skip
        assert (told["lost"], told["dropped"]) == (0, 0)


async def test_it_keeps_the_newest_lines_alone(served: Served) -> None:
    """500 at most, and no more than a record holds; which were dropped is said."""
    async with served() as api:
        await api.keep(event(1, "status", bot_id="bot-1"))
        for first in range(0, MAX_KEPT + MAX_BATCH, MAX_BATCH):
            await send(api, first, *(f"line {first + n}" for n in range(MAX_BATCH)))
        told = await api.get("log", bot="bot-1")
        assert len(told["lines"]) == MAX_KEPT
        assert told["lines"][-1]["text"] == f"line {MAX_KEPT + MAX_BATCH - 1}"
        assert told["dropped"] == MAX_BATCH
        big = "\U0001f600" * MAX_LINE_BYTES
        for first in range(600, 1_000, MAX_BATCH):
            assert (await send(api, first, *([big] * MAX_BATCH)))["kept"] == MAX_BATCH
        told = await api.get("log", bot="bot-1")
        assert 100 <= len(told["lines"]) < MAX_KEPT
        assert len(told["lines"][-1]["text"].encode()) <= MAX_LINE_BYTES
        assert told["lines"][-1]["n"] == 1_000


async def test_servers_of_one_store_share_it(served: Served) -> None:
    """What one took the other shows; the numbers go on."""
    async with served() as api:
        await api.keep(event(1, "status", bot_id="bot-1"))
        await send(api, 0, "here")
        app = create_app(config(allowed_hosts=("bots.example",)), api.store, api.clock,
                         manage_store=False)  # fmt: skip
        async with app.router.lifespan_context(app):
            other = httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url="http://bots.example",
                headers=api.client.headers,
            )  # fmt: skip
            async with other:
                elsewhere = Api(other, api.clock, api.store)
                assert await shown(elsewhere) == ["here"]
                await send(elsewhere, 1, "there")
        assert await shown(api) == ["here", "there"]


async def test_a_bound_key_sends_and_sees_its_own_log_alone(served: Served) -> None:
    """Another bot's log does not exist for it, and cannot be written to."""
    async with served() as api:
        await api.keep(event(1, "status", bot_id="bot-1"), event(2, "status", bot_id="bot-2"))
        await send(api, 0, "secret of one")
        _, secret = await create_key(
            api.store, NOW, name="two", bot_id="bot-2", scopes=("read", "ingest")
        )
        headers = {"host": "bots.example", "x-api-key": secret}
        transport = api.client._transport
        async with httpx.AsyncClient(
            transport=transport, base_url="http://bots.example", headers=headers
        ) as client:
            two = Api(client, api.clock, api.store)
            assert (await client.get(f"{API}/log", params={"bot": "bot-1"})).status_code == 404
            assert await send(two, 0, "forged") == 404
            assert (await send(two, 0, "own", bot="bot-2"))["kept"] == 1
            assert await shown(two, "bot-2") == ["own"]
        assert await shown(api) == ["secret of one"]


async def test_what_is_no_log_is_refused(served: Served) -> None:
    """Nothing is kept of it, and no other route is held up."""
    async with served() as api:
        await api.keep(event(1, "status", bot_id="bot-1"))
        assert await send(api, 0, "x", bot="unknown") == 404
        assert await send(api, 0, *("x" for _ in range(MAX_BATCH + 1))) == 422
        assert await send(api, -1, "x") == 422
        assert await send(api, 0, "x", run="../../etc") == 422
        for bad in ([["x"]], [[AT, "LOUD", "m", "t"]], ["x"], [[1, 2, 3, 4]], {"a": 1}):
            assert await send(api, 0, lines=bad) == 422
        key = "mh_abcdefghij_" + "k" * 43
        await send(api, 0, f"used {key} for it")
        assert await shown(api) == ["used *** for it"]
        assert key not in json.dumps(await api.get("log", bot="bot-1"))
