-- +goose Up

-- Clear list: who said of whom that they know each other from their own life. What they are to each other stands sealed in
-- the entry, whose item this is. ended_at is 0 while the tie stands; then it is at least as late as the youngest grant
-- between the two, so that nothing is shared again by taking a tie back, whatever the clock says.
CREATE TABLE tie (
  one      {BYTES} NOT NULL,
  other    {BYTES} NOT NULL,
  item     {BYTES} NOT NULL,
  since    {INT}   NOT NULL,
  ended_at {INT}   NOT NULL,
  PRIMARY KEY (one, other)
) {KEYED};
