package account

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Membership is one person's role in the community.
type Membership struct {
	ID        id.Membership
	Person    id.Person
	Hat       book.Hat
	Since     clock.Time
	Until     clock.Time // far away while it lasts; 0 once it was ended, whatever the clock says
	EndedAt   clock.Time // 0 while it lasts
	InvitedBy id.Person  // none for the first of the team
}

// noEnd is the Until of a membership that lasts.
const noEnd = clock.Time(1 << 60)

// InvitationLasts is how long an invitation can be accepted.
const InvitationLasts = 7 * clock.Day

// Invitation is an open invitation as somebody who holds its link may see it.
type Invitation struct {
	Hat       book.Hat
	Community string // its name
	Until     clock.Time
}

const tokenBytes = 24

var tokenText = base32.StdEncoding.WithPadding(base32.NoPadding)

// newToken returns the secret part of an invitation's link, and the hash that is kept of it.
func (a *Accounts) newToken() (token string, hash []byte) {
	b := a.random(tokenBytes)
	token = strings.ToLower(tokenText.EncodeToString(b))
	return token, tokenHash(token)
}

// tokenHash does not mind capital letters: a link may be typed from paper.
func tokenHash(token string) []byte {
	h := sha256.Sum256([]byte("beside invitation\x00" + strings.ToLower(token)))
	return h[:]
}

// Invite makes an invitation that gives a hat to whoever accepts it first, and returns the token of its link, which is
// kept nowhere. Only the team may: else NotOpen. Invalid for a hat that cannot be given.
func (a *Accounts) Invite(ctx context.Context, who grant.Subject, hat book.Hat) (token string, err error) {
	const op = "account: invite"
	if hat != book.HatWorker && hat != book.HatTeam {
		return "", errs.New(op, errs.Invalid, "errors.choose_listed")
	}
	token, hash := a.newToken()
	v := id.New[id.Invitation](a.ids)
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		now := a.clock.Now()
		community, err := teamOf(tx, who, now)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO invitation (id, community, token_hash, hat, made_by, made_at, until, used_by, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, 0)`,
			v, community, hash, string(hat), who.Person, now, now+InvitationLasts)
		return err
	})
	return token, errs.Wrap(op, err)
}

// teamOf returns the community in whose team who is, wearing that hat: else NotOpen.
func teamOf(tx *store.Tx, who grant.Subject, now clock.Time) (c id.Community, err error) {
	err = store.ErrNone
	if who.Hat == book.HatTeam {
		err = tx.Row(`SELECT community FROM membership WHERE person = $1 AND hat = 'team' AND until > $2 ORDER BY id LIMIT 1`, who.Person, now).Scan(&c)
	}
	if store.IsNone(err) {
		err = errs.New("account: team", errs.NotOpen, "")
	}
	return c, err
}

// FirstLink makes the invitation for the first member of the team, while there is none, and ends the ones it made
// before. It returns "" when the team has a member.
func (a *Accounts) FirstLink(ctx context.Context, community id.Community) (token string, err error) {
	token, hash := a.newToken()
	v := id.New[id.Invitation](a.ids)
	none := false
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		now := a.clock.Now()
		var there int
		err := tx.Row(`SELECT 1 FROM membership WHERE community = $1 AND hat = 'team' AND until > $2 LIMIT 1`, community, now).Scan(&there)
		if none = store.IsNone(err); !none {
			return err
		}
		if _, err := tx.Exec(`UPDATE invitation SET until = 0 WHERE community = $1 AND made_by IS NULL AND used_at = 0`, community); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO invitation (id, community, token_hash, hat, made_by, made_at, until, used_by, used_at) VALUES ($1, $2, $3, 'team', NULL, $4, $5, NULL, 0)`,
			v, community, hash, now, now+InvitationLasts)
		return err
	})
	if !none {
		token = ""
	}
	return token, errs.Wrap("account: first link", err)
}

// HostLink makes an invitation into the team in the name of who runs this computer: for a team that has lost every way to
// show who they are, as when its only member lost their passkey. Whoever accepts it may put on the hat in that session,
// also when they are in the team already. Everybody in the team is told, then and when it is accepted. It ends those made
// so before, and works for a day.
func (a *Accounts) HostLink(ctx context.Context, community id.Community) (token string, err error) {
	token, hash := a.newToken()
	v := id.New[id.Invitation](a.ids)
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		now := a.clock.Now()
		if _, err := tx.Exec(`UPDATE invitation SET until = 0 WHERE community = $1 AND by_host = 1 AND used_at = 0`, community); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO invitation (id, community, token_hash, hat, made_by, made_at, until, used_by, used_at, by_host) VALUES ($1, $2, $3, 'team', NULL, $4, $5, NULL, 0, 1)`,
			v, community, hash, now, now+hostLinkLasts)
		if err != nil {
			return err
		}
		return a.tellTeam(tx, community, now)
	})
	return token, errs.Wrap("account: host link", err)
}

// hostLinkLasts is how long a link that who runs this computer made can be accepted.
const hostLinkLasts = clock.Day

// tellTeam has everybody in the team know that who runs this computer opened a way into it.
func (a *Accounts) tellTeam(tx *store.Tx, community id.Community, now clock.Time) error {
	var team []id.Person
	err := store.Each(tx, `SELECT person FROM membership WHERE community = $1 AND hat = 'team' AND until > $2 ORDER BY id`, []any{community, now},
		func(scan func(...any) error) error {
			var p id.Person
			err := scan(&p)
			team = append(team, p)
			return err
		})
	for _, p := range team {
		if err == nil {
			err = a.Happens(tx, p, HappenedHostLink, id.Device{})
		}
	}
	return err
}

// stands is the condition that an invitation i can be accepted at the time $n: it is neither used nor over, and who made
// it is still in the team. One that the installation made, for the first of the team, stands while there is none; one that
// who runs this computer asked for stands whoever is in the team.
func stands(n string) string {
	return `i.used_at = 0 AND i.until > ` + n + ` AND (
		EXISTS (SELECT 1 FROM membership AS m WHERE m.person = i.made_by AND m.hat = 'team' AND m.until > ` + n + `)
		OR i.by_host = 1 OR i.made_by IS NULL AND NOT EXISTS (SELECT 1 FROM membership AS m WHERE m.community = i.community AND m.hat = 'team' AND m.until > ` + n + `))`
}

// Invitation returns what an open invitation gives. It returns NotOpen for one that is used, over, or never was, and for
// one whose maker left the team.
func (a *Accounts) Invitation(ctx context.Context, token string) (v Invitation, err error) {
	err = a.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT i.hat, c.name, i.until FROM invitation AS i JOIN community AS c ON c.id = i.community
			WHERE i.token_hash = $1 AND `+stands("$2"), tokenHash(token), a.clock.Now()).Scan(&v.Hat, &v.Community, &v.Until)
	})
	if store.IsNone(err) {
		err = errs.New("account: invitation", errs.NotOpen, "account.invitation_over")
	}
	return v, errs.Wrap("account: invitation", err)
}

// Accept gives the hat of an invitation to the person of a session. Who is given their first role was let in by the team just
// now, so its hat can be put on in this session. Who has or had one shows who they are by another way, or one of the team
// alone could vouch for another. Of several who try at once one succeeds; the same person again changes nothing. It
// returns the hat, and the secret that the session has from now on when it is another; or NotOpen for an invitation that
// is used by another or does not stand any more; or Invalid where somebody would review the place in which they have a role, or review it
// twice: then the link is as it was.
func (a *Accounts) Accept(ctx context.Context, s Session, token string) (hat book.Hat, secret string, err error) {
	v := id.New[id.Membership](a.ids)
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		now := a.clock.Now()
		hash := tokenHash(token)
		used, err := tx.Exec(`UPDATE invitation AS i SET used_by = $1, used_at = $2 WHERE i.token_hash = $3 AND `+stands("$2"), s.Person, now, hash)
		if err != nil {
			return err
		}
		var community id.Community
		var byHost int
		var usedAt clock.Time
		m := Membership{ID: v, Person: s.Person, Since: now, Until: noEnd}
		err = tx.Row(`SELECT community, hat, made_by, by_host, used_at FROM invitation WHERE token_hash = $1 AND used_by = $2`, hash, s.Person).
			Scan(&community, &m.Hat, &m.InvitedBy, &byHost, &usedAt)
		if store.IsNone(err) {
			return errs.New("account: accept", errs.NotOpen, "account.invitation_over")
		}
		hat, secret = m.Hat, a.renewed(s, usedAt)
		if err != nil || used == 0 {
			return err
		}
		given, err := a.give(tx, community, m)
		if err == nil && byHost == 0 {
			given, err = onlyRole(tx, m, given)
		}
		if err != nil || !given && byHost == 0 {
			return err
		}
		if byHost == 1 {
			if err := a.tellTeam(tx, community, now); err != nil {
				return err
			}
		}
		secret, err = a.Prove(tx, s, now)
		return err
	})
	return hat, secret, errs.Wrap("account: accept", err)
}

// onlyRole reports whether a membership was given and is the first that its person ever had.
func onlyRole(tx *store.Tx, m Membership, given bool) (bool, error) {
	var others int
	err := tx.Row(`SELECT COUNT(*) FROM membership WHERE person = $1 AND id <> $2`, m.Person, m.ID).Scan(&others)
	return given && others == 0, err
}

// give writes a membership, and reports whether it did: not when the person has one with that hat. It returns Invalid for a second review,
// and for what [apart] refuses.
func (a *Accounts) give(tx *store.Tx, community id.Community, m Membership) (given bool, err error) {
	if err := lockRoles(tx, community); err != nil {
		return false, err
	}
	err = a.mayWear(tx, m.Person, m.Hat)
	if err == nil && m.Hat == book.HatReviewer { // the link is for somebody else still: two of the team asked for them
		err = errs.New("account: give", errs.Invalid, "account.reviews_already")
	}
	if err == nil || !errs.Is(err, errs.NotOpen) {
		return false, err
	}
	if err := apart(tx, m); err != nil {
		return false, err
	}
	// A clock that was set back must not have it begin before what ended: what was open by that would be open again.
	var before clock.Time
	err = tx.Row(`SELECT COALESCE(MAX(CASE WHEN since > ended_at THEN since ELSE ended_at END), 0) FROM membership WHERE person = $1 AND hat = $2`, m.Person, string(m.Hat)).Scan(&before)
	if err != nil {
		return false, err
	}
	now := m.Since
	m.Since = max(now, before)
	_, err = tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until, invited_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		m.ID, community, m.Person, string(m.Hat), m.Since, m.Until, m.InvitedBy)
	if err != nil {
		return false, err
	}
	if m.Hat == book.HatReviewer && !mutant.On("review-proved-before") {
		// What was shown before, in any session, may have been the organisation's to show: it does not put this hat on. What it shows at this
		// very moment waits for the lock, and is refused then.
		if err := a.Lock(tx, m.Person); err != nil {
			return false, err
		}
		if _, err := tx.Exec(`UPDATE session SET role_until = 0, was_role_until = 0 WHERE person = $1`, m.Person); err != nil {
			return false, err
		}
	}
	if a.OnWorker != nil && m.Hat == book.HatWorker {
		if err := a.OnWorker(tx, community, now); err != nil {
			return false, err
		}
	}
	return true, a.record(tx, m, community, now)
}

// Memberships returns who walks with people and who is in the team now, in the order they came. Only the team may: else
// NotOpen.
func (a *Accounts) Memberships(ctx context.Context, who grant.Subject) ([]Membership, error) {
	var all []Membership
	err := a.db.View(ctx, func(tx *store.Tx) error {
		now := a.clock.Now()
		community, err := teamOf(tx, who, now)
		if err != nil {
			return err
		}
		return store.Each(tx, `SELECT id, person, hat, since, until, invited_by FROM membership WHERE community = $1 AND hat <> 'reviewer' AND until > $2 ORDER BY since, id`,
			[]any{community, now}, func(scan func(...any) error) error {
				var m Membership
				err := scan(&m.ID, &m.Person, &m.Hat, &m.Since, &m.Until, &m.InvitedBy)
				all = append(all, m)
				return err
			})
	})
	return all, errs.Wrap("account: memberships", err)
}

// OneOfTwo tells one of the team whether they count as one of the two whom some acts need, and from when on. It returns NotOpen to
// others. What decides is [grant.CountsOfTwo].
func (a *Accounts) OneOfTwo(ctx context.Context, who grant.Subject) (two grant.Two, err error) {
	err = a.db.Glance(ctx, func(tx *store.Tx) (err error) {
		two, err = grant.LookTwo(tx, who, a.clock.Now())
		return err
	})
	return two, errs.Wrap("account: one of two", err)
}

// EndMembership ends a role with effect on the next request, and closes the sessions that wear its hat. Only the team
// may: else NotOpen, as for the role of a reviewer, which ends otherwise ([Accounts.EndReviewer]). The last member of the team cannot
// be ended: Invalid.
func (a *Accounts) EndMembership(ctx context.Context, who grant.Subject, v id.Membership) error {
	return errs.Wrap("account: end membership", a.db.Update(ctx, func(tx *store.Tx) error {
		now := a.clock.Now()
		community, err := teamOf(tx, who, now)
		if err != nil {
			return err
		}
		m := Membership{ID: v, EndedAt: now}
		err = tx.Row(`SELECT person, hat, since, invited_by FROM membership WHERE id = $1 AND community = $2 AND `+endable()+` AND until > $3`, v, community, now).Scan(&m.Person, &m.Hat, &m.Since, &m.InvitedBy)
		if store.IsNone(err) {
			return errs.New("account: end membership", errs.NotOpen, "")
		} else if err != nil {
			return err
		}
		return a.endRole(tx, community, m)
	}))
}

func (a *Accounts) endRole(tx *store.Tx, community id.Community, m Membership) error {
	if err := lockRoles(tx, community); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE membership SET until = 0, ended_at = $1 WHERE id = $2`, m.EndedAt, m.ID); err != nil {
		return err
	}
	var left int
	err := tx.Row(`SELECT COUNT(*) FROM membership WHERE community = $1 AND hat = 'team' AND until > $2`, community, m.EndedAt).Scan(&left)
	if err != nil {
		return err
	}
	if left == 0 && m.Hat == book.HatTeam {
		return errs.New("account: end role", errs.Invalid, "account.last_of_team")
	}
	if _, err := tx.Exec(`DELETE FROM session WHERE person = $1 AND hat = $2`, m.Person, string(m.Hat)); err != nil {
		return err
	}
	return a.record(tx, m, community, m.EndedAt)
}

// lockRoles makes the rest of tx the only one in which the community's roles are counted and changed.
func lockRoles(tx *store.Tx, community id.Community) error {
	_, err := tx.Exec(`UPDATE community SET name = name WHERE id = $1`, community)
	return err
}
