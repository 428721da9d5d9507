// Package reviewing is about who reviews this place from outside its line of management (mission.md S2.F3): how the team asks somebody
// and ends that, what a reviewer counts, what they find, and what a person gives them to read. It stands below community because it is
// about the place as a whole, and beside narrowing because the team may do here less than there: what was found no member of the team
// can change.
//
//	one of the team asks ──▶ [asked] ── another says yes ──▶ [a link] ── somebody accepts it ──▶ [reviews]
//	                                                                                               │ they lay it down, or
//	                                                                                               │ two of the team say why it ends
//	                                                                                               ▼
//	                                                                                           [ended]
//
// A finding has one state: it stands. Another adds to it, an answer of the team's stands beside it, and nothing here changes or deletes
// either. docs/decisions/0027-independent-review.md says why it is as it is.
package reviewing

import (
	"context"
	"strings"
	"unicode/utf8"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
)

// What an organisation may come to set otherwise. In docs/decisions/0027-independent-review.md they carry a star.
const (
	// SaidLasts is how long a second of the team has to say yes to somebody who reviews, or to the end of it.
	SaidLasts = 7 * clock.Day
	// SettledAfter is how long after a quarter its figures are counted: late answers are in by then.
	SettledAfter = 14 * clock.Day
)

// How many bytes the words of a form here have at most: what it takes, at three bytes each.
const (
	MaxWords = 12_000 // what was found, or is answered
	MaxWho   = 1_800  // who reviews: read aloud by everybody who gives them something
	MaxWhy   = 3_000  // why it ends
)

// MostADay is how often somebody in one role says something of one kind within a day, at most: all of it stands for good, and nobody shall
// bury by it what was found.
const MostADay = 20

// Roles are the roles of this place, as far as this package needs them.
type Roles interface {
	// InviteReviewer makes a link, in the name of one of the team, that makes a reviewer of who accepts it first.
	InviteReviewer(tx *store.Tx, by id.Person, community id.Community, now clock.Time) (token string, v id.Invitation, err error)
	// EndReviewer ends the role of a reviewer: NotOpen for one that is over.
	EndReviewer(tx *store.Tx, m id.Membership, now clock.Time) error
}

// Config is what [New] needs.
type Config struct {
	DB     *store.DB
	Keeper *keeper.Keeper
	Clock  clock.Clock
	Roles  Roles
	Via    book.Via
	// Size is how many leaves the log has that others have seen.
	Size func(context.Context) (int64, error)
}

// Review is what this package can do. It is safe for concurrent use.
type Review struct {
	Config
	passes grant.Clause // on a grant g, after one parameter of the query's own
}

// New returns a Review over an installation's data.
func New(c Config) *Review {
	return &Review{Config: c, passes: grant.Pass.Clause(grant.Columns{Section: "'" + string(book.SectionName) + "'"}, 2)}
}

func notOpen(op string) error { return errs.New("reviewing: "+op, errs.NotOpen, "") }

// seat is a place in the team, or that of a reviewer.
type seat struct {
	community id.Community
	through   id.Membership
}

// alone is the condition that a membership m is that of a reviewer who has no other role here, or of somebody else. The version before
// gives both to one person.
const alone = `(m.hat <> 'reviewer' OR NOT EXISTS (SELECT 1 FROM membership AS o WHERE o.person = m.person AND o.hat <> 'reviewer' AND o.until > $3))`

// seatOf returns the place by which who acts in a hat: NotOpen when they do not wear it, or have no such role now, and for a reviewer who
// has another role here too.
func seatOf(tx *store.Tx, who grant.Subject, hat book.Hat, now clock.Time) (s seat, err error) {
	err = store.ErrNone
	if who.Hat == hat {
		err = tx.Row(`SELECT m.community, m.id FROM membership AS m WHERE m.person = $1 AND m.hat = $2 AND m.until > $3 AND `+alone+` ORDER BY m.id LIMIT 1`, who.Person, string(hat), now).Scan(&s.community, &s.through)
	}
	if store.IsNone(err) {
		err = notOpen(string(hat))
	}
	return s, err
}

// oneOfTwo is the seat of one of the team who counts as one of two. It returns NotOpen to others, and Changed to who does not count
// yet ([grant.OneOfTwo]).
func oneOfTwo(tx *store.Tx, who grant.Subject, now clock.Time) (s seat, err error) {
	if s, err = seatOf(tx, who, book.HatTeam, now); err == nil {
		err = grant.OneOfTwo(tx, s.through, now)
	}
	return s, err
}

// mayMore returns TooOften when one role has more than [MostADay] rows of a day: through is the column of its membership, at that of the time.
func mayMore(tx *store.Tx, table, through, at string, s id.Membership, now clock.Time) error {
	var n int
	err := tx.Row(`SELECT COUNT(*) FROM `+table+` WHERE `+through+` = $1 AND `+at+` > $2 AND `+at+` <= $3`, s, now-clock.Day, now).Scan(&n)
	if err == nil && n > MostADay {
		err = errs.New("reviewing: "+table, errs.TooOften, "")
	}
	return err
}

// words returns what is wrong with words of at most so many bytes: Invalid with the field "words".
func words(s string, most int) error {
	var c errs.Check
	switch {
	case strings.TrimSpace(s) == "":
		c.Add("words", "review.words_blank")
	case len(s) > most:
		c.Add("words", "errors.text_too_long")
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		c.Add("words", "errors.text_unreadable")
	}
	return c.Err("reviewing: words")
}

// ReviewerOf is the asking that a form makes.
func ReviewerOf(e id.Entry) id.Reviewer { r, _ := id.FromBytes[id.Reviewer](e.Bytes()); return r }

// Ask is one of the team saying whom they want to review this place, in words that everybody here will read. e is the form's: sent twice,
// it is asked once. It returns NotOpen to others, Changed to who does not count as one of two yet, Invalid with fields, AlreadyKept when the form said other words, and TooOften.
func (x *Review) Ask(ctx context.Context, who grant.Subject, e id.Entry, whom string) error {
	return errs.Wrap("reviewing: ask", x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		s, err := oneOfTwo(tx, who, now)
		if err == nil {
			err = words(whom, MaxWho)
		}
		if err != nil {
			return err
		}
		r := ReviewerOf(e)
		n, err := tx.Exec(`INSERT INTO reviewer (id, community, words, asked_by, asked_through, asked_at, second_by, second_through, second_at, invitation) VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, 0, NULL)
			ON CONFLICT (id) DO NOTHING`, r, s.community, whom, who.Person, s.through, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return same(tx, `SELECT words, asked_by FROM reviewer WHERE id = $1`, r.Bytes(), whom, who.Person)
		}
		if err := mayMore(tx, "reviewer", "asked_through", "asked_at", s.through, now); err != nil {
			return err
		}
		return x.recordReviewer(tx, r)
	}))
}

// same compares what a form kept before with what it says now: AlreadyKept when it is another's, or in other words.
func same(tx *store.Tx, query string, row []byte, says string, by id.Person) error {
	var before string
	var who id.Person
	err := tx.Row(query, row).Scan(&before, &who)
	if err == nil && (before != says || who != by) {
		err = errs.New("reviewing: same", errs.AlreadyKept, "")
	}
	return err
}

// lock makes the rest of tx the only one in which a reviewer of a community is spoken about. It returns NotOpen for one that is not there.
func lock(tx *store.Tx, r id.Reviewer, c id.Community) error {
	n, err := tx.Exec(`UPDATE reviewer SET words = words WHERE id = $1 AND community = $2`, r, c)
	if err == nil && n == 0 {
		err = notOpen("reviewer")
	}
	return err
}

// standing is the condition that the membership p.through of the person p.by is still in the team at $n.
func standing(by, through, n string) string {
	return `EXISTS (SELECT 1 FROM membership AS m WHERE m.id = ` + through + ` AND m.person = ` + by + ` AND m.hat = 'team' AND m.until > ` + n + `)`
}

// Second is another of the team saying yes to somebody who was asked for within [SaidLasts]. It returns the token of a link, which is kept
// nowhere: whoever accepts it first reviews this place. Said again before it is accepted, the link before is over. It returns NotOpen to
// others, to who asked, and for what cannot be said yes to any more, and Changed to who does not count as one of two yet.
func (x *Review) Second(ctx context.Context, who grant.Subject, r id.Reviewer) (token string, err error) {
	err = x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		s, err := oneOfTwo(tx, who, now)
		if err == nil {
			err = lock(tx, r, s.community)
		}
		if err != nil {
			return err
		}
		other := `q.asked_by <> $3`
		if mutant.On("review-one-asks") {
			other = `q.asked_by IS NOT NULL OR q.asked_by = $3`
		}
		var before id.Invitation
		err = tx.Row(`SELECT q.invitation FROM reviewer AS q WHERE q.id = $1 AND q.asked_at > $4 AND (`+other+`) AND `+standing("q.asked_by", "q.asked_through", "$2")+`
			AND NOT EXISTS (SELECT 1 FROM invitation AS i WHERE i.id = q.invitation AND i.used_at > 0)`, r, now, who.Person, now-SaidLasts).Scan(&before)
		if store.IsNone(err) {
			return notOpen("second")
		} else if err != nil {
			return err
		}
		if over, err := tx.Exec(`UPDATE invitation SET until = 0 WHERE id = $1 AND used_at = 0`, before); err != nil {
			return err
		} else if over == 0 && !before.IsZero() && !mutant.On("review-unseen") {
			return notOpen("second") // it was accepted at this very moment: who did would review by a link that stands nowhere
		}
		var v id.Invitation
		if token, v, err = x.Roles.InviteReviewer(tx, who.Person, s.community, now); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE reviewer SET second_by = $1, second_through = $2, second_at = $3, invitation = $4 WHERE id = $5`, who.Person, s.through, now, v, r); err != nil {
			return err
		}
		return x.recordReviewer(tx, r)
	})
	return token, errs.Wrap("reviewing: second", err)
}

// now is the membership of who accepted the link of a reviewer q, as m.
const accepted = `FROM reviewer AS q JOIN invitation AS i ON i.id = q.invitation JOIN membership AS m ON m.person = i.used_by AND m.hat = 'reviewer' AND m.since = i.used_at`

// membershipOf returns the membership by which somebody reviews now: NotOpen when nobody does any more.
func membershipOf(tx *store.Tx, r id.Reviewer, c id.Community, now clock.Time) (m id.Membership, who id.Person, err error) {
	err = tx.Row(`SELECT m.id, m.person `+accepted+` WHERE q.id = $1 AND q.community = $2 AND m.until > $3`, r, c, now).Scan(&m, &who)
	if store.IsNone(err) {
		err = notOpen("membership")
	}
	return m, who, err
}

// Ending is that the role of a reviewer shall end, or has.
type Ending struct {
	ID     id.Entry
	Words  string
	BySelf bool
	SaidAt clock.Time
	OverAt clock.Time // 0 while another of the team has not said yes
	Mine   bool       // the reader said so; told to the team alone
	Open   bool       // another of the team can still say yes
}

// SayEnd is one of the team saying that a reviewer's role shall end, and why: everybody here reads it from then on. It ends nothing. e is the
// form's: sent twice, it is said once. It returns NotOpen to others and for who does not review, Changed to
// who does not count as one of two yet, Invalid with fields, AlreadyKept, TooOften.
func (x *Review) SayEnd(ctx context.Context, who grant.Subject, e id.Entry, r id.Reviewer, why string) error {
	return errs.Wrap("reviewing: say end", x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		s, err := oneOfTwo(tx, who, now)
		if err == nil {
			err = lock(tx, r, s.community)
		}
		if err == nil {
			err = words(why, MaxWhy)
		}
		if err != nil {
			return err
		}
		m, _, err := membershipOf(tx, r, s.community, now)
		if err != nil {
			return err
		}
		return x.keepEnd(tx, e, r, m, why, who.Person, s.through, 0, now)
	}))
}

func (x *Review) keepEnd(tx *store.Tx, e id.Entry, r id.Reviewer, m id.Membership, why string, by id.Person, through id.Membership, self int64, now clock.Time) error {
	n, err := tx.Exec(`INSERT INTO reviewer_end (id, reviewer, membership, words, by_self, said_by, said_through, said_at, second_by, second_through, over_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL, $9)
		ON CONFLICT (id) DO NOTHING`, e, r, m, why, self, by, through, now, now*clock.Time(self))
	if err != nil {
		return err
	}
	if n == 0 {
		return same(tx, `SELECT words, said_by FROM reviewer_end WHERE id = $1`, e.Bytes(), why, by)
	}
	if err := mayMore(tx, "reviewer_end", "said_through", "said_at", through, now); err != nil {
		return err
	}
	return x.recordEnd(tx, e)
}

// End is another of the team saying yes to the words by which a reviewer's role ends, within [SaidLasts]: it ends. What was found stays. It
// returns NotOpen to others, to who said it, and for what cannot be said yes to any more, and Changed to who does not count as one of two yet.
func (x *Review) End(ctx context.Context, who grant.Subject, r id.Reviewer, e id.Entry) error {
	return errs.Wrap("reviewing: end", x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		s, err := oneOfTwo(tx, who, now)
		if err == nil {
			err = lock(tx, r, s.community)
		}
		if err != nil {
			return err
		}
		other := `y.said_by <> $4`
		if mutant.On("review-one-says") {
			other = `y.said_by IS NOT NULL OR y.said_by = $4`
		}
		var m id.Membership
		var over clock.Time
		var second id.Person
		err = tx.Row(`SELECT y.membership, y.over_at, y.second_by FROM reviewer_end AS y WHERE y.id = $1 AND y.reviewer = $2 AND y.by_self = 0 AND (`+other+`)
			AND (y.over_at > 0 OR y.said_at > $5 AND `+standing("y.said_by", "y.said_through", "$3")+`)`, e, r, now, who.Person, now-SaidLasts).Scan(&m, &over, &second)
		switch {
		case store.IsNone(err) || err == nil && over > 0 && second != who.Person:
			return notOpen("end")
		case err != nil || over > 0: // sent twice
			return err
		}
		if err := x.Roles.EndReviewer(tx, m, now); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE reviewer_end SET second_by = $1, second_through = $2, over_at = $3 WHERE id = $4`, who.Person, s.through, now, e); err != nil {
			return err
		}
		return x.recordEnd(tx, e)
	}))
}

// LayDown is a reviewer laying their role down, with words that everybody here reads. e is the form's. It returns NotOpen to others, and
// Invalid with fields.
func (x *Review) LayDown(ctx context.Context, who grant.Subject, e id.Entry, why string) error {
	return errs.Wrap("reviewing: lay down", x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		s, err := seatOf(tx, who, book.HatReviewer, now)
		if err == nil {
			err = words(why, MaxWhy)
		}
		if err != nil {
			return err
		}
		r, err := seatedAs(tx, s, now)
		if err == nil {
			err = lock(tx, r, s.community)
		}
		if err == nil {
			err = x.Roles.EndReviewer(tx, s.through, now)
		}
		if err != nil {
			return err
		}
		return x.keepEnd(tx, e, r, s.through, why, who.Person, s.through, 1, now)
	}))
}

// seatedAs returns as whom somebody was asked who reviews now.
func seatedAs(tx *store.Tx, s seat, now clock.Time) (r id.Reviewer, err error) {
	err = tx.Row(`SELECT q.id `+accepted+` WHERE m.id = $1 AND m.until > $2 ORDER BY q.id LIMIT 1`, s.through, now).Scan(&r)
	if store.IsNone(err) {
		err = notOpen("seat")
	}
	return r, err
}
