"""A share link over every store and every route: one bot or all, read only, until it ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from motherhaven.server import ServerConfig, ServerThread, create_app
from motherhaven.server.auth.keys.api_keys import create_key, revoke_key
from motherhaven.server.auth.policy import Links
from motherhaven.settings import SystemClock
from motherhaven.stores.share_links import RECORD, ShareLinks
from tests.conformance.server.conftest import Api, Served
from tests.conformance.server.test_server_bound_keys import (
    CANARY,
    CURSOR,
    MINE,
    ONE,
    OTHER,
    OTHERS,
    WHOLE,
    filled,
    history,
)
from tests.conformance.stores.kit import Backend
from tests.patience import HANG_SECONDS
from tests.serverkit import API, KEY, NOW, Sse, config, declared, event

pytestmark = pytest.mark.anyio

PROMPT = "canary-of-a-prompt"
OPEN = {
    "bots", "feed", "decision", "outcome", "trades", "trade", "equity", "metrics", "candles",
    "breakdown", "hold", "compare", "session", "live",
}  # fmt: skip
"""What a link shows; everything else is closed to it."""

TEXTS = {"text", "text/download"}
BODIES = ("share", "share/revoke", "control", "control/confirm", "ingest/batch", "logout")


def browser(api: Api, app: Any = None) -> httpx.AsyncClient:
    """A browser without a key, at the same server or at another `app` of the store."""
    transport = api.client._transport if app is None else httpx.ASGITransport(app=app)
    return httpx.AsyncClient(
        transport=transport, base_url="http://bots.example", headers={"host": "bots.example"}
    )


async def shared(api: Api, **wanted: Any) -> dict[str, Any]:
    """A new link, made with the shared key."""
    answer = await api.client.post(f"{API}/share", json=wanted)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


@asynccontextmanager
async def visitor(served: Served, **wanted: Any) -> AsyncIterator[tuple[Api, httpx.AsyncClient]]:
    """A server that knows two bots, and a browser that followed a link."""
    async with served() as api:
        secret = {"system_prompt": PROMPT, "raw_response": PROMPT, "user_prompt": PROMPT}
        decision = event(120, "decision", bot_id=MINE, error=PROMPT, analysis=PROMPT, **secret)
        failed = event(121, "status", bot_id=MINE, error=PROMPT, message=PROMPT)
        await api.keep(*history(MINE, 100, "mine"), *history(OTHER, 200, CANARY), decision, failed)
        made = await shared(api, **wanted)
        async with browser(api) as client:
            answer = await client.get(made["path"])
            assert answer.status_code == 303, answer.text
            yield api, client


async def test_a_link_is_traded_for_a_cookie_and_leaves_no_token(served: Served) -> None:
    """The page's address is without it; the cookie is for this host alone, and no script's."""
    async with served() as api:
        await api.keep(*history(MINE, 100, "mine"))
        made = await shared(api, bot_id=MINE, days=3)
        token = made["path"].partition("link=")[2]
        async with browser(api) as client:
            answer = await client.get(made["path"])
            assert answer.headers["location"] == f"/llm-bot/bot?id={MINE}"
            assert answer.headers["referrer-policy"] == "no-referrer"
            cookie = answer.headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=lax" in cookie
            assert f"Max-Age={3 * 86_400}" in cookie
            told = (await client.get(f"{API}/session")).json()
            assert told["share"]["prompts"] is False
            assert (told["bot_id"], told["signed_in"], told["control"]) == (MINE, False, False)
        record = await api.store.get_shared_record(RECORD)
        assert record is not None
        assert token not in record.text
        assert token not in (await api.client.get(f"{API}/shares")).text


async def test_every_route_is_closed_to_a_link_that_is_not_named(served: Served) -> None:
    """Over the whole table, with the queries that a reader would send: 403, 401 or nothing."""
    async with visitor(served, bot_id=MINE) as (_, client):
        for path in declared().policies:
            name = path.removeprefix(f"{API}/")
            if name in OPEN or "{path" in path or path in ("/", "/healthz", "/readyz"):
                continue
            address = path.replace("{bot}", MINE)
            for query in [*WHOLE.get(name, [{}]), ONE.get(name, {})]:
                answer = await client.get(address, params=filled(query, MINE))
                assert answer.status_code in (401, 403, 405) or name in ("login", "shared"), address
                assert CANARY not in answer.text
                assert PROMPT not in answer.text
        for name in (*BODIES, f"bots/{MINE}/log"):
            answer = await client.post(f"{API}/{name}", json={"id": "x", "key": "y"})
            assert answer.status_code in (401, 403) or name == "logout", name
        for page in ("settings", "settings.html", "settings.txt", "errors", "errors/x"):
            assert (await client.get(f"/llm-bot/{page}")).status_code == 403
        assert (await client.get("/llm-bot/bot")).status_code != 403


async def test_a_link_of_one_bot_shows_that_bot_alone(served: Served) -> None:
    """What is open gives the own bot, nothing of another, and nothing of prompts and answers."""
    async with visitor(served, bot_id=MINE) as (_, client):
        for name in OPEN - {"live"}:
            for query in WHOLE[name]:
                text = (await client.get(f"{API}/{name}", params=query)).text
                assert not any(one in CURSOR.sub("", text) for one in OTHERS), name
                assert PROMPT not in text, name
            if name in ONE:
                mine = await client.get(f"{API}/{name}", params=filled(ONE[name], MINE))
                other = await client.get(f"{API}/{name}", params=filled(ONE[name], OTHER))
                assert mine.status_code == 200, name
                assert PROMPT not in mine.text, name
                assert other.status_code == 404 or CANARY not in other.text, name
        detail = (await client.get(f"{API}/decision", params={"id": "event-000120"})).json()
        assert (detail["texts"], detail["error"]) == ({}, "not shared")


async def test_the_stream_of_a_link_has_no_more_than_its_reads(
    backend: Backend, tmp_path: Path
) -> None:
    """Its own bot's rows without prompts, no commands and logs; it ends with the link."""
    store = backend.make(tmp_path, SystemClock())
    server_config = ServerConfig(port=0, api_key=KEY)
    with ServerThread(server_config, store, SystemClock()) as server:
        async with httpx.AsyncClient(
            base_url=server.url, headers={"x-api-key": KEY}, timeout=HANG_SECONDS
        ) as client:

            async def keep(*items: dict[str, Any]) -> None:
                await client.post(f"{API}/ingest/batch", json={"events": list(items)})

            await keep(event(1, "status", bot_id=MINE), event(2, "status", bot_id=OTHER))
            made = (await client.post(f"{API}/share", json={"bot_id": MINE})).json()
            cookie = f"motherhaven_share={made['path'].partition('link=')[2]}"
            stream = await Sse.open(server.url, cookie=cookie)
            assert (await stream.event())["event"] == "hello"
            log = {"run": "r", "first": 0, "lines": [["2026-01-01T00:00:00Z", "INFO", "m", "x"]]}
            await client.post(f"{API}/bots/{MINE}/log", json=log)
            await keep(
                event(3, "command", bot_id=MINE, reason=PROMPT),
                event(4, "decision", bot_id=OTHER, justification=CANARY),
                event(5, "decision", bot_id=MINE, error=PROMPT, raw_response=PROMPT),
                event(6, "status", bot_id=MINE, status="error", error=PROMPT, message=PROMPT),
                event(7, "order", bot_id=MINE, reason=PROMPT),
                event(8, "account", bot_id=MINE),
            )
            told = [await stream.event() for _ in range(3)]
            assert [one["event"] for one in told] == ["decision", "status", "account"]
            assert PROMPT not in str(told)
            assert CANARY not in str(told)
            await client.post(f"{API}/share/revoke", json={"id": made["share"]["id"]})
            with pytest.raises(EOFError):
                await stream.event(skip=("heartbeat", "account", "status", "decision"))
            stream.close()


async def test_with_prompts_the_texts_are_shown(served: Served) -> None:
    """If that was chosen: text and download; still no other bot."""
    async with visitor(served, bot_id=MINE, prompts=True) as (_, client):
        for name in TEXTS:
            query = {"id": "event-000120", "field": "system_prompt"}
            assert PROMPT in (await client.get(f"{API}/{name}", params=query)).text
            query["id"] = "event-000202"
            assert (await client.get(f"{API}/{name}", params=query)).status_code == 404
        assert (await client.get(f"{API}/export", params={"what": "trades"})).status_code == 403


async def test_a_link_of_the_arena_shows_all_bots(served: Served) -> None:
    """Every bot, and of none a prompt."""
    async with visitor(served) as (_, client):
        bots = await client.get(f"{API}/bots")
        assert {bot["id"] for bot in bots.json()["bots"]} == {MINE, OTHER}
        assert PROMPT not in bots.text + (await client.get(f"{API}/feed")).text
        assert (await client.get(f"{API}/errors")).status_code == 403


async def test_a_link_ends_when_it_expires(served: Served) -> None:
    """The page is refused with a sentence, the data with a code; so is the link itself."""
    async with visitor(served, bot_id=MINE, days=1) as (api, client):
        assert (await client.get(f"{API}/bots")).status_code == 200
        [view] = (await api.get("shares"))["shares"]
        assert view["open"] is True
        api.clock.moment += timedelta(days=1)
        answer = await client.get(f"{API}/bots")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "share_ended")
        page = await client.get("/llm-bot/bot")
        assert page.status_code == 403
        assert "expired or was revoked" in page.text
        [view] = (await api.get("shares"))["shares"]
        assert view["open"] is False


async def test_a_revoked_link_is_dead_at_every_server_within_a_minute(served: Served) -> None:
    """And a restart does not bring it back."""
    async with visitor(served, bot_id=MINE) as (api, client):
        app = create_app(config(allowed_hosts=("bots.example",)), api.store, api.clock,
                         manage_store=False)  # fmt: skip
        async with app.router.lifespan_context(app), browser(api, app) as there:
            there.cookies = client.cookies
            assert (await there.get(f"{API}/bots")).status_code == 200
            [view] = (await api.get("shares"))["shares"]
            done = await api.client.post(f"{API}/share/revoke", json={"id": view["id"]})
            assert done.status_code == 200
            assert (await client.get(f"{API}/bots")).status_code == 403
            api.clock.moment += timedelta(seconds=60)
            assert (await there.get(f"{API}/bots")).status_code == 403


async def test_a_maker_gives_no_more_than_its_own_rights(served: Served) -> None:
    """A bound key shares its bot alone, and its links end with it; without a key nobody shares."""
    async with served() as api:
        await api.keep(*history(MINE, 100, "mine"), *history(OTHER, 200, CANARY))
        key, secret = await create_key(api.store, NOW, name="f", bot_id=MINE, scopes=("read",))
        _, ingest = await create_key(api.store, NOW, name="i", bot_id=MINE, scopes=("ingest",))
        await shared(api, bot_id=OTHER)
        async with browser(api) as client:
            client.headers["x-api-key"] = secret
            answer = await client.post(f"{API}/share", json={"bot_id": OTHER})
            assert answer.status_code == 404
            [foreign] = (await api.get("shares"))["shares"]
            answer = await client.post(f"{API}/share/revoke", json={"id": foreign["id"]})
            assert answer.status_code == 404
            assert (await client.get(f"{API}/shares")).json()["shares"] == []
            made = (await client.post(f"{API}/share", json={})).json()
            assert made["share"]["bot_id"] == MINE
            client.headers["x-api-key"] = ingest
            assert (await client.post(f"{API}/share", json={})).status_code == 403
            del client.headers["x-api-key"]
            assert (await client.post(f"{API}/share", json={})).status_code == 403
            assert (await client.get(made["path"])).status_code == 303
            assert (await client.post(f"{API}/share", json={})).status_code == 403
            assert (await client.get(f"{API}/bots")).status_code == 200
            await revoke_key(api.store, NOW, key.id)
            api.clock.moment += timedelta(seconds=60)
            assert (await client.get(f"{API}/bots")).status_code == 403
            assert (await client.get(made["path"])).status_code == 403


async def test_what_is_no_link_is_refused(served: Served) -> None:
    """Guesses, cut tokens, wrong wishes; another site's script makes none."""
    async with served() as api:
        await api.keep(*history(MINE, 100, "mine"))
        made = await shared(api, bot_id=MINE)
        token = made["path"].partition("link=")[2]
        async with browser(api) as client:
            for wrong in ("", token[:-1], token + "x", "mhs_aaaaaaaaaa_" + "a" * 43):
                answer = await client.get(f"{API}/shared", params={"link": wrong})
                assert answer.status_code == 403
                assert "set-cookie" not in answer.headers
            client.headers["cookie"] = f"motherhaven_session={token}"
            assert (await client.get(f"{API}/bots")).status_code == 401
        for wish in ({"days": 0}, {"days": 91}, {"days": True}, {"prompts": "yes"}, {"bot_id": 7}):
            assert (await api.client.post(f"{API}/share", json=wish)).status_code == 422
        assert (await api.client.post(f"{API}/share", json={"bot_id": "no"})).status_code == 404
        evil = {"origin": "https://evil.example"}
        assert (await api.client.post(f"{API}/share", json={}, headers=evil)).status_code == 403
        assert len(await ShareLinks(api.store).all()) == 1


async def test_guesses_cost_the_store_next_to_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may ask, and some stores are paid by the read: many wrong tokens, one read."""
    async with served() as api:
        asked: list[str] = []
        read = api.store.get_shared_record

        async def counted(name: str) -> object:
            asked.append(name)
            return await read(name)

        monkeypatch.setattr(api.store, "get_shared_record", counted)
        async with browser(api) as client:
            for number in range(20):
                wrong = f"mhs_{'abcdefghij'[number % 10] * 10}_" + "a" * 43
                assert (
                    await client.get(f"{API}/shared", params={"link": wrong})
                ).status_code == 403
        assert asked.count(RECORD) <= 2


def test_the_table_of_open_routes_is_the_servers() -> None:
    """Every name here is a route whose policy says so, and no other has one that does."""
    shown: dict[Links, set[str]] = {}
    for path, policy in declared().policies.items():
        shown.setdefault(policy.links, set()).add(path.removeprefix(f"{API}/"))
    assert (shown[Links.SHOWN], shown[Links.WITH_PROMPTS]) == (OPEN, TEXTS)
    assert shown[Links.PAGES] == {"/{path:path}"}
