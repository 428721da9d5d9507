package grant

import (
	"strconv"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// TwoAfter is how long somebody is in the team before they are one of the two whom some acts need. In docs/decisions/0029-two-of-the-team.md
// it carries a star.
const TwoAfter = 14 * clock.Day

// CountsOfTwo is the condition that a membership m of the team counts as one of two for what was said at a time, an expression in
// microseconds UTC. Whoever is in the team may invite, so somebody who came just now may be the one who invited them, under
// another name. Who came when the place began, or was opened, counts from the beginning: there is nobody who was here before them. That it is
// a membership of the team, and lasts, is asked beside it.
func CountsOfTwo(at string) string {
	if mutant.On("second-fresh") {
		return `1 = 1`
	}
	after := strconv.FormatInt(int64(TwoAfter), 10)
	return `(m.since + ` + after + ` <= ` + at + `
		OR EXISTS (SELECT 1 FROM community AS began WHERE began.id = m.community AND m.since <= began.made_at + ` + after + `)
		OR EXISTS (SELECT 1 FROM opening AS began WHERE began.opened_at > 0 AND m.since <= began.opened_at + ` + after + `))`
}

// NotYet is the key of the words for who is refused as one of two.
const NotYet = "team.two_not_yet"

// OneOfTwo returns Changed, with the words [NotYet], unless a membership of the team counts as one of two now.
func OneOfTwo(tx *store.Tx, m id.Membership, now clock.Time) error {
	var counts bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM membership AS m WHERE m.id = $1 AND `+CountsOfTwo("$2"), m, now).Scan(&counts)
	if err == nil && !counts {
		return errs.New("grant: one of two", errs.Changed, NotYet)
	}
	return errs.Wrap("grant: one of two", err)
}

// Two is how it stands with somebody of the team as one of two.
type Two struct {
	Counts bool
	Since  clock.Time // since when they are in the team
	From   clock.Time // from when on they count, when they do not yet
}

// LookTwo tells somebody of the team how it stands with them. It returns NotOpen to others.
func LookTwo(tx *store.Tx, who Subject, now clock.Time) (t Two, err error) {
	err = store.ErrNone
	if who.Hat == book.HatTeam {
		err = tx.Row(`SELECT m.since, CASE WHEN `+CountsOfTwo("$2")+` THEN 1 ELSE 0 END = 1 FROM membership AS m WHERE m.person = $1 AND m.hat = 'team' AND m.until > $2 ORDER BY m.id LIMIT 1`, who.Person, now).Scan(&t.Since, &t.Counts)
	}
	if store.IsNone(err) {
		return t, errs.New("grant: look two", errs.NotOpen, "")
	}
	t.From = t.Since + TwoAfter
	return t, errs.Wrap("grant: look two", err)
}
