package book

import (
	"maps"
	"slices"

	"beside/internal/errs"
	"beside/internal/id"
)

// Erasing is what the owner erased for good: some items, each with all its versions and what was suggested about it, or the
// whole book. It has no words: only ids are left.
type Erasing struct {
	kept
	Items []id.Item
	Whole bool
	Why   Why // of a whole book that is erased by a rule ([ViaRule]); empty for what the owner does now
}

// Why is the rule by which a whole book is erased when a time comes. Its author is the owner, as nobody else writes in a book:
// they asked for it, or it was said to them before they joined and they chose when (docs/decisions/0017-endings.md).
type Why string

// The rules there are.
const (
	WhyAsked  Why = "asked"  // the owner asked for it, and did not change their mind
	WhyDied   Why = "died"   // the owner has died
	WhyClosed Why = "closed" // the whole place closes
)

var whys = []Why{WhyAsked, WhyDied, WhyClosed}

// whyOf returns the rule that an erasing names, "" for none and for every other body.
func whyOf(b Body) Why {
	if x, ok := b.(*Erasing); ok {
		return x.Why
	}
	return ""
}

// MaxErased is how many items one act may erase.
const MaxErased = 200

// Kind is [KindErasing].
func (*Erasing) Kind() Kind { return KindErasing }

func (x *Erasing) put(o object) {
	list := make([]string, len(x.Items))
	for i, it := range x.Items {
		list[i] = it.String()
	}
	o.putStrings("items", list)
	o.putBool("whole", x.Whole)
	o.putString("why", string(x.Why))
}

func (x *Erasing) get(o object) (err error) {
	if x.Items, err = o.items("items"); err != nil {
		return err
	}
	if x.Whole, err = read[bool](o, "whole"); err != nil {
		return err
	}
	why, err := read[string](o, "why")
	x.Why = Why(why)
	return err
}

func (x *Erasing) check(c *errs.Check) {
	if x.Whole == (len(x.Items) > 0) || len(x.Items) > MaxErased || repeated(x.Items) {
		c.Add("items", "errors.choose_listed")
	}
	if x.Why != "" && (!x.Whole || !slices.Contains(whys, x.Why)) {
		c.Add("why", "errors.choose_listed")
	}
}

func repeated(items []id.Item) bool {
	for i, it := range items {
		if it.IsZero() || slices.Contains(items[:i], it) {
			return true
		}
	}
	return false
}

// ErasedAlone reports whether an item of kind k can be erased without the whole book. A name cannot, as the sign-in words
// follow from the first; nor what somebody said of their age when they joined, or whom they know from their own life, which
// keeps both safe from being matched; nor that something was erased.
func ErasedAlone(k Kind) bool { return !kinds[k].stays }

// stands refuses what is about something that is gone for good, and finds the place of an item of which there is one.
func stands(now Lookup, owner id.Person, e Entry) error {
	for _, it := range []id.Item{{}, e.Item} {
		gone, err := now.Erased(it)
		if err != nil {
			return err
		}
		if gone && e.Author == owner {
			return errs.New("book: next", errs.Changed, "errors.erased")
		} else if gone {
			return errs.New("book: next", errs.Changed, "errors.item_changed")
		}
	}
	if !kinds[e.Kind].only {
		return nil
	}
	for n := 0; ; n++ {
		it := OnlyAfter(e.Book, e.Kind, n)
		if it == e.Item {
			return nil
		}
		if gone, err := now.Erased(it); err != nil {
			return err
		} else if !gone {
			return errs.New("book: next", errs.Invalid, "")
		}
	}
}

// erase takes items, and everything about them, out of the book for good.
func erase(now Lookup, e Entry) (Effect, error) {
	x := e.Body.(*Erasing)
	for _, it := range x.Items {
		if err := erasable(now, it); err != nil {
			return Effect{}, err
		}
	}
	return Effect{Erased: x}, nil
}

func erasable(now Lookup, it id.Item) error {
	gone, err := now.Erased(it)
	if err != nil {
		return err
	}
	if gone {
		return errs.New("book: erase", errs.Changed, "errors.erased")
	}
	item, ok, err := now.Item(it)
	if err != nil {
		return err
	}
	if !ok {
		if ok, err = now.Suggested(it); err == nil && !ok {
			err = errs.New("book: erase", errs.NotOpen, "")
		}
		return err
	}
	switch {
	case kinds[item.Kind].stays:
		return errs.New("book: erase", errs.Invalid, "errors.erase_stays")
	case item.Kind == KindSharing && item.State == Live:
		return errs.New("book: erase", errs.Changed, "errors.erase_shared")
	}
	return nil
}

// erase forgets what an erasing names.
func (n *Now) erase(x *Erasing) {
	if x == nil {
		return
	}
	if x.Whole {
		n.Items, n.Suggestions = map[id.Item]Item{}, map[id.Entry]Suggestion{}
		n.Gone[id.Item{}] = true
		return
	}
	for _, it := range x.Items {
		delete(n.Items, it)
		maps.DeleteFunc(n.Suggestions, func(_ id.Entry, s Suggestion) bool { return s.Item == it })
		n.Gone[it] = true
	}
}
