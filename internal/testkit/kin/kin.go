// Package kin makes two people known to each other in a database as package account/known does, for tests below it, which have no
// accounts. It is for tests only.
package kin

import (
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
)

// Know writes down in tx that person, whose book is b, named other and knew them again at a time. It makes the account it needs.
func Know(tx *store.Tx, ids *id.Maker, person id.Person, b id.Book, other id.Person, at clock.Time) error {
	_, err := tx.Exec(`INSERT INTO account (person, book, sign_in, passphrase, made_at) VALUES ($1, $2, $3, '', 0) ON CONFLICT DO NOTHING`, person, b, person.Bytes())
	if err != nil {
		return err
	}
	k := id.New[id.Known](ids)
	_, err = tx.Exec(`INSERT INTO known (id, person, other, token_hash, label, made_at, token_until, accepted_at, confirmed_at) VALUES ($1, $2, $3, $4, $4, 0, 0, $5, $5)
		ON CONFLICT DO NOTHING`, k, person, other, k.Bytes(), at)
	return err
}
