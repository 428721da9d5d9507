-- Grants that were printed for their owner to sign on paper (package peer/signed).
-- +goose Up

-- One paper. id is that of the form by which it was made, of the entry by which it gives, and of the item that is then given. facts are
-- what stands on it: name, sections, until when, its number, and a mark of what was given when it was printed; sealed as an item with the row's
-- id. number is a keyed hash of its number. made_by printed it: the owner, or recipient. After ends_at nobody can enter it. over_at is when
-- it was ended before that: its owner threw it away, took it back on paper, or was given back their login. witness entered it, in the hat, at entered_at. back_by entered at back_at that the owner took it back on
-- paper. Each is 0 or none before.
CREATE TABLE signing (
  id         {BYTES} NOT NULL PRIMARY KEY,
  book       {BYTES} NOT NULL REFERENCES book (id),
  recipient  {BYTES} NOT NULL,
  facts      {BYTES} NOT NULL,
  number     {BYTES} NOT NULL UNIQUE,
  made_by    {BYTES} NOT NULL,
  made_at    {INT}   NOT NULL,
  ends_at    {INT}   NOT NULL,
  over_at    {INT}   NOT NULL,
  witness    {BYTES},
  hat        {TEXT}  NOT NULL,
  entered_at {INT}   NOT NULL,
  back_by    {BYTES},
  back_at    {INT}   NOT NULL
) {KEYED};
CREATE INDEX signing_book ON signing (book, made_at);
