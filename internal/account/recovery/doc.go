// Package recovery gives somebody their login back when they lost everything but themselves: through two people they
// chose, or through two of the centre team at the desk (mission.md U7, U8). It gives back the login and never shows a page
// of the book. It exists so that there are no security questions, and so that no single other person can ever do it.
// Workers and the team can be vouched for in the same manner, which opens their role and never their own book.
//
// # A holder: somebody who may help a person back in
//
//	(asked) ──Accept, with the one-time code──▶ active ──EndHolder, by either──▶ (gone)
//	   │                  │ a partner                 ▲
//	   │                  └──▶ resting ──72 h──────────┘
//	   ├──7 days──▶ over                              resting ──EndHolder──▶ (gone)
//	   └──EndHolder──▶ (gone)
//
// The row goes at once when it is taken back, and with it every yes that was said by it. It goes too when the login is given
// back without a yes of theirs.
//
// # A request
//
//	(nobody) ──Ask──▶ open ──Confirm, by the first who may──▶ open ──Confirm, by a second──▶ waiting
//	                   │                                                                     │ an hour, a day at the desk
//	                   │                                                                     ▼
//	                   │                                                         ready ──GiveBack, once──▶ used
//	                   ├──Stop, on any signed-in device of the person, or Doubt, by the team──▶ stopped
//	                   └──7 days──▶ over
//
// At the desk the yes is Met, by two of the team. They look for the name with Find, after they were told the code; names
// are all that the team sees of anybody's book, and each name that is shown is a look.
//
// Open, waiting and ready are not kept: they follow from the yeses that still stand, each time they are asked for. So a
// holder who is taken back, or a member who leaves the team, takes their yes with them, and the wait is counted from the
// second yes that is left.
//
// A request for sign-in words that are nobody's looks the same and can never be fulfilled.
//
// # Being vouched for
//
//	(nobody) ──Ask──▶ open ──Vouch, by one of the team──▶ open ──Vouch, by another──▶ ready ──10 minutes──▶ over
//	                   │                                                                 └──Prove or EnterVouched, once──▶ used
//	                   └──an hour──▶ over
//
// # Time
//
// Nothing here is a timer: times are compared. A wait is counted from the latest moment known when it begins (the asking,
// an earlier yes, now), so that a clock that was set back in between never shortens it.
package recovery
