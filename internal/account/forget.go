package account

import (
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
)

// forgetting is what goes with a whole book, in an order that no reference forbids; $1 is the person. It names the tables of
// this package and of the ways in below it in one place, so that who adds one sees that it is missing here.
var forgetting = []string{
	`DELETE FROM session WHERE person = $1`,
	`DELETE FROM happening WHERE person = $1`,
	`DELETE FROM device WHERE person = $1`,
	`DELETE FROM code WHERE person = $1`,
	`DELETE FROM message WHERE person = $1`,
	`DELETE FROM address WHERE person = $1`,
	`DELETE FROM passkey WHERE person = $1`,
	`DELETE FROM ceremony WHERE person = $1`,
	`DELETE FROM card WHERE person = $1`,
	`DELETE FROM pin WHERE person = $1`,
	`DELETE FROM holder WHERE person = $1 OR holder = $1`,
	`DELETE FROM known WHERE person = $1 OR other = $1`,
	`DELETE FROM login_yes WHERE who = $1 OR request IN (SELECT id FROM login_request WHERE person = $1)`,
	`DELETE FROM desk_claim WHERE member = $1 OR request IN (SELECT id FROM login_request WHERE person = $1)`,
	`DELETE FROM login_request WHERE person = $1`,
	`DELETE FROM provider_link WHERE person = $1`,
	`DELETE FROM provider_try WHERE person = $1`,
	`DELETE FROM membership WHERE person = $1`,
	`DELETE FROM account WHERE person = $1`,
}

// Forget takes away, in tx, everything by which a person came in and was written to: what follows when they erase their
// whole book for good. What others wrote, and what they said yes to in other people's books, stays with an id that is
// nobody's. Errors are those of the store.
func (a *Accounts) Forget(tx *store.Tx, who id.Person) error {
	if err := dropMessages(tx, `SELECT id FROM message WHERE person = $1 AND over_at = 0`, who); err != nil {
		return err
	}
	for kind, table := range map[string]string{kindHappening: "happening", kindMembership: "membership"} {
		err := a.keeper.Queue().RemoveAll(tx, kind, `SELECT x.id, b.erased_at FROM `+table+` AS x JOIN book AS b ON b.owner = x.person WHERE x.person = $1 ORDER BY x.id`, who)
		if err != nil {
			return errs.Wrap("account: forget", err)
		}
	}
	for _, statement := range forgetting {
		if _, err := tx.Exec(statement, who); err != nil {
			return errs.Wrap("account: forget", err)
		}
	}
	return nil
}

// ForgetAddresses takes away, in tx, what was done with addresses that a person erased for good, and what is on its way
// there. Items that are no addresses change nothing. Errors are those of the store.
func ForgetAddresses(tx *store.Tx, who id.Person, items []id.Item) error {
	these, args := store.In("item", []any{who}, items)
	if err := dropMessages(tx, `SELECT id FROM message WHERE person = $1 AND over_at = 0 AND `+these, args...); err != nil {
		return err
	}
	for _, table := range []string{"code", "message", "address"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE person = $1 AND `+these, args...); err != nil {
			return errs.Wrap("account: forget addresses", err)
		}
	}
	return nil
}

// dropMessages takes back the promises to send messages; a message and its promise have one id.
func dropMessages(tx *store.Tx, query string, args ...any) error {
	var all []id.Promise
	err := store.Each(tx, query, args, func(scan func(...any) error) error {
		var p id.Promise
		err := scan(&p)
		all = append(all, p)
		return err
	})
	for _, p := range all {
		if err == nil {
			err = promise.Drop(tx, p)
		}
	}
	return errs.Wrap("account: forget messages", err)
}
