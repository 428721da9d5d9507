package app_test

import (
	"net/url"
	"strings"
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestNothingSentByHandIsAFaultOfOurs: every page, asked for and sent to with what no form of ours would send, by people
// of every hat, answers calmly and never as a fault of ours.
func TestNothingSentByHandIsAFaultOfOurs(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		ana := w.Join(t, "Ana")
		ana.Get("/me/strengths/new")
		ana.Send("main form", "words", "swims")
		href, _ := ana.Page.All(`main a[href^="/me/strengths/0"]`)[0].Attr("href")
		strength := strings.TrimPrefix(href, "/me/strengths/")
		for name, c := range map[string]*world.Client{"ana": ana, "sam": w.Worker(t, "Sam"), "toni": w.Team(t)} {
			c.Get("/hat")
			h := &hostile{t: t, name: name, c: c, forms: oddForms(c.Filled("main form").Get("token"), strength)}
			for _, pattern := range w.App.Site.Patterns() {
				method, path, _ := strings.Cut(pattern, " ")
				if path == "/leave" || path == "/hat" { // would end the visit
					continue
				}
				for _, odd := range []string{"%00", strength} {
					h.try(method, filled(path, odd))
				}
			}
		}
	})
}

type hostile struct {
	t     *testing.T
	name  string
	c     *world.Client
	forms []string // what is sent to every path, encoded
}

// oddForms are forms with a token that counts: sent for the first time and again, filled with a real id and with what fits no
// field.
func oddForms(token, real string) (forms []string) {
	for _, entry := range []string{real, "ffffffff-ffff-8fff-ffff-ffffffffffff"} {
		for _, v := range []string{real, "-9223372036854775808" + strings.Repeat("é", 9000)} {
			form := url.Values{"token": {token}, "entry": {entry}}
			for _, field := range strings.Fields(`words name title story languages training certificate base name_base builds_on
				goal domain when until sections item answer what contact address hat do secret_passphrase to typed taking_more`) {
				form.Set(field, v)
			}
			forms = append(forms, form.Encode())
		}
	}
	return forms
}

func (h *hostile) try(method, path string) {
	h.t.Helper()
	if method != "POST" {
		for _, query := range []string{"?before=-1&to=%00", "?before=9223372036854775807&to=%2f%2fevil.example"} {
			h.c.Get(path + query)
			h.calm(method, path+query)
		}
		return
	}
	for _, form := range h.forms {
		h.c.PostEncoded(path, form)
		h.calm(method, path)
	}
}

func (h *hostile) calm(method, path string) {
	h.t.Helper()
	if h.c.Status >= 500 {
		h.t.Errorf("%s: %s %s is %d", h.name, method, path, h.c.Status)
	}
}

// filled puts a value in the places of a pattern's path.
func filled(path, value string) string {
	path = strings.TrimSuffix(path, "{$}")
	for {
		before, after, more := strings.Cut(path, "{")
		if !more {
			return path
		}
		_, after, _ = strings.Cut(after, "}")
		path = before + value + after
	}
}
