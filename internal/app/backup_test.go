package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/backup"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
	"beside/internal/vault"
	"beside/internal/witness"
)

const (
	passphrase = "nobody else would think of ferns"
	onPaper    = "four rivers and one bridge"
)

// joined is somebody who joined a place.
func joined(t *testing.T, a *app.App, name string) account.Joined {
	t.Helper()
	j, err := a.Accounts.Join(t.Context(), account.Joining{
		Entry: id.New[id.Entry](a.IDs), Name: book.NewText(name), Passphrase: passphrase, Contact: book.ContactNo, Via: book.ViaWeb,
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// copyOfRoot is the root key as its recovery copy gives it.
func copyOfRoot(t *testing.T, path string) vault.Root {
	t.Helper()
	root, err := vault.ReadRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := root.SealCopy(onPaper, 4)
	if err == nil {
		root, err = vault.OpenCopy(sealed, onPaper)
	}
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func backedUp(t *testing.T, c app.Config, to app.Backups) {
	t.Helper()
	p, err := app.OpenPlace(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	if _, _, err := p.Backup(t.Context(), to); err != nil {
		t.Fatal(err)
	}
}

// Of the books nothing is taken away by a backup without one of the keyring, nor while the last trial found something wrong; and
// never the one that was tried last and is good.
func TestPruningWaitsForProof(t *testing.T) {
	c := config(t, t.TempDir())
	now := clock.NewManual(clock.Time(1804680000) * clock.Second)
	c.Clock = now
	a := start(t, c)
	defer stop(t, a)
	joined(t, a, "Ana")
	to := app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys"), Keep: 1}
	left := func(want int) []backup.Head {
		t.Helper()
		_, all, err := backup.Look(to.Books)
		if err != nil || len(all) != want {
			t.Fatalf("%d backups are left, want %d: %v", len(all), want, err)
		}
		return all
	}
	prove := func(name, fault string) {
		t.Helper()
		err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
			return community.Prove(tx, community.Proof{Kind: community.ProvenSelf, About: name, At: now.Now(), Fault: fault})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	again := func(to app.Backups) {
		t.Helper()
		now.Step(clock.Hour)
		backedUp(t, c, to)
	}
	again(to)
	again(app.Backups{Books: to.Books, Keep: 1})
	first := left(2)[0].Name
	prove(first, "broken")
	again(to)
	left(3)
	prove(first, "")
	again(to)
	if all := left(2); all[0].Name != first {
		t.Errorf("what was tried and is good went: %v", all)
	}
}

// A lost machine: of a place with people, only backups and the recovery copy are left. On the other engine everybody is
// there again and comes in with the words they know; the log says that it began anew; nothing is sent before it is
// released.
func TestALostMachineComesBack(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		c := config(t, where)
		a := start(t, c)
		ana := joined(t, a, "Ana")
		if _, err := a.Log.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		before, err := a.Log.Latest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		to := app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys")}
		backedUp(t, c, to) // beside the one that serves
		late := joined(t, a, "Bea")
		copied := copyOfRoot(t, c.RootKey)
		stop(t, a)

		other := t.TempDir()
		if !strings.HasPrefix(where, "postgres") {
			other = pgtest.URL(t)
		}
		fresh := config(t, other)
		did, err := app.Restore(t.Context(), fresh, app.From{Books: to.Books, Keyring: to.Keyring, Copy: &copied, Log: true})
		if err != nil || did.People != 1 || did.Keyless != 0 {
			t.Fatalf("%+v, %v", did, err)
		}
		back := start(t, fresh)
		defer stop(t, back)
		if first, err := back.Log.Latest(t.Context()); err != nil || first.Origin == before.Origin || first.Size != 1 {
			t.Errorf("before anything is written the log shows %d leaves of %s, %v", first.Size, first.Origin, err)
		}
		if _, err := back.Accounts.SignIn(t.Context(), account.SigningIn{Words: ana.Words, Passphrase: passphrase}); err != nil {
			t.Errorf("Ana does not come in: %v", err)
		}
		if _, err := back.Accounts.SignIn(t.Context(), account.SigningIn{Words: late.Words, Passphrase: passphrase}); err == nil {
			t.Error("Bea, who joined after the backup, comes in")
		}
		if _, err := back.Log.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		after, err := back.Log.Latest(t.Context())
		if err != nil || after.Origin == before.Origin {
			t.Errorf("the log goes on as %s, %v", after.Origin, err)
		}
		nothingIsKept(t, back)
	})
}

func nothingIsKept(t *testing.T, a *app.App) {
	t.Helper()
	due := id.New[id.Promise](a.IDs)
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		return promise.Set(tx, promise.Promise{ID: due, Kind: "tell", Due: 1, Payload: []byte(`{}`)})
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := a.Promises.Once(t.Context()); err != nil || n != 0 {
		t.Errorf("%d promises were tried before the release, %v", n, err)
	}
	err = a.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := promise.Release(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := a.Promises.Once(t.Context()); err != nil || n == 0 {
		t.Errorf("%d promises were tried after the release, %v", n, err)
	}
}

// What is wrong is told, and no half restored place is served.
func TestWhatARestoreRefuses(t *testing.T) {
	c := config(t, t.TempDir())
	a := start(t, c)
	joined(t, a, "Ana")
	stop(t, a)
	to := app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys")}
	backedUp(t, c, to)
	copied := copyOfRoot(t, c.RootKey)
	stranger, err := vault.LoadOrMakeRoot(filepath.Join(t.TempDir(), "other.key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		from app.From
		is   error
	}{
		"without a root key":            {app.From{Books: to.Books, Keyring: to.Keyring}, nil},
		"another's recovery copy":       {app.From{Books: to.Books, Keyring: to.Keyring, Copy: &stranger}, vault.ErrOtherRoot},
		"without the keyring":           {app.From{Books: to.Books, Copy: &copied}, app.ErrNoPlace},
		"the folders taken for another": {app.From{Books: to.Keyring, Keyring: to.Books, Copy: &copied}, backup.ErrNotFolder},
		"a name that is not there":      {app.From{Books: to.Books, Name: "x", Keyring: to.Keyring, Copy: &copied}, backup.ErrNone},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := app.Restore(t.Context(), config(t, t.TempDir()), x.from)
			if err == nil || x.is != nil && !errors.Is(err, x.is) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("a place with people", func(t *testing.T) {
		if _, err := app.Restore(t.Context(), c, app.From{Books: to.Books}); !errors.Is(err, backup.ErrNotEmpty) {
			t.Errorf("%v", err)
		}
	})
	t.Run("half restored", func(t *testing.T) {
		fresh := config(t, t.TempDir())
		stop(t, start(t, fresh))
		db, err := store.Open(t.Context(), fresh.Database, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO restoring (n, begun_at, backup_at) VALUES (1, 1, 1)`)
			return err
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		refused(t, fresh, backup.ErrHalf, "run the restore again")
		if _, err := app.Verify(t.Context(), app.VerifyConfig{Config: fresh, Keys: true}); !errors.Is(err, backup.ErrHalf) {
			t.Errorf("verifying it: %v", err)
		}
	})
	t.Run("nothing yet", func(t *testing.T) {
		if _, err := app.Verify(t.Context(), app.VerifyConfig{Config: config(t, t.TempDir())}); !errors.Is(err, app.ErrNoPlace) {
			t.Errorf("verifying it: %v", err)
		}
	})
}

// A new place opens when a recovery copy and a restore are proven, not before; one that has people stays open.
func TestAPlaceOpensWhenItIsProven(t *testing.T) {
	c := config(t, t.TempDir())
	c.ProveFirst = true
	a := start(t, c)
	defer func() { stop(t, a) }()
	if o := opening(t, a); !o.Closed || o.Old {
		t.Fatalf("a new place: %+v", o)
	}
	_, err := a.Accounts.Join(t.Context(), account.Joining{Entry: id.New[id.Entry](a.IDs), Name: book.NewText("Ana"), Passphrase: passphrase, Contact: book.ContactNo, Via: book.ViaWeb})
	if !errors.Is(err, account.ErrNotOpenYet) {
		t.Fatalf("somebody joined a place that is not proven: %v", err)
	}
	p, err := app.OpenPlace(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	to := app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys")}
	copied := copyOfRoot(t, c.RootKey)
	if err := p.ProveCopy(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ProveRestore(t.Context(), to, copied); err == nil || !opening(t, a).Closed {
		t.Fatalf("a restore of nothing: %v", err)
	}
	if _, _, err := p.Backup(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ProveRestore(t.Context(), to, copied); err != nil {
		t.Fatal(err)
	}
	if o := opening(t, a); o.Closed || !o.Proven() {
		t.Fatalf("after both were proven: %+v", o)
	}
	joined(t, a, "Ana")
}

func TestAPlaceWithPeopleStaysOpen(t *testing.T) {
	c := config(t, t.TempDir())
	a := start(t, c)
	joined(t, a, "Ana")
	stop(t, a)
	c.ProveFirst = true
	a = start(t, c)
	defer stop(t, a)
	if o := opening(t, a); o.Closed || !o.Old || o.Proven() {
		t.Errorf("%+v", o)
	}
	joined(t, a, "Bea")
}

func opening(t *testing.T, a *app.App) (o community.Opening) {
	t.Helper()
	err := a.DB.View(t.Context(), func(tx *store.Tx) (err error) {
		o, err = community.LookOpening(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Keys made by an older Beside are found where they were; new ones lie apart.
func TestKeysAreFoundWhereTheyWere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	before := app.Config{Database: dir, Keyring: filepath.Join(dir, "keyring"), RootKey: filepath.Join(dir, "root.key"), Hashing: cheap, Clock: clock.System()}
	a := start(t, before)
	ana := joined(t, a, "Ana")
	stop(t, a)
	a = start(t, app.Config{Database: dir, Hashing: cheap})
	defer stop(t, a)
	if _, err := a.Accounts.SignIn(t.Context(), account.SigningIn{Words: ana.Words, Passphrase: passphrase}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir + "-keyring"); err == nil || !a.Config.Within(a.Config.Keyring) || !a.Config.Within(a.Config.RootKey) {
		t.Error("new keys were made apart from those there are")
	}
}

// A row that somebody changed before the backup was made comes back as it was backed up, and is named at the end.
func TestARestoreNamesWhatIsNotAsWritten(t *testing.T) {
	c := config(t, t.TempDir())
	a := start(t, c)
	ana := joined(t, a, "Ana")
	if _, err := a.Log.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE entry SET recorded_at = recorded_at + 1 WHERE book = $1 AND seq = 1`, ana.Session.Book)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stop(t, a)
	to := app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys")}
	backedUp(t, c, to)
	copied, fresh := copyOfRoot(t, c.RootKey), config(t, t.TempDir())
	var named []string
	did, err := app.Restore(t.Context(), fresh, app.From{
		Books: to.Books, Keyring: to.Keyring, Copy: &copied, Log: true, Report: func(p witness.Problem) { named = append(named, p.String()) },
	})
	if !errors.Is(err, app.ErrWrong) || did.Wrong == 0 || !strings.Contains(strings.Join(named, "\n"), ana.Session.Book.String()) {
		t.Errorf("%d wrong, %v: %q", did.Wrong, err, named)
	}
	stop(t, start(t, fresh)) // it is whole, and can be looked at
	p, err := app.OpenPlace(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	if _, err := p.ProveRestore(t.Context(), to, copied); !errors.Is(err, app.ErrWrong) {
		t.Errorf("a restore is proven of what is wrong: %v", err)
	}
}
