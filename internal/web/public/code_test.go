package public_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"beside/internal/clock"
	"beside/internal/notify"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

func TestComingInByACode(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		var sent *notify.Recorder
		w := world.New(t, where, world.Posted(&sent))
		ana := w.Join(t, "Ana")
		ana.Reached("ana@example.org")
		w.Settle(t)
		before := len(sent.Sent())
		v := w.Visitor(t)
		v.Get("/me/goals")
		v.Want(200, "/come-in")
		v.Follow(`main a[href^="/come-in/code"]`)
		v.Want(200, "/come-in/code")
		v.Send("main form", "address", "Ana@Example.org")
		v.Want(200, "/come-in/code/enter")
		v.Page.Has(`input[name="code"][autocomplete="one-time-code"][inputmode="numeric"]`)
		v.Page.HasNot(`input[type="password"]`)
		w.Settle(t)
		if n := len(sent.Sent()) - before; n != 1 {
			t.Fatalf("%d messages were sent", n)
		}
		code := world.LastCode(t, sent)
		for _, holds := range []string{v.Path, string(v.Body)} {
			if strings.Contains(holds, "xample.org") || strings.Contains(holds, code) {
				t.Errorf("the address or the code stands in %q", holds)
			}
		}
		v.Send("main form", "code", "1234 5678")
		v.Want(422, "/come-in/code/enter")
		v.Page.Has(`.mend`)
		if value, _ := v.Page.One(`input[name="code"]`).Attr("value"); value != "" {
			t.Errorf("what did not fit is offered again: %q", value)
		}
		v.Send("main form", "code", code)
		v.Want(200, "/me/goals")
		// In another browser, and once more, it opens nothing.
		other := w.Visitor(t)
		other.Get("/come-in/code/enter")
		other.Want(200, "/come-in/code")
	})
}

// TestATextMessageAloneOpensNoNewDevice goes through the pages; the question is always there.
func TestATextMessageAloneOpensNoNewDevice(t *testing.T) {
	var sent *notify.Recorder
	w := world.New(t, ready.Folder(t), world.Posted(&sent))
	ana := w.Join(t, "Ana")
	ana.Reached("+1 202 555 0143")
	ask := func(v *world.Client, number string) string {
		w.Clock.Step(clock.Hour)
		w.Settle(t) // the notice of a device that is new
		v.Get("/come-in/code")
		v.Send("main form", "address", number)
		v.Want(200, "/come-in/code/enter")
		v.Page.Has(`input[name="secret_second"]`)
		w.Settle(t)
		return world.LastCode(t, sent)
	}
	v := w.Visitor(t)
	code := ask(v, "(202) 555-0143")
	v.Send("main form", "code", code)
	v.Want(422, "/come-in/code/enter")
	code = ask(v, "202 555 0143")
	v.Send("main form", "code", code, "secret_second", world.Passphrase, "own_device", "yes")
	v.Want(200, "/me")
	v.Get("/leave")
	v.Send("main form", "where", "here")
	code = ask(v, "202-555-0143")
	v.Send("main form", "code", code)
	v.Want(200, "/me")
}

var masked = regexp.MustCompile(`value="[^"]*"|id="[^"]*"|[A-Z0-9]{4}-[A-Z0-9]{4}`)

// TestAskingTellsNothing: an address that somebody has and one that nobody has look the same, page by page.
func TestAskingTellsNothing(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		var sent *notify.Recorder
		w := world.New(t, where, world.Posted(&sent))
		w.Join(t, "Ana").Reached("ana@example.org")
		w.Join(t, "Ben").Reached("+1 202 555 0143")
		for _, pair := range [][2]string{{"ana@example.org", "ben@example.org"}, {"202 555 0143", "202 555 0144"}} {
			var seen [2][]string
			for i, address := range pair {
				v := w.Visitor(t)
				look := func() {
					body := strings.ReplaceAll(string(v.Body), address, "")
					seen[i] = append(seen[i], strings.Split(masked.ReplaceAllString(body, ""), "\n")...)
					seen[i] = append(seen[i], v.Path, http(v))
				}
				for range 4 {
					v.Get("/come-in/code")
					v.Send("main form", "address", address)
					look()
					if v.Status != 200 {
						continue
					}
					v.Send("main form", "code", "1234 5678")
					look()
				}
			}
			if d := cmp.Diff(seen[0], seen[1]); d != "" {
				t.Errorf("%s and %s look different:\n%s", pair[0], pair[1], d)
			}
		}
	})
}

// http is what an answer says beside its page.
func http(v *world.Client) string {
	var names []string
	for _, c := range v.Cookies() {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ") + " " + v.Header.Get("Cache-Control")
}

func TestNothingIsOfferedThatCannotBeSent(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	v.Get("/come-in").HasNot(`a[href="/come-in/code"]`)
	v.Get("/come-in/code").HasNot("main form")
	v.Page.Says("main", "No codes can be sent from here yet")
}
