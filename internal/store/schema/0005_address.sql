-- Where people may be written to. The address itself, and all that its owner says of it, stands sealed in their book.
-- +goose Up

-- One row an address, written in the same transaction as its entry in the book. blind is a keyed hash of the address, so
-- that one that is typed can be looked for; two people who share one have a row each. writes and opens are what the owner
-- said may be done there; confirmed_at is when a code came back from it, 0 before; asked_at when the owner last said that
-- it is safe; stopped_at when somebody answered from there that it is the wrong place, 0 while nobody did.
CREATE TABLE address (
  person       {BYTES} NOT NULL REFERENCES account (person),
  item         {BYTES} NOT NULL,
  book         {BYTES} NOT NULL,
  channel      {TEXT}  NOT NULL,
  blind        {BYTES} NOT NULL,
  writes       {INT}   NOT NULL,
  opens        {INT}   NOT NULL,
  confirmed_at {INT}   NOT NULL,
  asked_at     {INT}   NOT NULL,
  stopped_at   {INT}   NOT NULL,
  PRIMARY KEY (person, item)
) {KEYED};
CREATE INDEX address_blind ON address (blind);
