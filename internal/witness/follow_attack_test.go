package witness

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/clock"
)

// forkOf is another log with the name and the key of one, that goes on where it is.
func forkOf(t *testing.T, l *Log, more int, c clock.Clock) *shown {
	t.Helper()
	head := latest(t, l)
	return &shown{otherLog(t, t.TempDir(), head.Origin, int(head.Size)+more, c)}
}

// following is a witness that follows a log of some leaves, in a folder of that name.
func following(t *testing.T, folder string) (*Log, *Follower, clock.Clock) {
	t.Helper()
	db := openKernel(t, t.TempDir())
	c := clock.NewManual(clock.Day)
	l := newLog(t, db, c)
	enqueue(t, db, 0, 5, c.Now())
	shownNow(t, l)
	f := newFollower(t, l, c)
	f.Folder = filepath.Join(t.TempDir(), folder)
	seen(t, f)
	return l, f, c
}

// Whatever the folder of a witness is called, a fork is seen.
func TestNoFolderBlindsAWitness(t *testing.T) {
	for _, folder := range []string{"elm", "elm [backup]", "elm*", `elm\`, "el?m {a,b}"} {
		l, f, c := following(t, folder)
		for _, more := range []int{5, -2} {
			f.Source = forkOf(t, l, more, c)
			if signed, err := f.Step(t.Context()); err == nil || signed != "" {
				t.Errorf("in %q a fork of %d leaves more is signed", folder, more)
			}
		}
	}
}

// A log may be called only as Beside calls logs: the name becomes the name of a folder at the witness.
func TestOnlyNamesOfLogsAreTaken(t *testing.T) {
	s, err := newSigner(seed)
	if err != nil {
		t.Fatal(err)
	}
	for _, origin := range []string{"..", ".", "beside.log/[0]", "beside.log/*", "beside.log/", "beside.log/a/b", "beside.log/../x", `beside.log/a\b`, "beside.log/Aa", "beside.log_a", "x", "beside.log/" + strings.Repeat("a", 65)} {
		dir := t.TempDir()
		f := newFollower(t, nil, clock.NewManual(clock.Day))
		f.Folder = filepath.Join(dir, "witness")
		note, err := s.sign(Checkpoint{Origin: origin, Size: 1, Root: Hash{1}})
		if err != nil {
			continue // it is refused before anybody could sign it
		}
		f.Source = fixed{"/log/checkpoint": note, "/log/key": s.public.String()}
		if signed, err := f.Step(t.Context()); !errors.Is(err, ErrNotACheckpoint) || signed != "" {
			t.Errorf("%q: %q, %v", origin, signed, err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("%q: %v was written, %v", origin, files, err)
		}
	}
}

// A witness that knows whom it follows, and has no head of it any more, or the other way round, signs nothing.
func TestAWitnessThatForgotSignsNothing(t *testing.T) {
	for _, gone := range []string{"heads", pinnedFile} {
		l, f, c := following(t, "elm")
		if gone == pinnedFile {
			f.Source = &shown{otherLog(t, t.TempDir(), "beside.log/elsewhere", 3, c)}
		} else {
			f.Source = forkOf(t, l, 5, c)
		}
		if err := os.RemoveAll(filepath.Join(f.Folder, gone)); err != nil {
			t.Fatal(err)
		}
		if signed, err := f.Step(t.Context()); !errors.Is(err, ErrForgot) || signed != "" {
			t.Errorf("without %s: %q, %v", gone, signed, err)
		}
	}
}

// What proves a fork is kept, and nothing more is signed until a person says so, also when the true log is shown again.
func TestTheProofOfAForkIsKept(t *testing.T) {
	for name, more := range map[string]int{"longer": 5, "as long": -1, "shorter": -3} {
		l, f, c := following(t, "elm")
		own := latest(t, l)
		fork := forkOf(t, l, more, c)
		f.Source = fork
		refused(t, f, ErrFork)
		f.Source = &shown{l}
		refused(t, f, ErrStopped)
		if _, err := f.Accept(t.Context()); !errors.Is(err, ErrStopped) {
			t.Errorf("%s: a new log is accepted: %v", name, err)
		}
		s, ok, err := f.Stopped()
		if err != nil || !ok || !strings.Contains(s.What, ErrFork.Error()) || s.At != c.Now() {
			t.Fatalf("%s: %+v, %v, %v", name, s, ok, err)
		}
		for file, want := range map[string]string{"shown.note": latest(t, fork.log).Note, "kept.note": own.Note} {
			b, err := os.ReadFile(filepath.Join(f.Folder, s.Evidence, file))
			if err != nil || !strings.HasPrefix(string(b), strings.TrimSuffix(want, "\n")) {
				t.Errorf("%s: %s is %q, %v, want %q", name, file, b, err, want)
			}
		}
		if err := f.GoOn(" "); err == nil {
			t.Error("it goes on for no reason")
		}
		if err := f.GoOn("a disk came back twice; Toni says so"); err != nil {
			t.Fatal(err)
		}
		if said, err := os.ReadFile(filepath.Join(f.Folder, s.Evidence, "went-on.txt")); err != nil || !strings.Contains(string(said), "Toni says so") {
			t.Errorf("%q, %v", said, err)
		}
		seen(t, f)
		f.Source = fork
		refused(t, f, ErrFork)
		again, _, _ := f.Stopped()
		if again.Evidence == s.Evidence {
			t.Error("new evidence takes the place of old")
		}
	}
}

// What answers and is no head of a log, as a page of somebody between, is no fork and stops nobody.
func TestAPageOfSomebodyBetweenIsNoFork(t *testing.T) {
	l, f, _ := following(t, "elm")
	f.Source = fixed{"/log/checkpoint": "<html>Please pay for the internet</html>"}
	if _, err := f.Step(t.Context()); !errors.Is(err, ErrNotACheckpoint) || errors.Is(err, ErrOtherKey) {
		t.Errorf("%v", err)
	}
	f.Source = &shown{l}
	seen(t, f)
}

// A head that was signed is offered until it was taken.
func TestASignatureIsOfferedUntilItIsTaken(t *testing.T) {
	l, f, c := following(t, "elm")
	enqueue(t, l.db, 5, 1, c.Now())
	shownNow(t, l)
	first, err := f.Step(t.Context())
	if err != nil || first == "" {
		t.Fatalf("%q, %v", first, err)
	}
	for range 2 {
		if again, err := f.Step(t.Context()); err != nil || again != first {
			t.Fatalf("not offered again: %q, %v", again, err)
		}
	}
	if err := f.Taken(first); err != nil {
		t.Fatal(err)
	}
	if again, err := f.Step(t.Context()); err != nil || again != "" {
		t.Errorf("offered after it was taken: %q, %v", again, err)
	}
}
