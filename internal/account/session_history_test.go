package account_test

import (
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/histories"
)

// opensOwn and opensRoles are the table of docs/decisions/0010, written once more by hand.
var (
	opensOwn = map[account.Way]bool{
		account.WayPassphrase: true, account.WayPasskey: true, account.WayCode: true, account.WayCard: true, account.WayGivenBack: true,
		account.WayProvider: false, account.WayVouched: false,
	}
	opensRoles = map[account.Way]bool{account.WayPasskey: true, account.WayProvider: true, account.WayVouched: true}
)

// modelSession is what a session should be, in plain words.
type modelSession struct {
	person                 int
	hat                    book.Hat
	way                    account.Way
	device                 id.Device
	until, roleUntil, seen clock.Time
	shown                  clock.Time
	own                    bool // on a device called one's own
}

// before is what a secret finds that a session had before somebody showed in it once more who they are.
type before struct {
	*modelSession
	at, roleUntil, shown clock.Time
}

// sessions is one random life of two people who come in by every way, on several devices, wear hats, close what they
// will, while roles end and the clock goes forwards and back.
type sessions struct {
	*world
	team    grant.Subject
	people  [2]account.Joined
	worker  [2]bool
	cookies []string // of devices, whoever was there
	ended   map[id.Device]bool
	open    map[string]*modelSession // by secret
	before  map[string]before        // by the secret from before
	closed  []string
}

func TestSessionHistories(t *testing.T) {
	onBoth(t, func(w *world) {
		team := w.team()
		histories.Check(w.t.(*testing.T), 25, func(rt *rapid.T) {
			w.clock.Set(noon)
			h := &sessions{world: w, team: team, ended: map[id.Device]bool{}, open: map[string]*modelSession{}, before: map[string]before{}}
			for i := range h.people {
				h.people[i] = w.join("Ana")
				w.must(w.SignOut(w.t.Context(), h.people[i].Secret))
				h.closed = append(h.closed, h.people[i].Secret)
			}
			rt.Repeat(map[string]func(*rapid.T){
				"come in": h.comeIn, "wear": h.wear, "show": h.show, "sign out": h.signOut, "close a device": h.closeDevice,
				"close all": h.closeAll, "a role": h.role, "time": h.time, "sweep": func(*rapid.T) { w.must(w.Sweep(w.t.Context())) }, "": h.check,
			})
		})
	})
}

func (h *sessions) comeIn(rt *rapid.T) {
	who := rapid.IntRange(0, 1).Draw(rt, "who")
	way := rapid.SampledFrom([]account.Way{account.WayPassphrase, account.WayPasskey, account.WayCode, account.WayCard, account.WayGivenBack, account.WayProvider, account.WayVouched}).Draw(rt, "way")
	hat := rapid.SampledFrom([]book.Hat{book.HatSelf, book.HatWorker, book.HatTeam}).Draw(rt, "hat")
	where := account.Where{Own: rapid.Bool().Draw(rt, "own")}
	if len(h.cookies) > 0 && rapid.Bool().Draw(rt, "been here") {
		where.Device = rapid.SampledFrom(h.cookies).Draw(rt, "cookie")
	}
	in, err := h.Open(h.t.Context(), account.Opening{Person: h.people[who].Person, Hat: hat, Way: way, Where: where})
	may := hat == book.HatSelf && opensOwn[way] || hat == book.HatWorker && opensRoles[way] && h.worker[who]
	if (err == nil) != may {
		rt.Fatalf("%s opens %s of a worker %v: %v", way, hat, h.worker[who], err)
	}
	if err != nil {
		return
	}
	now := h.clock.Now()
	s := &modelSession{person: who, hat: hat, way: way, device: in.Session.Device, until: now + account.ShortSession, seen: now, shown: now, own: where.Own}
	if where.Own {
		s.until = now + account.LongestSession
		h.cookies = append(h.cookies, in.Device)
	}
	if opensRoles[way] {
		s.roleUntil = min(s.until, now+account.RoleLasts)
	}
	if h.ended[s.device] {
		rt.Fatal("somebody came in on a device that was ended")
	}
	h.open[in.Secret] = s
}

// one draws one of the secrets that ever were, and what it finds: nil for nothing.
func (h *sessions) one(rt *rapid.T) (secret string, s *modelSession, old bool) {
	all := append([]string(nil), h.closed...)
	for secret := range h.open {
		all = append(all, secret)
	}
	for secret := range h.before {
		all = append(all, secret)
	}
	secret = rapid.SampledFrom(sorted(all)).Draw(rt, "secret")
	if b, old := h.before[secret]; old && h.overlaps(b) {
		return secret, b.modelSession, true
	}
	return secret, h.open[secret], false
}

// overlaps reports whether a secret from before still finds its session.
func (h *sessions) overlaps(b before) bool {
	now := h.clock.Now()
	return now >= b.at && now < b.at+account.SecretsOverlap
}

// then is a session as it was.
func (b before) then() *modelSession {
	s := *b.modelSession
	s.roleUntil, s.shown = b.roleUntil, b.shown
	return &s
}

// stands reports whether a session is open, and which hats it may wear.
func (h *sessions) stands(s *modelSession) (hats []book.Hat, open bool) {
	if s == nil {
		return nil, false
	}
	now := h.clock.Now()
	if opensOwn[s.way] {
		hats = append(hats, book.HatSelf)
	}
	if h.worker[s.person] && s.roleUntil > now {
		hats = append(hats, book.HatWorker)
	}
	idle := account.IdleRole
	if s.hat == book.HatSelf {
		idle = account.IdleSelf
	}
	if !s.own {
		idle = account.IdleShared
	}
	worn := false
	for _, hat := range hats {
		worn = worn || hat == s.hat
	}
	return hats, worn && now < s.until && now-s.seen < idle
}

func (h *sessions) forget(keep func(*modelSession) bool) {
	for _, s := range h.open {
		if !keep(s) {
			h.close(s)
		}
	}
}

// close ends a session with all its secrets.
func (h *sessions) close(s *modelSession) {
	for secret, o := range h.open {
		if o == s {
			delete(h.open, secret)
			h.closed = append(h.closed, secret)
		}
	}
	h.closeBefore(s)
}

// closeBefore ends the secret that a session had before.
func (h *sessions) closeBefore(s *modelSession) {
	for secret, b := range h.before {
		if b.modelSession == s {
			delete(h.before, secret)
			h.closed = append(h.closed, secret)
		}
	}
}

func (h *sessions) wear(rt *rapid.T) {
	secret, s, old := h.one(rt)
	hat := rapid.SampledFrom([]book.Hat{book.HatSelf, book.HatWorker, book.HatTeam}).Draw(rt, "hat")
	hats, open := h.stands(s)
	may := false
	for _, x := range hats {
		may = may || open && x == hat && !old // the one from before leads to no new secret
	}
	next, err := h.Wear(h.t.Context(), secret, hat)
	if (err == nil) != may {
		rt.Fatalf("putting on %s: %v, want %v", hat, err, may)
	}
	if err == nil {
		h.close(s)
		s.hat, s.seen = hat, h.clock.Now()
		h.open[next] = s
	}
}

// show shows once more who one is, by a way that opens roles or by one that opens one's own book.
func (h *sessions) show(rt *rapid.T) {
	secret, s, old := h.one(rt)
	in, err := h.Session(h.t.Context(), secret)
	if err != nil {
		return
	}
	role, now := rapid.Bool().Draw(rt, "for a role"), h.clock.Now()
	var next string
	h.must(h.db.Update(h.t.Context(), func(tx *store.Tx) (err error) {
		if role {
			next, err = h.Prove(tx, in, now)
		} else {
			next, err = h.Shows(tx, in, now)
		}
		return err
	}))
	if old { // a double tap: both led to the same secret
		if h.open[next] != s {
			rt.Fatal("showing twice at once leads to two secrets")
		}
	} else {
		h.closeBefore(s)
		delete(h.open, secret)
		h.before[secret] = before{s, now, s.roleUntil, s.shown}
		h.open[next] = s
	}
	if role {
		s.roleUntil = min(s.until, now+account.RoleLasts)
	} else {
		s.shown = now
	}
}

func (h *sessions) signOut(rt *rapid.T) {
	secret, s, _ := h.one(rt)
	if b, ok := h.before[secret]; ok && h.clock.Now() < b.at+account.SecretsOverlap { // also when the clock went back before it was one from before
		s = b.modelSession
	}
	h.must(h.SignOut(h.t.Context(), secret))
	if s != nil {
		h.close(s)
	}
}

func (h *sessions) closeDevice(rt *rapid.T) {
	secret, _, _ := h.one(rt)
	in, err := h.Session(h.t.Context(), secret)
	if err != nil || in.Hat != book.HatSelf {
		return
	}
	list, err := h.Devices(h.t.Context(), in)
	h.must(err)
	d := list[rapid.IntRange(0, len(list)-1).Draw(rt, "device")].ID
	h.must(h.EndDevice(h.t.Context(), in, d))
	h.ended[d] = true
	h.forget(func(s *modelSession) bool { return s.device != d })
}

func (h *sessions) closeAll(rt *rapid.T) {
	who := rapid.IntRange(0, 1).Draw(rt, "who")
	h.must(h.SignOutEverywhere(h.t.Context(), h.people[who].Person))
	h.forget(func(s *modelSession) bool {
		h.ended[s.device] = h.ended[s.device] || s.person == who
		return s.person != who
	})
}

// role gives somebody the hat of a worker, or ends it.
func (h *sessions) role(rt *rapid.T) {
	who := rapid.IntRange(0, 1).Draw(rt, "who")
	ctx := h.t.Context()
	if h.worker[who] {
		h.must(h.EndMembership(ctx, h.team, h.membership(h.team, h.people[who].Person).ID))
		h.forget(func(s *modelSession) bool { return s.person != who || s.hat != book.HatWorker })
		h.worker[who] = false
		return
	}
	in, err := h.Open(ctx, account.Opening{Person: h.people[who].Person, Way: account.WayPassphrase})
	h.must(err)
	_, _, err = h.Accept(ctx, in.Session, h.invite(h.team, book.HatWorker))
	h.must(err)
	h.must(h.SignOut(ctx, in.Secret))
	h.worker[who] = true
}

func (h *sessions) time(rt *rapid.T) {
	h.clock.Step(clock.Time(rapid.SampledFrom([]int64{1, 20, 60, 1500, 3600, 6 * 3600, 86400, 15 * 86400, -60, -3600}).Draw(rt, "seconds")) * clock.Second)
}

// check: each session is open exactly when it should be, under the hats it should have. Looking is being seen.
func (h *sessions) check(rt *rapid.T) {
	for secret, s := range h.open {
		if !h.finds(rt, secret, s) {
			delete(h.open, secret) // it may come back only if the clock does; nobody asks
			for old, b := range h.before {
				if b.modelSession == s {
					delete(h.before, old)
				}
			}
		}
	}
	for secret, b := range h.before {
		if h.overlaps(b) {
			h.finds(rt, secret, b.then())
		} else if _, err := h.Session(h.t.Context(), secret); !errs.Is(err, errs.SignIn) {
			rt.Fatalf("the secret from before: %v", err)
		}
	}
	for _, secret := range h.closed {
		if _, err := h.Session(h.t.Context(), secret); !errs.Is(err, errs.SignIn) {
			rt.Fatalf("a closed session: %v", err)
		}
	}
}

// finds fails unless a secret finds a session as it should be, or nothing when it is over.
func (h *sessions) finds(rt *rapid.T, secret string, s *modelSession) bool {
	hats, open := h.stands(s)
	in, err := h.Session(h.t.Context(), secret)
	if (err == nil) != open {
		rt.Fatalf("a session of %s as %s is open %v, want %v: %v", s.way, s.hat, err == nil, open, err)
	}
	if err != nil {
		h.kind(err, errs.SignIn)
		return false
	}
	if now := h.clock.Now(); now-s.seen >= 5*clock.Minute {
		s.seen = now
	}
	if len(in.Hats) != len(hats) || in.Hat != s.hat || in.Person != h.people[s.person].Person || in.Device != s.device || in.Shown != s.shown {
		rt.Fatalf("a session of %s: %+v, want the hats %v, shown %d", s.way, in, hats, s.shown)
	}
	return true
}
