package vault

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/store"
)

// lease is how long a process may use what it remembers of the keyring without having asked whether anything was erased;
// margin is what is waited beyond it, as clocks do not run alike.
const (
	lease  = 10 * clock.Second
	margin = 2 * clock.Second
)

// program is this process among those that hold the keyring open.
//
//	             the lease lasts            asked: nothing new
//	(opened) ──▶ [current] ◀────────────────────────────┐
//	                │ the lease ran out, or Beat         │
//	                └────▶ [asking] ── the epoch rose: ──▶ memory dropped, row says so
//
// Whoever erases waits until the row of every program says that it has seen it. A row that does not in lease and margin is
// of a process that has ended or is cut off: it goes, and such a process finds that out before it uses anything again.
type program struct {
	id   []byte
	path string // of the root key file; "" when there is none
	// machine is the id of the machine with that file; nil when there is none.
	machine []byte
	steady  func() clock.Time
	wall    clock.Clock

	using   sync.RWMutex // read by those who use a tree, written when trees are dropped
	asking  sync.Mutex   // one asks at a time; it guards what follows
	seen    int64
	file    int64 // generation of the root key file; -1 while it is not known
	fileErr error // why it stays behind
	ready   int64

	until, wallFrom atomic.Int64 // the lease, by both clocks
}

func newProgram(path string, wall clock.Clock, random io.Reader) (*program, error) {
	n := &program{id: make([]byte, 16), path: path, steady: clock.Steady(), wall: wall, file: -1}
	if _, err := io.ReadFull(random, n.id); err != nil {
		return nil, err
	}
	if path != "" {
		n.machine = machineOf(path, random)
	}
	return n, nil
}

// lapsed reports whether the lease has run out. The steady clock stands still while a machine sleeps, so the other one
// must not have moved further either.
func (n *program) lapsed() bool {
	if mutant.On("stale-tree") {
		return false
	}
	passed := int64(n.wall.Now()) - n.wallFrom.Load()
	return int64(n.steady()) >= n.until.Load() || passed < -int64(lease) || passed >= int64(lease)
}

// current makes sure that what is remembered may be used.
func (v *Vault) current(ctx context.Context) error {
	if !v.here.lapsed() {
		return nil
	}
	v.here.asking.Lock()
	defer v.here.asking.Unlock()
	if !v.here.lapsed() {
		return nil // another asked meanwhile
	}
	return v.ask(ctx)
}

// Beat asks the keyring what was erased and whether the root key moved on, and acts on it. A process that serves calls it
// every few seconds. Errors are those of the store; [ErrOtherRoot] when there is a newer root key that is not here.
func (v *Vault) Beat(ctx context.Context) error {
	v.here.asking.Lock()
	defer v.here.asking.Unlock()
	return errs.Wrap("vault: beat", v.ask(ctx))
}

// state is what a program asks for.
type state struct {
	epoch            int64
	gens             []generation
	seen, gen, ready *int64 // of the program's own row; nil when there is none
	machine          *int64 // what is known of the machine's root key file; nil for nothing
}

func (v *Vault) stateIn(tx *store.Tx) (s state, err error) {
	if s.gens, err = generationsIn(tx); err != nil {
		return s, err
	}
	machine := v.here.machine
	if machine == nil {
		machine = v.here.id // none has it
	}
	err = tx.Row(`SELECT k.epoch, n.seen, n.gen, n.ready, m.gen FROM keyring AS k LEFT JOIN program AS n ON n.id = $1 LEFT JOIN machine AS m ON m.id = $2 WHERE k.n = 1`, v.here.id, machine).
		Scan(&s.epoch, &s.seen, &s.gen, &s.ready, &s.machine)
	return s, err
}

// ask is [Vault.Beat] for who holds program.asking.
func (v *Vault) ask(ctx context.Context) error {
	n := v.here
	from, wall := n.steady(), n.wall.Now()
	var s state
	err := v.db.View(ctx, func(tx *store.Tx) (err error) {
		s, err = v.stateIn(tx)
		return err
	})
	if err != nil {
		return err
	}
	if len(s.gens) == 0 {
		return ErrOtherRoot
	}
	if _, err := v.roots.root(s.gens[0]); err != nil {
		return err
	}
	if err := v.moveFile(ctx, s.gens[0]); err != nil {
		return err
	}
	n.ready = s.gens[0].gen
	newest := s.gens[len(s.gens)-1]
	if _, err := v.roots.root(newest); err == nil {
		n.ready = newest.gen
	}
	if s.epoch != n.seen {
		v.dropTrees()
		n.seen = s.epoch
	}
	if err := v.sayRow(ctx, s); err != nil {
		return err
	}
	n.wallFrom.Store(int64(wall))
	n.until.Store(int64(from + lease))
	return nil
}

// dropTrees waits for who uses a tree, and forgets them all.
func (v *Vault) dropTrees() {
	v.here.using.Lock()
	defer v.here.using.Unlock()
	v.recent.clear()
}

// sayRow brings the program's row up to what it has seen.
func (v *Vault) sayRow(ctx context.Context, s state) error {
	n := v.here
	told := n.machine == nil || s.machine != nil && *s.machine == n.file
	if told && s.seen != nil && *s.seen == n.seen && *s.gen == n.file && *s.ready == n.ready {
		return nil
	}
	return v.db.Update(ctx, func(tx *store.Tx) error {
		if !told {
			_, err := tx.Exec(`INSERT INTO machine (id, name, path, gen, at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (id) DO UPDATE SET name = excluded.name, path = excluded.path, gen = excluded.gen, at = excluded.at`,
				n.machine, machineName(), n.path, n.file, n.wall.Now())
			if err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO program (id, seen, gen, ready, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (id) DO UPDATE SET seen = excluded.seen, gen = excluded.gen, ready = excluded.ready, at = excluded.at`,
			n.id, n.seen, n.file, n.ready, n.wall.Now())
		return err
	})
}

// Leave says that this process holds the keyring open no longer, so that nobody waits for it. It must not be used
// afterwards. Errors are those of the store.
func (v *Vault) Leave(ctx context.Context) error {
	err := v.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM program WHERE id = $1`, v.here.id)
		return err
	})
	return errs.Wrap("vault: leave", err)
}

// moveFile writes the root key of the oldest generation into the root key file, if an older one stands there, brings the
// copy of the keyring up to it, and forgets the older. What cannot be written keeps nobody from anything; but no certificate
// is given while one stays behind.
func (v *Vault) moveFile(ctx context.Context, oldest generation) error {
	n := v.here
	if n.file == oldest.gen {
		return nil
	}
	root, err := v.roots.root(oldest)
	if err != nil {
		return err
	}
	n.fileErr = nil
	if n.path != "" {
		var moved bool
		if moved, n.fileErr = replaceRoot(n.path, root, n.wall.Now()); !moved {
			return nil
		}
	}
	if n.fileErr = v.bringUp(ctx); n.fileErr != nil {
		return nil //nolint:nilerr // it is kept, and told as what keeps a certificate away
	}
	n.file = oldest.gen
	v.roots.forget(oldest.gen)
	return nil
}
