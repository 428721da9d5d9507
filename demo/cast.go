package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/id"
)

// Player is somebody of the sample community whom one can step into.
type Player struct {
	Name   string    `json:"name"`
	About  string    `json:"about"` // one line
	Hat    book.Hat  `json:"hat"`   // the one they are met in first
	Person id.Person `json:"person"`
	SignIn string    `json:"sign_in"` // their sign-in words; [Passphrase] is everybody's
}

// Cast is everybody, in the order they are shown.
type Cast []Player

var hats = map[role]book.Hat{roleOwn: book.HatSelf, roleWorker: book.HatWorker, roleTeam: book.HatTeam, roleReviewer: book.HatReviewer}

func castOf(people []*teller) Cast {
	var c Cast
	for _, p := range people {
		c = append(c, Player{Name: p.name, About: p.about, Hat: hats[p.role], Person: p.me.Person, SignIn: p.signIn})
	}
	return c
}

// Wearing returns those who are met in a hat.
func (c Cast) Wearing(h book.Hat) Cast {
	var out Cast
	for _, p := range c {
		if p.Hat == h {
			out = append(out, p)
		}
	}
	return out
}

// find returns the player with an id.
func (c Cast) find(person id.Person) (Player, bool) {
	for _, p := range c {
		if p.Person == person {
			return p, true
		}
	}
	return Player{}, false
}

// castFile lies in the demo's folder. It is written last, so that a folder that has it was filled to the end.
const castFile = app.DemoMark

func (c Cast) write(dir string) error {
	b, err := json.MarshalIndent(c, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, castFile), b, 0o600)
	}
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// ErrOtherFolder is returned for a folder that has something in it and is no demo's.
var ErrOtherFolder = errors.New("demo: the folder holds something else than a demo: name another one with --dir")

// readCast returns the cast of a folder, or none when nothing is there yet. It returns [ErrOtherFolder].
func readCast(dir string) (Cast, error) {
	b, err := os.ReadFile(filepath.Join(dir, castFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, empty(dir)
	}
	var c Cast
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return c, nil
}

// empty makes sure that there is no such folder, or nothing in it.
func empty(dir string) error {
	found, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("demo: %w", err)
	case len(found) > 0:
		return ErrOtherFolder
	}
	return nil
}
