-- Something can be given to whoever holds a role here, and to everybody who works here (packages grant and community/roles).
-- +goose Up

-- A role: its name in plain words, which is never changed, as people have read it aloud.
CREATE TABLE role (
  id        {BYTES} NOT NULL PRIMARY KEY,
  community {BYTES} NOT NULL,
  name      {TEXT}  NOT NULL,
  made_by   {BYTES} NOT NULL,
  through   {BYTES} NOT NULL,
  made_at   {INT}   NOT NULL
) {KEYED};

-- That a worker holds a role, from since until until. ended_at is when one of the team took them out before that, 0 for not. Who is
-- put in again has another row. The row goes with the book of who held it.
CREATE TABLE role_holder (
  id        {BYTES} NOT NULL PRIMARY KEY,
  role      {BYTES} NOT NULL,
  community {BYTES} NOT NULL,
  person    {BYTES} NOT NULL,
  since     {INT}   NOT NULL,
  until     {INT}   NOT NULL,
  put_by    {BYTES} NOT NULL,
  through   {BYTES} NOT NULL,
  put_at    {INT}   NOT NULL,
  ended_by  {BYTES},
  ended_at  {INT}   NOT NULL
) {KEYED};
CREATE INDEX role_holder_person ON role_holder (person, role);
CREATE INDEX role_holder_role ON role_holder (role, person);

-- Who is one of several to whom something can be given by one id: that of a role, or that of a place where they work.
CREATE VIEW held AS
  SELECT role AS by_id, community, person, since, until, ended_at FROM role_holder
  UNION ALL SELECT community, community, person, since, until, 0 FROM membership WHERE hat = 'worker';

-- whom is 'one', 'role' or 'workers'. Where it is not 'one', recipient is the id of the role or of the community: to the version before it
-- is a grant to nobody.
ALTER TABLE given ADD COLUMN whom {TEXT} NOT NULL DEFAULT 'one';

-- What the owner said of one who holds the role, or works here: may is 1 for "they may read at once", 0 for "not them". It goes with the
-- grant: the version before does not know of this table.
CREATE TABLE given_said (
  book   {BYTES} NOT NULL,
  given  {BYTES} NOT NULL,
  person {BYTES} NOT NULL,
  may    {INT}   NOT NULL,
  at     {INT}   NOT NULL,
  PRIMARY KEY (book, given, person),
  FOREIGN KEY (book, given) REFERENCES given (book, id) ON DELETE CASCADE
) {KEYED};
