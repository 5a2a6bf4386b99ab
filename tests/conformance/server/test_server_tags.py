"""Tags over every store: told with a status, read with the bot, in comparisons and exports."""

import csv
import io
from typing import Any

import pytest

from tests.conformance.server.conftest import Served
from tests.serverkit import API, event

pytestmark = pytest.mark.anyio


async def exported(api: Any, what: str, **query: Any) -> list[tuple[str, str]]:
    """Whose rows an export has, and the tags that it tells of them."""
    answer = await api.client.get(f"{API}/export", params={"what": what, **query})
    rows = csv.DictReader(io.StringIO(answer.text, newline=""))
    return sorted({(row["bot_id"], row["tags"]) for row in rows})


async def test_tags_travel_from_the_status_to_reads_and_files(served: Served) -> None:
    """The newest status counts; a bot without tags, or with wrong ones, has none."""
    async with served() as api:
        await api.keep(
            event(1, "status", bot_id="a", tags=["old"]),
            event(2, "status", bot_id="a", tags=["eu", "trend"]),
            event(3, "status", bot_id="b", tags=["trend"]),
            event(4, "status", bot_id="c", tags="no list"),
            *(event(n, "decision", bot_id=bot) for n, bot in enumerate("abc", 5)),
            *(event(n, "account", bot_id=bot) for n, bot in enumerate("abc", 8)),
            *(event(n, "position_opened", bot_id=bot) for n, bot in enumerate("abc", 11)),
            *(event(n, "status", bot_id=b, status="error", error="x", tags=t)
              for n, b, t in ((14, "a", ["eu", "trend"]), (15, "b", ["trend"]))),
        )  # fmt: skip
        bots = (await api.get("bots"))["bots"]
        assert {bot["id"]: bot["status"]["tags"] for bot in bots} == {
            "a": ["eu", "trend"],
            "b": ["trend"],
            "c": None,
        }
        configs = (await api.get("compare", ids="a,c"))["configs"]
        assert [one["items"]["tags"] for one in configs] == ["eu, trend", None]
        everyone = [("a", "eu trend"), ("b", "trend"), ("c", "")]
        for what in ("decisions", "trades", "equity"):
            assert await exported(api, what) == everyone
            assert await exported(api, what, tags="trend") == everyone[:2]
            assert await exported(api, what, tags="trend,eu") == everyone[:1]
            assert await exported(api, what, tags="nobody") == []
            assert await exported(api, what, tags="trend", bot="b") == everyone[1:2]
            assert await exported(api, what, tags="trend", bot="c") == []
        assert await exported(api, "errors", tags="eu") == everyone[:1]
