package kill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/audit"
	"beside/internal/witness"
)

// check looks at what is left, from outside and from behind, while nobody acts.
func (tn *town) check(ctx context.Context, p place) error {
	tn.journal.mu.Lock()
	lies := errors.Join(tn.journal.errs...)
	tn.journal.mu.Unlock()
	return errors.Join(lies, tn.checkPages(), tn.checkBehind(ctx, p))
}

// checkPages has everybody find what they were told is kept.
func (tn *town) checkPages() error {
	var all []error
	for _, p := range tn.owners {
		all = append(all, p.finds())
	}
	tn.mu.Lock()
	defer tn.mu.Unlock()
	for _, a := range tn.journal.acts {
		if a.what == "join" && a.kept && strings.HasPrefix(a.by.name, "Nika") {
			if s, err := a.by.page("/me"); err != nil || s.at != "/me" {
				all = append(all, fmt.Errorf("%s joined and is not known: %w", a.by.name, err))
			}
		}
	}
	return errors.Join(all...)
}

// finds goes through the own book.
func (p *person) finds() error {
	strengths, err := p.page("/me/strengths")
	if err != nil {
		return err
	}
	for _, words := range p.mine {
		if !strengths.says(words) {
			return fmt.Errorf("%s was told that %q is kept, and does not find it", p.name, words)
		}
	}
	home, err := p.page("/me")
	if err != nil {
		return err
	}
	if !home.says(p.words) && !slices.ContainsFunc(p.maybe, home.says) {
		return fmt.Errorf("%s does not find %q on the first page", p.name, p.words)
	}
	for worker, known := range p.shares {
		s, err := p.page(p.town.ids[worker])
		if err != nil {
			return err
		}
		given := len(s.all(`form[action$="/back"]`)) > 0
		if known == "yes" && !given || known == "no" && given {
			return fmt.Errorf("%s was told %q of sharing with %s, the page says %v", p.name, known, worker, given)
		}
	}
	return nil
}

// open opens an installation beside those that serve it.
func open(ctx context.Context, p place, log *slog.Logger) (*app.App, error) {
	return app.New(ctx, app.Config{
		Database: p.database, Keyring: p.keyring, RootKey: p.root, Addr: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Log: log,
		Hashing: account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 8},
	})
}

// checkBehind compares the journal with the entries, and every book with itself.
func (tn *town) checkBehind(ctx context.Context, p place) (err error) {
	a, err := open(ctx, p, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return errors.Join(tn.checkJournal(ctx, a), checkBooks(ctx, a), tn.checkLooks(ctx, a), verified(ctx, a))
}

// verbs are the acts of entries as the journal names them.
var verbs = map[string]book.Act{
	"write": book.ActWrite, "share yes": book.ActWrite, "share no": book.ActPutAway, "suggest": book.ActSuggest,
	"answer yes": book.ActAccept, "answer later": book.ActNotNow, "answer no": book.ActDecline,
}

// checkJournal finds every acknowledged act among the entries, and no entry that nobody sent.
func (tn *town) checkJournal(ctx context.Context, a *app.App) error {
	entries, followed := map[string]book.Act{}, map[string]bool{} // the latter follow from a form that makes several
	err := a.DB.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT id, act, kind FROM entry`, nil, func(scan func(...any) error) error {
			var e id.Entry
			var act, kind string
			err := scan(&e, &act, &kind)
			followed[e.String()] = slices.Contains([]book.Kind{book.KindName, book.KindAbout, book.KindSharing}, book.Kind(kind))
			entries[e.String()] = book.Act(act)
			return err
		})
	})
	if err != nil {
		return err
	}
	if err := oneEach(ctx, a); err != nil {
		return err
	}
	left := maps.Clone(entries)
	maps.DeleteFunc(left, func(e string, _ book.Act) bool { return followed[e] })
	tn.journal.mu.Lock()
	defer tn.journal.mu.Unlock()
	for _, x := range tn.journal.acts {
		want, inBook := verbs[x.what]
		got, there := entries[x.entry]
		delete(left, x.entry)
		switch {
		case !inBook:
		case x.kept && !there:
			return fmt.Errorf("LOST: %s was told that %s %q (%s) is kept", x.by.name, x.what, x.words, x.entry)
		case there && got != want:
			return fmt.Errorf("%s of %s became %s", x.what, x.by.name, got)
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("%d entries that nobody sent: %v", len(left), left)
	}
	return nil
}

// oneEach finds no book that is given to two at once: a person who changes is never between two.
func oneEach(ctx context.Context, a *app.App) error {
	return a.DB.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT book, COUNT(*) FROM given WHERE taken_back = 0 GROUP BY book HAVING COUNT(*) > 1`, nil, func(scan func(...any) error) error {
			var b id.Book
			var n int
			if err := scan(&b, &n); err != nil {
				return err
			}
			return fmt.Errorf("HALF DONE: the book %v is given to %d at once", b, n)
		})
	})
}

// checkBooks audits the book of every account.
func checkBooks(ctx context.Context, a *app.App) error {
	books := map[id.Person]id.Book{}
	err := a.DB.View(ctx, func(tx *store.Tx) error {
		var all, empty int
		err := store.Each(tx, `SELECT person, book FROM account`, nil, func(scan func(...any) error) error {
			var p id.Person
			var b id.Book
			err := scan(&p, &b)
			books[p] = b
			return err
		})
		if err == nil {
			err = tx.Row(`SELECT COUNT(*), COUNT(CASE WHEN seq < 2 THEN 1 END) FROM book`).Scan(&all, &empty)
		}
		if err == nil && (all != len(books) || empty > 0) {
			err = fmt.Errorf("HALF DONE: %d books of %d accounts, %d without a name", all, len(books), empty)
		}
		return err
	})
	if err != nil {
		return err
	}
	for p, b := range books {
		if err := audit.Book(ctx, a.DB, a.Keeper, grant.Subject{Person: p, Hat: book.HatSelf}, b); err != nil {
			return fmt.Errorf("the book %v: %w", b, err)
		}
	}
	return nil
}

// checkLooks finds at least as many readings as were shown.
func (tn *town) checkLooks(ctx context.Context, a *app.App) error {
	looks := map[string]int{}
	err := a.DB.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT w.name, l.book, COUNT(DISTINCT l.id) FROM look AS l JOIN worker_profile AS w ON w.person = l.reader GROUP BY w.name, l.book`, nil,
			func(scan func(...any) error) error {
				var name string
				var b id.Book
				var n int
				err := scan(&name, &b, &n)
				looks[name+" "+b.String()] = n
				return err
			})
	})
	if err != nil {
		return err
	}
	tn.journal.mu.Lock()
	defer tn.journal.mu.Unlock()
	for who, shown := range tn.journal.looks {
		if looks[who] < shown {
			return fmt.Errorf("LOST: %s was shown a book %d times, %d looks are written down", who, shown, looks[who])
		}
	}
	return nil
}

// verified is what Beside's own check of everything says: every row is what the log says was written, every entry opens, and
// every book is what follows from its entries.
func verified(ctx context.Context, a *app.App) error {
	began := time.Now()
	var wrong []error
	_, err := a.Verify(ctx, app.VerifyConfig{Keys: true, Report: func(p witness.Problem) { wrong = append(wrong, fmt.Errorf("NOT AS WRITTEN: %v", p)) }})
	verifying.Add(int64(time.Since(began)))
	verifications.Add(1)
	return errors.Join(append(wrong, err)...)
}

// How often everything was verified, and how long that took together, in nanoseconds.
var verifications, verifying atomic.Int64
