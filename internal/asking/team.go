package asking

import (
	"context"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

// Unanswered is that somebody did not answer questions in time. It says nothing of who asked, nor what.
type Unanswered struct {
	Reader id.Person
	Hat    book.Hat
	Count  int
	Since  clock.Time // when the first was late
}

// Unanswered returns to one of the centre team who did not answer in time, the longest first, but for themselves and for what
// they asked about their own book. For others there are none.
func (a *Asking) Unanswered(ctx context.Context, who grant.Subject) ([]Unanswered, error) {
	var all []Unanswered
	err := a.DB.View(ctx, func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, `SELECT q.reader, q.hat, COUNT(*), MIN(q.late_at) FROM why AS q JOIN book AS k ON k.id = q.book
			WHERE q.answered_at = 0 AND q.late_at > 0 AND q.reader <> $1 AND k.owner <> $1 AND CAST($2 AS TEXT) = 'team'
			AND EXISTS (SELECT 1 FROM membership AS m WHERE m.person = $1 AND m.hat = 'team' AND m.until > $3)
			AND `+here("q.reader", "q.hat", "q.asked_at", "$3")+` AND `+lives("q.book")+`
			GROUP BY q.reader, q.hat ORDER BY MIN(q.late_at), q.reader`, []any{who.Person, string(who.Hat), a.Clock.Now()}, func(scan func(...any) error) error {
			var u Unanswered
			err := scan(&u.Reader, &u.Hat, &u.Count, &u.Since)
			all = append(all, u)
			return err
		})
	})
	return all, errs.Wrap("asking: unanswered", err)
}
