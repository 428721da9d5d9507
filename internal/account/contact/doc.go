// Package contact is safe contact: where a person may be written to, as they marked each address themselves, and when
// they were last asked (mission.md U7). A message that reaches the wrong hands can put somebody in danger, so nothing is
// sent to an address that its owner did not mark, that no code came back from, that was stopped, or about which the owner
// was asked longer ago than [Config.SafeFor]. [Contacts.Safe] is that rule; whoever sends asks it.
//
// The address and what its owner says of it are an entry in their own book ([book.Address]). Beside it, written in the
// same transaction, stands a row with ids, marks and times and a keyed hash of the address, by which one that is typed
// can be found. Two people may give the same address, as families share a telephone. Nothing that a person sees tells
// whether somebody else gave it too.
//
// # An address
//
//	(none) ──Keep, joining──▶ unconfirmed ──Confirmed: a code came back──▶ safe ──asked too long ago──▶ resting
//	                            ▲    │                                     │ ▲                            │
//	                            │    │                                     │ └────StillSafe, Keep─────────┘
//	                            │    └──────────────Stop◀──────────────────┘
//	                            │                    │
//	                            └──Keep: given anew──▶ stopped      from any: TakeAway ──▶ (none)
//
// What is resting gets no message at all, not even the question whether it is still safe: that would itself be a message
// to a place that may not be safe any more. The owner is asked on their own pages, from [Config.AskAhead] before it rests.
// A one-time code is different: somebody asks for it who waits for it, there and then, so an address that may open the
// book ([Contacts.Find]) does so while it rests, but not when it was stopped or never confirmed. And one
// that the owner asks for on their own pages, to confirm an address, goes to that address before it is confirmed.
//
// NotAnyMore takes every mark away and leaves the address in its place. The text of an address never changes: another
// address is another item, so that a code that comes back confirms the address it was sent to and no other.
//
// A clock that was set back keeps an address safe for no more than [ahead] longer: what was asked later than that, from
// where the clock stands, counts as not asked.
package contact
