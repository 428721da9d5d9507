package kill

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/vault"
	"beside/internal/witness"
)

// disks are what somebody finds who takes everything: folders, and what is in them.
type disks []string

// find returns which of some things stand in which file. Of something long one of its parts is enough, as a page may end
// within it.
func (d disks) find(t *testing.T, what ...[]byte) map[int]string {
	t.Helper()
	found := map[int]string{}
	for _, dir := range d {
		must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			var b []byte
			if err == nil && e.Type().IsRegular() {
				b, err = os.ReadFile(path)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil // of a server that lives: it went meanwhile
			}
			if err != nil {
				return err
			}
			for n, w := range what {
				if found[n] == "" && holds(b, w) {
					found[n] = path
				}
			}
			return nil
		}))
	}
	return found
}

const part = 48

func holds(b, w []byte) bool {
	return bytes.Contains(b, w[:min(part, len(w))]) || len(w) >= 2*part && bytes.Contains(b, w[part:2*part])
}

// story is one person's book, and what stands in it.
type story struct {
	who   grant.Subject
	book  id.Book
	marks [][]byte // their words, name and address: nobody else has such
	said  []said
}

// said is an entry as a copy of that day has it.
type said struct {
	entry  book.Entry
	sealed vault.Sealed
	erased bool
}

// mark is text that stands nowhere else.
func (s *story) mark() string {
	m := "mark" + strings.ToLower(rand.Text())
	s.marks = append(s.marks, []byte(m))
	return m
}

func owner(p id.Person) grant.Subject { return grant.Subject{Person: p, Hat: book.HatSelf} }

func newStory(t *testing.T, a *app.App, items int) *story {
	t.Helper()
	s := &story{}
	j, err := a.Accounts.Join(t.Context(), account.Joining{
		Entry: id.New[id.Entry](a.IDs), Name: book.NewText(s.mark()), Passphrase: s.mark() + " and ferns", Via: book.ViaWeb,
		Contact: book.ContactQuiet, Address: book.NewText(s.mark() + "@example.org"), Lang: "en",
	})
	must(t, err)
	s.who, s.book = owner(j.Session.Person), j.Session.Book
	for range items {
		d := s.writes(t, a, keeper.Draft{})
		d = s.writes(t, a, keeper.Draft{Item: d.entry.Item, Base: d.entry.ID}) // in other words
		s.said[len(s.said)-1] = d
	}
	return s
}

func (s *story) writes(t *testing.T, a *app.App, d keeper.Draft) said {
	t.Helper()
	d.ID, d.Kind, d.Act, d.Via = id.New[id.Entry](a.IDs), book.KindStrength, book.ActWrite, book.ViaWeb
	d.Body = &book.Strength{Words: book.NewText(s.mark()), When: book.WhenNow}
	done, err := a.Keeper.Write(t.Context(), s.who, s.book, d)
	must(t, err)
	x := said{entry: done[0]}
	must(t, a.DB.View(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT sealed FROM entry WHERE book = $1 AND id = $2`, s.book, d.ID).Scan((*[]byte)(&x.sealed))
	}))
	s.said = append(s.said, x)
	return x
}

func (s *story) erases(t *testing.T, a *app.App, x *book.Erasing) {
	t.Helper()
	d := keeper.Draft{ID: id.New[id.Entry](a.IDs), Kind: book.KindErasing, Act: book.ActErase, Body: x, Via: book.ViaWeb}
	_, err := a.Keeper.Write(t.Context(), s.who, s.book, d)
	must(t, err)
	s.marked(x)
}

// marked writes down what is erased.
func (s *story) marked(x *book.Erasing) {
	for i := range s.said {
		s.said[i].erased = s.said[i].erased || x.Whole || slices.Contains(x.Items, s.said[i].entry.Item)
	}
}

// opens tries every entry as a copy of that day has it: what was erased must be refused as such, all else must open.
func (s *story) opens(t *testing.T, where string, v *vault.Vault) {
	t.Helper()
	for _, x := range s.said {
		words, err := v.Unseal(t.Context(), s.book, x.entry.Item, x.entry.ID, x.sealed)
		if x.erased && !errors.Is(err, vault.ErrErased) {
			t.Errorf("%s: what was erased gives %d bytes, %v", where, len(words), err)
		}
		if !x.erased && (err != nil || !slices.ContainsFunc(s.marks, func(m []byte) bool { return bytes.Contains(words, m) })) {
			t.Errorf("%s: what stays does not open: %v", where, err)
		}
	}
}

// reads compares what the owner finds with what must be left.
func (s *story) reads(t *testing.T, where string, a *app.App) {
	t.Helper()
	left := map[id.Item]bool{}
	for _, x := range s.said {
		if !x.erased {
			left[x.entry.Item] = true
		}
	}
	r, err := a.Keeper.Read(t.Context(), s.who, s.book, keeper.Want{Kind: book.KindStrength})
	if err != nil || len(r.Items[0]) != len(left) {
		t.Errorf("%s: the owner reads %d things and not %d, %v", where, len(r.Items[0]), len(left), err)
	}
}

// household is a place with three books, of which one loses two things, one goes wholly, and one stays.
type household struct {
	place
	backups app.Backups
	log     *os.File
	stories []*story
	root    vault.Root // of before
}

func newHousehold(t *testing.T, p place, dir string) *household {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "beside.log"))
	must(t, err)
	t.Cleanup(func() { _ = log.Close() })
	return &household{place: p, log: log, backups: app.Backups{Books: filepath.Join(dir, "backups"), Keyring: filepath.Join(dir, "key-backups")}}
}

func (h *household) open(t *testing.T, p place) *app.App {
	t.Helper()
	a, err := open(t.Context(), p, slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	must(t, err)
	return a
}

func (h *household) all(t *testing.T, where string, a *app.App) {
	t.Helper()
	for _, s := range h.stories {
		s.opens(t, where, a.Vault)
		s.reads(t, where, a)
	}
	h.verifies(t, where, a)
}

func (h *household) verifies(t *testing.T, where string, a *app.App) {
	t.Helper()
	n, err := a.Verify(t.Context(), app.VerifyConfig{Keys: true, Report: func(p witness.Problem) { t.Errorf("%s: %v", where, p) }})
	if err != nil {
		t.Errorf("%s: verify: %d, %v", where, n, err)
	}
}

// writes fills the place and makes its backups, as at two in the morning.
func (h *household) writes(t *testing.T) {
	t.Helper()
	a := h.open(t, h.place)
	for range 3 {
		h.stories = append(h.stories, newStory(t, a, 4))
	}
	_, err := a.Log.Sequence(t.Context())
	must(t, err)
	h.all(t, "before", a)
	must(t, a.Close())
	p, err := app.OpenPlace(t.Context(), app.Config{Database: h.database, Keyring: h.keyring, RootKey: h.place.root})
	must(t, err)
	_, _, err = p.Backup(t.Context(), h.backups)
	must(t, errors.Join(err, p.Close()))
	h.root, err = vault.ReadRoot(h.place.root)
	must(t, err)
}

// erases has two things and a whole book erased, until it is sure.
func (h *household) erases(t *testing.T) {
	t.Helper()
	a := h.open(t, h.place)
	one, whole := h.stories[0], h.stories[1]
	one.erases(t, a, &book.Erasing{Items: []id.Item{one.said[0].entry.Item, one.said[3].entry.Item}})
	whole.erases(t, a, &book.Erasing{Whole: true})
	must(t, kept(t.Context(), a))
	if open := count(t, a, `SELECT COUNT(*) FROM erasing WHERE sure_at = 0`); open > 0 {
		t.Fatalf("%d erasings are not at their end", open)
	}
	_, err := a.Log.Sequence(t.Context())
	must(t, err)
	h.all(t, "after", a)
	h.left(t, a)
	must(t, a.Close())
}

// left finds nothing about the person whose whole book is gone where clear rows were.
func (h *household) left(t *testing.T, a *app.App) {
	t.Helper()
	gone := h.stories[1]
	for _, q := range []string{
		`SELECT COUNT(*) FROM name_part WHERE book = $1`, `SELECT COUNT(*) FROM item WHERE book = $1`, `SELECT COUNT(*) FROM account WHERE book = $1`,
		`SELECT COUNT(*) FROM entry WHERE book = $1 AND LENGTH(sealed) > 0 AND act <> 'erase'`,
	} {
		if n := count(t, a, q, gone.book); n > 0 {
			t.Errorf("%s: %d", q, n)
		}
	}
}

// count reads one number.
func count(t *testing.T, a *app.App, query string, args ...any) (n int) {
	t.Helper()
	must(t, a.DB.View(t.Context(), func(tx *store.Tx) error { return tx.Row(query, args...).Scan(&n) }))
	return n
}

// trees are the wrapped keys of the books that are in a keyring.
func trees(t *testing.T, where string) map[id.Book][]byte {
	t.Helper()
	all := map[id.Book][]byte{}
	inKeyring(t, where, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT book, wrapped FROM book_tree`, nil, func(scan func(...any) error) error {
			var b id.Book
			var w []byte
			err := scan(&b, &w)
			all[b] = w
			return err
		})
	})
	return all
}

func inKeyring(t *testing.T, where string, fn func(*store.Tx) error) {
	t.Helper()
	db, err := store.Open(t.Context(), where, store.Options{Name: "keyring.db"})
	must(t, err)
	must(t, errors.Join(db.Update(t.Context(), fn), db.Close()))
}

// planted puts keys of before into a keyring of today, as if today's root key had wrapped them.
func (h *household) planted(t *testing.T, keyring string, before map[id.Book][]byte) {
	t.Helper()
	inKeyring(t, keyring, func(tx *store.Tx) error {
		for _, table := range []string{"erased_item", "erased_book", "book_tree"} {
			if _, err := tx.Exec(`DELETE FROM ` + table); err != nil {
				return err
			}
		}
		for b, w := range before {
			if _, err := tx.Exec(`INSERT INTO book_tree (book, wrapped, made_at, gen) SELECT $1, $2, 1, MAX(gen) FROM generation`, b, w); err != nil {
				return err
			}
		}
		return nil
	})
	db, err := store.Open(t.Context(), keyring, store.Options{Name: "keyring.db"})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	today, err := vault.ReadRoot(h.place.root)
	must(t, err)
	v, err := vault.Open(t.Context(), db, today.Apart(), clock.System(), nil)
	must(t, err)
	for _, s := range h.stories {
		for _, x := range s.said {
			if words, err := v.Unseal(t.Context(), s.book, x.entry.Item, x.entry.ID, x.sealed); err == nil {
				t.Errorf("a key of before, planted, opens %d bytes", len(words))
			}
		}
	}
}

// refused tries to open a place with the keyring of before and today's root key.
func (h *household) refused(t *testing.T, p place) {
	t.Helper()
	today, err := vault.ReadRoot(h.place.root)
	must(t, err)
	root := filepath.Join(t.TempDir(), "root.key")
	must(t, vault.KeepRoot(root, today))
	p.root = root
	if a, err := open(t.Context(), p, nil); !errors.Is(err, vault.ErrOtherRoot) {
		t.Errorf("the keyring of before opens with today's root key: %v", err)
		if err == nil {
			_ = a.Close()
		}
	}
}

// backupsOpen tries the backups of before, with today's root key: that of the keyring must not open, that of the books comes
// back with today's keyring, but for what was erased.
func (h *household) backupsOpen(t *testing.T, into string) {
	t.Helper()
	today, err := vault.ReadRoot(h.place.root)
	must(t, err)
	fresh := newPlace(t, t.TempDir())
	_, err = app.Restore(t.Context(), app.Config{Database: fresh.database, Keyring: fresh.keyring, RootKey: fresh.root}, app.From{Books: h.backups.Books, Keyring: h.backups.Keyring, Copy: &today})
	if !errors.Is(err, vault.ErrOtherRoot) {
		t.Errorf("the keyring's backup of before opens with today's root key: %v", err)
	}
	back := place{into, h.keyring, h.place.root}
	_, err = app.Restore(t.Context(), app.Config{Database: back.database, Keyring: back.keyring, RootKey: back.root}, app.From{Books: h.backups.Books, Log: true})
	must(t, err)
	a := h.open(t, back)
	_, err = a.Log.Sequence(t.Context())
	must(t, err)
	h.all(t, "the books' backup of before", a)
	must(t, a.Close())
}

// silent finds no words of anybody in any file.
func (h *household) silent(t *testing.T, when string, all disks) {
	t.Helper()
	var marks [][]byte
	for _, s := range h.stories {
		marks = append(marks, s.marks...)
	}
	if files := all.find(t, marks...); len(files) > 0 {
		t.Errorf("%s: words stand in %v", when, files)
	}
}

// rootGone finds the root key of before in none of today's files, in no form in which it might stand there.
func (h *household) rootGone(t *testing.T, before []byte, today disks) {
	t.Helper()
	raw, err := hex.DecodeString(string(bytes.Fields(before)[1]))
	must(t, err)
	if files := today.find(t, raw, bytes.Fields(before)[1]); len(files) > 0 {
		t.Errorf("the root key of before stands in %v", files)
	}
}

// has makes sure that what an attacker needs is really there, or the test would say nothing.
func has(t *testing.T, what string, d disks, all ...[]byte) {
	t.Helper()
	if found := d.find(t, all...); len(found) < len(all) {
		t.Errorf("of %d %s an attacker has %d: too little to prove anything", len(all), what, len(found))
	}
}

func (h *household) erasedBodies() (all [][]byte) {
	for _, s := range h.stories {
		for _, x := range s.said {
			if x.erased {
				all = append(all, x.sealed)
			}
		}
	}
	return all
}

// TestErasedForGoodOnSQLite takes every file there is, of before and of today, and today's root key.
func TestErasedForGoodOnSQLite(t *testing.T) {
	dir, old := t.TempDir(), t.TempDir()
	h := newHousehold(t, place{filepath.Join(dir, "books"), filepath.Join(dir, "keyring"), filepath.Join(dir, "root", "root.key")}, dir)
	h.writes(t)
	before := trees(t, h.keyring)
	root, err := os.ReadFile(h.place.root)
	must(t, err)
	must(t, os.CopyFS(old, os.DirFS(dir)))
	h.silent(t, "before", disks{dir})
	h.erases(t)
	has(t, "sealed bodies of what was erased", disks{old}, h.erasedBodies()...)

	h.silent(t, "after", disks{dir, old})
	h.rootGone(t, root, disks{dir})
	h.refused(t, place{t.TempDir(), filepath.Join(old, "keyring"), ""})
	forged := t.TempDir()
	must(t, os.CopyFS(forged, os.DirFS(h.keyring)))
	h.planted(t, forged, before)
	h.backupsOpen(t, t.TempDir())
	a := h.open(t, place{filepath.Join(old, "books"), h.keyring, h.place.root}) // the old files of the books, today's keys
	h.all(t, "the books' files of before", a)
	must(t, a.Close())
}

// TestErasedForGoodOnPostgres is the same on a server of which nothing is ever thrown away: the log it writes ahead is kept
// whole, every statement is logged with all it was given, dead rows stay where they were, and even the keyring is in it.
func TestErasedForGoodOnPostgres(t *testing.T) {
	archive := filepath.Join(emptyCluster(t).dir, "archive")
	c := newCluster(t, "fsync=off", "archive_mode=on", "archive_command=mkdir -p "+archive+" && cp %p "+archive+"/%f", "autovacuum=off",
		"log_min_duration_statement=0", "log_parameter_max_length=-1", "log_parameter_max_length_on_error=-1")
	for _, name := range []string{"books", "keys", "again"} {
		must(t, c.sql("CREATE DATABASE "+name))
	}
	dir := t.TempDir()
	h := newHousehold(t, place{c.url("books"), c.url("keys"), filepath.Join(dir, "root", "root.key")}, dir)
	h.writes(t)
	before := trees(t, h.keyring)
	root, err := os.ReadFile(h.place.root)
	must(t, err)
	h.silent(t, "before", disks{dir, c.dir, archive})
	old := copyOf(t, c)
	must(t, c.sql("SELECT pg_switch_wal()"))
	h.erases(t)
	must(t, c.sql("CHECKPOINT"))
	must(t, c.sql("SELECT pg_switch_wal()"))
	has(t, "sealed bodies of what was erased", disks{c.dir, archive}, h.erasedBodies()...)
	has(t, "keys of before, wrapped,", disks{c.dir, archive}, slices.Collect(maps.Values(before))...)

	h.silent(t, "after", disks{dir, c.dir, archive, old.dir})
	h.rootGone(t, root, disks{dir, c.dir, archive})
	must(t, c.sql("CREATE DATABASE forged TEMPLATE keys"))
	h.planted(t, c.url("forged"), before)
	h.backupsOpen(t, c.url("again"))
	old.up(t) // the server as it was before
	h.refused(t, place{old.url("books"), old.url("keys"), ""})
	a := h.open(t, place{old.url("books"), h.keyring, h.place.root})
	h.all(t, "the server of before, with today's keyring", a)
	must(t, a.Close())
}

// copyOf is a cluster with the files of another as a lost power would leave them.
func copyOf(t *testing.T, c *cluster) *cluster {
	t.Helper()
	old := emptyCluster(t, "fsync=off")
	c.kill()
	old.run(t, "cp", "-a", c.data(), old.data())
	c.up(t)
	return old
}
