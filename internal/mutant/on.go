//go:build mutant

package mutant

import "os"

// On reports whether the guard of this name is to be left out.
func On(name string) bool { return os.Getenv("BESIDE_MUTANT") == name }
