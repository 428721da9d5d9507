-- What happened with a person's ways in and was not seen yet is asked for with the first page of their book.
-- +goose Up
CREATE INDEX happening_unseen ON happening (person) WHERE seen_at = 0;
