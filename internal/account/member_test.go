package account_test

import (
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

func TestAnInvitationIsUsedOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		token := w.invite(w.team(), book.HatWorker)
		people := make([]account.Joined, 50)
		for i := range people {
			people[i] = w.join("Bea")
		}
		before := w.count(`SELECT COUNT(*) FROM membership`)
		yes := 0
		for i, err := range atOnce(len(people), func(i int) error { _, _, err := w.Accept(ctx, people[i].Session, token); return err }) {
			if err == nil {
				yes++
				hat, _, err := w.Accept(ctx, people[i].Session, token) // the same person again changes nothing
				w.must(err)
				if hat != book.HatWorker {
					w.t.Errorf("accepted as %q", hat)
				}
				continue
			}
			w.kind(err, errs.NotOpen)
		}
		if n := w.count(`SELECT COUNT(*) FROM membership`) - before; yes != 1 || n != 1 {
			w.t.Errorf("%d of 50 accepted, %d memberships", yes, n)
		}
	})
}

func TestAnInvitationEnds(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		token := w.invite(w.team(), book.HatTeam)
		bea := w.join("Bea")
		w.clock.Step(account.InvitationLasts - clock.Second)
		v, err := w.Invitation(ctx, strings.ToUpper(token))
		w.must(err)
		if v.Hat != book.HatTeam || v.Community != "Elm House" {
			w.t.Errorf("the invitation says %+v", v)
		}
		w.clock.Step(clock.Second)
		for _, odd := range []string{token, "", "x", token + "a"} {
			_, err = w.Invitation(ctx, odd)
			w.kind(err, errs.NotOpen)
			_, _, err = w.Accept(ctx, bea.Session, odd)
			w.kind(err, errs.NotOpen)
		}
	})
}

func TestOnlyTheTeamInvitesAndSeesAndEnds(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		team := w.team()
		sam := w.member(w.invite(team, book.HatWorker))
		role := w.membership(team, sam.Person).ID
		bea := w.join("Bea").Person
		for _, who := range []grant.Subject{
			sam, {Person: sam.Person, Hat: book.HatTeam}, {Person: bea, Hat: book.HatTeam}, {Person: team.Person, Hat: book.HatSelf},
			{Person: team.Person, Hat: book.HatWorker}, {Hat: book.HatTeam}, {},
		} {
			_, err := w.Invite(ctx, who, book.HatWorker)
			w.kind(err, errs.NotOpen)
			_, err = w.Memberships(ctx, who)
			w.kind(err, errs.NotOpen)
			w.kind(w.EndMembership(ctx, who, role), errs.NotOpen)
		}
		_, err := w.Invite(ctx, team, book.HatSelf)
		w.kind(err, errs.Invalid)
		w.kind(w.EndMembership(ctx, team, id.New[id.Membership](w.ids)), errs.NotOpen)
	})
}

func TestTheLastOfTheTeamStays(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		first := w.team()
		own := w.membership(first, first.Person).ID
		w.kind(w.EndMembership(ctx, first, own), errs.Invalid)
		second := w.member(w.invite(first, book.HatTeam))
		roles := []id.Membership{own, w.membership(first, second.Person).ID}
		failed := 0
		for _, err := range atOnce(2, func(i int) error { return w.EndMembership(ctx, []grant.Subject{second, first}[i], roles[i]) }) {
			if err != nil {
				failed++
			}
		}
		if n := w.count(`SELECT COUNT(*) FROM membership WHERE hat = 'team' AND until > $1`, w.clock.Now()); n != 1 || failed != 1 {
			w.t.Errorf("two of the team ended each other: %d are left, %d were refused", n, failed)
		}
	})
}

func TestTheFirstLink(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		old, err := w.FirstLink(ctx, w.community)
		w.must(err)
		token, err := w.FirstLink(ctx, w.community)
		w.must(err)
		bea := w.join("Bea")
		_, _, err = w.Accept(ctx, bea.Session, old)
		w.kind(err, errs.NotOpen)
		hat, _, err := w.Accept(ctx, bea.Session, token)
		w.must(err)
		if hat != book.HatTeam {
			w.t.Errorf("the first link gave %q", hat)
		}
		if again, err := w.FirstLink(ctx, w.community); again != "" || err != nil {
			w.t.Errorf("with a team there is a first link %q, %v", again, err)
		}
	})
}

func TestARoleIsGivenOnceHoweverManyInvitations(t *testing.T) {
	w := newWorld(t, t.TempDir(), account.Hashing{MemoryKiB: 64, Times: 1})
	team := w.team()
	sam := w.member(w.invite(team, book.HatWorker))
	_, _, err := w.Accept(t.Context(), w.opens(sam.Person), w.invite(team, book.HatWorker))
	w.must(err)
	if n := w.count(`SELECT COUNT(*) FROM membership WHERE person = $1`, sam.Person); n != 1 {
		t.Errorf("%d memberships", n)
	}
}

func TestServersThatStartAtOnceShareOneCommunity(t *testing.T) {
	onBoth(t, func(w *world) {
		for _, err := range atOnce(8, func(int) error {
			c, err := w.Community(w.t.Context(), "Another name")
			if c != w.community {
				w.t.Errorf("a community %s, want %s", c, w.community)
			}
			return err
		}) {
			w.must(err)
		}
		if n := w.count(`SELECT COUNT(*) FROM community`); n != 1 {
			w.t.Errorf("%d communities", n)
		}
	})
}

// TestWhoLeftTheTeamLeavesNoDoorOpen: invitations that somebody made while in the team end with their role.
func TestWhoLeftTheTeamLeavesNoDoorOpen(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		team := w.team()
		former := w.member(w.invite(team, book.HatTeam))
		doors := []string{w.invite(former, book.HatTeam), w.invite(former, book.HatWorker)}
		w.must(w.EndMembership(ctx, team, w.membership(team, former.Person).ID))
		for _, token := range doors {
			_, err := w.Invitation(ctx, token)
			w.kind(err, errs.NotOpen)
			_, _, err = w.Accept(ctx, w.opens(former.Person), token)
			w.kind(err, errs.NotOpen)
		}
		w.member(w.invite(team, book.HatWorker)) // those of others stay
	})
}

// TestAnEndedRoleStaysEnded: also when the machine's clock is set back to before it was ended.
func TestAnEndedRoleStaysEnded(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		team := w.team()
		sam := w.member(w.invite(team, book.HatWorker))
		w.clock.Step(clock.Minute)
		w.must(w.EndMembership(ctx, team, w.membership(team, sam.Person).ID))
		w.clock.Step(-clock.Hour)
		_, err := w.opened(sam.Person, book.HatWorker, false)
		w.kind(err, errs.NotOpen)
		if n := w.count(`SELECT COUNT(*) FROM membership WHERE person = $1 AND until > $2`, sam.Person, w.clock.Now()); n != 0 {
			w.t.Errorf("%d roles came back with the hour", n)
		}
	})
}

// TestARoleGivenAgainIsNew: also when the machine's clock was set back to before it was given first.
func TestARoleGivenAgainIsNew(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		team := w.team()
		sam := w.member(w.invite(team, book.HatWorker))
		w.clock.Step(clock.Day)
		ended := w.clock.Now()
		w.must(w.EndMembership(ctx, team, w.membership(team, sam.Person).ID))
		w.clock.Step(-3 * clock.Day)
		_, _, err := w.Accept(ctx, w.opens(sam.Person), w.invite(team, book.HatWorker))
		w.must(err)
		if n := w.count(`SELECT COUNT(*) FROM membership WHERE person = $1 AND until > $2 AND since >= $3`, sam.Person, w.clock.Now(), ended); n != 1 {
			w.t.Error("a role that was given again is as old as the one before")
		}
	})
}

// TestAFirstLinkIsForTheFirstOnly: one that is left over, as when two servers started at once, opens nothing once there
// is a team.
func TestAFirstLinkIsForTheFirstOnly(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		old, err := w.FirstLink(ctx, w.community)
		w.must(err)
		token, err := w.FirstLink(ctx, w.community)
		w.must(err)
		w.must(w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE invitation SET until = $1`, w.clock.Now()+clock.Day)
			return err
		}))
		w.member(token)
		_, _, err = w.Accept(ctx, w.join("Bea").Session, old)
		w.kind(err, errs.NotOpen)
	})
}

// TestManyInvitationsAtOnceAreOneRole: else ending it would leave another behind.
func TestManyInvitationsAtOnceAreOneRole(t *testing.T) {
	onBoth(t, func(w *world) {
		team := w.team()
		sam := w.join("Sam").Session
		tokens := make([]string, 12)
		for i := range tokens {
			tokens[i] = w.invite(team, book.HatWorker)
		}
		for _, err := range atOnce(len(tokens), func(i int) error { _, _, err := w.Accept(w.t.Context(), sam, tokens[i]); return err }) {
			w.must(err)
		}
		if n := w.count(`SELECT COUNT(*) FROM membership WHERE person = $1`, sam.Person); n != 1 {
			w.t.Errorf("%d memberships of one person under one hat", n)
		}
	})
}

// TestOneOfTheTeamCannotVouchByAnInvitation: a role that somebody has already is not shown by accepting it once more.
func TestOneOfTheTeamCannotVouchByAnInvitation(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		team := w.team()
		sam := w.member(w.invite(team, book.HatWorker))
		in, err := w.Open(ctx, account.Opening{Person: sam.Person, Way: account.WayPassphrase})
		w.must(err)
		_, _, err = w.Accept(ctx, in.Session, w.invite(team, book.HatWorker))
		w.must(err)
		if s := w.session(in.Secret); len(s.Hats) != 1 || len(s.Later) != 1 {
			w.t.Errorf("hats %v, later %v", s.Hats, s.Later)
		}
	})
}

// TestTheHostLetsALostTeamIn: a link made by who runs the computer lets the only member of the team put on the hat again,
// once, and within a day; and everybody in the team is told.
func TestTheHostLetsALostTeamIn(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		team := w.team()
		in, err := w.Open(ctx, account.Opening{Person: team.Person, Way: account.WayPassphrase})
		w.must(err)
		old, err := w.HostLink(ctx, w.community)
		w.must(err)
		token, err := w.HostLink(ctx, w.community)
		w.must(err)
		_, _, err = w.Accept(ctx, in.Session, old)
		w.kind(err, errs.NotOpen)
		_, secret, err := w.Accept(ctx, in.Session, token)
		w.must(err)
		if s := w.session(secret); len(s.Hats) != 2 {
			w.t.Errorf("hats %v, later %v", s.Hats, s.Later)
		}
		_, _, err = w.Accept(ctx, w.join("Bea").Session, token)
		w.kind(err, errs.NotOpen)
		told, err := w.Happenings(ctx, grant.Subject{Person: team.Person, Hat: book.HatSelf}, 10)
		w.must(err)
		n := 0
		for _, h := range told {
			if h.Kind == account.HappenedHostLink {
				n++
			}
		}
		if n != 3 {
			w.t.Errorf("the team was told %d times", n)
		}
		late, err := w.HostLink(ctx, w.community)
		w.must(err)
		w.clock.Step(clock.Day)
		_, _, err = w.Accept(ctx, w.opens(team.Person), late)
		w.kind(err, errs.NotOpen)
	})
}
