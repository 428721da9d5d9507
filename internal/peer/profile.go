package peer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// Profile is what a worker tells about themselves, in their own words, for everybody here to read.
type Profile struct {
	Person    id.Person
	Name      string // what people call them
	Title     string // their own title: "recovery coach"
	Story     book.Text
	Languages string
	Training  book.Text
	// CertificateUntil is the moment from which the certificate no longer counts; 0 when the worker named none.
	CertificateUntil clock.Time
	TakingMore       bool       // whether new people may choose them
	ChangedAt        clock.Time // 0 when it was never kept; the base of the next change
	Known            bool       // the reader said that they know each other from their own life; never kept
}

// maxLine is the longest line of a profile, in bytes. The longer texts are held to [book.MaxText].
const maxLine = 200

// check returns Invalid with every field of a profile that cannot be kept.
func (pr Profile) check() error {
	var c errs.Check
	if strings.TrimSpace(pr.Name) == "" {
		c.Add("name", "errors.profile_name_blank")
	}
	pr.checkLines(&c)
	for _, f := range []struct {
		name string
		t    book.Text
	}{{"story", pr.Story}, {"training", pr.Training}} {
		if len(f.t.Show()) > book.MaxText {
			c.Add(f.name, "errors.text_too_long")
		} else if !readable(f.t.Show()) {
			c.Add(f.name, "errors.text_unreadable")
		}
	}
	if pr.CertificateUntil < 0 {
		c.Add("certificate", "errors.day_unreadable")
	}
	return c.Err("peer: check profile")
}

func (pr Profile) checkLines(c *errs.Check) {
	for _, f := range []struct{ name, s string }{{"name", pr.Name}, {"title", pr.Title}, {"languages", pr.Languages}} {
		if len(f.s) > maxLine {
			c.Add(f.name, "errors.line_too_long")
		} else if !readable(f.s) {
			c.Add(f.name, "errors.text_unreadable")
		}
	}
}

func readable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// certified reports whether the certificate, if one is named, still counts at now.
func (pr Profile) certified(now clock.Time) bool {
	return pr.CertificateUntil == 0 || pr.CertificateUntil > now
}

const profileColumns = `p.person, p.name, p.title, p.story, p.languages, p.training, p.certificate_until, p.taking_more, p.changed_at`

func scanProfile(scan func(...any) error) (pr Profile, err error) {
	var story, training string
	err = scan(&pr.Person, &pr.Name, &pr.Title, &story, &pr.Languages, &training, &pr.CertificateUntil, &pr.TakingMore, &pr.ChangedAt)
	pr.Story, pr.Training = book.NewText(story), book.NewText(training)
	return pr, err
}

// worksNow is the condition that the person of a profile p is a worker at the time $n.
func worksNow(n string) string {
	return `EXISTS (SELECT 1 FROM membership AS m WHERE m.person = p.person AND m.hat = 'worker' AND m.until > ` + n + `)`
}

// Profiles returns the workers whom who can choose now: in an order of chance that is who's own and stays the same, so
// that nobody is ranked (mission.md S2.S1). Who is never among them.
func (p *Peers) Profiles(ctx context.Context, who grant.Subject) ([]Profile, error) {
	var list []Profile
	err := p.db.Glance(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT `+profileColumns+` FROM worker_profile AS p WHERE p.taking_more = 1
			AND (p.certificate_until = 0 OR p.certificate_until > $1) AND p.person <> $2 AND `+worksNow("$1"),
			[]any{p.clock.Now(), who.Person}, func(scan func(...any) error) error {
				pr, err := scanProfile(scan)
				list = append(list, pr)
				return err
			})
	})
	if err != nil {
		return nil, errs.Wrap("peer: profiles", err)
	}
	list, err = p.forReader(ctx, who.Person, list)
	slices.SortFunc(list, func(a, b Profile) int { return cmp.Compare(place(who.Person, a.Person), place(who.Person, b.Person)) })
	return list, errs.Wrap("peer: profiles", err)
}

// forReader leaves out of some profiles those of workers who said that they know the reader from their own life, and marks
// those of whom the reader said so.
func (p *Peers) forReader(ctx context.Context, who id.Person, list []Profile) ([]Profile, error) {
	people := make([]id.Person, len(list))
	for i, pr := range list {
		people[i] = pr.Person
	}
	ties, err := p.tied(ctx, who, people...)
	var shown []Profile
	for _, pr := range list {
		if pr = pr.as(ties[pr.Person]); pr.TakingMore {
			shown = append(shown, pr)
		}
	}
	return shown, err
}

// place is where worker stands in the order of person.
func place(person, worker id.Person) uint64 {
	h := sha256.Sum256(append(person.Bytes()[:16:16], worker.Bytes()...))
	return binary.BigEndian.Uint64(h[:8])
}

// Profile returns the profile of somebody who is a worker now, whether or not they take on more people, as who may know it.
// It returns NotOpen for everybody else.
func (p *Peers) Profile(ctx context.Context, who, worker id.Person) (pr Profile, err error) {
	err = p.db.Glance(ctx, func(tx *store.Tx) error {
		pr, err = scanProfile(tx.Row(`SELECT `+profileColumns+` FROM worker_profile AS p WHERE p.person = $1 AND `+worksNow("$2"), worker, p.clock.Now()).Scan)
		return orNotOpen(err)
	})
	if err != nil {
		return pr, errs.Wrap("peer: profile", err)
	}
	ties, err := p.tied(ctx, who, worker)
	return pr.as(ties[worker]), err
}

// CanChoose reports whether a new match with a worker can be made now, by whom the profile was opened for.
func (p *Peers) CanChoose(pr Profile) bool {
	return pr.TakingMore && !pr.Known && pr.certified(p.clock.Now())
}

// OwnProfile returns what who has kept about themselves, or an empty profile. It returns NotOpen unless who is a worker
// now and wears that hat.
func (p *Peers) OwnProfile(ctx context.Context, who grant.Subject) (pr Profile, err error) {
	err = p.db.View(ctx, func(tx *store.Tx) error {
		if _, err := workplace(tx, who, p.clock.Now()); err != nil {
			return err
		}
		pr, err = keptProfile(tx, who.Person)
		return err
	})
	return pr, errs.Wrap("peer: own profile", err)
}

// Called returns the profiles of those among the given people who have one, whether or not they are workers now: for
// saying who suggested or looked.
func (p *Peers) Called(ctx context.Context, people ...id.Person) (map[id.Person]Profile, error) {
	found := map[id.Person]Profile{}
	if len(people) == 0 {
		return found, nil
	}
	these, args := store.In("p.person", nil, people)
	err := p.db.Glance(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT `+profileColumns+` FROM worker_profile AS p WHERE `+these, args, func(scan func(...any) error) error {
			pr, err := scanProfile(scan)
			found[pr.Person] = pr
			return err
		})
	})
	return found, errs.Wrap("peer: called", err)
}

// KeepProfile keeps what who tells about themselves, and commits it to the log. pr.ChangedAt says which version was
// changed. It returns Invalid with fields, NotOpen unless who is a worker now and wears that hat, and Changed when
// another version was kept since. The same profile kept twice is kept once.
func (p *Peers) KeepProfile(ctx context.Context, who grant.Subject, pr Profile) error {
	pr.Person = who.Person
	if err := pr.check(); err != nil {
		return err
	}
	err := p.db.Update(ctx, func(tx *store.Tx) error {
		now := p.clock.Now()
		community, err := workplace(tx, who, now)
		if err != nil {
			return err
		}
		kept, err := keptProfile(tx, who.Person)
		if err != nil || kept.says(pr) {
			return err
		}
		return p.keepProfile(tx, community, pr, max(now, kept.ChangedAt+1))
	})
	return errs.Wrap("peer: keep profile", err)
}

// says reports whether two profiles tell the same.
func (pr Profile) says(other Profile) bool {
	other.ChangedAt = pr.ChangedAt
	return pr == other
}

// workplace returns the community in which who is a worker now.
func workplace(tx *store.Tx, who grant.Subject, now clock.Time) (c id.Community, err error) {
	if who.Hat != book.HatWorker {
		return c, errs.New("peer: workplace", errs.NotOpen, "")
	}
	err = tx.Row(`SELECT m.community FROM membership AS m WHERE m.person = $1 AND m.hat = 'worker' AND m.until > $2 ORDER BY m.since`,
		who.Person, now).Scan(&c)
	return c, orNotOpen(err)
}

func keptProfile(tx *store.Tx, person id.Person) (Profile, error) {
	pr, err := scanProfile(tx.Row(`SELECT `+profileColumns+` FROM worker_profile AS p WHERE p.person = $1`, person).Scan)
	if errors.Is(err, store.ErrNone) {
		return Profile{Person: person}, nil
	}
	return pr, err
}

// keepProfile writes pr over the version it was made from, and no other.
func (p *Peers) keepProfile(tx *store.Tx, community id.Community, pr Profile, at clock.Time) error {
	rows, err := tx.Exec(`INSERT INTO worker_profile (person, community, name, title, story, languages, training, certificate_until, taking_more, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (person) DO UPDATE SET community = excluded.community, name = excluded.name, title = excluded.title,
		story = excluded.story, languages = excluded.languages, training = excluded.training,
		certificate_until = excluded.certificate_until, taking_more = excluded.taking_more, changed_at = excluded.changed_at
		WHERE worker_profile.changed_at = $11`,
		pr.Person, community, pr.Name, pr.Title, pr.Story.Show(), pr.Languages, pr.Training.Show(), pr.CertificateUntil, pr.TakingMore, at, pr.ChangedAt)
	if err != nil {
		return err
	}
	if rows == 0 {
		return errs.New("peer: keep profile", errs.Changed, "")
	}
	return p.keeper.Queue().Record(tx, kindProfile, pr.Person.Bytes(), pr.canonical(community, at), at)
}

// canonical is the profile as the log commits to it.
func (pr Profile) canonical(community id.Community, at clock.Time) []byte {
	var until, changed [8]byte
	binary.BigEndian.PutUint64(until[:], uint64(pr.CertificateUntil))
	binary.BigEndian.PutUint64(changed[:], uint64(at))
	more := []byte{0}
	if pr.TakingMore {
		more[0] = 1
	}
	return witness.NewHeader("worker profile", pr.Person.Bytes(), community.Bytes(), []byte(pr.Name), []byte(pr.Title), []byte(pr.Story.Show()),
		[]byte(pr.Languages), []byte(pr.Training.Show()), until[:], more, changed[:])
}

func orNotOpen(err error) error {
	if errors.Is(err, store.ErrNone) {
		return errs.New("peer: find", errs.NotOpen, "")
	}
	return err
}
