-- Whether people can join yet, and what was proven.
-- +goose Up

-- One row in a place that was begun by a Beside that asks for proof. opened_at is 0 until set-up is finished: nobody new
-- can join before. A place without the row is from before, and open.
CREATE TABLE opening (
  n         {INT} NOT NULL PRIMARY KEY CHECK (n = 1),
  begun_at  {INT} NOT NULL,
  opened_at {INT} NOT NULL
) {STRICT};

-- The last result of each proof. kind is "recovery copy", "restore" or "self-test"; about tells which root key or backup
-- it was about, without telling anything of it; fault is a code, "" when it went well.
CREATE TABLE proof (
  kind  {TEXT} NOT NULL PRIMARY KEY,
  about {TEXT} NOT NULL,
  at    {INT}  NOT NULL,
  fault {TEXT} NOT NULL
) {KEYED};
