package passkey_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/phone"
)

// The kinds of questions, written once more by hand.
const (
	adding   = "add"
	comingIn = "come in"
	showing  = "show"
)

// modelKey is what a passkey should be, in plain words.
type modelKey struct {
	person int
	phone  *phone.Phone
	id     id.Passkey
	stands bool
	count  uint32 // of signatures, as it was last taken
}

// modelAsk is a question that was asked.
type modelAsk struct {
	kind   string
	person int // none, -1, of who comes in
	asking string
	at     clock.Time
	gone   bool
}

// said is an answer that was taken.
type said struct {
	kind   string
	person int
	answer string
}

// lives is one random life of three people and their passkeys: questions of every kind, answered at once, late, twice, by
// the wrong person, with an ended passkey or a copied one, while the clock goes forwards and back.
type lives struct {
	*world
	people [3]account.Session
	keys   []*modelKey
	asks   []*modelAsk
	taken  []said
	came   int
	before int // sessions there were
}

func TestPasskeyHistories(t *testing.T) {
	onBoth(t, func(w *world) {
		begin := noon
		histories.Check(w.t.(*testing.T), 25, func(rt *rapid.T) {
			begin += 30 * clock.Day // allowances are whole again
			w.clock.Set(begin)
			h := &lives{world: w}
			for i := range h.people {
				j := w.joined(fmt.Sprint("Ana ", i))
				in, err := w.accounts.Open(w.t.Context(), account.Opening{Person: j.Person, Way: account.WayPassphrase, Where: account.Where{Own: true}})
				w.must(err)
				h.people[i] = in.Session
			}
			h.before = h.sessions()
			h.begin(0, false)
			h.begin(1, true)
			rt.Repeat(map[string]func(*rapid.T){
				"ask": h.ask, "make": h.make, "answer": h.answer, "again": h.again, "end": h.end, "fall behind": h.fallBehind,
				"time": h.time, "sweep": h.sweep, "": h.check,
			})
		})
	})
}

// begin gives somebody the passkey they begin with.
func (h *lives) begin(who int, counts bool) {
	mine := newPhone()
	mine.Counts = counts
	h.add(h.session(who), mine)
	h.keep(who, mine)
}

// keep takes the passkeys of somebody that are new into the model.
func (h *lives) keep(who int, on *phone.Phone) {
	list, err := h.List(h.t.Context(), h.session(who))
	h.must(err)
	for _, k := range list {
		if h.keyOf(k.ID) == nil {
			h.keys = append(h.keys, &modelKey{person: who, phone: on, id: k.ID, stands: true})
		}
	}
}

func (h *lives) sessions() int {
	return h.count(`SELECT COUNT(*) FROM session WHERE person IN ($1, $2, $3)`, h.people[0].Person, h.people[1].Person, h.people[2].Person)
}

// session is somebody's, in which they have just shown who they are.
func (h *lives) session(who int) account.Session {
	s := h.people[who]
	s.Shown = h.clock.Now()
	return s
}

func (h *lives) has(who int) (n int) {
	for _, k := range h.keys {
		if k.person == who && k.stands {
			n++
		}
	}
	return n
}

func (h *lives) ask(rt *rapid.T) {
	a := &modelAsk{kind: rapid.SampledFrom([]string{adding, comingIn, showing}).Draw(rt, "kind"), person: -1, at: h.clock.Now()}
	if a.kind != comingIn {
		a.person = rapid.IntRange(0, 2).Draw(rt, "who")
	}
	var err error
	switch a.kind {
	case adding:
		a.asking, err = h.BeginAdd(h.t.Context(), h.session(a.person), "Beside")
	case comingIn:
		a.asking, err = h.BeginComeIn(h.t.Context(), account.Where{})
	case showing:
		a.asking, err = h.BeginShow(h.t.Context(), h.session(a.person))
		if (a.asking == "") != (h.has(a.person) == 0) {
			rt.Fatalf("with %d passkeys one is asked %q", h.has(a.person), a.asking)
		}
	}
	h.must(err)
	if a.asking != "" {
		h.asks = append(h.asks, a)
	}
}

// open reports whether a question of that kind can be answered by somebody now.
func (h *lives) open(a *modelAsk, kind string, who int) bool {
	now := h.clock.Now()
	return !a.gone && a.kind == kind && a.person == who && a.at <= now && now < a.at+5*clock.Minute
}

func (h *lives) one(rt *rapid.T) *modelAsk {
	if len(h.asks) == 0 {
		rt.Skip("nothing was asked")
	}
	if rapid.Bool().Draw(rt, "the newest") {
		return h.asks[len(h.asks)-1]
	}
	return rapid.SampledFrom(h.asks).Draw(rt, "question")
}

// make answers any question as if it were one for a new passkey.
func (h *lives) make(rt *rapid.T) {
	a, who, mine := h.one(rt), rapid.IntRange(0, 2).Draw(rt, "who"), newPhone()
	mine.Counts = rapid.Bool().Draw(rt, "counts")
	answer := mine.Makes(h.t, a.asking)
	err := h.Add(h.t.Context(), h.session(who), answer, book.Text{})
	h.agree(rt, err, h.open(a, adding, who))
	if err != nil {
		return
	}
	a.gone = true
	h.keep(who, mine)
	h.taken = append(h.taken, said{adding, who, answer})
}

func (h *lives) keyOf(k id.Passkey) *modelKey {
	for _, m := range h.keys {
		if m.id == k {
			return m
		}
	}
	return nil
}

// agree fails unless an answer was taken when it should be, and else refused as all are.
func (h *lives) agree(rt *rapid.T, err error, may bool) {
	if (err == nil) != may {
		rt.Fatalf("taken: %v; should it be: %v", err, may)
	}
	if err != nil {
		h.sameWords("history", err)
	}
}

// answer answers any question with any passkey.
func (h *lives) answer(rt *rapid.T) {
	a := h.one(rt)
	if len(h.keys) == 0 {
		rt.Skip("there is no passkey")
	}
	k := rapid.SampledFrom(h.keys).Draw(rt, "passkey")
	kind, who := a.kind, a.person
	if kind == adding || rapid.IntRange(0, 3).Draw(rt, "as it was asked") == 0 {
		kind, who = comingIn, -1
		if rapid.Bool().Draw(rt, "show") {
			kind, who = showing, rapid.IntRange(0, 2).Draw(rt, "who")
		}
	}
	answer := k.phone.Shows(h.t, a.asking)
	count := k.phone.Made[0].Counter
	may := h.open(a, kind, who) && k.stands && (who < 0 || who == k.person) && (count > k.count || count == 0 && k.count == 0)
	err := h.send(rt, kind, who, answer, k)
	if errs.Is(err, errs.TooOften) {
		return // it was not looked at
	}
	h.agree(rt, err, may)
	if may {
		a.gone, k.count = true, count
		h.taken = append(h.taken, said{kind, who, answer})
	}
}

// send brings an answer; when somebody comes in, it must be the passkey's person.
func (h *lives) send(rt *rapid.T, kind string, who int, answer string, k *modelKey) error {
	switch kind {
	case adding:
		return h.Add(h.t.Context(), h.session(who), answer, book.Text{})
	case showing:
		return h.show(who, answer)
	}
	in, err := h.ComeIn(h.t.Context(), answer, account.Where{From: rapid.StringMatching(`[0-9a-f]{8}`).Draw(rt, "from")})
	if err == nil {
		h.came++
		if k == nil || in.Person != h.people[k.person].Person {
			rt.Fatal("somebody else came in")
		}
	}
	return err
}

// show shows with an answer who somebody is; their session has another secret from then on.
func (h *lives) show(who int, answer string) error {
	secret, err := h.Show(h.t.Context(), h.session(who), answer)
	if err != nil {
		return err
	}
	h.people[who], err = h.accounts.Session(h.t.Context(), secret)
	return err
}

// again brings an answer that was taken before.
func (h *lives) again(rt *rapid.T) {
	if len(h.taken) == 0 {
		rt.Skip("nothing was taken")
	}
	s := rapid.SampledFrom(h.taken).Draw(rt, "answer")
	if err := h.send(rt, s.kind, s.person, s.answer, nil); !errs.Is(err, errs.TooOften) {
		h.agree(rt, err, false)
	}
}

func (h *lives) end(rt *rapid.T) {
	if len(h.keys) == 0 {
		rt.Skip("there is no passkey")
	}
	k, who := rapid.SampledFrom(h.keys).Draw(rt, "passkey"), rapid.IntRange(0, 2).Draw(rt, "who")
	err := h.End(h.t.Context(), h.session(who), k.id)
	if (err == nil) != (who == k.person) || err != nil && !errs.Is(err, errs.NotOpen) {
		rt.Fatalf("%d ends a passkey of %d: %v", who, k.person, err)
	}
	if who == k.person {
		k.stands = false
	}
}

// fallBehind is a copy of a device, which does not know how far the first has counted.
func (h *lives) fallBehind(rt *rapid.T) {
	if len(h.keys) == 0 {
		rt.Skip("there is no passkey")
	}
	k := rapid.SampledFrom(h.keys).Draw(rt, "passkey")
	c := &k.phone.Made[0].Counter
	*c = rapid.Uint32Range(0, *c).Draw(rt, "count")
}

func (h *lives) time(rt *rapid.T) {
	h.clock.Step(clock.Time(rapid.IntRange(-7, 7).Draw(rt, "minutes")) * clock.Minute)
}

func (h *lives) sweep(*rapid.T) {
	h.must(h.Sweep(h.t.Context()))
	now := h.clock.Now()
	for _, a := range h.asks {
		a.gone = a.gone || a.at > now || a.at+5*clock.Minute <= now
	}
}

func (h *lives) check(rt *rapid.T) {
	who := rapid.IntRange(0, 2).Draw(rt, "whose")
	list, err := h.List(h.t.Context(), h.session(who))
	h.must(err)
	for _, k := range list {
		if m := h.keyOf(k.ID); m == nil || m.person != who || !m.stands {
			rt.Fatalf("%d has a passkey that is not theirs or was ended", who)
		}
	}
	if len(list) != h.has(who) {
		rt.Fatalf("%d has %d passkeys, want %d", who, len(list), h.has(who))
	}
	if n := h.sessions() - h.before; n != h.came {
		rt.Fatalf("%d sessions, but %d came in", n, h.came)
	}
}
