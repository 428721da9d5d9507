// Package account is how a person comes in and comes back: joining, sign-in words and passphrase, the session of one
// device, the hats a person may wear, and the one-time invitations that give them. It keeps no name, no address and no
// e-mail: those stand sealed in the person's book. Coming back always leads to everything that was theirs (mission.md
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
// It is one signed-in device wearing one hat. Its secret stands in the cookie, a hash of it in the store.
//
//	(nobody) ──Join, SignIn──▶ open ──Wear──▶ (closed) and a new one open under the other hat
//	                             ├──SignOut, SignOutEverywhere, the quick exit──▶ (closed)
//	                             ├──not seen for the hat's time, or at its end──▶ (over)
//	                             └──the role of its hat ended──▶ (over)
//
// # An invitation
//
//	open ──Accept, by one person once──▶ used
//	  ├──7 days──▶ over
//	  └──FirstLink makes another for the first of the team──▶ over
package account
