package account

import (
	"context"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// Device is a browser in which a person came in.
type Device struct {
	ID     id.Device
	Name   book.Text // as the person called it, blank when they did not
	Own    bool      // the person called it their own; others are forgotten when they are left
	Way    Way       // how they came in last; into their own book, if they ever did there
	MadeAt clock.Time
	SeenAt clock.Time // within a few minutes
	Open   bool       // a session is open on it now
	Here   bool       // it is the one that asks
}

// MaxDeviceName is the longest name of a device, in bytes.
const MaxDeviceName = 120

func ownHat(who grant.Subject) bool { return who.Hat == book.HatSelf && !who.Person.IsZero() }

// Devices returns where the person of a session is signed in, or can come in from as from a known place; the one seen
// last is first. It returns NotOpen in another hat than their own.
func (a *Accounts) Devices(ctx context.Context, s Session) ([]Device, error) {
	const op = "account: devices"
	if s.Hat != book.HatSelf {
		return nil, errs.New(op, errs.NotOpen, "")
	}
	var list []Device
	var names []vault.Sealed
	here := open("s", "$1", "$2", "$3", "$4")
	err := a.db.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT d.id, d.name, d.way, d.made_at, d.seen_at, CASE WHEN d.token_hash IS NULL THEN 0 ELSE 1 END,
			(SELECT COUNT(*) FROM session AS s WHERE s.person = d.person AND s.device = d.id AND `+here+`)
			FROM device AS d WHERE d.person = $5 AND d.ended_at = 0 AND (d.token_hash IS NOT NULL
				OR EXISTS (SELECT 1 FROM session AS s WHERE s.person = d.person AND s.device = d.id AND `+here+`)) ORDER BY d.seen_at DESC, d.id`,
			append(openAt(a.clock.Now()), s.Person), func(scan func(...any) error) error {
				var d Device
				var name []byte
				var own, open int
				err := scan(&d.ID, &name, &d.Way, &d.MadeAt, &d.SeenAt, &own, &open)
				d.Own, d.Open, d.Here = own == 1, open > 0, d.ID == s.Device
				list, names = append(list, d), append(names, name)
				return err
			})
	})
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	for i, sealed := range names {
		if len(sealed) == 0 {
			continue
		}
		name, err := a.vault.Unseal(ctx, s.Book, deviceItem(list[i].ID), deviceEntry(list[i].ID), sealed)
		if err != nil {
			return nil, errs.Wrap(op, err)
		}
		list[i].Name = book.NewText(string(name))
	}
	return list, nil
}

// A device's name is sealed where an item with the device's id would be.
func deviceItem(d id.Device) id.Item   { it, _ := id.FromBytes[id.Item](d.Bytes()); return it }
func deviceEntry(d id.Device) id.Entry { e, _ := id.FromBytes[id.Entry](d.Bytes()); return e }

// NameDevice calls a device of the person's own by a name. It returns Invalid with the field "name" and NotOpen.
func (a *Accounts) NameDevice(ctx context.Context, s Session, d id.Device, name book.Text) error {
	const op = "account: name device"
	if len(name.Show()) > MaxDeviceName {
		var c errs.Check
		c.Add("name", "errors.line_too_long")
		return c.Err(op)
	}
	if s.Hat != book.HatSelf {
		return errs.New(op, errs.NotOpen, "")
	}
	var sealed vault.Sealed
	if !name.Blank() {
		var err error
		if sealed, err = a.vault.Seal(ctx, s.Book, deviceItem(d), deviceEntry(d), []byte(name.Show())); err != nil {
			return errs.Wrap(op, err)
		}
	}
	return errs.Wrap(op, a.db.Update(ctx, func(tx *store.Tx) error {
		done, err := tx.Exec(`UPDATE device SET name = $1 WHERE id = $2 AND person = $3 AND ended_at = 0`, []byte(sealed), d, s.Person)
		if err == nil && done == 0 {
			err = errs.New(op, errs.NotOpen, "")
		}
		return err
	}))
}

// EndDevice closes what is open on a device of the person's own and forgets the device, with effect on the next request.
// It returns NotOpen for one that is not theirs, and does nothing for one that was ended.
func (a *Accounts) EndDevice(ctx context.Context, s Session, d id.Device) error {
	const op = "account: end device"
	if s.Hat != book.HatSelf {
		return errs.New(op, errs.NotOpen, "")
	}
	return errs.Wrap(op, a.db.Update(ctx, func(tx *store.Tx) error {
		if err := a.Lock(tx, s.Person); err != nil {
			return err
		}
		var ended clock.Time
		err := tx.Row(`SELECT ended_at FROM device WHERE id = $1 AND person = $2`, d, s.Person).Scan(&ended)
		if store.IsNone(err) {
			return errs.New(op, errs.NotOpen, "")
		}
		if err != nil || ended != 0 {
			return err
		}
		if _, err := tx.Exec(`UPDATE device SET ended_at = $1, token_hash = NULL WHERE id = $2`, a.clock.Now(), d); err != nil {
			return err
		}
		if !mutant.On("device-stays") {
			if _, err := tx.Exec(`DELETE FROM session WHERE device = $1 AND person = $2`, d, s.Person); err != nil {
				return err
			}
		}
		return a.Happens(tx, s.Person, HappenedDeviceEnded, d)
	}))
}

// EndDevices closes every session of a person and forgets all their devices, in the caller's transaction; keep, which may
// be nil, is the one session that stays open, with its device.
func (a *Accounts) EndDevices(tx *store.Tx, who id.Person, keep *Session) error {
	var device id.Device
	hash := []byte{}
	if keep != nil {
		device, hash = keep.Device, keep.hash
	}
	if err := a.Lock(tx, who); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM session WHERE person = $1 AND id_hash <> $2 AND (was_hash IS NULL OR was_hash <> $2)`, who, hash); err != nil {
		return errs.Wrap("account: end devices", err)
	}
	_, err := tx.Exec(`UPDATE device SET ended_at = $1, token_hash = NULL WHERE person = $2 AND ended_at = 0 AND id <> $3`, a.clock.Now(), who, device.Bytes())
	return errs.Wrap("account: end devices", err)
}

// EndOtherDevices closes a person's book everywhere but in the session that asks, and forgets those devices, with effect
// on the next request. It returns NotOpen in another hat than their own.
func (a *Accounts) EndOtherDevices(ctx context.Context, s Session) error {
	const op = "account: end other devices"
	if s.Hat != book.HatSelf {
		return errs.New(op, errs.NotOpen, "")
	}
	return errs.Wrap(op, a.db.Update(ctx, func(tx *store.Tx) error {
		if err := a.EndDevices(tx, s.Person, &s); err != nil {
			return err
		}
		return a.Happens(tx, s.Person, HappenedDeviceEnded, id.Device{})
	}))
}
