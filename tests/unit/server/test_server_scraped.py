"""What a Prometheus scraper is told of how the bots' positions are protected."""

from typing import Any

import httpx
import pytest

from motherhaven.server.auth.keys.api_keys import create_key
from motherhaven.stores import MemoryStore
from tests.serverkit import API, KEY, NOW, config, item, running

pytestmark = pytest.mark.anyio

COUNTS = {"protected": 2, "partly": 1, "unprotected": 3, "unknown": 4, "lacking": []}


async def told(client: httpx.AsyncClient, number: int, bot: str, protection: Any) -> None:
    """Post a heartbeat of one bot."""
    one = item(number, "status", bot_id=bot)
    one["payload"] |= {"protection": protection}
    answer = await client.post(f"{API}/ingest/batch", json={"events": [one]})
    assert [row["status"] for row in answer.json()["results"]] == ["stored"]


async def scraped(client: httpx.AsyncClient) -> list[str]:
    """The figures without their heads."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return [line for line in answer.text.splitlines() if not line.startswith("#")]


async def test_each_state_is_counted_by_bot_with_its_age() -> None:
    """The newest status counts; its age shows that a bot has fallen silent."""
    async with running() as server, server.client(key=KEY) as client:
        await told(client, 1, "one", {**COUNTS, "unprotected": 9})
        await told(client, 2, "one", COUNTS)
        server.clock.advance(75)
        assert await scraped(client) == [
            'motherhaven_positions_unprotected{bot="one"} 3',
            'motherhaven_positions_partly{bot="one"} 1',
            'motherhaven_positions_unknown{bot="one"} 4',
            'motherhaven_positions_protected{bot="one"} 2',
            'motherhaven_bot_status_age_seconds{bot="one"} 75',
        ]


@pytest.mark.parametrize("odd", [None, "all is well", {"protected": 1}, {**COUNTS, "partly": -1}])
async def test_a_bot_that_tells_nothing_readable_has_no_figures(odd: Any) -> None:
    """Not told is never zero and never protected."""
    async with running() as server, server.client(key=KEY) as client:
        await told(client, 1, "one", odd)
        assert await scraped(client) == []


async def test_a_key_of_one_bot_is_told_of_that_bot_alone() -> None:
    """Another bot's figures are not there at all."""
    store = MemoryStore()
    async with running(config(), store) as server, server.client(key=KEY) as client:
        await told(client, 1, "mine", COUNTS)
        await told(client, 2, "theirs", COUNTS)
        assert len(await scraped(client)) == 10
        _, secret = await create_key(store, NOW, name="x", bot_id="mine", scopes=("read",))
        async with server.client(key=secret) as friend:
            lines = await scraped(friend)
    assert len(lines) == 5
    assert all('bot="mine"' in line for line in lines)
