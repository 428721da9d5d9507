package book

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"beside/internal/errs"
	"beside/internal/id"
)

// Making is what sort of thing somebody made. It stands sealed only.
type Making string

// The sorts there are. None is required.
const (
	MakingPhoto   Making = "photo"
	MakingDrawing Making = "drawing" // or a painting
	MakingWords   Making = "words"   // a poem, a song, a story
	MakingHands   Making = "hands"   // something made with one's hands: bread, a shelf, a garden
	MakingOther   Making = "other"
)

// Makings returns the sorts in the order they are named on screen.
func Makings() []Making {
	return []Making{MakingPhoto, MakingDrawing, MakingWords, MakingHands, MakingOther}
}

// Made is something that the person made: words, a photograph, or both (mission.md S1.1). The photograph itself is kept apart (package media); its
// hash stands here, so that it is the one that was kept.
type Made struct {
	kept
	Words   Text   // may be blank where there is a photograph
	What    Making // "" when not said
	Picture id.Picture
	Photo   [sha256.Size]byte // hash of the JPEG as it is kept; zero without one
}

// Kind is [KindMade].
func (*Made) Kind() Kind { return KindMade }

// HasPhoto reports whether a photograph belongs to it.
func (m *Made) HasPhoto() bool { return !m.Picture.IsZero() }

func (m *Made) put(o object) {
	o.putText("words", m.Words)
	o.putString("what", string(m.What))
	picture, photo := "", ""
	if m.HasPhoto() {
		picture, photo = m.Picture.String(), hex.EncodeToString(m.Photo[:])
	}
	o.putString("picture", picture)
	o.putString("photo", photo)
}

func (m *Made) get(o object) (err error) {
	if m.Words, err = o.text("words"); err != nil {
		return err
	}
	if m.What, err = read[Making](o, "what"); err != nil {
		return err
	}
	picture, err := read[string](o, "picture")
	if err == nil && picture != "" {
		m.Picture, err = id.Parse[id.Picture](picture)
	}
	if err != nil {
		return err
	}
	photo, err := read[string](o, "photo")
	if err != nil || photo == "" {
		return err
	}
	sum, err := hex.DecodeString(photo)
	if err == nil && len(sum) != len(m.Photo) {
		err = errors.New("book: the hash of a photograph has another length")
	}
	copy(m.Photo[:], sum)
	return err
}

func (m *Made) check(c *errs.Check) {
	required := "errors.made_blank"
	if m.HasPhoto() {
		required = ""
	}
	checkWords(c, m.Words, required)
	if m.What != "" && !slices.Contains(Makings(), m.What) {
		c.Add("what", "errors.choose_listed")
	}
	if m.HasPhoto() != (m.Photo != [sha256.Size]byte{}) {
		c.Add("photo", "media.empty")
	}
}
