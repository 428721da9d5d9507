-- What stands sealed with an account, under the key of its book. Everybody's is as long as anybody's and is sealed anew at each
-- coming in, so that it tells nothing to who has the database alone.
-- +goose Up
ALTER TABLE account ADD COLUMN kept {BYTES};
