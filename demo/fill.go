package demo

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"

	"beside/internal/account"
	"beside/internal/account/contact"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/journey/made"
	"beside/internal/peer"
)

// quickHashing is how passphrases are hashed while filling: with next to no work, as they are printed anyway. The first
// time somebody signs in as one of these people, theirs is hashed anew with the real work (see package account).
var quickHashing = account.Hashing{MemoryKiB: 64, Times: 1}

// beganDaysAgo is when the place was made: the day before the first came.
const beganDaysAgo = 157

// event is a line of a story at its time.
type event struct {
	at   clock.Time
	who  *teller
	does act
}

// Fill tells every story into the installation that c describes, which must be empty. now decides the days: the last of
// them is yesterday; in c.TZ people are awake between morning and evening. The same seed tells the stories at the same
// hours. It returns everybody, in the order they are shown.
func Fill(ctx context.Context, c app.Config, now clock.Time, seed uint64) (Cast, error) {
	chance := chanceOf(seed)
	manual := clock.NewManual(now - beganDaysAgo*clock.Day)
	c.Clock, c.Hashing = manual, quickHashing
	a, err := app.New(ctx, c)
	if err != nil {
		return nil, err
	}
	t := &telling{app: a, clock: manual, chance: rand.New(chance), people: map[string]*teller{}, rules: map[string]id.Narrowing{}, papers: map[string]id.Demand{}, duties: map[string]id.Role{}}
	t.ids = id.NewMaker(manual, chanceOf(seed+1))
	t.own = journey.New(a.Keeper, manual, book.ViaDemo)
	shelf := a.Shelf.Config
	shelf.Via = book.ViaDemo
	t.shelf = made.New(shelf)
	reach := a.Contacts.Config
	reach.Via = book.ViaDemo
	t.reach = contact.New(reach)
	t.peers = peer.New(a.DB, a.Keeper, manual, book.ViaDemo)
	t.peers.Knows = a.Known.Confirmed
	cast, err := t.tell(ctx, now)
	if closed := a.Close(); err == nil {
		err = closed
	}
	return cast, err
}

// chanceOf is chance that is the same for the same seed. It makes hours and the ids of entries; keys are made by the
// system's own randomness.
func chanceOf(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

func (t *telling) tell(ctx context.Context, now clock.Time) (Cast, error) {
	var all []event
	var cast []*teller
	for _, m := range community() {
		p := &teller{member: m, things: map[string]thing{}, suggested: map[string]id.Entry{}, days: map[string]id.Attended{}}
		cast = append(cast, p)
		all = append(all, t.timed(p, now)...)
	}
	slices.SortStableFunc(all, func(a, b event) int { return int(a.at - b.at) })
	for _, e := range all {
		t.clock.Set(e.at)
		if err := e.does(ctx, t, e.who); err != nil {
			return nil, fmt.Errorf("demo: the story of %s, on %s: %w", e.who.handle, e.at.Std().Format("2 January"), err)
		}
	}
	t.clock.Set(now)
	return castOf(cast), t.keepPromises(ctx)
}

// The hours in which people write, and how far apart the things of one day are at most.
const (
	dawn     = 8 * clock.Hour
	lastDawn = 14 * clock.Hour
	apart    = 40 * clock.Minute
)

// timed gives each line of a story its time.
func (t *telling) timed(p *teller, now clock.Time) []event {
	var out []event
	midnight := t.midnight(now)
	var at clock.Time
	for i, l := range p.story {
		if i == 0 || l.daysAgo != p.story[i-1].daysAgo {
			at = midnight - clock.Time(l.daysAgo)*clock.Day + dawn + t.upTo(lastDawn-dawn)
		}
		at += clock.Minute + t.upTo(apart)
		out = append(out, event{at, p, l.act})
	}
	return out
}

func (t *telling) upTo(d clock.Time) clock.Time { return clock.Time(t.chance.Int64N(int64(d))) }

// midnight is when today began, where the community is. Daylight saving moves the days before by an hour at most.
func (t *telling) midnight(now clock.Time) clock.Time {
	n := now.Std().In(t.app.Config.TZ)
	sinceMidnight := clock.Time(n.Hour())*clock.Hour + clock.Time(n.Minute())*clock.Minute
	return now - sinceMidnight
}
