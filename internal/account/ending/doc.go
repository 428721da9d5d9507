// Package ending is how a whole book comes to its end: because its owner wants it gone and does not change their mind, because
// its owner has died, or because the place closes. It
// exists so that every end is one and the same act ([keeper.Ending]), that there is always time to take it back, and that
// nobody's book ends by one other person's word. docs/decisions/0017-endings.md says why it is as it is.
//
// # Asked for by its owner
//
//	(nothing) ──Ask──▶ set ──Pause──▶ erased
//	    ▲ │             │
//	    │ │             └──Keep, on any device, with one tap──▶ (nothing): all is as it was
//	    │ └──Today, with fresh proof of who one is──▶ erased, or waiting for the end of a hold ──Keep──▶ (nothing)
//	    └─────────────────────────────────────────────────────────────────────────────────────┘
//
// The pause is offered first: for somebody who is in a crisis, or made to ask by somebody else. What stands in its way is one
// page more, never a refusal: for somebody who is watched, seven days can be too long.
//
// # A death
//
//	(nothing) ──Say, by one of the team──▶ said ──Say, by a second within a week──▶ holds ──its time──▶ erased
//	    ▲                                   │                                        │
//	    └──Here, by the person, or TakeBack, by one of the team; or a week goes by ──┘ (not once it holds)
//
// From the second saying on sessions are over, nothing is sent and nothing suggested, and what was given is read for a while
// only.
//
// # The place closes
//
//	(open) ──Close, a month ahead at least──▶ said ──its day──▶ begun: nobody joins, every book is settled to end ──▶ all erased
//	   ▲                                       │
//	   └──────────────────Stop─────────────────┘
//
// What the log holds of all this is in witnessed.go.
package ending
