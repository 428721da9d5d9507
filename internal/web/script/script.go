// Package script builds the one script of Beside from the TypeScript beside it. The result is committed, so that the
// program is built with nothing but Go; a test builds it again and compares. Only that test and the command in build/
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

// Entry is the file the script begins in, and Output the committed result, both seen from this folder.
const (
	Entry  = "beside.ts"
	Output = "../assets/files/beside.js"
)

// Build returns the script as it is committed. It fails with the builder's messages.
func Build() ([]byte, error) {
	ts, err := sources.ReadFile(Entry)
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
		Sourcefile:        Entry,
	})
	var errs []error
	for _, m := range append(out.Errors, out.Warnings...) {
		errs = append(errs, fmt.Errorf("script: build: %s", m.Text))
	}
	return out.Code, errors.Join(errs...)
}
