package kill

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// faulty is one walk: an act is done again and again, and each time the next call of the system below the database fails,
// until an act meets no fault any more.
type faulty struct {
	act   string // write, join or share
	calls string
	how   string
	stays bool // the fault stays until the act is over, as a full disk does
	quick bool // also in the quick tier
}

var walks = []faulty{
	{"write", "pwrite64", "error=ENOSPC", true, true},
	{"write", "fsync,fdatasync", "error=EIO", false, true},
	{"join", "fsync,fdatasync", "error=EIO", true, true},

	{"write", "pwrite64", "error=EIO", false, false},
	{"write", "pwrite64", "error=ENOSPC", false, false},
	{"write", "fsync,fdatasync", "error=EIO", true, false},
	{"write", "fsync,fdatasync", "error=ENOSPC", false, false},
	{"write", "pread64", "error=EIO", false, false},
	{"write", "pread64", "error=EIO", true, false},
	{"write", "pread64", "retval=0", false, false},
	{"share", "pwrite64", "error=EIO", false, false},
	{"share", "pwrite64", "error=ENOSPC", true, false},
	{"share", "fsync,fdatasync", "error=EIO", false, false},
	{"share", "pread64", "retval=0", true, false},
	{"join", "pwrite64", "error=EIO", false, false},
	{"join", "pwrite64", "error=ENOSPC", true, false},
	{"join", "fsync,fdatasync", "error=EIO", false, false},
	{"join", "pread64", "error=EIO", false, false},
	{"join", "pread64", "retval=0", false, false},
}

func (f faulty) String() string {
	stays := ""
	if f.stays {
		stays = " and stays"
	}
	return strings.ReplaceAll(f.act+" "+f.calls+" "+f.how+stays, ",", " ")
}

// TestFaultsBelowTheDriver makes the calls that SQLite makes of the system fail, one after the other: what is told is an
// error or success and never a lie, the next act is well, and of the files as a crash would leave them everything that was
// acknowledged can be read. BESIDE_FAULTS=all goes all walks.
func TestFaultsBelowTheDriver(t *testing.T) {
	all := os.Getenv("BESIDE_FAULTS") == "all"
	for _, f := range walks {
		if f.quick || all {
			t.Run(f.String(), func(t *testing.T) { walk(t, f) })
		}
	}
	t.Run("a disk that fills up in the middle of a write", fillsUp)
}

// village is an installation with an actor for a server, and a few people.
type village struct {
	*town
	place place
	actor *actor
	mira  *person
}

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{place: newPlace(t, filepath.Join(t.TempDir(), "data"))}
	v.actor = newActor(t, v.place)
	_, err := v.actor.do(order{Do: "open"})
	must(t, err)
	v.town = newTown("http://127.0.0.1", v.actor)
	v.mira = v.newPerson("Mira", 1)
	must(t, v.mira.join())
	return v
}

// withWorkers brings in people one can share with.
func (v *village) withWorkers(t *testing.T) {
	t.Helper()
	a, err := open(t.Context(), v.place, nil)
	must(t, err)
	link, err := a.HostLink(t.Context())
	must(t, err)
	must(t, a.Close())
	v.team = v.newPerson("Toni", 2)
	must(t, v.team.join())
	must(t, v.team.accept(inviting.FindString(link), "team"))
	for i := range 2 {
		w := v.newPerson(fmt.Sprintf("Sam%d", i), uint64(10+i))
		must(t, w.join())
		invited, err := v.team.invite()
		must(t, err)
		must(t, w.accept(invited, "worker"))
		must(t, w.profile())
		v.workers = append(v.workers, w)
	}
	must(t, v.mira.findWorkers())
}

func walk(t *testing.T, f faulty) {
	t.Parallel()
	v := newVillage(t)
	if f.act == "share" {
		v.withWorkers(t)
	}
	refused, kept := 0, 0
	for n := 1; ; n++ {
		when := fmt.Sprint(n)
		if f.stays {
			when += "+"
		}
		do := v.prepare(t, f.act, n)
		var err error
		met := v.actor.under(t, fault{f.calls, f.how, when}, func() { err = do() })
		if err != nil {
			refused++
		} else {
			kept++
		}
		v.holds(t)
		if !met {
			if err != nil {
				t.Errorf("the act that met no fault: %v", err)
			}
			break
		}
	}
	v.actor.end()
	must(t, v.checkBehind(t.Context(), v.place))
	t.Logf("%d acts met a fault and were refused, %d were kept nevertheless or met none", refused, kept)
	if refused == 0 {
		t.Error("no act met a fault: nothing was tested")
	}
}

// prepare asks for the page of an act, and returns what sends it.
func (v *village) prepare(t *testing.T, act string, n int) (do func() error) {
	t.Helper()
	m := v.mira
	switch act {
	case "join":
		p := v.newPerson(fmt.Sprintf("Nika%d", n), uint64(n))
		s, err := p.page("/join/you")
		must(t, err)
		return func() error {
			return p.do("join", "", s, "main form", nil, "name", p.name, "secret_passphrase", passphrase, "contact", "no", "own_device", "yes")
		}
	case "share":
		w := v.workers[n%2].name
		s, err := m.page(v.ids[w])
		must(t, err)
		if len(s.all(`form[action$="/back"]`)) > 0 {
			return func() error { return m.do("share no", "", s, `form[action$="/back"]`, nil) }
		}
		return func() error { return m.do("share yes", "", s, `form:has(input[name="until"])`, nil) }
	}
	s, err := m.page("/me/strengths/new")
	must(t, err)
	words := m.say("strength")
	return func() error {
		return m.do("write", words, s, "main form", func() { m.mine = append(m.mine, words) }, "words", words, "when", "now")
	}
}

// holds makes sure that the server goes on by itself, and that a crash now would lose nothing that was acknowledged.
func (v *village) holds(t *testing.T) {
	t.Helper()
	if len(v.journal.errs) > 0 {
		t.Fatal(v.journal.errs[0])
	}
	v.mira.again = nil
	if err := v.mira.strength(); err != nil {
		t.Fatalf("after the fault was over: %v", err)
	}
	if err := v.mira.finds(); err != nil {
		t.Fatal(err)
	}
	if err := v.checkBehind(t.Context(), crashed(t, v.place)); err != nil {
		t.Fatalf("of what a crash would leave: %v", err)
	}
}

// crashed copies the files as they are, without what only running programs share.
func crashed(t *testing.T, p place) place {
	t.Helper()
	dir := t.TempDir()
	to := place{database: filepath.Join(dir, "data"), keyring: filepath.Join(dir, "keys"), root: p.root}
	for from, into := range map[string]string{p.database: to.database, p.keyring: to.keyring} {
		must(t, os.MkdirAll(into, 0o700))
		for _, pattern := range []string{"*.db", "*.db-wal", "*.db-journal"} {
			found, _ := filepath.Glob(filepath.Join(from, pattern)) // the pattern is right
			for _, path := range found {
				b, err := os.ReadFile(path)
				must(t, err)
				must(t, os.WriteFile(filepath.Join(into, filepath.Base(path)), b, 0o600))
			}
		}
	}
	return to
}

// fillsUp lets no file grow beyond a size that is in the middle of what an act writes: the system writes a part, and then no
// more.
func fillsUp(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	refused := 0
	step := int64(4120) * 5 / 4 // a frame of the log is 24 and 4096 bytes
	if os.Getenv("BESIDE_FAULTS") == "all" {
		step = 509
	}
	for room := int64(1); ; room += step {
		do := v.prepare(t, "write", 0)
		wal, err := os.Stat(filepath.Join(v.place.database, "beside.db-wal"))
		must(t, err)
		_, err = v.actor.do(order{Do: "limit", Limit: uint64(wal.Size() + room)})
		must(t, err)
		kept := do()
		_, err = v.actor.do(order{Do: "limit", Limit: 1 << 60})
		must(t, err)
		v.holds(t)
		if kept == nil {
			break
		}
		refused++
	}
	t.Logf("%d acts found no room", refused)
	if refused < 5 {
		t.Error("the room was never too small: nothing was tested")
	}
}

// TestFaultsWhileOpeningAndClosing: a fault while the database is opened, brought up to date or closed is told, or does no
// harm, and what was kept before is there afterwards.
func TestFaultsWhileOpeningAndClosing(t *testing.T) {
	all := os.Getenv("BESIDE_FAULTS") == "all"
	for _, f := range []faulty{
		{"open", "pwrite64", "error=ENOSPC", true, false}, {"open", "fsync,fdatasync", "error=EIO", false, false},
		{"open", "pread64", "error=EIO", false, false}, {"open", "pread64", "retval=0", false, false}, {"open", "ftruncate", "error=EIO", false, false},
		{"close", "pwrite64", "error=EIO", false, false}, {"close", "pwrite64", "error=ENOSPC", true, false},
		{"close", "fsync,fdatasync", "error=EIO", false, true}, {"close", "pread64", "error=EIO", false, false},
		{"close", "pread64", "retval=0", false, false}, {"close", "ftruncate", "error=EIO", false, false}, {"close", "unlink,unlinkat", "error=EIO", false, false},
		{"first", "pwrite64", "error=ENOSPC", true, false}, {"first", "fsync,fdatasync", "error=EIO", false, false},
	} {
		if f.quick || all {
			t.Run(f.String(), func(t *testing.T) { openAndClose(t, f) })
		}
	}
}

func openAndClose(t *testing.T, f faulty) {
	t.Parallel()
	v := newVillage(t)
	must(t, v.mira.strength())
	told, step := 0, 1
	if f.act == "first" || f.calls == "pread64" && f.act == "open" {
		step = 7 // of very many calls
	}
	for n := 1; ; n += step {
		when := fmt.Sprint(n)
		if f.stays {
			when += "+"
		}
		at := v.place
		a := v.actor
		switch f.act {
		case "open": // of what a crash left
			at = crashed(t, v.place)
			a = newActor(t, at)
		case "first":
			at = newPlace(t, filepath.Join(t.TempDir(), "data"))
			a = newActor(t, at)
		}
		does := map[string]string{"open": "open", "first": "open", "close": "close"}[f.act]
		var err error
		met := a.under(t, fault{f.calls, f.how, when}, func() { _, err = a.do(order{Do: does}) })
		if err != nil {
			told++
		}
		a.end()
		if f.act == "first" {
			again, err := open(t.Context(), at, nil)
			if err != nil {
				t.Fatalf("after the fault was over it does not open: %v", err)
			}
			must(t, again.Close())
		} else if err := v.checkBehind(t.Context(), at); err != nil {
			t.Fatalf("call %d: %v", n, err)
		}
		if !met {
			break
		}
		if f.act == "close" {
			v.reopen(t)
		}
	}
	t.Logf("%d times it was told", told)
}

// reopen starts the server again and writes something.
func (v *village) reopen(t *testing.T) {
	t.Helper()
	v.actor = newActor(t, v.place)
	_, err := v.actor.do(order{Do: "open"})
	must(t, err)
	v.mira.http.Transport = http.RoundTripper(v.actor)
	must(t, v.mira.strength())
}
