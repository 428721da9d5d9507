-- The log: one append-only Merkle tree of leaves for the installation (package witness), and its signed heads.
-- +goose Up

-- One row a log. A restore ends the log there was and begins another. previous is the last signed head of the log before,
-- empty for the first. The row of the log that is not ended is the lock of the one who appends to it.
CREATE TABLE log (
  number     {INT}  NOT NULL PRIMARY KEY,
  origin     {TEXT} NOT NULL UNIQUE,
  previous   {TEXT} NOT NULL,
  started_at {INT}  NOT NULL,
  ended_at   {INT}  NOT NULL,
  size       {INT}  NOT NULL
) {KEYED};
CREATE UNIQUE INDEX log_open ON log (ended_at) WHERE ended_at = 0;

-- The hashes of a log, up to 256 side by side; a full tile never changes again. Level 0 holds leaves, a hash of a level
-- above stands for a whole tile below. Of leaves also when they were queued: the earliest and the latest of this tile,
-- and the latest of it and all before, so that a leaf is found by its time without an index of leaves.
CREATE TABLE log_tile (
  log      {INT}   NOT NULL,
  level    {INT}   NOT NULL,
  n        {INT}   NOT NULL,
  width    {INT}   NOT NULL,
  earliest {INT}   NOT NULL,
  latest   {INT}   NOT NULL,
  so_far   {INT}   NOT NULL,
  hashes   {BYTES} NOT NULL,
  PRIMARY KEY (log, level, n)
) {STRICT};
CREATE INDEX log_tile_time ON log_tile (log, so_far, n) WHERE level = 0;

-- Signed heads. Which are kept for how long is said in package witness.
CREATE TABLE log_checkpoint (
  log  {INT}  NOT NULL,
  size {INT}  NOT NULL,
  at   {INT}  NOT NULL,
  note {TEXT} NOT NULL,
  PRIMARY KEY (log, size)
) {STRICT};

-- What a leaf of a community row stands for: which row, and the hash of what stood in it. n is the leaf's place.
CREATE TABLE log_record (
  log  {INT}   NOT NULL,
  n    {INT}   NOT NULL,
  kind {TEXT}  NOT NULL,
  id   {BYTES} NOT NULL,
  sum  {BYTES} NOT NULL,
  PRIMARY KEY (log, n)
) {KEYED};
CREATE INDEX log_record_row ON log_record (kind, id, log, n);

ALTER TABLE log_queue ADD COLUMN id  {BYTES};
ALTER TABLE log_queue ADD COLUMN sum {BYTES};

-- Heads that somebody outside checked and signed too (C2SP cosignature/v1). line is their signature line.
CREATE TABLE log_checked (
  log     {INT}  NOT NULL,
  size    {INT}  NOT NULL,
  witness {TEXT} NOT NULL,
  at      {INT}  NOT NULL,
  line    {TEXT} NOT NULL,
  PRIMARY KEY (log, size, witness)
) {STRICT};
CREATE INDEX log_checked_at ON log_checked (at);
