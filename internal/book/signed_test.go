package book_test

import (
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
)

// TestEachElementOfAConsent: of what 42 CFR 2.31(a) asks of a consent, and a grant carries, each is left out in turn, on each way in which
// one is given: then it is none.
func TestEachElementOfAConsent(t *testing.T) {
	owner, witness, worker := aPerson(1), aPerson(2), aPerson(3)
	whole := func(via book.Via) book.Entry {
		s := &book.Sharing{As: book.HatWorker, Recipient: worker, Sections: []book.Section{book.SectionName, book.SectionGoals}, Purpose: book.PurposeWalking, Until: 1_800_000_000_000_000}
		if via == book.ViaPaper {
			s.Signed = &book.Signed{Witness: witness, Day: "2025-03-12", Photo: [32]byte{1}}
		}
		var b id.Book
		b, _ = id.FromBytes[id.Book](anItem(9).Bytes())
		e, _ := id.FromBytes[id.Entry](anItem(8).Bytes())
		return book.Entry{ID: e, Book: b, Seq: 1, Section: book.SectionSharing, Kind: book.KindSharing, Version: book.CurrentVersion, Item: anItem(8), Act: book.ActWrite,
			Author: owner, Hat: book.HatSelf, Via: via, RecordedAt: 1, Body: s}
	}
	without := map[string]func(*book.Entry, *book.Sharing){
		"(1) the name":                       func(_ *book.Entry, s *book.Sharing) { s.Sections = s.Sections[1:] },
		"(3) what":                           func(_ *book.Entry, s *book.Sharing) { s.Sections = nil },
		"(4) to whom":                        func(_ *book.Entry, s *book.Sharing) { s.Recipient = id.Person{} },
		"(4) in which hat they read":         func(_ *book.Entry, s *book.Sharing) { s.As = "" },
		"(5) why":                            func(_ *book.Entry, s *book.Sharing) { s.Purpose = "" },
		"(5) another purpose":                func(_ *book.Entry, s *book.Sharing) { s.Purpose = book.PurposeNear },
		"(7) until when":                     func(_ *book.Entry, s *book.Sharing) { s.Until = 0 },
		"(8) the owner's hand":               func(e *book.Entry, _ *book.Sharing) { e.Author = worker },
		"(8) anybody's hand":                 func(e *book.Entry, _ *book.Sharing) { e.Author = id.Person{} },
		"(8) the owner's own hat":            func(e *book.Entry, _ *book.Sharing) { e.Hat = book.HatTeam },
		"(8) a yes of one's own, not anew":   func(e *book.Entry, _ *book.Sharing) { e.Via = book.ViaTogether },
		"(8) an act, and not a suggestion":   func(e *book.Entry, _ *book.Sharing) { e.Act = book.ActSuggest },
		"(8) an act, not written by another": func(e *book.Entry, _ *book.Sharing) { e.Act, e.Answers = book.ActWriteFor, e.ID },
	}
	onPaper := map[string]func(*book.Entry, *book.Sharing){
		"(8) the signature":                func(_ *book.Entry, s *book.Sharing) { s.Signed = nil },
		"(8) who saw it":                   func(_ *book.Entry, s *book.Sharing) { s.Signed.Witness = id.Person{} },
		"(8) somebody else who saw it":     func(_ *book.Entry, s *book.Sharing) { s.Signed.Witness = worker },
		"(8) somebody else than the owner": func(_ *book.Entry, s *book.Sharing) { s.Signed.Witness = owner },
		"(8) the paper":                    func(_ *book.Entry, s *book.Sharing) { s.Signed.Photo = [32]byte{} },
		"(9) the day":                      func(_ *book.Entry, s *book.Sharing) { s.Signed.Day = "" },
		"(9) a day that is one":            func(_ *book.Entry, s *book.Sharing) { s.Signed.Day = "2025-02-30" },
		"(4) a worker, and not a relative": func(_ *book.Entry, s *book.Sharing) {
			s.As, s.Purpose, s.Label = book.HatSelf, book.PurposeNear, book.NewText("my sister")
		},
		"(8) of a grant, and nothing besides": func(e *book.Entry, _ *book.Sharing) {
			e.Kind, e.Section, e.Body = book.KindGoal, book.SectionGoals, &book.Goal{Words: book.NewText("x")}
		},
	}
	several := func() book.Entry {
		e := whole(book.ViaWeb)
		role, _ := id.FromBytes[id.Role](anItem(7).Bytes())
		e.Body = &book.Sharing{As: book.HatWorker, To: book.ToRole, Whoever: book.Whoever{Role: role, Said: []book.Said{{Person: worker, Yes: true}}}, Label: book.NewText("the evening line"),
			Sections: []book.Section{book.SectionName, book.SectionGoals}, Purpose: book.PurposeRole, Until: 1_800_000_000_000_000}
		return e
	}
	place, _ := id.FromBytes[id.Community](anItem(6).Bytes())
	toWorkers := func(s *book.Sharing) {
		s.To, s.Role, s.Place, s.Label, s.Purpose = book.ToWorkers, id.Role{}, place, book.Text{}, book.PurposeWorkers
	}
	ofSeveral := map[string]func(*book.Entry, *book.Sharing){
		"(4) the role":                       func(_ *book.Entry, s *book.Sharing) { s.Role = id.Role{} },
		"(4) what the role is called":        func(_ *book.Entry, s *book.Sharing) { s.Label = book.Text{} },
		"(4) whom it is to":                  func(_ *book.Entry, s *book.Sharing) { s.To = book.ToOne },
		"(4) whom it is to, as it is known":  func(_ *book.Entry, s *book.Sharing) { s.To = "friends" },
		"(4) one, and not two":               func(_ *book.Entry, s *book.Sharing) { s.Recipient = worker },
		"(4) one, and not a role in a place": func(_ *book.Entry, s *book.Sharing) { s.Place = place },
		"(4) the place of all workers":       func(_ *book.Entry, s *book.Sharing) { toWorkers(s); s.Place = id.Community{} },
		"(4) workers, and not relatives":     func(_ *book.Entry, s *book.Sharing) { s.As = book.HatSelf },
		"(4) each once of whom it is said":   func(_ *book.Entry, s *book.Sharing) { s.Said = append(s.Said, s.Said...) },
		"(5) its own purpose":                func(_ *book.Entry, s *book.Sharing) { s.Purpose = book.PurposeWalking },
		"(5) the purpose of all workers":     func(_ *book.Entry, s *book.Sharing) { toWorkers(s); s.Purpose = book.PurposeRole },
		"(3) reading, and not writing for":   func(_ *book.Entry, s *book.Sharing) { s.Acts = []book.Section{book.SectionGoals} },
		"(7) until when, with an event":      func(_ *book.Entry, s *book.Sharing) { s.Event, s.Until = book.NewText("until I have moved"), 0 },
		"(7) the event that came":            func(_ *book.Entry, s *book.Sharing) { s.Came = true },
		"(8) a hand, and not paper":          func(e *book.Entry, _ *book.Sharing) { e.Via = book.ViaPaper },
		"(8) a hand, and not paper signed": func(e *book.Entry, s *book.Sharing) {
			e.Via, s.Signed = book.ViaPaper, &book.Signed{Witness: witness, Day: "2025-03-12", Photo: [32]byte{1}}
		},
	}
	for what, leave := range map[string]func(*book.Sharing){"to a role": func(*book.Sharing) {}, "to all workers": toWorkers, "until an event": func(s *book.Sharing) { s.Event = book.NewText("until I have moved") }} {
		e := several()
		leave(e.Body.(*book.Sharing))
		if _, err := book.Next(book.NewNow(owner), owner, e); err != nil {
			t.Errorf("a whole consent %s: %v", what, err)
		}
	}
	for what, leave := range ofSeveral {
		e := several()
		leave(&e, e.Body.(*book.Sharing))
		if _, err := book.Next(book.NewNow(owner), owner, e); !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.NotOpen) {
			t.Errorf("to a role, without %s: %v", what, err)
		}
	}
	for _, via := range []book.Via{book.ViaWeb, book.ViaPaper, book.ViaDemo} {
		if _, err := book.Next(book.NewNow(owner), owner, whole(via)); err != nil {
			t.Errorf("a whole consent by %s: %v", via, err)
		}
		all := []map[string]func(*book.Entry, *book.Sharing){without}
		if via == book.ViaPaper {
			all = append(all, onPaper)
		}
		for _, list := range all {
			for what, leave := range list {
				e := whole(via)
				leave(&e, e.Body.(*book.Sharing))
				if _, err := book.Next(book.NewNow(owner), owner, e); !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.NotOpen) {
					t.Errorf("by %s, without %s: %v", via, what, err)
				}
			}
		}
	}
}

// TestSignedIsCarried: what a body says of a signature comes back, and half of it is refused.
func TestSignedIsCarried(t *testing.T) {
	s := book.Signed{Witness: aPerson(2), Day: "2025-03-12", Photo: [32]byte{1, 2, 3}}
	in := &book.Sharing{As: book.HatWorker, Recipient: aPerson(3), Sections: book.Givable(), Purpose: book.PurposeWalking, Until: 1, Signed: &s}
	out, err := book.Decode(book.KindSharing, book.CurrentVersion, book.Encode(in))
	if err != nil || *out.(*book.Sharing).Signed != s {
		t.Fatalf("%+v, %v", out, err)
	}
	for why, photo := range map[string]string{"too short": "ab", "too long": strings.Repeat("ab", 33), "no hash": strings.Repeat("ab", 31) + "xy"} {
		body := `{"witness":"01900000-0000-7000-8000-000000000002","signed_on":"2025-03-12","photo":"` + photo + `"}`
		if _, err := book.Decode(book.KindSharing, book.CurrentVersion, []byte(body)); err == nil {
			t.Errorf("a photograph's hash that is %s was read", why)
		}
	}
}

// TestTakenBackOnPaper: what was given can be taken back on paper, and nothing else is put away by one, nor is anything suggested.
func TestTakenBackOnPaper(t *testing.T) {
	s := newStory(t)
	it := s.item()
	given := &book.Sharing{As: book.HatWorker, Recipient: aPerson(3), Sections: []book.Section{book.SectionName, book.SectionGoals}, Purpose: book.PurposeWalking, Until: 1_800_000_000_000_000,
		Signed: &book.Signed{Witness: aPerson(2), Day: "2025-03-12", Photo: [32]byte{1}}}
	by := func(e book.Entry) book.Entry { e.Via = book.ViaPaper; return e }
	head := s.says(by(s.entry(s.owner, book.ActWrite, it, id.Entry{}, id.Entry{}, book.KindSharing, given)))
	goal := s.item()
	on := s.says(s.entry(s.owner, book.ActWrite, goal, id.Entry{}, id.Entry{}, book.KindGoal, &book.Goal{Words: swim.Words}))
	s.refuses("a goal is put away", by(s.entry(s.owner, book.ActPutAway, goal, on, id.Entry{}, book.KindGoal, nil)), errs.Invalid, "")
	s.refuses("a goal is written", by(s.entry(s.owner, book.ActWrite, goal, on, id.Entry{}, book.KindGoal, &book.Goal{Words: swim.Words})), errs.Invalid, "")
	s.refuses("a goal is suggested", by(s.entry(s.sister, book.ActSuggest, goal, on, id.Entry{}, book.KindGoal, &book.Goal{Words: swim.Words})), errs.Invalid, "")
	s.says(by(s.entry(s.owner, book.ActPutAway, it, head, id.Entry{}, book.KindSharing, nil)))
}

func aPerson(n byte) id.Person { p, _ := id.FromBytes[id.Person](anItem(n).Bytes()); return p }
