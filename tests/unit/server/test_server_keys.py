"""Keys of single bots: scopes for each route, one bot each, revoked at once, never told."""

import asyncio
import json
import logging
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from motherhaven.contract.errors import ConfigError, NotFound, StoreCorrupt
from motherhaven.server.auth.keys.api_keys import create_key, list_keys, revoke_key, rotate_key
from motherhaven.server.auth.keys.cache import (
    REFRESH_SECONDS,
    SCOPES,
    ApiKey,
    KeyScope,
    digest_of,
    write_keys,
)
from motherhaven.server.auth.keys.use import EVERY_SECONDS, KeyUse, last_uses
from motherhaven.server.auth.policy import Rule
from motherhaven.stores import MemoryStore
from tests.serverkit import (
    API,
    KEY,
    NOW,
    OLD_BODIES,
    FakeClock,
    Server,
    config,
    decision,
    declared,
    item,
    running,
)

pytestmark = pytest.mark.anyio

BOTH: tuple[KeyScope, ...] = ("ingest", "read")
METHODS = {Rule.INGEST: "POST", Rule.FORM: "POST", Rule.CONTROL: "POST"}
COMBINATIONS = [
    tuple(scope for scope, wanted in zip(SCOPES, chosen, strict=True) if wanted)
    for chosen in product((True, False), repeat=len(SCOPES))
    if any(chosen)
]


async def made(store: Any, *scopes: KeyScope, bot: str | None = None, name: str = "k") -> str:
    """The secret of a new key."""
    return (await create_key(store, NOW, name=name, bot_id=bot, scopes=scopes or ("ingest",)))[1]


async def old_key(store: Any, scopes: tuple[KeyScope, ...], bot: str | None) -> str:
    """The secret of a key with any scopes."""
    secret = "mh_" + "a" * 10 + "_" + "b" * 43
    key = ApiKey("a" * 10, "k", bot, scopes, digest_of(secret), NOW)
    assert await store.put_shared_record("keys", write_keys((key,), "t"), None)
    return secret


async def asked(server: Server, key: str, path: str, rule: Rule) -> int:
    """The status that a key meets at a route from far away."""
    server.app.state.broadcaster.close()  # so that the live route answers at once
    address = path.replace("{path:path}", "llm-bot")
    async with server.client(peer="203.0.113.9", host="bots.example", key=key) as client:
        return (await client.request(METHODS.get(rule, "GET"), address)).status_code


@pytest.mark.parametrize("bot", [None, "bot-1"])
@pytest.mark.parametrize("scopes", COMBINATIONS, ids="+".join)
async def test_scope_by_endpoint(scopes: tuple[KeyScope, ...], bot: str | None) -> None:
    """Every route with every set of scopes, bound to a bot or not: in with the right one alone.

    What a bound key then sees is in tests/conformance/server/test_server_bound_keys.py.
    """
    async with running() as server:
        key = await old_key(server.store, scopes, bot)
        for path, policy in declared().policies.items():
            status = await asked(server, key, path, policy.rule)
            needed = policy.scope
            if needed is None or needed in scopes:
                assert status not in {401, 403}, (path, status)
            else:
                assert status == 403, (path, status)


async def test_the_shared_key_goes_on_working_for_everything() -> None:
    """With keys of single bots in the store, LLM_BOT_API_KEY still opens every route."""
    async with running() as server:
        await made(server.store)
        for path, policy in declared().policies.items():
            assert await asked(server, KEY, path, policy.rule) not in {401, 403}, path


async def test_a_key_sends_for_its_own_bot_alone() -> None:
    """Without a bot_id an event gets the key's; another bot's is refused, alone or in a batch."""
    async with running() as server:
        key = await made(server.store, bot="bot-1")
        async with server.client(key=key) as client:
            for name, body in OLD_BODIES.items():
                answer = await client.post(f"{API}/ingest/{name}", json=body())
                assert (answer.status_code, answer.json()) == (200, {"success": True})
            foreign = decision(bot_id="bot-2", event_id="foreign-1")
            answer = await client.post(f"{API}/ingest/decision", json=foreign)
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "foreign_bot"
            assert "belongs to the bot bot-1" in answer.json()["error"]["message"]
            mixed = {"events": [item(1), item(2, bot_id="bot-2")], "parts": []}
            answer = await client.post(f"{API}/ingest/batch", json=mixed)
            assert answer.status_code == 403
            nameless = item(3)
            del nameless["bot_id"]
            answer = await client.post(f"{API}/ingest/batch", json={"events": [nameless]})
            assert [one["status"] for one in answer.json()["results"]] == ["stored"]
        assert [bot.id for bot in await server.store.bots()] == ["bot-1"]
        assert (await server.store.bots())[0].stats.decisions == 2


async def test_two_keys_are_active_while_one_takes_over() -> None:
    """Rotation: both open the door, then only the new one; the time is at most the refresh."""
    async with running() as server:
        old, new = await made(server.store, bot="bot-1"), await made(server.store, bot="bot-1")
        path = f"{API}/ingest/status"
        for key in (old, new):
            async with server.client(key=key) as client:
                assert (await client.post(path, json=OLD_BODIES["status"]())).status_code == 200
        first = (await list_keys(server.store))[0]
        await revoke_key(server.store, NOW, first.id)
        server.clock.advance(REFRESH_SECONDS)
        async with server.client(key=old) as client:
            answer = await client.post(path, json=OLD_BODIES["status"]())
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "key_revoked")
        async with server.client(key=new) as client:
            assert (await client.post(path, json=OLD_BODIES["status"]())).status_code == 200


async def test_a_key_is_replaced_by_one_like_it() -> None:
    """`rotate`: the same name, bot and scopes, another secret; the old one stays as it was."""
    store = MemoryStore(clock=FakeClock())
    secret = await made(store, "ingest", "read", bot="bot-1", name="claude")
    [old] = await list_keys(store)
    new, other = await rotate_key(store, NOW, old.id)
    assert other != secret
    assert (new.name, new.bot_id, new.scopes) == ("claude", "bot-1", ("ingest", "read"))
    assert await list_keys(store) == (old, new)
    with pytest.raises(NotFound, match="keys list"):
        await rotate_key(store, NOW, "unknown")


class Counting(MemoryStore):
    """Counts the writes of shared records."""

    writes = 0

    async def put_shared_record(self, name: str, text: str, revision: int | None) -> bool:
        """Count one."""
        self.writes += 1
        return await super().put_shared_record(name, text, revision)


async def turns() -> None:
    """Let every task that can go on do so."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_when_keys_were_last_used_is_kept_at_little_cost() -> None:
    """At once, then all keys together once in five minutes, and what is left at the end."""
    store, clock = Counting(), FakeClock()
    uses = KeyUse(store, clock)
    async with uses.running():
        uses.note("a")
        await turns()
        assert (store.writes, await last_uses(store)) == (1, {"a": NOW})
        clock.advance(EVERY_SECONDS - 1)
        uses.note("a")
        await turns()
        assert store.writes == 1
        clock.advance(1)
        uses.note("b")
        await turns()
        assert store.writes == 2
        assert await last_uses(store) == {"a": NOW + timedelta(seconds=299), "b": clock.now()}
        clock.advance(5)
        uses.note("b")
    assert (store.writes, (await last_uses(store))["b"]) == (3, clock.now())


async def test_a_use_is_noted_by_header_and_by_session_alone() -> None:
    """A key that is refused is not in use, nor is one that nobody sends."""
    async with running() as server:
        both = await made(server.store, *BOTH, name="both")
        sends = await made(server.store, "ingest", name="sends")
        await made(server.store, *BOTH, name="rests")
        async with server.client() as client, server.client(key=sends) as sender:
            await client.post(f"{API}/login", json={"key": both})
            assert (await client.get(f"{API}/bots")).status_code == 200
            assert (await sender.get(f"{API}/bots")).status_code == 403
    await server.store.open()
    known = await list_keys(server.store)
    assert set(await last_uses(server.store)) == {key.id for key in known if key.name == "both"}


async def test_without_a_shared_key_a_bot_s_key_is_enough() -> None:
    """Sending, reading, the key page and signing in; a wrong key is told what to compare."""
    async with running(config(api_key=None)) as server, server.client() as client:
        assert "<input" not in (await client.get("/llm-bot")).text
        key = await made(server.store, *BOTH)
        server.clock.advance(REFRESH_SECONDS)
        assert "<input" in (await client.get("/llm-bot")).text
        assert (await client.post(f"{API}/login", json={"key": key})).status_code == 200
        assert (await client.get(f"{API}/bots")).status_code == 200
        async with server.client(key=key) as bot:
            answer = await bot.post(f"{API}/ingest/status", json=OLD_BODIES["status"]())
            assert answer.status_code == 200
        async with server.client(key="another-key") as bot:
            answer = await bot.post(f"{API}/ingest/status", json=OLD_BODIES["status"]())
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


async def test_near_misses_are_wrong_keys() -> None:
    """Another secret with a known id, a cut or longer key, the digest itself: all 401."""
    async with running() as server:
        key = await made(server.store)
        known = (await list_keys(server.store))[0]
        turned = key[:-2] + ("AA" if key[-2:] != "AA" else "BB")
        for wrong in (turned, key[:-1], key + "A", known.sha256, f"mh_{known.id}_", "mh_"):
            async with server.client(key=wrong) as client:
                answer = await client.post(f"{API}/ingest/status", json=OLD_BODIES["status"]())
                assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


async def test_keys_that_cannot_be_judged_refuse_for_now() -> None:
    """With the store away a bot's key meets 503, which clients repeat, never 401."""
    async with running() as server:
        key = await made(server.store)
        await server.store.close()
        async with server.client(key=key) as client:
            answer = await client.post(f"{API}/ingest/status", json=OLD_BODIES["status"]())
            assert answer.status_code == 503
        await server.store.open()


async def test_no_secret_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Canary: not in the store, an answer, an error that is kept, a repr or a log line."""
    caplog.set_level(logging.DEBUG)
    async with running() as server:
        key = await made(server.store, "ingest", "read", bot="bot-1")
        sends = await made(server.store, "ingest")
        record = await server.store.get_shared_record("keys")
        assert record is not None
        told = [record.text, repr(await list_keys(server.store))]
        async with server.client(key=key) as client:
            for body in (decision(coin=key), decision(bot_id=key), decision(signal=key), [key]):
                told.append((await client.post(f"{API}/ingest/decision", json=body)).text)
            told.append((await client.get(f"{API}/errors")).text)
            told.append((await client.get(f"{API}/feed", params={"bot": key})).text)
            told.append((await client.get(f"{API}/decision", params={"id": key})).text)
        for given in (key, sends, key + "x"):
            async with server.client() as browser:
                form = f"key={given}&next=/llm-bot"
                answer = await browser.post(
                    f"{API}/login",
                    content=form,
                    headers={"content-type": "application/x-www-form-urlencoded"},
                )
                told.append(answer.text + str(answer.headers))
        known = (await list_keys(server.store))[0]
        await revoke_key(server.store, NOW, known.id)
        server.clock.advance(REFRESH_SECONDS)
        async with server.client(key=key) as client:
            told.append((await client.get(f"{API}/bots")).text)
        for secret in (key, sends, key[14:], sends[14:]):
            assert [text for text in told if secret in text] == []
            ours = [one for one in caplog.records if one.name.startswith("motherhaven")]
            assert not any(secret in one.getMessage() for one in ours)


async def test_what_keys_may_be_called() -> None:
    """Names, bot ids, scopes and revoked ids are checked; a damaged record is told as such."""
    store = MemoryStore(clock=FakeClock())
    strange: list[Any] = [("", None, BOTH), ("a\n", None, BOTH), ("a", "../", BOTH)]
    for name, bot, scopes in [*strange, ("a", None, ())]:
        with pytest.raises(ConfigError):
            await create_key(store, NOW, name=name, bot_id=bot, scopes=scopes)
    with pytest.raises(NotFound, match="keys list"):
        await revoke_key(store, NOW, "unknown")
    assert await store.put_shared_record("keys", json.dumps({"keys": [{"id": 1}]}), None)
    with pytest.raises(StoreCorrupt, match="damaged"):
        await list_keys(store)
