package account

import (
	_ "embed" // for the lists
	"encoding/binary"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/vault"
)

//go:embed lists/words.txt
var gentleList string

// gentle are the words that sign-in words are made with: short, easily spelled, and without a shadow for somebody in
// recovery. There are at least 500. Taking one away changes no sign-in words that were given: only their hash is kept.
var gentle = sync.OnceValue(func() []string { return strings.Fields(gentleList) })

// longestSignIn is the most that is read of typed sign-in words, in bytes.
const longestSignIn = 1024

// squeeze brings sign-in words to the one form whose hash is kept: compatibility forms, case, accents on Latin letters,
// spaces, hyphens and other marks make no difference. "Ana-Lantern", "ana lantern" and "ANÁ LANTERN" are the same.
// Squeezing twice is squeezing once.
func squeeze(typed string) string {
	return strings.ReplaceAll(spell(typed, false), " ", "")
}

// plain is a name as it is shown within sign-in words: small letters with their accents, digits, single spaces.
func plain(name string) string { return spell(name, true) }

// spell keeps of a text its letters, digits and their marks, folded, and puts one space between words.
func spell(text string, accents bool) string {
	if len(text) > longestSignIn {
		text = text[:longestSignIn]
	}
	text = norm.NFKD.String(strings.ToValidUTF8(text, " "))
	var b strings.Builder
	inWord, latin := false, false
	for _, r := range norm.NFKD.String(strings.Map(fold, text)) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if !inWord && b.Len() > 0 {
				b.WriteByte(' ')
			}
			inWord, latin = true, unicode.Is(unicode.Latin, r)
			b.WriteString(spelled(r))
		case unicode.IsMark(r):
			if inWord && (accents || !latin) { // in other scripts it is a part of the letter
				b.WriteRune(r)
			}
		case unicode.Is(unicode.Cf, r), strings.ContainsRune("'’ʼ", r): // invisible, or the mark in O'Neil
		default:
			inWord = false
		}
	}
	return norm.NFKC.String(b.String())
}

// spelled is a letter as most people type it: the sharp s stands on few keyboards.
func spelled(r rune) string {
	if r == 'ß' {
		return "ss"
	}
	return string(r)
}

// fold returns one letter for all that differ in case only. Folding twice is folding once, which does not hold for
// package cases of x/text in every script.
func fold(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return unicode.ToLower(least)
}

// tries is how many sign-in words are tried before giving up: some with one gentle word, then with two, then three.
const (
	triesPerLength = 8
	tries          = 3 * triesPerLength
)

// signInWords returns the n-th sign-in words that a person called name may be given. They follow from the person's id
// and the installation's key, so that a replay of joining finds the same.
func signInWords(v *vault.Vault, p id.Person, name string, n int) string {
	parts := []string{}
	if short := shortened(plain(name)); short != "" {
		parts = append(parts, short)
	}
	several := 1 + n/triesPerLength
	if len(parts) == 0 {
		several++ // a name without letters: the gentle words stand alone
	}
	for i := range several {
		parts = append(parts, gentleWord(v, p, n, i))
	}
	return strings.Join(parts, " ")
}

func gentleWord(v *vault.Vault, p id.Person, n, i int) string {
	seed := binary.BigEndian.AppendUint32(append(p.Bytes(), byte(i)), uint32(n))
	h := v.Blind("gentle word", string(seed))
	return gentle()[binary.BigEndian.Uint64(h)%uint64(len(gentle()))]
}

// longestShown is how much of a name stands in sign-in words, in characters: they have to be written down by hand.
const longestShown = 24

func shortened(name string) string {
	runes := []rune(name)
	if len(runes) <= longestShown {
		return name
	}
	cut := string(runes[:longestShown])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return norm.NFKC.String(cut)
}

// blind is what is kept of sign-in words.
func (a *Accounts) blind(words string) []byte { return a.vault.Blind("sign-in", squeeze(words)) }

// PersonOf returns whose sign-in words these are, none when they are nobody's. Whoever asks must show the same in both.
func (a *Accounts) PersonOf(tx *store.Tx, words string) (id.Person, error) {
	var who id.Person
	err := tx.Row(`SELECT person FROM account WHERE sign_in = $1`, a.blind(words)).Scan(&who)
	if store.IsNone(err) {
		err = nil
	}
	return who, errs.Wrap("account: person of words", err)
}

// BlindWords returns what stands for sign-in words where they must not be kept, such as in an allowance of tries.
func (a *Accounts) BlindWords(words string) []byte { return a.blind(words) }
