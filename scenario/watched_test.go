package scenario

import (
	"strings"
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestAWatchedPerson: Mira makes a second book on her phone and puts a little into it. Then she is made to open the phone. Who stands
// beside her sees the page of coming in as it always was, and the second book; looks into the browser's drawers and at all
// that the second book tells of ways in, and finds nothing of hers. In her own book she reads that somebody came.
func TestAWatchedPerson(t *testing.T) {
	for _, l := range []look{{width: 360, script: true}, {width: 360}} {
		t.Run(l.String(), func(t *testing.T) {
			w := world.New(t, ready.Folder(t))
			mira := w.Join(t, "Mira")
			s := newScreen(t, w.URL, l)
			p := &person{browser: s, t: t, name: "Mira"}
			const second, spring = "a kettle sings by the old window", "I will go in spring"
			comes := func(passphrase string) {
				s.open("/come-in")
				s.send(`form[action="/come-in"]`, "words", mira.Words, "secret_passphrase", passphrase, "own_device", "yes")
				p.isAt("/me")
			}
			closes := func() string {
				s.open("/leave")
				s.send("main form")
				s.open("/come-in")
				return s.now.One("main").Text()
			}
			comes(world.Passphrase)
			before := closes()
			comes(world.Passphrase)
			s.open("/me/words")
			s.send(`form[action="/me/words"]`, "words", spring)
			s.open("/me/ways")
			s.follow(`main a[href="/me/ways/phone"]`)
			p.reads("What it cannot do")
			s.send("main form", "secret_passphrase", second, "read", "yes")
			p.reads("There is a second book now.")
			closes()
			comes(second)
			s.open("/me/words")
			s.send(`form[action="/me/words"]`, "words", "Bread and quiet mornings")

			if at := closes(); at != before {
				t.Errorf("the page of coming in is another since there is a second book:\n%s\n%s", before, at)
			}
			comes(second) // he stands beside her
			p.reads("Bread and quiet mornings")
			for _, path := range []string{"/me", "/me/timeline", "/me/ways", "/me/ways/devices", "/me/ways/happened", "/me/ways/phone", "/me/looked", "/me/erase-book"} {
				s.open(path)
				p.readsNothingOf(spring, "There is a second book", "second book too", "Somebody last came")
			}
			if l.script {
				if left := evaluate[string](s, leftBehind); strings.TrimSpace(left) != "" {
					t.Errorf("in the browser's drawers lies %q", left)
				}
			}
			closes()
			comes(world.Passphrase)
			p.reads(spring)
			s.open("/me/ways/phone")
			p.reads("Somebody last came into it")
		})
	}
}
