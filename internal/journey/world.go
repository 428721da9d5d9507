package journey

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// Note is a worry of the person's. Nobody else ever sees it (mission.md S2.AG4).
type Note struct {
	Mine
	Domain book.Domain // "" when not said
}

// Part is one part of a life with what the person wrote there: the same strengths and goals as stand on their own pages.
type Part struct {
	Domain    book.Domain // "" for what stands in no part
	Strengths []Strength  // live, oldest first
	Goals     []Goal      // live, oldest first
	Notes     []Note      // live, oldest first
	Away      []Note      // worries that were put away
}

// Blank reports whether nothing of the person's is to be read there. It says so of the page, never of the person.
func (p Part) Blank() bool { return len(p.Strengths)+len(p.Goals)+len(p.Notes) == 0 }

// World is a person's whole life as they wrote it, by its parts (mission.md S2.S6).
type World struct {
	Around
	Parts []Part // each part of life, in the order of the screen
	Open  Part   // what stands in none
}

// Part returns one part; "" is what stands in none. It returns NotOpen for what is no part of a life.
func (w World) Part(d book.Domain) (Part, error) {
	if d == "" {
		return w.Open, nil
	}
	for _, p := range w.Parts {
		if p.Domain == d {
			return p, nil
		}
	}
	return Part{}, errs.New("journey: part", errs.NotOpen, "")
}

func (w *World) at(d book.Domain) *Part {
	for i := range w.Parts {
		if w.Parts[i].Domain == d {
			return &w.Parts[i]
		}
	}
	return &w.Open // also for a part that a later version knows
}

// World reads the whole life by its parts.
func (j *Journey) World(ctx context.Context, me Me) (World, error) {
	notes := keeper.Want{Sections: []book.Section{book.SectionOf(book.KindNote)}, Kind: book.KindNote}
	away := notes
	away.State = book.Away
	both := keeper.Want{Sections: []book.Section{book.SectionStrengths, book.SectionGoals}}
	r, a, err := j.read(ctx, me, around(), both, notes, away)
	if err != nil {
		return World{}, errs.Wrap("journey: world", err)
	}
	w := World{Around: a}
	for _, d := range book.Domains() {
		w.Parts = append(w.Parts, Part{Domain: d})
	}
	for _, g := range me.goals(r.Items[1]) { // brings all of them into their order
		w.at(g.Domain).Goals = append(w.at(g.Domain).Goals, g)
	}
	for _, s := range me.strengths(r.Items[1]) {
		w.at(s.Domain).Strengths = append(w.at(s.Domain).Strengths, s)
	}
	for _, n := range me.notes(r.Items[2]) {
		w.at(n.Domain).Notes = append(w.at(n.Domain).Notes, n)
	}
	for _, n := range me.notes(r.Items[3]) {
		w.at(n.Domain).Away = append(w.at(n.Domain).Away, n)
	}
	return w, nil
}

func (me Me) notes(pieces []keeper.Piece) []Note {
	slices.SortStableFunc(pieces, func(a, b keeper.Piece) int { return int(a.MadeSeq - b.MadeSeq) })
	var all []Note
	for _, p := range pieces {
		if b, ok := p.Body.(*book.Note); ok {
			all = append(all, Note{Mine: me.mine(p, b.Words), Domain: b.Domain})
		}
	}
	return all
}

// Note reads one worry, also one that was put away. It returns NotOpen.
func (j *Journey) Note(ctx context.Context, me Me, it id.Item) (Note, error) {
	p, err := j.piece(ctx, me, book.KindNote, it)
	if err != nil {
		return Note{}, errs.Wrap("journey: note", err)
	}
	return me.notes([]keeper.Piece{p})[0], nil
}

// SetNote writes a worry down, or changes one. Of n only Words and Domain are taken.
func (j *Journey) SetNote(ctx context.Context, me Me, w Writing, n Note) (id.Item, error) {
	it, err := change(ctx, j, me, w, &book.Note{}, func(b *book.Note) { b.Words, b.Domain = n.Words, n.Domain })
	return it, errs.Wrap("journey: set note", err)
}
