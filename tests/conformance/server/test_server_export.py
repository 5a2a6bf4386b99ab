"""Exports over every store: everything, exact, and no formula for a spreadsheet to run."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from motherhaven.contract.csvtext import safe_cell
from motherhaven.contract.errors import StoreUnavailable
from motherhaven.contract.jsonio import loads
from motherhaven.stores import MemoryStore
from tests.conformance.server.conftest import Served
from tests.serverkit import API, KEY, event, running

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
EXACT = "0.12345678901234567890123456789"


async def rows_of(api: Any, **query: Any) -> list[dict[str, str]]:
    """The rows of a CSV export."""
    answer = await api.client.get(f"{API}/export", params={"format": "csv", **query})
    assert answer.headers["content-type"].startswith("text/csv")
    what = query["what"]
    assert answer.headers["content-disposition"] == f'attachment; filename="motherhaven-{what}.csv"'
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_every_decision_is_in_it_once(served: Served) -> None:
    """Beyond a page of the store: all of them, newest first, in CSV as in JSON."""
    async with served() as api:
        for at in range(0, 1_100, 275):
            await api.keep(*(event(n, "decision", n * MINUTE) for n in range(at, at + 275)))
        ids = [f"event-{n:06d}" for n in reversed(range(1_100))]
        assert [row["id"] for row in await rows_of(api, what="decisions")] == ids
        told = await api.get("export", what="decisions", format="json")
        assert [row["id"] for row in told] == ids
        assert [row["id"] for row in await rows_of(api, what="decisions", bot="nobody")] == []


async def test_money_is_exact_and_minus_signs_are_numbers(served: Served) -> None:
    """All digits, as text; a loss is a number, not an escaped cell; unknown is empty or null."""
    async with served() as api:
        await api.keep(
            event(1, "position_opened", position_id="p1"),
            event(2, "position_closed", MINUTE, position_id="p1", realized_pnl=f"-{EXACT}"),
            event(3, "account", equity_usd=EXACT, bot_id="bot-2"),
            event(4, "account", 26 * 60 * MINUTE, equity_usd="2", bot_id="bot-2"),
        )
        [row] = await rows_of(api, what="trades")
        assert (row["realized_pnl"], row["gross_pnl"]) == (f"-{EXACT}", "")
        text = (await api.client.get(f"{API}/export?what=trades&format=json")).content
        assert loads(text)[0]["realized_pnl"] == f"-{EXACT}"
        assert loads(text)[0]["gross_pnl"] is None
        points = await rows_of(api, what="equity", bot="bot-2")
        assert [one["equity"] for one in points] == [EXACT, "2"]


async def test_what_a_model_wrote_is_no_formula(served: Served) -> None:
    """Text that a spreadsheet would run begins with an apostrophe in CSV; JSON keeps it."""
    evil = '=HYPERLINK("http://evil.example","x")'
    async with served() as api:
        await api.keep(
            event(1, "decision", justification=evil, invalidation_condition='a\r\n=1+1, "b"'),
            event(2, "status", status="error", error="\t@SUM(A1)"),
        )
        [row] = await rows_of(api, what="decisions")
        assert row["justification"] == "'" + evil
        assert row["invalidation_condition"] == 'a\r\n=1+1, "b"'
        [error] = await rows_of(api, what="errors")
        assert error["message"].startswith("'")
        [told] = await api.get("export", what="decisions", format="json")
        assert told["justification"] == evil


async def test_nothing_recorded_is_an_empty_file(served: Served) -> None:
    """A header alone, or an empty array."""
    async with served() as api:
        for what in ("decisions", "trades", "equity", "errors"):
            assert await rows_of(api, what=what) == []
            assert await api.get("export", what=what, format="json") == []


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1", "'=1"), ("+1", "'+1"), ("-1", "-1"), ("-1.50", "-1.50"), ("-1+2", "'-1+2"),
        ("@a", "'@a"), (" =1", "' =1"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("a=1", "a=1"),
        ("", ""), (None, ""), (7, "7"), ("-", "'-"), ("1e5", "1e5"), ("-1e5", "'-1e5"),
        ("\uff1d1", "'\uff1d1"), ("|a", "'|a"),
    ],
)  # fmt: skip
def test_cells(value: str | int | None, cell: str) -> None:
    """Whatever begins like a formula is text, save plain negative numbers."""
    assert safe_cell(value) == cell


class Away(MemoryStore):
    """A store that is away when asked for decisions, from the second page on if so told."""

    def __init__(self, pages: int) -> None:
        super().__init__()
        self.pages = pages

    async def decisions(self, *place: Any, **asked: Any) -> Any:
        self.pages -= 1
        if self.pages < 0:
            raise StoreUnavailable("the disk is gone")
        return await super().decisions(*place, **asked)


async def test_a_store_that_is_away_is_a_503_not_half_a_file() -> None:
    """Before the first page it is a clean refusal; later the file ends without its end."""
    async with running(store=Away(0)) as server, server.client(key=KEY) as client:
        answer = await client.get(f"{API}/export?what=decisions")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unavailable")
    async with running(store=Away(1)) as server, server.client(key=KEY) as client:
        items = [event(n, "decision", n * MINUTE) for n in range(500)]
        await client.post(f"{API}/ingest/batch", json={"events": items})
        more = [event(n, "decision", n * MINUTE) for n in range(500, 600)]
        await client.post(f"{API}/ingest/batch", json={"events": more})
        with pytest.raises(AssertionError):  # the transport's: the answer never ends
            await client.get(f"{API}/export?what=decisions&format=json")
