package page

import (
	"net/url"
	"strings"
	"testing"
)

func TestLocal(t *testing.T) {
	for to, want := range map[string]string{
		"/me": "/me", "/me/goals/new": "/me/goals/new", "/invitation/abc": "/invitation/abc", "": "", "me": "", "//x": "", "/\\x": "", "\\/x": "",
		"https://x/": "", "/me?x=1": "", "/me#x": "", "javascript:x": "", "/%0d%0ax": "/%0d%0ax", "/ me": "/%20me", "///x": "", "/\tx": "",
	} {
		if got := Local(to); got != want {
			t.Errorf("Local(%q) = %q, want %q", to, got, want)
		}
	}
}

func FuzzLocal(f *testing.F) {
	f.Add("/me")
	f.Add("/\\evil.example")
	f.Add("//evil.example")
	f.Fuzz(func(t *testing.T, to string) {
		got := Local(to)
		if got == "" {
			return
		}
		base := &url.URL{Scheme: "https", Host: "here.example"}
		u, err := base.Parse(got)
		if err != nil || u.Host != base.Host || u.Scheme != "https" || strings.HasPrefix(strings.ReplaceAll(got, "\\", "/"), "//") {
			t.Errorf("Local(%q) = %q leads to %v", to, got, u)
		}
	})
}
