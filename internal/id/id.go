// Package id holds the typed identifiers of Beside. Each kind of thing has its own type, so that a person's id can
// never be handed over where a book's is wanted. Every id is a UUIDv7 (RFC 9562 §5.7): the writer makes it, which is
// why the same act sent twice is one entry.
package id

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"beside/internal/clock"
)

// ErrMalformed is returned by [Parse] for text that is not the 36-character form of an id.
var ErrMalformed = errors.New("id: not an id")

// Of is an id of one kind of thing. Its zero value means "none" and is stored as NULL.
type Of[K any] struct{ u uuid.UUID }

type (
	person     struct{}
	book       struct{}
	entry      struct{}
	item       struct{}
	promise    struct{}
	session    struct{}
	community  struct{}
	membership struct{}
	invitation struct{}
	look       struct{}
	notice     struct{}
	device     struct{}
	happening  struct{}
	passkey    struct{}
	holder     struct{}
	known      struct{}
	request    struct{}
	link       struct{}
	code       struct{}
	question   struct{}
	paper      struct{}
	attended   struct{}
	narrowing  struct{}
	lasting    struct{}
	signing    struct{}
	picture    struct{}
	demand     struct{}
	reviewer   struct{}
	finding    struct{}
	role       struct{}
	holding    struct{}
)

// The kinds of ids. Names are the words of the house, see docs/words.md.
type (
	Person     = Of[person]     // somebody who has a book, whatever roles they also have
	Book       = Of[book]       // the one book of one person
	Entry      = Of[entry]      // one act on a book; made by the writer
	Item       = Of[item]       // the thing entries are about: a strength, a goal, a grant
	Promise    = Of[promise]    // something that must happen by a time
	Session    = Of[session]    // one signed-in device wearing one hat
	Community  = Of[community]  // a recovery community organisation
	Membership = Of[membership] // one person's role in one community
	Invitation = Of[invitation] // a one-time link that gives a role
	Look       = Of[look]       // one reading of a book by somebody else
	Notice     = Of[notice]     // "there is something new for you", without text
	Device     = Of[device]     // a browser in which a person came in
	Happening  = Of[happening]  // something that happened with a person's ways in, without text
	Link       = Of[link]       // an account at the organisation's sign-in that a person comes in with
	Passkey    = Of[passkey]    // a key that a device or a password manager keeps for a person
	Holder     = Of[holder]     // one person's leave to help another back in
	Known      = Of[known]      // that one person knows another here, by the own act of both
	Request    = Of[request]    // somebody asks for their login to be given back
	Question   = Of[question]   // a person asks somebody why they looked into their book
	Paper      = Of[paper]      // what a person gave to somebody outside Beside, once
	Attended   = Of[attended]   // that a person was here on a day
	Narrowing  = Of[narrowing]  // a rule of the centre, which takes away from what is given to workers
	Lasting    = Of[lasting]    // a yes of a person's to giving somebody outside the same each time
	Signing    = Of[signing]    // a grant printed for its owner to sign on paper
	Picture    = Of[picture]    // a photograph that belongs to a book
	Demand     = Of[demand]     // a paper by which a court or a lawyer asks for records
	Reviewer   = Of[reviewer]   // somebody whom the team asks to review this place, once
	Finding    = Of[finding]    // what a reviewer found
	Role       = Of[role]       // what people here do, as "the evening line": to whom something can be given
	Holding    = Of[holding]    // that one worker holds a role, from a time on
	Code       = Of[code]       // a one-time code; its digits follow from it and a key
)

// Maker makes ids from a given clock and source of randomness, so that tests can repeat a history.
// It is safe for concurrent use when its reader is.
type Maker struct {
	clock clock.Clock
	rand  io.Reader
}

// NewMaker returns a Maker. A nil reader means the system's secure randomness.
func NewMaker(c clock.Clock, r io.Reader) *Maker {
	if r == nil {
		r = rand.Reader
	}
	return &Maker{clock: c, rand: r}
}

// New makes an id: for example id.New[id.Entry](m). It panics when randomness cannot be read, as nothing safe can
// follow.
func New[T Of[K], K any](m *Maker) T {
	var u uuid.UUID
	if _, err := io.ReadFull(m.rand, u[6:]); err != nil {
		panic(fmt.Errorf("id: reading randomness: %w", err))
	}
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(m.clock.Now())/1000)
	copy(u[:6], ms[2:])
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return T(Of[K]{u})
}

// Parse reads the 36-character form. It returns [ErrMalformed] for anything else, also for other spellings of a UUID and
// for the one that means none.
func Parse[T Of[K], K any](s string) (T, error) {
	if len(s) != 36 {
		return T{}, ErrMalformed
	}
	u, err := uuid.Parse(s)
	if err != nil || u == uuid.Nil {
		return T{}, ErrMalformed
	}
	return T(Of[K]{u}), nil
}

// FromBytes reads the 16-byte form. It returns [ErrMalformed] for any other length.
func FromBytes[T Of[K], K any](b []byte) (T, error) {
	if len(b) != 16 {
		return T{}, ErrMalformed
	}
	return T(Of[K]{uuid.UUID(b)}), nil
}

// IsZero reports whether o is none.
func (o Of[K]) IsZero() bool { return o.u == uuid.Nil }

// Bytes returns the 16-byte form.
func (o Of[K]) Bytes() []byte { return o.u[:] }

// Array returns the 16 bytes of the id, without taking memory for them.
func (o Of[K]) Array() [16]byte { return o.u }

// String returns the 36-character form, or the empty string for none.
func (o Of[K]) String() string {
	if o.IsZero() {
		return ""
	}
	return o.u.String()
}

// MarshalText returns the 36-character form, or nothing for none.
func (o Of[K]) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what MarshalText wrote. It returns [ErrMalformed].
func (o *Of[K]) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*o = Of[K]{}
		return nil
	}
	v, err := Parse[Of[K]](string(b))
	if err != nil {
		return err
	}
	*o = v
	return nil
}

// Value stores the 16-byte form, NULL for none.
func (o Of[K]) Value() (driver.Value, error) {
	if o.IsZero() {
		return nil, nil
	}
	return append([]byte(nil), o.u[:]...), nil
}

// Scan reads what Value stored.
func (o *Of[K]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*o = Of[K]{}
		return nil
	case []byte:
		if len(v) == 16 {
			copy(o.u[:], v)
			return nil
		}
	}
	return fmt.Errorf("id: cannot scan %T: %w", src, ErrMalformed)
}
