-- Photographs that belong to a book (package media).
-- +goose Up

-- One part of a photograph, at most 64 KiB of it. picture is the whole it is of, pos where it stands in it, from 0. sealed is the
-- part under the key of item, as an entry with the row's id, so that parts cannot change places. It goes with the item.
CREATE TABLE media (
  id      {BYTES} NOT NULL PRIMARY KEY,
  book    {BYTES} NOT NULL REFERENCES book (id),
  item    {BYTES} NOT NULL,
  picture {BYTES} NOT NULL,
  pos     {INT}   NOT NULL,
  sealed  {BYTES} NOT NULL
) {KEYED};
CREATE UNIQUE INDEX media_picture ON media (book, picture, pos);
