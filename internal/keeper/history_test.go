package keeper_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/kin"
	"beside/internal/testkit/ready"
)

// A history is a random life of a few books: people write, workers suggest, people answer, give, take back, time passes,
// things are sent twice or too late. Beside it stands a model, kept by the simplest rules one can write: the laws in
// words. After every act the books are read by everybody and compared with the model.
type history struct {
	*world
	ctx     context.Context
	owners  []*shelf
	workers []grant.Subject
	others  []grant.Subject         // the workers, and who is near
	own     map[id.Person]id.Book   // of everybody
	ties    map[[2]id.Person]*bound // who said it of whom
	sent    []sending
}

// bound is a tie as the one who said it has it.
type bound struct {
	head   id.Entry
	stands bool
}

// shelf is the model of one book.
type shelf struct {
	doubted map[id.Person]bool // whom the owner has to know again
	who     grant.Subject
	book    id.Book
	things  map[id.Item]*thing
	tips    map[id.Entry]*tip
	given   []*gift
	gone    []id.Item       // erased for good
	about   map[id.Item]int // how many entries stand about each
	words   int             // how many times "my words" were
	entries int
}

type thing struct {
	kind book.Kind
	text string
	live bool
	head id.Entry
	by   id.Person // whose hand wrote the words
	rest string    // all but the words
	on   id.Item   // the goal of a step
}

type tip struct {
	item   id.Item
	kind   book.Kind
	text   string
	author id.Person
	state  book.SuggestionState
	on     id.Item
	rests  id.Person // who said so, of one that rests until tomorrow only
	base   id.Entry
}

type gift struct {
	item     id.Item
	head     id.Entry
	to       grant.Subject
	sections []book.Section
	singles  []book.Single
	readOnly bool
	acts     bool // they may write for the owner in the goals
	until    clock.Time
	over     bool
	closed   bool // a tie between the two stood since
}

// erase: the owner erases something for good, or tries to; sometimes its keys go at once.
func (h *history) erase(t *rapid.T) {
	s := h.shelf(t)
	var it id.Item
	if rapid.Bool().Draw(t, "a suggestion") {
		it = s.tips[pick(t, "suggestion", s.tips)].item
	} else {
		it = pick(t, "item", s.things)
	}
	who := s.who
	if rapid.IntRange(0, 5).Draw(t, "by another") == 0 {
		who = rapid.SampledFrom(h.others).Draw(t, "by")
	}
	d := keeper.Draft{ID: h.entry(), Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{it}}, Via: book.ViaWeb}
	_, err := h.k.Write(h.ctx, who, s.book, d)
	x := s.things[it]
	switch {
	case who != s.who:
		wantKind(t, err, errs.NotOpen)
		return
	case x != nil && x.kind == book.KindName:
		wantKind(t, err, errs.Invalid)
		return
	}
	must(t, err)
	s.entries++
	s.forget(it)
	h.sent = slices.DeleteFunc(h.sent, func(x sending) bool { return x.entry.Item == it && !rapid.Bool().Draw(t, "remembered") })
	if rapid.Bool().Draw(t, "keys go") {
		_, err := h.vault.Erase(h.ctx, s.book, it)
		must(t, err)
	}
}

// forget is the law of erasing in words: the item is gone with all that was said about it, and nothing else.
func (s *shelf) forget(it id.Item) {
	if x := s.things[it]; x != nil && x.kind == book.KindWords {
		s.words++
	}
	delete(s.things, it)
	for e, tip := range s.tips {
		if tip.item == it {
			delete(s.tips, e)
		}
	}
	s.entries -= s.about[it]
	s.gone = append(s.gone, it)
}

// writeErased: nothing is ever written to what was erased.
func (h *history) writeErased(t *rapid.T) {
	s := h.shelf(t)
	if len(s.gone) == 0 {
		t.Skip("nothing was erased yet")
	}
	it := rapid.SampledFrom(s.gone).Draw(t, "erased")
	d := keeper.Draft{ID: h.entry(), Kind: book.KindStrength, Act: book.ActWrite, Item: it, Body: bodyOf(book.KindStrength, "again", id.Item{}), Via: book.ViaWeb}
	if it == book.OnlyAfter(s.book, book.KindWords, s.words-1) {
		d.Kind, d.Body = book.KindWords, bodyOf(book.KindWords, "again", id.Item{})
	} else if it.Bytes()[6]>>4 == 8 {
		t.Skip("words of long ago")
	}
	_, err := h.k.Write(h.ctx, s.who, s.book, d)
	wantKind(t, err, errs.Changed)
	d = keeper.Draft{ID: h.entry(), Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{it}}, Via: book.ViaWeb}
	_, err = h.k.Write(h.ctx, s.who, s.book, d)
	wantKind(t, err, errs.Changed)
}

// sending is something that was sent and kept, for sending it again.
type sending struct {
	s     *shelf
	who   grant.Subject
	draft keeper.Draft
	entry book.Entry
}

func newHistory(t *rapid.T, w *world) *history {
	h := &history{world: w, ctx: context.Background(), own: map[id.Person]id.Book{}, ties: map[[2]id.Person]*bound{}}
	for range 2 {
		who, b := w.person(t)
		h.own[who.Person] = b
		h.owners = append(h.owners, &shelf{who: who, book: b, things: map[id.Item]*thing{}, about: map[id.Item]int{}, tips: map[id.Entry]*tip{}, doubted: map[id.Person]bool{}})
	}
	h.workers = []grant.Subject{w.worker(t), w.worker(t)}
	for _, x := range h.workers {
		h.own[x.Person] = w.ownBook(t, x.Person)
	}
	sister, _ := w.person(t)
	h.others = append(slices.Clone(h.workers), sister, grant.Subject{Person: h.workers[0].Person, Hat: book.HatSelf})
	for _, s := range h.owners {
		for _, x := range h.others[len(h.workers):] {
			h.knows(t, s, x.Person)
		}
		h.begin(t, s)
	}
	return h
}

// knows has an owner know somebody again, so that something can be given to them.
func (h *history) knows(t *rapid.T, s *shelf, other id.Person) {
	must(t, h.db.Update(h.ctx, func(tx *store.Tx) error { return kin.Know(tx, h.ids, s.who.Person, s.book, other, 1) }))
}

// doubt: whom an owner knew again they must know again once more, as when a login is given back; or they do.
func (h *history) doubt(t *rapid.T) {
	s := h.shelf(t)
	who := rapid.SampledFrom(h.others[len(h.workers):]).Draw(t, "near")
	at := 1
	if s.doubted[who.Person] = !s.doubted[who.Person]; s.doubted[who.Person] {
		at = 0
	}
	must(t, h.db.Update(h.ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE known SET confirmed_at = $1 WHERE person = $2 AND other = $3`, at, s.who.Person, who.Person)
		return err
	}))
}

// begin writes the first things into a book and gives it to the first worker, so that a short history can go far.
func (h *history) begin(t *rapid.T, s *shelf) {
	on := id.Item{}
	for _, kind := range []book.Kind{book.KindStrength, book.KindGoal, book.KindStep} {
		d := keeper.Draft{ID: h.entry(), Kind: kind, Act: book.ActWrite, Body: bodyOf(kind, "first", on), Via: book.ViaWeb}
		h.send(t, s, s.who, d, "first")
		on = keeper.NewItem(d.ID)
	}
	h.giveTo(t, s, h.workers[0], book.Givable(), nil)
	h.giveTo(t, s, h.others[len(h.workers)], book.Givable(), nil)
}

func (h *history) shelf(t *rapid.T) *shelf { return rapid.SampledFrom(h.owners).Draw(t, "book") }

// opens is the law of giving in words: a section is open to somebody in a hat while a grant to them in that hat names it, and, for
// a worker, no tie between the two stood since it was given.
func (s *shelf) opens(now clock.Time, who grant.Subject, sec book.Section) bool {
	return s.gives(now, who, func(g *gift) bool { return slices.Contains(g.sections, sec) })
}

// takes is whether somebody may suggest in a section.
func (s *shelf) takes(now clock.Time, who grant.Subject, sec book.Section) bool {
	return s.gives(now, who, func(g *gift) bool { return !g.readOnly && slices.Contains(g.sections, sec) })
}

// acts is whether somebody may write for the owner in a section.
func (s *shelf) acts(now clock.Time, who grant.Subject, sec book.Section) bool {
	return sec == book.SectionGoals && s.gives(now, who, func(g *gift) bool { return g.acts })
}

// shows is whether somebody sees an item, with its section or alone.
func (s *shelf) shows(now clock.Time, who grant.Subject, it id.Item, sec book.Section) bool {
	return s.gives(now, who, func(g *gift) bool {
		return slices.Contains(g.sections, sec) || slices.Contains(g.singles, book.Single{Section: sec, Item: it})
	})
}

func (s *shelf) gives(now clock.Time, who grant.Subject, what func(*gift) bool) bool {
	return slices.ContainsFunc(s.given, func(g *gift) bool {
		return !g.over && !g.closed && g.until > now && g.to == who && (who.Hat != book.HatSelf || !s.doubted[who.Person]) && what(g)
	})
}

func bodyOf(k book.Kind, text string, on id.Item) book.Body {
	w := book.NewText(text)
	switch k {
	case book.KindName:
		return &book.Name{Words: w}
	case book.KindWords:
		return &book.Words{Words: w}
	case book.KindStrength:
		return &book.Strength{Words: w, When: book.WhenNow}
	case book.KindGoal:
		g := &book.Goal{Words: w}
		if !on.IsZero() {
			g.BuildsOn = []id.Item{on}
		}
		return g
	case book.KindStep:
		return &book.Step{Words: w, Goal: on}
	}
	return &book.Moment{Words: w, What: book.WhatSlipped}
}

func textOf(b book.Body) string {
	switch b := b.(type) {
	case *book.Name:
		return b.Words.Show()
	case *book.Words:
		return b.Words.Show()
	case *book.Strength:
		return b.Words.Show()
	case *book.Goal:
		return b.Words.Show()
	case *book.Step:
		return b.Words.Show()
	case *book.Moment:
		return b.Words.Show()
	}
	return ""
}

// ids in a settled order, so that a shrunk history stays the same history.
func sorted[T interface {
	comparable
	String() string
}](m []T) []T {
	slices.SortFunc(m, func(a, b T) int {
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	return m
}

func pick[K interface {
	comparable
	String() string
}, V any](t *rapid.T, label string, m map[K]V) K {
	keys := sorted(slices.Collect(maps.Keys(m)))
	if len(keys) == 0 {
		t.Skip("none yet")
	}
	return rapid.SampledFrom(keys).Draw(t, label)
}

func (s *shelf) one(kind book.Kind, live bool) id.Item {
	for _, it := range sorted(slices.Collect(maps.Keys(s.things))) {
		if x := s.things[it]; x.kind == kind && x.live == live {
			return it
		}
	}
	return id.Item{}
}

// write: the owner writes something new, or anew, having seen what is there or not.
func (h *history) write(t *rapid.T) {
	s := h.shelf(t)
	kind := rapid.SampledFrom([]book.Kind{book.KindName, book.KindWords, book.KindStrength, book.KindGoal, book.KindStep, book.KindMoment}).Draw(t, "kind")
	text := words().Draw(t, "text")
	d := keeper.Draft{ID: h.entry(), Kind: kind, Act: book.ActWrite, Via: book.ViaWeb}
	var on id.Item
	switch kind {
	case book.KindName:
		d.Item = book.Only(s.book, kind)
	case book.KindWords:
		d.Item = book.OnlyAfter(s.book, kind, s.words)
	case book.KindStep:
		if on = s.one(book.KindGoal, true); on.IsZero() {
			t.Skip("no goal yet")
		}
	}
	if d.Item.IsZero() && rapid.Bool().Draw(t, "anew") {
		d.Item = s.one(kind, rapid.Bool().Draw(t, "live"))
	}
	d.Body = bodyOf(kind, text, on)
	if rapid.Bool().Draw(t, "done") {
		sayDone(d.Body)
	}
	h.seen(t, s, &d)
	h.send(t, s, s.who, d, text)
}

// sayDone says of a goal that it is reached, of a step that it is done.
func sayDone(b book.Body) {
	switch b := b.(type) {
	case *book.Goal:
		b.Reached = true
	case *book.Step:
		b.Done = true
	}
}

// restOf is what a body says besides its words.
func restOf(b book.Body) string {
	switch b := b.(type) {
	case *book.Goal:
		return fmt.Sprint(b.Reached, b.BuildsOn)
	case *book.Step:
		return fmt.Sprint(b.Done, b.Goal)
	}
	return ""
}

// writeFor: somebody writes for the owner, whether or not they were given that, and tries to say more than they may.
func (h *history) writeFor(t *rapid.T) {
	s := h.shelf(t)
	who := rapid.SampledFrom(h.others).Draw(t, "by")
	if may := slices.DeleteFunc(slices.Clone(h.others), func(x grant.Subject) bool { return !s.acts(h.clock.Now(), x, book.SectionGoals) }); len(may) > 0 && rapid.IntRange(0, 3).Draw(t, "who may") > 0 {
		who = rapid.SampledFrom(may).Draw(t, "of them")
	}
	kind := rapid.SampledFrom([]book.Kind{book.KindGoal, book.KindStep, book.KindGoal, book.KindStep, book.KindStrength}).Draw(t, "kind")
	text := words().Draw(t, "text")
	d := keeper.Draft{ID: h.entry(), Kind: kind, Act: book.ActWriteFor, Via: book.ViaWeb}
	if rapid.Bool().Draw(t, "anew") {
		d.Item = s.one(kind, rapid.IntRange(0, 3).Draw(t, "live") > 0)
	}
	on := s.one(book.KindGoal, rapid.IntRange(0, 3).Draw(t, "goal is live") > 0)
	if on.IsZero() {
		t.Skip("no goal yet")
	}
	if d.Body = bodyOf(kind, text, on); kind == book.KindGoal && d.Item.IsZero() && rapid.IntRange(0, 3).Draw(t, "on nothing") > 0 {
		d.Body = bodyOf(kind, text, id.Item{})
	}
	if !d.Item.IsZero() || rapid.IntRange(0, 3).Draw(t, "more") == 0 {
		sayDone(d.Body)
	}
	h.seen(t, s, &d)
	h.send(t, s, who, d, text)
}

// seen fills in what the writer saw, which may be long ago.
func (h *history) seen(t *rapid.T, s *shelf, d *keeper.Draft) {
	if x := s.things[d.Item]; x != nil {
		d.Base = x.head
	}
	if rapid.IntRange(0, 5).Draw(t, "stale") == 0 {
		d.Base = h.entry()
	}
}

func (h *history) putAway(t *rapid.T) {
	s := h.shelf(t)
	it := pick(t, "item", s.things)
	d := keeper.Draft{ID: h.entry(), Kind: s.things[it].kind, Act: book.ActPutAway, Item: it, Via: book.ViaWeb}
	h.seen(t, s, &d)
	h.send(t, s, s.who, d, "")
}

// suggest: a worker suggests something new or other words, whether or not they may, on some ground or none.
func (h *history) suggest(t *rapid.T) {
	s := h.shelf(t)
	who := rapid.SampledFrom(h.others).Draw(t, "by")
	kind := rapid.SampledFrom([]book.Kind{book.KindStrength, book.KindGoal, book.KindStep, book.KindWords}).Draw(t, "kind")
	on := s.one(map[book.Kind]book.Kind{book.KindGoal: book.KindStrength, book.KindStep: book.KindGoal}[kind], rapid.IntRange(0, 3).Draw(t, "ground is live") > 0)
	if kind == book.KindStep && on.IsZero() {
		t.Skip("no goal yet")
	}
	text := words().Draw(t, "text")
	d := keeper.Draft{ID: h.entry(), Kind: kind, Act: book.ActSuggest, Body: bodyOf(kind, text, on), Via: book.ViaWeb}
	if kind == book.KindWords {
		d.Item = book.Only(s.book, kind)
	}
	if d.Item.IsZero() && rapid.Bool().Draw(t, "anew") {
		d.Item = s.one(kind, true)
	}
	h.seen(t, s, &d)
	h.send(t, s, who, d, text)
}

func (h *history) answer(t *rapid.T) {
	s := h.shelf(t)
	e := pick(t, "suggestion", s.tips)
	tip := s.tips[e]
	d := keeper.Draft{ID: h.entry(), Kind: tip.kind, Act: rapid.SampledFrom(book.Answers()).Draw(t, "answer"), Item: tip.item, Answers: e, Via: book.ViaWeb}
	text := words().Draw(t, "text")
	if d.Act == book.ActChange {
		on := s.one(book.KindGoal, true)
		if tip.kind == book.KindStep && on.IsZero() {
			t.Skip("its goal was put away")
		}
		d.Body = bodyOf(tip.kind, text, on)
	}
	h.seen(t, s, &d)
	who := s.who
	if rapid.IntRange(0, 5).Draw(t, "by another") == 0 {
		who = rapid.SampledFrom(h.others).Draw(t, "by")
	}
	h.send(t, s, who, d, text)
}

// tomorrow: a suggestion is to be asked again tomorrow, as its author says, or the owner, or somebody who has no say in it.
func (h *history) tomorrow(t *rapid.T) {
	s := h.shelf(t)
	e := pick(t, "suggestion", s.tips)
	tip := s.tips[e]
	who := rapid.SampledFrom(append(slices.Clone(h.others), s.who, s.who)).Draw(t, "by")
	if i := slices.IndexFunc(h.others, func(x grant.Subject) bool { return x.Person == tip.author }); rapid.Bool().Draw(t, "its author") {
		who = h.others[i]
	}
	h.send(t, s, who, keeper.Draft{ID: h.entry(), Kind: tip.kind, Act: book.ActTomorrow, Item: tip.item, Answers: e, Via: book.ViaWeb}, "")
}

func (h *history) give(t *rapid.T) {
	s := h.shelf(t)
	to := rapid.SampledFrom(h.others).Draw(t, "to")
	secs := []book.Section{book.SectionName}
	for _, sec := range book.Givable()[1:] {
		if rapid.IntRange(0, 2).Draw(t, string(sec)) > 0 {
			secs = append(secs, sec)
		}
	}
	var singles []book.Single
	for _, it := range slices.SortedFunc(maps.Keys(s.things), func(a, b id.Item) int { return strings.Compare(a.String(), b.String()) }) {
		if s.things[it].live && slices.Contains(book.Givable(), book.SectionOf(s.things[it].kind)) && rapid.IntRange(0, 5).Draw(t, "single") == 0 {
			singles = append(singles, book.Single{Section: book.SectionOf(s.things[it].kind), Item: it})
		}
	}
	h.giveTo(t, s, to, secs, singles)
}

func (h *history) giveTo(t *rapid.T, s *shelf, to grant.Subject, secs []book.Section, singles []book.Single) {
	h.clock.Step(1) // a tie that was taken back a moment before closes no more
	until := h.clock.Now() + clock.Time(rapid.IntRange(1, 300).Draw(t, "days"))*clock.Day
	readOnly := rapid.Bool().Draw(t, "to read")
	var acts []book.Section
	if !readOnly && slices.Contains(secs, book.SectionGoals) && rapid.IntRange(0, 2).Draw(t, "to act") > 0 {
		acts = []book.Section{book.SectionGoals}
	}
	d := keeper.Draft{ID: h.entry(), Kind: book.KindSharing, Act: book.ActWrite, Via: book.ViaWeb,
		Body: &book.Sharing{As: to.Hat, Recipient: to.Person, Sections: secs, Singles: singles, ReadOnly: readOnly, Acts: acts,
			Purpose: book.PurposesFor(to.Hat)[0], Until: until, Label: book.NewText("them")}}
	_, err := h.k.Write(h.ctx, s.who, s.book, d)
	must(t, err)
	s.entries++
	s.given = append(s.given, &gift{item: keeper.NewItem(d.ID), head: d.ID, to: to, sections: secs, singles: singles, readOnly: readOnly, acts: len(acts) > 0,
		until: until, closed: to.Hat == book.HatWorker && h.tied(s.who.Person, to.Person)})
}

// tied reports whether one of two people says now that they know the other from their own life.
func (h *history) tied(a, b id.Person) bool {
	for _, pair := range [][2]id.Person{{a, b}, {b, a}} {
		if x := h.ties[pair]; x != nil && x.stands {
			return true
		}
	}
	return false
}

// tie: somebody says in their own book that they know another from their own life, or takes it back.
func (h *history) tie(t *rapid.T) {
	s := h.shelf(t)
	worker := rapid.SampledFrom(h.workers).Draw(t, "worker")
	pair := [2]id.Person{s.who.Person, worker.Person}
	if rapid.Bool().Draw(t, "the worker says it") {
		pair = [2]id.Person{worker.Person, s.who.Person}
	}
	if h.ties[pair] == nil {
		h.ties[pair] = &bound{}
	}
	x, own := h.ties[pair], h.own[pair[0]]
	d := keeper.Draft{ID: h.entry(), Kind: book.KindTie, Act: book.ActPutAway, Item: book.TieWith(own, pair[1]), Base: x.head, Via: book.ViaWeb}
	if !x.stands {
		d.Act, d.Body = book.ActWrite, &book.Tie{Other: pair[1], Bond: book.BondFamily}
	}
	_, err := h.k.Write(h.ctx, grant.Subject{Person: pair[0], Hat: book.HatSelf}, own, d)
	must(t, err)
	x.head, x.stands = d.ID, !x.stands
	if own == s.book {
		s.entries++
	}
	for _, g := range s.given {
		g.closed = g.closed || g.to == worker
	}
}

func (h *history) takeBack(t *rapid.T) {
	s := h.shelf(t)
	for _, g := range s.given {
		if !g.over && rapid.Bool().Draw(t, "this one") {
			d := keeper.Draft{ID: h.entry(), Kind: book.KindSharing, Act: book.ActPutAway, Item: g.item, Base: g.head, Via: book.ViaWeb}
			_, err := h.k.Write(h.ctx, s.who, s.book, d)
			must(t, err)
			s.entries++
			g.over = true
		}
	}
}

func (h *history) pass(t *rapid.T) {
	h.clock.Step(clock.Time(rapid.IntRange(0, 100).Draw(t, "days")) * clock.Day)
}

// again: something that was kept is sent once more, word for word or with other words under the same id.
func (h *history) again(t *rapid.T) {
	if len(h.sent) == 0 {
		t.Skip("nothing sent yet")
	}
	x := rapid.SampledFrom(h.sent).Draw(t, "sending")
	d, other := x.draft, rapid.Bool().Draw(t, "other words")
	if d.Act.BringsWords() && d.Act != book.ActAccept && other {
		d.Body = bodyOf(d.Kind, textOf(d.Body)+"!", groundOf(d.Body))
	} else {
		other = false
	}
	got, err := h.k.Write(h.ctx, x.who, x.s.book, d)
	switch {
	case d.Act == book.ActWriteFor && !x.s.acts(h.clock.Now(), x.who, book.SectionOf(d.Kind)):
		wantKind(t, err, errs.NotOpen)
	case x.who != x.s.who && (d.Act == book.ActSuggest || d.Act == book.ActTomorrow) && !x.s.takes(h.clock.Now(), x.who, book.SectionOf(d.Kind)),
		x.who != x.s.who && d.Act == book.ActSuggest && book.GroundOf(d.Body) != "" && !x.s.takes(h.clock.Now(), x.who, book.GroundOf(d.Body)):
		wantKind(t, err, errs.NotOpen)
	case slices.Contains(x.s.gone, x.entry.Item) && x.who != x.s.who:
		if !errs.Is(err, errs.NotOpen) {
			wantKind(t, err, errs.Changed)
		}
	case slices.Contains(x.s.gone, x.entry.Item):
		wantKind(t, err, errs.Changed)
	case other:
		wantKind(t, err, errs.AlreadyKept)
	default:
		must(t, err)
		if got[0].Seq != x.entry.Seq || got[0].RecordedAt != x.entry.RecordedAt {
			t.Fatalf("sent again, it became entry %d, was %d", got[0].Seq, x.entry.Seq)
		}
	}
}

func groundOf(b book.Body) id.Item {
	switch b := b.(type) {
	case *book.Goal:
		if len(b.BuildsOn) > 0 {
			return b.BuildsOn[0]
		}
	case *book.Step:
		return b.Goal
	}
	return id.Item{}
}

// send writes and moves the model on by the laws in words. typed is what stood in the field.
func (h *history) send(t *rapid.T, s *shelf, who grant.Subject, d keeper.Draft, typed string) {
	want, known := h.expect(s, who, d)
	got, err := h.k.Write(h.ctx, who, s.book, d)
	if known && want != nil {
		wantKind(t, err, *want)
		return
	}
	must(t, err)
	if d.Act == book.ActWriteFor {
		h.isMarked(t, s, who, got[0])
	}
	s.entries++
	s.about[got[0].Item]++
	h.sent = append(h.sent, sending{s, who, d, got[0]})
	h.follow(s, who, d, typed)
}

// isMarked: what somebody wrote for the owner names them, their hat, and the grant by which they wrote, which stands.
func (h *history) isMarked(t *rapid.T, s *shelf, who grant.Subject, e book.Entry) {
	by := slices.ContainsFunc(s.given, func(g *gift) bool {
		return g.head == e.Answers && g.to == who && g.acts && !g.over && !g.closed && g.until > h.clock.Now()
	})
	if e.Author != who.Person || e.Hat != who.Hat || !by {
		t.Fatalf("what %v wrote for the owner stands as %+v", who, e)
	}
}

// expectFor is [history.expect] for who writes for the owner.
func (h *history) expectFor(s *shelf, who grant.Subject, d keeper.Draft, x *thing, stale bool) (want *errs.Kind, known bool) {
	refuse := func(k errs.Kind) (*errs.Kind, bool) { return &k, true }
	done := strings.HasPrefix(restOf(d.Body), "true")
	switch {
	case who == s.who, !s.acts(h.clock.Now(), who, book.SectionOf(d.Kind)):
		return refuse(errs.NotOpen)
	case stale, x != nil && !x.live:
		return refuse(errs.Changed)
	case x != nil && strings.HasPrefix(x.rest, "true"): // reached or done, as the owner said, stays in their words
		return refuse(errs.NotOpen)
	case x != nil && x.kind == book.KindStep && (s.things[x.on] == nil || !s.things[x.on].live): // it is away with its goal
		return refuse(errs.Changed)
	case x != nil:
		return nil, true
	case done, d.Kind == book.KindGoal && !groundOf(d.Body).IsZero():
		return refuse(errs.Invalid)
	case d.Kind == book.KindStep && !s.things[groundOf(d.Body)].live:
		return refuse(errs.Changed)
	}
	return nil, true
}

// expect says, by the laws in words, whether a draft is kept (nil) or how it is refused.
func (h *history) expect(s *shelf, who grant.Subject, d keeper.Draft) (want *errs.Kind, known bool) {
	refuse := func(k errs.Kind) (*errs.Kind, bool) { return &k, true }
	it := d.Item
	if it.IsZero() {
		it = keeper.NewItem(d.ID)
	}
	x := s.things[it]
	stale := x == nil && !d.Base.IsZero() || x != nil && x.head != d.Base
	if d.Act == book.ActWriteFor {
		return h.expectFor(s, who, d, x, stale)
	}
	if tip := s.tips[d.Answers]; d.Act == book.ActTomorrow {
		switch {
		case who != s.who && (tip.author != who.Person || !s.takes(h.clock.Now(), who, book.SectionOf(d.Kind))):
			return refuse(errs.NotOpen)
		case tip.state == book.Accepted, tip.state == book.Changed, who != s.who && tip.state != book.Waiting && tip.rests != who.Person:
			return refuse(errs.Changed)
		}
		return nil, true
	}
	if who != s.who {
		switch {
		case d.Act != book.ActSuggest, !s.takes(h.clock.Now(), who, book.SectionOf(d.Kind)), !book.Suggestable(d.Kind):
			return refuse(errs.NotOpen)
		case d.Kind == book.KindGoal && !s.takes(h.clock.Now(), who, book.SectionStrengths): // a goal stands on them
			return refuse(errs.NotOpen)
		case stale:
			return refuse(errs.Changed)
		case d.Kind == book.KindGoal && groundOf(d.Body).IsZero():
			return refuse(errs.Invalid)
		case d.Kind == book.KindGoal || d.Kind == book.KindStep:
			if g := s.things[groundOf(d.Body)]; g == nil || !g.live {
				return refuse(errs.Changed)
			}
		}
		return nil, true
	}
	if tip := s.tips[d.Answers]; tip != nil {
		answered := tip.state == book.Accepted || tip.state == book.Changed
		takes := d.Act == book.ActAccept || d.Act == book.ActChange
		if answered || takes && stale || d.Act == book.ActAccept && (x == nil && !tip.base.IsZero() || x != nil && x.head != tip.base) {
			return refuse(errs.Changed)
		}
		return nil, true
	}
	if stale || d.Act == book.ActPutAway && (x == nil || !x.live) {
		return refuse(errs.Changed)
	}
	return nil, true
}

func (h *history) follow(s *shelf, who grant.Subject, d keeper.Draft, typed string) {
	it := d.Item
	if it.IsZero() {
		it = keeper.NewItem(d.ID)
	}
	put := func(text string) {
		x := &thing{kind: d.Kind, text: text, live: true, head: d.ID, by: who.Person, rest: restOf(d.Body), on: groundOf(d.Body)}
		switch was := s.things[it]; {
		case d.Act == book.ActWriteFor && was != nil:
			x.rest, x.on = was.rest, was.on
		case d.Act == book.ActAccept:
			x.rest, x.on = "of the suggestion", s.tips[d.Answers].on
		}
		s.things[it] = x
	}
	if tip := s.tips[d.Answers]; tip != nil {
		if tip.rests = (id.Person{}); d.Act == book.ActTomorrow {
			tip.rests = who.Person
		}
	}
	switch d.Act {
	case book.ActTomorrow:
		s.tips[d.Answers].state = book.Later
	case book.ActSuggest:
		s.tips[d.ID] = &tip{item: it, kind: d.Kind, text: typed, author: who.Person, state: book.Waiting, base: d.Base, on: groundOf(d.Body)}
	case book.ActWrite, book.ActWriteFor:
		put(typed)
	case book.ActPutAway:
		s.things[it].live, s.things[it].head = false, d.ID
	case book.ActAccept:
		s.tips[d.Answers].state = book.Accepted
		put(s.tips[d.Answers].text)
	case book.ActChange:
		s.tips[d.Answers].state = book.Changed
		put(typed)
	case book.ActNotNow:
		s.tips[d.Answers].state = book.Later
	case book.ActDecline:
		s.tips[d.Answers].state = book.Declined
	}
}

// itemsSeen is what a reader sees: item to words.
func itemsSeen(t *rapid.T, r keeper.Reading) map[string]string {
	seen := map[string]string{}
	for _, list := range r.Items {
		for _, p := range list {
			if p.Kind != book.KindSharing && p.Kind != book.KindTie {
				seen[p.ID.String()] = textOf(p.Body)
			}
		}
	}
	return seen
}

func (s *shelf) wantItems(may func(id.Item, book.Section) bool, live bool) map[string]string {
	want := map[string]string{}
	for it, x := range s.things {
		if x.live == live && may(it, book.SectionOf(x.kind)) {
			want[it.String()] = x.text
		}
	}
	return want
}

func (h *history) checkOwner(t *rapid.T) {
	all := func(id.Item, book.Section) bool { return true }
	for _, s := range h.owners {
		r, err := h.k.Read(h.ctx, s.who, s.book, keeper.Want{})
		must(t, err)
		if d := cmp.Diff(s.wantItems(all, true), itemsSeen(t, r)); d != "" {
			t.Fatalf("the owner's book is not what the owner made it (-want +got):\n%s", d)
		}
		for _, p := range r.Items[0] {
			x := s.things[p.ID]
			if x != nil && x.by != p.By {
				t.Fatalf("%q is of the hand of %v, wanted %v", x.text, p.By, x.by)
			}
			if x != nil && x.rest != "of the suggestion" && x.rest != restOf(p.Body) {
				t.Fatalf("besides %q it says %q, wanted %q", x.text, restOf(p.Body), x.rest)
			}
		}
		away, err := h.k.Read(h.ctx, s.who, s.book, keeper.Want{State: book.Away})
		must(t, err)
		if d := cmp.Diff(s.wantItems(all, false), itemsSeen(t, away)); d != "" {
			t.Fatalf("what was put away is not what the owner put away (-want +got):\n%s", d)
		}
	}
}

func (h *history) checkOthers(t *rapid.T) {
	for _, s := range h.owners {
		for _, w := range h.others {
			h.checkReader(t, s, w)
		}
		other := h.owners[0]
		if other == s {
			other = h.owners[1]
		}
		for _, hat := range []book.Hat{book.HatSelf, book.HatWorker, book.HatTeam} {
			_, err := h.k.Read(h.ctx, grant.Subject{Person: other.who.Person, Hat: hat}, s.book, keeper.Want{})
			wantKind(t, err, errs.NotOpen)
			_, err = h.k.Read(h.ctx, grant.Subject{Person: h.workers[0].Person, Hat: book.HatTeam}, s.book, keeper.Want{})
			wantKind(t, err, errs.NotOpen)
		}
	}
}

func (h *history) checkReader(t *rapid.T, s *shelf, w grant.Subject) {
	now := h.clock.Now()
	may := func(sec book.Section) bool { return s.opens(now, w, sec) }
	r, err := h.k.Read(h.ctx, w, s.book, keeper.Want{})
	if !may(book.SectionName) {
		wantKind(t, err, errs.NotOpen)
		_, err = h.k.Suggestions(h.ctx, w, s.book)
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	if d := cmp.Diff(s.wantItems(func(it id.Item, sec book.Section) bool { return s.shows(now, w, it, sec) }, true), itemsSeen(t, r)); d != "" {
		t.Fatalf("somebody sees what is not given, or not what is (-want +got):\n%s", d)
	}
	away, err := h.k.Read(h.ctx, w, s.book, keeper.Want{State: book.Away})
	must(t, err)
	if seen := itemsSeen(t, away); len(seen) > 0 {
		t.Fatalf("a worker sees what was put away: %q", seen)
	}
	told, err := h.k.Suggestions(h.ctx, w, s.book)
	must(t, err)
	want, got := map[string]string{}, map[string]string{}
	for e, tip := range s.tips {
		if tip.author == w.Person && may(book.SectionOf(tip.kind)) {
			want[e.String()] = string(tip.state) + tip.text
		}
	}
	for _, x := range told {
		got[x.Entry.String()] = string(x.State) + textOf(x.Body)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("a worker sees suggestions that are not theirs, or not all of theirs (-want +got):\n%s", d)
	}
}

// checkEntries: the timeline holds each act once, folds to the clear lists, and its chain holds.
func (h *history) checkEntries(t *rapid.T) {
	for _, s := range h.owners {
		list, err := h.k.Timeline(h.ctx, s.who, s.book, 0, 10_000)
		must(t, err)
		if len(list) != s.entries {
			t.Fatalf("the book has %d entries, %d acts were done", len(list), s.entries)
		}
		must(t, h.world.audit(s.who, s.book))
	}
}

// live runs random histories on both engines and checks after every act.
func live(t *testing.T, check func(*history, *rapid.T)) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		histories.Check(t, 12, func(t *rapid.T) {
			h := newHistory(t, w)
			t.Repeat(map[string]func(*rapid.T){
				"write": h.write, "write 2": h.write, "put away": h.putAway, "suggest": h.suggest, "suggest 2": h.suggest,
				"answer": h.answer, "answer 2": h.answer, "give": h.give, "take back": h.takeBack, "time passes": h.pass, "again": h.again, "tie": h.tie, "doubt": h.doubt,
				"tomorrow":  h.tomorrow,
				"write for": h.writeFor, "write for 2": h.writeFor,
				"erase": h.erase, "write erased": h.writeErased,
				"": func(t *rapid.T) { check(h, t) },
			})
		})
	})
}

// TestNothingWithoutMe: nothing by another has effect without the owner's live yes (mission.md S0.7), the owner's words
// come back as the same Unicode (S0.2), a setback changes nothing earlier (S0.12), what was seen long ago overwrites
// nothing, and another's goal builds on a confirmed strength (S0.4).
func TestNothingWithoutMe(t *testing.T) { live(t, (*history).checkOwner) }

// TestNobodySeesWhatWasNotGiven: others see what the owner gave while it is given, live and confirmed, and of
// suggestions only their own (mission.md S0.7, "consent"); and nothing where a tie stands or stood since (U4).
func TestNobodySeesWhatWasNotGiven(t *testing.T) { live(t, (*history).checkOthers) }

// TestOneEntryAnAct: each act is one entry however often it is sent, the entries fold to the clear lists, and the chain
// holds.
func TestOneEntryAnAct(t *testing.T) { live(t, (*history).checkEntries) }
