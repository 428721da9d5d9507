package keeper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
	"beside/internal/witness"
)

func (w *world) log(t testing.TB) *witness.Log {
	t.Helper()
	l, err := witness.New(witness.Config{DB: w.db, Seed: w.vault.Key(witness.SignerKey), Queue: w.k.Queue(), Clock: w.clock})
	must(t, err)
	return l
}

func sequenced(t testing.TB, l *witness.Log) {
	t.Helper()
	_, err := l.Sequence(context.Background())
	must(t, err)
}

// copied is a copy of a book with everything in it: words, a grant, suggestions and looks, over two logs.
func (w *world) copied(t testing.TB) (text []byte, key witness.Key) {
	t.Helper()
	ctx := context.Background()
	who, b := w.person(t)
	other, otherBook := w.person(t)
	sam := w.worker(t)
	l := w.log(t)
	give := func(b id.Book, d keeper.Draft) {
		d.ID, d.Via, d.Act = w.entry(), book.ViaWeb, book.ActWrite
		by := who
		if b == otherBook {
			by = other
		}
		_, err := w.k.Write(ctx, by, b, d)
		must(t, err)
	}
	sharing := &book.Sharing{As: book.HatWorker, Recipient: sam.Person, Sections: book.Givable(), Purpose: book.PurposeWalking, Until: w.clock.Now() + clock.Day}
	for _, b := range []id.Book{b, otherBook} {
		give(b, keeper.Draft{Kind: book.KindName, Item: book.Only(b, book.KindName), Body: &book.Name{Words: book.NewText("Mira <né́e>")}})
		give(b, keeper.Draft{Kind: book.KindStrength, Body: &book.Strength{Words: book.NewText("I sing \u2028 & dance"), When: book.WhenNow}, HappenedAt: 12})
		give(b, keeper.Draft{Kind: book.KindSharing, Body: sharing})
	}
	_, err := w.k.Write(ctx, sam, b, keeper.Draft{ID: w.entry(), Via: book.ViaWeb, Act: book.ActSuggest, Kind: book.KindStrength, Body: &book.Strength{Words: book.NewText("you listen")}})
	must(t, err)
	_, err = w.k.Names(ctx, sam) // both books in one batch
	must(t, err)
	sequenced(t, l)
	must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.k.Queue().Restart(tx, w.clock.Now()) }))
	_, err = w.k.Read(ctx, sam, b, keeper.Want{})
	must(t, err)
	give(b, keeper.Draft{Kind: book.KindMoment, Body: &book.Moment{What: book.WhatGood, Words: book.NewText("sun")}})
	sequenced(t, w.log(t))
	give(b, keeper.Draft{Kind: book.KindMoment, Body: &book.Moment{What: book.WhatBack}}) // not signed yet
	var out bytes.Buffer
	must(t, w.k.Copy(bounded(t), who, b, l.Key(), &out))
	if strings.Contains(out.String(), otherBook.String()) {
		t.Error("a copy names another's book")
	}
	wantKind(t, w.k.Copy(ctx, other, b, l.Key(), io.Discard), errs.NotOpen)
	wantKind(t, w.k.Copy(ctx, sam, b, l.Key(), io.Discard), errs.NotOpen)
	return out.Bytes(), l.Key()
}

func checkCopy(text []byte, key *witness.Key) (keeper.Copied, []witness.Problem, error) {
	var found []witness.Problem
	c, err := keeper.CheckCopy(bytes.NewReader(text), key, nil, func(p witness.Problem) { found = append(found, p) })
	return c, found, err
}

// A copy proves itself, and nothing in it can be changed without being found.
func TestACopyProvesItself(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		text, key := w.copied(t)
		got, found, err := checkCopy(text, &key)
		if err != nil || len(found) > 0 || got.Entries != 6 || got.Looks != 3 || got.Unproved != 1 || len(got.Heads) != 2 {
			t.Fatalf("%+v, %v, %v", got, found, err)
		}
		if _, found, _ = checkCopy(text, &witness.Key{1}); len(found) == 0 {
			t.Error("heads signed with another key are taken")
		}
		var whole map[string]any
		must(t, json.Unmarshal(text, &whole))
		everyChangeIsFound(t, text, key)
		for cut := len(text) - 2; cut > 0; cut -= len(text)/50 + 1 {
			if _, found, err := checkCopy(text[:cut], &key); err == nil && len(found) == 0 {
				t.Fatalf("cut after %d of %d bytes it is whole", cut, len(text))
			}
		}
	})
}

// everyChangeIsFound changes one field of one element at a time.
func everyChangeIsFound(t *testing.T, text []byte, key witness.Key) {
	t.Helper()
	lines := strings.SplitAfter(string(text), "\n")
	for n, line := range lines {
		var e map[string]json.RawMessage
		if json.Unmarshal([]byte(strings.TrimPrefix(strings.TrimSpace(line), ",")), &e) != nil || e["recipient"] != nil {
			continue // what was given follows from entries
		}
		for name, value := range e {
			if name == "log" && string(value) == "0" || name == "n" && string(e["log"]) == "0" || name == "proof" && string(e["log"]) == "0" {
				continue
			}
			changed := other(string(value))
			if changed == "" {
				continue
			}
			bad := strings.Replace(line, fmt.Sprintf("%q:%s", name, value), fmt.Sprintf("%q:%s", name, changed), 1)
			if bad == line {
				t.Fatalf("%s is not found in %s", name, line)
			}
			all := strings.Join(lines[:n], "") + bad + strings.Join(lines[n+1:], "")
			if _, found, err := checkCopy([]byte(all), &key); err == nil && len(found) == 0 {
				t.Errorf("%s changed from %s to %s is not found", name, value, changed)
			}
		}
	}
}

// other is another value of the same sort, "" for none that means something else.
func other(value string) string {
	switch {
	case value == "true":
		return "false"
	case value == "false":
		return ""
	case value == "null":
		return ""
	case strings.HasPrefix(value, "["), strings.HasPrefix(value, "{"):
		i := strings.LastIndexAny(value, "abcdefghijkmnopqrstuv012345678")
		if i < 0 {
			return ""
		}
		return value[:i] + string(value[i]+1) + value[i+1:]
	case strings.HasPrefix(value, `"`):
		i := strings.IndexAny(value, "abcdefghijkmnopqrstuvABCDEFGHIJ012345678")
		return value[:i] + string(value[i]+1) + value[i+1:]
	}
	return value + "1"
}

// BenchmarkCopy writes a copy of a book of five thousand entries.
func BenchmarkCopy(b *testing.B) {
	for engine, where := range map[string]string{"sqlite": b.TempDir(), "postgres": pgtest.URL(b)} {
		b.Run(engine, func(b *testing.B) {
			w := newWorld(b, where)
			who, of := w.person(b)
			const entries = 5000
			for range entries / 100 {
				drafts := make([]keeper.Draft, 100)
				for i := range drafts {
					drafts[i] = keeper.Draft{ID: w.entry(), Kind: book.KindMoment, Act: book.ActWrite, Via: book.ViaWeb, Body: &book.Moment{What: book.WhatGood, Words: book.NewText(strings.Repeat("a long day ", 20))}}
				}
				_, err := w.k.Write(b.Context(), who, of, drafts...)
				must(b, err)
			}
			l := w.log(b)
			sequenced(b, l)
			for b.Loop() {
				var size counted
				must(b, w.k.Copy(b.Context(), who, of, l.Key(), &size))
				b.SetBytes(int64(size))
			}
		})
	}
}

type counted int64

func (c *counted) Write(b []byte) (int, error) { *c += counted(len(b)); return len(b), nil }

func FuzzCheckCopy(f *testing.F) {
	w := newWorld(f, f.TempDir())
	text, key := w.copied(f)
	f.Add(text)
	f.Add([]byte(`{"format":"beside copy of a book 1"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _, _ = checkCopy(text, &key) // whatever it is, it is read without a panic
	})
}

// What a copy does not prove it does not claim: looks that nothing ties to their leaf, and entries that are said to be
// erased, are counted and named; of what the owner erased the act is found.
func TestACopyClaimsNoMoreThanItProves(t *testing.T) {
	w := newWorld(t, t.TempDir())
	text, key := w.copied(t)
	var made []string
	for _, line := range strings.SplitAfter(string(text), "\n") {
		var e struct {
			Seq    int
			Reader string
			Others []witness.Hash
		}
		if json.Unmarshal([]byte(strings.TrimPrefix(strings.TrimSpace(line), ",")), &e) == nil && e.Reader != "" && len(made) == 0 {
			others, err := json.Marshal(e.Others)
			must(t, err)
			changed := strings.Replace(line, `"others":`+string(others), `"others":null`, 1)
			changed = strings.Replace(changed, e.Reader, other(`"` + e.Reader + `"`)[1:37], 1)
			made = append(made, strings.Replace(string(text), line, changed, 1))
		}
	}
	got, found, err := checkCopy([]byte(made[0]), &key)
	if err != nil || len(found) > 0 || got.Alone != 1 {
		t.Errorf("a look with another reader: %+v, %v, %v", got, found, err)
	}
	made[0] = strings.Replace(string(text), `"erased":false`, `"erased":true`, 1)
	got, found, err = checkCopy([]byte(made[0]), &key)
	if err != nil || len(found) > 0 || len(got.Erased) != 1 || got.Erased[0].ByOwner || got.Erased[0].Seq != 1 {
		t.Errorf("an entry that is said to be erased: %+v, %v, %v", got, found, err)
	}

	who, b := w.person(t)
	d := keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "something", id.Item{}), Via: book.ViaWeb}
	_, err = w.k.Write(t.Context(), who, b, d)
	must(t, err)
	one := &book.Erasing{Items: []id.Item{keeper.NewItem(d.ID)}}
	_, err = w.k.Write(t.Context(), who, b, keeper.Draft{ID: w.entry(), Kind: book.KindErasing, Act: book.ActErase, Body: one, Via: book.ViaWeb})
	must(t, err)
	l := w.log(t)
	sequenced(t, l)
	var out bytes.Buffer
	must(t, w.k.Copy(bounded(t), who, b, l.Key(), &out))
	got, found, err = checkCopy(out.Bytes(), &key)
	if err != nil || len(found) > 0 || len(got.Erased) != 1 || !got.Erased[0].ByOwner || got.Alone != 0 {
		t.Errorf("what the owner erased: %+v, %v, %v", got, found, err)
	}
}
