-- Uptime: what the heartbeats vouch for, and the first of them, in microseconds.
ALTER TABLE bots ADD COLUMN alive BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bots ADD COLUMN first_status BIGINT NOT NULL DEFAULT 0;
