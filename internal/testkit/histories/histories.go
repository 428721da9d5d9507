// Package histories decides how many random histories a property is tried on. A history over a database takes a hundred
// times as long as one in memory, so a quick run tries few of them; the heavy tier (./check histories, which says
// -rapid.checks=…) and a law that is broken on purpose (package mutant) try many. It is for tests only.
package histories

import (
	"flag"
	"os"
	"strconv"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// one at a time may change how many there are.
var one sync.Mutex

// Check is [rapid.Check] with few histories, unless -rapid.checks says how many.
func Check(t *testing.T, few int, prop func(*rapid.T)) {
	t.Helper()
	one.Lock()
	restore := sync.OnceFunc(set(t, few))
	defer restore()
	rapid.Check(t, func(rt *rapid.T) {
		restore() // rapid has read the number by now
		prop(rt)
	})
}

// set makes few the number, and returns what takes that back.
func set(t *testing.T, few int) func() {
	f := flag.Lookup("rapid.checks")
	usual := f.Value.String()
	if usual != f.DefValue || os.Getenv("BESIDE_MUTANT") != "" {
		return one.Unlock
	}
	if err := f.Value.Set(strconv.Itoa(few)); err != nil {
		one.Unlock()
		t.Fatalf("histories: %v", err)
	}
	return func() {
		defer one.Unlock()
		_ = f.Value.Set(usual) // it was read from there
	}
}
