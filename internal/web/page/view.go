package page

// view is what the layout sees of a [Frame].
type view struct{ *Frame }

// Data is the page's own struct.
func (v view) Data() any { return v.data }

// Said is one sentence about what was just done, or nothing.
func (v view) Said() string { return v.said }

// Demo reports whether the people here are made up.
func (v view) Demo() bool { return v.site.Demo }

// Footer is the line of links under the page.
func (v view) Footer() []Link { return v.site.Footer }

// ExitURL is where leaving quickly leads.
func (v view) ExitURL() string { return v.site.ExitURL }

// Here reports whether a link leads to the page that is shown.
func (v view) Here(l Link) bool { return l.Href == v.path }
