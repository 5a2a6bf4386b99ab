"""Answers that are kept are those that would be made anew, whoever wrote what meanwhile."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from motherhaven.contract.events import Event
from motherhaven.server import create_app
from motherhaven.stores import Store
from motherhaven.stores.relational import revisions
from tests.conformance.server.conftest import Served, pass_over_late_grpc
from tests.conformance.stores.histories import history
from tests.conformance.stores.kit import START, Backend, Bot
from tests.serverkit import API, KEY, FakeClock, Server, config, event

pytestmark = pytest.mark.anyio

PATHS = (
    "equity",
    "equity?range=all",
    "equity?bots=bot-b,bot-p,nobody&range=1h",
    "compare?ids=bot-a,bot-b",
    "compare?ids=bot-p,nobody,bot-b&range=1d",
)
STEPS = 50


def told(chance: random.Random) -> list[Event]:
    """Events of two bots, some late and out of order, and of one that is paid in and out."""
    payer, paid, found = Bot("bot-p"), 1_000, list[Event]()
    for number, one in enumerate(history(3 * STEPS)):
        found.append(one)
        if number % 4 == 0:
            paid += chance.choice((0, 0, 250, -100))
            payer.at(START + timedelta(seconds=number))
            equity = str(paid + chance.randrange(50))
            found.append(payer.account(number / 7, equity=equity, deposits_usd=str(paid)))
    return found


@asynccontextmanager
async def opened(backend: Backend, place: Path) -> AsyncIterator[list[Store]]:
    """Stores of one place, as two processes have them; one where that cannot be."""
    async with AsyncExitStack() as stack:
        stores = [backend.make(place, FakeClock()) for _ in range(2 if backend.shared else 1)]
        for store in stores:
            await store.open()
            stack.push_async_callback(store.close)
        yield stores


def server_over(store: Store) -> Server:
    """A server that has kept nothing yet."""
    clock = FakeClock()
    return Server(create_app(config(), store, clock, manage_store=False), store, clock)


async def answer_of(server: Server, path: str) -> bytes:
    """The body of a read that succeeds."""
    async with server.client(key=KEY) as client:
        answer = await client.get(f"{API}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.content


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_answer_is_older_than_what_was_kept_before_it(
    backend: Backend, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writes and reads in any order: each answer is that of a server without a memory."""
    pass_over_late_grpc()
    monkeypatch.setattr(revisions, "MOST_READ", 3 * seed)  # looks that give up reading on
    chance = random.Random(seed)
    events = told(chance)
    async with opened(backend, tmp_path) as stores:
        server = server_over(stores[0])
        for _ in range(STEPS):
            writer, draw = chance.choice(stores), chance.random()
            path = chance.choice(PATHS)
            if draw < 0.45:
                writing = writer.append([events.pop(0) for _ in range(chance.randrange(1, 4))])
                reading = [answer_of(server, path)] if chance.random() < 0.3 else []
                await asyncio.gather(writing, *reading)
            elif draw < 0.5:
                await writer.prune(START + timedelta(seconds=chance.randrange(60)))
            elif draw < 0.55:
                await writer.report_rejected(bot_id="bot-a", at=START, message=f"no {draw}")
            else:
                given = await answer_of(server, path)
                assert given == await answer_of(server_over(stores[0]), path)


async def test_only_changed_bots_are_asked_about_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same question costs one look, until one of its bots, and no other, told something."""
    async with served() as api:
        asked: list[Any] = []
        equity = api.store.equity

        async def counted(*args: Any, **named: Any) -> Any:
            asked.append(args)
            return await equity(*args, **named)

        monkeypatch.setattr(api.store, "equity", counted)
        await api.keep(event(1, "account", equity_usd="1000"))
        first = await api.get("equity", bots="bot-1")
        before = len(asked)
        await api.keep(event(2, "account", equity_usd="2000", bot_id="bot-2"))
        assert await api.get("equity", bots="bot-1") == first
        assert len(asked) == before
        await api.keep(event(3, "account", timedelta(seconds=1), equity_usd="1100"))
        [series] = (await api.get("equity", bots="bot-1"))["series"]
        assert series["points"][-1]["equity"] == "1100"


async def test_what_is_kept_is_compressed_only_for_who_takes_it(served: Served) -> None:
    """The same bytes with and without compression, the first time and later."""
    async with served() as api:
        hours = [timedelta(hours=number) for number in range(20)]
        await api.keep(*(event(n, "account", at) for n, at in enumerate(hours)))
        found = set()
        for coding in ("gzip", "identity", "gzip"):
            answer = await api.client.get(
                f"{API}/equity?range=1w", headers={"accept-encoding": coding}
            )
            assert answer.headers.get("content-encoding", "identity") == coding
            assert answer.headers["vary"] == "Accept-Encoding"
            found.add(answer.content)
        assert len(found) == 1
