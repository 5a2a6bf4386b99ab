"""Who may come in: a matrix made from the route table, so that a new route needs a row."""

import pytest
from fastapi import APIRouter
from starlette.routing import Match, Route

from motherhaven.contract.errors import ConfigError
from motherhaven.server import ServerConfig, create_app
from motherhaven.server.auth.policy import INGEST, PAGE, PUBLIC, Routes, Rule
from motherhaven.server.config import is_loopback
from motherhaven.server.http.request_facts import host_name
from motherhaven.server.http.text_checks import odd_text
from motherhaven.stores import MemoryStore
from tests.serverkit import (
    API,
    KEY,
    FakeClock,
    Server,
    config,
    declared,
    rule_of,
    running,
    status,
)

pytestmark = pytest.mark.anyio


def routes() -> list[tuple[str, str]]:
    """Method and path of every route of the application; only plain routes are known here."""
    app = create_app(config(), MemoryStore(), FakeClock())
    assert all(isinstance(route, Route) for route in app.routes)
    found = [route for route in app.routes if isinstance(route, Route)]
    return [(method, route.path) for route in found for method in sorted(route.methods or ())]


def test_every_route_has_a_policy_and_every_policy_a_route() -> None:
    """A route that is registered past the policies fails here, and is closed beside that."""
    paths = {path.rstrip("/") or "/" for _, path in routes()}
    assert paths == set(declared().policies)


def test_a_path_has_one_policy_whatever_its_method() -> None:
    """A second handler at a path cannot open it."""
    routes = Routes(APIRouter())
    routes.declare("/a/{b}", INGEST)
    routes.declare("/a/{b}/", INGEST)
    with pytest.raises(ValueError, match="two policies"):
        routes.declare("/a/{b}", PUBLIC)
    assert routes.policy_of("/a/x/") == routes.policy_of("/a/x") == INGEST
    assert routes.policy_of("/a/x/y") == routes.policy_of("/a/") == PAGE


ODD = ("{}/", "{}//", "/{}", "/.{}", "{}/.", "{}/..", "{}%2f", "{}%00", "{};x", "{}?x", "{}#x",
       "{}\n", "{} ", "{}.json", "{}/x", "/x{}", "/api/..{}", "{}\\",
       "{}\u2028", "{}/\n")  # fmt: skip
"""How an address may be bent that leads to a route."""


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_the_gate_judges_by_the_route_that_the_router_takes(method: str) -> None:
    """However an address is written: what runs is what the policy was found for."""
    app = create_app(config(), MemoryStore(), FakeClock())
    known: Routes = app.state.routes
    names = [route.path for route in app.routes if isinstance(route, Route)]
    plain = [name.replace("{path:path}", "a/b") for name in names]
    filled = [name.replace("{bot}", bot) for name in plain for bot in ("b", "log", "%2f", "{bot}")]
    paths = {*filled, *(odd.format(path) for odd in ODD for path in filled)}
    paths |= {path.upper() for path in filled} | {path.title() for path in filled}
    for path in paths:
        scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
        if odd_text({**scope, "raw_path": b"/"}) is not None:
            continue  # nothing behind the outermost layer sees it
        runs = next(
            (
                route.path
                for route in app.routes
                if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL
            ),
            None,
        )
        # The last route serves the pages alone, which a stricter or an open policy may lead to.
        if runs is not None and runs != "/{path:path}":
            assert known.policy_of(path) == known.policies[runs.rstrip("/") or "/"], path


def test_what_is_not_listed_is_closed() -> None:
    """Unknown addresses ask for a key like the reads and pages do."""
    assert rule_of(f"{API}/new-thing") is Rule.READ
    assert rule_of("/anything") is Rule.PAGE
    assert rule_of("/api") is Rule.READ


VISITORS = {
    "nobody": {},
    "wrong key": {"key": "wrong-key-0123456789"},
    "right key": {"key": KEY},
    "far away": {"peer": "203.0.113.9"},
    "far away with the key": {"peer": "203.0.113.9", "key": KEY, "host": "bots.example"},
    "through a proxy": {"headers": {"x-forwarded-for": "127.0.0.1"}},
    "through another proxy": {"headers": {"forwarded": "for=127.0.0.1"}},
    "foreign host": {"host": "evil.example:3000"},
    "no host": {"host": ""},
    "cut key": {"key": KEY[:-1]},
    "session": {"login": True},
}

IN, OUT, FOREIGN = "in", 401, 403
CLOSED = {
    Rule.INGEST: {"right key", "far away with the key"},
    Rule.READ: {"right key", "far away with the key", "session"},
    Rule.CONTROL: {"right key", "far away with the key"},
}
OPEN = {
    Rule.INGEST: CLOSED[Rule.INGEST],
    Rule.CONTROL: CLOSED[Rule.CONTROL],
    Rule.READ: {*CLOSED[Rule.READ], "nobody", "wrong key", "cut key"},
}


def expected(rule: Rule, visitor: str, *, is_open: bool) -> object:
    """What the visitor must meet at a route with this rule."""
    if rule in (Rule.PUBLIC, Rule.FORM):
        return IN
    if rule is Rule.CONTROL and visitor == "session":
        return FOREIGN  # it has not shown its key again
    rows = OPEN if is_open else CLOSED
    if visitor in rows[Rule.READ if rule is Rule.PAGE else rule]:
        return IN
    if (
        is_open
        and rule not in (Rule.INGEST, Rule.CONTROL)
        and visitor in {"foreign host", "no host"}
    ):
        return FOREIGN
    return OUT


async def met(server: Server, visitor: dict[str, object], method: str, path: str) -> object:
    """What the visitor does meet."""
    places = {k: v for k, v in visitor.items() if k in {"peer", "host", "key"}}
    async with server.client(**places) as client:  # type: ignore[arg-type]
        if visitor.get("login"):
            await client.post(f"{API}/login", json={"key": KEY})
        address = path.replace("{path:path}", "llm-bot")
        answer = await client.request(method, address, headers=visitor.get("headers", {}))  # type: ignore[arg-type]
    if rule_of(path) is Rule.FORM:
        return FOREIGN if answer.status_code == FOREIGN else IN
    return answer.status_code if answer.status_code in {OUT, FOREIGN} else IN


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("visitor", sorted(VISITORS))
async def test_each_visitor_meets_what_the_rule_says(visitor: str, is_open: bool) -> None:
    """Visitor × route, on a closed server and on one that is open to its own machine."""
    async with running(config(open_reading=is_open)) as server:
        server.app.state.broadcaster.close()  # so that the live route answers at once
        for method, path in routes():
            if path.removeprefix(API) in ("/share", "/share/revoke", "/shared"):
                continue  # these judge by themselves: test_server_share_links
            wanted = expected(rule_of(path), visitor, is_open=is_open)
            assert await met(server, VISITORS[visitor], method, path) == wanted, (method, path)


class Frozen(MemoryStore):
    """Tells of everything that would change it."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: list[str] = []

    def __getattribute__(self, name: str) -> object:
        if name in {"append", "put_parts", "report_rejected", "put_shared_record", "prune"}:
            self.changed.append(name)
        return super().__getattribute__(name)


async def test_no_get_has_an_effect() -> None:
    """GET and HEAD of every route, with the key and signed in: nothing is written, none set."""
    store = Frozen()
    async with running(store=store) as server, server.client(key=KEY) as client:
        server.app.state.broadcaster.close()
        for path in {path.replace("{path:path}", "llm-bot") for _, path in routes()}:
            for method in ("GET", "HEAD"):
                answer = await client.request(method, path)
                assert "set-cookie" not in answer.headers, path
        assert store.changed == []
        await client.post(f"{API}/ingest/status", json=status())
        assert store.changed == ["append"], "this test sees what changes the store"


async def test_without_a_key_ingest_is_refused_and_the_fix_is_told() -> None:
    """A server without a key takes nothing, whatever the client sends."""
    async with running(config(api_key=None)) as server:
        for key in ("", "None", KEY):
            async with server.client(key=key) as client:
                answer = await client.post(f"{API}/ingest/status", json={})
                assert answer.status_code == 401
                assert "LLM_BOT_API_KEY" in answer.json()["error"]["fix"]


async def test_the_key_twice_is_no_key() -> None:
    """Two x-api-key headers are ambiguous and so refused."""
    async with running() as server, server.client() as client:
        headers = [("x-api-key", KEY), ("x-api-key", "other")]
        assert (await client.get(f"{API}/bots", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-forwarded-host": "localhost:3000"}, 200),
        ({"x-forwarded-host": "localhost:3000", "x-forwarded-for": "::1"}, 200),
        ({"x-forwarded-proto": "http", "x-forwarded-port": "3000"}, 200),
        ({"x-forwarded-host": "evil.example"}, 401),
        ({"x-forwarded-for": "127.0.0.1, 203.0.113.9"}, 401),
        ({"forwarded": "for=127.0.0.1"}, 401),
        ({"x-real-ip": "203.0.113.9"}, 401),
    ],
)
async def test_only_the_development_proxy_of_this_machine_may_forward(
    headers: dict[str, str], status: int
) -> None:
    """With dev_proxy a page on another local port reads; nothing from elsewhere does."""
    async with running(config(open_reading=True, dev_proxy=True)) as server:
        async with server.client() as client:
            assert (await client.get(f"{API}/bots", headers=headers)).status_code == status
        async with server.client(peer="203.0.113.9") as client:
            assert (await client.get(f"{API}/bots", headers=headers)).status_code == 401


async def test_a_name_can_be_allowed() -> None:
    """MOTHERHAVEN_ALLOWED_HOSTS adds names for reading without the key."""
    async with running(config(open_reading=True, allowed_hosts=("box.lan",))) as server:
        for host, status in {"box.lan:3000": 200, "BOX.lan": 200, "box.lan.evil": 403}.items():
            async with server.client(host=host) as client:
                assert (await client.get(f"{API}/bots")).status_code == status


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "bots.example"])
def test_beyond_loopback_needs_a_key(host: str) -> None:
    """The server refuses to start open to the network, and says how to mend it."""
    with pytest.raises(ConfigError, match="LLM_BOT_API_KEY"):
        create_app(ServerConfig(host=host), MemoryStore(), FakeClock())
    ServerConfig(host=host, api_key=KEY).check()


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("localhost", True), ("LOCALHOST", True), ("0.0.0.0", False), ("::", False), ("", False),
        (None, False), ("10.0.0.1", False), ("::ffff:10.0.0.1", False), ("localhost.evil", False),
    ],
)  # fmt: skip
def test_loopback_is_recognised(address: str | None, loopback: bool) -> None:
    """Only addresses of this machine count, in every spelling."""
    assert is_loopback(address) is loopback


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost:3000", "localhost"), ("LocalHost", "localhost"), ("[::1]:3000", "::1"),
        ("[::1]", "::1"), ("127.0.0.1:80", "127.0.0.1"), ("evil:80:80", "evil:80"),
        ("localhost:x", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_the_name_in_a_host_header(header: str | None, name: str | None) -> None:
    """Ports and brackets go; what is malformed is no name."""
    assert host_name(header) == name
