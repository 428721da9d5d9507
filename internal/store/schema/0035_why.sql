-- A person asks somebody who looked into their book why they looked (package asking).
-- +goose Up

-- Asked about one look, and about those that stand in one line with it: from since to looked_at, by the same reader, in the
-- same hat and for the same purpose. words and answer are sealed under the key tree of the book, as an item with the row's id;
-- answer is none until there is one. asked_by and answered_by are the ids of the forms, so that what is sent twice is one act.
-- late_at is when it had not been answered in time, 0 before; told is 1 when the rest of the team was told then. reminded_at
-- and gone_at are marks: when the reader was reminded, and when the owner was told that the reader is not here any more.
CREATE TABLE why (
  id          {BYTES} NOT NULL PRIMARY KEY,
  book        {BYTES} NOT NULL REFERENCES book (id),
  look        {BYTES} NOT NULL,
  reader      {BYTES} NOT NULL,
  hat         {TEXT}  NOT NULL,
  purpose     {TEXT}  NOT NULL,
  since       {INT}   NOT NULL,
  looked_at   {INT}   NOT NULL,
  words       {BYTES} NOT NULL,
  asked_by    {BYTES} NOT NULL,
  asked_at    {INT}   NOT NULL,
  answer      {BYTES},
  answered_by {BYTES},
  answered_at {INT}   NOT NULL,
  reminded_at {INT}   NOT NULL,
  gone_at     {INT}   NOT NULL,
  late_at     {INT}   NOT NULL,
  told        {INT}   NOT NULL,
  UNIQUE (book, look)
) {KEYED};
CREATE INDEX why_reader ON why (reader, hat, answered_at);
CREATE INDEX why_late ON why (answered_at, late_at);
