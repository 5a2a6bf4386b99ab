"""Ways around the gate: each is closed, whatever else the request carries."""

import asyncio
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from motherhaven.contract.ids import IdSource
from motherhaven.server.auth.keys.api_keys import revoke_key
from motherhaven.stores import MemoryStore
from motherhaven.stores.capabilities import Capabilities
from tests.patience import until, within
from tests.serverkit import API, KEY, NOW, Server, config, decision, item, running
from tests.unit.server.access_cast import (
    FREE,
    Kept,
    Visitor,
    ask,
    confirmed,
    key,
    keys,
    links,
    session,
    shared,
)
from tests.unit.server.access_sweep import BODIES, keep, outcome, probes
from tests.unit.server.test_server_kept_sessions import counted

pytestmark = pytest.mark.anyio

PREFIX = "/mounted"


async def ask_under(
    server: Server, who: Visitor, method: str, path: str, body: object = None
) -> httpx.Response:
    """As ask, with the application mounted under PREFIX."""

    async def mounted(scope: object, receive: object, send: object) -> None:
        assert isinstance(scope, dict)
        whole = {"root_path": PREFIX, "path": PREFIX + scope["path"]}
        await server.app({**scope, **whole}, receive, send)  # type: ignore[arg-type]

    return await ask(Server(mounted, server.store, server.clock), who, method, path, body)  # type: ignore[arg-type]


async def test_a_mounted_server_asks_for_the_same() -> None:
    """The policy is found by the path that the router goes by, without what it is mounted under."""
    async with running(config(limits=FREE)) as server:
        secrets = await keys(server.store)
        visitors = [Visitor(), key(secrets["read key"]), await session(server, KEY)]
        server.app.state.broadcaster.close()
        for method, path in probes(server.app):
            for who in visitors:
                body = BODIES.get(path.partition("?")[0]) if method == "POST" else None
                usual = outcome(await ask(server, who, method, path, body))
                assert outcome(await ask_under(server, who, method, path, body)) == usual, path


class Lasting:
    """A request that lasts, and what of its answer has come."""

    def __init__(self, server: Server, who: Visitor, path: str) -> None:
        path, _, query = path.partition("?")
        headers = [(b"host", who.host.encode())]
        headers += [(name.encode(), value.encode()) for name, value in who.headers]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
            "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "headers": headers, "client": (who.peer, 4),
            "server": ("localhost", 3000),
        }  # fmt: skip
        self.status = 0
        self.body = b""
        self.is_whole = False
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.task = asyncio.ensure_future(server.app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self.body += message.get("body", b"")
        self.is_whole = not message.get("more_body", False)
        await self.may_go_on.wait()


async def test_a_stream_ends_with_the_right_that_opened_it() -> None:
    """A browser with two rights: the lesser one does not keep what the greater one was shown."""
    async with running(config(limits=FREE)) as server:
        secrets = await keys(server.store)
        link = (await links(server, secrets))["link of one bot"]
        for own in (KEY, secrets["control key"], secrets["bound whole"]):
            both = shared(link, await session(server, own))
            stream = Lasting(server, both, f"{API}/live")
            await until(lambda stream=stream: b"hello" in stream.body)
            await ask(server, both, "POST", f"{API}/logout")
            await within(stream.task)
            assert (stream.status, stream.is_whole) == (200, True)


async def test_a_revoked_key_that_waits_is_handed_no_command() -> None:
    """Neither the command, nor that a bot has it."""
    async with running(config(limits=FREE)) as server:
        await keep(server, item(1))
        secret = (await keys(server.store))["bound sender"]
        poll = Lasting(server, key(secret), f"{API}/bots/bot-1/commands?wait=30")
        await until(lambda: server.app.state.command_watch.waiting)
        await revoke_key(server.store, NOW, secret.split("_")[1])
        await server.app.state.keys.refresh(0)
        given = {
            "id": IdSource(server.clock, os.urandom).new(),
            "bot_id": "bot-1",
            "name": "no_entries",
        }
        answer = await ask(server, key(KEY), "POST", f"{API}/control", given)
        assert answer.status_code == 200, answer.text
        await within(poll.task)
        assert poll.status == 401
        page = await server.store.events("bot-1", "command", before=None, limit=10)
        assert [row.payload["state"] for row in page.items] == ["requested"]


@pytest.mark.parametrize("path", ["export?what=decisions&format=json", "export?what=decisions"])
async def test_a_download_ends_with_the_right_that_opened_it(path: str) -> None:
    """A slow reader is not given the rest, and what it has does not look whole."""
    async with running(config(limits=FREE)) as server:
        for number in range(1_200):
            await keep(server, item(number))
        secret = (await keys(server.store))["read key"]
        export = Lasting(server, key(secret), f"{API}/{path}")
        export.may_go_on.clear()
        await until(lambda: export.body)
        await revoke_key(server.store, NOW, secret.split("_")[1])
        await server.app.state.keys.refresh(0)
        so_far = export.body
        export.may_go_on.set()
        await within(export.task)
        assert (export.body, export.is_whole) == (so_far, False)


@pytest.mark.parametrize("page", ["settings", "errors"])
async def test_no_spelling_of_an_address_shows_a_link_a_closed_page(
    page: str, tmp_path: Path
) -> None:
    """Doubled slashes, dots and cases lead to no file that the plain address keeps closed."""
    (tmp_path / "llm-bot").mkdir()
    for name in ("llm-bot", "llm-bot/settings", "llm-bot/errors"):
        (tmp_path / f"{name}.html").write_text("a page")
    async with running(config(limits=FREE, page_dir=tmp_path)) as server:
        link = (await links(server, await keys(server.store)))["link"]
        assert (await ask(server, link, "GET", "/llm-bot")).status_code == 200
        plain = f"/llm-bot/{page}"
        for path in (
            plain, f"{plain}/", f"{plain}.html", f"{plain}//", f"/.{plain}", f"/%2e{plain}",
            f"/{plain}", f"//{plain}", f"/llm-bot//{page}", f"/llm-bot/./{page}", plain.title(),
            f"/llm-bot/%2f{page}", f"/llm-bot/%2F%2F{page}", f"/llm-bot/x/../{page}",
            f"/llm-bot/%5c{page}", f"{plain}%2f", f"{plain}/.", f"{plain}%20", f"%2F{plain}",
        ):  # fmt: skip
            answer = await ask(server, link, "GET", f"http://{link.host}{path}")
            assert answer.status_code in (403, 404), path


@pytest.mark.parametrize("token", ["nonsense", f"mhs_{'a' * 10}_{'b' * 43}"])
async def test_a_made_up_link_costs_a_billed_store_next_to_nothing(token: str) -> None:
    """Strangers with a cookie: the links are read as rarely as they are anyway, the keys never."""
    store = MemoryStore()
    store.capabilities = Capabilities(billed=True)  # type: ignore[attr-defined]
    async with running(config(limits=FREE), store) as server:
        asked = counted(store)
        who = Visitor([("cookie", f"motherhaven_share={token}")])
        for _ in range(20):
            server.clock.advance(2)
            await ask(server, who, "GET", f"{API}/bots")
        assert asked.count("keys") == 0
        assert len(asked) <= 2


@pytest.mark.parametrize("path", ["ingest/decision", "control"])
async def test_a_bound_key_fills_no_other_bot_s_errors(path: str) -> None:
    """What it is refused for is told of no bot, or of its own."""
    store = Kept()
    async with running(config(limits=FREE), store) as server:
        who = key((await keys(store))["bound whole"])
        body = {**decision(), "id": "x", "name": "no_entries", "bot_id": "bot-2"}
        answer = await ask(server, who, "POST", f"{API}/{path}", body)
        assert answer.status_code in (403, 404)
        assert [told for told in store.refused if told.startswith("bot-2")] == []
        assert len(store.refused) == 1


@pytest.mark.parametrize(
    "origins",
    [
        ["null"], ["https://evil.example"], ["http://bots.example", "https://evil.example"],
        ["http://bots.example:81"], ["http://["], ["http://bots.example.evil.example"],
        ["http://x@bots.example"], ["bots.example"], [""],
    ],
)  # fmt: skip
async def test_no_other_origin_counts_as_the_own_page(origins: list[str]) -> None:
    """Forms, sharing and commands of a session, whatever a browser says it was on."""
    async with running(config(limits=FREE)) as server:
        sure = await confirmed(server, await session(server, KEY))
        told = sure._replace(headers=[*sure.headers, *(("origin", one) for one in origins)])
        for path in ("login", "logout", "share", "share/revoke", "control/confirm", "control"):
            answer = await ask(server, told, "POST", f"{API}/{path}", {"key": KEY})
            assert outcome(answer) == "403 foreign_origin", path
        again = await ask(server, sure, "GET", f"{API}/session")
        assert again.json()["signed_in"]


@pytest.mark.parametrize("target", ["http://[", "//[", "/llm-bot/[", "https://evil.example"])
async def test_no_place_to_go_on_to_fails_the_key_page(target: str) -> None:
    """Anybody may name one."""
    async with running(config(limits=FREE)) as server:
        who = await session(server, KEY)
        answer = await ask(server, who, "GET", f"{API}/login?next={quote(target, safe='')}")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/llm-bot")
