"""Rows that cannot be read back, seen from outside: no route fails, and somebody is told."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute

from motherhaven.server import Limits
from motherhaven.server.auth.policy import API
from motherhaven.server.live.broadcaster import Broadcaster
from motherhaven.server.unreadable import UnreadableWatch
from tests.alertkit import Wire, watch
from tests.conformance.server.conftest import Api, Served
from tests.conformance.stores.kit import Backend
from tests.conformance.stores.planting import PLANTS, Plant, plant
from tests.serverkit import NOW, candles, event

pytestmark = pytest.mark.anyio

KINDS = (
    "decision", "execution", "position_opened", "fill", "funding", "account", "candles", "status",
)  # fmt: skip
ROWS = {"opened": "position_opened"}
MARK = {
    "position_id": "p1", "coin": "BTC", "size": "1", "entry_price": "1", "mark": "2",
    "leverage": "1", "unrealized_pnl": "1",
}  # fmt: skip


def history(bot: str, first: int) -> dict[str, dict[str, Any]]:
    """One event of each kind, by kind."""
    decision = f"event-{first:06d}"
    extra: dict[str, dict[str, Any]] = {
        "decision": {"raw_response": "x"},
        "status": {"error": "something failed"},
        "execution": {"decision_id": decision},
        "position_opened": {"position_id": "p1", "decision_id": decision},
        "account": {"positions": [MARK], "deposits_usd": "900"},
        "candles": candles([NOW.isoformat(), "1", "2", "1", "2", "5"]),
    }
    return {
        kind: event(first + n, kind, timedelta(seconds=n), bot_id=bot, **extra.get(kind, {}))
        for n, kind in enumerate(KINDS)
    }


def queries(route: APIRoute, bot: str, decision: str) -> dict[str, Any]:
    """What a read needs to be asked, from what it says that it takes."""
    known = {
        "id": "p1" if route.path.endswith("/trade") else decision, "bot": bot, "coin": "BTC",
        "field": "raw_response", "ids": "bad,good", "what": "decisions", "format": "csv",
        "kind": "order",
    }  # fmt: skip
    needed = [one.name for one in route.dependant.query_params if one.field_info.is_required()]
    assert set(needed) <= set(known), f"{route.path} needs {needed}; say here what to ask"
    asked = {name: known[name] for name in needed}
    if "bot" in [one.name for one in route.dependant.query_params]:
        asked["bot"] = bot
    return asked


def reads_of(api: Api) -> list[APIRoute]:
    """Every GET route of the API but those that wait and those that let in, from the routes."""
    app = api.client._transport.app  # type: ignore[attr-defined]
    found = [one for one in app.routes if isinstance(one, APIRoute) and "GET" in one.methods]
    skipped = {f"{API}/live", f"{API}/login", f"{API}/shared", f"{API}/bots/{{bot}}/commands"}
    return [one for one in found if one.path.startswith(API) and one.path not in skipped]


NEVER_READ = {
    ("firestore", "an unknown kind of event"),
    ("firestore", "execution: broken JSON"),
    ("firestore", "opened: broken JSON"),
}
"""There lists and stream have what these events say from the bot's and the commit's documents."""

PLANTS_ONCE = {one.title: one for one in PLANTS}


@pytest.mark.parametrize("title", PLANTS_ONCE, ids=lambda title: title.replace(" ", "-"))
async def test_no_read_fails_for_one_row(served: Served, backend: Backend, title: str) -> None:
    """All routes of the table, of the bot itself and of another: 200, or 404 for the one row."""
    one = PLANTS_ONCE[title]
    if backend.name not in one.stores:
        return  # this store keeps such a value in a type of its own: it cannot be planted
    async with served() as api:
        bad, good = history("bad", 100), history("good", 200)
        await api.keep(*bad.values(), *good.values())
        kind = ROWS.get(one.name, one.name)
        key = kind if kind in bad else {"p1": "position_opened"}.get(kind, "status")
        await plant(api.store, one, "bad", bad[key]["event_id"])
        for route in reads_of(api):
            for bot, first in (("good", "event-000200"), ("bad", "event-000100")):
                answer = await api.client.get(route.path, params=queries(route, bot, first))
                allowed = (200, 404, 410) if bot == "bad" else (200,)
                assert answer.status_code in allowed, (route.path, bot, answer.text[:300])
        await _is_told(api, one, is_read=(backend.name, title) not in NEVER_READ)


async def _is_told(api: Api, one: Plant, *, is_read: bool) -> None:
    """The stream passes it, the alerts go on, and the errors and the bot say so."""
    told: list[int] = []
    tail = await api.store.tail(await api.store.origin(), 100)
    broadcaster = Broadcaster(api.store, api.clock, Limits())
    messages = broadcaster.encode(tail.events)
    assert {m.bot_id for m in messages if m.data} >= {"good"}
    wire = Wire()
    alerts = watch(api.store, api.clock, wire)
    await alerts.look()
    await alerts.look()
    count = api.store.unreadable.count()
    looking = UnreadableWatch(api.store, api.clock, 60.0, lambda: told.append(1))
    first = await looking.look()
    assert first in (count, 0), "0: the server's own watch has told it before"
    assert await looking.look() == 0
    if one.table in ("events", "executions", "positions"):
        assert (count > 0) == is_read
        if not is_read:
            return
        rows = await api.store.errors(bot_id=None, kind="ingest", before=None, limit=10)
        assert any("cannot be read" in row.message for row in rows)
        bots = {row["id"]: row for row in (await api.get("bots"))["bots"]}
        assert bots["bad"]["stats"]["unreadable"] == count
        assert bots["good"]["stats"]["unreadable"] == 0
