package book_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
)

var record = flag.Bool("record", false, "write a golden body for each kind that has none; never changes one that is there")

func anItem(last byte) id.Item {
	b := [16]byte{0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, last}
	it, _ := id.FromBytes[id.Item](b[:])
	return it
}

func aPicture(last byte) id.Picture {
	p, _ := id.FromBytes[id.Picture](anItem(last).Bytes())
	return p
}

func samples() map[string]book.Body {
	w := book.NewText("my own words, \"né́e\" <b>\u2028\n👩🏽‍👧 שלום")
	person, _ := id.Parse[id.Person]("01900000-0000-7000-8000-000000000009")
	return map[string]book.Body{
		"name":     &book.Name{Words: w},
		"words":    &book.Words{Words: w},
		"strength": &book.Strength{Words: w, Domain: book.DomainPlay, When: book.WhenBefore},
		"goal":     &book.Goal{Words: w, BuildsOn: []id.Item{anItem(1), anItem(2)}, Reached: true},
		"step":     &book.Step{Words: w, Goal: anItem(3), Done: true},
		"note":     &book.Note{Words: w, Domain: book.DomainHome},
		"moment":   &book.Moment{Words: w, What: book.WhatSlipped},
		"about":    &book.About{Under18: true, Contact: book.ContactQuiet, Address: book.NewText("mira@example.org")},
		"tie":      &book.Tie{Other: person, Bond: book.BondSponsor, Words: w},
		"address": &book.Address{Channel: book.ChannelText, Address: book.NewText("+12025550143"), Write: true, Call: true, Leave: true, Opens: true,
			Name: book.NewText("Library"), From: 9 * 60, Until: 17*60 + 30, Lang: "en", AskedAt: 1_800_000_000_000_000},
		"made":    &book.Made{Words: w, What: book.MakingDrawing, Picture: aPicture(7), Photo: [32]byte{1, 2, 255}},
		"circle":  &book.Circle{Words: w, Sort: book.SortPlace, Near: book.NearAround, Gives: w, Given: w, Turn: book.TurnSecond, Phone: book.NewText("+1 (202) 555-0143")},
		"path":    &book.Path{Facet: book.FacetWay, Way: book.WayHarm, Words: w, Season: book.SeasonCurious},
		"erasing": &book.Erasing{Items: []id.Item{anItem(4), anItem(5)}},
		"sharing": &book.Sharing{As: book.HatWorker, Recipient: person, Sections: book.Usual(), Purpose: book.PurposeWalking, Until: 1_800_000_000_000_000},
	}
}

// TestGoldenBodies: every body ever written is still read, and a body of today is written as the same bytes for ever.
// The files are named kind.version.json; a new version adds files and changes none.
func TestGoldenBodies(t *testing.T) {
	for kind, body := range samples() {
		path := filepath.Join("testdata", "golden", fmt.Sprintf("%s.%d.json", kind, book.CurrentVersion))
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && *record {
			if err := os.WriteFile(path, book.Encode(body), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v; a new kind needs its golden body: go test ./internal/book -record", err)
		}
		if got := book.Encode(body); !bytes.Equal(got, want) {
			t.Errorf("%s is written as %s, the golden body is %s", kind, got, want)
		}
	}
	files, _ := filepath.Glob(filepath.Join("testdata", "golden", "*.json"))
	if len(files) < len(samples()) {
		t.Fatalf("%d golden bodies for %d kinds", len(files), len(samples()))
	}
	for _, path := range files {
		kind, version, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".json"), ".")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := book.Decode(book.Kind(kind), int(version[0]-'0'), data)
		if err != nil {
			t.Errorf("%s cannot be read any more: %v", path, err)
		} else if again := book.Encode(b); !bytes.Equal(again, data) {
			t.Errorf("%s becomes %s when it is written again", path, again)
		} else if err := book.CheckBody(b); err != nil {
			t.Errorf("%s would be refused today: %v", path, err)
		}
	}
}

// TestUnknownFieldsAreKept: what a newer program wrote is still there after an older one changed what it knows.
func TestUnknownFieldsAreKept(t *testing.T) {
	in := `{"words":"swim","colour":{"of":["the","sea",1.50,null]},"zz":12345678901234567890}`
	b, err := book.Decode(book.KindGoal, 2, []byte(in))
	if err != nil {
		t.Fatal(err)
	}
	b.(*book.Goal).Words = book.NewText("swim far")
	want := `{"colour":{"of":["the","sea",1.50,null]},"words":"swim far","zz":12345678901234567890}`
	if got := string(book.Encode(b)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestOwnWordsComeBack: any text a browser can send comes back as the same Unicode, but for CRLF (mission.md S0.2).
func TestOwnWordsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringN(1, 200, -1).Draw(t, "text")
		b, err := book.Decode(book.KindWords, 1, book.Encode(&book.Words{Words: book.NewText(s)}))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := b.(*book.Words).Words.Show(), strings.ReplaceAll(s, "\r\n", "\n"); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// TestTextDoesNotSlipOut: printing, logging and serialising a text shows nothing of it.
func TestTextDoesNotSlipOut(t *testing.T) {
	secret := book.NewText("only mine")
	holder := struct{ T book.Text }{secret}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "text", secret, "in", holder, "group", slog.GroupValue(slog.Any("t", secret)))
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "text", secret, "in", holder)
	out := fmt.Sprintf("%v %+v %#v %s %q %x", secret, holder, holder, secret, secret, secret) + log.String()
	if strings.Contains(out, "mine") || strings.Contains(out, fmt.Sprintf("%x", "mine")) {
		t.Errorf("the text slipped out: %s", out)
	}
	if _, err := json.Marshal(holder); !errors.Is(err, book.ErrPrivate) {
		t.Errorf("serialising gave %v, want ErrPrivate", err)
	}
}

// TestWhatCannotBeKept: each refusal names its field, all at once.
func TestWhatCannotBeKept(t *testing.T) {
	long := book.NewText(strings.Repeat("a", book.MaxText+1))
	for name, c := range map[string]struct {
		body book.Body
		want []string
	}{
		"a goal without words":               {&book.Goal{}, []string{"words"}},
		"only spaces":                        {&book.Strength{Words: book.NewText(" \n\t")}, []string{"words"}},
		"too long":                           {&book.Words{Words: long}, []string{"words"}},
		"a zero byte":                        {&book.Words{Words: book.NewText("a\x00b")}, []string{"words"}},
		"broken UTF-8":                       {&book.Words{Words: book.NewText("a\xffb")}, []string{"words"}},
		"domain and when of no list":         {&book.Strength{Words: book.NewText("x"), Domain: "mood", When: "soon"}, []string{"domain", "when"}},
		"a worry without words, of no list":  {&book.Note{Domain: "mood"}, []string{"words", "domain"}},
		"a goal of no list":                  {&book.Goal{Words: book.NewText("x"), Domain: "mood"}, []string{"domain"}},
		"a step towards nothing":             {&book.Step{Words: book.NewText("x")}, []string{"goal"}},
		"a long name":                        {&book.Name{Words: book.NewText(strings.Repeat("a", book.MaxName+1))}, []string{"words"}},
		"an address but no answer":           {&book.About{Address: book.NewText("x@example.org")}, []string{"contact"}},
		"yes, write, but no address":         {&book.About{Contact: book.ContactQuiet}, []string{"address"}},
		"a grant of what is not given":       {&book.Sharing{As: book.HatWorker, Recipient: samples()["sharing"].(*book.Sharing).Recipient, Purpose: book.PurposeWalking, Until: 1, Sections: []book.Section{book.SectionName, book.SectionDays}}, []string{"sections"}},
		"a tie with nobody":                  {&book.Tie{Bond: "foe", Words: book.NewText(strings.Repeat("a", book.MaxTieWords+1))}, []string{"words", "other", "bond"}},
		"an address of no kind":              {&book.Address{}, []string{"address"}},
		"a sender with a link":               {&book.Address{Channel: book.ChannelEmail, Address: book.NewText("a@example.org"), Name: book.NewText("see http://x"), From: 24 * 60}, []string{"name", "from"}},
		"a grant to nobody's hat":            {&book.Sharing{As: book.HatTeam, Recipient: samples()["sharing"].(*book.Sharing).Recipient, Purpose: book.PurposeWalking, Until: 1, Sections: []book.Section{book.SectionName}}, []string{"purpose"}},
		"a worker's purpose for a sister":    {&book.Sharing{As: book.HatSelf, Label: book.NewText("my sister"), Recipient: samples()["sharing"].(*book.Sharing).Recipient, Purpose: book.PurposeWalking, Until: 1, Sections: []book.Section{book.SectionName}}, []string{"purpose"}},
		"a grant to somebody without a name": {&book.Sharing{As: book.HatSelf, Recipient: samples()["sharing"].(*book.Sharing).Recipient, Purpose: book.PurposeNear, Until: 1, Sections: []book.Section{book.SectionName}}, []string{"label"}},
		"a grant of one thing twice":         {&book.Sharing{As: book.HatWorker, Recipient: samples()["sharing"].(*book.Sharing).Recipient, Purpose: book.PurposeWalking, Until: 1, Sections: []book.Section{book.SectionName}, Singles: []book.Single{{}, {}}}, []string{"sections"}},
		"something made of nothing":          {&book.Made{What: "mess", Photo: [32]byte{1}}, []string{"words", "what", "photo"}},
		"a photograph without its hash":      {&book.Made{Picture: aPicture(1)}, []string{"photo"}},
		"words and no photograph":            {&book.Made{Words: book.NewText("x")}, nil},
		"a photograph and no words":          {&book.Made{Picture: aPicture(1), Photo: [32]byte{31: 1}}, nil},
		"an empty grant":                     {&book.Sharing{}, []string{"recipient", "purpose", "until", "sections"}},
	} {
		err := book.CheckBody(c.body)
		var got []string
		if e, ok := errors.AsType[*errs.Error](err); ok && e.Kind == errs.Invalid {
			for _, f := range e.Fields {
				got = append(got, f.Name)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: fields (-want +got):\n%s", name, d)
		}
	}
	for kind, b := range samples() {
		if err := book.CheckBody(b); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// FuzzDecode: no bytes make the codec panic, a refusal quotes none of them, and what is read is written again as bytes that
// read the same.
func FuzzDecode(f *testing.F) {
	for kind, b := range samples() {
		f.Add(kind, book.Encode(b))
	}
	f.Add("goal", []byte(`{"builds_on":["x"]}`))
	f.Add("words", []byte(`{"words":"a"} x`))
	f.Add("words", []byte(`null`))
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		b, err := book.Decode(book.Kind(kind), 1, data)
		if err != nil {
			return
		}
		_ = book.CheckBody(b)
		once := book.Encode(b)
		again, err := book.Decode(book.Kind(kind), 1, once)
		if err != nil {
			t.Fatalf("%s was read, but not what it was written as, %s: %v", data, once, err)
		}
		if twice := book.Encode(again); !bytes.Equal(once, twice) {
			t.Fatalf("written as %s, then as %s", once, twice)
		}
	})
}

// FuzzText: no bytes make a text panic, and a text that can be kept is shown as it was given but for CRLF.
func FuzzText(f *testing.F) {
	f.Add("a\r\nb")
	f.Add("\xff\x00")
	f.Fuzz(func(t *testing.T, s string) {
		x := book.NewText(s)
		if err := book.CheckBody(&book.Words{Words: x}); err == nil && x.Show() != strings.ReplaceAll(s, "\r\n", "\n") {
			t.Fatalf("%q is shown as %q", s, x.Show())
		}
	})
}
