// Package page is what every page of Beside shares: the layout around it, forms that lose nothing, calm pages for what
// goes wrong, and the guards in front of all of them. A page itself is a struct, a template and a handler, and this
// package exists so that these three are all its author has to think about.
//
// # How to add a page
//
// Say, the goals of a person, under internal/web/me.
//
// 1. The words. Add them to internal/lang/catalogues/en/me.json. A template holds no words of its own.
//
//	{ "me": { "goals": "My goals", "goal_words": "What do you wish for?", "goal_words_hint": "Your own words are the right ones.",
//	          "said_goal_kept": "Kept." } }
//
// 2. The template, internal/web/templates/me/goals.html. It defines "title" and "main"; the dot is the page's struct.
//
//	{{define "title"}}{{t "me.goals"}}{{end}}
//	{{define "main"}}
//	<h1>{{t "me.goals"}}</h1>
//	{{template "who" .Who}}
//	{{range .Goals}}<article class="paper"><p>{{own .Words}}</p><p class="small">{{day .When}}</p></article>{{else}}{{template "empty" $.Empty}}{{end}}
//	<form method="post" action="{{.Form.Action}}">
//	  {{template "form" .Form}}
//	  {{template "text" ((field .Form "words" "me.goal_words" "me.goal_words_hint").Must)}}
//	  <p class="do"><button>{{t "common.keep_this"}}</button> <a class="button quiet" href="/me">{{t "common.go_back"}}</a></p>
//	</form>
//	{{end}}
//
// 3. The struct and the handlers, internal/web/me/goals.go. They are methods of the package's own type, which holds the
// [Site] and the practice packages it needs. Who stands before the page comes as a visit.Visitor (package web/visit).
//
//	type goalsPage struct {
//		Who   page.Who
//		Goals []goal
//		Empty page.Empty
//		Form  *page.Form
//	}
//
//	func (p *Pages) goals(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
//		return p.showGoals(w, r, v, http.StatusOK, page.NewForm(r, "/me/goals"))
//	}
//
//	func (p *Pages) keepGoal(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
//		form := page.Posted(r)
//		wr, err := writing(form) // the form's own id: a double tap or a replay is the same entry
//		if err != nil {
//			return err
//		}
//		_, err = p.journey.SetGoal(r.Context(), owner(v), wr, journey.Goal{Mine: journey.Mine{Words: form.Text("words")}})
//		if form.Refused(err) { // says what could not be taken, beside the field and on top
//			return p.showGoals(w, r, v, http.StatusUnprocessableEntity, form)
//		}
//		if err != nil {
//			return err // the kind of error decides the page, see Site.Error
//		}
//		page.Say(w, r, "me.said_goal_kept")
//		return p.site.Go(w, r, "/me/goals") // see other: a reload sends nothing twice
//	}
//
// 4. The routes, in the package's Mount. visit.Only says whose page it is: for any other hat it is not open.
//
//	site.Handle("GET /me/goals", visit.Only(book.HatSelf, p.goals))
//	site.Handle("POST /me/goals", visit.Only(book.HatSelf, p.keepGoal))
//
// 5. A test that asks for the page and looks at it with package beside/internal/testkit/htmlcheck.
//
// # In a template
//
//	{{t "key"}} {{t "key" "Name" .Name}}   words of the house; "Count" also chooses the plural
//	{{own .Words}}                         what the owner of the book wrote: a book.Text, in a serif, on plain paper
//	{{theirs .Words}}                      what somebody else wrote: a book.Text, in plum
//	{{day .When}} {{when .When}}           a [Moment]: "last Tuesday", "last Tuesday, in the afternoon"
//	{{date .When}}                         the same with its year, for what is printed and kept: "24 November 2026"
//	{{field .Form "name" "label" "hint"}}  a question, for the parts below; add .Must .Tall .Short .Many .From .FilledBy
//	<bdi>{{.Name}}</bdi>                   a name: it keeps its own direction
//
// A book.Text printed any other way shows "‹private›". Only own and theirs, and [Form.Fill], show one.
//
// Parts (templates/parts) take: "form" a *[Form], first inside the form's tag; "passkey" a [Passkey], last in it; "line" "text" "secret" "choices" "tick" a
// [Field]; "slip" a [Slip]; "answers" a *[Form]; "who" a [Who]; "timeline" a list of [Event]; "empty" an [Empty];
// "draw-bench" "draw-book" "draw-path" "draw-tree" nothing. Classes are in assets/files/beside.css, and the gallery
// (/gallery of a demo) shows every one of them.
//
// A page has no style and no script of its own, in no attribute either: the browser is told to refuse both. Attributes
// are quoted. A link is <a>; what changes something is a <form method="post">.
//
// # What stands before a page
//
// From the outside in: a line in the log (method, route pattern, status, microseconds, reference: never a path's values
// or anything typed); a net under panics; security headers; [http.CrossOriginProtection]; the steps of [Site.Before],
// which find who is signed in; and for what changes something a body of at most [FormLimit] and the form token.
package page
