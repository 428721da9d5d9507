package keeper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
	"beside/internal/witness"
)

// Check compares every book with its chain and with the log, and every batch of looks with the log. What is wrong goes to
// c, naming the row. With keys each entry is opened too: its words are compared with its commitment, and the book is
// folded again and compared with the clear lists; a keeper that was made without a vault cannot do that. Errors are
// those of the store.
func (k *Keeper) Check(ctx context.Context, c *witness.Check, keys bool) error {
	const op = "keeper: check"
	after, done := make([]byte, 16), int64(0)
	for {
		var books []checkedBook
		err := c.DB.View(ctx, func(tx *store.Tx) error {
			return store.Each(tx, `SELECT id FROM book WHERE id > $1 ORDER BY id LIMIT 200`, []any{after}, func(scan func(...any) error) error {
				b := checkedBook{k: k, c: c, keys: keys}
				err := scan(&b.id)
				books = append(books, b)
				return err
			})
		})
		if err != nil {
			return errs.Wrap(op, err)
		}
		if len(books) == 0 {
			break
		}
		for i := range books {
			if err := books[i].check(ctx); err != nil {
				return errs.Wrap(op, err)
			}
			done += books[i].entries
			after = books[i].id.Bytes()
		}
		c.Progress("entries of books", done)
	}
	if err := checkStray(ctx, c); err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, checkLooks(ctx, c))
}

// checkStray reports entries of books that are not there.
func checkStray(ctx context.Context, c *witness.Check) error {
	return c.DB.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT DISTINCT e.book FROM entry AS e WHERE NOT EXISTS (SELECT 1 FROM book AS b WHERE b.id = e.book)`, nil, func(scan func(...any) error) error {
			var b id.Book
			err := scan(&b)
			c.Add(witness.Problem{Table: "book", Row: b.String(), What: "it is missing, and there are entries of it"})
			return err
		})
	})
}

// checkedBook is one book on its way through a check.
type checkedBook struct {
	k       *Keeper
	c       *witness.Check
	keys    bool
	id      id.Book
	owner   id.Person
	seq     int64 // that the row of the book says
	entries int64
	chain   witness.Hash
	now     *book.Now
	broken  bool // it cannot be folded any further
	facts   facts
}

func (b *checkedBook) problem(table, row, format string, args ...any) {
	if row != "" {
		row = ", " + row
	}
	b.c.Add(witness.Problem{Table: table, Row: "book " + b.id.String() + row, What: fmt.Sprintf(format, args...)})
}

// committed is a row of entry with what commits to it.
type committed struct {
	storedEntry
	commitment  []byte
	leaf, chain []byte
}

// erased reports whether nothing is left of what the entry said.
func (e *committed) erased() bool { return len(e.sealed) == 0 && len(e.commitment) == 0 }

// entriesAtOnce is how many entries of a book are in memory at a time.
const entriesAtOnce = 200

const committedColumns = entryColumns + `, e.commitment, e.leaf, e.chain`

func (e *committed) scan(scan func(...any) error) error {
	return scan(append(e.fields(), &e.commitment, &e.leaf, &e.chain)...)
}

// check goes through one book on one snapshot.
func (b *checkedBook) check(ctx context.Context) error {
	return b.c.DB.View(ctx, func(tx *store.Tx) error {
		b.entries, b.chain = 0, witness.Hash{}
		if err := tx.Row(`SELECT owner, seq FROM book WHERE id = $1`, b.id).Scan(&b.owner, &b.seq); err != nil {
			return err
		}
		b.now, b.facts = book.NewNow(b.owner), newFacts()
		for {
			page, err := b.page(tx)
			if err != nil {
				return err
			}
			for i := range page {
				if err := b.entry(ctx, tx, &page[i]); err != nil {
					return err
				}
			}
			if len(page) < entriesAtOnce {
				break
			}
		}
		if b.entries != b.seq {
			b.problem("entry", fmt.Sprintf("entry %d", b.entries+1), "it is missing: the book says that it has %d entries, and %d are there", b.seq, b.entries)
			return nil
		}
		if b.broken || !b.keys || mutant.On("verify-fold") {
			return nil
		}
		return b.lists(tx)
	})
}

func (b *checkedBook) page(tx *store.Tx) (page []committed, err error) {
	err = store.Each(tx, `SELECT `+committedColumns+` FROM entry AS e WHERE e.book = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3 + 0`,
		[]any{b.id, b.entries, entriesAtOnce}, func(scan func(...any) error) error {
			var e committed
			err := e.scan(scan)
			page = append(page, e)
			return err
		})
	return page, err
}

// entry checks the next entry of the book.
func (b *checkedBook) entry(ctx context.Context, tx *store.Tx, e *committed) error {
	row := fmt.Sprintf("entry %d (%s)", e.Seq, e.ID)
	if want := b.entries + 1; e.Seq != want {
		b.problem("entry", fmt.Sprintf("entry %d", want), "it is missing: it was removed, or moved")
		b.broken = true
	}
	b.entries = e.Seq
	var leaf, chain witness.Hash
	if leaf.Scan(e.leaf) != nil || chain.Scan(e.chain) != nil {
		b.problem("entry", row, "its leaf or its chain is not a hash")
		b.broken = true
		return nil
	}
	if err := b.leaf(ctx, tx, e, leaf, row); err != nil {
		return err
	}
	if witness.Chain(b.chain, leaf) != chain {
		b.problem("entry", row, "the chain of the book breaks here: this entry or the one before it was changed, moved, added or removed")
	}
	b.chain = chain
	if e.erased() {
		b.c.Erased(leaf, witness.Problem{Table: "entry", Row: "book " + b.id.String() + ", " + row})
		return nil
	}
	return b.c.Explain(tx, leaf, e.RecordedAt, true, witness.Problem{Table: "entry", Row: "book " + b.id.String() + ", " + row})
}

// leaf compares what stands in the row with its leaf, and with its words where there are keys.
func (b *checkedBook) leaf(ctx context.Context, tx *store.Tx, e *committed, leaf witness.Hash, row string) error {
	if e.erased() {
		erased, err := wasErased(tx, e, leaf)
		if err == nil && !erased {
			b.problem("entry", row, "its words are gone, and nobody erased them by Beside")
			b.broken = true
		}
		if err == nil && b.keys && !b.broken && b.now.Skip(e.Seq, e.ID, e.Item) != nil {
			b.problem("entry", row, "it could not have been erased")
			b.broken = true
		}
		return err
	}
	var commitment witness.Hash
	if commitment.Scan(e.commitment) != nil || witness.Leaf(header(e.Entry), commitment, witness.Cipher(e.sealed)) != leaf {
		b.problem("entry", row, "it does not fit its leaf: one of its columns was changed")
		b.broken = true
		return nil
	}
	if !b.keys || b.broken {
		return nil
	}
	return b.open(ctx, e, commitment, row)
}

// open compares the words of an entry with its commitment, and folds it in.
func (b *checkedBook) open(ctx context.Context, e *committed, commitment witness.Hash, row string) error {
	opened, err := b.k.vault.Unseal(ctx, e.Book, e.Item, e.ID, e.sealed)
	switch {
	case errs.Is(err, errs.Busy):
		return err
	case errors.Is(err, vault.ErrErased):
		b.broken = true
		b.problem("entry", row, "its key is gone, and its words are still stored")
		return nil
	case err != nil || len(opened) < len(witness.Salt{})+8:
		b.broken = true
		b.problem("entry", row, "its words cannot be opened with its key: they are not those that were sealed for it")
		return nil
	}
	salt, plain := witness.Salt(opened), opened[len(witness.Salt{}):]
	if witness.Commit(salt, plain) != commitment {
		b.problem("entry", row, "its words are not those it was committed to")
	}
	if err := readPlain(&e.Entry, plain); err != nil {
		b.broken = true
		b.problem("entry", row, "its words cannot be read")
		return nil
	}
	if err := b.fold(e.Entry); err != nil {
		b.broken = true
		b.problem("entry", row, "it could not follow from what was before it: its author had no right to it, or it comes from elsewhere")
		return nil
	}
	b.facts.apply(e.Entry)
	return nil
}

// fold folds in an entry. What one erased is empty where it stood, so the law cannot be asked about it any more; that the
// owner did it can.
func (b *checkedBook) fold(e book.Entry) error {
	if e.Act != book.ActErase {
		return b.now.Apply(e)
	}
	if e.Author != b.owner || e.Hat != book.HatSelf {
		return errs.New("keeper: check", errs.NotOpen, "")
	}
	return b.now.Skip(e.Seq, e.ID, e.Item)
}

// wasErased reports whether the owner erased an entry for good: then a tombstone says so, which the log holds as it holds
// every tombstone ([Witnessed]), and nothing of what the entry said is left.
func wasErased(tx *store.Tx, e *committed, leaf witness.Hash) (bool, error) {
	var there int
	err := tx.Row(`SELECT 1 FROM tombstone WHERE book = $1 AND seq = $2 AND entry = $3 AND item = $4 AND leaf = $5`, e.Book, e.Seq, e.ID, e.Item, leaf).Scan(&there)
	if store.IsNone(err) {
		return false, nil
	}
	return err == nil && e.Kind == "" && e.Section == "" && e.Act == "" && e.Author.IsZero() && e.Hat == "" && e.Via == "" && e.Base.IsZero() &&
		e.Answers.IsZero() && e.RecordedAt == 0 && e.Version == 0, err
}

// batchesAtOnce is how many batches of looks are compared in one transaction.
const batchesAtOnce = 200

// checkLooks compares every batch of looks with its leaf.
func checkLooks(ctx context.Context, c *witness.Check) error {
	done, after := int64(0), []byte{0}
	for more := true; more; {
		err := c.DB.View(ctx, func(tx *store.Tx) error {
			batches, err := batchesAfter(tx, after)
			if more = len(batches) > 0; err != nil || !more {
				return err
			}
			after = batches[len(batches)-1]
			groups, err := lookGroups(tx, batches)
			for i := range groups {
				if err == nil {
					err = groups[i].check(tx, c)
				}
				done += int64(len(groups[i].hashes))
			}
			return err
		})
		if err != nil {
			return err
		}
		c.Progress("looks", done)
	}
	return nil
}

func batchesAfter(tx *store.Tx, after []byte) (batches [][]byte, err error) {
	err = store.Each(tx, `SELECT DISTINCT batch FROM look WHERE batch > $1 ORDER BY batch LIMIT $2 + 0`, []any{after, batchesAtOnce}, func(scan func(...any) error) error {
		var b []byte
		err := scan(&b)
		batches = append(batches, b)
		return err
	})
	return batches, err
}

// lookGroup is what is stored of one batch of looks.
type lookGroup struct {
	batch  []byte
	at     clock.Time // of the earliest
	first  Look
	hashes []witness.Hash
	rows   [][]byte // as version 0.2 hashed them
}

const lookColumns = `l.id, l.book, l.section, l.reader, l.hat, l.given, l.purpose, l.items, l.at, l.batch`

func (l *Look) fields() []any {
	return []any{&l.ID, &l.Book, &l.Section, &l.Reader, &l.Hat, &l.Given, &l.Purpose, &l.Items, &l.At}
}

func lookGroups(tx *store.Tx, batches [][]byte) (groups []lookGroup, err error) {
	these, args := store.In("l.batch", nil, batches)
	err = store.Each(tx, `SELECT `+lookColumns+` FROM look AS l WHERE `+these+` ORDER BY l.batch`, args, func(scan func(...any) error) error {
		var l Look
		var batch []byte
		if err := scan(append(l.fields(), &batch)...); err != nil {
			return err
		}
		if len(groups) == 0 || !bytes.Equal(groups[len(groups)-1].batch, batch) {
			groups = append(groups, lookGroup{batch: batch, at: l.At, first: l})
		}
		g := &groups[len(groups)-1]
		row := l.canonical()
		g.at, g.rows, g.hashes = min(g.at, l.At), append(g.rows, row), append(g.hashes, witness.RowHash(row))
		return nil
	})
	return groups, err
}

// check compares a batch with its leaf. Who reads of a report is told the first look of the batch.
func (g *lookGroup) check(tx *store.Tx, c *witness.Check) error {
	p := witness.Problem{Table: "look", Row: fmt.Sprintf("the look %s into book %s and %d written with it", g.first.ID, g.first.Book, len(g.hashes)-1)}
	var leaf witness.Hash
	if leaf.Scan(g.batch) != nil || witness.ListLeaf(lookKind, g.hashes) != leaf && g.oldLeaf() != leaf {
		p.What = "they are not as they were written: one was changed, added, or removed"
		c.Add(p)
		return nil
	}
	return c.Explain(tx, leaf, g.at, false, p)
}

// oldLeaf is the leaf of the batch as version 0.2 made it.
func (g *lookGroup) oldLeaf() witness.Hash {
	slices.SortFunc(g.rows, bytes.Compare)
	return witness.BatchLeaf(lookKind, g.rows)
}
