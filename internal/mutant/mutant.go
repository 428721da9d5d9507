// Package mutant lets a law be broken on purpose, so that the tests of the law can be seen to fail. A guard is written
// as "if !mutant.On(name) && …". In every ordinary build On is the constant false and the compiler removes it; only a
// build with the tag "mutant" reads the name of the one guard to leave out from BESIDE_MUTANT. The list of mutants and
// of the tests that must fail is house/mutants.txt; ./check long runs them all.
package mutant

var _ func(name string) bool = On // in both of its files
