// Package roles keeps the roles of a place, to which people can give something from their book: what they are called, and which workers
// hold them ("the evening line"). The centre team makes them, and puts people in and out.
//
//	one of the team puts a worker in ──▶ [holds it] ── until is over, or one of the team takes them out ──▶ [over]
//
// By putting somebody in, the team opens no book: the rule of package grant has who comes later wait for [grant.ComesAfter], and the owner
// of a book that was given to the role is told at once, and can say "not them". Who was taken out sees nothing from the next request on;
// who is put in again comes anew. Each row of this package stands in the log.
package roles

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
)

// NoEnd is the end of a holding that lasts until somebody ends it.
const NoEnd = clock.Time(1 << 60)

// Most is how many roles a place has, and how many hold one at once, at most.
const Most = 100

// Role is a role of a place.
type Role struct {
	ID      id.Role
	Name    string // in plain words; never changed, as people have read it aloud
	Place   id.Community
	MadeAt  clock.Time
	Holders []Holder // who holds it now, or will, the first first
}

// Holder is a worker who holds a role.
type Holder struct {
	ID     id.Holding
	Person id.Person
	Since  clock.Time
	Until  clock.Time // [NoEnd] for no end
}

// Config is what [New] needs.
type Config struct {
	DB     *store.DB
	Keeper *keeper.Keeper
	Clock  clock.Clock
}

// Roles keeps the roles of a place. It is safe for concurrent use.
type Roles struct{ Config }

// New returns Roles over an installation's data.
func New(c Config) *Roles { return &Roles{c} }

// Of is the id of the role that is made with a form.
func Of(e id.Entry) id.Role { r, _ := id.FromBytes[id.Role](e.Bytes()); return r }

// holdingOf is the id of the holding that begins with a form.
func holdingOf(e id.Entry) id.Holding { h, _ := id.FromBytes[id.Holding](e.Bytes()); return h }

func notOpen(op string) error { return errs.New("roles: "+op, errs.NotOpen, "") }

func invalid(field, words string) error {
	var c errs.Check
	c.Add(field, words)
	return c.Err("roles: check")
}

// member is a place in the team.
type member struct {
	community id.Community
	through   id.Membership
}

// memberOf returns the place by which who acts, in the team's hat: else NotOpen.
func memberOf(tx *store.Tx, who grant.Subject, now clock.Time) (m member, err error) {
	err = store.ErrNone
	if who.Hat == book.HatTeam {
		err = tx.Row(`SELECT community, id FROM membership WHERE person = $1 AND hat = 'team' AND until > $2 ORDER BY id LIMIT 1`, who.Person, now).Scan(&m.community, &m.through)
	}
	if store.IsNone(err) {
		err = notOpen("team")
	}
	return m, err
}

// Make is one of the team making a role. e is the form's: sent twice, it is one role. It returns NotOpen to others, Invalid with the field
// "name" for a name that is none, that another role has, or one role more than [Most], and AlreadyKept when the form made another.
func (x *Roles) Make(ctx context.Context, who grant.Subject, e id.Entry, name string) error {
	name = strings.TrimSpace(name)
	return errs.Wrap("roles: make", x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		m, err := memberOf(tx, who, now)
		if err != nil {
			return err
		}
		var kept string
		switch err := tx.Row(`SELECT name FROM role WHERE id = $1`, Of(e)).Scan(&kept); {
		case err == nil && kept != name:
			return errs.New("roles: make", errs.AlreadyKept, "")
		case !store.IsNone(err):
			return err
		}
		if spoken(name) == "" || len(name) > book.MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
			return invalid("name", "roles.name_blank")
		}
		same, all := false, 0
		err = store.Each(tx, `SELECT name FROM role WHERE community = $1`, []any{m.community}, func(scan func(...any) error) error {
			var other string
			err := scan(&other)
			same, all = same || spoken(other) == spoken(name), all+1
			return err
		})
		switch {
		case err != nil:
			return err
		case same:
			return invalid("name", "roles.name_taken")
		case all >= Most:
			return invalid("name", "errors.too_many")
		}
		n, err := tx.Exec(`INSERT INTO role (id, community, name, made_by, through, made_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
			Of(e), m.community, name, who.Person, m.through, now)
		if err != nil || n == 0 {
			return err
		}
		return x.recordRole(tx, Of(e))
	}))
}

// spoken is a name without what nobody hears when it is read aloud: two roles must not sound and look like one.
func spoken(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name)
	return strings.ToLower(strings.Join(strings.Fields(name), " "))
}

// PutIn is one of the team saying that a worker holds a role, from since until until; 0 is now, and no end. Whoever gave something to the role
// is told. e is the form's: sent twice, it is one holding.
//
// Errors: NotOpen to others, and for a role that is not there; Invalid with the field "person" for somebody who is no worker here now, who
// holds it already, or one more than [Most], and with "until"; AlreadyKept when the form put in somebody else.
func (x *Roles) PutIn(ctx context.Context, who grant.Subject, e id.Entry, r id.Role, person id.Person, since, until clock.Time) error {
	return errs.Wrap("roles: put in", x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		m, err := memberOf(tx, who, now)
		if err != nil {
			return err
		}
		if err := lock(tx, r, m.community); err != nil {
			return err
		}
		var kept id.Person
		var in id.Role
		switch err := tx.Row(`SELECT person, role FROM role_holder WHERE id = $1`, holdingOf(e)).Scan(&kept, &in); {
		case err == nil && (kept != person || in != r):
			return errs.New("roles: put in", errs.AlreadyKept, "")
		case !store.IsNone(err):
			return err
		}
		if since == 0 {
			since = now
		}
		if until == 0 {
			until = NoEnd
		}
		if since < now || until <= since {
			return invalid("until", "roles.ends_before")
		}
		if err := x.endStale(tx, who, r, person, now); err != nil {
			return err
		}
		if err := mayHold(tx, r, m.community, person, now); err != nil {
			return err
		}
		if since, err = anew(tx, r, m.community, person, since); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO role_holder (id, role, community, person, since, until, put_by, through, put_at, ended_by, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, 0)`,
			holdingOf(e), r, m.community, person, since, until, who.Person, m.through, now)
		if err != nil {
			return err
		}
		if err := x.recordHolding(tx, holdingOf(e)); err != nil {
			return err
		}
		return x.Keeper.Comes(tx, r.Bytes(), now)
	}))
}

// endStale ends a holding of somebody whose work here ended since: by it nothing is open any more, nobody is shown it, and they are put in anew.
func (x *Roles) endStale(tx *store.Tx, who grant.Subject, r id.Role, person id.Person, now clock.Time) error {
	var stale []id.Holding
	err := store.Each(tx, `SELECT h.id FROM role_holder AS h WHERE h.role = $1 AND h.person = $2 AND h.ended_at = 0 AND h.until > $3
		AND NOT EXISTS (SELECT 1 FROM membership AS m WHERE m.person = h.person AND m.community = h.community AND m.hat = 'worker' AND m.until > $3 AND m.since <= h.since)
		ORDER BY h.id`, []any{r, person, now}, func(scan func(...any) error) error {
		var h id.Holding
		err := scan(&h)
		stale = append(stale, h)
		return err
	})
	for _, h := range stale {
		if err == nil {
			_, err = tx.Exec(`UPDATE role_holder SET ended_by = $1, ended_at = $2 WHERE id = $3 AND ended_at = 0`, who.Person, now, h)
		}
		if err == nil {
			err = x.recordHolding(tx, h)
		}
	}
	return err
}

// anew is since, but later than all that was before: who held the role and is put in again comes anew, also when the clock was set back, and
// what owners said of them then is not said of this.
func anew(tx *store.Tx, r id.Role, c id.Community, person id.Person, since clock.Time) (clock.Time, error) {
	var ended, said clock.Time
	err := tx.Row(`SELECT COALESCE(MAX(CASE WHEN until < ended_at OR ended_at = 0 THEN until ELSE ended_at END), 0) FROM role_holder WHERE role = $1 AND person = $2`, r, person).Scan(&ended)
	if err == nil && ended != 0 && !mutant.On("role-again") {
		err = tx.Row(`SELECT COALESCE(MAX(s.at), 0) FROM given AS g JOIN given_said AS s ON s.book = g.book AND s.given = g.id WHERE g.recipient = $1 AND s.person = $2`, r, person).Scan(&said)
		since = max(since, ended+1, said+1)
	}
	if err == nil { // nor earlier than they came to work here, as that is late after a clock was set back
		var works clock.Time
		err = tx.Row(`SELECT COALESCE(MAX(since), 0) FROM membership WHERE community = $1 AND person = $2 AND hat = 'worker'`, c, person).Scan(&works)
		since = max(since, works)
	}
	return since, err
}

// lock makes the rest of tx the only one in which a role of a place is changed, or given something. It returns NotOpen for one that is not
// there.
func lock(tx *store.Tx, r id.Role, c id.Community) error {
	n, err := tx.Exec(`UPDATE role SET made_at = made_at WHERE id = $1 AND community = $2`, r, c)
	if err == nil && n == 0 {
		err = notOpen("lock")
	}
	return err
}

// mayHold returns Invalid with the field "person" unless somebody can be put in.
func mayHold(tx *store.Tx, r id.Role, c id.Community, person id.Person, now clock.Time) error {
	var works, has, all int
	err := tx.Row(`SELECT COUNT(*) FROM membership WHERE community = $1 AND person = $2 AND hat = 'worker' AND until > $3`, c, person, now).Scan(&works)
	if err == nil {
		err = tx.Row(`SELECT COUNT(CASE WHEN person = $1 THEN 1 END), COUNT(*) FROM role_holder WHERE role = $2 AND ended_at = 0 AND until > $3`, person, r, now).Scan(&has, &all)
	}
	switch {
	case err != nil:
		return err
	case works == 0:
		return invalid("person", "errors.choose_listed")
	case has > 0:
		return invalid("person", "roles.holds_it")
	case all >= Most:
		return invalid("person", "errors.too_many")
	}
	return nil
}

// TakeOut ends a holding, from the next request on. Of one that is over it changes nothing. It returns NotOpen to others than the team, and
// for one that is not there.
func (x *Roles) TakeOut(ctx context.Context, who grant.Subject, h id.Holding) error {
	return errs.Wrap("roles: take out", x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		m, err := memberOf(tx, who, now)
		if err != nil {
			return err
		}
		var there int
		err = tx.Row(`SELECT COUNT(*) FROM role_holder WHERE id = $1 AND community = $2`, h, m.community).Scan(&there)
		if err == nil && there == 0 {
			err = notOpen("take out")
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE role_holder SET ended_by = $1, ended_at = $2 WHERE id = $3 AND ended_at = 0`, who.Person, now, h)
		if err != nil || n == 0 {
			return err
		}
		return x.recordHolding(tx, h)
	}))
}

// All returns to the team every role of its place, by name, with who holds it. It returns NotOpen to others.
func (x *Roles) All(ctx context.Context, who grant.Subject) (all []Role, err error) {
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		m, err := memberOf(tx, who, x.Clock.Now())
		if err == nil {
			all, err = x.find(tx, `r.community = $2`, m.community)
		}
		return err
	})
	return all, errs.Wrap("roles: all", err)
}

// Offered returns the roles that somebody holds now, by name: those to which something can be given.
func (x *Roles) Offered(ctx context.Context) (all []Role, err error) {
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		all, err = x.find(tx, `$2 = 0`, 0)
		return err
	})
	return slices.DeleteFunc(all, func(r Role) bool { return len(r.Holders) == 0 }), errs.Wrap("roles: offered", err)
}

// find finds roles with those who hold them now or will, and work here.
func (x *Roles) find(tx *store.Tx, where string, arg any) (all []Role, err error) {
	now := x.Clock.Now()
	err = store.Each(tx, `SELECT r.id, r.name, r.community, r.made_at, h.id, h.person, COALESCE(h.since, 0), COALESCE(h.until, 0) FROM role AS r
		LEFT JOIN role_holder AS h ON h.role = r.id AND h.ended_at = 0 AND h.until > $1
			AND EXISTS (SELECT 1 FROM membership AS m WHERE m.person = h.person AND m.community = h.community AND m.hat = 'worker' AND m.until > $1 AND m.since <= h.since)
		WHERE `+where+` ORDER BY r.name, r.id, h.since, h.id`, []any{now, arg}, func(scan func(...any) error) error {
		var r Role
		var h Holder
		err := scan(&r.ID, &r.Name, &r.Place, &r.MadeAt, &h.ID, &h.Person, &h.Since, &h.Until)
		if len(all) == 0 || all[len(all)-1].ID != r.ID {
			all = append(all, r)
		}
		if last := &all[len(all)-1]; !h.ID.IsZero() {
			last.Holders = append(last.Holders, h)
		}
		return err
	})
	return all, err
}

// Forget takes away, in tx, which roles somebody held whose book was erased for good. Errors are those of the store.
func (x *Roles) Forget(tx *store.Tx, gone keeper.Erased) error {
	if !gone.Whole {
		return nil
	}
	const op = "roles: forget"
	err := x.Keeper.Queue().RemoveAll(tx, holdingKind, `SELECT h.id, b.erased_at FROM role_holder AS h JOIN book AS b ON b.owner = h.person WHERE h.person = $1`, gone.Owner)
	if err == nil {
		_, err = tx.Exec(`DELETE FROM role_holder WHERE person = $1`, gone.Owner)
	}
	return errs.Wrap(op, err)
}
