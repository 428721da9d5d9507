package keeper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/witness"
)

// bounded ends what would have no end.
func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

type row = map[string]json.RawMessage

// forged is a copy that somebody changes before they show it.
type forged struct {
	Format   string          `json:"format"`
	MadeAt   json.RawMessage `json:"made_at"`
	Book     json.RawMessage `json:"book"`
	Owner    json.RawMessage `json:"owner"`
	Key      json.RawMessage `json:"key"`
	Logs     []row           `json:"logs"`
	Entries  []row           `json:"entries"`
	Looks    []row           `json:"looks"`
	Given    []row           `json:"given"`
	Asked    []row           `json:"asked"`
	Left     []row           `json:"left"`
	Lasting  []row           `json:"lasting"`
	Days     []row           `json:"days"`
	Signed   []row           `json:"signed"`
	Ordered  []row           `json:"ordered"`
	Reported []row           `json:"reported"`
}

func forge(t testing.TB, text []byte, change func(*forged)) []byte {
	t.Helper()
	var f forged
	must(t, json.Unmarshal(text, &f))
	change(&f)
	out, err := json.Marshal(f)
	must(t, err)
	return out
}

// elsewhere is what another package keeps of a book; of one that is in part erased not all is proved.
type elsewhere struct {
	ID     string `json:"id"`
	Words  string `json:"words"`
	Partly bool   `json:"partly"`
}

func (x elsewhere) row() keeper.AsideRow {
	return keeper.AsideRow{Kind: "thing", ID: []byte(x.ID), Payload: []byte(x.Words)}
}

func (w *world) record(t testing.TB, x elsewhere) {
	t.Helper()
	must(t, w.db.Update(context.Background(), func(tx *store.Tx) error {
		return w.k.Queue().Record(tx, x.row().Kind, x.row().ID, x.row().Payload, w.clock.Now())
	}))
}

var errNoThing = errors.New("there is no such thing")

func checkThing(_ id.Book, shown json.RawMessage) (keeper.AsideRow, bool, error) {
	var x elsewhere
	_ = json.Unmarshal(shown, &x)
	if x.Words == "none" {
		return keeper.AsideRow{}, false, errNoThing
	}
	return x.row(), x.Partly, nil
}

var checkThings = map[string]keeper.CheckAside{keeper.CopyAsked: checkThing, keeper.CopyLeft: checkThing}

func checkForged(text []byte, key *witness.Key, asides map[string]keeper.CheckAside) (keeper.Copied, []string, error) {
	var found []string
	c, err := keeper.CheckCopy(bytes.NewReader(text), key, asides, func(p witness.Problem) { found = append(found, p.Table+": "+p.What) })
	return c, found, err
}

// small is a copy of a book with two strengths, of which the owner put one away and erased the other, and of which one thing is kept
// elsewhere.
func (w *world) small(t testing.TB) (text []byte, key witness.Key) {
	t.Helper()
	who, b := w.person(t)
	strength := func() book.Entry {
		return w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "I sing", id.Item{})})
	}
	gone, away := strength(), strength()
	w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActPutAway, Item: away.Item, Base: away.ID})
	w.does(t, who, b, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{gone.Item}}})
	x := elsewhere{ID: "x", Words: "why"}
	w.record(t, x)
	w.k.OnCopy(keeper.CopyAsked, func(context.Context, grant.Subject, id.Book) ([]keeper.Aside, error) {
		return []keeper.Aside{{Shown: x, AsideRow: x.row()}}, nil
	})
	l := w.log(t)
	sequenced(t, l)
	var out bytes.Buffer
	must(t, w.k.Copy(bounded(t), who, b, l.Key(), &out))
	return out.Bytes(), l.Key()
}

// TestWhatIsChangedInACopyIsNamed: one thing at a time; what is as it was is not.
func TestWhatIsChangedInACopyIsNamed(t *testing.T) {
	w := newWorld(t, ready.Folder(t))
	text, key := w.small(t)
	const (
		missing = "entries: its words or their salt are missing"
		shown   = "entries: the words shown are not those that were committed to"
		changed = "entries: it is not as it was committed to: something in it was changed"
	)
	for what, c := range map[string]struct {
		change func(*forged)
		want   []string
	}{
		"nothing":               {func(*forged) {}, nil},
		"no body, none shown":   {func(f *forged) { delete(f.Entries[2], "body") }, nil},
		"no body, one shown":    {func(f *forged) { f.Entries[2]["body"] = []byte(`{"what":"good"}`) }, []string{shown}},
		"a body that is not":    {func(f *forged) { delete(f.Entries[1], "body") }, []string{shown}},
		"no salt":               {func(f *forged) { delete(f.Entries[1], "salt") }, []string{missing}},
		"a salt too short":      {func(f *forged) { f.Entries[1]["salt"] = []byte(`"AAAA"`) }, []string{missing}},
		"no words":              {func(f *forged) { delete(f.Entries[1], "plain") }, []string{missing}},
		"words too short":       {func(f *forged) { f.Entries[1]["plain"] = []byte(`"AAAAAAAAAA=="`) }, []string{missing}},
		"no body but its time":  {func(f *forged) { f.Entries[1]["plain"] = f.Entries[2]["plain"] }, []string{shown, changed}},
		"its author":            {func(f *forged) { f.Entries[1]["author"] = f.Book }, []string{changed}},
		"something kept aside":  {func(f *forged) { f.Asked[0]["words"] = []byte(`"how"`) }, []string{"asked: it is not proved to be in the log"}},
		"its kind of id":        {func(f *forged) { f.Asked[0]["id"] = []byte(`7`) }, []string{"asked: it cannot be as it is shown: "}},
		"something that is not": {func(f *forged) { f.Asked[0]["words"] = []byte(`"none"`) }, []string{"asked: it cannot be as it is shown: " + errNoThing.Error()}},
	} {
		got, found, err := checkForged(forge(t, text, c.change), &key, checkThings)
		if err != nil || !slices.EqualFunc(found, c.want, strings.HasPrefix) {
			t.Errorf("%s: %q, %v, want %q", what, found, err, c.want)
		}
		aside := 1
		if len(c.want) > 0 && strings.Contains(c.want[0], "as it is shown") {
			aside = 0
		}
		if got.Entries != 4 || got.Asides[keeper.CopyAsked] != aside || got.Unproved != 0 || got.Partly != 0 || !got.Accounted {
			t.Errorf("%s: %+v", what, got)
		}
	}
	got, found, err := checkForged(forge(t, text, func(f *forged) { f.Asked[0]["partly"] = []byte(`true`) }), &key, checkThings)
	if err != nil || len(found) > 0 || got.Partly != 1 {
		t.Errorf("erased in part: %+v, %q, %v", got, found, err)
	}
}

// TestWhoErasedIsProved: that the owner did it is said when a later entry shows all of it: the words, the act, by them, in their own name,
// in the log.
func TestWhoErasedIsProved(t *testing.T) {
	w := newWorld(t, ready.Folder(t))
	text, key := w.small(t)
	for what, change := range map[string]func(*forged){
		"":                    func(*forged) {},
		"no words":            func(f *forged) { delete(f.Entries[3], "salt") },
		"another act":         func(f *forged) { f.Entries[3]["act"] = []byte(`"write"`) },
		"by another":          func(f *forged) { f.Entries[3]["author"] = f.Book },
		"in another hat":      func(f *forged) { f.Entries[3]["hat"] = []byte(`"team"`) },
		"in no log":           func(f *forged) { f.Entries[3]["log"] = []byte(`0`) },
		"in the same moment":  func(f *forged) { f.Entries[0]["seq"] = f.Entries[3]["seq"] },
		"before it was there": func(f *forged) { f.Entries[0]["seq"] = []byte(`5`) },
	} {
		got, _, err := checkForged(forge(t, text, change), &key, nil)
		if err != nil || len(got.Erased) != 1 || got.Erased[0].ByOwner != (what == "") {
			t.Errorf("%q: %+v, %v", what, got.Erased, err)
		}
	}
}

// TestWhatIsAccountedFor: the lists of a copy of today's format, by who knows how; of no other is more said than is compared.
func TestWhatIsAccountedFor(t *testing.T) {
	w := newWorld(t, ready.Folder(t))
	text, key := w.small(t)
	other := map[string]keeper.CheckAside{keeper.CopyLeft: checkThing}
	older := bytes.Replace(text, []byte(keeper.CopyFormat), []byte("beside copy of a book 2"), 1)
	older = append(older[:bytes.Index(older, []byte(",\n\"left\""))], '}')
	for what, c := range map[string]struct {
		text      []byte
		asides    map[string]keeper.CheckAside
		accounted bool
		asked     int
	}{
		"today's":              {text, checkThings, true, 1},
		"by who knows another": {text, other, true, 0},
		"by nobody":            {text, nil, false, 0},
		"older":                {older, checkThings, false, 0},
		"older, by nobody":     {older, nil, false, 0},
	} {
		got, found, err := checkForged(c.text, &key, c.asides)
		if err != nil || len(found) > 0 || got.Accounted != c.accounted || got.Asides[keeper.CopyAsked] != c.asked {
			t.Errorf("%s: %+v, %q, %v", what, got, found, err)
		}
	}
}

// nothing is a copy of a book in which nothing is.
const nothing = `{"format":"beside copy of a book 1","made_at":1,"book":"01a0c450-6c00-7a6e-ae32-92529f1c0046",` +
	`"owner":"01a0c450-6c00-7a6e-ae32-92529f1c0046","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","logs":[],"entries":[],"looks":[],"given":[]}`

// TestWhatIsACopy: the parts of a copy stand in their order, and nothing else.
func TestWhatIsACopy(t *testing.T) {
	for what, text := range map[string]string{
		"":                  nothing,
		"a list":            "[" + strings.ReplaceAll(nothing[1:], `":`, `",`),
		"a list of another": strings.Replace(nothing, `"looks":[]`, `"looks":{}`, 1),
		"another name":      strings.Replace(nothing, `"looks"`, `"seen"`, 1),
		"another head":      strings.Replace(nothing, `"owner"`, `"person"`, 1),
		"another order":     strings.Replace(nothing, `"looks":[],"given":[]`, `"given":[],"looks":[]`, 1),
		"something more":    strings.Replace(nothing, `"given":[]`, `"given":[],"more":[]`, 1),
		"another format":    strings.Replace(nothing, `book 1"`, `book 9"`, 1),
		"cut off":           nothing[:len(nothing)-1],
		"empty":             "",
	} {
		_, found, err := checkForged([]byte(text), nil, nil)
		if (err == nil) != (what == "") || err != nil && !errors.Is(err, keeper.ErrNotACopy) || len(found) > 0 {
			t.Errorf("%q: %q, %v", what, found, err)
		}
	}
}

// TestLogsFollowEachOther: of the first that a copy has, nothing says what was before it.
func TestLogsFollowEachOther(t *testing.T) {
	w := newWorld(t, ready.Folder(t))
	text, key := w.copied(t)
	logs := func(order ...int) []byte {
		return forge(t, text, func(f *forged) {
			all := f.Logs
			f.Logs, f.Entries, f.Looks = nil, nil, nil
			for _, n := range order {
				f.Logs = append(f.Logs, all[n])
			}
			f.Entries, f.Looks = []row{}, []row{}
		})
	}
	for _, c := range []struct {
		order []int
		want  []string
	}{
		{[]int{0, 1}, nil}, {[]int{0}, nil}, {[]int{1}, nil}, {[]int{1, 0}, []string{"logs: it does not name the last head of the log before"}},
	} {
		got, found, err := checkForged(logs(c.order...), &key, nil)
		if err != nil || !slices.Equal(found, c.want) || len(got.Heads) != len(c.order)-len(c.want) {
			t.Errorf("the logs %v: %q, %v", c.order, found, err)
		}
	}
}

var errFull = errors.New("there is no room")

type full struct{}

func (full) Write([]byte) (int, error) { return 3, errFull }

// TestACopyWithinAPage: it is found in a line of its own wherever that is, and nowhere else.
func TestACopyWithinAPage(t *testing.T) {
	long := "<p>" + strings.Repeat("x", 4096-len("<p>")) // as much as is read at once
	within := keeper.WithinBegins + "\n" + nothing + "\n" + keeper.WithinEnds
	for what, c := range map[string]struct {
		page   string
		inPage bool
		kept   bool
	}{
		"no page":                 {nothing, false, true},
		"on top":                  {within, true, true},
		"further down":            {"<html>\n<p>\r\n\n" + strings.ReplaceAll(within, "\n", "\r\n"), true, true},
		"after a long line":       {long + "\n" + within, true, true},
		"after many":              {strings.Repeat(long+long+"yy\n", 3) + within, true, true},
		"within a long line":      {long + within, true, false},
		"not in a line of itself": {"<p>" + within, true, false},
		"nowhere":                 {"<html>\n<p>\n", true, false},
		"nowhere, no end":         {"<html>\n<p>", true, false},
	} {
		got, found, err := checkForged([]byte(c.page), nil, nil)
		if (err == nil) != c.kept || err != nil && !errors.Is(err, keeper.ErrNotACopy) || len(found) > 0 || c.kept && got.InPage != c.inPage {
			t.Errorf("%s: %+v, %q, %v", what, got, found, err)
		}
	}
	var out bytes.Buffer
	if n, err := keeper.Within(&out).Write([]byte("a<b<<")); n != 5 || err != nil || out.String() != `a\u003cb\u003c\u003c` {
		t.Errorf("written: %q, %d, %v", out.String(), n, err)
	}
	if n, err := keeper.Within(full{}).Write([]byte("a")); n != 0 || !errors.Is(err, errFull) {
		t.Errorf("where there is no room: %d, %v", n, err)
	}
}

// TestWhatOthersKeepIsCopied: all of it in its order, more than are proved at a time too; with its proof what the log had when the copy was
// begun, without one what it had not.
func TestWhatOthersKeepIsCopied(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		who, b := w.person(t)
		w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "I sing", id.Item{})})
		var things []keeper.Aside
		proved := 0
		for n := range 202 {
			x := elsewhere{ID: fmt.Sprint(n), Words: "why"}
			a := keeper.Aside{Shown: x, AsideRow: x.row()}
			switch n % 50 {
			case 0:
				a.Kind = "" // there is no proof of it
			case 1: // nor was it ever written down
			default:
				proved++
				w.record(t, x)
			}
			things = append(things, a)
		}
		l := w.log(t)
		sequenced(t, l)
		late := elsewhere{ID: "late", Words: "why"}
		var refused error
		var also []keeper.Aside
		w.k.OnCopy(keeper.CopyAsked, func(context.Context, grant.Subject, id.Book) ([]keeper.Aside, error) { return things, nil })
		w.k.OnCopy(keeper.CopyLeft, func(context.Context, grant.Subject, id.Book) ([]keeper.Aside, error) {
			w.record(t, late)
			sequenced(t, l) // the very next leaf after the head of the copy
			return append([]keeper.Aside{{Shown: late, AsideRow: late.row()}}, also...), refused
		})
		var out bytes.Buffer
		must(t, w.k.Copy(bounded(t), who, b, l.Key(), &out))
		key := l.Key()
		got, found, err := checkForged(out.Bytes(), &key, checkThings)
		if err != nil || len(found) > 0 || got.Asides[keeper.CopyAsked] != len(things) || got.Asides[keeper.CopyLeft] != 1 || got.Unproved != len(things)-proved+1 {
			t.Errorf("%+v, %q, %v", got, found, err)
		}
		var f forged
		must(t, json.Unmarshal(out.Bytes(), &f))
		for n, shown := range f.Asked {
			if want := fmt.Sprintf("%q", fmt.Sprint(n)); string(shown["id"]) != want || string(shown["words"]) != `"why"` {
				t.Fatalf("%s stands there, want %s", shown["id"], want)
			}
			if n%50 == 0 && shown["log"] != nil {
				t.Errorf("a place is said of what has no proof: %s", shown["log"])
			}
		}
		if string(f.Left[0]["log"]) != "0" || string(f.Left[0]["once"]) != "null" {
			t.Errorf("of what came later it says %s, %s", f.Left[0]["log"], f.Left[0]["once"])
		}
		for _, kind := range []string{"", "thing"} {
			also = []keeper.Aside{{Shown: make(chan int), AsideRow: keeper.AsideRow{Kind: kind, ID: []byte("x")}}}
			if w.k.Copy(bounded(t), who, b, key, io.Discard) == nil {
				t.Errorf("what cannot be shown is copied (kind %q)", kind)
			}
		}
		refused = errNoThing
		if err := w.k.Copy(bounded(t), who, b, key, io.Discard); !errors.Is(err, errNoThing) {
			t.Errorf("what cannot be read is copied: %v", err)
		}
	})
}

// TestWhatCannotBeCopied: what is stored otherwise than Beside wrote it is told as an error, and a copy is not made without it.
func TestWhatCannotBeCopied(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.give(t, who, b, worker)
		e := w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "I sing", id.Item{})})
		_, err := w.k.Read(ctx, worker, b, keeper.Want{})
		must(t, err)
		l := w.log(t)
		sequenced(t, l)
		must(t, w.k.Copy(bounded(t), who, b, l.Key(), io.Discard))
		short, err := w.vault.Seal(ctx, b, e.Item, e.ID, []byte("short"))
		must(t, err)
		for what, c := range map[string]struct {
			text string
			args []any
		}{
			"words that are too few": {`UPDATE entry SET sealed = $1 WHERE id = $2`, []any{[]byte(short), e.ID}},
			"words under no key":     {`UPDATE entry SET sealed = $1 WHERE id = $2`, []any{[]byte("nothing that a key opens"), e.ID}},
			"a leaf that is no hash": {`UPDATE entry SET leaf = $1 WHERE id = $2`, []any{[]byte("none"), e.ID}},
			"looks under no leaf":    {`UPDATE look SET batch = $1`, []any{[]byte("none")}},
		} {
			var sealed, leaf, batch []byte
			must(t, w.db.Update(ctx, func(tx *store.Tx) error {
				if err := tx.Row(`SELECT sealed, leaf FROM entry WHERE id = $1`, e.ID).Scan(&sealed, &leaf); err != nil {
					return err
				}
				if err := tx.Row(`SELECT DISTINCT batch FROM look`).Scan(&batch); err != nil {
					return err
				}
				_, err := tx.Exec(c.text, c.args...)
				return err
			}))
			if err := w.k.Copy(bounded(t), who, b, l.Key(), io.Discard); err == nil || errs.Is(err, errs.Busy) {
				t.Errorf("%s: %v", what, err)
			}
			must(t, w.db.Update(ctx, func(tx *store.Tx) error {
				if _, err := tx.Exec(`UPDATE look SET batch = $1`, batch); err != nil {
					return err
				}
				_, err := tx.Exec(`UPDATE entry SET sealed = $1, leaf = $2 WHERE id = $3`, sealed, leaf, e.ID)
				return err
			}))
		}
	})
}

// TestWhatWasGivenIsCopied: to whom, of what, and what they may do in it.
func TestWhatWasGivenIsCopied(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		who, b := w.person(t)
		worker := w.worker(t)
		on := w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "I sing", id.Item{})})
		w.gives(t, who, b, worker, func(s *book.Sharing) {
			s.Sections, s.Acts = []book.Section{book.SectionName, book.SectionGoals}, []book.Section{book.SectionGoals}
			s.Singles = []book.Single{{Section: book.SectionStrengths, Item: on.Item}}
		})
		var out bytes.Buffer
		must(t, w.k.Copy(bounded(t), who, b, w.log(t).Key(), &out))
		var f forged
		must(t, json.Unmarshal(out.Bytes(), &f))
		for field, want := range map[string]string{
			"recipient": fmt.Sprintf("%q", worker.Person), "sections": `["goals","name"]`, "acts": `["goals"]`,
			"singles": fmt.Sprintf("[%q]", book.Single{Section: book.SectionStrengths, Item: on.Item}), "said": `[]`, "read_only": `false`,
		} {
			if len(f.Given) != 1 || string(f.Given[0][field]) != want {
				t.Fatalf("%s: %s, want %s", field, f.Given, want)
			}
		}
	})
}
