// Package account is how a person comes in and comes back: joining, sign-in words and passphrase, the session of one
// device, the hats a person may wear, and the one-time invitations that give them. The other ways in are packages of their
// own below this one; all of them end with [Ready.Enter]. It keeps no name and no address in the clear: those stand
// sealed in the person's book (package account/contact). Coming back always leads to everything that was theirs (mission.md
// S2.S2).
//
// # Sign-in words
//
// Names need not be unique, and nobody can find out whether a name is here. So Beside adds a gentle word of its own to the
// name a person chose: "ana lantern". Only a keyed hash of these words is kept. They follow from the person's first name
// here and the installation's key, so that the person themselves can see them again while they are signed in.
//
// # A session
//
// It is one signed-in device wearing one hat. Its secret stands in the cookie, a hash of it in the store. How it was opened
// ([Way]) decides which hats can be put on in it: docs/decisions/0010-what-each-way-opens.md.
//
//	(nobody) ──Join, or Open by any way──▶ open ──Wear──▶ (closed) and a new one open under the other hat
//	                             ├──Prove: for 12 hours the hats of roles can be put on ┐ each with another secret; the one
//	                             ├──Shows: for an hour the ways in can be changed       ┘ from before lasts a minute, as it was
//	                             ├──SignOut, SignOutEverywhere, EndDevice, EndDevices, the quick exit──▶ (closed)
//	                             ├──not seen for the hat's time, or at its end──▶ (over)
//	                             └──the role of its hat ended, or was not shown anew──▶ (over)
//
// # A device
//
// It is a browser in which a person came in. One that the person calls their own has a cookie by which it is known again;
// any other is there only while its session is open.
//
//	(new) ──Open──▶ known, or here for one session ──EndDevice, EndDevices──▶ (ended) ──Open──▶ a new one
//
// # An invitation
//
//	open ──Accept, by one person once──▶ used
//	  ├──7 days──▶ over
//	  └──FirstLink makes another for the first of the team──▶ over
//
// # How to add a way in
//
//  1. Write a package below this one, whose doc draws its states. Before anything else it calls [Accounts.Knock]; what can
//     be guessed has an allowance of its own (package account/limit); and nobody is told who is here.
//  2. Add a [Way] in way.go. [Way.opensOwn] and [Way.opensRoles] say what it opens; so does the table of
//     docs/decisions/0010-what-each-way-opens.md.
//  3. End with [Accounts.Ready], [Ready.Enter] in the transaction that uses up what was shown, and [Ready.Opened] after it.
//  4. What sets it or ends it asks for [Session.Fresh] within [FreshToSend], in the person's own hat, and tells them with
//     [Accounts.Happens].
//  5. Make it in internal/app/app.go. If whoever took a login may have set it, end it in closeOtherWays there.
//  6. Add its page in internal/web/public (otherWays in comein.go leads to it, letIn ends it), its settings in
//     internal/web/ways, and the words for the way in devices.go there.
//  7. Say in scenario/attack.txt who gets what from the new routes.
package account
