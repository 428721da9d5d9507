-- Two people of one life know each other here, by their own act (package known).
-- +goose Up

-- Somebody whom a person asked. token_hash is a keyed hash of the one-time code; it stays, so that an answer sent twice is
-- one. label is sealed under the key tree of the person's book and note under the other's, as an item with the row's id; self is
-- what the other calls themselves, sealed under the person's for this other alone. mark is a keyed hash of who confirmed whom,
-- none while they did not. The row goes when either takes it back, and with the account of who asked: the version before, which
-- takes that away when a whole book is erased, does not know of this table.
CREATE TABLE known (
  id           {BYTES} NOT NULL PRIMARY KEY,
  person       {BYTES} NOT NULL REFERENCES account (person) ON DELETE CASCADE,
  other        {BYTES},
  token_hash   {BYTES} NOT NULL UNIQUE,
  label        {BYTES} NOT NULL,
  note         {BYTES},
  self         {BYTES},
  mark         {BYTES},
  made_at      {INT}   NOT NULL,
  token_until  {INT}   NOT NULL,
  accepted_at  {INT}   NOT NULL,
  confirmed_at {INT}   NOT NULL,
  UNIQUE (person, other)
) {KEYED};
CREATE INDEX known_other ON known (other);
