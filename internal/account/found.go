package account

import (
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

// PersonOf returns whose sign-in words these are, none when they are nobody's. Whoever asks must show the same in both.
func (a *Accounts) PersonOf(tx *store.Tx, words string) (id.Person, error) {
	var who id.Person
	err := tx.Row(`SELECT person FROM account WHERE sign_in = $1`, a.blind(words)).Scan(&who)
	if isNone(err) {
		err = nil
	}
	return who, errs.Wrap("account: person of words", err)
}

// BlindWords returns what stands for sign-in words where they must not be kept, such as in an allowance of tries.
func (a *Accounts) BlindWords(words string) []byte { return a.blind(words) }
