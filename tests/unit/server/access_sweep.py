"""Every kind of caller at every route: what each is answered, as a table that a test keeps.

python -m tests.unit.server.access_sweep    write the table anew
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
from starlette.routing import Route

from motherhaven.contract.wire import event_from_item
from tests.serverkit import API, NOW, Server, config, item, running
from tests.unit.server.access_cast import SERVERS, Kept, ask

GOLDEN = Path(__file__).parent / "access_sweep.json"
OTHERS = "all others"

BESIDE = (
    "GET /llm-bot/settings", "GET /llm-bot/errors", "GET /llm-bot/app.js", "POST /llm-bot",
    "GET /anything", "GET /api", "GET /api/", "GET /apis", "GET /llm-bot/",
    f"GET {API}/bots/", f"HEAD {API}/bots", f"POST {API}/bots", f"OPTIONS {API}/bots",
    f"GET {API}/new-thing", f"POST {API}/new-thing", f"GET {API}/control", f"GET {API}/share",
    f"DELETE {API}/control", f"POST {API}/control/", f"POST {API}/shares", f"GET {API}/logout",
    f"POST {API}/ingest/new", f"GET {API}/ingest/batch", f"GET {API}/bots/bot-1/log",
    f"GET {API}/bots/bot-1/log/", f"POST {API}/bots/bot-1/commands", f"GET {API}/bots/a/b/log",
    f"GET {API}/bots/bot-2/commands?wait=0", f"GET {API}/bots/bot-1/commands/?wait=0",
    f"GET {API}/bots/bot-1", f"GET {API}//bots", "GET /metrics/", "GET /healthz/", "POST /healthz",
    f"GET {API}/log?bot=bot-1", f"GET {API}/log?bot=bot-2", f"GET {API}/commands?bot=bot-2",
    f"GET {API}/decision?id=event-000001", f"GET {API}/decision?id=event-000002",
    f"GET {API}/text?id=event-000001&field=justification", f"GET {API}/shared?link=nonsense",
    f"GET {API}/login?link=nonsense", f"GET {API}/login?next=/llm-bot/feed",
)  # fmt: skip

BODIES: dict[str, Any] = {
    f"{API}/login": {"key": "OWN"},
    f"{API}/control/confirm": {"key": "OWN"},
    f"{API}/control": {"id": "x", "bot_id": "bot-1", "name": "pause"},
    f"{API}/ingest/status": {"timestamp": "2026-01-02T03:04:05", "status": "running"},
    f"{API}/ingest/batch": {"events": [item(9, bot_id="bot-2")]},
    f"{API}/bots/bot-1/log": {"run": "r", "first": 0, "lines": []},
}


def probes(app: Any) -> list[tuple[str, str]]:
    """Method and address of every route, and of what is beside them; what signs out is last."""
    found = []
    for route in app.routes:
        assert isinstance(route, Route)
        address = route.path.replace("{path:path}", "llm-bot").replace("{bot}", "bot-1")
        address += "?wait=0" if address.endswith("/commands") and "bot-1" in address else ""
        found += [(method, address) for method in sorted(route.methods or ())]
    beside = [(one.partition(" ")[0], one.partition(" ")[2]) for one in BESIDE]
    return sorted({*found, *beside}, key=lambda one: (one[1].endswith("/logout"), one[1], one[0]))


async def answers(name: str) -> tuple[dict[tuple[str, str], httpx.Response], list[str]]:
    """What every caller of a server is answered: by probe and caller; and what is on record."""
    settings, cast_of = SERVERS[name]
    store = Kept()
    found = {}
    async with running(config(**settings), store) as server:
        for number, bot in ((1, "bot-1"), (2, "bot-2")):
            await keep(server, item(number, bot_id=bot, bot_name=bot))
        cast = await cast_of(server)
        server.app.state.broadcaster.close()  # so that the live route answers at once
        for who, visitor in cast.items():
            for method, path in probes(server.app):
                body = BODIES.get(path, {}) if method == "POST" else None
                if body:
                    body = {k: visitor.own if v == "OWN" else v for k, v in body.items()}
                found[f"{method} {path}", who] = await ask(server, visitor, method, path, body)
    return found, store.refused


async def keep(server: Server, one: dict[str, Any]) -> None:
    """One event in the store."""
    await server.store.append([event_from_item(one, NOW)])


def outcome(answer: httpx.Response) -> str:
    """Status and code of an answer."""
    try:
        code = answer.json()["error"]["code"]
    except (ValueError, KeyError, TypeError):
        code = answer.headers.get("location", "")
    return f"{answer.status_code} {code}".strip()


async def table(name: str) -> dict[str, Any]:
    """For each probe of a server: which callers met which outcome; and what is on record."""
    found, refused = await answers(name)
    told: dict[str, dict[str, list[str]]] = {}
    for (probe, who), answer in found.items():
        told.setdefault(probe, {}).setdefault(outcome(answer), []).append(who)
    shown = {probe: shortened(outcomes) for probe, outcomes in sorted(told.items())}
    return {"answers": shown, "on record": refused}


def shortened(outcomes: dict[str, list[str]]) -> dict[str, str]:
    """Who met what, by name; of what most met, only that the others did."""
    usual = max(outcomes, key=lambda met: len(outcomes[met]))
    named = {met: ", ".join(whom) for met, whom in sorted(outcomes.items()) if met != usual}
    return {**named, usual: OTHERS}


async def write() -> None:
    """Write the table as the code makes it now."""
    tables = {name: await table(name) for name in SERVERS}
    GOLDEN.write_text(json.dumps(tables, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    asyncio.run(write())
