"""A store that fails: its words, which name hosts, files and schemas, stay in the log."""

from typing import Any

import pytest

from motherhaven.contract.errors import StoreCorrupt, StoreError, StoreUnavailable
from motherhaven.stores import MemoryStore
from tests.serverkit import API, KEY, config, item, running, status
from tests.unit.server.test_server_access import routes

pytestmark = pytest.mark.anyio

CANARY = "canary-host.internal:5432 schema canary_schema at /canary/socket"
VERBS = (
    "append", "put_parts", "bots", "decisions", "decision", "text", "positions", "position",
    "opened_by", "fills", "fundings", "candles", "accounts", "statuses", "equity", "deposits",
    "errors", "head", "tail", "get_shared_record",
)  # fmt: skip
QUERY = "id=a&bot=a&coin=BTC&field=raw_response&ids=a&bots=a&what=errors&format=csv"


class Failing(MemoryStore):
    """Fails at everything, once it is told to."""

    fault: StoreError | None = None

    def __getattribute__(self, name: str) -> Any:
        fault = super().__getattribute__("fault")
        if fault is None or name not in VERBS:
            return super().__getattribute__(name)

        async def fail(*_: object, **__: object) -> Any:
            raise fault

        return fail


@pytest.mark.parametrize("kind", [StoreUnavailable, StoreCorrupt, StoreError])
async def test_no_answer_names_the_store(
    kind: type[StoreError], caplog: pytest.LogCaptureFixture
) -> None:
    """Every route, with the shared key, a bot's and none: 503 without details, told in the log."""
    store = Failing()
    seen: list[str] = []
    async with running(config(), store) as server:
        server.app.state.broadcaster.close()
        store.fault = kind(f"store {CANARY}: refused")
        for key in (KEY, f"mh_{'a' * 10}_{'b' * 43}", None):
            async with server.client(key=key) as client:
                for method, path in routes():
                    address = path.replace("{path:path}", "llm-bot")
                    for body in ({"events": [item(1)]}, status()):
                        answer = await client.request(method, f"{address}?{QUERY}", json=body)
                        seen.append(f"{answer.text} {answer.headers}")
                ready = await client.get("/readyz")
                assert ready.status_code == 503
                assert ready.json()["error"]["code"] == "store_unavailable"
        async with server.client(key=KEY) as client:
            assert (await client.get(f"{API}/bots")).status_code == 503
        store.fault = None
    assert len(seen) > 100
    assert not any("canary" in text for text in seen)
    assert "canary-host" in caplog.text
