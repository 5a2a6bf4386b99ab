-- Lists follow the order of receipt, whatever a client's clock says: `time` of decisions,
-- errors and positions is when the server received it. What is shown stands beside it.
-- An error's `no` is four times its event's number, and more; refusals are from 1 << 60 on.

ALTER TABLE positions ADD COLUMN entered INTEGER;
ALTER TABLE positions ADD COLUMN exited INTEGER;
ALTER TABLE errors ADD COLUMN at INTEGER;

UPDATE positions SET entered = entry_time, exited = exit_time;
UPDATE positions SET entered = min(entry_time, e.received), entry_time = e.received
FROM events e WHERE e.n = entry_n;
UPDATE positions SET exited = min(exit_time, e.received), exit_time = e.received
FROM events e WHERE e.n = exit_n;
UPDATE errors SET at = time;
UPDATE errors SET at = min(errors.time, e.received), time = e.received
FROM events e WHERE e.n = errors.no / 4 AND errors.no < 1 << 60;
UPDATE decisions SET time = e.received FROM events e WHERE e.n = decisions.n;

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
