-- A person's PIN or mark, and the printed sign-in card that goes with it.
-- +goose Up

-- hash is of a PIN or a mark, nothing tells which, made as that of a passphrase is. together is 1 when the person said that
-- they may say yes with it on the device of a worker they walk with.
CREATE TABLE pin (
  person   {BYTES} NOT NULL PRIMARY KEY REFERENCES account (person),
  hash     {TEXT}  NOT NULL,
  together {INT}   NOT NULL
) {KEYED};

-- A printed card. form is the entry of the form that made it, so that the form sent twice is one card. code_hash is a keyed
-- hash of what is printed on it.
CREATE TABLE card (
  person    {BYTES} NOT NULL REFERENCES account (person),
  form      {BYTES} NOT NULL,
  code_hash {BYTES} NOT NULL UNIQUE,
  made_at   {INT}   NOT NULL,
  ended_at  {INT}   NOT NULL,
  PRIMARY KEY (person, form)
) {KEYED};
-- Nobody has two.
CREATE UNIQUE INDEX card_live ON card (person) WHERE ended_at = 0;
