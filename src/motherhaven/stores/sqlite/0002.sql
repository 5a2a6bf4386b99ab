-- Verdicts in the feed, what belongs to a trade, candles.

ALTER TABLE decisions ADD COLUMN allowed INTEGER;
UPDATE decisions SET allowed = (
    SELECT json_extract(e.payload, '$.verdict.allowed') FROM events e WHERE e.n = decisions.n
);
CREATE INDEX decisions_trades ON decisions (time, epoch, seq) WHERE signal <> 'hold';
CREATE INDEX decisions_trades_bot ON decisions (bot, time, epoch, seq) WHERE signal <> 'hold';
CREATE INDEX decisions_rejected ON decisions (time, epoch, seq) WHERE allowed = 0;
CREATE INDEX decisions_rejected_bot ON decisions (bot, time, epoch, seq) WHERE allowed = 0;

CREATE INDEX positions_entry_decision
    ON positions (bot, entry_decision_id) WHERE entry_decision_id IS NOT NULL;

-- Fills and funding payments by the position that they name; the rest is in their event.
CREATE TABLE postings (
    bot INTEGER NOT NULL,
    position_id TEXT NOT NULL,
    time INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (bot, position_id, time, epoch, seq, n)
) STRICT, WITHOUT ROWID;
INSERT INTO postings
    SELECT bot, json_extract(payload, '$.position_id'), time, epoch, seq, n FROM events
    WHERE kind IN ('fill', 'funding') AND json_extract(payload, '$.position_id') IS NOT NULL;

CREATE TABLE candles (
    bot INTEGER NOT NULL,
    coin TEXT NOT NULL,
    start INTEGER NOT NULL,
    n INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    interval INTEGER NOT NULL,
    open TEXT NOT NULL,
    high TEXT NOT NULL,
    low TEXT NOT NULL,
    close TEXT NOT NULL,
    volume TEXT,
    PRIMARY KEY (bot, coin, start)
) STRICT, WITHOUT ROWID;
-- In errors, bot 0 is whoever was refused and is unknown; those are numbered from 1 << 60 on.
