"""Commands at the server: who may give them, what becomes of each, and how a bot gets them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from motherhaven.contract.control import LOCAL_ONLY, NAMES
from motherhaven.contract.ids import IdSource
from motherhaven.server.auth.keys.api_keys import create_key
from motherhaven.server.auth.sessions.tokens import CONFIRMED_SECONDS
from motherhaven.server.config import Limits
from motherhaven.stores.commands import CommandStore
from tests.patience import until
from tests.serverkit import API, KEY, NOW, FakeClock, Server, config, event, item, running

pytestmark = pytest.mark.anyio

BOT = "bot-1"
ARGS: dict[str, dict[str, Any]] = {
    "reduce": {"coin": "BTC", "fraction": "0.5"},
    "move_stop": {"coin": "BTC", "price": "61000"},
    "guidance": {"text": "less risk"},
    "resume": {"latch": "k1"},
}


def new_id(clock: FakeClock) -> str:
    """A UUIDv7 of now."""
    return IdSource(clock, os.urandom).new()


def wish(server: Server, name: str = "flatten", **changes: Any) -> dict[str, Any]:
    """The body of a command."""
    args = ARGS.get(name, {})
    return {"id": new_id(server.clock), "bot_id": BOT, "name": name, "args": args, **changes}


async def know_bot(server: Server, bot: str = BOT) -> None:
    """Let the server know a bot."""
    async with server.client(key=KEY) as client:
        one = item(900, "status", bot_id=bot, event_id=f"first-{bot}")
        answer = await client.post(f"{API}/ingest/batch", json={"events": [one]})
        assert answer.json()["results"][0]["status"] == "stored"


async def listed(client: httpx.AsyncClient, bot: str = BOT) -> list[dict[str, Any]]:
    """The bot's commands as the page has them."""
    answer = await client.get(f"{API}/commands", params={"bot": bot})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["commands"])


async def fetched(client: httpx.AsyncClient, after: int = 0, wait: int = 0) -> httpx.Response:
    """What a bot gets."""
    return await client.get(f"{API}/bots/{BOT}/commands", params={"after": after, "wait": wait})


async def test_a_command_is_kept_handed_out_and_listed() -> None:
    """Post, wait, acknowledge: each step is on record with who and when; again changes nothing."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        assert (await fetched(client)).status_code == 204
        body = wish(server, args={"coin": "btc-perp"}, reason="too hot")
        first = await client.post(f"{API}/control", json=body)
        assert first.status_code == 200, first.text
        told = first.json()
        assert (told["fresh"], told["command"]["seq"], told["command"]["args"]) == (
            True, 1, {"coin": "BTC"},
        )  # fmt: skip
        again = (await client.post(f"{API}/control", json=body)).json()
        assert (again["fresh"], again["command"]) == (False, told["command"])
        [view] = await listed(client)
        assert (view["state"], view["by"], view["asked_because"]) == (
            "requested", "the shared key, key", "too hot",
        )  # fmt: skip
        answer = await fetched(client)
        assert answer.headers["server-time"].startswith("2026-01-02T03:04:05")
        assert [one["id"] for one in answer.json()["commands"]] == [body["id"]]
        assert (await fetched(client, after=1)).status_code == 204
        steps: list[tuple[str, dict[str, Any]]] = [
            ("received", {}), ("applied", {"left": ["BTC"]}), ("verified", {}),
        ]  # fmt: skip
        for number, (state, more) in enumerate(steps):
            server.clock.advance(2)
            named = {"command_id": body["id"], "name": "flatten", "state": state, "by": None}
            ack = event(910 + number, "command", server.clock.now() - NOW, **named, **more)
            await client.post(f"{API}/ingest/batch", json={"events": [ack]})
        [view] = await listed(client)
        assert (view["state"], view["seq"], view["left"]) == ("verified", 1, None)
        assert view["received_at"] < view["applied_at"] < view["ended_at"]
        assert (await fetched(client, after=0)).status_code == 204, "it is over"


async def test_the_server_s_own_records_are_no_sign_of_life() -> None:
    """A bot that is away stays away, however many commands are given."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        [before] = await server.store.bots()
        server.clock.advance(600)
        await client.post(f"{API}/control", json=wish(server, "halt"))
        [after] = await server.store.bots()
        assert (after.last_seen, after.mode, after.name) == (
            before.last_seen, before.mode, before.name,
        )  # fmt: skip


async def test_every_kind_is_taken_and_nothing_that_adds_risk() -> None:
    """Each name of the contract; unknown ones and those for the bot's machine are refused."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        for name in NAMES:
            answer = await client.post(f"{API}/control", json=wish(server, name))
            assert answer.status_code == 200, answer.text
        for name, code in [("sudo", "unknown_command"), *((n, "local_only") for n in LOCAL_ONLY)]:
            body = wish(server, name)
            answer = await client.post(f"{API}/control", json=body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
            [view] = [one for one in await listed(client) if one["id"] == body["id"]]
            assert (view["state"], view["reason_code"], view["name"]) == ("refused", code, name)
            assert view["by"] == "the shared key, key"
        kept = await CommandStore(server.store).of(BOT)
        assert [one.command.name for one in kept.waiting] == list(NAMES)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"id": "k1"}, 422, "command_id"),
        ({"id": "0190ec5f-8b1c-7000-8000-000000000000"}, 422, "command_id"),
        ({"bot_id": "nobody"}, 404, "not_found"),
        ({"bot_id": ["x"]}, 422, "invalid_event"),
        ({"name": None}, 422, "unknown_command"),
        ({"args": {"coin": "BTC", "all": True}}, 422, "command_args"),
        ({"args": []}, 422, "command_args"),
        ({"args": {"coin": "x" * 4_000}}, 422, "command_args"),
        ({"reason": "x" * 501}, 422, "command_args"),
        ({"expires_in_seconds": 301}, 422, "command_args"),
        ({"expires_in_seconds": True}, 422, "command_args"),
        ({"name": "reduce", "args": {"coin": "BTC", "fraction": "1.01"}}, 422, "command_args"),
        ({"name": "reduce", "args": {"coin": "BTC", "fraction": "9" * 5000}}, 422, "command_args"),
        ({"name": "move_stop", "args": {"coin": "BTC", "price": "-5"}}, 422, "command_args"),
        ({"name": "resume", "args": {}}, 422, "command_args"),
        ({"name": "guidance", "args": {"text": "x" * 2_001}}, 422, "command_args"),
    ],
)
async def test_what_is_wrong_is_refused_by_name(
    changes: dict[str, Any], status: int, code: str
) -> None:
    """Each bound of a command; nothing of it is kept for the bot."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        answer = await client.post(f"{API}/control", json=wish(server) | changes)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
        assert (await CommandStore(server.store).of(BOT)).seq == 0


async def test_other_content_under_an_id_is_a_conflict() -> None:
    """409, and the first one stands."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        body = wish(server)
        await client.post(f"{API}/control", json=body)
        answer = await client.post(f"{API}/control", json=body | {"args": {"coin": "ETH"}})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
        assert (await fetched(client)).json()["commands"][0]["args"] == {}


async def test_too_many_commands_leave_room_for_what_stops() -> None:
    """429 with the time to wait for the 65th; a halt is still taken."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        for _ in range(64):
            answer = await client.post(f"{API}/control", json=wish(server, "snapshot"))
            assert answer.status_code == 200
        answer = await client.post(f"{API}/control", json=wish(server, "snapshot"))
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
        assert (await client.post(f"{API}/control", json=wish(server, "halt"))).status_code == 200


async def test_a_key_gives_commands_only_with_the_scope_and_for_its_bot() -> None:
    """403 without the scope, told among the errors; another bot does not exist for a bound key."""
    async with running() as server:
        await know_bot(server)
        await know_bot(server, "bot-2")
        store = server.store
        _, reads = await create_key(store, NOW, name="r", bot_id=None, scopes=("read", "ingest"))
        _, bots = await create_key(store, NOW, name="b", bot_id="bot-2", scopes=("ingest",))
        _, own = await create_key(store, NOW, name="ops", bot_id=BOT, scopes=("control", "read"))
        async with server.client(key=reads) as client:
            answer = await client.post(f"{API}/control", json=wish(server))
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "missing_scope")
            errors = (await client.get(f"{API}/errors?kind=ingest")).json()["items"]
            assert "control refused (missing_scope)" in errors[0]["message"]
        async with server.client(key=own) as client:
            answer = await client.post(f"{API}/control", json=wish(server, bot_id="bot-2"))
            assert answer.status_code == 404
            assert (await client.post(f"{API}/control", json=wish(server))).status_code == 200
            [view] = await listed(client)
            assert view["by"].startswith("ops (")
            assert (await fetched(client)).status_code == 403, "a bot fetches with ingest"
        async with server.client(key=bots) as client:
            assert (await fetched(client)).status_code == 404


@asynccontextmanager
async def signed_in(server: Server, key: str = KEY) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with a session."""
    async with server.client() as client:
        assert (await client.post(f"{API}/login", json={"key": key})).status_code == 200
        yield client


async def test_a_session_confirms_with_its_key_for_five_minutes() -> None:
    """Not without, not with another key, not for another session, not later, not after logout."""
    async with running() as server:
        await know_bot(server)
        async with signed_in(server) as browser, signed_in(server) as other:
            assert (await browser.get(f"{API}/session")).json()["control"] is True
            refused = await browser.post(f"{API}/control", json=wish(server))
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_confirmed")
            wrong = await browser.post(f"{API}/control/confirm", json={"key": "wrong-key-123"})
            assert wrong.status_code == 401
            right = await browser.post(f"{API}/control/confirm", json={"key": KEY})
            token = {"x-motherhaven-confirmed": right.json()["token"]}
            assert right.json()["seconds"] == CONFIRMED_SECONDS == 300
            assert "set-cookie" not in right.headers

            async def given(client: httpx.AsyncClient, **headers: str) -> int:
                answer = await client.post(
                    f"{API}/control", json=wish(server), headers=token | headers
                )
                return answer.status_code

            assert await given(browser) == 200
            assert await given(other) == 403, "made for another session"
            assert await given(browser, origin="https://evil.example") == 403
            assert await given(browser, **{"sec-fetch-site": "cross-site"}) == 403
            server.clock.advance(CONFIRMED_SECONDS)
            assert await given(browser) == 403
            token = {"x-motherhaven-confirmed": "99999999999." + "A" * 43}
            assert await given(browser) == 403
            await browser.post(f"{API}/logout")
            assert await given(browser) == 401
        async with server.client() as nobody:
            answer = await nobody.post(f"{API}/control/confirm", json={"key": KEY})
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "no_session")


async def test_the_session_of_a_reader_gives_no_commands() -> None:
    """It is told so before it tries; confirming with that key, or the owner's, is refused."""
    async with running() as server:
        await know_bot(server)
        _, reads = await create_key(server.store, NOW, name="r", bot_id=None, scopes=("read",))
        _, controls = await create_key(
            server.store, NOW, name="c", bot_id=BOT, scopes=("read", "control")
        )
        async with signed_in(server, reads) as browser:
            assert (await browser.get(f"{API}/session")).json()["control"] is False
            for key, status in ((reads, 403), (KEY, 401), (controls, 401)):
                answer = await browser.post(f"{API}/control/confirm", json={"key": key})
                assert answer.status_code == status
        async with signed_in(server, controls) as browser:
            answer = await browser.post(f"{API}/control/confirm", json={"key": controls})
            headers = {"x-motherhaven-confirmed": answer.json()["token"]}
            answer = await browser.post(f"{API}/control", json=wish(server), headers=headers)
            assert answer.status_code == 200


async def test_reading_that_is_open_gives_no_commands() -> None:
    """On the own machine everybody reads; a command needs the key."""
    async with running(config(open_reading=True)) as server, server.client() as client:
        await know_bot(server)
        assert (await client.get(f"{API}/bots")).status_code == 200
        assert (await client.post(f"{API}/control", json=wish(server))).status_code == 401


async def test_a_waiting_bot_is_woken_and_costs_no_store() -> None:
    """A hundred wait without a question to the store between two looks; a command wakes its bot."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        watch = server.app.state.command_watch
        waiting = asyncio.create_task(fetched(client, wait=30))
        await until(lambda: watch.waiting == 1)
        await client.post(f"{API}/control", json=wish(server, "halt"))
        answer = await waiting
        assert answer.json()["commands"][0]["name"] == "halt"
        assert watch.waiting == 0
        gone = asyncio.create_task(fetched(client, after=1, wait=30))
        await until(lambda: watch.waiting == 1)
        server.app.state.broadcaster.close()
        assert (await gone).status_code == 204, "a server that stops lets nobody wait"


async def test_waiting_is_bounded_for_each_bot() -> None:
    """The fifth who waits for one bot is refused; places come back when somebody leaves."""
    limits = Limits(polls_of_bot=2)
    async with running(config(limits=limits)) as server, server.client(key=KEY) as client:
        await know_bot(server)
        watch = server.app.state.command_watch
        tasks = [asyncio.create_task(fetched(client, wait=30)) for _ in range(2)]
        await until(lambda: watch.waiting == 2)
        refused = await fetched(client, wait=30)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_polls")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: watch.waiting == 0)
        assert (await fetched(client)).status_code == 204


async def test_a_restored_server_goes_on_behind_what_the_bot_knows() -> None:
    """What it had not seen end is handed out once more; new numbers follow the bot's."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        await client.post(f"{API}/control", json=wish(server, "halt"))
        answer = await fetched(client, after=20)
        assert [one["seq"] for one in answer.json()["commands"]] == [1]
        assert (await fetched(client, after=20)).status_code == 204
        told = (await client.post(f"{API}/control", json=wish(server, "halt"))).json()
        assert told["command"]["seq"] == 21
        assert len((await fetched(client, after=20)).json()["commands"]) == 1


async def test_a_command_that_nobody_fetched_expires_by_itself() -> None:
    """The list says that it is over and never was fetched; the bot still gets it, to say so."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        await client.post(f"{API}/control", json=wish(server))
        server.clock.advance(121)
        [view] = await listed(client)
        assert (view["state"], view["unfetched"]) == ("expired", True)
        assert len((await fetched(client)).json()["commands"]) == 1
        server.clock.advance(timedelta(hours=2).total_seconds())
        await client.post(f"{API}/control", json=wish(server, "snapshot"))
        assert [one["name"] for one in (await fetched(client)).json()["commands"]] == ["snapshot"]


async def test_states_never_go_back() -> None:
    """Acknowledgements that come late or twice do not undo what was told after them."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        states = ("verified", "received", "applied", "received", "refused")
        for number, state in enumerate(states):
            at = timedelta(seconds=number)
            ack = event(300 + number, "command", at, command_id="c", name="halt", state=state)
            await client.post(f"{API}/ingest/batch", json={"events": [ack]})
        [view] = await listed(client)
        assert view["state"] == "verified"
        assert view["received_at"] is not None


async def test_the_stream_tells_of_a_command() -> None:
    """Requested and refused ones come live, as any event does."""
    async with running() as server, server.client(key=KEY) as client:
        await know_bot(server)
        broadcaster = server.app.state.broadcaster
        broadcaster.join()
        await until(lambda: broadcaster._is_following)
        start = broadcaster.newest
        await client.post(f"{API}/control", json=wish(server, "halt"))
        await client.post(f"{API}/control", json=wish(server, "arm"))
        await until(lambda: len(broadcaster._history) >= 2)
        block = broadcaster.after(start)
        told = block.piece["body"].decode()
        assert told.count("event: command") == 2
        assert '"requested"' in told
        assert '"local_only"' in told
        broadcaster.leave()
