//go:build release

package main

// demoCommands are the commands that a release does not have.
type demoCommands struct{}
