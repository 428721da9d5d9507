-- Up to where each log is shown to the world, which is later than it is signed (package witness): leaves, never fewer than
-- were shown before.
-- +goose Up
ALTER TABLE log ADD COLUMN shown {INT} NOT NULL DEFAULT 0;
