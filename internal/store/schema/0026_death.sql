-- That somebody has died, as two of the centre team said, until the person says that they are here.
-- +goose Up

-- said_at is when the first said so; since is when the second did, 0 before: from then on nothing is sent to the person or
-- about them. Until reads_until others read what was given to them. over_at is 0 while it stands; the row goes with the book.
CREATE TABLE death (
  id          {BYTES} NOT NULL PRIMARY KEY,
  book        {BYTES} NOT NULL REFERENCES book (id),
  person      {BYTES} NOT NULL,
  said_at     {INT}   NOT NULL,
  since       {INT}   NOT NULL,
  reads_until {INT}   NOT NULL,
  over_at     {INT}   NOT NULL
) {KEYED};
CREATE UNIQUE INDEX death_one ON death (book) WHERE over_at = 0;
CREATE INDEX death_person ON death (person);
CREATE INDEX death_book ON death (book);

-- Who of the team said so, by which membership.
CREATE TABLE death_yes (
  death   {BYTES} NOT NULL REFERENCES death (id),
  member  {BYTES} NOT NULL,
  through {BYTES} NOT NULL,
  at      {INT}   NOT NULL,
  PRIMARY KEY (death, member)
) {KEYED};

-- A member of the team who wants to say that somebody has died, and may look for a name until then.
CREATE TABLE death_claim (
  member {BYTES} NOT NULL PRIMARY KEY,
  until  {INT}   NOT NULL
) {KEYED};
