-- The closing of the whole place, and what a hold says.
-- +goose Up

-- What the owner is told of a hold: until is when it ends by itself, 0 when it does not; reference is the court's, in the
-- clear, for who runs the place; ground is the reason in words, sealed under the keys of the book.
ALTER TABLE hold ADD COLUMN until     {INT}  NOT NULL DEFAULT 0;
ALTER TABLE hold ADD COLUMN reference {TEXT} NOT NULL DEFAULT '';
ALTER TABLE hold ADD COLUMN ground    {BYTES};

-- The day on which the place closes. Of those that were said the newest counts; stopped_at is 0 while it stands. begun_at is
-- when the erasing of all books was begun, 0 before.
CREATE TABLE closing (
  id         {BYTES} NOT NULL PRIMARY KEY,
  said_at    {INT}   NOT NULL,
  on_at      {INT}   NOT NULL,
  stopped_at {INT}   NOT NULL,
  begun_at   {INT}   NOT NULL
) {KEYED};

-- Who was told of a closing how many days before.
CREATE TABLE closing_told (
  closing {BYTES} NOT NULL REFERENCES closing (id),
  days    {INT}   NOT NULL,
  person  {BYTES} NOT NULL,
  PRIMARY KEY (closing, days, person)
) {KEYED};
