-- What nodes are keeping just now (package promise): each node looks at it whenever it claims.
-- +goose Up
CREATE INDEX promise_held ON promise (id) WHERE state = 'open' AND lease_by <> '';
