package book

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
)

// Signed is how the owner of a book gave something by signing on paper (42 CFR 2.31(a)(8) and (9)): in front of whom, on which
// day, and what the photograph of the paper is.
type Signed struct {
	Witness id.Person         // who works here, saw them sign, and entered it
	Day     string            // on the wall there, "2025-03-12"
	Photo   [sha256.Size]byte // the hash of the photograph as it is kept (package media)
}

// put writes it into the body of a grant.
func (s *Signed) put(o object) {
	var witness, day, photo string
	if s != nil {
		witness, day, photo = s.Witness.String(), s.Day, hex.EncodeToString(s.Photo[:])
	}
	o.putString("witness", witness)
	o.putString("signed_on", day)
	o.putString("photo", photo)
}

// signedOf reads it out of the body of a grant; nil when there is none.
func signedOf(o object) (*Signed, error) {
	witness, err := read[string](o, "witness")
	if err != nil || witness == "" {
		return nil, err
	}
	s := &Signed{}
	if s.Witness, err = id.Parse[id.Person](witness); err != nil {
		return nil, err
	}
	if s.Day, err = read[string](o, "signed_on"); err != nil {
		return nil, err
	}
	photo, err := read[string](o, "photo")
	if err != nil {
		return nil, err
	}
	hash, err := hex.DecodeString(photo)
	if err != nil || len(hash) != len(s.Photo) {
		return nil, errors.New("book: body: field \"photo\" is not as expected")
	}
	s.Photo = [sha256.Size]byte(hash)
	return s, nil
}

// checkSigned refuses a signature in front of nobody, in front of who is given something by it, of no day or without a photograph.
func (s *Sharing) checkSigned(c *errs.Check) {
	if s.Signed == nil {
		return
	}
	if s.Signed.Witness.IsZero() || s.Signed.Witness == s.Recipient && !mutant.On("paper-own-witness") {
		c.Add("witness", "paper.own_witness")
	}
	if _, err := time.Parse(time.DateOnly, s.Signed.Day); err != nil {
		c.Add("day", "errors.choose_listed")
	}
	if s.Signed.Photo == [sha256.Size]byte{} {
		c.Add("photo", "media.empty")
	}
}

// onPaper reports whether e can have come in on paper: a grant to a worker, signed in front of somebody else than its owner, or the
// taking back of one.
func (e Entry) onPaper() bool {
	if e.Act == ActPutAway {
		return e.Kind == KindSharing
	}
	s, ok := e.Body.(*Sharing)
	return ok && e.Act == ActWrite && s.As == HatWorker && s.Signed != nil && s.Signed.Witness != e.Author
}
