"""No list answers with more bytes than it says, whatever its rows hold; pages lose nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest

from motherhaven.contract.wire import event_from_item
from motherhaven.server.auth.policy import API as PREFIX
from motherhaven.server.wire.sizes import ARRAY_BYTES, PAGE_BYTES, ROW_CHARS
from motherhaven.stores import MemoryStore
from tests.serverkit import API, KEY, NOW, FakeClock, item, running

pytestmark = pytest.mark.anyio

BIG = "\u6f22\x01" * 15_000
"""Much more than a row shows, each character of it several bytes of JSON."""

SHORT = BIG[:60]
"""Where a name stands, whose length ingest bounds."""

LISTS: dict[str, tuple[str, int]] = {
    "/bots": ("limit=500", PAGE_BYTES),
    "/feed": ("limit=500", PAGE_BYTES),
    "/trades": ("limit=500", PAGE_BYTES),
    "/errors": ("limit=500", PAGE_BYTES),
    "/errors/groups": ("", PAGE_BYTES),
    "/commands": ("bot=bot-1", PAGE_BYTES),
    "/log": ("bot=bot-1", 2 * PAGE_BYTES),
    "/events": ("bot=bot-1&kind=order&limit=500", PAGE_BYTES),
    "/trade": ("id=p0&bot=bot-1", 3 * PAGE_BYTES),
    "/equity": ("range=all", ARRAY_BYTES),
    "/candles": ("bot=bot-1&coin=BTC&limit=5000", 2 * ARRAY_BYTES),
    "/metrics": ("", PAGE_BYTES),
    "/hold": ("coin=BTC&range=all", ARRAY_BYTES),
    "/breakdown": ("bot=bot-1", PAGE_BYTES),
    "/compare": ("ids=bot-1,bot-2", PAGE_BYTES),
    "/outcome": ("id=event-000001", PAGE_BYTES),
    "/decisions": ("limit=500", ARRAY_BYTES),
    "/positions": ("limit=500", ARRAY_BYTES),
    "/account/history": ("limit=500", ARRAY_BYTES),
    "/account": ("", PAGE_BYTES),
    "/status": ("", PAGE_BYTES),
}
"""Each read that answers with rows: a question for as many as it gives, and its bound."""

WHOLE = {
    "/bill", "/decision", "/event", "/text", "/text/download", "/export", "/live", "/session",
    "/login", "/bots/{bot}/commands", "/bots/{bot}/log", "/shares",
    "/shared", "/share", "/share/revoke",
}  # fmt: skip
"""One whole thing, a slice as asked, a download or a stream: no list."""


def events() -> list[dict[str, Any]]:
    """Rows of every kind, large in every field that takes text."""
    found: list[dict[str, Any]] = []

    def add(kind: str, **payload: Any) -> None:
        one = item(len(found) + 1, kind)
        one["payload"] |= payload
        found.append(one)

    for number in range(40):
        add("decision", justification=BIG, invalidation_condition=BIG, raw_response=BIG,
            error=f"{number} {BIG}", decider=SHORT, model=SHORT, extra=BIG,
            verdict={"allowed": False, "rule": SHORT, "reason": BIG})  # fmt: skip
        add("execution", decision_id=f"event-{number * 5 + 1:06d}", execution_error=BIG,
            cloid=SHORT, execution_status="rejected")  # fmt: skip
        add("position_opened", position_id=f"p{number}", margin_mode="cross")
        add("position_closed", position_id=f"p{number}", reason=BIG)
        add("status", status="error", error=f"{number} {BIG}", message=BIG, decider=SHORT,
            market=SHORT, coins=["BTC"] * 3)  # fmt: skip
    for _ in range(20):
        add("fill", position_id="p0", reason=BIG)
        add("account", note=BIG)
        add("order", reason=BIG, note=BIG)
        add("command", command_id=f"k{len(found)}", reason=BIG, left=BIG, args={"a": BIG})
    return found


async def filled() -> MemoryStore:
    """A store with large rows, kept as they are: no bound of ingest stands before it."""
    store = MemoryStore()
    for number, one in enumerate(events()):
        kept = await store.append([event_from_item(one, NOW + timedelta(seconds=number))])
        assert kept[0].status == "stored"
    return store


async def test_every_list_stays_within_its_bytes() -> None:
    """All reads of the route table are lists with a bound here, or named as no list."""
    async with running(store=await filled()) as server, server.client(key=KEY) as client:
        paths = {
            route.path.removeprefix(PREFIX)
            for route in server.app.routes
            if "GET" in getattr(route, "methods", ()) and route.path.startswith(PREFIX)
        }
        assert paths - WHOLE == set(LISTS)
        for path, (query, most) in LISTS.items():
            answer = await client.get(f"{API}{path}?{query}")
            assert answer.status_code == 200, (path, answer.text[:300])
            assert len(answer.content) <= most, (path, len(answer.content))
            assert answer.json() is not None


async def test_pages_of_large_rows_give_each_row_once() -> None:
    """Bytes end a page early; the next one goes on behind its last row, whatever the limit."""
    async with running(store=await filled()) as server, server.client(key=KEY) as client:
        for path, count in (("feed", 40), ("trades", 40), ("errors", 80)):
            for limit in (7, 500):
                seen: list[str] = []
                cursor = ""
                while True:
                    more = f"&cursor={cursor}" if cursor else ""
                    page = (await client.get(f"{API}/{path}?limit={limit}{more}")).json()
                    assert 1 <= len(page["items"]) <= limit
                    seen += [row["id"] for row in page["items"]]
                    cursor = page["next"]
                    if cursor is None:
                        break
                assert len(set(seen)) == len(seen), path
                assert len(seen) >= count, (path, len(seen))


async def test_a_cut_text_tells_its_size_and_is_whole_on_demand() -> None:
    """In a row the beginning and the number of characters; the rest by /text."""
    async with running(store=await filled()) as server, server.client(key=KEY) as client:
        row = (await client.get(f"{API}/feed?limit=1")).json()["items"][0]
        assert row["error"].startswith("39 " + BIG[:100])
        assert row["error"].endswith(f"({len(BIG) + 3:,} characters)")
        assert len(row["error"]) < ROW_CHARS + 40
        whole = await client.get(f"{API}/text?id={row['id']}&field=justification&limit=1")
        assert whole.json()["total"] == len(BIG)
        old = (await client.get(f"{API}/decisions?limit=500")).json()
        assert old[0]["id"] == row["id"]
        assert len(old) > 1


async def test_many_bots_come_in_pages() -> None:
    """Each once, in a stable order, with a bounded page; a page costs what it holds."""
    store = MemoryStore(clock=FakeClock())
    count = 2_000
    for start in range(0, count, 500):
        made = []
        for number in range(start, start + 500):
            one = item(number, "status", bot_id=f"bot-{number:05d}", bot_name="n" * 100)
            made.append(event_from_item(one, NOW + timedelta(seconds=number // 7)))
        await store.append(made)
    asked: list[int] = []
    real = store.bots

    async def bots(*ids: Any, **how: Any) -> Any:
        found = await real(*ids, **how)
        asked.append(len(found))
        return found

    store.bots = bots  # type: ignore[method-assign]
    async with running(store=store) as server, server.client(key=KEY) as client:
        seen: list[str] = []
        cursor = None
        while True:
            params = {"limit": 500} | ({"cursor": cursor} if cursor else {})
            asked.clear()
            answer = await client.get(f"{API}/bots", params=params)
            assert len(answer.content) <= PAGE_BYTES
            page = answer.json()
            scanned = 0 if seen else count  # names that are not one bot's alone, once a minute
            assert sum(asked) <= len(page["bots"]) + 120 + scanned
            seen += [row["id"] for row in page["bots"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == [f"bot-{number:05d}" for number in range(count)]
        few = (await client.get(f"{API}/bots?limit=3")).json()
        assert [row["id"] for row in few["bots"]] == seen[:3]
        assert json.dumps(few)
