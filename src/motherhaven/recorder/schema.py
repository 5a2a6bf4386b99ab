"""The journal's tables, and the four views that people query.

`events` is the truth; the `*_rows` tables are projections written in the same
transaction. The views have the columns, order and types of the databases that the
first bots made, so that old queries answer as before: times there are UTC without
an offset, numbers compare as numbers.
"""

from typing import Final

from motherhaven.contract.bulk import MAX_BULK

APPLICATION_ID: Final = 0x4D484A4E
SCHEMA_VERSION: Final = 5

LANE_CODES: Final = {"status": 0, "money": 1, "decisions": 2}

TABLES: Final = (
    """CREATE TABLE journal_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        event_id TEXT NOT NULL UNIQUE,
        bot_id TEXT NOT NULL,
        mode TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        kind TEXT NOT NULL,
        lane INTEGER NOT NULL,
        lane_seq INTEGER NOT NULL,
        row_id INTEGER,
        time TEXT NOT NULL,
        recorded_at TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        payload TEXT NOT NULL,
        digest TEXT
    )""",
    "CREATE UNIQUE INDEX events_by_lane ON events (lane, lane_seq)",
    """CREATE TABLE lanes (lane INTEGER PRIMARY KEY, done INTEGER NOT NULL)""",
    "INSERT INTO lanes (lane, done) VALUES (0, 0), (1, 0), (2, 0)",
    """CREATE TABLE shipping_exceptions (
        seq INTEGER PRIMARY KEY,
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        at TEXT NOT NULL
    )""",
    """CREATE TABLE decision_rows (
        id INTEGER PRIMARY KEY,
        seq INTEGER NOT NULL,
        timestamp TEXT NOT NULL,
        coin TEXT NOT NULL,
        signal TEXT NOT NULL,
        quantity_usd REAL,
        leverage REAL,
        confidence REAL,
        profit_target REAL,
        stop_loss REAL,
        invalidation_condition TEXT,
        created_at TEXT NOT NULL,
        execution_status TEXT DEFAULT 'pending',
        execution_error TEXT,
        execution_timestamp TEXT,
        bulk INTEGER
    )""",
    """CREATE TABLE account_rows (
        id INTEGER PRIMARY KEY,
        timestamp TEXT NOT NULL,
        balance_usd REAL,
        equity_usd REAL,
        unrealized_pnl REAL,
        realized_pnl REAL,
        total_pnl REAL,
        sharpe_ratio REAL,
        num_positions INTEGER,
        created_at TEXT NOT NULL,
        bulk INTEGER
    )""",
    """CREATE TABLE position_rows (
        id INTEGER PRIMARY KEY,
        opened_seq INTEGER,
        closed_seq INTEGER,
        position_id TEXT NOT NULL UNIQUE,
        coin TEXT NOT NULL,
        side TEXT NOT NULL,
        entry_time TEXT,
        entry_price REAL,
        quantity_usd REAL,
        leverage REAL,
        decision_id INTEGER,
        exit_time TEXT,
        exit_price REAL,
        realized_pnl REAL,
        status TEXT DEFAULT 'open',
        created_at TEXT NOT NULL
    )""",
    """CREATE TABLE status_rows (
        id INTEGER PRIMARY KEY,
        timestamp TEXT NOT NULL,
        status TEXT NOT NULL,
        message TEXT,
        error TEXT,
        created_at TEXT NOT NULL,
        trades_today INTEGER,
        pnl_today REAL,
        bulk INTEGER
    )""",
)


def _bulk(path: str) -> str:
    """A field of event b.key of a bulk record: from its column, else what is the same in all."""
    return (
        f"coalesce(json_extract(e.payload, '$.each.{path}[' || b.key || ']'),"
        f" json_extract(e.payload, '$.same.{path}'))"
    )


def _bulk_real(path: str) -> str:
    """The same of a number, whose column may be whole numbers of one step."""
    whole = f"json_extract(e.payload, '$.each.{path}.values[' || b.key || ']')"
    step = f"json_extract(e.payload, '$.each.{path}.per')"
    return f"coalesce({whole} * 1.0 / {step}, CAST({_bulk(path)} AS REAL))"


_BULK_TIME: Final = """coalesce(
            rtrim(json_extract(e.payload, '$.each.timestamp[' || b.key || ']'), 'Z'),
            strftime('%Y-%m-%dT%H:%M:%S', json_extract(e.payload, '$.each.timestamp.from'),
                (b.key * json_extract(e.payload, '$.each.timestamp.seconds')) || ' seconds')
            || '.000000')"""
_NUMBERS: Final = (
    "WITH RECURSIVE numbers(key) AS (VALUES (0) UNION ALL"  # noqa: S608  (our own number)
    f" SELECT key + 1 FROM numbers WHERE key < {MAX_BULK - 1})"
)
_EACH: Final = "CROSS JOIN numbers AS b ON b.key < json_extract(e.payload, '$.count')"

# A row with `bulk`, the number of a bulk record, stands for all of its events; its id is that of
# the last of them. The texts are those of the answer, where a decision has one, else its own.
# The part without rows says the types of the columns: older SQLite knows none of expressions.
_DECISIONS: Final = f"""CREATE VIEW decisions AS {_NUMBERS} SELECT
        id, timestamp, coin, signal, quantity_usd, leverage, confidence, profit_target, stop_loss,
        invalidation_condition, coin AS justification, coin AS raw_response, created_at,
        coin AS system_prompt, coin AS user_prompt, execution_status, execution_error,
        execution_timestamp
    FROM decision_rows WHERE 0
    UNION ALL SELECT
        d.id, d.timestamp, d.coin, d.signal, d.quantity_usd, d.leverage, d.confidence,
        d.profit_target, d.stop_loss, d.invalidation_condition,
        CAST(json_extract(e.payload, '$.justification') AS TEXT),
        CAST(json_extract(t.payload, '$.raw_response') AS TEXT),
        d.created_at,
        CAST(json_extract(t.payload, '$.system_prompt') AS TEXT),
        CAST(json_extract(t.payload, '$.user_prompt') AS TEXT),
        d.execution_status, d.execution_error, d.execution_timestamp
    FROM decision_rows AS d LEFT JOIN events AS e ON e.seq = d.seq
    LEFT JOIN events AS t ON t.seq = coalesce(
        (SELECT a.seq FROM events AS a
            WHERE a.event_id = json_extract(e.payload, '$.answer_id') AND a.kind = 'answer'),
        e.seq)
    WHERE d.bulk IS NULL
    UNION ALL SELECT
        d.id - json_extract(e.payload, '$.count') + 1 + b.key,
        {_BULK_TIME}, {_bulk("coin")}, {_bulk("signal")}, {_bulk_real("quantity_usd")},
        {_bulk_real("leverage")}, {_bulk_real("confidence")}, {_bulk_real("profit_target")},
        {_bulk_real("stop_loss")}, {_bulk("invalidation_condition")},
        CAST({_bulk("justification")} AS TEXT),
        NULL, d.created_at, NULL, NULL, 'pending', NULL, NULL
    FROM decision_rows AS d JOIN events AS e ON e.seq = d.bulk
    {_EACH} WHERE d.bulk IS NOT NULL"""  # noqa: S608  (our own names)

_ACCOUNTS: Final = f"""CREATE VIEW account_state AS {_NUMBERS} SELECT
        id, timestamp, balance_usd, equity_usd, unrealized_pnl, realized_pnl, total_pnl,
        sharpe_ratio, num_positions, created_at
    FROM account_rows WHERE bulk IS NULL
    UNION ALL SELECT
        a.id - json_extract(e.payload, '$.count') + 1 + b.key,
        {_BULK_TIME}, {_bulk_real("balance_usd")}, {_bulk_real("equity_usd")},
        {_bulk_real("unrealized_pnl")}, {_bulk_real("realized_pnl")}, {_bulk_real("total_pnl")},
        NULL, {_bulk("num_positions")}, a.created_at
    FROM account_rows AS a JOIN events AS e ON e.seq = a.bulk
    {_EACH} WHERE a.bulk IS NOT NULL"""  # noqa: S608  (our own names)

_STATUSES: Final = f"""CREATE VIEW bot_status AS {_NUMBERS} SELECT
        id, timestamp, status, message, error, created_at, trades_today, pnl_today
    FROM status_rows WHERE bulk IS NULL
    UNION ALL SELECT
        s.id - json_extract(e.payload, '$.count') + 1 + b.key,
        {_BULK_TIME}, {_bulk("status")}, {_bulk("message")}, {_bulk("error")},
        s.created_at, {_bulk("trades_today")}, {_bulk_real("pnl_today")}
    FROM status_rows AS s JOIN events AS e ON e.seq = s.bulk
    {_EACH} WHERE s.bulk IS NOT NULL"""  # noqa: S608  (our own names)

VIEWS: Final = (
    _DECISIONS,
    _ACCOUNTS,
    _STATUSES,
    """CREATE VIEW positions AS SELECT
        id, position_id, coin, side, entry_time, entry_price, quantity_usd, leverage,
        decision_id, exit_time, exit_price, realized_pnl, status, created_at
    FROM position_rows""",
)

MIGRATIONS: Final = {
    1: ("ALTER TABLE events ADD COLUMN digest TEXT",),
    2: (),
    3: (
        "ALTER TABLE decision_rows ADD COLUMN bulk INTEGER",
        "ALTER TABLE account_rows ADD COLUMN bulk INTEGER",
        "DROP VIEW IF EXISTS decisions",
        _DECISIONS,
        "DROP VIEW IF EXISTS account_state",
        _ACCOUNTS,
    ),
    4: (
        "DROP VIEW IF EXISTS decisions",
        "DROP VIEW IF EXISTS account_state",
        "DROP VIEW IF EXISTS bot_status",
        "ALTER TABLE status_rows ADD COLUMN bulk INTEGER",
        # SQLite worked these columns out, and for that parsed the payload, at every insert.
        "ALTER TABLE events DROP COLUMN justification",
        "ALTER TABLE events DROP COLUMN raw_response",
        "ALTER TABLE events DROP COLUMN system_prompt",
        "ALTER TABLE events DROP COLUMN user_prompt",
        _DECISIONS,
        _ACCOUNTS,
        _STATUSES,
    ),
}
"""Statements that take a journal of each older version to the next."""

OLD_TABLES: Final = ("decisions", "positions", "account_state", "bot_status")
"""Tables of the databases that the first bots made; taken over as old_*."""
