package app_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
	"beside/internal/witness"
)

// forgedRecord queues what a row should have been, as well as somebody can who holds the database and no key.
func forgedRecord(tx *store.Tx, kind string, rowID, payload []byte) error {
	leaf, sum := witness.RowLeaf(kind, rowID, payload), sha256.Sum256(payload)
	_, err := tx.Exec(`INSERT INTO log_queue (leaf, kind, queued_at, id, sum, once, seal) VALUES ($1, $2, 1, $3, $4, $5, $6)`,
		leaf, kind, rowID, sum[:], make([]byte, 16), make([]byte, 32))
	return err
}

// databaseOnly are acts of somebody who can write to the database of the books and holds no key. Each is told by the name of
// a table.
var databaseOnly = map[string]struct {
	table string
	do    func(d *tampered, tx *store.Tx) error
}{
	"an entry is hidden by saying that its owner erased it": {"tombstone", func(d *tampered, tx *store.Tx) error {
		var seq int64
		var e id.Entry
		var it id.Item
		var leaf witness.Hash
		if err := tx.Row(`SELECT seq, id, item, leaf FROM entry WHERE book = $1 AND kind = 'strength' AND act = 'write' ORDER BY seq LIMIT 1`, d.books[0]).Scan(&seq, &e, &it, &leaf); err != nil {
			return err
		}
		return all(tx,
			call(`INSERT INTO tombstone (book, seq, entry, item, leaf, erased_at) VALUES ($1, $2, $3, $4, $5, 1)`, d.books[0], seq, e, it, leaf),
			call(`UPDATE entry SET section = '', kind = '', version = 0, act = '', author = $1, hat = '', via = '', base = NULL, answers = NULL, recorded_at = 0,
				sealed = $2, commitment = $2 WHERE book = $3 AND seq = $4`, make([]byte, 16), []byte{}, d.books[0], seq),
			call(`DELETE FROM item WHERE book = $1 AND item = $2`, d.books[0], it),
			func(tx *store.Tx) error {
				return forgedRecord(tx, "tombstone", e.Bytes(), keeper.TombstoneRow(d.books[0], seq, e, it, leaf, 1))
			})
	}},
	"a worker makes themselves one of the team": {"membership", func(d *tampered, tx *store.Tx) error {
		var m, community, by []byte
		var since, until, ended uint64
		if err := tx.Row(`SELECT id, community, invited_by, since, until, ended_at FROM membership WHERE person = $1`, d.worker.Person).Scan(&m, &community, &by, &since, &until, &ended); err != nil {
			return err
		}
		number := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
		return all(tx, call(`UPDATE membership SET hat = 'team' WHERE id = $1`, m), func(tx *store.Tx) error {
			return forgedRecord(tx, "membership", m, witness.NewHeader("membership/2", community, d.worker.Person.Bytes(), []byte("team"), number(since), number(until), number(ended), by))
		})
	}},
	"a role is taken away as if by Beside": {"membership", func(d *tampered, tx *store.Tx) error {
		var m []byte
		if err := tx.Row(`SELECT id FROM membership WHERE person = $1`, d.worker.Person).Scan(&m); err != nil {
			return err
		}
		return all(tx, call(`DELETE FROM membership WHERE id = $1`, m), func(tx *store.Tx) error { return forgedRecord(tx, "membership", m, nil) })
	}},
	"looks that wait are called something else, and go": {"log_refused", func(d *tampered, tx *store.Tx) error {
		return all(tx, call(`DELETE FROM look WHERE batch IN (SELECT leaf FROM log_queue WHERE kind = 'look')`), call(`UPDATE log_queue SET kind = 'x' WHERE kind = 'look'`))
	}},
	"a record that waits is changed": {"log_refused", func(d *tampered, tx *store.Tx) error {
		return all(tx, call(`UPDATE log_queue SET sum = $1 WHERE id IS NOT NULL`, make([]byte, 32)))
	}},
	"a log is begun beside": {"log", func(d *tampered, tx *store.Tx) error {
		return all(tx, call(`UPDATE log SET ended_at = 1`), call(`INSERT INTO log (number, origin, previous, started_at, ended_at, size)
			SELECT 2, 'beside.log/madeup', note, 1, 0, 0 FROM log_checkpoint ORDER BY size DESC LIMIT 1`))
	}},
}

func call(query string, args ...any) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}
}

func all(tx *store.Tx, steps ...func(*store.Tx) error) error {
	for _, step := range steps {
		if err := step(tx); err != nil {
			return err
		}
	}
	return nil
}

// TestTheDatabaseAloneIsNotEnough: who can write to the database, and holds no key, gets nothing of theirs signed, though the
// sequencer goes on; it is told with keys and without.
func TestTheDatabaseAloneIsNotEnough(t *testing.T) {
	for name, act := range databaseOnly {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Both(t, func(t *testing.T, where string) {
				d := newTampered(t, where)
				d.look(t, 0)
				pr, err := d.App.Peers.OwnProfile(t.Context(), d.worker)
				must(t, err)
				pr.Title += "x"
				must(t, d.App.Peers.KeepProfile(t.Context(), d.worker, pr))
				update(t, d.World, func(tx *store.Tx) error { return act.do(d, tx) })
				_, err = d.App.Log.Sequence(t.Context())
				if (err != nil) != (act.table == "log") {
					t.Errorf("the sequencer says %v", err)
				}
				for _, keys := range []bool{false, true} {
					if act.table == "log" && !keys {
						continue // only the keyring knows who began it
					}
					if found := d.verify(t, d.App.DB, keys, d.kept...); !names(found, act.table) {
						t.Errorf("with keys %v it is told as %v", keys, found)
					}
				}
			})
		})
	}
}

// TestAReplayedRecordIsRefused: what was queued and signed once cannot be queued again, to undo what came after it.
func TestAReplayedRecordIsRefused(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		d := newTampered(t, where)
		title := func(to string) {
			pr, err := d.App.Peers.OwnProfile(t.Context(), d.worker)
			must(t, err)
			pr.Title = to
			must(t, d.App.Peers.KeepProfile(t.Context(), d.worker, pr))
		}
		d.keep(t)
		title("Recovery coach")
		var was []any
		columns := []string{"leaf", "kind", "queued_at", "id", "sum", "once", "seal"}
		must(t, d.App.DB.View(t.Context(), func(tx *store.Tx) error {
			was = make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range was {
				into[i] = &was[i]
			}
			return tx.Row(`SELECT ` + strings.Join(columns, ", ") + ` FROM log_queue WHERE kind = 'worker profile'`).Scan(into...)
		}))
		d.keep(t)
		title("Peer specialist")
		d.keep(t)
		update(t, d.World, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO log_queue (`+strings.Join(columns, ", ")+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`, was...)
			return err
		})
		d.keep(t)
		if found := d.verify(t, d.App.DB, true, d.kept...); len(found) != 1 || found[0].Table != "log_refused" {
			t.Errorf("it is told as %v", found)
		}
	})
}

// TestNoKeyIsDestroyedBecauseARowSaysSo: that things were erased for good is believed of Beside alone, at a start and in a
// promise.
func TestNoKeyIsDestroyedBecauseARowSaysSo(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		d := newTampered(t, where)
		update(t, d.World, func(tx *store.Tx) error { return call(`UPDATE book SET erased_at = 1`)(tx) })
		done, err := d.App.Keeper.Reconcile(t.Context())
		must(t, err)
		if done.Odd == 0 || done.Keys != 0 {
			t.Errorf("a start erases %+v", done)
		}
		update(t, d.World, func(tx *store.Tx) error { return call(`UPDATE book SET erased_at = 0`)(tx) })
		for i := range d.books {
			_, err := d.App.Keeper.Write(context.Background(), d.owners[i], d.books[i], keeper.Draft{ID: d.entry(), Via: book.ViaWeb, Kind: book.KindMoment,
				Act: book.ActWrite, Body: &book.Moment{What: book.WhatGood, Words: book.NewText("sun")}})
			if err != nil {
				t.Errorf("a book whose row was touched: %v", err)
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
