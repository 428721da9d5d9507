package backup

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"filippo.io/age"

	"beside/internal/store/rows"
)

type fixed byte

func (f fixed) Key(purpose string) []byte {
	return bytes.Repeat([]byte{byte(f) + byte(len(purpose))}, 32)
}

func testKeys(t testing.TB) keys {
	t.Helper()
	k, err := keysOf(fixed(1))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The identity is written as age itself writes it.
func TestBech32IsWhatAgeReads(t *testing.T) {
	for n := range 50 {
		data := bytes.Repeat([]byte{byte(n * 5), byte(n)}, 16)
		text := strings.ToUpper(bech32("age-secret-key-", data))
		i, err := age.ParseX25519Identity(text)
		if err != nil || i.String() != text {
			t.Fatalf("%x is written %s, %v", data, text, err)
		}
	}
}

func aManifest() (Head, manifest) {
	return Head{Form: form, Of: Books, MadeAt: "2027-03-10T12:00:00.000000Z", Schema: 3, At: 5},
		manifest{Note: "n", Tables: []part{{Table: rows.Table{Name: "t", Key: []string{"a"}}, Rows: 1, Chunks: []string{strings.Repeat("0a", 32)}}}}
}

func TestManifestComesBack(t *testing.T) {
	k := testKeys(t)
	h, m := aManifest()
	file, err := k.sealed(h, m)
	if err != nil {
		t.Fatal(err)
	}
	head, got, err := k.opened(file)
	if err != nil || head != h || got.Note != "n" || got.Tables[0].Name != "t" {
		t.Errorf("%+v, %+v, %v", head, got, err)
	}
	otherDay := bytes.Replace(file, []byte("2027"), []byte("2028"), 1)
	if _, _, err := k.opened(otherDay); !errors.Is(err, errDamaged) {
		t.Errorf("a clear line that was changed: %v", err)
	}
}

// A name of a chunk leads to no other file.
func TestNamesOfChunks(t *testing.T) {
	for name, want := range map[string]bool{
		strings.Repeat("0a", 32): true, strings.Repeat("0A", 32): false, "": false, "../../x": false, strings.Repeat("0", 63): false,
	} {
		if isName(name) != want {
			t.Errorf("%q is taken for a name: %v", name, !want)
		}
	}
}

// Whatever the file of a backup holds, it is refused without a panic, or it says what was sealed with these keys. (Sealing draws
// chance, so that each process of a fuzzing run has another file that is good.)
func FuzzManifest(f *testing.F) {
	k := testKeys(f)
	h, m := aManifest()
	good, err := k.sealed(h, m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"beside_backup":99,"at":1,"schema":1}` + "\nage-encryption.org/v1\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		head, list, err := k.opened(file)
		if err == nil && (head != h || !reflect.DeepEqual(list, m)) {
			t.Fatalf("opened, though it was changed: %+v, %+v", head, list)
		}
		if err != nil && !errors.Is(err, errDamaged) && !errors.Is(err, ErrOtherKeys) {
			t.Fatal(err)
		}
	})
}
