-- Erasing for good.
-- +goose Up

-- When the owner erased the whole book for good; 0 while it is there.
ALTER TABLE book ADD COLUMN erased_at {INT} NOT NULL DEFAULT 0;

-- One row for each entry that was erased for good. Of the entry itself seq, id, item, leaf and chain stay; everything else
-- is emptied.
CREATE TABLE tombstone (
  book      {BYTES} NOT NULL REFERENCES book (id),
  seq       {INT}   NOT NULL,
  entry     {BYTES} NOT NULL,
  item      {BYTES} NOT NULL,
  leaf      {BYTES} NOT NULL,
  erased_at {INT}   NOT NULL,
  PRIMARY KEY (book, seq)
) {KEYED};
CREATE INDEX tombstone_item ON tombstone (book, item);

-- How far an erasing is. id is the entry by which its owner did it; owner is none for a whole book, whose owner nobody is
-- any more. items and entries say how many. settled_at is when no program could open it any more, sure_at when nothing
-- that is there can open older copies of the keys either; 0 before.
CREATE TABLE erasing (
  id         {BYTES} NOT NULL PRIMARY KEY,
  book       {BYTES} NOT NULL,
  owner      {BYTES},
  whole      {INT}   NOT NULL,
  items      {INT}   NOT NULL,
  entries    {INT}   NOT NULL,
  erased_at  {INT}   NOT NULL,
  settled_at {INT}   NOT NULL,
  sure_at    {INT}   NOT NULL
) {KEYED};
CREATE INDEX erasing_owner ON erasing (owner, erased_at);
