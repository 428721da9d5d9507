package kill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"beside/internal/app"
	"beside/internal/testkit/pgtest"
)

// flags name the place to a command of the program.
func (p place) flags() []string {
	return []string{"--database", p.database, "--keyring", p.keyring, "--root-key", p.root}
}

// beside runs a command of the program on a place, as who runs it does, and returns what it says.
func beside(p place, command ...string) (said string, err error) {
	return besideUntil(context.Background(), p, command...)
}

// besideUntil is beside, killed when the context ends.
func besideUntil(ctx context.Context, p place, command ...string) (said string, err error) {
	binary, err := program()
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, binary, append(command, p.flags()...)...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("beside %s: %w: %s", strings.Join(command, " "), err, out)
	}
	return string(out), err
}

// killedWithin runs a command of the program and kills it at a random moment between two, if it has not ended.
func killedWithin(r *rand.Rand, from, to time.Duration, p place, command ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), from+time.Duration(r.Int64N(int64(to-from))))
	defer cancel()
	_, _ = besideUntil(ctx, p, command...) // killed
}

// told is a town whose journal ends at some moment.
func (tn *town) told() *town {
	tn.journal.mu.Lock()
	defer tn.journal.mu.Unlock()
	then := &town{journal: &journal{looks: maps.Clone(tn.journal.looks)}}
	for _, a := range tn.journal.acts {
		was := *a
		then.journal.acts = append(then.journal.acts, &was)
	}
	return then
}

// and adds what somebody began later, which may be there or not.
func (tn *town) and(later *town) {
	for _, a := range later.told().journal.acts[len(tn.journal.acts):] {
		a.kept = false
		tn.journal.acts = append(tn.journal.acts, a)
	}
}

var namedBackup = regexp.MustCompile(`The books: backup (\S+) in`)

// backedUp is a backup that was made while everybody acted.
type backedUp struct {
	name string
	then *town // what was acknowledged before it began, and what was begun before it ended
}

// TestBackupWhilePeopleWrite runs "beside backup" again and again beside a server on which everybody acts, and each time kills
// it once before. Each backup, restored into an empty place, has every act that was acknowledged before it began and none that was sent after it ended,
// what was under way is there wholly or not at all, and "beside verify" finds nothing wrong. BESIDE_BACKUPS says how often.
func TestBackupWhilePeopleWrite(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		n := newNode(t, emptyLike(t, place{database: where}))
		books, keys := t.TempDir(), t.TempDir()
		n.up(t)
		tn := settle(t, "http://"+n.addr, <-n.first, 2, 3)
		made, during := tn.backedUp(t, n.place, times(t, "BESIDE_BACKUPS", 2), "--backup-to", books, "--keyring-to", keys, "--keep-days", "0")
		must(t, tn.check(t.Context(), n.place))
		n.stop(t)
		t.Logf("%d acts were acknowledged while %d backups were made", during, len(made))
		if during == 0 {
			t.Error("nobody acted while backups were made: nothing was tested")
		}
		var back place
		for _, b := range made {
			back = emptyLike(t, n.place)
			back.root = n.root
			_, err := beside(back, "restore", "--from", books, "--name", b.name, "--keyring-from", keys)
			must(t, err)
			_, err = beside(back, "verify")
			must(t, err)
			must(t, b.then.behind(back, b.then.checkJournal, b.then.checkLooks, checkBooks))
		}
		n.place = back
		n.up(t)
		must(t, made[len(made)-1].then.known())
	})
}

// emptyLike is an empty place of the engine that a place is of, keyring and all.
func emptyLike(t *testing.T, p place) place {
	t.Helper()
	if !strings.HasPrefix(p.database, "postgres") {
		return newPlace(t, t.TempDir())
	}
	empty := newPlace(t, pgtest.URL(t))
	empty.keyring = pgtest.URL(t)
	return empty
}

// backedUp has everybody act while backups are made, and counts what was done meanwhile.
func (tn *town) backedUp(t *testing.T, p place, n int, to ...string) (made []backedUp, during int64) {
	t.Helper()
	r := luck(t)
	alive(tn, func() {
		for range n {
			tn.goesOn(20)
			killedWithin(r, 0, time.Second, p, append([]string{"backup"}, to...)...)
			b, before := backedUp{then: tn.told()}, tn.busy.Load()
			said, err := beside(p, append([]string{"backup"}, to...)...)
			must(t, err)
			during += tn.busy.Load() - before
			b.then.and(tn)
			b.name = namedBackup.FindStringSubmatch(said)[1]
			made = append(made, b)
		}
		tn.goesOn(10)
	})
	return made, during
}

// known has everybody who was told that they joined be known where they come back to.
func (tn *town) known() error {
	for _, a := range tn.journal.acts {
		if a.what != "join" || !a.kept {
			continue
		}
		s, err := a.by.get("/me")
		if err != nil {
			return err
		}
		if strings.HasPrefix(s.at, "/come-in") {
			return fmt.Errorf("LOST: %s joined before, and is not known", a.by.name)
		}
	}
	return nil
}

// behind opens a place for some checks.
func (tn *town) behind(p place, checks ...func(context.Context, *app.App) error) (err error) {
	ctx := context.Background()
	a, err := open(ctx, p, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	for _, check := range checks {
		if err := check(ctx, a); err != nil {
			return err
		}
	}
	return nil
}
