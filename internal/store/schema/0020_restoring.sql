-- What a place knows of itself. Neither table is carried by a backup: a place that is restored gets its own rows.
-- +goose Up

-- One row while a backup is being put into this place: nothing serves it before the row is gone.
CREATE TABLE restoring (
  n         {INT} NOT NULL PRIMARY KEY CHECK (n = 1),
  begun_at  {INT} NOT NULL,
  backup_at {INT} NOT NULL
) {STRICT};

-- One row while promises rest: timers and messages wait until somebody releases them.
CREATE TABLE resting (
  n     {INT} NOT NULL PRIMARY KEY CHECK (n = 1),
  since {INT} NOT NULL
) {STRICT};
