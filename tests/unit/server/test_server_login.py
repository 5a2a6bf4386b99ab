"""The key page and its session: one field, a strict cookie, a throttle, an end."""

import base64
import hashlib
import hmac
import traceback

import httpx
import pytest

from motherhaven.server import Limits
from motherhaven.server.auth.keys.api_keys import create_key, revoke_key
from motherhaven.server.auth.keys.cache import REFRESH_SECONDS
from motherhaven.server.auth.sessions.tokens import Sessions
from motherhaven.server.wire.problems import Problem, problem_of
from tests.serverkit import API, KEY, NOW, ORIGIN, FakeClock, config, running, status

pytestmark = pytest.mark.anyio

FORM = {"content-type": "application/x-www-form-urlencoded", "origin": ORIGIN}


def cookie_of(answer: httpx.Response) -> dict[str, str]:
    """The attributes of the one cookie that an answer sets, names in lower case."""
    [header] = answer.headers.get_list("set-cookie")
    first, *rest = header.split("; ")
    name, _, value = first.partition("=")
    attributes = {part.partition("=")[0].lower(): part.partition("=")[2] for part in rest}
    return {"name": name, "value": value, **attributes}


async def test_without_a_session_only_the_key_page_is_shown() -> None:
    """Every page is the key page: one password field, no script, nothing of the dashboard."""
    async with running() as server, server.client() as client:
        for path in ("/llm-bot", "/llm-bot/decision?id=x", "/llm-bot/nothing"):
            answer = await client.get(path)
            assert answer.status_code == 401
            assert answer.text.count('type="password"') == 1
            assert "<script" not in answer.text
            assert 'action="/api/llm-bot/login"' in answer.text
        assert (await client.get("/_next/static/app.js")).headers["content-type"] == (
            "application/json"
        )


async def test_a_server_without_a_key_says_how_to_set_one() -> None:
    """There is nothing to enter then, so there is no field."""
    async with running(config(api_key=None)) as server, server.client() as client:
        answer = await client.get("/llm-bot")
        assert "LLM_BOT_API_KEY" in answer.text
        assert "<input" not in answer.text


async def test_the_form_leads_back_to_the_page_with_a_strict_cookie() -> None:
    """303 to where the visitor was; the cookie is HttpOnly, SameSite=Strict, for all paths."""
    async with running() as server, server.client() as client:
        page = await client.get("/llm-bot/decision?id=a&x=<b>")
        assert 'value="/llm-bot/decision?id=a&amp;x=%3Cb%3E"' in page.text
        answer = await client.post(
            f"{API}/login", content=f"key={KEY}&next=%2Fllm-bot%2Fdecision%3Fid%3Da", headers=FORM
        )
        assert answer.status_code == 303
        assert answer.headers["location"] == "/llm-bot/decision?id=a"
        cookie = cookie_of(answer)
        assert cookie["name"] == "motherhaven_session"
        assert {"httponly", "max-age", "path", "samesite"} <= set(cookie)
        assert (cookie["samesite"], cookie["path"]) == ("strict", "/")
        assert "secure" not in cookie
        assert KEY not in cookie["value"]
        assert (await client.get(f"{API}/session")).json()["signed_in"] is True


@pytest.mark.parametrize("sign", [{"x-forwarded-proto": "https"}, {"origin": "https://bots.lan"}])
async def test_over_https_the_cookie_is_secure(sign: dict[str, str]) -> None:
    """Any sign of https makes it Secure and ties it to the host."""
    async with running() as server, server.client(host="bots.lan") as client:
        answer = await client.post(f"{API}/login", json={"key": KEY}, headers=sign)
        cookie = cookie_of(answer)
        assert cookie["name"] == "__Host-motherhaven_session"
        assert "secure" in cookie


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/llm-botx", "", "/a\n"],
)
async def test_the_form_never_leads_to_another_site(target: str) -> None:
    """`next` can only be a page of ours."""
    async with running() as server, server.client() as client:
        body = httpx.QueryParams({"key": KEY, "next": target})
        answer = await client.post(f"{API}/login", content=str(body), headers=FORM)
        assert answer.headers["location"] == "/llm-bot"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:4000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_a_form_from_another_site_is_refused(headers: dict[str, str]) -> None:
    """Neither sign-in nor sign-out works across origins."""
    async with running() as server, server.client() as client:
        for path in ("login", "logout"):
            answer = await client.post(f"{API}/{path}", json={"key": KEY}, headers=headers)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


async def test_a_session_cannot_be_fixed_beforehand() -> None:
    """A token that a visitor brings along is never taken over."""
    async with running() as server, server.client() as client:
        other = Sessions(server.clock, KEY, secret=b"x" * 32, seconds=999)
        planted = other.new()
        client.cookies.set("motherhaven_session", planted)
        assert (await client.get(f"{API}/bots")).status_code == 401
        answer = await client.post(f"{API}/login", json={"key": KEY})
        assert cookie_of(answer)["value"] != planted
        again = await client.post(f"{API}/login", json={"key": KEY})
        assert cookie_of(again)["value"] != cookie_of(answer)["value"]


async def test_signing_out_ends_the_session_at_once() -> None:
    """The old token is worthless even if someone kept it."""
    async with running() as server, server.client() as client:
        token = cookie_of(await client.post(f"{API}/login", json={"key": KEY}))["value"]
        assert (await client.get(f"{API}/bots")).status_code == 200
        await client.post(f"{API}/logout")
        client.cookies.set("motherhaven_session", token)
        assert (await client.get(f"{API}/bots")).status_code == 401


async def test_a_key_with_read_signs_in_and_its_end_is_the_session_s() -> None:
    """The session is bound to the key: its bot alone, and 401 once the key is revoked."""
    async with running() as server, server.client() as client:
        key, secret = await create_key(
            server.store, NOW, name="friend", bot_id="bot-1", scopes=("read",)
        )
        answer = await client.post(f"{API}/login", json={"key": secret})
        assert answer.status_code == 200
        assert secret not in cookie_of(answer)["value"]
        told = (await client.get(f"{API}/session")).json()
        assert (told["signed_in"], told["bot_id"]) == (True, "bot-1")
        assert (await client.get(f"{API}/feed", params={"bot": "bot-2"})).status_code == 404
        assert (await client.get("/llm-bot")).status_code != 401
        await revoke_key(server.store, NOW, key.id)
        server.clock.advance(REFRESH_SECONDS)
        assert (await client.get(f"{API}/bots")).status_code == 401
        assert (await client.get("/llm-bot")).status_code == 401
        refused = await client.post(f"{API}/login", json={"key": secret})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "key_revoked")
        assert "set-cookie" not in refused.headers


async def test_a_key_that_only_sends_does_not_sign_in() -> None:
    """The form says what it lacks; the page stays closed."""
    async with running() as server, server.client() as client:
        _, secret = await create_key(server.store, NOW, name="bot", bot_id=None, scopes=("ingest",))
        answer = await client.post(f"{API}/login", content=f"key={secret}", headers=FORM)
        assert answer.status_code == 403
        assert "lacks the scope read" in answer.text
        assert (await client.get(f"{API}/session")).status_code == 401


async def test_a_session_never_sends_records() -> None:
    """Not even one of a key with both scopes: a cookie is no x-api-key."""
    async with running() as server, server.client() as client:
        _, secret = await create_key(
            server.store, NOW, name="both", bot_id=None, scopes=("ingest", "read")
        )
        for key in (secret, KEY):
            assert (await client.post(f"{API}/login", json={"key": key})).status_code == 200
            answer = await client.post(f"{API}/ingest/status", json=status())
            assert answer.status_code == 401


async def test_with_the_store_away_a_key_s_session_waits() -> None:
    """503 while the key cannot be judged, not 401; the shared key's session needs no store."""
    async with running() as server, server.client() as own, server.client() as shared:
        _, secret = await create_key(server.store, NOW, name="k", bot_id=None, scopes=("read",))
        await own.post(f"{API}/login", json={"key": secret})
        await shared.post(f"{API}/login", json={"key": KEY})
        server.clock.advance(REFRESH_SECONDS)
        await server.store.close()
        answers = [(await c.get(f"{API}/session")).status_code for c in (own, shared)]
        assert answers == [503, 200]
        assert (await own.post(f"{API}/login", json={"key": secret})).status_code == 503
        await server.store.open()


async def test_wrong_keys_wait_longer_and_longer_and_the_right_one_never() -> None:
    """Eight are free, then each costs a wait that doubles; the right key always signs in."""
    quick = config(limits=Limits(wrong_key_hold_seconds=0))
    async with running(quick) as server, server.client(peer="203.0.113.9") as client:

        async def tried(key: str) -> httpx.Response:
            return await client.post(f"{API}/login", json={"key": key})

        statuses = [(await tried(f"guess-{n}")).status_code for n in range(100)]
        assert statuses == [401] * 8 + [429] * 92
        assert (await tried(KEY)).status_code == 200, "nobody locks the right key out"
        waits = []
        for _ in range(4):
            refused = await tried("guess")
            assert refused.status_code == 429
            waits.append(int(refused.headers["retry-after"]))
            server.clock.advance(waits[-1])
            assert (await tried("guess")).status_code == 401
            assert (await tried(KEY)).status_code == 200
        assert waits == [1, 2, 4, 8]
        async with server.client(peer="203.0.113.10") as other:
            assert (await other.post(f"{API}/login", json={"key": "guess"})).status_code == 401


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"key": 5}', "application/json", 422),
        (b"next=/llm-bot", "application/x-www-form-urlencoded", 422),
        (b"key=%ff%fe&key=2", "application/x-www-form-urlencoded", 401),
        (b"&".join(b"a%d=1" % n for n in range(500)), "application/x-www-form-urlencoded", 422),
        (b"key=" + b"k" * 5_000, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_nonsense_is_refused_quietly(content: bytes, kind: str, status: int) -> None:
    """No body of the form makes the server fail."""
    async with running() as server, server.client() as client:
        headers = {"content-type": kind}
        answer = await client.post(f"{API}/login", content=content, headers=headers)
        assert answer.status_code == status


def test_tokens_end_and_cannot_be_made_up() -> None:
    """Expiry, signature and key decide; a new API key ends every session."""
    clock = FakeClock()
    sessions = Sessions(clock, KEY, secret=b"s" * 32, seconds=100)
    token = sessions.new()
    name, _, signature = token.rpartition(".")
    forged = ["", ".", "..", token + "x", name, f"{name}9.{signature}", "ü" * 10, "a" * 500]
    assert sessions.read(token)
    assert not any(sessions.read(one) for one in forged)
    assert Sessions(clock, KEY, secret=b"s" * 32, seconds=100).read(token)
    assert not Sessions(clock, KEY + "2", secret=b"s" * 32, seconds=100).read(token)
    assert not Sessions(clock, KEY, secret=None, seconds=100).read(token)
    clock.advance(100)
    assert not sessions.read(token)


async def test_the_key_page_has_an_address_for_pages_served_elsewhere() -> None:
    """GET login asks for the key, keeps where to go next, and leads nobody to another site."""
    async with running() as server, server.client() as client:
        asked = await client.get(f"{API}/login", params={"next": "/llm-bot/decision?id=a"})
        assert asked.status_code == 200
        assert 'value="/llm-bot/decision?id=a"' in asked.text
        away = await client.get(f"{API}/login", params={"next": "//evil.example/"})
        assert 'value="/llm-bot"' in away.text
        await client.post(f"{API}/login", json={"key": KEY})
        known = await client.get(f"{API}/login", params={"next": "/llm-bot/decision?id=a"})
        assert (known.status_code, known.headers["location"]) == (303, "/llm-bot/decision?id=a")


def test_a_confirmation_is_no_session():
    """What this browser was given to confirm with, made into a cookie, opens nothing."""
    sessions = Sessions(FakeClock(), KEY, secret=b"s" * 32, seconds=100)
    token = sessions.new()
    session, other = sessions.read(token), sessions.read(sessions.new())
    confirmation = sessions.confirmation(session.name)
    assert sessions.read(confirmation) is None
    assert sessions.confirmed_until(session.name, confirmation) == int(NOW.timestamp()) + 300
    assert [
        sessions.confirmed_until(other.name, confirmation),
        sessions.confirmed_until(session.name, token),
    ] == [None, None]


def test_no_changed_token_is_a_session():
    """Each character of it counts, and so does what earlier versions signed: it asks anew."""
    sessions = Sessions(FakeClock(), KEY, secret=b"s" * 32, seconds=100)
    token = sessions.new("abcdefghij")
    for place, letter in enumerate(token[:-1]):  # the last one holds four bits alone
        changed = f"{token[:place]}{'A' if letter != 'A' else 'B'}{token[place + 1 :]}"
        assert sessions.read(changed) is None, place
    key = hmac.digest(b"s" * 32, hashlib.sha256(KEY.encode()).digest(), "sha256")
    earlier = f"{'n' * 24}.{int(NOW.timestamp()) + 99}"
    signed = base64.urlsafe_b64encode(hmac.digest(key, earlier.encode(), "sha256"))
    assert sessions.read(f"{earlier}.{signed.decode().rstrip('=')}") is None


def test_a_refusal_keeps_no_frames_of_earlier_times():
    """Anybody may cause one, and some are made once for all callers."""
    shared, depths = Problem(401, "unauthorized", "no", "go"), []
    for _ in range(3):
        try:
            raise problem_of(shared)
        except Problem as refused:
            depths.append(len(list(traceback.walk_tb(refused.__traceback__))))
    assert depths == [1, 1, 1]
