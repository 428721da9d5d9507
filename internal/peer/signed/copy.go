package signed

import (
	"context"
	"encoding/json"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/witness"
)

// copied is a sheet as it stands in a copy of the book, described in docs/export.md.
type copied struct {
	ID        id.Signing     `json:"id"`
	Recipient id.Person      `json:"recipient"`
	Sections  []book.Section `json:"sections"`
	Until     clock.Time     `json:"until"`
	MadeBy    id.Person      `json:"made_by"`
	MadeAt    clock.Time     `json:"made_at"`
	EndsAt    clock.Time     `json:"ends_at"`
	OverAt    clock.Time     `json:"over_at"`
	Witness   id.Person      `json:"witness"`
	Hat       string         `json:"hat"`
	EnteredAt clock.Time     `json:"entered_at"`
	BackBy    id.Person      `json:"back_by"`
	BackAt    clock.Time     `json:"back_at"`
	Facts     witness.Hash   `json:"facts"`  // of what is sealed of the words
	Number    []byte         `json:"number"` // its keyed hash
	Photo     []byte         `json:"photo"`  // a JPEG; null for one that was not entered
}

func (c *copied) row(b id.Book) keeper.AsideRow {
	r := row{number: c.Number, hat: c.Hat, Paper: Paper{
		ID: c.ID, Book: b, Worker: c.Recipient, MadeBy: c.MadeBy, MadeAt: c.MadeAt, EndsAt: c.EndsAt, OverAt: c.OverAt,
		Witness: c.Witness, EnteredAt: c.EnteredAt, BackBy: c.BackBy, BackAt: c.BackAt,
	}}
	return keeper.AsideRow{Kind: whichKind, ID: c.ID.Bytes(), Payload: r.payloadOf(c.Facts)}
}

// Copy returns the sheets of a book with their photographs, for a copy of it ([keeper.Keeper.OnCopy]), the oldest first. For everybody
// but its owner there is nothing.
func (x *Papers) Copy(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Aside, error) {
	rows, err := x.rows(ctx, `s.book = $1 AND `+x.own.SQL, x.own.Args(who, x.Clock.Now(), b)...)
	var all []keeper.Aside
	for _, r := range slices.Backward(rows) {
		var photo []byte
		if err == nil {
			err = x.open(ctx, &r)
		}
		if err == nil && r.EnteredAt != 0 {
			if photo, err = x.Photo(ctx, who, b, r.ID); errs.Is(err, errs.NotOpen) {
				err = nil
			}
		}
		c := copied{r.ID, r.Worker, r.Sections, r.Until, r.MadeBy, r.MadeAt, r.EndsAt, r.OverAt, r.Witness, r.hat, r.EnteredAt, r.BackBy, r.BackAt, witness.Cipher(r.facts), r.number, photo}
		all = append(all, keeper.Aside{Shown: c, AsideRow: c.row(b)})
	}
	return all, errs.Wrap("signed: copy", err)
}

// CheckCopied is the [keeper.CheckAside] of what [Papers.Copy] returns. What was given, until when, and the photograph are not compared:
// they stand in the entry by which it was given.
func CheckCopied(b id.Book, shown json.RawMessage) (row keeper.AsideRow, partly bool, err error) {
	var c copied
	err = json.Unmarshal(shown, &c)
	return c.row(b), false, err
}
