-- What must be kept for now, although its owner may want it erased: by order of a court, or while a law says so.
-- +goose Up

-- why is a code, never text. ended_at is 0 while it holds.
CREATE TABLE hold (
  book     {BYTES} NOT NULL REFERENCES book (id),
  since    {INT}   NOT NULL,
  why      {TEXT}  NOT NULL,
  set_by   {BYTES} NOT NULL,
  ended_at {INT}   NOT NULL,
  PRIMARY KEY (book, since)
) {KEYED};
CREATE UNIQUE INDEX hold_one ON hold (book) WHERE ended_at = 0;
