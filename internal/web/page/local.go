package page

import (
	"net/url"
	"strings"
)

// Local returns a path of ours to go on to, as a link or a form brought it; "" for anything that leads elsewhere.
func Local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return ""
	}
	if !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return ""
	}
	return u.EscapedPath()
}
