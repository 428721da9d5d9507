// Package demo is a sample community that anybody can step into: people, their books, two peer workers and one of the
// centre team, over about five months until yesterday. It exists so that Beside can be met before it is believed.
//
// Its people are made up. What they do is not: every line of their stories (people.go, stories.go) is done by the real
// parts, at its own time, by [Fill]. So the laws of the book hold here as everywhere, and a story that broke one would
// stop the filling.
//
// A release does not have this package.
package demo
