package me

import (
	"context"
	"net/http"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// both is shown above a form when what is kept is not what the form showed: the person sees both versions, what they
// typed stays in the form, and they choose (design.md, "Order"). It is the part "both".
type both struct {
	Words string    // catalogue key of what happened
	Kept  book.Text // as it is kept now
	When  page.Moment
	Leave string // path that leaves it as it is kept
}

// clash returns what to show for an error that says so, and nil for any other.
func clash(r *http.Request, err error, kept book.Text, at clock.Time, leave string) *both {
	b := &both{Kept: kept, When: page.At(r, at), Leave: leave}
	switch errs.KindOf(err) {
	case errs.Changed:
		b.Words = "me.both_changed"
	case errs.AlreadyKept:
		b.Words = "me.both_kept"
	default:
		return nil
	}
	return b
}

// clashes reports whether an error says that what is kept is not what the form showed.
func clashes(err error) bool { return errs.Is(err, errs.Changed) || errs.Is(err, errs.AlreadyKept) }

// over makes of a form that met another version one that, sent again, is a new version over that one.
func over(r *http.Request, form *page.Form, head id.Entry) {
	form.Entry = page.NewForm(r, form.Action).Entry
	form.Set("base", head.String())
}

// writing is what a posted form brings besides the words. The item is the caller's to name.
func writing(form *page.Form) (w journey.Writing, err error) {
	if w.Entry, err = form.EntryID(); err != nil {
		return w, err
	}
	if base := form.Value("base"); base != "" {
		if w.Base, err = id.Parse[id.Entry](base); err != nil {
			return w, errs.New("me: base", errs.Invalid, "errors.form_not_ours")
		}
	}
	return w, nil
}

// tap is a form of one button, the part "tap".
type tap struct {
	Form  *page.Form
	Words string // catalogue key
	Of    string // id of the element that says what the button is about
	Plain bool   // it takes something back and stands modestly
}

func newTap(r *http.Request, action string, head id.Entry, words, of string) tap {
	return tap{Form: page.NewForm(r, action).Set("base", head.String()), Words: words, Of: of}
}

// plain makes a button that takes something back stand modestly.
func (t tap) plain() tap {
	t.Plain = true
	return t
}

// deed is what one tap does to the item of its path.
type deed = func(ctx context.Context, me journey.Me, w journey.Writing) error

func (p *Pages) putAway(k book.Kind) deed {
	return func(ctx context.Context, me journey.Me, w journey.Writing) error {
		return p.journey.PutAway(ctx, me, k, w)
	}
}

func (p *Pages) bringBack(k book.Kind) deed {
	return func(ctx context.Context, me journey.Me, w journey.Writing) error {
		return p.journey.BringBack(ctx, me, k, w)
	}
}

// tapped answers a form of one button. When the item is no longer as the button showed it, nothing is done and the page
// that follows shows how it is.
func (p *Pages) tapped(do deed, back func(*http.Request, visit.Visitor) string, said string) handler {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
		wr, err := writing(page.Posted(r))
		if err != nil {
			return err
		}
		if wr.Item, err = item(r); err != nil {
			return err
		}
		switch err := do(r.Context(), owner(v), wr); {
		case clashes(err):
			page.Say(w, r, "me.said_meanwhile")
		case err != nil:
			return err
		default:
			page.Say(w, r, said)
		}
		return p.site.Go(w, r, back(r, v))
	}
}
