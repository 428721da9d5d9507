package peer_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/store"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/ready"
)

// ownBook gives a worker an empty book of their own.
func (w *world) ownBook(who grant.Subject) id.Book {
	w.Helper()
	b := id.New[id.Book](w.ids)
	w.must(w.vault.MakeBook(ctx, b))
	w.must(w.db.Update(ctx, func(tx *store.Tx) error { return w.k.Begin(tx, b, who.Person) }))
	return b
}

func (w *world) knowing() peer.Knowing {
	return peer.Knowing{Entry: w.entry(), Bond: book.BondFamily, Words: book.NewText("my aunt")}
}

func self(who grant.Subject) grant.Subject {
	return grant.Subject{Person: who.Person, Hat: book.HatSelf}
}

// unsay takes back the one tie in a book.
func (w *world) unsay(who grant.Subject, b id.Book) {
	w.Helper()
	ties, err := w.peers.Ties(ctx, self(who), b)
	w.must(err)
	if len(ties) != 1 {
		w.Fatalf("%d ties stand", len(ties))
	}
	w.must(w.peers.Unsay(ctx, self(who), b, w.entry(), ties[0].Item, ties[0].Head))
}

// unchosen wants that a person cannot choose a worker, with these words.
func (w *world) unchosen(o owner, worker grant.Subject, words string) {
	w.Helper()
	err := w.peers.Choose(ctx, o.Subject, o.book, w.choice(worker, all...))
	w.kind(err, errs.Changed)
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Words != words {
		w.Fatalf("refused with %v, want %q", err, words)
	}
	w.sees(worker, o, false)
}

func TestAPersonKnowsTheirWorker(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.worker("Alex")
		w.choose(mira, sam)
		k := w.knowing()
		w.must(w.peers.Know(ctx, mira.Subject, mira.book, sam.Person, k))
		w.must(w.peers.Know(ctx, mira.Subject, mira.book, sam.Person, k)) // a double tap
		w.sees(sam, mira, false)
		if n := w.count(`SELECT count(*) FROM given WHERE taken_back = 0`); n != 0 {
			w.Fatal("the grant stands beside the tie")
		}
		ties, err := w.peers.Ties(ctx, mira.Subject, mira.book)
		w.must(err)
		if len(ties) != 1 || ties[0].With.Name != "Sam" || ties[0].Bond != book.BondFamily || ties[0].Words.Show() != "my aunt" {
			w.Fatalf("the ties are %+v", ties)
		}
		list, err := w.peers.Profiles(ctx, mira.Subject)
		w.must(err)
		known := slices.IndexFunc(list, func(p peer.Profile) bool { return p.Known })
		if len(list) != 2 || known < 0 || list[known].Name != "Sam" || w.peers.CanChoose(list[known]) {
			w.Fatalf("offered: %+v", list)
		}
		w.unchosen(mira, sam, "errors.worker_known")

		w.unsay(mira.Subject, mira.book)
		w.sees(sam, mira, false) // nothing is shared again by that alone
		w.clock.Step(1)
		w.choose(mira, sam)
		w.sees(sam, mira, true)
	})
}

func TestAWorkerKnowsAPerson(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		own := w.ownBook(sam)
		var told []id.Person
		w.peers.Tied = func(_ *store.Tx, p id.Person) error {
			told = append(told[:0:0], p)
			return nil
		}
		w.kind(w.peers.StepAside(ctx, sam, own, mira.book, w.knowing()), errs.NotOpen) // not theirs to know of
		w.choose(mira, sam)
		k := w.knowing()
		w.must(w.peers.StepAside(ctx, sam, own, mira.book, k))
		w.must(w.peers.StepAside(ctx, sam, own, mira.book, k)) // a double tap
		w.kind(w.peers.StepAside(ctx, sam, own, mira.book, w.knowing()), errs.NotOpen)
		w.sees(sam, mira, false)
		if !slices.Equal(told, []id.Person{mira.Person}) {
			w.Fatalf("told: %v", told)
		}
		if c := w.companion(mira); c.Open || c.Profile.TakingMore || c.Profile.Known {
			w.Fatalf("the companion is %+v", c)
		}
		// To Mira, Sam looks like anybody who takes on no more people.
		w.listed(mira)
		pr, err := w.peers.Profile(ctx, mira.Person, sam.Person)
		w.must(err)
		if pr.TakingMore || pr.Known || w.peers.CanChoose(pr) {
			w.Fatalf("Mira is shown %+v", pr)
		}
		w.unchosen(mira, sam, "errors.worker_not_taking")
		w.listed(w.person("Ben"), sam) // and to nobody else

		w.unsay(sam, own)
		w.sees(sam, mira, false) // the grant that still stands opens nothing
		if w.companion(mira).Open {
			w.Fatal("Mira is told that Sam sees her book")
		}
		w.clock.Step(1)
		w.choose(mira, sam)
		w.sees(sam, mira, true)
	})
}

// TestATieEndsAfterTheGrantsItCloses: a clock that was set back opens nothing.
func TestATieEndsAfterTheGrantsItCloses(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		own := w.ownBook(sam)
		w.choose(mira, sam)
		w.clock.Step(-clock.Hour)
		w.must(w.peers.StepAside(ctx, sam, own, mira.book, w.knowing()))
		w.unsay(sam, own)
		w.sees(sam, mira, false)
		w.clock.Step(2 * clock.Hour)
		w.sees(sam, mira, false)
	})
}

func TestOnlyWhoSaidItTakesItBack(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		own := w.ownBook(sam)
		w.choose(mira, sam)
		w.must(w.peers.StepAside(ctx, sam, own, mira.book, w.knowing()))
		ties, err := w.peers.Ties(ctx, self(sam), own)
		w.must(err)
		tie := ties[0]
		for _, who := range []grant.Subject{mira.Subject, sam, {Person: sam.Person, Hat: book.HatTeam}} {
			_, err := w.peers.Ties(ctx, who, own) // and nobody reads it, nor the same person under another hat
			w.kind(err, errs.NotOpen)
			w.kind(w.peers.Unsay(ctx, who, own, w.entry(), tie.Item, tie.Head), errs.NotOpen)
		}
		w.sees(sam, mira, false)
		if n := w.count(`SELECT count(*) FROM tie WHERE ended_at = 0`); n != 1 {
			w.Fatalf("%d ties stand", n)
		}
	})
}

func TestWhatCannotBeSaid(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.field(w.peers.Know(ctx, mira.Subject, mira.book, sam.Person, peer.Knowing{Entry: w.entry()}), "bond", "errors.choose_bond")
		for _, other := range []id.Person{mira.Person, w.person("Ben").Person, id.New[id.Person](w.ids)} {
			w.kind(w.peers.Know(ctx, mira.Subject, mira.book, other, w.knowing()), errs.NotOpen)
		}
		w.kind(w.peers.Know(ctx, sam, mira.book, sam.Person, w.knowing()), errs.NotOpen)
		if n := w.count(`SELECT count(*) FROM tie`); n != 0 {
			w.Fatalf("%d ties", n)
		}
	})
}

func TestTwoDevicesSayItAtOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.choose(mira, sam)
		for _, err := range atOnce(3, func(int) error { return w.peers.Know(ctx, mira.Subject, mira.book, sam.Person, w.knowing()) }) {
			if err != nil {
				w.kind(err, errs.Changed)
			}
		}
		w.sees(sam, mira, false)
		if n := w.count(`SELECT count(*) FROM tie WHERE ended_at = 0`); n != 1 {
			w.Fatalf("%d ties stand", n)
		}
	})
}

// bonds is a random life of two people and two workers who choose, say and take back ties, and read. Beside it stands the
// law in words: who was chosen, and since when no tie stood.
type bonds struct {
	*world
	people  []owner
	workers []grant.Subject
	own     map[id.Person]id.Book
	walks   map[[2]id.Person]bool // person, worker: chosen, and no tie stood since
	ties    map[[2]id.Person]bool // who said it of whom
}

func newBonds(w *world) *bonds {
	b := &bonds{world: w, people: []owner{w.person("Mira"), w.person("Ben")}, workers: []grant.Subject{w.worker("Sam"), w.worker("Alex")},
		own: map[id.Person]id.Book{}, walks: map[[2]id.Person]bool{}, ties: map[[2]id.Person]bool{}}
	for _, x := range b.workers {
		b.own[x.Person] = w.ownBook(x)
	}
	return b
}

func (b *bonds) pair(t *rapid.T) (owner, grant.Subject, [2]id.Person) {
	b.clock.Step(1)
	o, x := rapid.SampledFrom(b.people).Draw(t, "person"), rapid.SampledFrom(b.workers).Draw(t, "worker")
	return o, x, [2]id.Person{o.Person, x.Person}
}

func (b *bonds) tied(p [2]id.Person) bool { return b.ties[p] || b.ties[[2]id.Person{p[1], p[0]}] }

func (b *bonds) chooses(t *rapid.T) {
	o, x, p := b.pair(t)
	err := b.peers.Choose(ctx, o.Subject, o.book, b.choice(x, all...))
	if b.tied(p) {
		wantKind(t, err, errs.Changed)
		return
	}
	wantNone(t, err)
	for _, y := range b.workers {
		b.walks[[2]id.Person{o.Person, y.Person}] = y == x
	}
}

func (b *bonds) knows(t *rapid.T) {
	o, x, p := b.pair(t)
	wantNone(t, b.peers.Know(ctx, o.Subject, o.book, x.Person, b.knowing()))
	b.ties[p], b.walks[p] = true, false
}

func (b *bonds) stepsAside(t *rapid.T) {
	o, x, p := b.pair(t)
	err := b.peers.StepAside(ctx, x, b.own[x.Person], o.book, b.knowing())
	if !b.walks[p] {
		wantKind(t, err, errs.NotOpen)
		return
	}
	wantNone(t, err)
	b.ties[[2]id.Person{p[1], p[0]}], b.walks[p] = true, false
}

func (b *bonds) takesBack(t *rapid.T) {
	o, x, p := b.pair(t)
	who, own := o.Subject, o.book
	if rapid.Bool().Draw(t, "the worker") {
		who, own, p = self(x), b.own[x.Person], [2]id.Person{p[1], p[0]}
	}
	ties, err := b.peers.Ties(ctx, who, own)
	wantNone(t, err)
	for _, tie := range ties {
		if tie.With.Person == p[1] {
			wantNone(t, b.peers.Unsay(ctx, who, own, b.entry(), tie.Item, tie.Head))
			b.ties[p] = false
		}
	}
}

// reads wants that what each worker reads, suggests, is told and is offered follows from the law in words.
func (b *bonds) reads(t *rapid.T) {
	for _, o := range b.people {
		for _, x := range b.workers {
			p := [2]id.Person{o.Person, x.Person}
			_, err := b.peers.Person(ctx, x, o.book)
			suggested := b.peers.Suggest(ctx, x, o.book, b.entry(), &book.Strength{Words: book.NewText("you listen")})
			for _, got := range []error{err, suggested} {
				if b.walks[p] {
					wantNone(t, got)
				} else {
					wantKind(t, got, errs.NotOpen)
				}
			}
			names, err := b.k.Names(ctx, x)
			wantNone(t, err)
			if slices.ContainsFunc(names, func(n keeper.Walked) bool { return n.Book == o.book }) != b.walks[p] {
				t.Fatalf("a name is open, or not, against the law: %v", b.walks[p])
			}
			pr, err := b.peers.Profile(ctx, o.Person, x.Person)
			wantNone(t, err)
			if b.peers.CanChoose(pr) == b.tied(p) || pr.Known != b.ties[p] {
				t.Fatalf("tied %v, and the person is shown %+v", b.tied(p), pr)
			}
		}
	}
}

func wantNone(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func wantKind(t *rapid.T, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Fatalf("error is %v, want kind %v", err, k)
	}
}

// TestTiesCloseBothWays: over random histories no worker sees, suggests to, or is matched with somebody where one of the
// two says that they know the other, and taking that back opens nothing.
func TestTiesCloseBothWays(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		histories.Check(t, 6, func(t *rapid.T) {
			b := newBonds(w)
			t.Repeat(map[string]func(*rapid.T){
				"choose": b.chooses, "choose 2": b.chooses, "know": b.knows, "step aside": b.stepsAside, "take back": b.takesBack, "": b.reads,
			})
		})
	})
}
