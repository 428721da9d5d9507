package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
	"beside/internal/witness"
)

// unproved are the fields that a copy of a book shows for reading alone: docs/export.md says so.
var unproved = map[string][]string{
	keeper.CopyAsked:   {"words", "answer"},
	keeper.CopyLeft:    {"way", "to", "why", "letter", "days", "what"},
	keeper.CopyLasting: {"name", "to", "why"},
}

// TestWhatLeftIsAccountedFor: whoever has a person's copy of their book and the key of the log can see that what left it, what was
// asked about looks and when they were here is as the log has it, up to a signed head, and that nothing in it was changed since.
func TestWhatLeftIsAccountedFor(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		a := newAttack(t, where)
		back := a.gaveOutside(t)
		if err := a.App.Outside.TakeBack(t.Context(), a.self(), a.person["Mira"].Book, back); err != nil {
			t.Fatal(err)
		}
		a.gaveOutside(t)
		a.madeUnder(t)
		a.metSam(t, true)
		q := a.askedWhy(t, "Sam", book.HatWorker)
		if err := a.App.Asking.Answer(t.Context(), grant.Subject{Person: a.person["Sam"].Person, Hat: book.HatWorker}, q, id.New[id.Entry](a.App.IDs), book.NewText("to see")); err != nil {
			t.Fatal(err)
		}
		a.askedWhy(t, "Alex", book.HatWorker)
		text := a.copied(t, a.person["Mira"])
		found, wrong := a.check(t, text)
		want := map[string]int{}
		for list, table := range map[string]string{keeper.CopyLeft: "outside", keeper.CopyLasting: "lasting", keeper.CopyAsked: "why", keeper.CopyDays: "attended"} {
			want[list] = a.rowsOf(t, table)
		}
		if len(wrong) > 0 || fmt.Sprint(found.Asides) != fmt.Sprint(want) || !found.Accounted || found.Partly > 0 {
			t.Fatalf("%v is accounted for, there is %v; %v", found, want, wrong)
		}
		a.everyChangeIsFound(t, text)
	})
}

// rowsOf counts the rows of a table that are of Mira's book.
func (a *attack) rowsOf(t *testing.T, table string) (n int) {
	t.Helper()
	err := a.App.DB.View(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM `+table+` WHERE book = $1`, a.person["Mira"].Book).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (a *attack) copied(t *testing.T, s account.Session) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := a.App.Copy(t.Context(), s, &file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func (a *attack) check(t *testing.T, text []byte) (keeper.Copied, []witness.Problem) {
	t.Helper()
	key := a.App.Log.Key()
	var wrong []witness.Problem
	found, err := keeper.CheckCopy(bytes.NewReader(text), &key, app.CopiedAsides(), func(p witness.Problem) { wrong = append(wrong, p) })
	if err != nil {
		wrong = append(wrong, witness.Problem{What: err.Error()})
	}
	return found, wrong
}

// everyChangeIsFound changes each field of what left, what was asked, what lasts and the days.
func (a *attack) everyChangeIsFound(t *testing.T, text []byte) {
	t.Helper()
	lines, list, tried := strings.SplitAfter(string(text), "\n"), "", map[string]int{}
	begins := regexp.MustCompile(`^,?"(\w+)":\[`)
	for n, line := range lines {
		if m := begins.FindStringSubmatch(line); m != nil {
			list = m[1]
		}
		var fields map[string]json.RawMessage
		if !slices.Contains([]string{keeper.CopyAsked, keeper.CopyLeft, keeper.CopyLasting, keeper.CopyDays}, list) || json.Unmarshal([]byte(strings.TrimPrefix(line, ",")), &fields) != nil {
			continue
		}
		for name, value := range fields {
			changed := otherThan(string(value))
			if slices.Contains(unproved[list], name) || changed == "" {
				continue
			}
			bad := strings.Replace(line, fmt.Sprintf("%q:%s", name, value), fmt.Sprintf("%q:%s", name, changed), 1)
			if bad == line {
				t.Fatalf("%s is not found in %s", name, line)
			}
			tried[list]++
			if _, wrong := a.check(t, []byte(strings.Join(lines[:n], "")+bad+strings.Join(lines[n+1:], ""))); len(wrong) == 0 {
				t.Errorf("in %s, %s changed from %s to %s is not found", list, name, value, changed)
			}
		}
	}
	if len(tried) != 4 {
		t.Errorf("tried to change %v, want all four lists", tried)
	}
}

// otherThan is another value of the same sort, "" for none.
func otherThan(value string) string {
	letters := regexp.MustCompile(`[a-su-zA-Y0-8]`).FindAllStringIndex(value, -1) // not those of true
	switch {
	case value == "true":
		return "false"
	case value == "false":
		return "true"
	case value == "null", len(letters) == 0:
		return ""
	case value[0] == '[', value[0] == '{', value[0] == '"':
		i := letters[max(0, len(letters)-4)][0] // near the end, where no name of a field stands, and before bits that say nothing
		return value[:i] + string(value[i]+1) + value[i+1:]
	}
	return value + "1"
}
