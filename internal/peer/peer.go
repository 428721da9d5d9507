// Package peer is about two people who walk together: a person chooses a worker from profiles the workers wrote, changes
// or takes back that choice without giving a reason, and the worker sees what was given and suggests (mission.md S0.10).
//
// It decides nothing about books itself. Choosing is an act on the person's own book, suggesting is an act that has no
// effect until the person answers, and both go through package keeper, which holds the rule of package grant.
//
// One rule is its own: a new match is made only with somebody who is a worker today, takes on more people, and whose
// certificate, if they named one, has not run out. Matches there are already stay as they are. Where one of the two said
// that they know the other from their own life, there is no match, and one there was is over.
package peer

import (
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Peers is what this package can do. It is safe for concurrent use.
type Peers struct {
	db     *store.DB
	keeper *keeper.Keeper
	clock  clock.Clock
	via    book.Via

	// Tied, when set, tells a person in tx that a worker they gave something to said that the two know each other.
	Tied func(tx *store.Tx, person id.Person) error
	// Told, when set, has it told to a person on the channels they marked safe, in tx, that there is something new; about
	// are the 16 bytes of the notice's id.
	Told func(tx *store.Tx, person id.Person, about []byte, at clock.Time) error

	// Knows tells in tx whether a person named somebody of their own life and knew them again here.
	Knows func(tx *store.Tx, person, other id.Person) (bool, error)

	// ReadsFor is how long after a death what was given can be read.
	ReadsFor clock.Time

	passes  grant.Clause // on a grant g, after one parameter of the query's own
	notices grant.Clause // on a notice n of a suggestion s, after one parameter of the query's own
	made    grant.Clause // on a suggestion s, after three parameters of the query's own
}

// New returns Peers over the data in db and the books of k, whose acts are noted as having come in by via.
func New(db *store.DB, k *keeper.Keeper, c clock.Clock, via book.Via) *Peers {
	said := grant.Columns{Book: "n.book", Section: "s.section", Author: "s.author"}
	return &Peers{
		db: db, keeper: k, clock: c, via: via,
		passes:  grant.Pass.Clause(grant.Columns{Section: "'" + string(book.SectionName) + "'"}, 2), // what is given begins with the name
		notices: grant.ReadSuggestion.Clause(said, 2),
		made:    grant.ReadSuggestion.Clause(grant.Columns{Book: "s.book", Section: "s.section", Author: "s.author"}, 4),
	}
}
