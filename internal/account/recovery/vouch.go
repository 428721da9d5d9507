package recovery

import (
	"context"

	"beside/internal/account"
	"beside/internal/account/paper"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// AtHand is an open request whose spoken code a member of the team was told.
type AtHand struct {
	Request id.Request
	Kind    Kind // [AtDesk] or [Vouched]
	AskedAt clock.Time
	Yes     int
	Mine    bool       // the member who asks said yes already
	Opens   clock.Time // 0 while too few said yes

	// For [Vouched]: who asks, by their roles. A name stands in their profile, if they wrote one.
	Person id.Person
	Since  clock.Time // since when they have a role here
	Worker bool
	Team   bool
}

// membershipOf returns the membership of the team by which who acts: else NotOpen.
func membershipOf(tx *store.Tx, who grant.Subject, now clock.Time) (m id.Membership, err error) {
	err = store.ErrNone
	if who.Hat == book.HatTeam {
		err = tx.Row(`SELECT id FROM membership WHERE person = $1 AND hat = 'team' AND until > $2 ORDER BY id LIMIT 1`, who.Person, now).Scan(&m)
	}
	if store.IsNone(err) {
		err = notOpen("team")
	}
	return m, err
}

// oneOfTwo is the same for who counts as one of two: else Changed.
func oneOfTwo(tx *store.Tx, who grant.Subject, now clock.Time) (m id.Membership, err error) {
	if m, err = membershipOf(tx, who, now); err == nil {
		err = grant.OneOfTwo(tx, m, now)
	}
	return m, err
}

// Claim is a member of the team being told a spoken code. For a request at the desk it lets them look for a name for a
// while. It returns Invalid with the field "code" for a code that is no open request's, or their own; NotOpen to others than
// the team, TooOften.
func (r *Recovery) Claim(ctx context.Context, who grant.Subject, code string) (AtHand, error) {
	const op = "recovery: claim"
	if err := r.tryCode(ctx, who); err != nil {
		return AtHand{}, errs.Wrap(op, err)
	}
	var out AtHand
	err := r.DB.Update(ctx, func(tx *store.Tx) error {
		now := r.Clock.Now()
		q, err := r.byCode(tx, who, code, now)
		if err != nil {
			return err
		}
		if q.kind == AtDesk && q.standing.yes < yesNeeded {
			_, err = tx.Exec(`INSERT INTO desk_claim (request, member, until) VALUES ($1, $2, $3) ON CONFLICT (request, member) DO UPDATE SET until = excluded.until`,
				q.id, who.Person, min(q.until, now+ClaimLasts))
			if err != nil {
				return err
			}
		}
		out, err = r.atHand(tx, q, who, now)
		return err
	})
	return out, errs.Wrap(op, err)
}

// tryCode takes the allowance of somebody in the team for codes.
func (r *Recovery) tryCode(ctx context.Context, who grant.Subject) error {
	err := r.DB.Glance(ctx, func(tx *store.Tx) error {
		_, err := membershipOf(tx, who, r.Clock.Now())
		return err
	})
	if err != nil {
		return err
	}
	return r.Accounts.Limits.Take(ctx, triesCode, who.Person.Bytes())
}

// byCode finds and locks the open request of a spoken code that is the team's to look at. One that is about the member
// themselves is none.
func (r *Recovery) byCode(tx *store.Tx, who grant.Subject, code string, now clock.Time) (request, error) {
	var q request
	err := tx.Row(`UPDATE login_request SET asked_at = asked_at WHERE code_hash = $1 AND kind <> 'holders' AND stopped_at = 0 AND used_at = 0 AND until > $2
		RETURNING `+requestColumns, r.codeHash(paper.Read(code, codeSigns)), now).Scan(q.fields()...)
	if store.IsNone(err) || err == nil && q.person == who.Person {
		return q, wrongCode("by code")
	}
	if err == nil && q.kind == Vouched {
		err = hasRole(tx, q.person, now)
	}
	if err == nil {
		q.standing, err = r.standing(tx, q, now)
	}
	return q, err
}

// hasRole returns the error of a wrong code for somebody who has no role, as there is nothing to vouch for, and for a reviewer: the team
// could make one of themselves the reviewer of what they do.
func hasRole(tx *store.Tx, who id.Person, now clock.Time) error {
	var yes int
	err := tx.Row(`SELECT 1 FROM membership WHERE person = $1 AND `+vouchable()+` AND until > $2 LIMIT 1`, who, now).Scan(&yes)
	if store.IsNone(err) {
		err = wrongCode("role")
	}
	return err
}

// vouchable is the condition that the team may vouch for who has a membership: one of another kind, and none of a reviewer beside it.
func vouchable() string {
	if mutant.On("review-vouched") {
		return `1 = 1`
	}
	return `hat <> 'reviewer' AND NOT EXISTS (SELECT 1 FROM membership AS r WHERE r.person = membership.person AND r.hat = 'reviewer' AND r.until > $2)`
}

func (r *Recovery) atHand(tx *store.Tx, q request, who grant.Subject, now clock.Time) (AtHand, error) {
	out := AtHand{Request: q.id, Kind: q.kind, AskedAt: q.asked, Yes: q.standing.yes, Opens: q.standing.opens}
	var mine int
	err := tx.Row(`SELECT COUNT(*) FROM login_yes WHERE request = $1 AND who = $2`, q.id, who.Person).Scan(&mine)
	out.Mine = mine > 0
	if err != nil || q.kind != Vouched {
		return out, err
	}
	out.Person = q.person
	err = store.Each(tx, `SELECT hat, since FROM membership WHERE person = $1 AND until > $2 ORDER BY since`, []any{q.person, now}, func(scan func(...any) error) error {
		var hat book.Hat
		var since clock.Time
		err := scan(&hat, &since)
		if out.Since == 0 {
			out.Since = since
		}
		out.Worker, out.Team = out.Worker || hat == book.HatWorker, out.Team || hat == book.HatTeam
		return err
	})
	return out, err
}

// Vouch is a member of the team saying that they have in front of them, or know by their voice, who asks to be vouched
// for. It returns Invalid with the fields "code" and "how", NotOpen to others than the team, Changed to who does not count as one of
// two yet ([grant.OneOfTwo]), TooOften.
func (r *Recovery) Vouch(ctx context.Context, who grant.Subject, code string, how How) error {
	const op = "recovery: vouch"
	if err := r.tryCode(ctx, who); err != nil {
		return errs.Wrap(op, err)
	}
	if how != WithThem && how != Voice {
		return noHow(op)
	}
	return errs.Wrap(op, r.DB.Update(ctx, func(tx *store.Tx) error {
		now := r.Clock.Now()
		m, err := oneOfTwo(tx, who, now)
		if err != nil {
			return err
		}
		q, err := r.byCode(tx, who, code, now)
		if err == nil && q.kind != Vouched {
			err = wrongCode("vouch")
		}
		if err != nil {
			return err
		}
		return r.say(tx, q, who.Person, m.Bytes(), how)
	}))
}

func noHow(op string) error {
	var c errs.Check
	c.Add("how", "recovery.how_missing")
	return c.Err(op)
}

// TeamOthers counts the members of the team beside who that count as one of two now; none counts all.
func (r *Recovery) TeamOthers(ctx context.Context, who id.Person) (n int, err error) {
	err = r.DB.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(DISTINCT m.person) FROM membership AS m WHERE m.hat = 'team' AND m.until > $1 AND m.person <> $2 AND `+grant.CountsOfTwo("$1"), r.Clock.Now(), who.Bytes()).Scan(&n)
	})
	return n, errs.Wrap("recovery: team", err)
}

// Prove lets the hats of roles be put on in the session of somebody who was vouched for. It works once, in the ten minutes
// after the second yes, and returns the secret that the session has from now on. It returns NotOpen when the secret is not that of such a request about this person.
func (r *Recovery) Prove(ctx context.Context, s account.Session, secret string) (next string, err error) {
	err = r.DB.Update(ctx, func(tx *store.Tx) error {
		now, err := r.useVouched(tx, secret, s.Person)
		if err != nil {
			return err
		}
		next, err = r.Accounts.Prove(tx, s, now)
		return err
	})
	return next, errs.Wrap("recovery: prove", err)
}

// EnterVouched opens a session that wears the hat of a role, for somebody who was vouched for and was not signed in. It
// never opens their own book. It works once. Errors are those of [Recovery.Prove], and TooOften.
func (r *Recovery) EnterVouched(ctx context.Context, secret string, where account.Where) (account.Opened, error) {
	const op = "recovery: enter vouched"
	if err := r.Accounts.Knock(ctx, where); err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	var q request
	hat := book.HatTeam
	now := r.Clock.Now()
	err := r.DB.View(ctx, func(tx *store.Tx) (err error) {
		if q, err = r.bySecret(tx, secret, now); err != nil {
			return err
		}
		var worker int
		err = tx.Row(`SELECT COUNT(*) FROM membership WHERE person = $1 AND hat = 'worker' AND until > $2`, q.person.Bytes(), now).Scan(&worker)
		if worker > 0 {
			hat = book.HatWorker
		}
		return err
	})
	if err == nil && !q.vouches(now) {
		err = notOpen("enter vouched")
	}
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	in := r.Accounts.Ready(account.Opening{Person: q.person, Hat: hat, Way: account.WayVouched, Where: where})
	err = r.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := r.useVouched(tx, secret, q.person); err != nil {
			return err
		}
		return in.Enter(tx)
	})
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	out, err := in.Opened(ctx)
	return out, errs.Wrap(op, err)
}

// vouches reports whether a request shows now who somebody is in their role.
func (q request) vouches(now clock.Time) bool {
	return q.open(now) && q.kind == Vouched && !q.person.IsZero() && q.ready(now)
}

func (r *Recovery) useVouched(tx *store.Tx, secret string, who id.Person) (clock.Time, error) {
	q, now, err := r.take(tx, secret)
	if err == nil && (q.person != who || !q.vouches(now)) {
		err = notOpen("use vouched")
	}
	if err == nil {
		err = hasRole(tx, who, now)
	}
	if errs.Is(err, errs.Invalid) { // the role has ended since
		err = notOpen("use vouched")
	}
	if err != nil {
		return now, err
	}
	if _, err := tx.Exec(`UPDATE login_request SET used_at = $1 WHERE id = $2`, now, q.id); err != nil {
		return now, err
	}
	return now, r.Accounts.Happens(tx, who, account.HappenedVouched, id.Device{})
}
