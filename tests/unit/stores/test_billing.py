"""What a day on Firestore costs, and when its budget counts as used."""

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest

from motherhaven.cli import doctor
from motherhaven.server.auth.keys.api_keys import create_key
from motherhaven.server.reads.bill import billed_today
from motherhaven.stores import MemoryStore
from motherhaven.stores.billing import Billed, State, cost_of
from tests.serverkit import API, KEY, NOW, config, running

PRICES = {"reads": Decimal("0.06"), "writes": Decimal("0.18"), "deletes": Decimal("0.02")}


def billed(reads: int, writes: int, budget: str | None = None) -> Billed:
    """A day's bill."""
    counts = {"reads": reads, "writes": writes, "deletes": 0}
    limit = None if budget is None else Decimal(budget)
    return Billed("2026-01-02", **counts, cost_usd=cost_of(counts, PRICES), budget_usd=limit)


class PaidStore(MemoryStore):
    """A store in memory that has a bill."""

    bill = billed(60_000, 21_000, "0.01")

    def billed(self) -> Billed:
        """The bill."""
        return self.bill


def test_only_what_is_beyond_the_free_quota_costs() -> None:
    """By 100,000 documents, each kind at its price."""
    assert billed(50_000, 20_000).cost_usd == 0
    assert billed(150_000, 20_000).cost_usd == Decimal("0.0600")
    assert billed(0, 70_000).cost_usd == Decimal("0.0900")


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (billed(39_999, 0), "ok"),
        (billed(40_000, 0), "warning"),
        (billed(0, 20_000), "exceeded"),
        (billed(150_000, 20_000, "1"), "ok"),
        (billed(1_450_000, 20_000, "1"), "warning"),
        (billed(1_750_000, 20_000, "1"), "exceeded"),
        (billed(50_000, 20_000, "0"), "ok"),
        (billed(60_000, 20_000, "0"), "exceeded"),
    ],
)
def test_a_budget_warns_before_it_is_used_up(one: Billed, state: State) -> None:
    """Without one the free quota counts, and the kind that is used most."""
    assert one.state == state


async def told(store: MemoryStore) -> tuple[Any, str]:
    """What a server says of its store's bill, as JSON and to a scraper."""
    async with running(config(), store) as server, server.client(key=KEY) as client:
        bill: httpx.Response = await client.get(f"{API}/bill")
        text = await client.get("/metrics")
    assert (bill.status_code, text.status_code) == (200, 200)
    return bill.json(), text.text


def test_a_server_tells_its_bill() -> None:
    """To the page as JSON, and as gauges; it needs the key like every read."""
    found, text = asyncio.run(told(PaidStore()))
    assert (found["paid"], found["reads"], found["free_reads"]) == (True, 60_000, 50_000)
    assert (found["state"], Decimal(str(found["cost_usd"]))) == ("ok", Decimal("0.0078"))
    assert 'motherhaven_store_documents_today{operation="writes"} 21000' in text
    assert f"motherhaven_store_cost_usd_today {PaidStore.bill.cost_usd}" in text

    async def stranger() -> list[int]:
        async with running(config(), PaidStore()) as server, server.client() as client:
            return [(await client.get(path)).status_code for path in (f"{API}/bill", "/metrics")]

    assert asyncio.run(stranger()) == [401, 401]


def test_a_store_that_costs_nothing_has_no_bill() -> None:
    """`paid` is false, all else is unknown, and a scraper hears nothing."""
    found, text = asyncio.run(told(MemoryStore()))
    assert found == {"paid": False} | dict.fromkeys(
        ("day", "reads", "writes", "deletes", "free_reads", "free_writes", "cost_usd",
         "budget_usd", "state")
    )  # fmt: skip
    assert text == ""
    assert billed_today(MemoryStore()) is None


def test_doctor_tells_the_bill() -> None:
    """A line with the day's documents; beyond the budget it says what to do."""
    fine, spent = doctor._bill(billed(1_000, 500)), doctor._bill(billed(60_000, 500))
    assert (fine.grade, spent.grade) == ("ok", "warn")
    assert "1,000 reads (free 50,000)" in fine.seen
    assert "MOTHERHAVEN_FIRESTORE_DAILY_USD" in spent.fix


def test_a_key_of_one_bot_is_told_no_bill() -> None:
    """What all bots together cost is not that bot's business."""

    async def scenario() -> None:
        store = PaidStore()
        async with running(config(), store) as server:
            _, secret = await create_key(
                store, NOW, name="friend", bot_id="bot-mine", scopes=("read",)
            )
            async with server.client(key=secret) as client:
                assert (await client.get(f"{API}/bill")).json()["paid"] is False
                assert (await client.get("/metrics")).text == ""

    asyncio.run(scenario())
