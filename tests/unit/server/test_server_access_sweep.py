"""Every kind of caller at every route of every kind of server is answered as the table says."""

import json

import pytest

from motherhaven.server.auth.authenticate import Authenticator
from motherhaven.server.auth.principal import Principal
from motherhaven.server.http.request_facts import RequestFacts
from tests.serverkit import API, KEY, running
from tests.unit.server.access_cast import SERVERS, ask, session
from tests.unit.server.access_sweep import GOLDEN, probes, table

pytestmark = pytest.mark.anyio


@pytest.mark.long
@pytest.mark.parametrize("name", SERVERS)
async def test_every_caller_at_every_route(name: str) -> None:
    """Statuses, codes and what is put on record, for sessions, keys, links and strangers."""
    known = json.loads(GOLDEN.read_text("utf-8"))[name]
    found = await table(name)
    assert found["answers"].keys() == known["answers"].keys()
    for probe, outcomes in found["answers"].items():
        assert outcomes == known["answers"][probe], probe
    assert found["on record"] == known["on record"]


async def test_a_caller_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No handler looks at keys and cookies again; a confirmation alone, which waits for a body."""
    looks: list[str] = []
    identify = Authenticator.identify

    def counted(self: Authenticator, facts: RequestFacts) -> Principal:
        looks.append(facts.path)
        return identify(self, facts)

    monkeypatch.setattr(Authenticator, "identify", counted)
    async with running() as server:
        who = await session(server, KEY)
        server.app.state.broadcaster.close()
        for method, path in probes(server.app):
            looks.clear()
            body = {"key": KEY} if method == "POST" else None
            await ask(server, who, method, path, body)
            most = 2 if path == f"{API}/control/confirm" and method == "POST" else 1
            assert len(looks) <= most, (method, path)
