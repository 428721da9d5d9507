-- Links into the centre team that who runs this computer made, for a team that has lost every way in.
-- +goose Up
ALTER TABLE invitation ADD COLUMN by_host {INT} NOT NULL DEFAULT 0;
