"""Every kind of caller of a server: keys, sessions and links, good and ended, and strangers."""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import httpx

from motherhaven.server import Limits
from motherhaven.server.auth.keys.api_keys import create_key, revoke_key
from motherhaven.stores import MemoryStore
from motherhaven.stores.share_links import ShareLinks
from tests.serverkit import API, KEY, NOW, Server, config, running

FAR = "203.0.113.9"
FREE = Limits(key_attempts=100_000, login_attempts=100_000, wrong_key_hold_seconds=0)
STRICT = Limits(key_attempts=1, login_attempts=1, wrong_key_hold_seconds=0)
LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
UNKNOWN = "mh_" + "z" * 10 + "_" + "y" * 43
JSON = {"content-type": "application/json"}


class Visitor(NamedTuple):
    """Who comes: headers, from where, to which name; `own` is the key that it signed in with."""

    headers: Sequence[tuple[str, str]] = ()
    peer: str = FAR
    host: str = "bots.example"
    own: str = KEY

    def plus(self, **headers: str) -> "Visitor":
        """The same with more headers."""
        more = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return self._replace(headers=(*self.headers, *more))


Cast = dict[str, Visitor]


class Kept(MemoryStore):
    """Keeps what the server put on record of refusals."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    async def report_rejected(self, **told: Any) -> bool:
        """Note it."""
        self.refused.append(f"{told['bot_id']}: {told['message']}")
        return await super().report_rejected(**told)


def counted(first: int = 0) -> Callable[[int], bytes]:
    """Bytes that look random and are the same in each run."""
    state = first

    def next_bytes(size: int) -> bytes:
        nonlocal state
        state += 1
        return (state.to_bytes(4, "big") * size)[-size:]

    return next_bytes


def key(secret: str) -> Visitor:
    """Who sends a key."""
    return Visitor([("x-api-key", secret)], own=secret)


async def keys(store: Any) -> dict[str, str]:
    """Secrets of keys with every kind of right, by what they are called."""
    made, random = {}, counted()
    for name, bot, scopes in (
        ("read key", None, ("read",)),
        ("ingest key", None, ("ingest",)),
        ("control key", None, ("control", "read")),
        ("control alone", None, ("control",)),
        ("whole key", None, ("ingest", "read", "control")),
        ("bound reader", "bot-1", ("read",)),
        ("bound sender", "bot-1", ("ingest",)),
        ("bound whole", "bot-1", ("ingest", "read", "control")),
        ("foreign whole", "bot-2", ("ingest", "read", "control")),
        ("revoked key", None, ("ingest", "read", "control")),
    ):
        _, made[name] = await create_key(
            store, NOW, name=name, bot_id=bot, scopes=scopes, random_bytes=random  # type: ignore[arg-type]
        )  # fmt: skip
    await revoke_key(store, NOW, made["revoked key"].split("_")[1])
    return made


async def session(server: Server, secret: str) -> Visitor:
    """A browser that signed in with a key."""
    async with server.client(peer=FAR, host="bots.example") as client:
        answer = await client.post(f"{API}/login", json={"key": secret})
        assert answer.status_code == 200, answer.text
        return Visitor([("cookie", cookie_of(answer))], own=secret)


def cookie_of(answer: httpx.Response) -> str:
    """What the answer had the browser keep."""
    return answer.headers["set-cookie"].partition(";")[0]


async def confirmed(server: Server, who: Visitor) -> Visitor:
    """The browser has shown its key again."""
    answer = await ask(server, who, "POST", f"{API}/control/confirm", {"key": who.own})
    return who.plus(x_motherhaven_confirmed=answer.json()["token"])


async def ask(
    server: Server, who: Visitor, method: str, path: str, body: object = None
) -> httpx.Response:
    """One request; nothing of its answer is kept."""
    transport = httpx.ASGITransport(server.app, client=(who.peer, 40_000))
    headers = [("host", who.host), *who.headers]
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{FAR}") as client:
        if body is None:
            return await client.request(method, path, headers=headers)
        content = json.dumps(body).encode()
        return await client.request(
            method, path, headers=[*headers, *JSON.items()], content=content
        )


async def links(server: Server, secrets: dict[str, str], first: int = 0) -> Cast:
    """Browsers with share links, open and ended."""
    kept, now = ShareLinks(server.store, counted(first)), server.clock.now()
    found: Cast = {}
    reader = secrets["whole key"].split("_")[1]
    revoked = secrets["revoked key"].split("_")[1]
    for name, bot, prompts, maker in (
        ("link", None, False, None),
        ("link with prompts", None, True, None),
        ("link of one bot", "bot-1", False, reader),
        ("link of a revoked key", None, False, revoked),
        ("revoked link", None, False, None),
    ):
        link, token = await kept.create(
            now, EXPIRES, bot_id=bot, prompts=prompts, made_by="k", key_id=maker
        )
        found[name] = Visitor([("cookie", f"motherhaven_share={token}")])
        if name == "revoked link":
            await kept.revoke(link.id, now)
    return found


def shared(link: Visitor, other: Visitor) -> Visitor:
    """A browser with both cookies, or a link and a key."""
    cookies = [value for name, value in (*other.headers, *link.headers) if name == "cookie"]
    rest = [pair for pair in other.headers if pair[0] != "cookie"]
    return other._replace(headers=[*rest, ("cookie", "; ".join(cookies))])


EXPIRES = NOW.resolution * 86_400_000_000


async def stale(server: Server) -> Cast:
    """Sessions and links whose time is over when the server's clock has gone on."""
    async with running(config(session_seconds=1)) as brief:
        expired = await session(brief, KEY)
    late = await confirmed(server, await session(server, KEY))
    ended = (await links(server, await keys(MemoryStore()), 100))["link"]
    server.clock.advance(EXPIRES.total_seconds() + 1)
    return {"expired session": expired, "confirmed long ago": late, "expired link": ended}


async def far_away(server: Server) -> Cast:
    """All kinds of callers of a closed server."""
    cast = await stale(server)
    secrets = await keys(server.store)
    cast |= {name: key(secret) for name, secret in secrets.items()}
    cast |= await links(server, secrets)
    for name in ("read key", "control key", "bound reader", "bound whole", "foreign whole"):
        cast[f"session of {name}"] = await session(server, secrets[name])
    owner = await session(server, KEY)
    gone = await session(server, KEY)
    await ask(server, gone, "POST", f"{API}/logout")
    sure = await confirmed(server, await session(server, KEY))
    cast |= {
        "nobody": Visitor(),
        "wrong key": key("wrong-key-0123456789"),
        "unknown key": key(UNKNOWN),
        "empty key": key(""),
        "shared key": key(KEY),
        "two keys": key(KEY).plus(x_api_key=secrets["whole key"]),
        "session": owner,
        "signed out": gone,
        "forged session": Visitor([("cookie", "motherhaven_session=a.9999999999.b")]),
        "confirmed": sure,
        "confirmed controller": await confirmed(
            server, await session(server, secrets["control key"])
        ),
        "confirmed bound": await confirmed(server, await session(server, secrets["bound whole"])),
        "confirmed by another": (await session(server, KEY)).plus(
            x_motherhaven_confirmed=dict(sure.headers)["x-motherhaven-confirmed"]
        ),
    }
    return cast | await mixed(server, cast, secrets)


async def mixed(server: Server, cast: Cast, secrets: dict[str, str]) -> Cast:
    """Callers that show more than one thing, or come from another site."""
    return {
        "confirmed elsewhere": cast["confirmed"].plus(origin="https://evil.example"),
        "session elsewhere": (await session(server, KEY)).plus(origin="https://evil.example"),
        "session here": (await session(server, KEY)).plus(origin="http://bots.example"),
        "session and wrong key": (await session(server, KEY)).plus(x_api_key="wrong"),
        "session and read key": (await session(server, KEY)).plus(x_api_key=secrets["read key"]),
        "link and session": shared(cast["link"], await session(server, secrets["bound reader"])),
        "link and wrong key": shared(cast["link"], key("wrong")),
        "link and read key": shared(cast["link"], key(secrets["read key"])),
        "ended link and session": shared(cast["revoked link"], await session(server, KEY)),
        "shared key from another site": key(KEY).plus(sec_fetch_site="cross-site"),
        "nobody by a link": Visitor([*LINK.items()]),
        "session by a link": (await session(server, KEY))._replace(
            headers=[*(await session(server, KEY)).headers, *LINK.items()]
        ),
        "share by a link": cast["link"]._replace(headers=[*cast["link"].headers, *LINK.items()]),
    }  # fmt: skip


async def nearby(server: Server) -> Cast:
    """Callers of a server whose reading is open to its own machine."""
    here = {"peer": "127.0.0.1", "host": "localhost:3000"}
    secrets = await keys(server.store)
    cast = {
        "nobody": Visitor(),
        "wrong key": key("wrong-key-0123456789"),
        "shared key": key(KEY),
        "ingest key": key(secrets["ingest key"]),
        "bound reader": key(secrets["bound reader"]),
        "session": await session(server, KEY),
        "session of bound reader": await session(server, secrets["bound reader"]),
        "through a proxy": Visitor([("x-forwarded-for", "127.0.0.1")]),
        "another site": Visitor([("sec-fetch-site", "cross-site")]),
        **(await links(server, secrets)),
    }
    found = {name: one._replace(**here) for name, one in cast.items()}  # type: ignore[arg-type]
    found["foreign host"] = Visitor(peer="127.0.0.1", host="evil.example")
    found["far away"] = Visitor()
    return found


async def keyless(server: Server) -> Cast:
    """Callers of a server that has keys of single bots alone."""
    secrets = await keys(server.store)
    cast = {name: key(secrets[name]) for name in ("read key", "ingest key", "whole key")}
    cast["session"] = await session(server, secrets["whole key"])
    return cast | {"nobody": Visitor(), "wrong key": key(KEY), "unknown key": key(UNKNOWN)}


async def empty(_: Server) -> Cast:
    """Callers of a server that has no key at all."""
    return {"nobody": Visitor(), "wrong key": key(KEY), "unknown key": key(UNKNOWN)}


async def guessed(server: Server) -> Cast:
    """Callers from an address that has sent too many wrong keys."""
    secrets = await keys(server.store)
    cast = {"session": await session(server, secrets["whole key"])}
    wrong = key("wrong-key-0123456789")
    for _ in range(3):
        await ask(server, wrong, "GET", f"{API}/bots")
        await ask(server, wrong, "POST", f"{API}/login", {"key": "wrong"})
    cast |= {name: key(secrets[name]) for name in ("read key", "ingest key", "revoked key")}
    cast |= {"nobody": Visitor(), "wrong key": wrong, "unknown key": key(UNKNOWN)}
    return cast | {"shared key": key(KEY), "two keys": key(KEY).plus(x_api_key="other")}


SERVERS: dict[str, tuple[dict[str, Any], Callable[[Server], Any]]] = {
    "closed": ({"limits": FREE}, far_away),
    "open": ({"limits": FREE, "open_reading": True}, nearby),
    "keyless": ({"limits": FREE, "api_key": None}, keyless),
    "empty": ({"limits": FREE, "api_key": None}, empty),
    "guessed": ({"limits": STRICT}, guessed),
}
