package account

import (
	"context"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

// Happened is something that a person is told of at once: mostly what happened with their ways in, and what others say or do
// that touches their book. It says what, never a word of anybody's.
type Happened string

// What can happen. The words for each are "ways.happened_…" in the catalogues.
const (
	HappenedNewDevice    Happened = "new_device"
	HappenedDeviceEnded  Happened = "device_ended"
	HappenedPassphrase   Happened = "passphrase" // changed
	HappenedPasskeyAdded Happened = "passkey_added"
	HappenedPasskeyEnded Happened = "passkey_ended"
	HappenedPIN          Happened = "pin" // set or changed
	HappenedCardMade     Happened = "card_made"
	HappenedCardEnded    Happened = "card_ended"
	HappenedTogether     Happened = "together"    // a yes on a worker's device
	HappenedAddress      Happened = "address"     // an address was added, changed or taken away
	HappenedHolder       Happened = "holder"      // somebody was asked to help in losing the login
	HappenedHolderGone   Happened = "holder_gone" // no longer
	HappenedAsked        Happened = "asked"       // somebody asked for the login to be given back
	HappenedStopped      Happened = "stopped"     // that was stopped
	HappenedGivenBack    Happened = "given_back"
	HappenedProvider     Happened = "provider" // the organisation's sign-in was connected or let go
	HappenedVouched      Happened = "vouched"
	HappenedHostLink     Happened = "host_link"    // who runs this computer opened a way into the centre team
	HappenedCopy         Happened = "copy"         // a copy of the whole book was taken
	HappenedEndAsked     Happened = "end_asked"    // they asked that their whole book be erased
	HappenedEndKept      Happened = "end_kept"     // that was taken back
	HappenedDeathSaid    Happened = "death_said"   // one of the team said that they have died
	HappenedDied         Happened = "died"         // a second said so
	HappenedDeathBack    Happened = "death_back"   // the team took that back
	HappenedHere         Happened = "here"         // they said that they are here
	HappenedClosing      Happened = "closing"      // the whole place closes on a day
	HappenedTie          Happened = "tie"          // a worker said that they know the person from their own life
	HappenedWhyAnswered  Happened = "why_answered" // who looked into their book said why
	HappenedWhyLate      Happened = "why_late"     // who looked did not say why in time
	HappenedWhyGone      Happened = "why_gone"     // who looked is not here any more, and will not say why
	HappenedKnown        Happened = "known"        // somebody was asked, said yes or was confirmed as a person near them
	HappenedKnownGone    Happened = "known_gone"   // no longer
	HappenedSigned       Happened = "signed"       // somebody who works here entered that they signed on paper
	HappenedSignedBack   Happened = "signed_back"  // and that they took it back on paper
	HappenedOrdered      Happened = "ordered"      // something left their book by order of a court
	HappenedReported     Happened = "reported"     // somebody had to report something about them
)

// Happening is one line of what happened with somebody's ways in.
type Happening struct {
	ID     id.Happening
	Kind   Happened
	Device id.Device // that it is about, may be none
	At     clock.Time
	Seen   bool
}

// Happens writes down for a person, in tx, that something happened with their ways in. It is shown to them until they
// have seen it, and told on each channel they marked safe ([Config.Tell]). A device may be none.
func (a *Accounts) Happens(tx *store.Tx, who id.Person, what Happened, on id.Device) error {
	return a.happened(tx, id.New[id.Happening](a.ids), who, what, on, a.clock.Now())
}

func (a *Accounts) happened(tx *store.Tx, h id.Happening, who id.Person, what Happened, on id.Device, now clock.Time) error {
	const op = "account: happened"
	_, err := tx.Exec(`INSERT INTO happening (id, person, kind, device, at, seen_at) VALUES ($1, $2, $3, $4, $5, 0)`, h, who, string(what), on, now)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if err := a.keeper.Queue().Record(tx, kindHappening, h.Bytes(), happeningRow(who, what, on, now), now); err != nil {
		return errs.Wrap(op, err)
	}
	if a.tell == nil {
		return nil
	}
	return errs.Wrap(op, a.tell(tx, who, h, now))
}

// Happenings returns what happened with somebody's own ways in, the newest first, at most limit. It returns NotOpen in
// another hat than their own.
func (a *Accounts) Happenings(ctx context.Context, who grant.Subject, limit int) ([]Happening, error) {
	const op = "account: happenings"
	if !ownHat(who) {
		return nil, errs.New(op, errs.NotOpen, "")
	}
	var list []Happening
	err := a.db.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT id, kind, device, at, seen_at FROM happening WHERE person = $1 ORDER BY at DESC, id DESC LIMIT $2 + 0`,
			[]any{who.Person, limit}, func(scan func(...any) error) error {
				var h Happening
				var seen clock.Time
				err := scan(&h.ID, &h.Kind, &h.Device, &h.At, &seen)
				h.Seen = seen != 0
				list = append(list, h)
				return err
			})
	})
	return list, errs.Wrap(op, err)
}

// Unseen counts what happened with somebody's own ways in and was not seen yet. It is 0 in another hat.
func (a *Accounts) Unseen(ctx context.Context, who grant.Subject) (n int, err error) {
	if !ownHat(who) {
		return 0, nil
	}
	err = a.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM happening WHERE person = $1 AND seen_at = 0`, who.Person).Scan(&n)
	})
	return n, errs.Wrap("account: unseen", err)
}

// SawHappenings marks all that happened with somebody's own ways in as seen.
func (a *Accounts) SawHappenings(ctx context.Context, who grant.Subject) error {
	if !ownHat(who) {
		return nil
	}
	return errs.Wrap("account: saw", a.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE happening SET seen_at = $1 WHERE person = $2 AND seen_at = 0`, a.clock.Now(), who.Person)
		return err
	}))
}
