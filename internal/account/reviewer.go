package account

import (
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// ApartFor is how long after a role of one kind somebody is not given one of the other: a reviewer is outside the line of management
// (mission.md S2.F3), and who was in it yesterday is not. An organisation may come to set it otherwise.
const ApartFor = 365 * clock.Day

// apart returns Invalid for a membership that makes a reviewer of a worker or of one of the team, or the other way round: at one time, or
// within [ApartFor]. It is asked under the lock of the roles, so that of two at once one is refused.
func apart(tx *store.Tx, m Membership) error {
	if mutant.On("review-both") {
		return nil
	}
	since := m.Since - ApartFor
	if mutant.On("review-soon") {
		since = m.Since
	}
	var yes int
	err := tx.Row(`SELECT 1 FROM membership WHERE person = $1 AND (hat = 'reviewer') <> (CAST($2 AS TEXT) = 'reviewer') AND (until > $3 OR ended_at > $3) LIMIT 1`,
		m.Person, string(m.Hat), since).Scan(&yes)
	if err == nil {
		err = errs.New("account: apart", errs.Invalid, "account.apart")
	}
	return store.NotNone(err)
}

// endable is the condition that one of the team alone may end a membership.
func endable() string {
	if mutant.On("review-one-ends") {
		return `1 = 1`
	}
	return `hat <> 'reviewer'`
}

// InviteReviewer makes, in tx, an invitation in the name of one of the team that makes a reviewer of whoever accepts it first, and
// returns the token of its link, which is kept nowhere. Whoever calls it has made sure that two of the team said so. Errors are those of
// the store.
func (a *Accounts) InviteReviewer(tx *store.Tx, by id.Person, community id.Community, now clock.Time) (token string, v id.Invitation, err error) {
	token, hash := a.newToken()
	v = id.New[id.Invitation](a.ids)
	_, err = tx.Exec(`INSERT INTO invitation (id, community, token_hash, hat, made_by, made_at, until, used_by, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, 0)`,
		v, community, hash, string(book.HatReviewer), by, now, now+InvitationLasts)
	return token, v, errs.Wrap("account: invite reviewer", err)
}

// EndReviewer ends, in tx, the role of a reviewer. Whoever calls it has made sure that two of the team said so, or that it is their own.
// It returns NotOpen for one that is over, and for a role of another kind.
func (a *Accounts) EndReviewer(tx *store.Tx, v id.Membership, now clock.Time) error {
	m := Membership{ID: v, EndedAt: now, Hat: book.HatReviewer}
	var community id.Community
	err := tx.Row(`SELECT community, person, since, invited_by FROM membership WHERE id = $1 AND hat = 'reviewer' AND until > $2`, v, now).
		Scan(&community, &m.Person, &m.Since, &m.InvitedBy)
	if store.IsNone(err) {
		return errs.New("account: end reviewer", errs.NotOpen, "")
	}
	if err == nil {
		err = a.endRole(tx, community, m)
	}
	return errs.Wrap("account: end reviewer", err)
}

// Reviews reports whether somebody is a reviewer now: what an organisation or colleagues can bring about does not open that hat. Errors
// are those of the store.
func Reviews(tx *store.Tx, who id.Person, now clock.Time) (bool, error) {
	var yes int
	err := tx.Row(`SELECT 1 FROM membership WHERE person = $1 AND hat = 'reviewer' AND until > $2 LIMIT 1`, who, now).Scan(&yes)
	return err == nil, errs.Wrap("account: reviews", store.NotNone(err))
}
