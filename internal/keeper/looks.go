package keeper

import (
	"context"
	"encoding/binary"
	"sync"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// Look is one reading of one section of a book by somebody else than its owner (mission.md, "consent").
type Look struct {
	ID      id.Look // the same for the sections of one reading
	Book    id.Book
	Section book.Section
	Reader  id.Person
	Hat     book.Hat
	Given   id.Item // the grant it was made under
	Purpose book.Purpose
	Items   int // how many were shown
	At      clock.Time
}

// Looks opens to the owner who looked, newest first, from before a time (0: until now). It returns NotOpen to everybody
// else.
func (k *Keeper) Looks(ctx context.Context, who grant.Subject, b id.Book, before clock.Time, limit int) ([]Look, error) {
	if before == 0 {
		before = 1 << 62
	}
	var looks []Look
	err := k.db.View(ctx, func(tx *store.Tx) error {
		now := k.clock.Now()
		if _, err := k.owns(tx, who, now, b); err != nil {
			return err
		}
		return store.Each(tx, k.by(who).looked.text, k.by(who).looked.args(who, now, b, before, limit, now), func(scan func(...any) error) error {
			l := Look{Book: b}
			err := scan(&l.ID, &l.Section, &l.Reader, &l.Hat, &l.Given, &l.Purpose, &l.Items, &l.At)
			looks = append(looks, l)
			return err
		})
	})
	return looks, errs.Wrap("keeper: looks", err)
}

// sections counts what was shown of each.
func (r Reading) sections() map[book.Section]int {
	n := map[book.Section]int{}
	for _, list := range r.Items {
		for _, p := range list {
			n[p.Section]++
		}
	}
	for _, t := range r.Told {
		n[t.Section]++
	}
	return n
}

// looked writes down what who saw. A reading that showed nothing is written down too, with the section of the name.
func (k *Keeper) looked(ctx context.Context, who grant.Subject, b id.Book, by []pass, items map[book.Section]int) error {
	if len(items) == 0 {
		items = map[book.Section]int{book.SectionName: 0}
	}
	return k.looks.add(ctx, k.looksFor(who, b, by, items, k.clock.Now()))
}

func (k *Keeper) looksFor(who grant.Subject, b id.Book, by []pass, items map[book.Section]int, now clock.Time) []Look {
	var looks []Look
	look := id.New[id.Look](k.ids)
	for _, p := range by {
		if n, saw := items[p.section]; saw {
			looks = append(looks, Look{ID: look, Book: b, Section: p.section, Reader: who.Person, Hat: who.Hat, Given: p.given, Purpose: p.purpose, Items: n, At: now})
		}
	}
	return looks
}

// lookQueue gathers the looks of readers that come while others are being written, so that a batch is one transaction
// and one leaf however many read.
type lookQueue struct {
	write func(context.Context, []Look) error
	mu    sync.Mutex
	next  *lookBatch // the batch that gathers now
	busy  bool       // a batch is being written
}

type lookBatch struct {
	looks []Look
	done  chan struct{}
	err   error
}

// add returns when the looks are durable, or with the error of their batch.
func (q *lookQueue) add(ctx context.Context, looks []Look) error {
	if len(looks) == 0 {
		return nil
	}
	q.mu.Lock()
	if q.next == nil {
		q.next = &lookBatch{done: make(chan struct{})}
	}
	mine := q.next
	mine.looks = append(mine.looks, looks...)
	if !q.busy {
		q.busy = true
		go q.run(context.WithoutCancel(ctx)) // the batch is others' too
	}
	q.mu.Unlock()
	select {
	case <-mine.done:
		return mine.err
	case <-ctx.Done():
		return errs.As("keeper: look", errs.Busy, ctx.Err())
	}
}

// LooksWaiting is how many looks wait to be written down now.
func (k *Keeper) LooksWaiting() int {
	k.looks.mu.Lock()
	defer k.looks.mu.Unlock()
	if k.looks.next == nil {
		return 0
	}
	return len(k.looks.next.looks)
}

// run writes batch after batch until none is left.
func (q *lookQueue) run(ctx context.Context) {
	for {
		q.mu.Lock()
		batch := q.next
		q.next = nil
		if batch == nil {
			q.busy = false
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		batch.err = q.write(ctx, batch.looks)
		close(batch.done)
	}
}

// writeLooks writes one batch of looks with one leaf for all of them.
func (k *Keeper) writeLooks(ctx context.Context, looks []Look) error {
	return errs.Wrap("keeper: look", k.db.Update(ctx, func(tx *store.Tx) error { return k.putLooks(tx, looks) }))
}

// putLooks writes looks in tx, with one leaf for all of them.
func (k *Keeper) putLooks(tx *store.Tx, looks []Look) error {
	rows := make([]witness.Hash, len(looks))
	for i, l := range looks {
		rows[i] = witness.RowHash(l.canonical())
	}
	leaf := witness.ListLeaf(lookKind, rows)
	for _, l := range looks {
		_, err := tx.Exec(`INSERT INTO look (id, book, section, reader, hat, given, purpose, items, at, batch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			l.ID, l.Book, string(l.Section), l.Reader, string(l.Hat), l.Given, string(l.Purpose), l.Items, l.At, leaf)
		if err != nil {
			return err
		}
	}
	return k.log.Enqueue(tx, leaf, lookKind, k.clock.Now())
}

// lookKind is the kind of the leaves of looks.
const lookKind = "look"

// canonical is the look as its batch's leaf commits to it.
func (l Look) canonical() []byte {
	var items, at [8]byte
	binary.BigEndian.PutUint64(items[:], uint64(l.Items))
	binary.BigEndian.PutUint64(at[:], uint64(l.At))
	return witness.NewHeader("look", l.ID.Bytes(), l.Book.Bytes(), []byte(l.Section), l.Reader.Bytes(), []byte(l.Hat), l.Given.Bytes(), []byte(l.Purpose), items[:], at[:])
}
