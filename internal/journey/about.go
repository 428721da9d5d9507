package journey

import (
	"context"
	"errors"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// About is what the person said of themselves and may change at any time. All but the name is never given to anybody.
type About struct {
	Around
	Says     Says
	After    int      // days between their death and the erasing; 0 when they did not say
	Head     id.Entry // none when nothing was ever said
	NameHead id.Entry
}

// Says is what the person says of themselves.
type Says struct {
	Name    book.Text
	Under18 bool
}

// About reads what the person said of themselves.
func (j *Journey) About(ctx context.Context, me Me) (About, error) {
	r, a, err := j.read(ctx, me, around(book.SectionAbout))
	if err != nil {
		return About{}, errs.Wrap("journey: about", err)
	}
	out := About{Around: a, Says: Says{Name: a.Name}}
	for _, p := range r.Items[0] {
		switch b := p.Body.(type) {
		case *book.Name:
			out.NameHead = p.Head
		case *book.About:
			out.Head = p.Head
			out.Says.Under18, out.After = b.Under18, b.AfterDays
		}
	}
	return out, nil
}

// SetAbout changes what the person says of themselves: the name and the rest at once, or neither. head and nameHead are
// those of the [About] that the form showed. What stands so already is not written again. A name that cannot be taken is
// the field "name". Where a person may be reached is in package account/contact.
func (j *Journey) SetAbout(ctx context.Context, me Me, entry, head, nameHead id.Entry, s Says) error {
	name, about, err := j.aboutBodies(ctx, me)
	if err != nil {
		return errs.Wrap("journey: set about", err)
	}
	var drafts []keeper.Draft
	if about.Under18 != s.Under18 {
		about.Under18 = s.Under18
		drafts = append(drafts, j.only(me, entry, head, about))
	}
	if name.Words != s.Name {
		name.Words = s.Name
		drafts = append(drafts, j.only(me, keeper.Also(entry, 1), nameHead, name))
	}
	if err := checkName(name); err != nil || len(drafts) == 0 {
		return errs.Wrap("journey: set about", err)
	}
	_, err = j.keeper.Write(ctx, me.Subject, me.Book, drafts...)
	return errs.Wrap("journey: set about", err)
}

// SetAfter says how many days after the person's death their book is erased for good. head is that of the [About] that the form
// showed. It returns Invalid with the field "after_days", and Changed when another device was quicker.
func (j *Journey) SetAfter(ctx context.Context, me Me, entry, head id.Entry, days int) error {
	_, about, err := j.aboutBodies(ctx, me)
	if err == nil && about.AfterDays != days {
		about.AfterDays = days
		_, err = j.keeper.Write(ctx, me.Subject, me.Book, j.only(me, entry, head, about))
	}
	return errs.Wrap("journey: set after", err)
}

func (j *Journey) aboutBodies(ctx context.Context, me Me) (*book.Name, *book.About, error) {
	name, about := &book.Name{}, &book.About{}
	r, err := j.keeper.Mine(ctx, me.Subject, me.Book, keeper.Want{Sections: []book.Section{book.SectionName, book.SectionAbout}})
	if err != nil {
		return nil, nil, err
	}
	for _, p := range r.Items[0] {
		switch b := p.Body.(type) {
		case *book.Name:
			name = b
		case *book.About:
			about = b
		}
	}
	return name, about, nil
}

// only drafts a new version of the one item of its kind.
func (j *Journey) only(me Me, entry, base id.Entry, b book.Body) keeper.Draft {
	return keeper.Draft{ID: entry, Kind: b.Kind(), Act: book.ActWrite, Item: book.Only(me.Book, b.Kind()), Base: base, Body: b, Via: j.via}
}

// checkName names the field of a name as the form does.
func checkName(name *book.Name) error {
	var c errs.Check
	if e, ok := errors.AsType[*errs.Error](book.CheckBody(name)); ok {
		for _, f := range e.Fields {
			c.AddArgs("name", f.Words, f.Args)
		}
	}
	return c.Err("journey: name")
}

// Looks reads who else looked into the book, newest first, from before a mark that an earlier page gave (0: until now).
// It returns the mark for the page before, 0 when there is none.
func (j *Journey) Looks(ctx context.Context, me Me, before clock.Time) (looks []keeper.Look, older clock.Time, err error) {
	looks, err = j.keeper.Looks(ctx, me.Subject, me.Book, before, LooksAtOnce)
	if err != nil || len(looks) < LooksAtOnce {
		return looks, 0, errs.Wrap("journey: looks", err)
	}
	// What was seen in one moment stays on one page; the last moment of a full page may not be whole, and waits for the next.
	last := looks[len(looks)-1].At
	if n := slices.IndexFunc(looks, func(l keeper.Look) bool { return l.At == last }); n > 0 {
		looks, last = looks[:n], looks[n-1].At
	}
	return looks, last, nil
}

// LooksAtOnce is how many looks [Journey.Looks] returns at most; each is one section seen once.
const LooksAtOnce = 200
