-- How a session was opened, on which device, and until when a hat of a role may be put on in it; what happened with a
-- person's ways in; and allowances that were used up.
-- +goose Up

-- A browser in which a person came in. token_hash is a keyed hash of its cookie and the person, so that nobody sees which
-- people share one; a device that is not the person's own has none, and is here only while its session is open. name is
-- sealed under the key tree of the person's book, as an item with the device's id.
CREATE TABLE device (
  id         {BYTES} NOT NULL PRIMARY KEY,
  person     {BYTES} NOT NULL REFERENCES account (person),
  token_hash {BYTES} UNIQUE,
  name       {BYTES},
  way        {TEXT}  NOT NULL,
  made_at    {INT}   NOT NULL,
  seen_at    {INT}   NOT NULL,
  ended_at   {INT}   NOT NULL
) {KEYED};
CREATE INDEX device_person ON device (person);

ALTER TABLE session ADD COLUMN device     {BYTES};
ALTER TABLE session ADD COLUMN way        {TEXT} NOT NULL DEFAULT 'passphrase';
ALTER TABLE session ADD COLUMN role_until {INT}  NOT NULL DEFAULT 0;
-- When its person last showed who they are.
ALTER TABLE session ADD COLUMN shown_at   {INT}  NOT NULL DEFAULT 0;

-- "This happened with your ways in": ids and a code, no text. Only the person sees it.
CREATE TABLE happening (
  id      {BYTES} NOT NULL,
  person  {BYTES} NOT NULL REFERENCES account (person),
  kind    {TEXT}  NOT NULL,
  device  {BYTES},
  at      {INT}   NOT NULL,
  seen_at {INT}   NOT NULL,
  PRIMARY KEY (person, id)
) {KEYED};

-- Allowances of tries that are not whole. id is a keyed hash of the limit and of whom it is about; whole_at is when the
-- allowance is whole again, and the row may go.
CREATE TABLE allowance (
  id       {BYTES} NOT NULL PRIMARY KEY,
  whole_at {INT}   NOT NULL
) {KEYED};
CREATE INDEX allowance_whole ON allowance (whole_at);
