-- Times are timestamptz with microseconds, money is exact NUMERIC, `n` counts commits.
-- (time, epoch, seq, n) is the order of every feed. Ids compare by their bytes (COLLATE "C").
-- Columns named *_key are the first 16 bytes of the SHA-256 of the text beside them: clients
-- choose those texts, and an index cannot hold a long one.

CREATE TABLE bots (
    no INTEGER PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT,
    mode TEXT NOT NULL,
    decider TEXT,
    market TEXT,
    first_seen TIMESTAMPTZ NOT NULL,
    last_seen TIMESTAMPTZ NOT NULL,
    last_decision TIMESTAMPTZ,
    status_n BIGINT,
    status_epoch BIGINT,
    status_seq BIGINT,
    status_recorded TIMESTAMPTZ,
    account_n BIGINT,
    account_epoch BIGINT,
    account_seq BIGINT,
    account_recorded TIMESTAMPTZ,
    decisions BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    open_positions BIGINT NOT NULL,
    closed_positions BIGINT NOT NULL,
    wins BIGINT NOT NULL,
    realized NUMERIC,
    closed_fees NUMERIC,
    closed_funding NUMERIC,
    fill_fees NUMERIC,
    funding NUMERIC,
    model_cost NUMERIC,
    first_deposits NUMERIC,
    first_equity NUMERIC,
    peak NUMERIC,
    max_drawdown NUMERIC
) WITH (fillfactor = 50);

-- The log. Rows are never deleted: the id and its digest keep appends idempotent for ever.
CREATE TABLE events (
    n BIGINT PRIMARY KEY,
    event_id TEXT COLLATE "C" NOT NULL UNIQUE,
    sha256 BYTEA NOT NULL,
    bot INTEGER NOT NULL,
    bot_name TEXT,
    mode TEXT NOT NULL,
    kind TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    time TIMESTAMPTZ NOT NULL,
    recorded TIMESTAMPTZ NOT NULL,
    received TIMESTAMPTZ NOT NULL,
    payload TEXT NOT NULL
);
CREATE INDEX events_account ON events (bot, time, epoch, seq, n) WHERE kind = 'account';
CREATE INDEX events_status ON events (bot, time, epoch, seq, n) WHERE kind = 'status';

-- Long texts in chunks; `field` is the place in LONG_TEXTS.
CREATE TABLE texts (
    n BIGINT NOT NULL,
    field SMALLINT NOT NULL,
    chunk INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (n, field, chunk)
);

CREATE TABLE parts (
    bot_id TEXT COLLATE "C" NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    place INTEGER NOT NULL,
    count INTEGER NOT NULL,
    received TIMESTAMPTZ NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (bot_id, event_id, field, place)
);
CREATE INDEX parts_received ON parts (received);

CREATE TABLE decisions (
    n BIGINT PRIMARY KEY,
    bot INTEGER NOT NULL,
    coin TEXT COLLATE "C" NOT NULL,
    signal TEXT NOT NULL,
    allowed BOOLEAN,
    time TIMESTAMPTZ NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL
);
CREATE INDEX decisions_time ON decisions (time, epoch, seq, n);
CREATE INDEX decisions_bot ON decisions (bot, time, epoch, seq, n);
CREATE INDEX decisions_coin ON decisions (coin, time, epoch, seq, n);
-- Most decisions hold: a scan finds those at once, the others need this index.
CREATE INDEX decisions_signal ON decisions (signal, time, epoch, seq, n) WHERE signal <> 'hold';
CREATE INDEX decisions_trades ON decisions (time, epoch, seq, n) WHERE signal <> 'hold';
CREATE INDEX decisions_trades_bot ON decisions (bot, time, epoch, seq, n) WHERE signal <> 'hold';
CREATE INDEX decisions_rejected ON decisions (time, epoch, seq, n) WHERE NOT allowed;

CREATE TABLE executions (
    bot INTEGER NOT NULL,
    decision_key BYTEA NOT NULL,
    decision_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    recorded TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL,
    execution TEXT NOT NULL,
    PRIMARY KEY (bot, decision_key)
);

CREATE TABLE positions (
    bot INTEGER NOT NULL,
    id_key BYTEA NOT NULL,
    ref_key BYTEA,
    entry_decision_key BYTEA,
    id TEXT NOT NULL,
    ref TEXT,
    mode TEXT NOT NULL,
    coin TEXT COLLATE "C" NOT NULL,
    side TEXT NOT NULL,
    quantity NUMERIC NOT NULL,
    leverage NUMERIC NOT NULL,
    entry_price NUMERIC NOT NULL,
    entry_time TIMESTAMPTZ NOT NULL,
    entry_epoch BIGINT NOT NULL,
    entry_seq BIGINT NOT NULL,
    entry_n BIGINT NOT NULL,
    opened BOOLEAN NOT NULL,
    exit_time TIMESTAMPTZ,
    exit_epoch BIGINT,
    exit_seq BIGINT,
    exit_n BIGINT,
    size NUMERIC,
    exit_price NUMERIC,
    realized NUMERIC,
    gross NUMERIC,
    fees NUMERIC,
    funding NUMERIC,
    reason TEXT,
    entry_decision_id TEXT,
    exit_decision_id TEXT,
    stop_loss NUMERIC,
    profit_target NUMERIC,
    liquidation_price NUMERIC,
    PRIMARY KEY (bot, id_key)
);
CREATE INDEX positions_ref ON positions (bot, ref_key) WHERE ref_key IS NOT NULL;
CREATE INDEX positions_decision
    ON positions (bot, entry_decision_key) WHERE entry_decision_key IS NOT NULL;
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

-- The fills and funding payments that name their position.
CREATE TABLE postings (
    bot INTEGER NOT NULL,
    ref_key BYTEA NOT NULL,
    kind TEXT NOT NULL,
    time TIMESTAMPTZ NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (bot, ref_key, kind, time, epoch, seq, n)
);

CREATE TABLE marks (
    bot INTEGER NOT NULL,
    ref_key BYTEA NOT NULL,
    ref TEXT NOT NULL,
    n BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    recorded TIMESTAMPTZ NOT NULL,
    time TIMESTAMPTZ NOT NULL,
    mark TEXT NOT NULL,
    PRIMARY KEY (bot, ref_key)
) WITH (fillfactor = 80);

CREATE TABLE rollups (
    tier INTEGER NOT NULL,
    bot INTEGER NOT NULL,
    bucket BIGINT NOT NULL,
    time TIMESTAMPTZ NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    n BIGINT NOT NULL,
    last NUMERIC NOT NULL,
    low NUMERIC NOT NULL,
    high NUMERIC NOT NULL,
    PRIMARY KEY (tier, bot, bucket)
) WITH (fillfactor = 90);

CREATE TABLE candles (
    bot INTEGER NOT NULL,
    coin TEXT COLLATE "C" NOT NULL,
    start TIMESTAMPTZ NOT NULL,
    n BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    recorded TIMESTAMPTZ NOT NULL,
    interval INTEGER NOT NULL,
    open NUMERIC NOT NULL,
    high NUMERIC NOT NULL,
    low NUMERIC NOT NULL,
    close NUMERIC NOT NULL,
    volume NUMERIC,
    PRIMARY KEY (bot, coin, start)
);

-- no = event's n * 4 + the kind's place in ERROR_KINDS; refusals, which are no events, are
-- numbered from 2^60 on. bot 0 is a sender that is no known bot.
CREATE TABLE errors (
    no BIGINT PRIMARY KEY,
    bot INTEGER NOT NULL,
    kind TEXT NOT NULL,
    event_id TEXT NOT NULL,
    time TIMESTAMPTZ NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    message TEXT NOT NULL,
    decision_id TEXT
);
CREATE INDEX errors_time ON errors (time, epoch, seq, no);
CREATE INDEX errors_bot ON errors (bot, time, epoch, seq, no);
CREATE INDEX errors_kind ON errors (kind, time, epoch, seq, no);
