// Package script builds the scripts of Beside from the TypeScript beside it. The results are committed, so that the
// program is built with nothing but Go; a test builds them again and compares. Only that test and the command in build/
// use this package: the builder is no part of the program.
package script

import (
	"embed"
	"errors"
	"fmt"

	"github.com/evanw/esbuild/pkg/api"
)

//go:generate go run ./build

//go:embed *.ts
var sources embed.FS

// Script is one file a page loads.
type Script struct {
	Entry, Output string // the file it begins in, and the committed result, both seen from this folder
}

// Scripts are all of them: the one of every page, and that of the pages that ask for a passkey.
var Scripts = []Script{
	{"beside.ts", "../assets/files/beside.js"},
	{"passkey.ts", "../assets/files/passkey.js"},
}

// Build returns the script as it is committed. It fails with the builder's messages.
func (s Script) Build() ([]byte, error) {
	ts, err := sources.ReadFile(s.Entry)
	if err != nil {
		return nil, fmt.Errorf("script: build: %w", err)
	}
	out := api.Transform(string(ts), api.TransformOptions{
		Loader:            api.LoaderTS,
		Target:            api.ES2018, // phones of 2018
		Format:            api.FormatIIFE,
		Charset:           api.CharsetUTF8,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		LogLevel:          api.LogLevelSilent,
		Sourcefile:        s.Entry,
	})
	var errs []error
	for _, m := range append(out.Errors, out.Warnings...) {
		errs = append(errs, fmt.Errorf("script: build: %s", m.Text))
	}
	return out.Code, errors.Join(errs...)
}
