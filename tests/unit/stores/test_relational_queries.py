"""How many queries a read costs: the number of bots must not be in it."""

import asyncio
from pathlib import Path
from typing import Any

import apsw
import pytest

from motherhaven.stores.relational import money
from motherhaven.stores.sqlite import SqliteStore
from motherhaven.stores.sqlite.dialect import SqliteSession
from motherhaven.stores.views import account_row, status_row
from tests.conformance.stores.kit import Bot, StillClock


class Counter(SqliteSession):
    """A session that counts its queries."""

    queries = 0

    def rows(self, query: str, values: Any = ()) -> Any:
        self.queries += 1
        return super().rows(query, values)


def counter(path: Path, bots: int) -> Counter:
    """A counter on a store with so many bots, each with a heartbeat and an account."""

    async def fill() -> None:
        store = SqliteStore(path, clock=StillClock())
        await store.open()
        for number in range(bots):
            bot = Bot(f"bot-{number:03}")
            await store.append([bot.account(), bot.account(1), bot.status(), bot.decision()])
        await store.close()

    asyncio.run(fill())
    return Counter(apsw.Connection(str(path)))


READS: dict[str, Any] = {
    "bots": lambda db: len(money.bots(db)),
    "curves": lambda db: len(money.equity(db, None, 60, 0, 1 << 40)),
    "deposits": lambda db: len(money.equity(db, [f"bot-{n:03}" for n in range(50)], 0, 1, 1 << 32)),
    "accounts": lambda db: len(money.newest(db, "account", None, 1_000, account_row)),
    "heartbeats": lambda db: len(money.newest(db, "status", None, 1_000, status_row)),
}


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory) -> list[Counter]:
    """Stores of 2 and of 40 bots."""
    folder = tmp_path_factory.mktemp("counted")
    return [counter(folder / f"{bots}.db", bots) for bots in (2, 40)]


@pytest.mark.parametrize("name", READS)
def test_a_read_of_all_bots_costs_as_many_queries_as_one_of_two(
    counters: list[Counter], name: str
) -> None:
    """Twenty times the bots give twenty times the rows, with the same one or two queries."""
    told, costs = [], []
    for one in counters:
        one.queries = 0
        told.append(READS[name](one))
        costs.append(one.queries)
    assert told[1] == 20 * told[0]
    assert costs[0] == costs[1] <= 2
