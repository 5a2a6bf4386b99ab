"""A key of one bot neither takes another bot's name nor makes its bot live."""

from typing import Any

import pytest

from motherhaven.server.auth.keys.api_keys import create_key, rotate_key
from motherhaven.server.auth.keys.cache import read_keys, write_keys
from motherhaven.stores.names import name_key, namesakes
from tests.serverkit import API, KEY, NOW, item, naive, running, status

pytestmark = pytest.mark.anyio


async def keyed(server: Any, bot: str | None, *, live: bool = False) -> str:
    """The secret of a new key for ingest."""
    _, secret = await create_key(
        server.store, NOW, name="k", bot_id=bot, scopes=("ingest",), live=live
    )
    return secret


async def send(server: Any, key: str, *items: dict[str, Any]) -> None:
    """Post events, all of them stored."""
    async with server.client(key=key) as client:
        answer = await client.post(f"{API}/ingest/batch", json={"events": list(items)})
        assert {one["status"] for one in answer.json()["results"]} == {"stored"}, answer.text


async def bots(server: Any) -> dict[str, Any]:
    """The list of bots by id."""
    async with server.client(key=KEY) as client:
        return {row["id"]: row for row in (await client.get(f"{API}/bots")).json()["bots"]}


async def told(server: Any) -> list[str]:
    """The messages of refusals."""
    rows = await server.store.errors(bot_id=None, kind="ingest", before=None, limit=9)
    return [row.message for row in rows]


async def test_a_bound_key_is_live_only_if_it_says_so() -> None:
    """Its events are kept either way; without the word they are of unknown money, and told."""
    async with running() as server:
        plain, allowed = await keyed(server, "a"), await keyed(server, "b", live=True)
        free = await keyed(server, None)
        await send(server, plain, item(1, bot_id="a", bot_name="a", mode="live"))
        await send(server, allowed, item(2, bot_id="b", bot_name="b", mode="live"))
        found = await bots(server)
        assert (found["a"]["mode"], found["b"]["mode"]) == ("unknown", "live")
        [message] = await told(server)
        assert "--allow-live" in message
        await send(server, free, item(3, bot_id="c", mode="live"))
        await send(server, KEY, item(4, bot_id="d", mode="live"))
        found = await bots(server)
        assert (found["c"]["mode"], found["d"]["mode"]) == ("live", "live")


async def test_the_guides_key_goes_on_for_a_live_bot() -> None:
    """The four endpoints with the shared key: live and named as the bot says."""
    async with running() as server, server.client(key=KEY) as client:
        body = status() | {"timestamp": naive(), "bot_id": "x", "bot_name": "x", "mode": "live"}
        answer = await client.post(f"{API}/ingest/status", json=body)
        assert answer.json() == {"success": True}
        assert (await bots(server))["x"]["mode"] == "live"


@pytest.mark.parametrize("name", ["claude", "CLAUDE ", "\uff43laude", "cl\u200baude"])
async def test_a_bound_key_takes_no_other_bots_name(name: str) -> None:
    """Nor one that looks the same; the event is kept, the name is left out and told."""
    async with running() as server:
        await send(server, KEY, item(1, bot_id="first", bot_name="claude"))
        key = await keyed(server, "second")
        await send(server, key, item(2, bot_id="second", bot_name="mine"))
        await send(server, key, item(3, bot_id="second", bot_name=name))
        found = await bots(server)
        assert (found["first"]["name"], found["second"]["name"]) == ("claude", "mine")
        assert found["second"]["stats"]["decisions"] == 2
        assert "belongs to another bot" in (await told(server))[0]


async def test_two_bots_of_one_name_are_flagged() -> None:
    """With the shared key a name can be given twice: both are shown as ambiguous."""
    async with running() as server:
        for number, (bot, name) in enumerate((("a", "twin"), ("b", "Twin"), ("c", "other"))):
            await send(server, KEY, item(number, bot_id=bot, bot_name=name))
        found = await bots(server)
        flags = [found[bot]["ambiguous"] for bot in "abc"]
        assert flags == [True, True, False]
        assert namesakes(await server.store.bots()) == {"a", "b"}
        assert name_key("T\u200bwin ") == name_key("twin")


async def test_the_word_is_kept_with_the_key_and_by_its_successor() -> None:
    """It survives the store's record and a rotation; older records have none."""
    async with running() as server:
        key, _ = await create_key(
            server.store, NOW, name="k", bot_id="a", scopes=("ingest",), live=True
        )
        assert (await rotate_key(server.store, NOW, key.id))[0].live
        text = write_keys((key,), "t")
        assert read_keys(text) == (key,)
        assert not read_keys(text.replace(',"live":true', ""))[0].live
