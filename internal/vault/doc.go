// Package vault is the keyring: it keeps a key tree for every book, seals what is written in a book and opens it
// again. It lives in a store of its own, apart from the books and outside their cluster, so that a copy of the books
// alone says nothing, and so that erasing a key can erase the words in every copy of the books, even in old backups,
// once the older copies of the keyring are gone.
//
// # Keys
//
//	root key of a generation (a file, 0600)
//	├── wrapping key ── HKDF ──► opens the stored tree of each book (AES-256-GCM, associated data = book id)
//	│                  │           └── tree root ──► … 32 steps … ──► leaf ──► key of one item
//	│                  └───────► opens the secret of the purposes ── HKDF ──► [Vault.Key], [Vault.Blind]
//	├── check value  ── HKDF ──► stored, tells a keyring that was opened with another root key
//	└── next root key ── HKDF ──► the root key of the next generation; nobody can go back
//
// # The tree of a book
//
// It is the tree of Goldreich, Goldwasser and Micali ("How to construct random functions", 1986) with four children a
// node, used as a puncturable key: a node gives the keys of everything below it and of nothing else. The path of an
// item is the first 64 bits of SHA-256(label ‖ salt of the tree ‖ item id), two bits a step, so 32 steps. To erase an
// item, the node above it is replaced by the nodes beside its path, at most 3×32 of them; the keys of all other items
// stay what they were. An item that the tree no longer covers gives [ErrErased].
//
// Two items of one book on the same leaf would be erased together, though their keys differ, because the item's whole
// id goes into the last step. With n items that happens with probability n²/2⁶⁵: for 5,000 items 7·10⁻¹³, for a
// million 3·10⁻⁸. Somebody who picks ids on purpose cannot aim at a leaf, because the salt is random, secret and
// different in every book.
//
// # Sealed values
//
// A sealed value is a version byte and the output of Tink's AES-256-GCM under the item's key, with version, book,
// entry and item as associated data: it opens nowhere but where it was written. Tink draws the 96-bit nonce from the
// system's randomness, also in tests; an item has far fewer than 2³² entries. Before sealing, a text is padded (see
// [Sealed]), so that its size tells little.
//
// # Erasing
//
// Three things end the life of a key, each later than the one before:
//
//	[Vault.Erase]   the tree in the keyring no longer gives it: this program cannot open the item any more
//	[Vault.Settle]  every program that holds the keyring open has forgotten the tree from before (drawn at the type program)
//	[Vault.Renew]   the root key has moved on, so that nothing that is there today opens an old page, log or copy of the
//	                keyring, in which the tree from before still stands
//
// A generation, while all trees are wrapped anew:
//
//	      begin: the next root key follows      every tree wrapped anew, some at a time    end: the old root key goes
//	[one] ───────────────────────────────▶ [two] ─────────────────────────────────────────▶ [one]
//	                                         └── something was put under the older meanwhile: once more
//
// Each step is one transaction and can be repeated by anybody, so whoever dies in between is taken over. A program that is
// behind works the next root key out from its own; nothing secret is sent. A recovery copy of the root key, which is older,
// leads to today's in the same way: so it need not be made anew, and so an old copy of the keyring is safe only from those
// who have no such copy. Copies of the keyring must therefore have a short, stated life.
//
// The keyring remembers what was erased ([Vault.Erased]), so that it is erased again after a restore.
//
// # What this does not do
//
// Who holds the root key and the keyring can open every book. Old values of keys may stay in the memory of a running
// process, as Go gives no way to wipe them for certain.
package vault
