package together_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/account/pin"
	"beside/internal/account/together"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/ready"
)

// life is a random history of one book and its two workers, beside a model kept by the simplest rules.
type life struct {
	*place
	owner account.Session

	to     *grant.Subject // who walks with them
	pin    string
	may    bool
	tips   map[id.Entry]*tip
	order  []id.Entry // of tips
	sent   []together.Yes
	forms  map[id.Entry][]id.Entry // forms that were kept, and what they said yes to
	toldOf int                     // how often "together" was told
}

// tip is a suggestion in the model.
type tip struct {
	by    id.Person
	state book.SuggestionState
	// behind says that a yes has a fitting PIN or the owner's own session behind it.
	behind bool
}

var pins = []string{"640275", "918264", "sun key bird boat"}

func newLife(t *rapid.T, p *place) *life {
	l := &life{place: p, owner: p.owner(t), tips: map[id.Entry]*tip{}, forms: map[id.Entry][]id.Entry{}}
	l.give(t)
	l.suggest(t)
	return l
}

func (l *life) worker(t *rapid.T) grant.Subject {
	return rapid.SampledFrom(l.workers).Draw(t, "worker")
}

// opens is the law of giving in words.
func (l *life) opens(w grant.Subject) bool { return l.to != nil && *l.to == w }

func (l *life) give(t *rapid.T) {
	to := l.worker(t)
	l.place.give(t, l.owner, to)
	l.to = &to
}

func (l *life) takeBack(t *rapid.T) {
	must(t, l.place.takeBack(l.ctx, l.owner))
	l.to = nil
}

func (l *life) suggest(t *rapid.T) {
	w := l.worker(t)
	e, err := l.place.suggest(w, l.owner.Book, "you notice who is quiet")
	if !l.opens(w) {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	l.tips[e], l.order = &tip{by: w.Person, state: book.Waiting}, append(l.order, e)
}

func (l *life) setPIN(t *rapid.T) {
	l.pin, l.may = rapid.SampledFrom(pins).Draw(t, "pin"), rapid.Bool().Draw(t, "may")
	must(t, l.PINs.Set(l.ctx, l.shown(t, l.owner), pin.Setting{Typed: l.pin, Together: l.may}))
}

func (l *life) switches(t *rapid.T) {
	may := rapid.Bool().Draw(t, "may")
	err := l.PINs.Together(l.ctx, l.shown(t, l.owner), may)
	if l.pin == "" {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	l.may = may
}

// answer is the owner's own answer, on their own device.
func (l *life) answer(t *rapid.T) {
	if len(l.order) == 0 {
		t.Skip("nothing suggested yet")
	}
	e := rapid.SampledFrom(l.order).Draw(t, "suggestion")
	act := rapid.SampledFrom([]book.Act{book.ActAccept, book.ActNotNow, book.ActDecline}).Draw(t, "answer")
	_, err := l.Keeper.Write(l.ctx, self(l.owner), l.owner.Book, keeper.Draft{
		ID: l.place.entry(), Kind: book.KindStrength, Act: act, Item: keeper.NewItem(e), Answers: e, Via: book.ViaWeb,
	})
	x := l.tips[e]
	if x.state == book.Accepted {
		wantKind(t, err, errs.Changed)
		return
	}
	must(t, err)
	x.state = map[book.Act]book.SuggestionState{book.ActAccept: book.Accepted, book.ActNotNow: book.Later, book.ActDecline: book.Declined}[act]
	x.behind = act == book.ActAccept
}

// say: a worker hands over the phone, whether or not they may, with what is theirs and what is not, and somebody types.
func (l *life) say(t *rapid.T) {
	y := together.Yes{Worker: l.worker(t), Book: l.owner.Book, Form: l.place.entry(), Typed: rapid.SampledFrom(pins).Draw(t, "typed")}
	if rapid.IntRange(0, 9).Draw(t, "other hat") == 0 {
		y.Worker.Hat = rapid.SampledFrom([]book.Hat{book.HatSelf, book.HatTeam}).Draw(t, "hat")
	}
	for _, e := range l.order {
		if rapid.Bool().Draw(t, "ticked") {
			y.To = append(y.To, e)
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "nobody's") == 0 {
		y.To = append(y.To, l.place.entry())
	}
	l.send(t, y)
}

// again: what was sent is sent once more, word for word.
func (l *life) again(t *rapid.T) {
	if len(l.sent) == 0 {
		t.Skip("nothing sent yet")
	}
	l.send(t, rapid.SampledFrom(l.sent).Draw(t, "sending"))
}

// send says yes together and moves the model on by the laws in words.
func (l *life) send(t *rapid.T, y together.Yes) {
	l.clock.Step(3 * clock.Hour) // so that an allowance is never what refuses
	err := l.Together.Say(l.ctx, y)
	theirs := y.Worker.Hat == book.HatWorker && l.opens(y.Worker) && !slices.ContainsFunc(y.To, func(e id.Entry) bool {
		return l.tips[e] == nil || l.tips[e].by != y.Worker.Person
	})
	waits := !slices.ContainsFunc(y.To, func(e id.Entry) bool { return l.tips[e] == nil || l.tips[e].state != book.Waiting })
	switch {
	case !theirs:
		wantKind(t, err, errs.NotOpen)
	case len(y.To) == 0, l.pin == "", !l.may, y.Typed != l.pin:
		wantKind(t, err, errs.Invalid)
	case slices.Equal(l.forms[y.Form], y.To): // the same form again
		must(t, err)
	case !waits:
		wantKind(t, err, errs.Changed)
	default:
		must(t, err)
		for _, e := range y.To {
			l.tips[e].state, l.tips[e].behind = book.Accepted, true
		}
		l.sent, l.forms[y.Form] = append(l.sent, y), slices.Clone(y.To)
		l.toldOf++
	}
}

// check: what took effect is what the model says, and has the owner's own act behind it.
func (l *life) check(t *rapid.T) {
	told, err := l.Keeper.Suggestions(l.ctx, self(l.owner), l.owner.Book)
	must(t, err)
	if len(told) != len(l.tips) {
		t.Fatalf("%d suggestions, want %d", len(told), len(l.tips))
	}
	for _, s := range told {
		x := l.tips[s.Entry]
		if s.State != x.state {
			t.Fatalf("a suggestion stands as %s, want %s", s.State, x.state)
		}
		if s.State == book.Accepted && !x.behind {
			t.Fatalf("a yes that nobody said")
		}
	}
	r, err := l.Keeper.Read(l.ctx, self(l.owner), l.owner.Book, keeper.Want{Kind: book.KindStrength})
	must(t, err)
	yes := 0
	for _, x := range l.tips {
		if x.behind {
			yes++
		}
	}
	if len(r.Items[0]) != yes {
		t.Fatalf("%d strengths, and %d times yes", len(r.Items[0]), yes)
	}
	happened, err := l.Accounts.Happenings(l.ctx, self(l.owner), 1000)
	must(t, err)
	n := 0
	for _, h := range happened {
		if h.Kind == account.HappenedTogether {
			n++
		}
	}
	if n != l.toldOf {
		t.Fatalf("told %d times of a yes together, want %d", n, l.toldOf)
	}
}

// TestNothingWithoutTheirPIN: a suggestion takes effect by the owner's own session or by their own fitting PIN or mark, only
// where they allowed that, for what this worker suggested and may still see, and once however often it is sent.
func TestNothingWithoutTheirPIN(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		p := newPlace(t, where)
		histories.Check(t, 25, func(t *rapid.T) {
			l := newLife(t, p)
			t.Repeat(map[string]func(*rapid.T){
				"give": l.give, "take back": l.takeBack, "suggest": l.suggest, "suggest 2": l.suggest, "set a PIN": l.setPIN, "switch": l.switches,
				"answer": l.answer, "say": l.say, "say 2": l.say, "say 3": l.say, "again": l.again, "": l.check,
			})
		})
	})
}
