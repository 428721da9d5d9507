-- Somebody can be given to write for the owner in some of the sections they were given. A row goes with the row of the section:
-- the version before, which writes those anew whenever a grant is changed, does not know of this table, and leaves a grant to
-- suggest.
-- +goose Up
CREATE TABLE given_act (
  book    {BYTES} NOT NULL,
  given   {BYTES} NOT NULL,
  section {TEXT}  NOT NULL,
  PRIMARY KEY (book, given, section),
  FOREIGN KEY (book, given, section) REFERENCES given_section (book, given, section) ON DELETE CASCADE
) {KEYED};
