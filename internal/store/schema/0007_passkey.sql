-- Passkeys, and the questions that a device answers with one.
-- +goose Up

-- A passkey of a person. credential is what the device that made it calls it; public_key opens nothing. flags, sign_count
-- and transports are what the standard (WebAuthn) compares next time. Which make of device it is is not kept. name is
-- sealed under the key tree of the person's book, as an item with the passkey's id.
CREATE TABLE passkey (
  id         {BYTES} NOT NULL PRIMARY KEY,
  person     {BYTES} NOT NULL REFERENCES account (person),
  credential {BYTES} NOT NULL UNIQUE,
  public_key {BYTES} NOT NULL,
  flags      {INT}   NOT NULL,
  sign_count {INT}   NOT NULL,
  transports {TEXT}  NOT NULL,
  name       {BYTES},
  made_at    {INT}   NOT NULL,
  seen_at    {INT}   NOT NULL,
  ended_at   {INT}   NOT NULL
) {KEYED};
CREATE INDEX passkey_person ON passkey (person);

-- A question that was asked and not answered yet. It goes with its answer. id_hash is a hash of the challenge; person is
-- none where somebody comes in, who is not known yet.
CREATE TABLE ceremony (
  id_hash {BYTES} NOT NULL PRIMARY KEY,
  kind    {TEXT}  NOT NULL,
  person  {BYTES},
  until   {INT}   NOT NULL
) {KEYED};
CREATE INDEX ceremony_until ON ceremony (until);
