-- A rule of the centre takes away from what is given to workers (packages grant and community/narrowing). Nothing in it gives.
-- +goose Up

-- all_but is 1 for a rule over all workers but those of narrowing_worker, and 0 for one over those alone. section is '' for every
-- section but the name. closes is 1 for reading and all else, 2 for suggesting and writing for somebody, 3 for writing alone. since is
-- 0 for at once, until 0 for no end. ended_at is 0 until two of the team ended it. A row is never deleted.
CREATE TABLE narrowing (
  id        {BYTES} NOT NULL PRIMARY KEY,
  community {BYTES} NOT NULL,
  all_but   {INT}   NOT NULL,
  section   {TEXT}  NOT NULL,
  closes    {INT}   NOT NULL,
  words     {TEXT}  NOT NULL,
  since     {INT}   NOT NULL,
  until     {INT}   NOT NULL,
  said_by   {BYTES} NOT NULL,
  through   {BYTES} NOT NULL,
  said_at   {INT}   NOT NULL,
  ended_at  {INT}   NOT NULL
) {KEYED};

CREATE TABLE narrowing_worker (
  narrowing {BYTES} NOT NULL REFERENCES narrowing (id),
  person    {BYTES} NOT NULL,
  PRIMARY KEY (narrowing, person)
) {KEYED};

-- Who of the team said that a rule shall end, and by which membership.
CREATE TABLE narrowing_end (
  narrowing {BYTES} NOT NULL REFERENCES narrowing (id),
  member    {BYTES} NOT NULL,
  through   {BYTES} NOT NULL,
  at        {INT}   NOT NULL,
  PRIMARY KEY (narrowing, member)
) {KEYED};
