-- That a person was here: the organisation's own record of a meeting, without a word of text (package attending).
-- +goose Up

-- id is that of the form by which the worker wrote it down, so that what is sent twice is one. day is the day on the wall there,
-- "2025-03-12"; units are quarters of an hour; code is one of a short list. wrong_at is when the person said that it is wrong,
-- withdrawn_at when the worker took it back, and printed_at when the worker last printed a slip of it; 0 for never.
CREATE TABLE attended (
  id           {BYTES} NOT NULL PRIMARY KEY,
  community    {BYTES} NOT NULL,
  book         {BYTES} NOT NULL REFERENCES book (id),
  worker       {BYTES} NOT NULL,
  day          {TEXT}  NOT NULL,
  units        {INT}   NOT NULL,
  code         {TEXT}  NOT NULL,
  made_at      {INT}   NOT NULL,
  wrong_at     {INT}   NOT NULL,
  withdrawn_at {INT}   NOT NULL,
  printed_at   {INT}   NOT NULL
) {KEYED};
CREATE INDEX attended_book ON attended (book, day);
