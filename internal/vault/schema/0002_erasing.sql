-- Erasing for good, and root keys that move on. A program from before may run beside: it goes on writing trees of
-- generation 0 for as long as there is one, and is refused afterwards.

-- +goose Up

-- Which root keys open something here. There are two rows only while the trees are wrapped anew: the lower one goes when
-- nothing is left under it. fresh is 1 when its root key was drawn anew and does not follow from the one before.
CREATE TABLE generation (
  gen         {INT} NOT NULL PRIMARY KEY,
  check_value {BYTES} NOT NULL,
  fresh       {INT} NOT NULL,
  made_at     {INT} NOT NULL
) {STRICT};
INSERT INTO generation (gen, check_value, fresh, made_at) SELECT 0, check_value, 0, made_at FROM keyring;

-- epoch rises with everything that every program must have seen. purposes is the secret behind the keys that are not of a
-- book; its form is versioned in its first byte. check_value is no longer looked at.
ALTER TABLE keyring ADD COLUMN epoch {INT} NOT NULL DEFAULT 0;
ALTER TABLE keyring ADD COLUMN purposes {BYTES};
ALTER TABLE keyring ADD COLUMN purposes_gen {INT} REFERENCES generation (gen);

-- The key tree of each book, wrapped by the root key of its generation. The reference keeps a generation from going while
-- anything stands under it, and anything from being put under one that is gone.
ALTER TABLE book_tree RENAME TO book_tree_before;
CREATE TABLE book_tree (
  book    {BYTES} NOT NULL PRIMARY KEY,
  wrapped {BYTES} NOT NULL,
  made_at {INT} NOT NULL,
  gen     {INT} NOT NULL DEFAULT 0 REFERENCES generation (gen)
) {STRICT};
INSERT INTO book_tree (book, wrapped, made_at, gen) SELECT book, wrapped, made_at, 0 FROM book_tree_before;
DROP TABLE book_tree_before;

-- What was erased for good: taken out of the trees again after every restore. gen is the generation whose root key opened
-- the tree from before; epoch is what every program must have seen.
CREATE TABLE erased_item (
  book  {BYTES} NOT NULL,
  item  {BYTES} NOT NULL,
  at    {INT} NOT NULL,
  gen   {INT} NOT NULL,
  epoch {INT} NOT NULL,
  PRIMARY KEY (book, item)
) {KEYED};
CREATE TABLE erased_book (
  book  {BYTES} NOT NULL PRIMARY KEY,
  at    {INT} NOT NULL,
  gen   {INT} NOT NULL,
  epoch {INT} NOT NULL
) {KEYED};

-- The programs that hold this keyring open: the epoch each has seen, the generation of its root key file, and the newest
-- generation whose root key it has.
CREATE TABLE program (
  id    {BYTES} NOT NULL PRIMARY KEY,
  seen  {INT} NOT NULL,
  gen   {INT} NOT NULL,
  ready {INT} NOT NULL,
  at    {INT} NOT NULL
) {KEYED};
