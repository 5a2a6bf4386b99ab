"""Commands over each kind of store: given at one server, fetched at another, gone with none."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from motherhaven.contract.ids import IdSource
from tests.conformance.server.conftest import Served, pass_over_late_grpc
from tests.conformance.stores.kit import BACKENDS, Backend
from tests.patience import until
from tests.serverkit import API, KEY, FakeClock, Server, item, running

pytestmark = pytest.mark.anyio

BOT = "bot-1"


def wish(clock: FakeClock, name: str, **args: Any) -> dict[str, Any]:
    """A command's body."""
    command_id = IdSource(clock, os.urandom).new()
    return {"id": command_id, "bot_id": BOT, "name": name, "args": args}


async def fetched(client: httpx.AsyncClient, after: int = 0, wait: int = 0) -> httpx.Response:
    """What the bot gets."""
    return await client.get(f"{API}/bots/{BOT}/commands", params={"after": after, "wait": wait})


async def test_a_command_is_kept_listed_and_fetched(served: Served) -> None:
    """Over each store the same: requested on record, handed out once, refused ones told."""
    async with served() as api:
        await api.keep(item(1, "status"))
        body = wish(api.clock, "flatten", coin="BTC")
        for fresh in (True, False):
            answer = await api.client.post(f"{API}/control", json=body)
            assert answer.json()["fresh"] is fresh
        refused = await api.client.post(f"{API}/control", json=wish(api.clock, "arm"))
        assert refused.status_code == 422
        got = (await fetched(api.client)).json()
        assert [(one["id"], one["seq"]) for one in got["commands"]] == [(body["id"], 1)]
        assert (await fetched(api.client, after=1)).status_code == 204
        views = (await api.get("commands", bot=BOT))["commands"]
        assert sorted(view["state"] for view in views) == ["delivered", "refused"]
        page = await api.store.events(BOT, "command", before=None, limit=50)
        assert sorted(row.payload["state"] for row in page.items) == [
            "delivered", "refused", "requested",
        ]  # fmt: skip


@asynccontextmanager
async def two_servers(
    backend: Backend, folder: Path
) -> AsyncIterator[tuple[Server, httpx.AsyncClient, httpx.AsyncClient]]:
    """Two servers of one store, and a client with the key at each."""
    pass_over_late_grpc()
    clock = FakeClock()
    async with (
        running(store=backend.make(folder, clock)) as one,
        running(store=backend.make(folder, clock)) as two,
        one.client(key=KEY) as here,
        two.client(key=KEY) as there,
    ):
        yield two, here, there


@pytest.mark.parametrize("backend", [b for b in BACKENDS if b.shared], ids=lambda b: b.name)
async def test_what_one_server_took_another_hands_out(backend: Backend, tmp_path: Path) -> None:
    """A bot that waits at the other server gets it within that server's look, and only once."""
    async with two_servers(backend, tmp_path) as (two, here, there):
        kept = await here.post(f"{API}/ingest/batch", json={"events": [item(1, "status")]})
        assert kept.json()["results"][0]["status"] == "stored"
        watch = two.app.state.command_watch
        watch._every = 0.05
        waiting = asyncio.create_task(fetched(there, wait=30))
        await until(lambda: watch.looks >= 2)
        body = wish(two.clock, "halt")
        given, again = await asyncio.gather(
            here.post(f"{API}/control", json=body), there.post(f"{API}/control", json=body)
        )
        assert sorted((given.json()["fresh"], again.json()["fresh"])) == [False, True]
        got = (await waiting).json()
        assert [one["id"] for one in got["commands"]] == [body["id"]]
        late = await here.post(f"{API}/control", json=wish(two.clock, "snapshot"))
        assert late.json()["command"]["seq"] == 2
        assert len((await fetched(there, after=1)).json()["commands"]) == 1


async def test_many_who_wait_cost_one_look(backend: Backend, tmp_path: Path) -> None:
    """Thirty bots wait: the store is asked once a look for all, and by none in between."""
    pass_over_late_grpc()
    clock = FakeClock()
    store = backend.make(tmp_path, clock)
    async with running(store=store) as server, server.client(key=KEY) as client:
        watch = server.app.state.command_watch
        watch._every = 0.05
        commands = watch.commands
        asked: list[str] = []
        read = commands.of

        async def of(bot_id: str) -> Any:
            asked.append(bot_id)
            return await read(bot_id)

        commands.of = of
        tasks = [
            asyncio.create_task(
                client.get(f"{API}/bots/bot-{n}/commands", params={"after": 0, "wait": 30})
            )
            for n in range(30)
        ]
        await until(lambda: len(asked) == 30 and watch.waiting == 30)
        looks = watch.looks
        await until(lambda: watch.looks >= looks + 2)
        assert len(asked) == 30
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
