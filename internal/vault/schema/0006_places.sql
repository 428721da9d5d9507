-- What the keyring remembers of the places that it and its root key have.
-- +goose Up

-- Where each change of the keyring is written too. place is sealed by a key of the purposes, as an address can hold a password.
CREATE TABLE keyring_copy (
  n     {INT} NOT NULL PRIMARY KEY CHECK (n = 1),
  place {BYTES} NOT NULL,
  since {INT} NOT NULL
) {STRICT};

-- The machines that have a file of the root key, whether anything runs there or not: gen is the generation of that file, -1
-- while it is not known. A row goes when whoever runs the place says that the file is gone.
CREATE TABLE machine (
  id   {BYTES} NOT NULL PRIMARY KEY,
  name {TEXT} NOT NULL,
  path {TEXT} NOT NULL,
  gen  {INT} NOT NULL,
  at   {INT} NOT NULL
) {KEYED};

-- Trials of a backup that are under way, or were broken off and not swept away yet.
CREATE TABLE trial (
  id      {BYTES} NOT NULL PRIMARY KEY,
  machine {TEXT} NOT NULL,
  folder  {TEXT} NOT NULL,
  at      {INT} NOT NULL
) {KEYED};
