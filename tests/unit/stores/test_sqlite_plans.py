"""Every list is an index range: no page sorts or scans a table that grows."""

import asyncio
from pathlib import Path
from typing import Any

import apsw
import pytest

from motherhaven.stores import DecisionFilter
from motherhaven.stores.keys import Key
from motherhaven.stores.needs import Needs
from motherhaven.stores.relational import feeds, load, log, money, tail, trades
from motherhaven.stores.relational.texts import lengths_of
from motherhaven.stores.sqlite import SqliteStore
from motherhaven.stores.sqlite.dialect import SqliteSession
from motherhaven.stores.views import account_row, fill_row, status_row
from tests.conformance.stores.kit import ANY, START, Bot, StillClock

GROWING = ("events", "decisions", "d", "e", "own", "s", "a", "positions", "p", "errors", "r",
           "rollups", "texts", "executions", "x", "marks", "m", "postings", "candles",
           "c")  # fmt: skip
OF_BOTS = ("curves", "bots", "accounts")
"""Lists that sort the bots, or what the index of each of them gave."""
KEY = Key(1 << 60, 1, 1, 1)
PAIRS = {("bot-a", "x")}
NEEDS = Needs(
    {"bot-a-1-1"}, {"bot-a"}, PAIRS, PAIRS, {("bot-a", "BTC", "long")}, PAIRS, {("bot-a", 60, 1)},
    PAIRS, {("bot-a", "BTC", 1)},
)  # fmt: skip


class Explainer(SqliteSession):
    """A session that collects the plan of each query."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(connection)
        self.plans: list[str] = []

    def rows(self, query: str, values: Any = ()) -> Any:
        self._explain(query, values)
        return super().rows(query, values)

    def ask(self, query: str, keys: Any = None) -> Any:
        self._explain(query, () if keys is None else ("[]",))
        return super().ask(query, keys)

    def _explain(self, query: str, values: Any) -> None:
        plan = self.connection.execute("EXPLAIN QUERY PLAN " + query, values)
        self.plans += [row[3] for row in plan]


@pytest.fixture
def database(tmp_path: Path) -> Any:
    """An explainer on a store with a little of everything."""

    async def fill() -> None:
        store = SqliteStore(tmp_path / "store.db", clock=StillClock())
        await store.open()
        bot = Bot()
        await store.append([bot.decision(), bot.account(), bot.opened(), bot.status(0, "error")])
        await store.close()

    asyncio.run(fill())
    return Explainer(apsw.Connection(str(tmp_path / "store.db")))


QUERIES: dict[str, Any] = {
    "feed": lambda db: feeds.decisions(db, ANY, KEY, 5),
    "feed of a bot": lambda db: feeds.decisions(db, DecisionFilter(bot_id="bot-a"), KEY, 5),
    "feed of a coin": lambda db: feeds.decisions(db, DecisionFilter(coin="BTC"), KEY, 5),
    "feed of a signal": lambda db: feeds.decisions(db, DecisionFilter(signal="close"), KEY, 5),
    "feed of holds": lambda db: feeds.decisions(db, DecisionFilter(signal="hold"), KEY, 5),
    "decision": lambda db: feeds.decision(db, "bot-a-1-1"),
    "errors": lambda db: feeds.errors(db, None, None, KEY, None, 5),
    "errors of a bot": lambda db: feeds.errors(db, "bot-a", None, KEY, None, 5),
    "errors of a kind": lambda db: feeds.errors(db, None, "cycle", KEY, None, 5),
    "open": lambda db: money.positions(db, "open", None, KEY, 5),
    "open of a bot": lambda db: money.positions(db, "open", "bot-a", KEY, 5),
    "closed": lambda db: money.positions(db, "closed", None, KEY, 5),
    "closed of a bot": lambda db: money.positions(db, "closed", "bot-a", KEY, 5),
    "positions": lambda db: money.positions(db, "all", None, KEY, 5),
    "positions of a bot": lambda db: money.positions(db, "all", "bot-a", KEY, 5),
    "accounts": lambda db: money.newest(db, "account", None, 5, account_row),
    "heartbeats of a bot": lambda db: money.newest(db, "status", "bot-a", 5, status_row),
    "curves": lambda db: money.equity(db, None, 60, 0, 1 << 40),
    "trades of the feed": lambda db: feeds.decisions(db, DecisionFilter(only_trades=True), KEY, 5),
    "trades of a bot": lambda db: feeds.decisions(
        db, DecisionFilter(bot_id="bot-a", executed=True), KEY, 5
    ),
    "refusals": lambda db: feeds.decisions(db, DecisionFilter(verdict="rejected"), KEY, 5),
    "refusals of a bot": lambda db: feeds.decisions(
        db, DecisionFilter(bot_id="bot-a", verdict="rejected"), KEY, 5
    ),
    "a day of the feed": lambda db: feeds.decisions(
        db, DecisionFilter(since=START, until=START), KEY, 5
    ),
    "errors since": lambda db: feeds.errors(db, "bot-a", None, None, START, 5),
    "errors of the unknown": lambda db: feeds.errors(db, None, "ingest", KEY, None, 5),
    "answers": lambda db: trades.listed(db, "bot-a", "fill", KEY, 5),
    "lengths of texts": lambda db: lengths_of(db, range(1, 50)),
    "fills": lambda db: trades.postings(db, "bot-a", "p1", "fill", fill_row),
    "candles": lambda db: trades.candles(db, "bot-a", "BTC", START, START, 5),
    "position of a decision": lambda db: money.opened_by(db, "bot-a", "d1"),
    "tail": lambda db: tail.tail(db, *(lambda name: (name, f"{name}-0"))(log.identity(db)), 5),
    "payload": lambda db: log.full_payload(db, "bot-a-1-1"),
    "bots": money.bots,
    "append": lambda db: load.load(db, NEEDS),
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_list_scans_or_sorts_what_grows(database: Any, name: str) -> None:
    """The plan has no SCAN of a growing table, and sorts nothing but one page."""
    QUERIES[name](database)
    assert database.plans
    scans = [line for line in database.plans if line.startswith("SCAN")]
    assert [line for line in scans if line.split()[1] in GROWING] == []
    if "MATERIALIZE page" not in database.plans and name not in OF_BOTS:
        assert [line for line in database.plans if "FOR ORDER BY" in line] == []
    if name == "append":  # all rows of a bot would grow without bound
        assert [line for line in database.plans if line.endswith("(bot=?)")] == []
