package contact_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/account/contact"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/ready"
)

// A history is a random life of the addresses of two people who share some: they give, mark, confirm, take away and are
// asked again, somebody answers that it is the wrong number, codes come back late, days pass and the clock is set back.
// Beside it stands a model, kept by the rules in words.
type history struct {
	*world
	people []account.Session
	kept   map[id.Item]*kept
	gone   []*kept // taken away
}

// kept is the model of one address.
type kept struct {
	of        account.Session
	item      id.Item
	address   string
	write     bool
	opens     bool
	confirmed bool
	stopped   bool
	asked     clock.Time
}

var shared = []string{"home@example.org", "+12025550143", "mine@example.org"}

// safe is the rule in words.
func (k *kept) safe(now clock.Time) bool {
	lately := now < k.asked+30*clock.Day && k.asked <= now+clock.Day
	return k.write && k.confirmed && !k.stopped && lately
}

func (k *kept) letsIn() bool { return k.opens && k.confirmed && !k.stopped }

// some picks an address that is kept, nil when there is none.
func (h *history) some(t *rapid.T) *kept {
	if len(h.kept) == 0 {
		return nil
	}
	items := slices.SortedFunc(maps.Keys(h.kept), func(a, b id.Item) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	return h.kept[rapid.SampledFrom(items).Draw(t, "address")]
}

func (h *history) add(t *rapid.T) {
	if len(h.kept) >= contact.MaxAddresses {
		return
	}
	k := &kept{of: rapid.SampledFrom(h.people).Draw(t, "who"), address: rapid.SampledFrom(shared).Draw(t, "address"), asked: h.clock.Now()}
	m := marks(t, k)
	m.Address = safeMarks(k.address).Address
	k.item = h.adds(k.of, m)
	h.kept[k.item] = k
}

var often = rapid.SampledFrom([]bool{true, true, true, false})

func marks(t *rapid.T, k *kept) contact.Marks {
	k.write, k.opens = often.Draw(t, "write"), often.Draw(t, "opens")
	return contact.Marks{Write: k.write, Opens: k.opens, Call: rapid.Bool().Draw(t, "call"), Lang: "en"}
}

func (h *history) mark(t *rapid.T) {
	k := h.some(t)
	if k == nil {
		return
	}
	m := marks(t, k)
	_, err := h.Keep(ctx, k.of, h.form(k.of, k.item), m)
	h.must(err)
	k.asked, k.stopped, k.confirmed = h.clock.Now(), false, k.confirmed && !k.stopped
}

func (h *history) answer(t *rapid.T) {
	k := h.some(t)
	if k == nil {
		return
	}
	f := h.form(k.of, k.item)
	if rapid.Bool().Draw(t, "still safe") {
		h.must(h.StillSafe(ctx, k.of, f))
	} else {
		h.must(h.NotAnyMore(ctx, k.of, f))
		k.write, k.opens = false, false
	}
	k.asked = h.clock.Now()
}

func (h *history) takeAway(t *rapid.T) {
	if k := h.some(t); k != nil {
		h.must(h.TakeAway(ctx, k.of, h.form(k.of, k.item)))
		delete(h.kept, k.item)
		h.gone = append(h.gone, k)
	}
}

func (h *history) codeBack(t *rapid.T) {
	k := h.some(t)
	if k == nil {
		return
	}
	err := h.confirm(k.of, k.item)
	if k.stopped {
		h.kind(err, errs.NotOpen)
		return
	}
	h.must(err)
	k.confirmed = true
}

// codeLate is a code that comes back after its address was taken away.
func (h *history) codeLate(t *rapid.T) {
	if len(h.gone) > 0 {
		k := rapid.SampledFrom(h.gone).Draw(t, "gone")
		h.kind(h.confirm(k.of, k.item), errs.NotOpen)
		_, err := h.Open(ctx, k.of.Person, k.item)
		h.kind(err, errs.NotOpen)
	}
}

func (h *history) wrongNumber(t *rapid.T) {
	address := rapid.SampledFrom(shared).Draw(t, "wrong")
	ch := contact.Email
	if address[0] == '+' {
		ch = contact.Text
	}
	h.stop(ch, address)
	for _, k := range h.kept {
		if k.address == address {
			k.stopped = true
		}
	}
}

func (h *history) days(t *rapid.T) {
	h.clock.Step(clock.Time(rapid.IntRange(1, 31).Draw(t, "days")) * clock.Day)
}

func (h *history) clockBack(t *rapid.T) {
	h.clock.Step(-clock.Time(rapid.IntRange(1, 72).Draw(t, "hours")) * clock.Hour)
}

// compare wants that the addresses that may be written to, and those that let in, are those of the model.
func (h *history) compare() {
	now := h.clock.Now()
	for _, s := range h.people {
		want := map[id.Item]bool{}
		for it, k := range h.kept {
			if k.of.Person == s.Person && k.safe(now) {
				want[it] = true
			}
		}
		if d := cmp.Diff(want, h.safe(s.Person)); d != "" {
			h.t.Fatalf("what may be written to (-want +got):\n%s", d)
		}
	}
	for _, address := range shared {
		want, got := map[id.Item]bool{}, map[id.Item]bool{}
		for it, k := range h.kept {
			if k.address == address && k.letsIn() {
				want[it] = true
			}
		}
		for _, r := range h.found(address) {
			got[r.Item] = r.Person == h.people[0].Person || r.Person == h.people[1].Person
		}
		maps.DeleteFunc(got, func(_ id.Item, ours bool) bool { return !ours }) // of another history
		if d := cmp.Diff(want, got); d != "" {
			h.t.Fatalf("what lets in (-want +got):\n%s", d)
		}
	}
	for it, k := range h.kept {
		p, err := h.Open(ctx, k.of.Person, it)
		if k.stopped {
			h.kind(err, errs.NotOpen)
			continue
		}
		h.must(err)
		if p.Safe != k.safe(now) || p.To != k.address || p.Write != k.write || p.Opens != k.opens || p.Confirmed != k.confirmed {
			h.t.Fatalf("opened %+v, the model says %+v", p, *k)
		}
	}
}

// TestNothingIsSentWhereItIsNotSafe: never may an address be written to that its owner did not mark, that no code came back
// from, that was stopped, or about which its owner was asked too long ago (mission.md U7).
func TestNothingIsSentWhereItIsNotSafe(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		histories.Check(t, 12, func(t *rapid.T) {
			same := *w
			same.t = t
			h := &history{world: &same, kept: map[id.Item]*kept{}}
			h.people = []account.Session{h.join("Ana", ""), h.join("Bea", "")}
			t.Repeat(map[string]func(*rapid.T){
				"add": h.add, "mark": h.mark, "confirm": h.codeBack, "confirm another": h.codeBack, "confirm one more": h.codeBack, "answer": h.answer, "take away": h.takeAway, "late": h.codeLate,
				"wrong number": h.wrongNumber, "days": h.days, "more days": h.days, "back": h.clockBack, "": func(*rapid.T) { h.compare() },
			})
		})
	})
}
