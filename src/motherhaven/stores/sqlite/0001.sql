-- Times are microseconds since 1970 in UTC, money is exact decimal text, `n` counts commits.
-- (time, epoch, seq, n) is the order of every feed.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE bots (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT,
    mode TEXT NOT NULL,
    decider TEXT,
    market TEXT,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    last_decision INTEGER,
    status_n INTEGER,
    status_epoch INTEGER,
    status_seq INTEGER,
    status_recorded INTEGER,
    account_n INTEGER,
    account_epoch INTEGER,
    account_seq INTEGER,
    account_recorded INTEGER,
    totals TEXT NOT NULL
) STRICT;

-- The log. Rows are never deleted: the id and its digest keep appends idempotent for ever.
CREATE TABLE events (
    n INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    sha256 BLOB NOT NULL,
    bot INTEGER NOT NULL,
    bot_name TEXT,
    mode TEXT NOT NULL,
    kind TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    received INTEGER NOT NULL,
    payload TEXT NOT NULL
) STRICT;
CREATE INDEX events_account ON events (bot, time, epoch, seq) WHERE kind = 'account';
CREATE INDEX events_status ON events (bot, time, epoch, seq) WHERE kind = 'status';

-- Long texts in chunks; id = n << 18 | field << 16 | chunk, so that they are appended in order.
CREATE TABLE texts (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE parts (
    bot_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    field TEXT NOT NULL,
    place INTEGER NOT NULL,
    count INTEGER NOT NULL,
    received INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (bot_id, event_id, field, place)
) STRICT;

CREATE TABLE decisions (
    n INTEGER PRIMARY KEY,
    bot INTEGER NOT NULL,
    coin TEXT NOT NULL,
    signal TEXT NOT NULL,
    time INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL
) STRICT;
CREATE INDEX decisions_time ON decisions (time, epoch, seq);
CREATE INDEX decisions_bot ON decisions (bot, time, epoch, seq);
CREATE INDEX decisions_coin ON decisions (coin, time, epoch, seq);
-- Most decisions hold: a scan finds those at once, the others need this index.
CREATE INDEX decisions_signal ON decisions (signal, time, epoch, seq) WHERE signal <> 'hold';

CREATE TABLE executions (
    bot INTEGER NOT NULL,
    decision_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    execution TEXT NOT NULL,
    PRIMARY KEY (bot, decision_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE positions (
    no INTEGER PRIMARY KEY,
    bot INTEGER NOT NULL,
    id TEXT NOT NULL,
    ref TEXT,
    mode TEXT NOT NULL,
    coin TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    leverage TEXT NOT NULL,
    entry_price TEXT NOT NULL,
    entry_time INTEGER NOT NULL,
    entry_epoch INTEGER NOT NULL,
    entry_seq INTEGER NOT NULL,
    entry_n INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    exit_time INTEGER,
    exit_epoch INTEGER,
    exit_seq INTEGER,
    exit_n INTEGER,
    size TEXT,
    exit_price TEXT,
    realized TEXT,
    gross TEXT,
    fees TEXT,
    funding TEXT,
    reason TEXT,
    entry_decision_id TEXT,
    exit_decision_id TEXT,
    stop_loss TEXT,
    profit_target TEXT,
    liquidation_price TEXT,
    UNIQUE (bot, id)
) STRICT;
CREATE INDEX positions_ref ON positions (bot, ref) WHERE ref IS NOT NULL;
CREATE INDEX positions_coin ON positions (bot, coin, side) WHERE exit_n IS NULL;
CREATE INDEX positions_all ON positions (entry_time, entry_epoch, entry_seq, entry_n);
CREATE INDEX positions_all_bot ON positions (bot, entry_time, entry_epoch, entry_seq, entry_n);
CREATE INDEX positions_open
    ON positions (entry_time, entry_epoch, entry_seq, entry_n) WHERE exit_n IS NULL;
CREATE INDEX positions_open_bot
    ON positions (bot, entry_time, entry_epoch, entry_seq, entry_n) WHERE exit_n IS NULL;
CREATE INDEX positions_closed
    ON positions (exit_time, exit_epoch, exit_seq, exit_n) WHERE exit_n IS NOT NULL;
CREATE INDEX positions_closed_bot
    ON positions (bot, exit_time, exit_epoch, exit_seq, exit_n) WHERE exit_n IS NOT NULL;

CREATE TABLE marks (
    bot INTEGER NOT NULL,
    ref TEXT NOT NULL,
    n INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    time INTEGER NOT NULL,
    mark TEXT NOT NULL,
    PRIMARY KEY (bot, ref)
) STRICT, WITHOUT ROWID;

-- Equity by bucket; low and high are left out where they are the last value.
CREATE TABLE rollups (
    tier INTEGER NOT NULL,
    bot INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    time INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    last TEXT NOT NULL,
    low TEXT,
    high TEXT,
    PRIMARY KEY (tier, bot, bucket)
) STRICT, WITHOUT ROWID;

-- no = event's n * 4 + the kind's place in ERROR_KINDS.
CREATE TABLE errors (
    no INTEGER PRIMARY KEY,
    bot INTEGER NOT NULL,
    kind TEXT NOT NULL,
    event_id TEXT NOT NULL,
    time INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    message TEXT NOT NULL,
    decision_id TEXT
) STRICT;
CREATE INDEX errors_time ON errors (time, epoch, seq);
CREATE INDEX errors_bot ON errors (bot, time, epoch, seq);
CREATE INDEX errors_kind ON errors (kind, time, epoch, seq);
