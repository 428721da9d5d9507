-- The looks that were written together share a leaf of the log: whoever proves one needs the others' hashes.
-- +goose Up
CREATE INDEX look_batch ON look (batch);
