-- Getting the login back when everything else is lost: who may help a person, what was asked for, who said yes; and how a
-- member of the centre team finds somebody by name.
-- +goose Up

-- Somebody whom a person asked to help them back in. token_hash is a keyed hash of the one-time code, until it is accepted.
-- label is sealed under the key tree of the person's book, note under the holder's, as an item with the row's id. pause is
-- how long after the acceptance it begins. The row goes when either takes it back.
CREATE TABLE holder (
  id          {BYTES} NOT NULL PRIMARY KEY,
  person      {BYTES} NOT NULL REFERENCES account (person),
  holder      {BYTES},
  token_hash  {BYTES} UNIQUE,
  label       {BYTES} NOT NULL,
  note        {BYTES},
  pause       {INT}   NOT NULL,
  made_at     {INT}   NOT NULL,
  token_until {INT}   NOT NULL,
  active_at   {INT}   NOT NULL,
  UNIQUE (person, holder)
) {KEYED};
CREATE INDEX holder_holder ON holder (holder);

-- Somebody asks to come back in, or to be vouched for. The hashes are keyed, of the secret that the asking browser holds and
-- of the short code that is spoken. person is none while nobody was found, and for sign-in words that are nobody's.
CREATE TABLE login_request (
  id          {BYTES} NOT NULL PRIMARY KEY,
  kind        {TEXT}  NOT NULL,
  person      {BYTES},
  secret_hash {BYTES} NOT NULL UNIQUE,
  code_hash   {BYTES} NOT NULL UNIQUE,
  asked_at    {INT}   NOT NULL,
  until       {INT}   NOT NULL,
  stopped_at  {INT}   NOT NULL,
  used_at     {INT}   NOT NULL
) {KEYED};
CREATE INDEX login_request_person ON login_request (person, asked_at);

-- Who said yes to a request, by what they may: the id of a holder, or of a membership of the team. at is never before an
-- earlier yes or the asking, whatever the clock says.
CREATE TABLE login_yes (
  request {BYTES} NOT NULL REFERENCES login_request (id),
  who     {BYTES} NOT NULL,
  through {BYTES} NOT NULL,
  how     {TEXT}  NOT NULL,
  at      {INT}   NOT NULL,
  PRIMARY KEY (request, who)
) {KEYED};

-- A member of the team who was told the spoken code of an open request at the desk, and may look for a name until then.
CREATE TABLE desk_claim (
  request {BYTES} NOT NULL REFERENCES login_request (id),
  member  {BYTES} NOT NULL,
  until   {INT}   NOT NULL,
  PRIMARY KEY (request, member)
) {KEYED};
CREATE INDEX desk_claim_member ON desk_claim (member, until);

-- Keyed hashes of the parts of the name a person goes by, and of how they sound. Each book that was gone through has one
-- part that says by which form of this list.
CREATE TABLE name_part (
  part {BYTES} NOT NULL,
  book {BYTES} NOT NULL REFERENCES book (id),
  PRIMARY KEY (part, book)
) {KEYED};
CREATE INDEX name_part_book ON name_part (book);
