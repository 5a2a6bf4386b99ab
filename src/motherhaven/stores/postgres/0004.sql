-- No client's clock decides what is newest: `time` of decisions, errors and positions is their
-- place in the lists, no later than the receipt; what is shown of it stands beside it.
-- An error's `no` is four times its event's number, and more; refusals are from 1 << 60 on.

ALTER TABLE positions ADD COLUMN entered TIMESTAMPTZ, ADD COLUMN exited TIMESTAMPTZ;
ALTER TABLE errors ADD COLUMN at TIMESTAMPTZ;
ALTER TABLE bots ADD COLUMN orders TEXT;

UPDATE positions p SET entry_time = e.received
FROM events e WHERE e.n = p.entry_n AND p.entry_time > e.received;
UPDATE positions p SET exit_time = e.received
FROM events e WHERE e.n = p.exit_n AND p.exit_time > e.received;
UPDATE positions SET entered = entry_time, exited = exit_time;
UPDATE errors r SET time = e.received
FROM events e WHERE e.n = r.no / 4 AND r.no < 1::bigint << 60 AND r.time > e.received;
UPDATE errors SET at = time;
UPDATE decisions d SET time = e.received FROM events e WHERE e.n = d.n AND d.time > e.received;
UPDATE bots b SET orders = (
    SELECT json_object_agg(kind, (extract(epoch FROM top) * 1000000)::bigint)::text FROM (
        SELECT 'decision' AS kind, max(time) AS top FROM decisions WHERE bot = b.no
        UNION ALL SELECT 'position_opened', max(entry_time) FROM positions WHERE bot = b.no
        UNION ALL SELECT 'position_closed', max(exit_time) FROM positions WHERE bot = b.no
    ) tops WHERE top IS NOT NULL
);

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
