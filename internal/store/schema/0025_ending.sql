-- A book that is to be erased as a whole when a time comes.
-- +goose Up

-- id is that of the act by which it will be erased. why is a code: "asked" by its owner, "died", "closed". waits_since is
-- when its time came while a hold stood, 0 otherwise. over_at is 0 until it was erased or taken back.
CREATE TABLE ending (
  id          {BYTES} NOT NULL PRIMARY KEY,
  book        {BYTES} NOT NULL REFERENCES book (id),
  why         {TEXT}  NOT NULL,
  made_at     {INT}   NOT NULL,
  due_at      {INT}   NOT NULL,
  waits_since {INT}   NOT NULL,
  over_at     {INT}   NOT NULL
) {KEYED};
CREATE UNIQUE INDEX ending_one ON ending (book, why) WHERE over_at = 0;
CREATE INDEX ending_book ON ending (book);

-- Why a whole book was erased: '' by its owner, at once; else as in ending.
ALTER TABLE erasing ADD COLUMN why {TEXT} NOT NULL DEFAULT '';
