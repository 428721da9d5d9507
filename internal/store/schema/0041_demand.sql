-- Papers by which a court or a lawyer asks for records (package legal).
-- +goose Up

-- One paper, as one of the centre team wrote down that it came. id is that of the form. kind is what it is: a request, such as
-- a subpoena; an order under 42 CFR part 2; or another order. facts are from whom, under what name or number, and what it asks
-- for, without whom it is about: sealed for this place, or empty once an order names a book, which holds them from then on.
-- came is the day on the wall on which it came. Until quiet_until the order forbids telling the person, 0 when it does not.
-- over_at is when an order was laid aside, 0 before.
CREATE TABLE demand (
  id          {BYTES} NOT NULL PRIMARY KEY,
  community   {BYTES} NOT NULL,
  kind        {TEXT}  NOT NULL,
  facts       {BYTES} NOT NULL,
  came        {TEXT}  NOT NULL,
  quiet_until {INT}   NOT NULL,
  member      {BYTES} NOT NULL,
  made_at     {INT}   NOT NULL,
  over_at     {INT}   NOT NULL
) {KEYED};
