// Package witness makes what happened checkable from outside. Every act on a book, every look into one and every change
// of community data becomes a leaf: a hash that says what happened without giving away a word. The leaf is queued in
// the transaction that makes the change, and chained per book. A sequencer takes the queue into one append-only Merkle log
// (RFC 6962) and signs its heads:
//
//	written ──COMMIT──▶ queued ──[Log.Sequence], within a second──▶ in the log, under a signed head ──next [Beat]──▶ shown
//		to the world ──▶ checked outside
//
// A second is what it takes when the machine has time; nothing depends on it.
//
// Whoever was shown a signed head can check whatever is shown later against it: that something was in the log then
// ([Tree.Inclusion]), and that the log of now begins with the log of then ([Tree.Consistency]). What was not signed yet,
// or whose signed head nobody outside has seen, can still be rewritten by somebody who holds the database and the keys.
// Who holds the database alone gets nothing of theirs signed: whatever stands in the queue carries a seal that a key of the
// keyring made ([Queue]). They can undo what was not signed yet, which is about a second, and they can destroy.
//
// # The log
//
// A checkpoint is a signed note as in C2SP tlog-checkpoint; tiles are those of C2SP tlog-tiles, but there are no entry
// bundles: the log holds hashes only. The first leaf of every log is a row leaf of kind "log", whose id is the log's
// origin and whose payload is the last checkpoint of the log before, empty for the first. After a restore of older data
// [Queue.Restart] begins a new log so:
//
//	log 1: running ──restore, [Queue.Restart]──▶ ended, its last head named by ──▶ log 2: running ──▶ …
//
// A leaf costs 37 bytes of disk on SQLite and 54 on PostgreSQL (BenchmarkSequence): its hash of 32, the tiles above, pages,
// and on PostgreSQL what a tile leaves behind as it fills. There is no index of leaves:
// one is found by the time at which it was queued, which every tile bounds ([Find]).
//
// # What the world sees
//
// Heads and tiles are shown to anybody, since a witness is nobody special. In a place of five people whoever asks every
// second would read from them when each act happens. So a head is shown at the next [Beat] after it was signed, to witnesses
// too, and tiles only under a head that is shown; a person's own copy may prove up to the newest. What can still be read
// from outside: how many leaves came between two beats, and so whether something was done here between 23:10 and 23:20,
// roughly how much happens here, and when the house sleeps. An act is one leaf or a few, looks of one moment are one, and
// some leaves are of the house itself; nothing says whose they are or which is which. A copy that somebody gives away
// holds the time of every entry in it. A witness whose signature is refused for a head that is not shown yet learns nothing:
// it would have to know it.
//
// # Bytes
//
// Every hash is SHA-256. Numbers are 4 bytes, big-endian. "text" stands for a number, the length, and that many bytes.
// What is hashed can be rebuilt by anybody who holds an export, from this description:
//
//	header      = 0x01 text(kind) text(field)*
//	commitment  = SHA-256(0x03 salt plain)                 salt is 16 random bytes, kept sealed with the plain text
//	cipher      = SHA-256(sealed)
//	entry leaf  = RecordHash(0x01 'E' text(header) commitment cipher)
//	row leaf    = RecordHash(0x01 'R' text(kind) text(id) SHA-256(payload) once)   once is 16 random bytes,
//	                                                       none in logs' own rows and those of version 0.2
//	list leaf   = RecordHash(0x01 'L' text(kind) number of rows, row hash*)   row hashes in ascending order
//	row hash    = SHA-256(0x04 row)
//	batch leaf  = RecordHash(0x01 'B' text(kind) number of rows, text(row)*)  lists of version 0.2
//	chain       = SHA-256(0x02 chain-before leaf)          32 zero bytes come before the first
//
// RecordHash(b) is SHA-256(0x00 b), the leaf hash of RFC 6962 section 2.1; its inner nodes begin with 0x01, the chain
// with 0x02, commitments with 0x03, rows of lists with 0x04, so that none can pass for another.
//
// A commitment hides the text, also a short one that could be guessed, as long as the salt is secret; once text and
// salt are shown, nobody can claim another text.
package witness
