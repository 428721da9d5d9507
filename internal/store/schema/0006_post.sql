-- The outbox: messages that leave Beside, and one-time codes. Neither table holds an address, a word or a code's digits.
-- +goose Up

-- One message to one address. id is also that of its promise and the key under which a carrier knows it again. item is
-- the address, in the person's book; a message to nobody has neither, and is never sent. about is the id of what it is
-- about, such as a code. doubts counts the tries of which nobody knows what became. over_at is 0 while it is under way.
CREATE TABLE message (
  id       {BYTES} NOT NULL PRIMARY KEY,
  person   {BYTES},
  item     {BYTES},
  channel  {TEXT}  NOT NULL,
  template {TEXT}  NOT NULL,
  about    {BYTES} NOT NULL,
  made_at  {INT}   NOT NULL,
  due_at   {INT}   NOT NULL,
  state    {TEXT}  NOT NULL,
  attempts {INT}   NOT NULL,
  doubts   {INT}   NOT NULL,
  last_at  {INT}   NOT NULL,
  over_at  {INT}   NOT NULL,
  ref      {TEXT}  NOT NULL
) {KEYED};
-- At most one "you have a message" to an address is under way.
CREATE UNIQUE INDEX message_notice ON message (person, item) WHERE template = 'notice' AND over_at = 0;
CREATE INDEX message_person ON message (person, item, due_at);
CREATE INDEX message_over ON message (over_at);

-- A one-time code. Its digits follow from its id and a key of the installation, so they stand nowhere. address is a keyed
-- hash of what was typed, so that a new code ends the older. One that was asked for an address nobody has is like the
-- others, but without a person. purpose is "open" or "confirm".
CREATE TABLE code (
  id       {BYTES} NOT NULL PRIMARY KEY,
  person   {BYTES},
  item     {BYTES},
  channel  {TEXT}  NOT NULL,
  purpose  {TEXT}  NOT NULL,
  address  {BYTES} NOT NULL,
  made_at  {INT}   NOT NULL,
  until    {INT}   NOT NULL,
  tries    {INT}   NOT NULL,
  used_at  {INT}   NOT NULL,
  ended_at {INT}   NOT NULL
) {KEYED};
CREATE INDEX code_address ON code (address, ended_at);
CREATE INDEX code_until ON code (until);
