-- The tables of the practice packages: account, peer.
-- +goose Up

-- The community of this installation. Several may come to share one; a book belongs to none of them.
CREATE TABLE community (
  id      {BYTES} NOT NULL PRIMARY KEY,
  name    {TEXT}  NOT NULL,
  made_at {INT}   NOT NULL
) {STRICT};

-- How a person comes back. sign_in is a keyed hash of their sign-in words, never the words.
CREATE TABLE account (
  person     {BYTES} NOT NULL PRIMARY KEY,
  book       {BYTES} NOT NULL UNIQUE,
  sign_in    {BYTES} NOT NULL UNIQUE,
  passphrase {TEXT}  NOT NULL,
  made_at    {INT}   NOT NULL
) {KEYED};

-- A signed-in device wearing one hat. id_hash is a hash of the cookie's secret.
CREATE TABLE session (
  id_hash {BYTES} NOT NULL PRIMARY KEY,
  person  {BYTES} NOT NULL REFERENCES account (person),
  hat     {TEXT}  NOT NULL,
  made_at {INT}   NOT NULL,
  seen_at {INT}   NOT NULL,
  until   {INT}   NOT NULL
) {KEYED};
CREATE INDEX session_person ON session (person);

-- A one-time link that gives a hat. token_hash is a hash of what stands in the link.
CREATE TABLE invitation (
  id         {BYTES} NOT NULL PRIMARY KEY,
  community  {BYTES} NOT NULL,
  token_hash {BYTES} NOT NULL UNIQUE,
  hat        {TEXT}  NOT NULL,
  made_by    {BYTES},
  made_at    {INT}   NOT NULL,
  until      {INT}   NOT NULL,
  used_by    {BYTES},
  used_at    {INT}   NOT NULL
) {KEYED};

-- What a worker tells about themselves to people who choose. Their own words, meant to be read.
CREATE TABLE worker_profile (
  person            {BYTES} NOT NULL PRIMARY KEY,
  community         {BYTES} NOT NULL,
  name              {TEXT}  NOT NULL,
  title             {TEXT}  NOT NULL,
  story             {TEXT}  NOT NULL,
  languages         {TEXT}  NOT NULL,
  training          {TEXT}  NOT NULL,
  certificate_until {INT}   NOT NULL,
  taking_more       {INT}   NOT NULL,
  changed_at        {INT}   NOT NULL
) {KEYED};

-- "There is something new for you": ids and a code, no text.
CREATE TABLE notice (
  id      {BYTES} NOT NULL PRIMARY KEY,
  person  {BYTES} NOT NULL,
  kind    {TEXT}  NOT NULL,
  book    {BYTES} NOT NULL,
  entry   {BYTES} NOT NULL,
  at      {INT}   NOT NULL,
  seen_at {INT}   NOT NULL
) {KEYED};
CREATE INDEX notice_person ON notice (person, seen_at, at);
