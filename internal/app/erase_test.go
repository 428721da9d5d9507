package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"beside/internal/app"
	"beside/internal/backup"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/audit"
	"beside/internal/testkit/pgtest"
	"beside/internal/vault"
)

// shelf is one person's book in a test of erasing.
type shelf struct {
	t    *testing.T
	who  grant.Subject
	book id.Book
}

const (
	secretWords = "what nobody shall read any more"
	keptWords   = "what stays"
)

func newShelf(t *testing.T, a *app.App) shelf {
	t.Helper()
	s := shelf{t, grant.Subject{Person: id.New[id.Person](a.IDs), Hat: book.HatSelf}, id.New[id.Book](a.IDs)}
	s.must(a.Vault.MakeBook(t.Context(), s.book))
	s.must(a.DB.Update(t.Context(), func(tx *store.Tx) error { return a.Keeper.Begin(tx, s.book, s.who.Person) }))
	return s
}

func (s shelf) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s shelf) write(a *app.App, words string) (keeper.Draft, book.Entry) {
	s.t.Helper()
	d := keeper.Draft{ID: id.New[id.Entry](a.IDs), Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText(words), When: book.WhenNow}, Via: book.ViaWeb}
	done, err := a.Keeper.Write(s.t.Context(), s.who, s.book, d)
	s.must(err)
	return d, done[0]
}

func (s shelf) erase(a *app.App, x *book.Erasing) id.Entry {
	s.t.Helper()
	d := keeper.Draft{ID: id.New[id.Entry](a.IDs), Kind: book.KindErasing, Act: book.ActErase, Body: x, Via: book.ViaWeb}
	_, err := a.Keeper.Write(s.t.Context(), s.who, s.book, d)
	s.must(err)
	return d.ID
}

// words are what the owner reads.
func (s shelf) words(a *app.App) (out []string) {
	s.t.Helper()
	r, err := a.Keeper.Read(s.t.Context(), s.who, s.book, keeper.Want{Kind: book.KindStrength})
	s.must(err)
	for _, p := range r.Items[0] {
		out = append(out, book.WordsOf(p.Body).Show())
	}
	return out
}

// sealedOf is an entry's row as an older copy has it.
func sealedOf(t *testing.T, a *app.App, e book.Entry) (sealed vault.Sealed) {
	t.Helper()
	err := a.DB.View(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT sealed FROM entry WHERE book = $1 AND id = $2`, e.Book, e.ID).Scan((*[]byte)(&sealed))
	})
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// keepAll keeps every promise that is due.
func keepAll(t *testing.T, a *app.App) {
	t.Helper()
	for range 20 {
		n, err := a.Promises.Once(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	t.Fatal("promises without end")
}

// sure reports whether an erasing is at its end.
func sure(t *testing.T, a *app.App, x id.Entry) bool {
	t.Helper()
	var settled, sure int64
	err := a.DB.View(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT settled_at, sure_at FROM erasing WHERE id = $1`, x).Scan(&settled, &sure)
	})
	if err != nil {
		t.Fatal(err)
	}
	return settled > 0 && sure > 0
}

// fixedKey opens the backups of these tests.
type fixedKey struct{}

func (fixedKey) Key(purpose string) []byte { return bytes.Repeat([]byte(purpose[:1]), 32) }

// copyOf makes a backup of the books.
func copyOf(t *testing.T, a *app.App) (*backup.Folder, string) {
	t.Helper()
	f, err := backup.Open(filepath.Join(t.TempDir(), "copies"), backup.Books, fixedKey{}, true)
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Write(t.Context(), a.DB, backup.Making{Schema: newestSchema(t), At: a.Clock.Now(), Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return f, r.Name
}

func newestSchema(t *testing.T) (n int64) {
	t.Helper()
	files, err := schema.Files.ReadDir(".")
	if err == nil {
		n, err = strconv.ParseInt(files[len(files)-1].Name()[:4], 10, 64)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// another is an empty place on the engine of where.
func another(t *testing.T, where string) string {
	t.Helper()
	if strings.HasPrefix(where, "postgres") {
		return pgtest.URL(t)
	}
	return t.TempDir()
}

func restored(t *testing.T, where string, f *backup.Folder, name string) string {
	t.Helper()
	to := another(t, where)
	db, err := store.Open(t.Context(), to, store.Options{})
	if err == nil {
		_, err = f.Restore(t.Context(), name, db, backup.Restoring{Schema: schema.Files})
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// TestErasedAtTenDiskLostAtFivePastBackupFromTwo: what was erased stays unreadable in a place that is restored from a backup
// made before, with today's keyring and root key; everything else opens.
func TestErasedAtTenDiskLostAtFivePastBackupFromTwo(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		c := config(t, where)
		a := start(t, c)
		s, other := newShelf(t, a), newShelf(t, a)
		draft, gone := s.write(a, secretWords)
		s.write(a, keptWords)
		other.write(a, "another's")
		folder, two := copyOf(t, a) // at two
		sealed := sealedOf(t, a, gone)
		s.write(a, "written after two") // lost with the disk: no backup has it

		x := s.erase(a, &book.Erasing{Items: []id.Item{gone.Item}}) // at ten
		keepAll(t, a)
		if !sure(t, a, x) {
			t.Error("the erasing is not at its end")
		}
		s.must(audit.Book(t.Context(), a.DB, a.Keeper, s.who, s.book))
		stop(t, a)
		c.Database = restored(t, where, folder, two) // at five past

		for range 2 { // a second start finds nothing to do, and nothing back
			a = start(t, c)
			if got := s.words(a); len(got) != 1 || got[0] != keptWords {
				t.Errorf("the owner reads %q", got)
			}
			if got := other.words(a); len(got) != 1 {
				t.Errorf("another reads %q", got)
			}
			if _, err := a.Vault.Unseal(t.Context(), s.book, gone.Item, gone.ID, sealed); !errors.Is(err, vault.ErrErased) {
				t.Errorf("what the backup holds opens: %v", err)
			}
			if _, err := a.Keeper.Write(t.Context(), s.who, s.book, draft); !errs.Is(err, errs.Changed) {
				t.Errorf("what was erased, sent again: %v", err)
			}
			if got := sealedOf(t, a, gone); len(got) != 0 {
				t.Error("the row stands as the backup had it")
			}
			s.must(audit.Book(t.Context(), a.DB, a.Keeper, s.who, s.book))
			stop(t, a)
		}
		noneIn(t, secretWords, c.Database, c.Keyring, filepath.Dir(c.RootKey))
	})
}

// noneIn fails when words stand in any file of some folders.
func noneIn(t *testing.T, words string, folders ...string) {
	t.Helper()
	for _, dir := range folders {
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // a database that is no folder
			}
			if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte(words)) {
				t.Errorf("%s holds the words", path)
			}
			return nil
		})
	}
}

// TestAnOlderKeyringErasesAgain: a keyring from before, opened with the recovery copy of the root key, loses the keys again
// that the books know to be erased.
func TestAnOlderKeyringErasesAgain(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		c := config(t, where)
		a := start(t, c)
		s, leaver := newShelf(t, a), newShelf(t, a)
		_, gone := s.write(a, secretWords)
		s.write(a, keptWords)
		_, left := leaver.write(a, secretWords)
		sealed, sealedLeft := sealedOf(t, a, gone), sealedOf(t, a, left)
		stop(t, a)
		older := t.TempDir()
		if err := os.CopyFS(filepath.Join(older, "keyring"), os.DirFS(c.Keyring)); err != nil {
			t.Fatal(err)
		}
		recovery, err := os.ReadFile(c.RootKey)
		s.must(err)

		a = start(t, c)
		s.erase(a, &book.Erasing{Items: []id.Item{gone.Item}})
		leaver.erase(a, &book.Erasing{Whole: true})
		keepAll(t, a)
		stop(t, a)
		if today, err := os.ReadFile(c.RootKey); err != nil || bytes.Equal(today, recovery) {
			t.Errorf("the root key stayed what it was, %v", err)
		}
		before := c
		before.Keyring = filepath.Join(older, "keyring")
		if _, err := app.New(t.Context(), before); !errors.Is(err, vault.ErrOtherRoot) {
			t.Errorf("the older keyring opens with today's root key: %v", err)
		}
		s.must(os.WriteFile(c.RootKey, recovery, 0o600))
		a = start(t, before)
		defer stop(t, a)
		s.must(a.DB.Update(t.Context(), func(tx *store.Tx) error { return promise.Rest(tx, a.Clock.Now()) })) // as after a restore
		if all, err := a.Keeper.Erasings(t.Context(), s.who, s.book); err != nil || len(all) != 1 || all[0].SureAt != 0 || all[0].SettledAt != 0 {
			t.Errorf("a certificate is still given for what came back: %+v, %v", all, err)
		}
		for _, p := range []struct {
			e book.Entry
			s vault.Sealed
		}{{gone, sealed}, {left, sealedLeft}} {
			if _, err := a.Vault.Unseal(t.Context(), p.e.Book, p.e.Item, p.e.ID, p.s); !errors.Is(err, vault.ErrErased) {
				t.Errorf("it opens again: %v", err)
			}
		}
		if got := s.words(a); len(got) != 1 || got[0] != keptWords {
			t.Errorf("the owner reads %q", got)
		}
		keepAll(t, a)
		if today, err := os.ReadFile(c.RootKey); err != nil || bytes.Equal(today, recovery) {
			t.Errorf("the root key did not move on again, %v", err)
		}
		if all, err := a.Keeper.Erasings(t.Context(), s.who, s.book); err != nil || len(all) != 1 || all[0].SureAt == 0 {
			t.Errorf("while messages rest the certificate is not given anew: %+v, %v", all, err)
		}
	})
}

// TestAnotherNodeCannotOpenItAfterTheCertificate: two programs on one installation.
func TestAnotherNodeCannotOpenItAfterTheCertificate(t *testing.T) {
	where := pgtest.URL(t)
	c := config(t, where)
	a := start(t, c)
	defer stop(t, a)
	s := newShelf(t, a)
	_, gone := s.write(a, secretWords)
	_, kept := s.write(a, keptWords)
	sealed, sealedKept := sealedOf(t, a, gone), sealedOf(t, a, kept)
	b := start(t, c)
	defer stop(t, b)
	if _, err := b.Vault.Unseal(t.Context(), s.book, gone.Item, gone.ID, sealed); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = b.Vault.Beat(ctx)
		}
	}()
	x := s.erase(a, &book.Erasing{Items: []id.Item{gone.Item}})
	for range 600 { // on a busy machine the other may be waited for more than once
		if keepAll(t, a); sure(t, a, x) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	cancel()
	<-done
	if !sure(t, a, x) {
		t.Error("no certificate")
	}
	if _, err := b.Vault.Unseal(t.Context(), s.book, gone.Item, gone.ID, sealed); !errors.Is(err, vault.ErrErased) {
		t.Errorf("the other opens it: %v", err)
	}
	if got, err := b.Vault.Unseal(t.Context(), s.book, kept.Item, kept.ID, sealedKept); err != nil || len(got) == 0 {
		t.Errorf("the other cannot open what stays: %v", err)
	}
	if got := s.words(b); len(got) != 1 {
		t.Errorf("the other reads %q", got)
	}
}

// TestErasingGoesOnAfterADeath: a program that dies after any step of an erasing is taken over.
func TestErasingGoesOnAfterADeath(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		for _, x := range []struct {
			after string
			step  func(*app.App, shelf, id.Item) error
		}{
			{"the act", func(*app.App, shelf, id.Item) error { return nil }},
			{"the keys are gone", func(a *app.App, s shelf, it id.Item) error {
				_, err := a.Vault.Erase(t.Context(), s.book, it)
				return err
			}},
			{"it has settled", func(a *app.App, s shelf, it id.Item) error {
				g, err := a.Vault.Erase(t.Context(), s.book, it)
				return errors.Join(err, a.Vault.Settle(t.Context(), g.Epoch))
			}},
			{"the root key moved on", func(a *app.App, s shelf, it id.Item) error {
				g, err := a.Vault.Erase(t.Context(), s.book, it)
				return errors.Join(err, a.Vault.Renew(t.Context(), g.Generation))
			}},
		} {
			c := config(t, another(t, where))
			a := start(t, c)
			s := newShelf(t, a)
			_, gone := s.write(a, secretWords)
			s.write(a, keptWords)
			sealed := sealedOf(t, a, gone)
			e := s.erase(a, &book.Erasing{Items: []id.Item{gone.Item}})
			s.must(x.step(a, s, gone.Item))
			stop(t, a) // before the promise was marked kept
			a = start(t, c)
			keepAll(t, a)
			if !sure(t, a, e) {
				t.Errorf("died after %s: the erasing is not at its end", x.after)
			}
			if _, err := a.Vault.Unseal(t.Context(), s.book, gone.Item, gone.ID, sealed); !errors.Is(err, vault.ErrErased) {
				t.Errorf("died after %s: it opens: %v", x.after, err)
			}
			if got := s.words(a); len(got) != 1 || got[0] != keptWords {
				t.Errorf("died after %s: the owner reads %q", x.after, got)
			}
			stop(t, a)
		}
	})
}
