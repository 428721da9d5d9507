-- A role that was ended has until 0, so that no clock that is set back gives it again; ended_at says when it was.
-- +goose Up
ALTER TABLE membership ADD COLUMN ended_at {INT} NOT NULL DEFAULT 0;
