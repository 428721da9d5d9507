-- Who reviews this place from outside the line of management, and what they found (package community/reviewing).
-- +goose Up

-- One asking of the team: who it shall be and where from, in words that everybody here reads. id is that of the form. second_by, and
-- by which membership, is another of the team, who said yes at second_at, 0 before. invitation is the newest link made by that yes; who
-- accepted it has a membership that began when it was used. A row is never deleted.
CREATE TABLE reviewer (
  id             {BYTES} NOT NULL PRIMARY KEY,
  community      {BYTES} NOT NULL,
  words          {TEXT}  NOT NULL,
  asked_by       {BYTES} NOT NULL,
  asked_through  {BYTES} NOT NULL,
  asked_at       {INT}   NOT NULL,
  second_by      {BYTES},
  second_through {BYTES},
  second_at      {INT}   NOT NULL,
  invitation     {BYTES}
) {KEYED};

-- That the role of a reviewer shall end, and why. said_by is one of the team, or with by_self the reviewer. It ended by it at over_at, 0
-- before: when another of the team, second_by, said yes to the same words. A row is never deleted.
CREATE TABLE reviewer_end (
  id             {BYTES} NOT NULL PRIMARY KEY,
  reviewer       {BYTES} NOT NULL REFERENCES reviewer (id),
  membership     {BYTES} NOT NULL,
  words          {TEXT}  NOT NULL,
  by_self        {INT}   NOT NULL,
  said_by        {BYTES} NOT NULL,
  said_through   {BYTES} NOT NULL,
  said_at        {INT}   NOT NULL,
  second_by      {BYTES},
  second_through {BYTES},
  over_at        {INT}   NOT NULL
) {KEYED};

-- What a reviewer found, in their words. span is the quarter it is about, or empty. log_size is how many leaves the log had. adds_to is
-- the finding it adds to. A row is never changed and never deleted, by anybody.
CREATE TABLE finding (
  id        {BYTES} NOT NULL PRIMARY KEY,
  community {BYTES} NOT NULL,
  reviewer  {BYTES} NOT NULL REFERENCES reviewer (id),
  through   {BYTES} NOT NULL,
  span      {TEXT}  NOT NULL,
  words     {TEXT}  NOT NULL,
  adds_to   {BYTES},
  log_size  {INT}   NOT NULL,
  at        {INT}   NOT NULL
) {KEYED};

-- What the team answers beside a finding. A row is never changed and never deleted.
CREATE TABLE finding_answer (
  id      {BYTES} NOT NULL PRIMARY KEY,
  finding {BYTES} NOT NULL REFERENCES finding (id),
  member  {BYTES} NOT NULL,
  through {BYTES} NOT NULL,
  words   {TEXT}  NOT NULL,
  at      {INT}   NOT NULL
) {KEYED};

-- Figures of a quarter that is over, counted once: so that nobody can take two countings from one another and find a person between them.
-- figures are numbers by codes.
CREATE TABLE counted (
  community {BYTES} NOT NULL,
  span      {TEXT}  NOT NULL,
  figures   {TEXT}  NOT NULL,
  at        {INT}   NOT NULL,
  PRIMARY KEY (community, span)
) {KEYED};
