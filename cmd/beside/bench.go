package main

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"beside/cmd/beside/bench"
)

// benchCommand measures this Beside on this machine.
type benchCommand struct {
	Database string        `help:"An empty folder, or the postgres:// address of an empty database. A new temporary folder when left out."`
	Keyring  string        `help:"A folder for the keyring, kept. Beside the books, or a temporary one for PostgreSQL, when left out."`
	Filled   bool          `help:"Measure once more what an earlier run filled there, with the same database and keyring, and as many books."`
	Books    int           `default:"1000" help:"How many books there are."`
	Median   int           `default:"200" help:"Entries in the median book."`
	Spread   float64       `default:"25" help:"The 99th percentile of the books has so many times as many; 1 makes all alike."`
	For      time.Duration `default:"6s" help:"How long each figure is measured."`
	Seed     uint64        `default:"1" help:"The same seed makes the same books."`
	Without  []string      `help:"Parts to leave out, with commas between: pages, closed, coming, accept, log, export, verify, backup, server." placeholder:"PARTS"`
	JSON     bool          `name:"json" help:"Write the figures for machines."`
	Profile  string        `help:"Write a CPU profile of the whole run into this file."`
}

// Run fills a database and prints what it measured.
func (c *benchCommand) Run(ctx context.Context) error {
	if c.Database == "" {
		dir, err := os.MkdirTemp("", "beside-bench-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		c.Database = dir
	}
	if c.Profile != "" {
		f, err := os.Create(c.Profile)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r, err := bench.Run(ctx, bench.Config{Database: c.Database, Keyring: c.Keyring, Filled: c.Filled, Books: c.Books, Median: c.Median, Spread: c.Spread, Without: c.Without, Told: c.tell, For: c.For, Seed: c.Seed, Program: self})
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if c.JSON {
		return r.JSON(os.Stdout)
	}
	return r.Table(os.Stdout)
}

// tell prints what was measured, for who waits.
func (c *benchCommand) tell(f bench.Figure) {
	fmt.Fprintf(os.Stderr, "%s: %.0f /s, p50 %d µs, p99 %d µs\n", f.What, f.PerSecond, f.P50Micros, f.P99Micros)
}
