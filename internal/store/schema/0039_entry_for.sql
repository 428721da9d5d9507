-- What others wrote for an owner is found without going through the book: most books have none.
-- +goose Up
CREATE INDEX entry_for ON entry (book, seq) WHERE act = 'write_for';
