package schema

// About is what a table is about, for who asks what is kept of them.
type About string

// What tables are about.
const (
	AboutBook    About = "book"    // the books themselves
	AboutGiving  About = "giving"  // what was given to whom
	AboutLooking About = "looking" // who looked, and who asked why
	AboutPeople  About = "people"  // who knows whom
	AboutRoles   About = "roles"   // who works here
	AboutLogin   About = "login"   // the ways in
	AboutHere    About = "here"    // when somebody was here
	AboutCourt   About = "court"   // papers from a court or a lawyer, and what was handed over
	AboutPost    About = "post"    // where they may be written to, and what was sent
	AboutEnding  About = "ending"  // deaths, closings, holds
	AboutPlace   About = "place"   // the place itself; of nobody
)

// Abouts returns them in the order of the screen.
func Abouts() []About {
	return []About{AboutBook, AboutGiving, AboutLooking, AboutPeople, AboutRoles, AboutLogin, AboutHere, AboutPost, AboutEnding, AboutCourt, AboutPlace}
}

// Held is one table, with its columns told apart by what somebody reads in them who has the database, and nothing else. Whatever is
// not named is a number or a time. A test compares this with what the migrations make, so that nothing is kept that is not told.
type Held struct {
	Table  string
	About  About
	IDs    string // the numbers of people, books and things, in the clear; of a message also the carrier's
	Codes  string // words from a fixed list, in the clear
	Words  string // free words, in the clear
	Sealed string // what who holds the keys can open
	Prints string // hashes, signatures and public keys: they open nothing, but what somebody guesses can be compared with some
}

// AllHeld returns every table of the books' database.
func AllHeld() []Held { return append(heldFirst(), heldThen()...) }

// heldFirst and heldThen are one list, in the order in which the page tells it.
func heldFirst() []Held {
	return []Held{
		{Table: "book", About: AboutBook, IDs: "id owner"},
		{Table: "entry", About: AboutBook, IDs: "book id item author base answers", Codes: "section kind act hat via", Sealed: "sealed", Prints: "commitment leaf chain"},
		{Table: "item", About: AboutBook, IDs: "book item head named_by", Codes: "section kind state"},
		{Table: "suggestion", About: AboutBook, IDs: "book entry item author base answer", Codes: "section kind state"},
		{Table: "tombstone", About: AboutBook, IDs: "book entry item", Prints: "leaf"},
		{Table: "erasing", About: AboutBook, IDs: "id book owner", Codes: "why"},
		{Table: "media", About: AboutBook, IDs: "id book item picture", Sealed: "sealed"},
		{Table: "name_part", About: AboutBook, IDs: "book", Prints: "part"},

		{Table: "given", About: AboutGiving, IDs: "book id recipient", Codes: "purpose hat whom"},
		{Table: "given_section", About: AboutGiving, IDs: "book given", Codes: "section"},
		{Table: "given_act", About: AboutGiving, IDs: "book given", Codes: "section"},
		{Table: "given_item", About: AboutGiving, IDs: "book given item", Codes: "section"},
		{Table: "given_said", About: AboutGiving, IDs: "book given person"},
		{Table: "outside", About: AboutGiving, IDs: "id book items worker lasting", Sealed: "facts parts", Prints: "hash"},
		{Table: "lasting", About: AboutGiving, IDs: "id book", Sealed: "facts"},
		{Table: "signing", About: AboutGiving, IDs: "id book recipient made_by witness back_by", Codes: "hat", Sealed: "facts", Prints: "number"},

		{Table: "look", About: AboutLooking, IDs: "id book reader given", Codes: "section hat purpose", Prints: "batch"},
		{Table: "why", About: AboutLooking, IDs: "id book look reader asked_by answered_by", Codes: "hat purpose", Sealed: "words answer"},

		{Table: "tie", About: AboutPeople, IDs: "one other item"},
		{Table: "known", About: AboutPeople, IDs: "id person other", Sealed: "label note self", Prints: "token_hash mark"},
		{Table: "holder", About: AboutPeople, IDs: "id person holder", Sealed: "label note", Prints: "token_hash"},

		{Table: "community", About: AboutRoles, IDs: "id", Words: "name"},
		{Table: "membership", About: AboutRoles, IDs: "id community person invited_by", Codes: "hat"},
		{Table: "invitation", About: AboutRoles, IDs: "id community made_by used_by", Codes: "hat", Prints: "token_hash"},
		{Table: "worker_profile", About: AboutRoles, IDs: "person community", Words: "name title story languages training"},
		{Table: "narrowing", About: AboutRoles, IDs: "id community said_by through", Codes: "section", Words: "words"},
		{Table: "narrowing_worker", About: AboutRoles, IDs: "narrowing person"},
		{Table: "role", About: AboutRoles, IDs: "id community made_by through", Words: "name"},
		{Table: "role_holder", About: AboutRoles, IDs: "id role community person put_by through ended_by"},
		{Table: "narrowing_end", About: AboutRoles, IDs: "narrowing member through"},
		{Table: "reviewer", About: AboutRoles, IDs: "id community asked_by asked_through second_by second_through invitation", Words: "words"},
		{Table: "reviewer_end", About: AboutRoles, IDs: "id reviewer membership said_by said_through second_by second_through", Words: "words"},
		{Table: "finding", About: AboutRoles, IDs: "id community reviewer through adds_to", Codes: "span", Words: "words"},
		{Table: "finding_answer", About: AboutRoles, IDs: "id finding member through", Words: "words"},
		{Table: "counted", About: AboutRoles, IDs: "community", Codes: "span figures"},

		{Table: "account", About: AboutLogin, IDs: "person book", Sealed: "kept", Prints: "sign_in passphrase"},
		{Table: "passkey", About: AboutLogin, IDs: "id person", Codes: "transports", Sealed: "name", Prints: "credential public_key"},
		{Table: "pin", About: AboutLogin, IDs: "person", Prints: "hash"},
		{Table: "card", About: AboutLogin, IDs: "person form", Prints: "code_hash"},
		{Table: "code", About: AboutLogin, IDs: "id person item", Codes: "channel purpose", Prints: "address"},
		{Table: "ceremony", About: AboutLogin, IDs: "person", Codes: "kind", Prints: "id_hash"},
		{Table: "allowance", About: AboutLogin, Prints: "id"},
		{Table: "provider_link", About: AboutLogin, IDs: "id person", Prints: "issuer subject"},
	}
}

func heldThen() []Held {
	return []Held{
		{Table: "provider_try", About: AboutLogin, IDs: "person", Codes: "kind goes_to", Prints: "state browser issuer"},
		{Table: "login_request", About: AboutLogin, IDs: "id person", Codes: "kind", Prints: "secret_hash code_hash"},
		{Table: "login_yes", About: AboutLogin, IDs: "request who through", Codes: "how"},
		{Table: "desk_claim", About: AboutLogin, IDs: "request member"},

		{Table: "attended", About: AboutHere, IDs: "id community book worker", Codes: "day code"},
		{Table: "session", About: AboutHere, IDs: "person device", Codes: "hat way", Prints: "id_hash was_hash"},
		{Table: "device", About: AboutHere, IDs: "id person", Codes: "way", Sealed: "name", Prints: "token_hash"},
		{Table: "happening", About: AboutHere, IDs: "id person device", Codes: "kind"},

		{Table: "address", About: AboutPost, IDs: "person item book", Codes: "channel", Prints: "blind"},
		{Table: "message", About: AboutPost, IDs: "id person item about ref", Codes: "channel template state"},
		{Table: "notice", About: AboutPost, IDs: "id person book entry", Codes: "kind"},
		{Table: "promise", About: AboutPost, IDs: "id subject payload", Codes: "kind state lease_by last_error"},

		{Table: "death", About: AboutEnding, IDs: "id book person"},
		{Table: "death_yes", About: AboutEnding, IDs: "death member through"},
		{Table: "death_claim", About: AboutEnding, IDs: "member"},
		{Table: "ending", About: AboutEnding, IDs: "id book", Codes: "why"},
		{Table: "closing", About: AboutEnding, IDs: "id"},
		{Table: "closing_told", About: AboutEnding, IDs: "closing person"},
		{Table: "hold", About: AboutEnding, IDs: "book set_by", Codes: "why", Words: "reference", Sealed: "ground"},

		{Table: "demand", About: AboutCourt, IDs: "id community member", Codes: "kind came", Sealed: "facts"},
		{Table: "ordered", About: AboutCourt, IDs: "id book entered_by confirmed_by", Codes: "from_day to_day", Sealed: "facts", Prints: "hash"},
		{Table: "ordered_part", About: AboutCourt, IDs: "ordered", Codes: "part"},
		{Table: "ordered_bytes", About: AboutCourt, IDs: "ordered item", Sealed: "sealed"},
		{Table: "ordered_taken", About: AboutCourt, IDs: "id ordered member"},
		{Table: "reported", About: AboutCourt, IDs: "id book member adds_to", Codes: "hat", Sealed: "facts"},
		{Table: "legal_claim", About: AboutCourt, IDs: "member demand"},

		{Table: "log", About: AboutPlace, Codes: "origin", Prints: "previous seal"},
		{Table: "log_tile", About: AboutPlace, Prints: "hashes"},
		{Table: "log_checkpoint", About: AboutPlace, Prints: "note"},
		{Table: "log_record", About: AboutPlace, IDs: "id", Codes: "kind", Prints: "sum once"},
		{Table: "log_queue", About: AboutPlace, IDs: "id", Codes: "kind", Prints: "leaf sum once seal"},
		{Table: "log_refused", About: AboutPlace, IDs: "id", Codes: "kind", Prints: "leaf sum once seal"},
		{Table: "log_checked", About: AboutPlace, Codes: "witness", Prints: "line"},
		{Table: "restoring", About: AboutPlace},
		{Table: "resting", About: AboutPlace},
		{Table: "opening", About: AboutPlace},
		{Table: "proof", About: AboutPlace, Codes: "kind about fault"},
	}
}
