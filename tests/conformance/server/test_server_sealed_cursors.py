"""What a key that is bound to one bot gets holds no cursor that counts the events of others."""

import re
from typing import Any

import httpx
import pytest

from motherhaven.server.auth.keys.api_keys import create_key
from motherhaven.server.auth.visible.cursor_seal import CursorSeal
from motherhaven.server.run import ServerThread
from motherhaven.stores import MemoryStore
from tests.conformance.server.conftest import Served
from tests.patience import HANG_SECONDS
from tests.serverkit import API, KEY, NOW, QUICK, FakeClock, Sse, config, event, item, running

pytestmark = pytest.mark.anyio

PLAIN = re.compile(r"[0-9a-f]{1,32}-[0-9]{1,18}|[dpce](\.[0-9a-f]{1,16}){4}")
LISTS = {"feed": {}, "trades": {"status": "all"}, "errors": {}}


def history(bot: str, first: int) -> list[dict[str, Any]]:
    """Three decisions, positions and failed cycles of one bot."""
    return [
        one
        for number in range(first, first + 9, 3)
        for one in (
            event(number, "decision", bot_id=bot),
            event(number + 1, "position_opened", bot_id=bot, position_id=f"p{number}"),
            event(number + 2, "status", bot_id=bot, status="error", error="no"),
        )
    ]


def cursors(answer: Any) -> list[str]:
    """Every cursor in an answer, wherever it stands."""
    found = []
    if isinstance(answer, dict):
        found += [v for k, v in answer.items() if k in {"cursor", "next"} and isinstance(v, str)]
    parts = answer.values() if isinstance(answer, dict) else answer
    for part in parts if isinstance(answer, dict | list) else ():
        found += cursors(part)
    return found


async def test_lists_of_a_bound_key_are_paged_with_sealed_cursors(served: Served) -> None:
    """Nothing in them is a store's cursor, all have one length, and they lead to every row."""
    async with served() as api:
        await api.keep(*history("bot-other", 100))
        await api.keep(*history("bot-mine", 200))
        _, secret = await create_key(
            api.store, NOW, name="k", bot_id="bot-mine", scopes=("read", "ingest")
        )
        mine = {"x-api-key": secret}
        for path, query in LISTS.items():
            whole = (await api.get(path, bot="bot-mine", **query))["items"]
            rows: list[Any] = []
            following, pages = None, 0
            while pages == 0 or following:
                more = {"cursor": following} if following else {}
                told = await api.client.get(
                    f"{API}/{path}", params={**query, **more, "limit": 2}, headers=mine
                )
                assert told.status_code == 200
                found = cursors(told.json())
                assert found
                assert not any(PLAIN.fullmatch(one) for one in found)
                assert {len(one) for one in found} == {160}
                rows += told.json()["items"]
                following, pages = told.json()["next"], pages + 1
            assert [row["id"] for row in rows] == [row["id"] for row in whole]
            assert pages > 1
            for odd in (whole[0]["cursor"], following or "x", "A" * 160, rows[0]["cursor"][:-4]):
                told = await api.client.get(f"{API}/{path}", params={"cursor": odd}, headers=mine)
                assert told.status_code == 422, odd
        row = await api.client.get(f"{API}/decision", params={"id": "event-000200"}, headers=mine)
        assert not any(PLAIN.fullmatch(one) for one in cursors(row.json()))


async def test_a_sealed_cursor_is_good_on_every_server_of_the_store(served: Served) -> None:
    """The secret is the store's: another server, or the same after a restart, opens it."""
    async with served() as api:
        one, two = CursorSeal(api.store, bytes), CursorSeal(api.store, lambda n: b"\1" * n)
        await one.ready()
        await two.ready()
        for cursor in ("", "abc-1", "d.1.2.3.4", "f" * 32 + "-" + "9" * 18):
            for left, right in ((one, two), (two, one)):
                assert right.open(left.seal(cursor)) == cursor
        assert one.open(two.seal("abc-1")[:-4] + "AAAA") is None
        assert one.seal("abc-1") != two.seal("abc-1")


async def test_a_bound_stream_tells_no_count_and_resumes_on_another_server() -> None:
    """Its ids, fields and heartbeats: sealed, all of one length; nothing missed, none twice."""
    store, clock = MemoryStore(), FakeClock()
    _, secret = await create_key(store, NOW, name="k", bot_id="bot-1", scopes=("read",))
    settings = config(limits=QUICK)
    seen: list[dict[str, str]] = []
    last = ""
    for first in (1, 11):
        with ServerThread(settings, store, clock) as server:
            headers = {"x_api_key": secret} | ({"last_event_id": last} if last else {})
            stream = await Sse.open(server.url, **headers)
            seen.append(await stream.event())
            async with httpx.AsyncClient(base_url=server.url, timeout=HANG_SECONDS) as client:
                for number in range(first, first + 10):
                    bot = "bot-1" if number % 2 else "bot-2"
                    events = [item(number, bot_id=bot)]
                    await client.post(
                        f"{API}/ingest/batch", json={"events": events}, headers={"x-api-key": KEY}
                    )
            got = [await stream.event() for _ in range(5)]
            seen += [*got, await stream.event(silent=True)]
            last = got[-2]["id"] if first == 1 else ""
            names = [f"event-{number:06d}" for number in range(first, first + 10, 2)]
            if first == 11:
                names = ["event-000009", *names[:-1]]
            assert [one["data"].partition('"id":"')[2][:12] for one in got] == names
            stream.close()
    for one in seen:
        assert len(one["id"]) == 160
        for text in re.findall(r'"cursor":"([^"]*)"', one.get("data", "")):
            assert len(text) == 160
        assert not PLAIN.fullmatch(one["id"])
    assert len({one["id"] for one in seen}) == len(seen)


async def test_a_plain_or_foreign_cursor_resets_a_bound_stream() -> None:
    """The store's own form is refused to who may not have it, above the head or below."""
    store = MemoryStore()
    _, secret = await create_key(store, NOW, name="k", bot_id="bot-1", scopes=("read",))
    with ServerThread(config(limits=QUICK), store, FakeClock()) as server:
        for odd in (await store.head(), "nonsense", "A" * 160):
            stream = await Sse.open(server.url, x_api_key=secret, last_event_id=odd)
            assert [(await stream.event())["event"] for _ in range(2)] == ["hello", "reset"]
            stream.close()


async def test_a_damaged_secret_is_told_and_the_shared_key_goes_on() -> None:
    """503 for the bound key; nobody else needs the record."""
    async with running() as server:
        await server.store.put_shared_record("cursor-secret", '{"secret": "short"}', None)
        _, secret = await create_key(server.store, NOW, name="k", bot_id="b", scopes=("read",))
        async with server.client(key=secret) as client:
            assert (await client.get(f"{API}/feed")).status_code == 503
        async with server.client(key=KEY) as client:
            assert (await client.get(f"{API}/feed")).status_code == 200
