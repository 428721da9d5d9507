package kill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/vault"
)

// An eraser is a process that erases something and brings that to its end. It is the test's own binary, told so by a variable.
const eraserVariable = "BESIDE_KILL_ERASER"

// errand is what an eraser does.
type errand struct {
	Place  [3]string
	Erased keeper.Erased
	Owner  id.Person
}

func (e errand) place() place { return place{e.Place[0], e.Place[1], e.Place[2]} }

// beEraser is the eraser's own life. It ends with everything open.
func beEraser(said string) {
	var e errand
	err := json.Unmarshal([]byte(said), &e)
	if err == nil {
		var a *app.App
		if a, err = open(context.Background(), e.place(), nil); err == nil {
			err = e.run(context.Background(), a)
		}
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	os.Exit(0)
}

// run sends the owner's act, which may be there already, and keeps every promise that is due.
func (e errand) run(ctx context.Context, a *app.App) error {
	d := keeper.Draft{ID: e.Erased.Erasing, Kind: book.KindErasing, Act: book.ActErase, Via: book.ViaWeb,
		Body: &book.Erasing{Items: e.Erased.Items, Whole: e.Erased.Whole}}
	_, err := a.Keeper.Write(ctx, owner(e.Owner), e.Erased.Book, d)
	if err != nil && (!e.Erased.Whole || !errs.Is(err, errs.Changed)) { // a book that is gone says so
		return err
	}
	return kept(ctx, a)
}

// kept keeps every promise that is due.
func kept(ctx context.Context, a *app.App) error {
	for range 30 {
		if n, err := a.Promises.Once(ctx); err != nil || n == 0 {
			return err
		}
	}
	return errors.New("promises without end")
}

// midway is a place, and what is done there by a program that is killed on the way.
type midway struct {
	*household
	erases bool // else the root key is drawn anew
	whole  bool
	calls  string
	near   bool // only those about the folder of the root key: strace counts on each thread, so that others hide them
	quick  bool
	died   *int
}

func (m midway) String() string {
	what := "rotating"
	if m.erases {
		what = "erasing"
	}
	if m.whole {
		what += " a book"
	}
	if m.near {
		what += " near the root key"
	}
	return what + " " + strings.ReplaceAll(m.calls, ",", " ")
}

// Calls of the system after each of which something else is on the disk: names of files, and what is in them.
const (
	named  = "renameat,linkat,unlinkat"
	synced = "fsync,fdatasync"
	filled = "pwrite64"
	told   = "write"
)

var midways = []midway{
	{erases: true, calls: named, quick: true}, {calls: named, quick: true},
	{erases: true, near: true, calls: synced}, {near: true, calls: synced},
	{erases: true, calls: synced}, {erases: true, calls: filled}, {erases: true, whole: true, calls: synced},
	{calls: synced}, {calls: filled}, {calls: told},
}

// TestKilledWhileErasingAndRotating kills a program at every step of an erasing, and the real "beside root-key rotate" at
// every step of a rotation: each time the system is called to change something on the disk. Whatever is left, who starts
// next brings it to its end, nothing else is lost, and no older root key stands anywhere. BESIDE_FAULTS=all goes all walks.
func TestKilledWhileErasingAndRotating(t *testing.T) {
	all := os.Getenv("BESIDE_FAULTS") == "all" || os.Getenv("BESIDE_MUTANT") != ""
	for _, m := range midways {
		if !m.quick && !all {
			continue
		}
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			m.household = newHousehold(t, within(dir), t.TempDir())
			m.writes(t)
			m.goes(t, 1, 1, func() place {
				to := t.TempDir()
				copied(t, dir, to)
				return within(to)
			})
		})
	}
}

func within(dir string) place {
	return place{filepath.Join(dir, "books"), filepath.Join(dir, "keyring"), filepath.Join(dir, "root", "root.key")}
}

// TestKilledWhileErasingAndRotatingOnPostgres is the same with books and keyring in PostgreSQL, where a step is what is said
// to it.
func TestKilledWhileErasingAndRotatingOnPostgres(t *testing.T) {
	first, step := 40, 1000
	if os.Getenv("BESIDE_FAULTS") == "all" {
		first, step = 1, 7
	}
	c := newCluster(t, "fsync=off")
	for _, m := range []midway{{erases: true, calls: told}, {calls: told}} {
		t.Run(m.String(), func(t *testing.T) {
			name := strings.ReplaceAll(m.String(), " ", "_")
			must(t, c.sql("CREATE DATABASE books_"+name))
			must(t, c.sql("CREATE DATABASE keys_"+name))
			dir := t.TempDir()
			m.household = newHousehold(t, place{c.url("books_" + name), c.url("keys_" + name), filepath.Join(dir, "root", "root.key")}, t.TempDir())
			m.writes(t)
			n := 0
			m.goes(t, first, step, func() place {
				n++
				to := t.TempDir()
				copied(t, dir, to)
				p := place{fmt.Sprintf("books_%s_%d", name, n), fmt.Sprintf("keys_%s_%d", name, n), filepath.Join(to, "root", "root.key")}
				must(t, c.sql("CREATE DATABASE "+p.database+" TEMPLATE books_"+name))
				must(t, c.sql("CREATE DATABASE "+p.keyring+" TEMPLATE keys_"+name))
				p.database, p.keyring = c.url(p.database), c.url(p.keyring)
				return p
			})
		})
	}
}

// goes kills the program at one call after the other, each time in a place as it was before, until it comes to its end.
func (m midway) goes(t *testing.T, first, step int, before func() place) {
	t.Helper()
	m.died = new(int)
	s := m.stories[0]
	if m.whole {
		s = m.stories[1]
	}
	e := errand{Owner: s.who.Person, Erased: keeper.Erased{Erasing: id.New[id.Entry](id.NewMaker(clock.System(), nil)), Book: s.book, Whole: m.whole}}
	if !m.whole {
		e.Erased.Items = []id.Item{s.said[0].entry.Item}
	}
	if m.erases {
		s.marked(&book.Erasing{Items: e.Erased.Items, Whole: m.whole})
	}
	for _, call := range strings.Split(m.calls, ",") {
		m.goesAt(t, e, call, first, step, before)
	}
	if *m.died == 0 {
		t.Error("nothing was killed: nothing was tested")
	}
}

// goesAt is goes for one call of the system.
func (m midway) goesAt(t *testing.T, e errand, call string, first, step int, before func() place) {
	t.Helper()
	died := 0
	for n := first; ; n += step {
		p := before()
		moved(t, p)
		e.Place = [3]string{p.database, p.keyring, p.root}
		seen := filepath.Join(t.TempDir(), "seen") // another name of the root key file: it shows what becomes of its place on the disk
		must(t, os.Link(p.root, seen))
		killed := m.dies(t, e, call, n)
		m.ends(t, e, fmt.Sprintf("killed at %s %d", call, n))
		m.rootWiped(t, p, seen)
		if t.Failed() {
			t.Fatalf("at %s %d", call, n)
		}
		if killed {
			died++
		}
		if !killed || step >= 1000 {
			break
		}
	}
	t.Logf("killed at %d calls of %s", died, call)
	*m.died += died
}

// dies runs the program until its n-th call of those, and reports false when it came to its end before.
func (m midway) dies(t *testing.T, e errand, call string, n int) bool {
	t.Helper()
	args := []string{"-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n)}
	if m.near {
		args = append(args, "-P", filepath.Dir(e.Place[2]))
	}
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command("strace", append(args, self)...)
	one := append(os.Environ(), "GOMAXPROCS=1") // calls are counted on each thread: let there be few
	if m.erases {
		said, err := json.Marshal(e)
		must(t, err)
		one = append(one, eraserVariable+"="+string(said))
	} else {
		binary, err := program()
		must(t, err)
		cmd = exec.Command("strace", append(args, binary, "root-key", "rotate", "--database", e.Place[0], "--keyring", e.Place[1], "--root-key", e.Place[2])...)
	}
	var out bytes.Buffer
	cmd.Env = one
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &out, &out, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err = cmd.Run()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if err != nil && (!status.Signaled() || status.Signal() != syscall.SIGKILL) {
		t.Fatalf("%v: %s", err, &out)
	}
	return err != nil
}

// ends starts what comes next, as serving does, and looks whether it comes to its end.
func (m midway) ends(t *testing.T, e errand, when string) {
	t.Helper()
	a := m.open(t, e.place())
	defer func() { must(t, a.Close()) }()
	must(t, later(t.Context(), a, e.place()))
	for range 2 { // the first time it may find that it must wait
		_, err := a.Vault.Resume(t.Context())
		if err != nil && !errors.Is(err, vault.ErrRootStays) {
			t.Fatal(err)
		}
	}
	if m.erases {
		for range 3 {
			must(t, e.run(t.Context(), a)) // who was not told sends it again
			must(t, later(t.Context(), a, e.place()))
		}
		if open := count(t, a, `SELECT COUNT(*) FROM erasing WHERE sure_at = 0`); open > 0 {
			t.Errorf("%s: the erasing is not at its end", when)
		}
	} else {
		_, err := a.Vault.BeginRotation(t.Context(), nil)
		must(t, errors.Join(err, a.Vault.Rotate(t.Context())))
	}
	oldest, newest, _, err := a.Vault.Renewed(t.Context())
	if err != nil || oldest != newest {
		t.Errorf("%s: generations %d to %d, %v", when, oldest, newest, err)
	}
	_, err = a.Log.Sequence(t.Context())
	must(t, err)
	m.all(t, when, a)
}

// later is some minutes later: what waits for the lease of a program that died is due, and what it was writing is old.
func later(ctx context.Context, a *app.App, p place) error {
	past := time.Now().Add(-5 * time.Minute)
	if err := os.Chtimes(p.root+".moving", past, past); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return a.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE promise SET lease_by = '', lease_until = 0, due_at = 1 WHERE state = 'open'`)
		return err
	})
}

// rootWiped finds the root key of before nowhere: neither in a file, nor in what was its file.
func (m midway) rootWiped(t *testing.T, p place, seen string) {
	t.Helper()
	if got, err := vault.ReadRoot(p.root); err != nil || got.Same(m.household.root) {
		t.Errorf("the root key stayed what it was, %v", err)
	}
	if b, err := os.ReadFile(seen); err != nil || len(bytes.Trim(b, "\x00")) > 0 {
		t.Errorf("what was the root key file holds %d bytes still, %v", len(b), err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(p.root), "[^.]*")) // with a dot: keys that were drawn and never used
	must(t, err)
	left = slices.DeleteFunc(left, func(f string) bool { return f == p.root+".machine" }) // by what name its machine is known
	if !slices.Equal(left, []string{p.root}) {
		t.Errorf("beside the root key lie %v", left)
	}
}

// moved has the keyring of a copied place forget the machine it was copied from, whose root key file nobody will bring
// forward: as "beside root-key retire" does.
func moved(t *testing.T, p place) {
	t.Helper()
	db, err := store.Open(t.Context(), p.keyring, store.Options{Name: "keyring.db", Readers: 1, MaxConns: 2})
	must(t, err)
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM machine`)
		return err
	})
	must(t, errors.Join(err, db.Close()))
	if err := os.Remove(p.root + ".machine"); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

// copied copies a folder with the rights that its files have.
func copied(t *testing.T, from, to string) {
	t.Helper()
	out, err := exec.Command("cp", "-a", from+"/.", to).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
