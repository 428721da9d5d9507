package main

import (
	"fmt"
	"io"
	"os"
	"runtime"

	"beside/internal/app"
)

// versionCommand is "beside version".
type versionCommand struct{}

// Run prints the version, and what it was built with.
func (versionCommand) Run() error { return printVersion(os.Stdout) }

func printVersion(to io.Writer) error {
	_, err := fmt.Fprintln(to, versionLine())
	return err
}

func versionLine() string {
	return fmt.Sprintf("beside %s (%s, %s/%s)", app.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
