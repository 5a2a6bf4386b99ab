"""On a large PostgreSQL store every query goes through an index, those of appends too."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import psycopg
import pytest

from motherhaven.stores import TIERS, DecisionFilter
from motherhaven.stores.keys import Key, micros
from motherhaven.stores.needs import Needs
from motherhaven.stores.postgres import PostgresStore, writer
from motherhaven.stores.postgres.connect import connect
from motherhaven.stores.postgres.dialect import PostgresSession
from motherhaven.stores.postgres.location import locate
from motherhaven.stores.relational import feeds, log, money, tail, trades
from motherhaven.stores.relational.texts import lengths_of
from motherhaven.stores.views import account_row, fill_row, funding_row, status_row
from tests.conformance.stores.kit import ANY, START, Bot, StillClock
from tests.postgres_server import store_url

GROWING = ("events", "decisions", "positions", "errors", "rollups", "texts", "executions",
           "marks", "postings", "candles", "parts")  # fmt: skip
ROWS = 20_000
LATER = Key(micros(START + timedelta(days=1)), 1, 1, 1)

# Copies of the few true rows, spread over time.
MANY = f"""
    INSERT INTO events SELECT 1000 + g, 'e-' || g, sha256, bot, bot_name, mode, kind, epoch, g,
        time + g * interval '1 s', recorded, received + g * interval '1 s', payload
        FROM events, generate_series(1, {ROWS}) g WHERE n = CASE WHEN g % 2 = 0 THEN 1 ELSE 2 END;
    INSERT INTO decisions SELECT n, bot, 'BTC', CASE WHEN n % 10 = 0 THEN 'close' ELSE 'hold' END,
        n % 7 > 0, received, epoch, seq FROM events WHERE n > 1000 AND kind = 'decision';
    INSERT INTO texts SELECT n, 0, 0, 'answer' FROM events WHERE n > 1000;
    INSERT INTO executions SELECT bot, substr(sha256(event_id::bytea), 1, 16), event_id, n, epoch,
        seq, recorded, 'executed', execution
        FROM events, (SELECT execution FROM executions LIMIT 1) x WHERE n > 1000;
    INSERT INTO errors SELECT n * 4, bot, 'cycle', event_id, received, epoch, seq, 'late', NULL,
        time
        FROM events WHERE n > 1000;
    INSERT INTO rollups SELECT 60, bot, 100 + g, time, epoch, seq, n, last, low, high
        FROM rollups, generate_series(1, {ROWS}) g WHERE tier = 60;
    INSERT INTO positions (bot, id_key, ref_key, id, ref, mode, coin, side, quantity, leverage,
            entry_price, entry_time, entry_epoch, entry_seq, entry_n, opened,
            exit_time, exit_epoch, exit_seq, exit_n)
        SELECT bot, substr(sha256(('i' || g)::bytea), 1, 16),
            substr(sha256(('r' || g)::bytea), 1, 16),
            'i' || g, 'r' || g, mode, coin, side, 1, 1, 1, entry_time + g * interval '1 s', 1, g, g,
            true, CASE WHEN g % 50 > 0 THEN entry_time + g * interval '2 s' END, 1, g,
            CASE WHEN g % 50 > 0 THEN g END
        FROM positions, generate_series(1, {ROWS}) g WHERE id = 'p';
    INSERT INTO marks SELECT bot, substr(sha256(('r' || g)::bytea), 1, 16), 'r' || g, n, epoch, seq,
        recorded, time, mark FROM marks, generate_series(1, {ROWS}) g;
    INSERT INTO postings SELECT bot, substr(sha256(('r' || n)::bytea), 1, 16), 'fill', time, epoch,
        seq, n FROM events WHERE n > 1000;
    INSERT INTO candles SELECT bot, 'BTC', time, n, epoch, seq, recorded, 60, 1, 1, 1, 1, NULL
        FROM events WHERE n > 1000;
    INSERT INTO parts SELECT 'bot-a', 'q-' || g, 'user_prompt', 0, 1, now(), 't'
        FROM generate_series(1, {ROWS}) g;
    ANALYZE;
"""


class Explainer:
    """A connection that collects the plan of each query it runs."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.plans: list[str] = []

    def execute(self, query: Any, values: Any = None) -> Any:
        if query.split()[0] in ("SELECT", "WITH"):
            plan = self.connection.execute(f"EXPLAIN {query}", values)
            self.plans += [row[0] for row in plan.fetchall()]
        return self.connection.execute(query, values)

    def pipeline(self) -> Any:
        return self.connection.transaction()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with a lot of everything."""
    url = store_url(tmp_path_factory.mktemp("plans"))

    async def fill() -> None:
        store = PostgresStore(url, clock=StillClock())
        await store.open()
        bot = Bot()
        mark = {"position_id": "p", "coin": "BTC", "size": "1", "entry_price": "1", "mark": "2",
                "leverage": "1", "unrealized_pnl": "1"}  # fmt: skip
        await store.append([
            bot.decision(), bot.account(positions=[mark]), bot.execution("bot-a-1-1"),
            bot.opened(position_id="p"), bot.status(0, "error"),
        ])  # fmt: skip
        await store.close()

    asyncio.run(fill())
    with psycopg.connect(**locate(url).parameters) as connection:
        connection.execute(f"SET search_path TO {locate(url).schema}".encode())
        connection.execute(MANY.encode())
    return url


def explainer(url: str, role: Any) -> Iterator[tuple[PostgresSession, Explainer]]:
    """A session on an explainer with the settings of a role."""
    connection = connect(locate(url), role)
    explaining: Any = Explainer(connection)
    yield PostgresSession(explaining, 1), explaining
    connection.close()


def in_index_order(plans: list[str]) -> list[str]:
    """The steps of plans that read a growing table as a whole."""
    return [step for step in plans if any(f"Seq Scan on {name}" in step for name in GROWING)]


QUERIES: dict[str, Any] = {
    "feed": lambda db: feeds.decisions(db, ANY, LATER, 5),
    "feed of a bot": lambda db: feeds.decisions(db, DecisionFilter(bot_id="bot-a"), LATER, 5),
    "feed of a coin": lambda db: feeds.decisions(db, DecisionFilter(coin="BTC"), LATER, 5),
    "feed of a signal": lambda db: feeds.decisions(db, DecisionFilter(signal="close"), LATER, 5),
    "feed of holds": lambda db: feeds.decisions(db, DecisionFilter(signal="hold"), LATER, 5),
    "feed of trades": lambda db: feeds.decisions(db, DecisionFilter(only_trades=True), None, 5),
    "feed of refusals": lambda db: feeds.decisions(db, DecisionFilter(verdict="rejected"), None, 5),
    "feed of executed": lambda db: feeds.decisions(db, DecisionFilter(executed=True), None, 5),
    "feed of a day": lambda db: feeds.decisions(
        db, DecisionFilter(since=START, until=START + timedelta(minutes=5)), None, 5
    ),
    "decision": lambda db: feeds.decision(db, "bot-a-1-1"),
    "errors": lambda db: feeds.errors(db, None, None, LATER, None, 5),
    "errors of a bot": lambda db: feeds.errors(db, "bot-a", None, LATER, START, 5),
    "errors of a kind": lambda db: feeds.errors(db, None, "cycle", LATER, None, 5),
    "open": lambda db: money.positions(db, "open", None, LATER, 5),
    "open of a bot": lambda db: money.positions(db, "open", "bot-a", LATER, 5),
    "closed": lambda db: money.positions(db, "closed", None, LATER, 5),
    "closed of a bot": lambda db: money.positions(db, "closed", "bot-a", LATER, 5),
    "all": lambda db: money.positions(db, "all", None, LATER, 5),
    "position": lambda db: money.position(db, "bot-a", "p"),
    "opened by": lambda db: money.opened_by(db, "bot-a", "bot-a-1-1"),
    "answers": lambda db: trades.listed(db, "bot-a", "fill", LATER, 5),
    "lengths of texts": lambda db: lengths_of(db, range(1, 50)),
    "fills": lambda db: trades.postings(db, "bot-a", "r7", "fill", fill_row),
    "candles": lambda db: trades.candles(
        db, "bot-a", "BTC", START, START + timedelta(minutes=5), 100
    ),
    "bots": money.bots,
    "accounts": lambda db: money.newest(db, "account", None, 5, account_row),
    "accounts of a bot": lambda db: money.newest(db, "account", "bot-a", 5, account_row),
    "equity": lambda db: money.equity(db, None, 60, 100, 200),
    "head": log.head,
    "tail": lambda db: tail.tail(db, "a", "a-20990", 100),
    "exits of a tail": lambda db: db.ask(
        tail.exits_query(db.dialect), [(n,) for n in range(100, 160)]
    ),
    "entries of a tail": lambda db: db.ask(
        tail.named_query(db.dialect), [("bot-a", db.dialect.key(f"i{n}")) for n in range(60)]
    ),
    "errors since": lambda db: feeds.errors(db, None, None, None, START, 5),
    "deposits": lambda db: money.equity(db, ["bot-a"], 0, 1, 1 << 32),
    "heartbeats": lambda db: money.newest(db, "status", None, 5, status_row),
    "fundings": lambda db: trades.postings(db, "bot-a", "r7", "funding", funding_row),
    "payload": lambda db: log.full_payload(db, "bot-a-1-1"),
    "text": lambda db: log.text(db, "e-2", "raw_response", offset=0, limit=9),
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_list_reads_a_whole_table(url: str, name: str) -> None:
    """Of the tables that grow, only rows that an index names are read."""
    for session, told in explainer(url, "reader"):
        QUERIES[name](session)
        assert told.plans
        assert in_index_order(told.plans) == [], "\n".join(told.plans)


def test_no_filter_of_the_feed_reads_a_whole_table(url: str) -> None:
    """Every combination of what may be asked, the first page and a later one, short and long."""
    asked = product(
        (None, "bot-a"), (None, "BTC", "DOGE"), (None, "hold", "close"),
        (None, "allowed", "rejected"), (False, True), (False, True), (None, LATER), (5, 200),
    )  # fmt: skip
    for session, told in explainer(url, "reader"):
        for bot, coin, signal, verdict, trades_only, executed, before, limit in asked:
            where = DecisionFilter(
                bot_id=bot, coin=coin, signal=signal, verdict=verdict,  # type: ignore[arg-type]
                only_trades=trades_only, executed=executed,
            )  # fmt: skip
            feeds.decisions(session, where, before, limit)
            assert in_index_order(told.plans) == [], "\n".join([repr(where), *told.plans])
            told.plans.clear()


def test_an_append_reads_only_the_rows_it_needs(url: str) -> None:
    """A batch of 500 of everything, whatever the statistics say."""
    keys = range(0, ROWS, 40)
    needs = Needs(
        ids={f"e-{n}" for n in keys},
        bots={"bot-a"},
        executions={("bot-a", f"e-{n}") for n in keys},
        named={("bot-a", f"r{n}") for n in keys},
        sides={("bot-a", "BTC", "long")},
        marks={("bot-a", f"r{n}") for n in keys},
        buckets={("bot-a", tier, n) for tier in TIERS for n in keys},
        parts={("bot-a", f"q-{n}") for n in keys},
        candles={("bot-a", "BTC", micros(START) + n * 1_000_000) for n in keys},
    )
    for session, told in explainer(url, "writer"):
        loaded, _ = writer.begin(session, needs)
        assert in_index_order(told.plans) == [], "\n".join(told.plans)
        assert len(loaded.known) == len(keys) - 1
        assert len(loaded.executions) == len(loaded.marks) == len(loaded.parts) == len(keys) - 1
        assert len(loaded.positions) > len(keys)


@pytest.mark.parametrize("statistics", ["none yet", "fresh"])
def test_many_young_bots_are_looked_up_one_by_one(tmp_path: Any, statistics: str) -> None:
    """With few rows a bot the planner is tempted to look through those of all bots at once."""
    url = store_url(tmp_path)
    bots = [Bot(f"bot-{number}") for number in range(300)]

    async def fill() -> None:
        store = PostgresStore(url, clock=StillClock())
        await store.open()
        for minute in range(3):
            await store.append([bot.account(minute * 60) for bot in bots])
        await store.close()

    asyncio.run(fill())
    if statistics == "fresh":
        with psycopg.connect(**locate(url).parameters, autocommit=True) as connection:
            connection.execute(f"SET search_path TO {locate(url).schema}".encode())
            connection.execute("ANALYZE")
    names = [bot.bot_id for bot in bots[:100]]
    seconds = micros(START) // 1_000_000
    buckets = {(name, tier, seconds // tier) for name in names for tier in TIERS}
    for session, told in explainer(url, "writer"):
        loaded, _ = writer.begin(session, Needs(buckets=buckets))
        assert len(loaded.buckets) == len(names) * len(TIERS)
        at = next(n for n, step in enumerate(told.plans) if "rollups_pkey on" in step)
        for column in ("tier", "bot", "bucket"):
            assert f"({column} = " in told.plans[at + 1], "\n".join(told.plans)
