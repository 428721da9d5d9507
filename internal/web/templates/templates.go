// Package templates holds the pages as files: layout.html around every page, parts/ for what several pages share, and
// one file a page in a folder named after who stands before it. Not a word of them is written here: each comes from
// the catalogues (package lang). Package page reads them.
package templates

import "embed"

// FS holds the files.
//
//go:embed *.html */*.html
var FS embed.FS
