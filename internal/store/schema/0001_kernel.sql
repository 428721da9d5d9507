-- The kernel's tables. {BYTES}, {INT}, {TEXT}, {SERIAL} and {STRICT} are type tokens (package store).
-- {KEYED} is a {STRICT} table that SQLite keeps in the order of its key, without a second tree.
-- Ids are 16 bytes, times are UTC microseconds. Whatever a person wrote stands only in entry.sealed.
-- +goose Up

-- A book. Its first column to change in every write is seq, which is the lock of the book on both engines.
CREATE TABLE book (
  id      {BYTES} NOT NULL PRIMARY KEY,
  owner   {BYTES} NOT NULL UNIQUE,
  seq     {INT}   NOT NULL,
  made_at {INT}   NOT NULL
) {KEYED};

-- What happened to a book, in the order of seq. Never changed, never deleted.
CREATE TABLE entry (
  book        {BYTES} NOT NULL REFERENCES book (id),
  seq         {INT}   NOT NULL,
  id          {BYTES} NOT NULL,
  section     {TEXT}  NOT NULL,
  kind        {TEXT}  NOT NULL,
  version     {INT}   NOT NULL,
  item        {BYTES} NOT NULL,
  act         {TEXT}  NOT NULL,
  author      {BYTES} NOT NULL,
  hat         {TEXT}  NOT NULL,
  via         {TEXT}  NOT NULL,
  base        {BYTES},
  answers     {BYTES},
  recorded_at {INT}   NOT NULL,
  sealed      {BYTES} NOT NULL,
  commitment  {BYTES} NOT NULL,
  leaf        {BYTES} NOT NULL,
  chain       {BYTES} NOT NULL,
  PRIMARY KEY (book, seq),
  UNIQUE (book, id)
) {STRICT};

-- Clear list: what is true now. One row an item, pointing at the entry that holds its words. Made from entry by the
-- fold of package book; a test folds again and compares.
CREATE TABLE item (
  book     {BYTES} NOT NULL REFERENCES book (id),
  item     {BYTES} NOT NULL,
  section  {TEXT}  NOT NULL,
  kind     {TEXT}  NOT NULL,
  state    {TEXT}  NOT NULL,
  head     {BYTES} NOT NULL,
  body_seq {INT}   NOT NULL,
  named_by {BYTES} NOT NULL,
  made_seq {INT}   NOT NULL,
  PRIMARY KEY (book, item)
) {KEYED};
CREATE INDEX item_open ON item (book, state, section, kind, made_seq);

-- Clear list: what others suggested and what the owner answered.
CREATE TABLE suggestion (
  book     {BYTES} NOT NULL REFERENCES book (id),
  entry    {BYTES} NOT NULL,
  seq      {INT}   NOT NULL,
  item     {BYTES} NOT NULL,
  section  {TEXT}  NOT NULL,
  kind     {TEXT}  NOT NULL,
  author   {BYTES} NOT NULL,
  base     {BYTES},
  state    {TEXT}  NOT NULL,
  answer   {BYTES},
  answered_seq {INT} NOT NULL,
  PRIMARY KEY (book, entry)
) {KEYED};
CREATE INDEX suggestion_state ON suggestion (book, state, answered_seq);

-- Clear list: what the owner gave to whom. "given" because GRANT is a word of SQL. id is the item of the grant's entry.
CREATE TABLE given (
  book       {BYTES} NOT NULL REFERENCES book (id),
  id         {BYTES} NOT NULL,
  recipient  {BYTES} NOT NULL,
  purpose    {TEXT}  NOT NULL,
  since      {INT}   NOT NULL,
  until      {INT}   NOT NULL,
  taken_back {INT}   NOT NULL,
  PRIMARY KEY (book, id)
) {KEYED};
CREATE INDEX given_recipient ON given (recipient, book);

CREATE TABLE given_section (
  book    {BYTES} NOT NULL,
  given   {BYTES} NOT NULL,
  section {TEXT}  NOT NULL,
  PRIMARY KEY (book, given, section),
  FOREIGN KEY (book, given) REFERENCES given (book, id)
) {KEYED};

-- Roles in a community. Who walks with whom is in given; here only who may wear which hat, and until when.
CREATE TABLE membership (
  id         {BYTES} NOT NULL PRIMARY KEY,
  community  {BYTES} NOT NULL,
  person     {BYTES} NOT NULL,
  hat        {TEXT}  NOT NULL,
  since      {INT}   NOT NULL,
  until      {INT}   NOT NULL,
  invited_by {BYTES}
) {KEYED};
CREATE INDEX membership_person ON membership (person, hat);

-- Every reading of a book by somebody else, one row a section, written before the page is sent.
CREATE TABLE look (
  id      {BYTES} NOT NULL,
  book    {BYTES} NOT NULL REFERENCES book (id),
  section {TEXT}  NOT NULL,
  reader  {BYTES} NOT NULL,
  hat     {TEXT}  NOT NULL,
  given   {BYTES} NOT NULL,
  purpose {TEXT}  NOT NULL,
  items   {INT}   NOT NULL,
  at      {INT}   NOT NULL,
  batch   {BYTES} NOT NULL,
  PRIMARY KEY (book, id, section)
) {KEYED};
CREATE INDEX look_book ON look (book, at);

-- Leaves waiting for the log's sequencer.
CREATE TABLE log_queue (
  n         {SERIAL},
  leaf      {BYTES} NOT NULL,
  kind      {TEXT}  NOT NULL,
  queued_at {INT}   NOT NULL
) {STRICT};

-- Durable timers and the outbox (package promise).
CREATE TABLE promise (
  id          {BYTES} NOT NULL PRIMARY KEY,
  kind        {TEXT}  NOT NULL,
  version     {INT}   NOT NULL,
  subject     {BYTES},
  payload     {TEXT}  NOT NULL,
  due_at      {INT}   NOT NULL,
  state       {TEXT}  NOT NULL,
  attempts    {INT}   NOT NULL,
  lease_until {INT}   NOT NULL,
  lease_by    {TEXT}  NOT NULL,
  made_at     {INT}   NOT NULL,
  done_at     {INT},
  last_error  {TEXT}  NOT NULL
) {KEYED};
CREATE INDEX promise_due ON promise (due_at) WHERE state = 'open';
