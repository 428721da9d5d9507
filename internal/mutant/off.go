//go:build !mutant

package mutant

// On reports whether the guard of this name is to be left out. It is false in every build without the tag "mutant".
func On(string) bool { return false }
