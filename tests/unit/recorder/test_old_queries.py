"""Queries that people run on their database today answer the same on the journal."""

import sqlite3
from datetime import UTC, datetime

import pytest

from motherhaven.recorder.trading_logger import TradingLogger
from tests.unit.recorder.old_schema import TABLES, make_old
from tests.unit.recorder.support import DECISION, open_recorder

QUERIES = [
    "SELECT id, coin, signal, quantity_usd, leverage, confidence, profit_target, stop_loss,"
    " invalidation_condition, justification, raw_response, system_prompt, user_prompt,"
    " execution_status, execution_error FROM decisions ORDER BY id",
    "SELECT coin, quantity_usd FROM decisions WHERE quantity_usd > 20 ORDER BY id",
    "SELECT coin, max(quantity_usd), avg(confidence), count(*) FROM decisions GROUP BY coin"
    " ORDER BY coin",
    "SELECT typeof(quantity_usd), typeof(leverage), typeof(justification) FROM decisions",
    "SELECT id FROM decisions WHERE leverage = 3 AND confidence >= 0.5 AND quantity_usd = '9.5'",
    "SELECT count(*) FROM decisions WHERE timestamp >= datetime('now', '-1 hour')",
    "SELECT date(timestamp) = date('now'), length(timestamp) FROM decisions",
    "SELECT balance_usd, equity_usd, unrealized_pnl, realized_pnl, total_pnl, sharpe_ratio,"
    " num_positions FROM account_state ORDER BY timestamp DESC",
    "SELECT sum(equity_usd) FROM account_state WHERE total_pnl > 2",
    "SELECT position_id, coin, side, entry_price, quantity_usd, leverage, exit_price,"
    " realized_pnl, status, exit_time IS NULL FROM positions ORDER BY id",
    "SELECT sum(realized_pnl), count(*) FROM positions WHERE status = 'closed'",
    "SELECT p.position_id, d.profit_target, d.stop_loss, d.justification FROM positions p"
    " LEFT JOIN decisions d ON p.decision_id = d.id ORDER BY p.id",
    "SELECT d.coin, p.realized_pnl FROM decisions d LEFT JOIN positions p ON d.coin = p.coin"
    " AND p.entry_time <= d.timestamp ORDER BY d.id, p.id",
    "SELECT status, message, error FROM bot_status ORDER BY id",
    "SELECT status FROM bot_status ORDER BY timestamp DESC LIMIT 1",
]


def now():
    """The first bots' timestamps, as an SQL literal: UTC without an offset."""
    return f"'{datetime.now(UTC).replace(tzinfo=None).isoformat()}'"


def log_old(connection):
    """What the first bots wrote for the calls of `log_ours`."""
    for coin, quantity, leverage in (("BTC", 9.5, 3), ("ETH", 100.0, 2), ("BTC", 25.0, 3.0)):
        connection.execute(
            "INSERT INTO decisions (timestamp, coin, signal, quantity_usd, leverage, confidence,"
            " profit_target, stop_loss, invalidation_condition, justification, raw_response,"
            f" system_prompt, user_prompt) VALUES ({now()}, ?, 'buy_to_enter', ?, ?, 0.7, 110.5,"
            " 90.25, 'below 89', 'momentum', '{}', 'sys', NULL)",
            (coin, quantity, leverage),
        )
    for n in range(3):
        connection.execute(
            "INSERT INTO account_state (timestamp, balance_usd, equity_usd, unrealized_pnl,"
            f" realized_pnl, total_pnl, sharpe_ratio, num_positions) VALUES ({now()}, ?, ?, 0.5, ?,"
            " ?, ?, ?)",
            (1000 + n, 1000.5 + n, n, n + 0.5, 1.25 if n else None, n),
        )
    for name, side in (("p1", "long"), ("p2", "short"), ("p3", "long")):
        connection.execute(
            "INSERT INTO positions (position_id, coin, side, entry_time, entry_price,"
            " quantity_usd, leverage, decision_id)"
            f" VALUES (?, 'BTC', ?, {now()}, 100.125, 9.5, 3, ?)",
            (name, side, 1 if name == "p1" else None),
        )
    for name, pnl in (("p1", -10.5), ("p2", 9.0)):
        connection.execute(
            f"UPDATE positions SET exit_time = {now()}, exit_price = 101, realized_pnl = ?,"
            " status = 'closed' WHERE position_id = ?",
            (pnl, name),
        )
    for status, message in (("running", "cycle done"), ("paused", "by hand")):
        connection.execute(
            f"INSERT INTO bot_status (timestamp, status, message) VALUES ({now()}, ?, ?)",
            (status, message),
        )
    connection.commit()


def log_ours(logger):
    """The same through TradingLogger."""
    for coin, quantity, leverage in (("BTC", 9.5, 3), ("ETH", 100.0, 2), ("BTC", 25.0, 3.0)):
        chosen = {**DECISION, "coin": coin, "quantity_usd": quantity, "leverage": leverage}
        logger.log_decision(chosen, "{}", "sys")
    for n in range(3):
        logger.log_account_state(1000 + n, 1000.5 + n, 0.5, n, 1.25 if n else None, n)
    for name, side in (("p1", "long"), ("p2", "short"), ("p3", "long")):
        link = {"decision_id": 1} if name == "p1" else {}
        logger.log_position_entry(name, "BTC", side, 100.125, 9.5, 3, **link)
    for name, pnl in (("p1", -10.5), ("p2", 9.0)):
        assert logger.log_position_exit(name, 101, pnl)
    logger.log_bot_status("running", "cycle done")
    logger.log_bot_status("paused", "by hand")


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    """An old database and a journal that saw the same calls."""
    folder = tmp_path_factory.mktemp("side-by-side")
    old = make_old(folder / "old.db")
    log_old(old)
    from motherhaven.settings.clock import SystemClock

    recorder = open_recorder(folder / "new.db", SystemClock())
    log_ours(TradingLogger.build(recorder))
    new = sqlite3.connect(folder / "new.db")
    yield old, new
    old.close()
    new.close()
    recorder.journal.close()


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_answers_the_same(databases, query):
    """Same rows, same order, same types, read by the standard library's SQLite."""
    old, new = databases
    before, after = old.execute(query).fetchall(), new.execute(query).fetchall()
    assert before == after
    assert before
    assert [[type(v) for v in row] for row in before] == [[type(v) for v in row] for row in after]


@pytest.mark.parametrize("table", TABLES)
def test_columns_keep_their_names_order_and_types(databases, table):
    """The views declare the old columns first, with the old types."""
    old, new = databases
    declared = {}
    for name, connection in (("old", old), ("new", new)):
        info = connection.execute(f"PRAGMA table_info({table})").fetchall()
        declared[name] = [(column[1], column[2]) for column in info]
    if sqlite3.sqlite_version_info >= (3, 41):  # which tells no type of what a view works out
        declared["new"] = [
            (name, dict(declared["old"]).get(name, kind) if kind == "BLOB" else kind)
            for name, kind in declared["new"]
        ]
    assert declared["new"][: len(declared["old"])] == declared["old"]
