-- What an order of a court names, and what was handed over by it; and what somebody had to report (package legal).
-- +goose Up

-- id is that of the paper. facts are its words, sealed under the key tree of the book as an item with the row's id. The span is
-- from the beginning of from_day to the end of to_day on the wall there, which are from_at and to_at, the latter not in it.
-- confirmed_at is when a second of the team said the same and what the order names was put together, 0 before; hash is of the
-- bytes. told_at is when the owner was told, 0 before. over_at is when it was laid aside without that, 0 otherwise.
CREATE TABLE ordered (
  id           {BYTES} NOT NULL PRIMARY KEY REFERENCES demand (id),
  book         {BYTES} NOT NULL REFERENCES book (id),
  facts        {BYTES} NOT NULL,
  from_day     {TEXT}  NOT NULL,
  to_day       {TEXT}  NOT NULL,
  from_at      {INT}   NOT NULL,
  to_at        {INT}   NOT NULL,
  entered_by   {BYTES} NOT NULL,
  entered_at   {INT}   NOT NULL,
  confirmed_by {BYTES},
  confirmed_at {INT}   NOT NULL,
  hash         {BYTES} NOT NULL,
  told_at      {INT}   NOT NULL,
  over_at      {INT}   NOT NULL
) {KEYED};
CREATE INDEX ordered_book ON ordered (book, entered_at);

-- What it names: a section of the book, 'attended' for when the person was here, or 'looked' for who looked.
CREATE TABLE ordered_part (
  ordered {BYTES} NOT NULL REFERENCES ordered (id),
  part    {TEXT}  NOT NULL,
  PRIMARY KEY (ordered, part)
) {KEYED};

-- The bytes that were put together, in their order, each sealed under the item whose words stand in it, or under the row's id. They
-- are here for a short time.
CREATE TABLE ordered_bytes (
  ordered {BYTES} NOT NULL REFERENCES ordered (id),
  n       {INT}   NOT NULL,
  item    {BYTES} NOT NULL,
  sealed  {BYTES} NOT NULL,
  PRIMARY KEY (ordered, n)
) {KEYED};

-- Who took the bytes, and when. id is that of the form.
CREATE TABLE ordered_taken (
  id      {BYTES} NOT NULL PRIMARY KEY,
  ordered {BYTES} NOT NULL REFERENCES ordered (id),
  member  {BYTES} NOT NULL,
  at      {INT}   NOT NULL
) {KEYED};
CREATE INDEX ordered_taken_of ON ordered_taken (ordered, at);

-- A member of the team who enters or confirms what an order names, and may look for a name until then.
CREATE TABLE legal_claim (
  member {BYTES} NOT NULL PRIMARY KEY,
  demand {BYTES} NOT NULL,
  until  {INT}   NOT NULL
) {KEYED};

-- What a worker had to report about somebody with whom they walk, to whom a law names. id is that of the form. facts are under which
-- duty, to whom, on which day and what was told, in their own words, and why the person is not told yet, sealed under the key tree
-- of the book as an item with the row's id. adds_to is the row to which this one adds, none for the first. Until quiet_until the person is
-- not told, 0 when at once; told_at is when they were, 0 before.
CREATE TABLE reported (
  id          {BYTES} NOT NULL PRIMARY KEY,
  book        {BYTES} NOT NULL REFERENCES book (id),
  facts       {BYTES} NOT NULL,
  member      {BYTES} NOT NULL,
  hat         {TEXT}  NOT NULL,
  at          {INT}   NOT NULL,
  adds_to     {BYTES},
  quiet_until {INT}   NOT NULL,
  told_at     {INT}   NOT NULL
) {KEYED};
CREATE INDEX reported_book ON reported (book, at);
