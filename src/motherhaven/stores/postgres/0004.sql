-- Lists follow the order of receipt, whatever a client's clock says: `time` of decisions,
-- errors and positions is when the server received it. What is shown stands beside it.
-- An error's `no` is four times its event's number, and more; refusals are from 1 << 60 on.

ALTER TABLE positions ADD COLUMN entered TIMESTAMPTZ, ADD COLUMN exited TIMESTAMPTZ;
ALTER TABLE errors ADD COLUMN at TIMESTAMPTZ;

UPDATE positions SET entered = entry_time, exited = exit_time;
UPDATE positions p SET entered = least(p.entry_time, e.received), entry_time = e.received
FROM events e WHERE e.n = p.entry_n;
UPDATE positions p SET exited = least(p.exit_time, e.received), exit_time = e.received
FROM events e WHERE e.n = p.exit_n;
UPDATE errors SET at = time;
UPDATE errors r SET at = least(r.time, e.received), time = e.received
FROM events e WHERE e.n = r.no / 4 AND r.no < 1::bigint << 60;
UPDATE decisions d SET time = e.received FROM events e WHERE e.n = d.n;

DROP INDEX events_account;
DROP INDEX events_status;
CREATE INDEX events_account ON events (bot, received, epoch, seq, n) WHERE kind = 'account';
CREATE INDEX events_status ON events (bot, received, epoch, seq, n) WHERE kind = 'status';

-- The newest heartbeat and account of each bot are the last received.
UPDATE bots b SET (status_n, status_epoch, status_seq, status_recorded) = (
    SELECT n, epoch, seq, least(recorded, received) FROM events
    WHERE bot = b.no AND kind = 'status'
    ORDER BY received DESC, epoch DESC, seq DESC, n DESC LIMIT 1
) WHERE status_n IS NOT NULL;
UPDATE bots b SET (account_n, account_epoch, account_seq, account_recorded) = (
    SELECT n, epoch, seq, least(recorded, received) FROM events
    WHERE bot = b.no AND kind = 'account'
    ORDER BY received DESC, epoch DESC, seq DESC, n DESC LIMIT 1
) WHERE account_n IS NOT NULL;
UPDATE bots SET last_decision = least(last_decision, last_seen) WHERE last_decision IS NOT NULL;
