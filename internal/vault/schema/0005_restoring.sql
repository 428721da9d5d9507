-- One row while a backup is being put into this keyring: nothing opens it before the row is gone. No backup carries it.
-- +goose Up
CREATE TABLE restoring (
  n         {INT} NOT NULL PRIMARY KEY CHECK (n = 1),
  begun_at  {INT} NOT NULL,
  backup_at {INT} NOT NULL
) {STRICT};
