-- The secret that a session had before somebody showed in it once more who they are: until was_until it still finds the
-- session, with no more than the session had then.
-- +goose Up
ALTER TABLE session ADD COLUMN was_hash       {BYTES};
ALTER TABLE session ADD COLUMN was_until      {INT} NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN was_role_until {INT} NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN was_shown_at   {INT} NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX session_was ON session (was_hash);
