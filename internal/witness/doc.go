// Package witness makes what happened checkable from outside. Every act on a book, every look into one and every change
// of community data becomes a leaf: a hash that says what happened without giving away a word. The leaf is queued in
// the transaction that makes the change, and chained per book. A sequencer, which comes later, takes the queue into one
// append-only Merkle log (RFC 6962) and signs its heads; nothing here signs or proves inclusion yet.
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
//	row leaf    = RecordHash(0x01 'R' text(kind) text(id) SHA-256(payload))
//	batch leaf  = RecordHash(0x01 'B' text(kind) number of rows, text(row)*)
//	chain       = SHA-256(0x02 chain-before leaf)          32 zero bytes come before the first
//
// RecordHash(b) is SHA-256(0x00 b), the leaf hash of RFC 6962 section 2.1; its inner nodes begin with 0x01, the chain
// with 0x02, commitments with 0x03, so that none can pass for another.
//
// A commitment hides the text, also a short one that could be guessed, as long as the salt is secret; once text and
// salt are shown, nobody can claim another text.
package witness
