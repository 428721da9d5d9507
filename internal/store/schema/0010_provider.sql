-- The organisation's own sign-in (OpenID Connect), and tries at it that are under way.
-- +goose Up

-- Who comes in with which account there. subject is a keyed hash of the provider and of what it calls the account; it is
-- NULL once the two were parted, so that the account can be connected anew. issuer is a keyed hash of the provider.
CREATE TABLE provider_link (
  id       {BYTES} NOT NULL PRIMARY KEY,
  person   {BYTES} NOT NULL REFERENCES account (person),
  issuer   {BYTES} NOT NULL,
  subject  {BYTES} UNIQUE,
  made_at  {INT}   NOT NULL,
  ended_at {INT}   NOT NULL
) {KEYED};
CREATE UNIQUE INDEX provider_link_person ON provider_link (person, issuer) WHERE ended_at = 0;

-- Somebody was sent to the provider and has not come back yet. state and browser are keyed hashes of what the address and
-- the browser's cookie carry; person is NULL when nobody is signed in. goes_to is a path of ours.
CREATE TABLE provider_try (
  state   {BYTES} NOT NULL PRIMARY KEY,
  browser {BYTES} NOT NULL,
  issuer  {BYTES} NOT NULL,
  kind    {TEXT}  NOT NULL,
  person  {BYTES},
  own     {INT}   NOT NULL,
  goes_to {TEXT}  NOT NULL,
  made_at {INT}   NOT NULL,
  until   {INT}   NOT NULL,
  used_at {INT}   NOT NULL
) {KEYED};
CREATE INDEX provider_try_until ON provider_try (until);
