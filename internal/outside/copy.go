package outside

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/witness"
)

// copied is what left as it stands in a copy of the book, described in docs/export.md.
type copied struct {
	ID      id.Paper     `json:"id"`
	Way     Way          `json:"way"`
	To      string       `json:"to"`
	Why     string       `json:"why"`
	Letter  bool         `json:"letter"`
	Days    int          `json:"days"`
	What    []book.Kind  `json:"what"`
	Worker  id.Person    `json:"worker"`
	Lasting id.Lasting   `json:"lasting"`
	GivenAt clock.Time   `json:"given_at"`
	BackAt  clock.Time   `json:"back_at"`
	Whole   bool         `json:"whole"`
	Parts   []copiedPart `json:"parts"`
	Facts   witness.Hash `json:"facts"`  // of what is sealed of the words above
	Sealed  witness.Hash `json:"sealed"` // of what is sealed of the parts
	Hash    []byte       `json:"hash"`   // of the parts with their salts, while nothing was erased
}

// copiedPart is a piece of what left.
type copiedPart struct {
	Item  id.Item `json:"item"`
	Salt  []byte  `json:"salt"` // none once it was erased
	Bytes []byte  `json:"bytes"`
}

func (c *copied) row(b id.Book) keeper.AsideRow {
	var items sealedParts
	for _, p := range c.Parts {
		items = append(items, sealedPart{item: p.Item})
	}
	return keeper.AsideRow{Kind: whichKind, ID: c.ID.Bytes(), Payload: payloadOf(b, c.Facts, items.items(), c.Sealed, c.Hash, c.GivenAt, c.BackAt, c.Worker, c.Lasting)}
}

// Copy returns all that left a book, for a copy of it ([keeper.Keeper.OnCopy]), the oldest first. For everybody else there is nothing.
func (o *Outside) Copy(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Aside, error) {
	rows, err := o.rows(ctx, who, b, id.Paper{})
	var all []keeper.Aside
	for _, r := range slices.Backward(rows) {
		var l Left
		if err == nil {
			l, err = o.open(ctx, b, r)
		}
		if err == nil {
			err = o.openParts(ctx, b, r, &l)
		}
		c := copied{
			ID: l.ID, Way: l.Way, To: l.To.Show(), Why: l.Why.Show(), Letter: l.Letter, Days: l.Days, What: l.What, Worker: l.Worker, Lasting: r.lasting,
			GivenAt: l.GivenAt, BackAt: l.BackAt, Whole: l.Whole, Facts: witness.Cipher(r.facts), Sealed: witness.Cipher(r.parts.pack()), Hash: r.hash,
		}
		for _, p := range l.Parts {
			part := copiedPart{Item: p.Item, Bytes: p.Bytes}
			if !p.Gone {
				part.Salt = p.salt[:]
			}
			c.Parts = append(c.Parts, part)
		}
		all = append(all, keeper.Aside{Shown: c, AsideRow: c.row(b)})
	}
	if err != nil {
		return nil, errs.Wrap("outside: copy", err)
	}
	return all, nil
}

var errWhole = errors.New("outside: it is said to be whole and to be erased in part")

// CheckCopied is the [keeper.CheckAside] of what [Outside.Copy] returns. It finds bytes that are not those that left, unless something
// of them is said to be erased. To whom and why is not compared: it stands in the bytes.
func CheckCopied(b id.Book, shown json.RawMessage) (row keeper.AsideRow, partly bool, err error) {
	var c copied
	if err := json.Unmarshal(shown, &c); err != nil {
		return row, false, err
	}
	var parts []Part
	for _, p := range c.Parts {
		part := Part{Bytes: p.Bytes, Gone: len(p.Salt) != len(witness.Salt{})}
		if part.Gone {
			partly = true
		} else {
			part.salt = witness.Salt(p.Salt)
		}
		parts = append(parts, part)
	}
	h := hashOf(parts)
	switch {
	case c.Whole == partly:
		return row, partly, errWhole
	case !partly && !bytes.Equal(h[:], c.Hash):
		return row, partly, errNotAsItLeft
	}
	return c.row(b), partly, nil
}

// copiedLasting is a yes that lasts as it stands in a copy of the book, described in docs/export.md.
type copiedLasting struct {
	ID      id.Lasting   `json:"id"`
	Name    string       `json:"name"`
	To      string       `json:"to"`
	Why     string       `json:"why"`
	GivenAt clock.Time   `json:"given_at"`
	Until   clock.Time   `json:"until"`
	BackAt  clock.Time   `json:"back_at"`
	Facts   witness.Hash `json:"facts"` // of what is sealed of the words above
}

func (c *copiedLasting) row(b id.Book) keeper.AsideRow {
	return keeper.AsideRow{Kind: lastingKind, ID: c.ID.Bytes(), Payload: lastingPayload(b, c.Facts, c.GivenAt, c.Until, c.BackAt)}
}

// CopyLasting returns each yes that lasts or lasted, for a copy of the book ([keeper.Keeper.OnCopy]), the newest first. For everybody
// else there is nothing.
func (o *Outside) CopyLasting(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Aside, error) {
	list, err := o.Lastings(ctx, who, b)
	var all []keeper.Aside
	for _, l := range list {
		c := copiedLasting{l.ID, l.Name.Show(), l.To.Show(), l.Why.Show(), l.GivenAt, l.Until, l.BackAt, witness.Cipher(l.facts)}
		all = append(all, keeper.Aside{Shown: c, AsideRow: c.row(b)})
	}
	return all, err
}

// CheckCopiedLasting is the [keeper.CheckAside] of what [Outside.CopyLasting] returns. The words in it are not compared.
func CheckCopiedLasting(b id.Book, shown json.RawMessage) (row keeper.AsideRow, partly bool, err error) {
	var c copiedLasting
	err = json.Unmarshal(shown, &c)
	return c.row(b), false, err
}
