-- The keyring. It stands in a store of its own: never in the store that holds the books.

-- +goose Up

-- One row: what the right root key derives for the purpose "check".
CREATE TABLE keyring (
  n           {INT} NOT NULL PRIMARY KEY CHECK (n = 1),
  check_value {BYTES} NOT NULL,
  made_at     {INT} NOT NULL
) {STRICT};

-- The key tree of each book, wrapped by the root key. The form inside is versioned in its first byte.
CREATE TABLE book_tree (
  book    {BYTES} NOT NULL PRIMARY KEY,
  wrapped {BYTES} NOT NULL,
  made_at {INT} NOT NULL
) {STRICT};
