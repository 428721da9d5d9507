package witness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// shown is an installation as its pages show it.
type shown struct{ log *Log }

func (s *shown) Get(ctx context.Context, path string) ([]byte, error) {
	name := ""
	if rest, ok := strings.CutPrefix(path, "/logs/"); ok {
		named, after, _ := strings.Cut(rest, "/")
		name, path = named, "/log/"+after
	}
	if tile, ok := strings.CutPrefix(path, "/log/tile/"); ok {
		return s.log.TileAt(ctx, name, tile)
	}
	switch path {
	case "/log/key":
		return []byte(s.log.Key().String() + "\n"), nil
	case "/log/logs":
		logs, err := s.log.Logs(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(logs)
	case "/log/checkpoint":
		h, err := s.log.ShownOf(ctx, name)
		return []byte(h.Note), err
	}
	return nil, fmt.Errorf("nothing stands at %s", path)
}

func newFollower(t *testing.T, l *Log, c clock.Clock) *Follower {
	t.Helper()
	by, err := NewCosigner("elm.example", bytes.Repeat([]byte{9}, 32), c)
	if err != nil {
		t.Fatal(err)
	}
	return &Follower{Folder: t.TempDir(), Source: &shown{l}, Cosigner: by}
}

// seen looks once and returns what was signed.
func seen(t *testing.T, f *Follower) string {
	t.Helper()
	signed, err := f.Step(t.Context())
	if err == nil && signed != "" {
		err = f.Taken(signed)
	}
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func refused(t *testing.T, f *Follower, want error) {
	t.Helper()
	if signed, err := f.Step(t.Context()); !errors.Is(err, want) || signed != "" {
		t.Fatalf("%q, %v, want %v", signed, err, want)
	}
}

// refusedAndOn is refused, and then a person lets it go on.
func refusedAndOn(t *testing.T, f *Follower, want error) {
	t.Helper()
	refused(t, f, want)
	if err := f.GoOn("it is a test"); err != nil {
		t.Fatal(err)
	}
}

// shownNow signs what is queued, and waits until that is shown.
func shownNow(t testing.TB, l *Log) {
	t.Helper()
	sequence(t, l)
	l.clock.(*clock.Manual).Step(Beat)
}

func filesIn(t *testing.T, f *Follower) int {
	t.Helper()
	kept, err := ReadKept(os.DirFS(f.Folder), f.Folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	return len(kept)
}

// other is an installation with the same key and the same name of its log, and other leaves.
func otherLog(t *testing.T, where, origin string, leaves int, c clock.Clock) *Log {
	t.Helper()
	db := openKernel(t, where)
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO log (number, origin, previous, started_at, ended_at, size, seal) VALUES (1, $1, '', 0, 0, 0, $2)`,
			origin, testQueue.sealOfLog(current{number: 1, origin: origin}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	enqueue(t, db, 1000, leaves, c.Now())
	l := newLog(t, db, c)
	shownNow(t, l)
	return l
}

// A witness follows a log that grows, and signs no fork, no shorter log and no other key.
func TestAWitnessAcceptsNoFork(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		c := clock.NewManual(clock.Day)
		l := newLog(t, db, c)
		f := newFollower(t, l, c)
		n := 0
		for _, more := range []int{3, 300, 1, 700} {
			enqueue(t, db, n, more, c.Now())
			n += more
			shownNow(t, l)
			signed := seen(t, f)
			if at, err := l.Key().Open(signed); err != nil || at != latest(t, l).Checkpoint {
				t.Fatalf("signed %v, %v", at, err)
			}
			if seen(t, f) != "" {
				t.Error("signed twice")
			}
		}
		head := latest(t, l)
		for name, size := range map[string]int{"longer": n + 5, "as long": n, "shorter": n - 5} {
			f.Source = &shown{otherLog(t, t.TempDir(), head.Origin, size, c)}
			t.Log(name)
			refusedAndOn(t, f, ErrFork)
		}
		f.Source = &shown{otherLog(t, t.TempDir(), "beside.log/elsewhere", 3, c)}
		refusedAndOn(t, f, ErrFork) // it names no log before
		bad, err := New(Config{DB: db, Seed: bytes.Repeat([]byte{8}, 32), Queue: testQueue, Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		note, err := bad.signer.sign(Checkpoint{Origin: head.Origin, Size: head.Size + 1, Root: head.Root})
		if err != nil {
			t.Fatal(err)
		}
		f.Source = fixed{"/log/checkpoint": note}
		refusedAndOn(t, f, ErrOtherKey)
		if filesIn(t, f) != 4 {
			t.Errorf("%d heads are kept, want 4", filesIn(t, f))
		}
		f.Source = &shown{l}
		if seen(t, f) != "" {
			t.Error("the true log is signed again")
		}
	})
}

// fixed answers what it is told to.
type fixed map[string]string

func (f fixed) Get(_ context.Context, path string) ([]byte, error) { return []byte(f[path]), nil }

// After a restore a person accepts the new log, and is told what is lost. Heads of what was lost are then no longer asked
// for; a rollback that nobody accepted is found with them.
func TestARestoreIsAcceptedByAPerson(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		c := clock.NewManual(clock.Day)
		l := newLog(t, db, c)
		enqueue(t, db, 0, 300, c.Now())
		shownNow(t, l)
		f := newFollower(t, l, c)
		seen(t, f)
		older := latest(t, l)
		enqueue(t, db, 300, 9, c.Now())
		shownNow(t, l)
		seen(t, f) // the head of what will be lost
		cut(t, db, older)
		if found := keptProblems(t, db, f); !strings.Contains(fmt.Sprint(found), "older than what was shown") {
			t.Errorf("a rollback is told as %v", found)
		}
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return testQueue.Restart(tx, c.Now()) }); err != nil {
			t.Fatal(err)
		}
		l = newLog(t, db, c)
		f.Source = &shown{l}
		if _, err := f.Step(t.Context()); !errs.Is(err, errs.NotOpen) {
			t.Errorf("while nothing of the new log is shown: %v", err)
		}
		enqueue(t, db, 500, 2, c.Now())
		shownNow(t, l)
		refused(t, f, ErrRestarted)
		lost, err := f.Accept(t.Context())
		if err != nil || !strings.Contains(lost, "after 301 leaves; 9 leaves") {
			t.Fatalf("%q, %v", lost, err)
		}
		if signed := seen(t, f); signed == "" {
			t.Error("the new log is not followed")
		}
		if found := keptProblems(t, db, f); strings.Contains(fmt.Sprint(found), "kept") {
			t.Errorf("after the restore was accepted: %v", found)
		}
		if _, err := f.Accept(t.Context()); err == nil {
			t.Error("accepted twice")
		}
	})
}

// spliced shows for one log that ended another, signed by the same key, of the same name and with the same beginning.
type spliced struct {
	*shown
	origin string
	other  *shown
}

func (s *spliced) Get(ctx context.Context, path string) ([]byte, error) {
	if strings.HasPrefix(path, At(s.origin)+"/") {
		return s.other.Get(ctx, path)
	}
	return s.shown.Get(ctx, path)
}

// After several restores each log that ended must be the one that the next names, not only the first.
func TestEveryLogThatEndedIsCompared(t *testing.T) {
	db := openKernel(t, t.TempDir())
	c := clock.NewManual(clock.Day)
	l := newLog(t, db, c)
	enqueue(t, db, 0, 5, c.Now())
	shownNow(t, l)
	f := newFollower(t, l, c)
	seen(t, f)
	for n := range 2 {
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return testQueue.Restart(tx, c.Now()) }); err != nil {
			t.Fatal(err)
		}
		l = newLog(t, db, c)
		enqueue(t, db, 500*(n+1), 3, c.Now())
		shownNow(t, l)
	}
	logs, err := l.Logs(t.Context())
	if err != nil || len(logs) != 3 {
		t.Fatalf("%v, %v", logs, err)
	}
	f.Source = &shown{l}
	refused(t, f, ErrRestarted) // as it should be

	forged := openKernel(t, t.TempDir())
	err = forged.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO log (number, origin, previous, started_at, ended_at, size, seal) VALUES (1, $1, $2, 0, 0, 0, $3)`,
			logs[1].Origin, logs[1].Previous, testQueue.sealOfLog(current{number: 1, origin: logs[1].Origin, previous: logs[1].Previous}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	other := newLog(t, forged, c)
	enqueue(t, forged, 9000, 3, c.Now())
	shownNow(t, other)
	f.Source = &spliced{&shown{l}, logs[1].Origin, &shown{other}}
	if _, err := f.Accept(t.Context()); !errors.Is(err, ErrFork) {
		t.Errorf("accepted: %v", err)
	}
}

// cut makes a database older: it has the leaves of a head and no more.
func cut(t *testing.T, db *store.DB, to Head) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		var b []byte
		if err := tx.Row(`SELECT hashes FROM log_tile WHERE log = 1 AND level = 0 AND n = $1`, to.Size/tileWidth).Scan(&b); err != nil {
			return err
		}
		b = b[:to.Size%tileWidth*int64(len(Hash{}))]
		if _, err := tx.Exec(`UPDATE log_tile SET hashes = $1, width = $2 WHERE log = 1 AND level = 0 AND n = $3`, b, to.Size%tileWidth, to.Size/tileWidth); err != nil {
			return err
		}
		for _, q := range []string{`DELETE FROM log_checkpoint WHERE size > $1`, `UPDATE log SET size = $1`} {
			if _, err := tx.Exec(q, to.Size); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func keptProblems(t *testing.T, db *store.DB, f *Follower) (found []Problem) {
	t.Helper()
	kept, err := ReadKept(os.DirFS(f.Folder), f.Folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCheck(CheckConfig{DB: db, Kept: kept, Report: func(p Problem) { found = append(found, p) }})
	if err := c.Logs(t.Context()); err != nil {
		t.Fatal(err)
	}
	return found
}

// The signature of a witness is taken when it is one of those named, on a head of ours, of a time that has come.
func TestOnlyNamedWitnessesAreTaken(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		c := clock.NewManual(clock.Day)
		l := newLog(t, db, c)
		enqueue(t, db, 0, 3, c.Now())
		shownNow(t, l)
		f := newFollower(t, l, c)
		signed := seen(t, f)
		stranger, err := NewCosigner("elm.example", bytes.Repeat([]byte{1}, 32), c)
		if err != nil {
			t.Fatal(err)
		}
		sign := func(by *Cosigner, note string) string {
			s, err := by.Cosign(note)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		note := latest(t, l).Note
		late := clock.NewManual(c.Now() + clock.Hour)
		early, err := NewCosigner("elm.example", bytes.Repeat([]byte{9}, 32), late)
		if err != nil {
			t.Fatal(err)
		}
		notOurs, err := l.signer.sign(Checkpoint{Origin: latest(t, l).Origin, Size: 4, Root: Hash{1}})
		if err != nil {
			t.Fatal(err)
		}
		l.witnesses = []OutsideKey{f.Cosigner.OutsideKey}
		for name, posted := range map[string]string{
			"nothing": "", "no signature of a witness": note, "a stranger's": sign(stranger, note), "of a time to come": sign(early, note),
			"not a head of ours": sign(f.Cosigner, notOurs), "cut": signed[:len(signed)-9], "long": signed + strings.Repeat("x", MaxNote),
		} {
			if _, err := l.Posted(t.Context(), posted); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v, want Invalid", name, err)
			}
		}
		if _, ok, err := l.LastChecked(t.Context()); ok || err != nil {
			t.Errorf("it is said to be checked: %v", err)
		}
		for _, kept := range []bool{false, true} {
			p, err := l.Posted(t.Context(), signed)
			if err == nil {
				err = l.KeepPosted(t.Context(), p)
			}
			if err != nil || p.Kept != kept {
				t.Fatalf("%+v, %v", p, err)
			}
		}
		if got, ok, err := l.LastChecked(t.Context()); !ok || err != nil || got != (Checked{"elm.example", c.Now(), 4}) {
			t.Errorf("%+v, %v, %v", got, ok, err)
		}
	})
}

// What somebody writes into the table of signatures is not shown as one, and is named by a check.
func TestAMadeUpSignatureIsNotShown(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		c := clock.NewManual(clock.Day)
		l := newLog(t, db, c)
		enqueue(t, db, 0, 3, c.Now())
		shownNow(t, l)
		f := newFollower(t, l, c)
		l.witnesses = []OutsideKey{f.Cosigner.OutsideKey}
		p, err := l.Posted(t.Context(), seen(t, f))
		if err == nil {
			err = l.KeepPosted(t.Context(), p)
		}
		if err != nil {
			t.Fatal(err)
		}
		enqueue(t, db, 3, 1, c.Now())
		shownNow(t, l)
		seen(t, f)
		h := latest(t, l)
		for name, made := range map[string]struct {
			by   string
			at   clock.Time
			line string
		}{
			"no signature":           {"elm.example", c.Now(), ""},
			"of another head":        {"elm.example", p.At, p.line},
			"of nobody who is named": {"oak.example", c.Now(), strings.ReplaceAll(p.line, "elm", "oak")},
		} {
			undone := errors.New("undone")
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				if _, err := tx.Exec(`INSERT INTO log_checked (log, size, witness, at, line) VALUES (1, $1, $2, $3, $4)`, h.Size, made.by, made.at, made.line); err != nil {
					return err
				}
				for _, w := range []OutsideKey{f.Cosigner.OutsideKey, {name: "oak.example", key: f.Cosigner.key}} {
					if got, ok, err := w.lastIn(tx, l.Key()); err != nil || ok && got.Size == h.Size {
						t.Errorf("%s: it is shown as %+v, %v", name, got, err)
					}
				}
				var found []Problem
				check := NewCheck(CheckConfig{DB: within{tx}, Report: func(p Problem) { found = append(found, p) }})
				unknown, err := check.Outside(t.Context(), l.witnesses)
				if err != nil || int64(len(found))+unknown != 1 || (unknown == 1) != (made.by == "oak.example") {
					t.Errorf("%s: found %v, %d unknown, %v", name, found, unknown, err)
				}
				return undone
			})
			if !errors.Is(err, undone) {
				t.Fatal(err)
			}
		}
		if got, ok, err := l.LastChecked(t.Context()); err != nil || !ok || got.Size != p.Size {
			t.Errorf("%+v, %v, %v", got, ok, err)
		}
	})
}

// within shows what a transaction sees.
type within struct{ tx *store.Tx }

func (w within) View(_ context.Context, fn func(*store.Tx) error) error { return fn(w.tx) }

// The bytes of a cosignature are those of C2SP: worked out by another program from the standard's text.
func TestAKeyOfAWitnessIsReadAsItIsWritten(t *testing.T) {
	by, err := NewCosigner("elm.example/w", bytes.Repeat([]byte{9}, 32), clock.NewManual(clock.Day))
	if err != nil {
		t.Fatal(err)
	}
	text := by.OutsideKey.String()
	if got, err := ParseOutsideKey(text + "\n"); err != nil || got != by.OutsideKey {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "elm", text[1:], strings.Replace(text, "+", "+0", 1), text + "A", "a b" + text} {
		if _, err := ParseOutsideKey(bad); err == nil {
			t.Errorf("%q is taken as a key", bad)
		}
	}
	if _, err := NewCosigner("a b", nil, nil); err == nil {
		t.Error("a name with a space is taken")
	}
}

func FuzzCheckpoint(f *testing.F) {
	s, err := newSigner(seed)
	if err != nil {
		f.Fatal(err)
	}
	note, err := s.sign(Checkpoint{Origin: "beside.log/x", Size: 12, Root: Hash{3}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(note)
	f.Add("beside.log/x\n012\n" + Hash{}.String() + "\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Peek(text)
		if err != nil {
			return
		}
		if again, err := parseCheckpoint(c.text()); err != nil || again != c {
			t.Errorf("%+v is read again as %+v, %v", c, again, err)
		}
		_, _ = s.public.Open(text)
	})
}

func FuzzPostedCosignature(f *testing.F) {
	by, err := NewCosigner("elm.example", seed, clock.NewManual(clock.Day))
	if err != nil {
		f.Fatal(err)
	}
	note, err := by.signerForTest().sign(Checkpoint{Origin: "beside.log/x", Size: 12, Root: Hash{3}})
	if err != nil {
		f.Fatal(err)
	}
	signed, err := by.Cosign(note)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Fuzz(func(t *testing.T, text string) {
		if _, _, line, err := openCosigned(text, []OutsideKey{by.OutsideKey}); err == nil && !strings.Contains(text, line) {
			t.Errorf("the line %q is not in what was posted", line)
		}
	})
}

func (c *Cosigner) signerForTest() signer { return signer{c.private, c.key} }
