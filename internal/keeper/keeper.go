// Package keeper is the only way to write or read a book. A write authorises, appends, seals, commits to the log's
// queue, brings the clear lists up to date and sets what was promised, in one transaction. A read carries the rule of
// package grant in its query, and when the reader is not the owner it is written down for the owner before it returns.
//
// Where "a worker suggests, the person says yes" happens: the worker's [Keeper.Write] of an [book.ActSuggest] puts a row
// into suggestion (project.go); the person's Write of an [book.ActAccept] copies the suggestion's words into an entry of
// the person's own (prepare.go), and [book.Next], the law, makes it the item's (write.go).
package keeper

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync/atomic"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/vault"
	"beside/internal/witness"
)

// Keeper writes and reads books. It is safe for concurrent use.
type Keeper struct {
	db    *store.DB
	vault *vault.Vault
	clock clock.Clock
	ids   *id.Maker
	rand  io.Reader
	looks lookQueue
	q     map[book.Hat]*queries

	log    *witness.Queue // nil in a keeper that was made without keys
	logKey witness.Key

	onErase   []func(*store.Tx, Erased) error
	asides    map[string]CopiedAside // what OnCopy was told
	renewedAt atomic.Int64           // when the root key last moved on, as far as this process knows

	indexed atomic.Bool // every name written before there was an index of names has been gone through
}

// New returns a keeper over the data in db and the keys in v. A nil random means the system's secure randomness.
func New(db *store.DB, v *vault.Vault, c clock.Clock, ids *id.Maker, random io.Reader) *Keeper {
	if random == nil {
		random = rand.Reader
	}
	k := &Keeper{db: db, vault: v, clock: c, ids: ids, rand: random, q: compiled(worn)}
	k.looks.write = k.writeLooks
	if v != nil {
		k.log = witness.NewQueue(v.Key(witness.QueueKey), random)
		k.logKey, _ = witness.KeyOf(v.Key(witness.SignerKey)) // of 32 bytes, as it wants
	}
	return k
}

// Queue is the way into the installation's log.
func (k *Keeper) Queue() *witness.Queue { return k.log }

// ErrOtherKeyring says that the keyring does not hold the keys of the books.
var ErrOtherKeyring = errors.New("the keyring does not know the books there are: start with the keyring that was made with them")

// Fits returns [ErrOtherKeyring] when there are books and the keyring does not know the first of them, as when an empty
// one was made because its place was not there. Other errors are those of the store and the vault.
func (k *Keeper) Fits(ctx context.Context) error {
	var first id.Book
	err := k.db.View(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT id FROM book ORDER BY id LIMIT 1`).Scan(&first) })
	if errors.Is(err, store.ErrNone) {
		return nil
	}
	if err == nil {
		_, err = k.vault.Seal(ctx, first, id.New[id.Item](k.ids), id.New[id.Entry](k.ids), nil)
	}
	switch {
	case errors.Is(err, vault.ErrErased): // which the keyring knows, so that it knows the book
		err = nil
	case errors.Is(err, vault.ErrNoBook):
		err = ErrOtherKeyring
	}
	return errs.Wrap("keeper: fits", err)
}

// Draft is an act somebody wants to do. The zero Item means a new one, whose id then follows from the draft's own, so
// that the same draft sent twice is about the same item.
type Draft struct {
	ID         id.Entry
	Kind       book.Kind // for ActTomorrow may be left out, as the item: the suggestion says
	Act        book.Act
	Item       id.Item
	Base       id.Entry   // the item's head as the writer saw it
	Answers    id.Entry   // the suggestion answered; for ActWriteFor the keeper finds by what it was given
	Body       book.Body  // nil for acts that bring no words; for ActAccept the keeper takes the suggestion's, and of one for ActWriteFor that changes an item only the words
	HappenedAt clock.Time // as the writer says; 0 when not said
	Via        book.Via
}

// TellPromise is the kind of promise that somebody is told that something is there for them; its payload is [Tell].
const TellPromise promise.Kind = "tell"

// Why somebody is told.
const (
	TellSuggested = "suggested" // to the owner: a suggestion is waiting
	TellAnswered  = "answered"  // to its author: the suggestion was answered
	TellAgain     = "again"     // to the owner: what was set aside with "not now" is here again
	TellEnds      = "ends"      // to the owner: what they gave to somebody ends soon
	TellWrote     = "wrote"     // to the owner: somebody wrote for them
)

// WarnBefore is how long before a grant ends its owner is told, where it runs longer than that.
const WarnBefore = 7 * clock.Day

// AgainAfter is how long "not now" rests before its owner is told again, and TomorrowAfter how long what is asked again tomorrow
// does: by the same time of the next day it is there, and never the same evening.
const (
	AgainAfter    = 7 * clock.Day
	TomorrowAfter = 20 * clock.Hour
)

// Tell is the payload of a [TellPromise]: ids and a code, never text.
type Tell struct {
	Person id.Person `json:"person"`
	Kind   string    `json:"kind"`
	Book   id.Book   `json:"book"`
	Entry  id.Entry  `json:"entry"` // the suggestion, or the entry by which something was given
}

// queries are this package's statements on books, each with its clause of package grant.
type queries struct {
	write, suggest, stillSuggest, suggestionBody sqlFor
	act, stillAct, actBy                         sqlFor
	ownGate, passes, live, liveIn, away          sqlFor
	suggestions, writtenFor, whatRests           sqlFor
	timeline, onward, versions, looked           sqlFor
	namesOpen, namePasses                        sqlFor
	copyEntries, copyLooks                       sqlFor
}

// sqlFor is one statement with the rule in it.
type sqlFor struct {
	text   string
	inner  []grant.Clause // whose parameters come before those of clause
	clause grant.Clause
}

func (s sqlFor) args(who grant.Subject, now clock.Time, before ...any) []any {
	for _, c := range s.inner {
		before = c.Args(who, now, before...)
	}
	return s.clause.Args(who, now, before...)
}

// rule puts a doing's clause between two halves of a statement whose own parameters are $1 to $(first-1).
func rule(before string, d grant.Doing, c grant.Columns, first int, after string) sqlFor {
	return around(before, d.Clause(c, first), after)
}

// worn is [rule] for whoever wears a hat.
func worn(h book.Hat) ruling {
	return func(before string, d grant.Doing, c grant.Columns, first int, after string) sqlFor {
		return around(before, d.Worn(h, c, first), after)
	}
}

func around(before string, c grant.Clause, after string) sqlFor {
	return sqlFor{text: c.With + before + c.SQL + after, clause: c}
}
