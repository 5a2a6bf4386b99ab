"""A database as the first bots made it: the schema and the kind of rows in use today."""

import sqlite3

SCHEMA = """
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL, coin TEXT NOT NULL,
    signal TEXT NOT NULL, quantity_usd REAL NOT NULL, leverage REAL NOT NULL,
    confidence REAL NOT NULL, profit_target REAL, stop_loss REAL, invalidation_condition TEXT,
    justification TEXT NOT NULL, raw_response TEXT, created_at TEXT DEFAULT CURRENT_TIMESTAMP,
    system_prompt TEXT, user_prompt TEXT, execution_status TEXT DEFAULT 'pending',
    execution_error TEXT, execution_timestamp TEXT);
CREATE TABLE account_state (
    id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL, balance_usd REAL NOT NULL,
    equity_usd REAL NOT NULL, unrealized_pnl REAL DEFAULT 0, realized_pnl REAL DEFAULT 0,
    total_pnl REAL DEFAULT 0, sharpe_ratio REAL, num_positions INTEGER DEFAULT 0,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE positions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, position_id TEXT UNIQUE NOT NULL, coin TEXT NOT NULL,
    side TEXT NOT NULL, entry_time TEXT NOT NULL, entry_price REAL NOT NULL,
    quantity_usd REAL NOT NULL, leverage REAL NOT NULL, decision_id INTEGER, exit_time TEXT,
    exit_price REAL, realized_pnl REAL, status TEXT DEFAULT 'open',
    created_at TEXT DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (decision_id) REFERENCES decisions(id));
CREATE TABLE bot_status (
    id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL, status TEXT NOT NULL,
    message TEXT, error TEXT, created_at TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE bot_settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE INDEX idx_decisions_timestamp ON decisions(timestamp DESC);
CREATE INDEX idx_positions_status ON positions(status);
CREATE VIEW my_longs AS SELECT position_id FROM positions WHERE side = 'long';
INSERT INTO bot_settings VALUES ('prompt_preset', 'careful');
"""


def make_old(path):
    """An empty old database, open."""
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    return connection


def fill_old(connection):
    """Rows of every table: open and closed positions, executed decisions, odd text."""
    time = "2025-01-17T12:00:00.123456"
    for n in range(5):
        connection.execute(
            "INSERT INTO decisions (timestamp, coin, signal, quantity_usd, leverage, confidence,"
            " profit_target, justification, raw_response, system_prompt)"
            " VALUES (?, ?, 'buy_to_enter', ?, 3, 0.7, ?, ?, ?, 'sys')",
            (time, "BTC" if n % 2 else "ETH", 9.5 + n, 110.25 if n else None, f"why {n} é", "{}"),
        )
    connection.execute(
        "UPDATE decisions SET execution_status = 'success', execution_timestamp = ? WHERE id = 2",
        (time,),
    )
    connection.execute(
        "INSERT INTO positions (position_id, coin, side, entry_time, entry_price, quantity_usd,"
        " leverage, decision_id) VALUES ('old-open', 'BTC', 'long', ?, 100.125, 9.5, 3, 2)",
        (time,),
    )
    connection.execute(
        "INSERT INTO positions (position_id, coin, side, entry_time, entry_price, quantity_usd,"
        " leverage, exit_time, exit_price, realized_pnl, status)"
        " VALUES ('old-shut', 'ETH', 'short', ?, 50, 20, 2, ?, 45, -1.5, 'closed')",
        (time, time),
    )
    connection.execute(
        "INSERT INTO account_state (timestamp, balance_usd, equity_usd, num_positions)"
        " VALUES (?, 1000.5, 1001, 1)",
        (time,),
    )
    connection.execute("INSERT INTO bot_status (timestamp, status) VALUES (?, 'running')", (time,))
    connection.execute(
        "INSERT INTO bot_status (timestamp, status, error) VALUES (?, 'error', 'odd ' || char(1))",
        (time,),
    )
    connection.commit()


TABLES = ("decisions", "positions", "account_state", "bot_status")


def contents(connection):
    """Every row of the four tables, by the old columns' names."""
    found = {}
    for table in TABLES:
        cursor = connection.execute(f"SELECT * FROM {table} ORDER BY id")
        names = [column[0] for column in cursor.description]
        found[table] = [dict(zip(names, row, strict=True)) for row in cursor]
    return found
