-- No client's clock decides what is newest: `time` of decisions, errors and positions is their
-- place in the lists, no later than the receipt; what is shown of it stands beside it.
-- An error's `no` is four times its event's number, and more; refusals are from 1 << 60 on.

ALTER TABLE positions ADD COLUMN entered INTEGER;
ALTER TABLE positions ADD COLUMN exited INTEGER;
ALTER TABLE errors ADD COLUMN at INTEGER;
ALTER TABLE bots ADD COLUMN orders TEXT;

UPDATE positions SET entry_time = e.received
FROM events e WHERE e.n = entry_n AND entry_time > e.received;
UPDATE positions SET exit_time = e.received
FROM events e WHERE e.n = exit_n AND exit_time > e.received;
UPDATE positions SET entered = entry_time, exited = exit_time;
UPDATE errors SET time = e.received
FROM events e WHERE e.n = errors.no / 4 AND errors.no < 1 << 60 AND errors.time > e.received;
UPDATE errors SET at = time;
UPDATE decisions SET time = e.received
FROM events e WHERE e.n = decisions.n AND decisions.time > e.received;
UPDATE bots SET orders = (
    SELECT json_group_object(kind, top) FROM (
        SELECT 'decision' AS kind, max(time) AS top FROM decisions WHERE bot = bots.no
        UNION ALL SELECT 'position_opened', max(entry_time) FROM positions WHERE bot = bots.no
        UNION ALL SELECT 'position_closed', max(exit_time) FROM positions WHERE bot = bots.no
    ) WHERE top IS NOT NULL
);

DROP INDEX events_account;
DROP INDEX events_status;
CREATE INDEX events_account ON events (bot, received, epoch, seq) WHERE kind = 'account';
CREATE INDEX events_status ON events (bot, received, epoch, seq) WHERE kind = 'status';

-- The newest heartbeat and account of each bot are the last received.
UPDATE bots SET (status_n, status_epoch, status_seq, status_recorded) = (
    SELECT n, epoch, seq, min(recorded, received) FROM events
    WHERE bot = bots.no AND kind = 'status'
    ORDER BY received DESC, epoch DESC, seq DESC, n DESC LIMIT 1
) WHERE status_n IS NOT NULL;
UPDATE bots SET (account_n, account_epoch, account_seq, account_recorded) = (
    SELECT n, epoch, seq, min(recorded, received) FROM events
    WHERE bot = bots.no AND kind = 'account'
    ORDER BY received DESC, epoch DESC, seq DESC, n DESC LIMIT 1
) WHERE account_n IS NOT NULL;
UPDATE bots SET last_decision = min(last_decision, last_seen) WHERE last_decision IS NOT NULL;

DROP INDEX positions_entry_decision;
CREATE INDEX positions_entry_decision
    ON positions (bot, entry_decision_id, entered, entry_time, entry_epoch, entry_seq, entry_n)
    WHERE entry_decision_id IS NOT NULL;
