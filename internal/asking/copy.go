package asking

import (
	"context"
	"encoding/json"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/witness"
)

// copied is a question as it stands in a copy of the book, described in docs/export.md.
type copied struct {
	ID           id.Question  `json:"id"`
	Look         id.Look      `json:"look"`
	Since        clock.Time   `json:"since"`
	LookedAt     clock.Time   `json:"looked_at"`
	Reader       id.Person    `json:"reader"`
	Hat          book.Hat     `json:"hat"`
	Purpose      book.Purpose `json:"purpose"`
	Words        string       `json:"words"`
	AskedAt      clock.Time   `json:"asked_at"`
	Answer       string       `json:"answer"`
	AnsweredAt   clock.Time   `json:"answered_at"`
	LateAt       clock.Time   `json:"late_at"`
	Told         int64        `json:"told"` // 1 once the owner was told that the reader is not here any more
	AskedBy      id.Entry     `json:"asked_by"`
	AnsweredBy   *id.Entry    `json:"answered_by"`
	SealedWords  witness.Hash `json:"sealed_words"`
	SealedAnswer []byte       `json:"sealed_answer"`
}

func (c *copied) row(b id.Book) keeper.AsideRow {
	r := row{id: c.ID, book: b, look: c.Look, Line: Line{Reader: c.Reader, Hat: c.Hat, Purpose: c.Purpose, From: c.Since, At: c.LookedAt},
		askedBy: c.AskedBy, askedAt: c.AskedAt, answeredAt: c.AnsweredAt, lateAt: c.LateAt, told: c.Told}
	var by []byte
	if c.AnsweredBy != nil {
		by = c.AnsweredBy.Bytes()
	}
	return keeper.AsideRow{Kind: whyKind, ID: c.ID.Bytes(), Payload: r.payloadOf(c.SealedWords, c.SealedAnswer, by)}
}

// Copy returns all that the owner of a book asked, for a copy of the book ([keeper.Keeper.OnCopy]), the oldest first. For
// everybody else there is nothing.
func (a *Asking) Copy(ctx context.Context, who grant.Subject, b id.Book) (all []keeper.Aside, err error) {
	var rows []row
	err = a.DB.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = a.questions(tx, who, b, nil)
		return err
	})
	for _, r := range rows {
		if err != nil {
			break
		}
		var q Question
		if q, err = a.open(ctx, r); err != nil {
			break
		}
		c := copied{
			ID: r.id, Look: r.look, Since: r.From, LookedAt: r.At, Reader: r.Reader, Hat: r.Hat, Purpose: r.Purpose, Words: q.Words.Show(), AskedAt: r.askedAt,
			Answer: q.Answer.Show(), AnsweredAt: r.answeredAt, LateAt: r.lateAt, Told: r.told, AskedBy: r.askedBy,
			SealedWords: witness.Cipher(r.words), SealedAnswer: r.sealedAnswer(),
		}
		if !r.answeredBy.IsZero() {
			c.AnsweredBy = &r.answeredBy
		}
		all = append(all, keeper.Aside{Shown: c, AsideRow: c.row(b)})
	}
	return all, errs.Wrap("asking: copy", err)
}

// CheckCopied is the [keeper.CheckAside] of what [Asking.Copy] returns. The words of question and answer are not compared.
func CheckCopied(b id.Book, shown json.RawMessage) (row keeper.AsideRow, partly bool, err error) {
	var c copied
	err = json.Unmarshal(shown, &c)
	return c.row(b), false, err
}
