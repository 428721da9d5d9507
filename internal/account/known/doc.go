// Package known is that two people of one life know each other here: a sister, a friend, a doctor who has a book here too. It
// exists so that somebody can later be given something who is no worker, and so that there is no directory: nobody finds
// anybody here, and who was not handed a one-time code by the person themselves does not learn that there is such a person. It
// stands apart from package recovery because that gives power over a login and this gives none: by itself nothing can be seen,
// suggested or opened because two people know each other here.
//
//	(nobody) ──Ask──▶ asked ──Accept, with the one-time code──▶ accepted ──Confirm, by who asked──▶ confirmed
//	                    │                                         │    ▲                                │
//	                    │                                         │    └────────────Doubt───────────────┤
//	                    ├──7 days, or Doubt──▶ (gone)             │                                     │
//	                    └──End, by who asked──▶ (gone)            └──End, by either──▶ (gone) ◀─────────┘
//
// It goes one way: who asked may give something to who accepted. For the other way they ask each other once more.
//
// A code that is handed over can be caught on its way. So whoever accepts writes who they are, and only when the person who
// asked says that it is them ([People.Confirm]) does [People.Confirmed] hold. Until then, and after a no, which is an end, it is
// of no use. Who accepted is not told whether they were confirmed, so that nobody can be pressed for it.
//
// Each sees the other by their own words: the label of who asks, the note of who accepts, each sealed under the key tree of
// who wrote it. What the one who accepts calls themselves is sealed under that of who asked, and opens beside their id alone.
// Confirming leaves a keyed mark: a row that came into the database by other means confirms nobody.
//
// Whoever had a login in between may have asked and confirmed somebody under a label that the owner believes. When the login is
// given back ([People.Doubt]) open codes end, and everybody has to be confirmed anew.
//
// The row goes at once when either ends it, and nobody is told why. To end needs no fresh proof of who one is: to close is
// always one tap.
package known
