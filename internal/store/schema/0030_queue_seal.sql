-- What stands in the queue for the log says by whom it was put there (package witness): seal is made with a key of the
-- keyring, and once lets it be taken one time only. Rows that a Beside of version 0.2 queues have neither, and are taken
-- until before_until. So does the row of a log: nobody begins one who has the database alone.
-- +goose Up
ALTER TABLE log_queue ADD COLUMN once {BYTES};
ALTER TABLE log_queue ADD COLUMN seal {BYTES};

ALTER TABLE log ADD COLUMN before_until {INT} NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN seal         {BYTES};

ALTER TABLE log_record ADD COLUMN once {BYTES};
CREATE UNIQUE INDEX log_record_once ON log_record (once) WHERE once IS NOT NULL;

-- What stood in the queue and was not put there by Beside, as it stood. It is in no log.
CREATE TABLE log_refused (
  n          {SERIAL},
  leaf       {BYTES} NOT NULL,
  kind       {TEXT}  NOT NULL,
  queued_at  {INT}   NOT NULL,
  id         {BYTES},
  sum        {BYTES},
  once       {BYTES},
  seal       {BYTES},
  refused_at {INT}   NOT NULL
) {STRICT};
