-- What a person gave out of their book to somebody outside Beside (package outside).
-- +goose Up

-- One page or message, made once. id is that of the form by which the person said yes, so that what is sent twice is one.
-- facts are to whom, why, how and what kinds of things, sealed under the key tree of the book as an item with the row's id. parts
-- are the bytes that left, in their order: of each part a length of four bytes, big-endian, and the bytes sealed under the item whose
-- words stand in it, none once it was erased. items are these items, sixteen bytes each, zeros for what was written for this alone. hash is a salted hash of all
-- of them as they left. back_at is when the person took their yes back, 0 before. worker is who made it under a yes of the
-- person that lasts, and lasting is that yes; both are none for what the person gave themselves. The row stays as long as the book.
CREATE TABLE outside (
  id       {BYTES} NOT NULL PRIMARY KEY,
  book     {BYTES} NOT NULL REFERENCES book (id),
  facts    {BYTES} NOT NULL,
  items    {BYTES} NOT NULL,
  parts    {BYTES} NOT NULL,
  hash     {BYTES} NOT NULL,
  given_at {INT}   NOT NULL,
  back_at  {INT}   NOT NULL,
  worker   {BYTES},
  lasting  {BYTES}
) {KEYED};
CREATE INDEX outside_book ON outside (book, given_at);

-- A yes that lasts: each time the person was here, one outside may get a page that says so, until a day. id is that of the form;
-- facts are to whom, why, and the person's name on it, sealed as an item with the row's id.
CREATE TABLE lasting (
  id       {BYTES} NOT NULL PRIMARY KEY,
  book     {BYTES} NOT NULL REFERENCES book (id),
  facts    {BYTES} NOT NULL,
  given_at {INT}   NOT NULL,
  until    {INT}   NOT NULL,
  back_at  {INT}   NOT NULL
) {KEYED};
CREATE INDEX lasting_book ON lasting (book, given_at);
