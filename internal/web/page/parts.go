package page

import "beside/internal/book"

// domains are the parts of life, called the same on every page (mission.md S2.S6).
var domains = map[book.Domain]string{
	book.DomainHome: "domain.home", book.DomainMoney: "domain.money", book.DomainWork: "domain.work",
	book.DomainPeople: "domain.people", book.DomainWellness: "domain.wellness", book.DomainPlay: "domain.play",
	book.DomainSpirit: "domain.spirit", book.DomainPlace: "domain.place",
}

// DomainWords returns the catalogue key of a part of life, "" when none was said.
func DomainWords(d book.Domain) string { return domains[d] }

// DomainChoices are the parts of life to choose from, in the order of the screen.
func DomainChoices() []Choice {
	var list []Choice
	for _, d := range book.Domains() {
		list = append(list, Choice{Value: string(d), Words: domains[d]})
	}
	return list
}

// Who is the line under a heading that says who can see this: {{template "who" .Who}}.
type Who struct {
	Names []string // what those who can see it are called; nobody means only the owner
	Href  string   // where the owner changes it, empty to show no link
}

// Slip is a suggestion: another's voice, on a plum-edged slip, {{template "slip" .}}. With a Form it carries the four
// answers; without, it is only shown.
type Slip struct {
	From  string // the first name of who suggests
	Title string // their own title, "recovery coach"
	Kind  string // catalogue key with placeholder From, "{{.From}} suggests a goal"
	When  Moment
	Words book.Text
	On    book.Text // the strength it builds on, may be blank
	Form  *Form
}

// Event is one line of a timeline: {{template "timeline" .Events}}.
type Event struct {
	When  Moment
	Words string    // catalogue key without arguments, "You kept a strength"
	Mine  book.Text // the person's own words, may be blank
	By    string    // name of who else acted, empty for the owner
}

// Empty is a place where nothing is yet: {{template "empty" .}}.
type Empty struct {
	Drawing string // name of a drawing in parts/drawings.html
	Words   string // catalogue key
	Href    string // where to begin, may be empty
	Do      string // catalogue key of the link
}

// Passkey asks for a passkey, last in a form: {{template "passkey" .Passkey}}. The device's answer is sent in the form's
// field "answer"; it is empty when there was none.
type Passkey struct {
	Form   *Form
	Asking string // what the device is asked, as JSON; see package account/passkey
	Do     string // catalogue key of the button
}

// Tap is a form of one button that does one thing, {{template "tap" .}}.
type Tap struct {
	Form  *Form
	Words string // catalogue key
	Plain bool   // it takes something back and stands modestly
	Of    string // id of the element that says what the button is about
}
