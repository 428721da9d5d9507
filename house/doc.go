// Package house holds the tests of the repository itself: which package may import which, that every package says why
// it exists, that time comes from one place, that our words stay the words of the house. A rule that only stands in a
// document is forgotten; here it fails. Each rule is a function from files to complaints, which is tested on a sample
// that must be complained about before it is let loose on the house.
package house
