package app

import "runtime/debug"

// release is set when a package is built: -ldflags "-X beside/internal/app.release=0.3.0".
var release string

// Version says which Beside this is: the number of a release, or the commit it was built from.
func Version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	commit, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if commit == "" {
		return "devel"
	}
	return commit + changed
}
