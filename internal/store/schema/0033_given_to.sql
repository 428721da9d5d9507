-- Something can be given to somebody of one's own life, who reads it in their own hat; single items can be given; and what was
-- given may be for reading alone. The version before knows workers alone: to it a grant of the new kinds is one to a worker,
-- which opens nothing to who is none here, and single items are nothing.
-- +goose Up
ALTER TABLE given ADD COLUMN hat {TEXT} NOT NULL DEFAULT 'worker';
ALTER TABLE given ADD COLUMN suggests {INT} NOT NULL DEFAULT 1;

-- The single items of a grant. The section is the item's, which never changes. They go with the grant and with the item: the
-- version before, which takes those out of its lists when they are erased, does not know of this table.
CREATE TABLE given_item (
  book    {BYTES} NOT NULL,
  given   {BYTES} NOT NULL,
  item    {BYTES} NOT NULL,
  section {TEXT}  NOT NULL,
  PRIMARY KEY (book, given, item),
  FOREIGN KEY (book, given) REFERENCES given (book, id) ON DELETE CASCADE,
  FOREIGN KEY (book, item) REFERENCES item (book, item) ON DELETE CASCADE
) {KEYED};
