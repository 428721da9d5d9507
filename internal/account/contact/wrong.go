package contact

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// stops are whole answers that mean "do not write here": those that carriers know (CTIA Messaging Principles, 5.1.3) and
// what people write instead, in English and Spanish, without marks, accents and capital letters.
var stops = []string{
	"stop", "stop all", "stopall", "stop it", "stop texting me", "stop writing me", "stop writing to me", "unsubscribe", "cancel", "end", "quit",
	"revoke", "opt out", "optout", "remove me", "take me off", "do not text me", "dont text me", "do not write to me", "dont write to me",
	"wrong", "who is this", "whos this", "who are you", "not me",
	"alto", "parar", "para", "pare", "basta", "baja", "dar de baja", "darme de baja", "cancelar", "no me escriban", "no me escribas", "no me escriba",
	"no escriban mas", "no escribas mas", "equivocado", "equivocada", "quien es", "quien eres", "no soy yo",
}

// wrongs say it wherever they stand in a short answer.
var wrongs = []string{
	"wrong number", "wrong person", "wrong phone", "wrong address", "wrong email", "wrong e mail", "not my number", "not the right number", "not the right person",
	"do not know who this is", "dont know who this is", "dont know you", "do not know you", "no longer my number", "new owner of this number", "got this number new",
	"numero equivocado", "numero incorrecto", "persona equivocada", "direccion equivocada", "correo equivocado", "se equivoco", "se equivocaron", "te equivocaste",
	"se ha equivocado", "te has equivocado", "no es mi numero", "este no es el numero", "no conozco a", "no te conozco", "no lo conozco", "no los conozco",
}

// polite are words around an answer that do not change what it means.
var polite = []string{"please", "pls", "hi", "hello", "hey", "sorry", "thanks", "thank", "you", "por", "favor", "hola", "lo", "siento", "perdon", "disculpe", "gracias"}

// longestWrong is the longest answer that is searched for "wrong number", in words. Who writes more has something to say,
// and a person reads it.
const longestWrong = 14

// IsWrongNumber reports whether an answer says that it is the wrong place, or to stop. "I cannot stop crying" does not.
// Where it is not sure it says no: then a person reads the answer.
func IsWrongNumber(text string) bool {
	words := strings.FieldsFunc(bare(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if len(words) == 0 || len(words) > longestWrong {
		return false
	}
	all := " " + strings.Join(words, " ") + " "
	if slices.ContainsFunc(wrongs, func(w string) bool { return strings.Contains(all, " "+w+" ") }) {
		return true
	}
	return slices.Contains(stops, strings.TrimSpace(all)) || slices.Contains(stops, strings.Join(slices.DeleteFunc(words, isPolite), " "))
}

func isPolite(w string) bool { return slices.Contains(polite, w) }

// bare is a text in small letters without accents and apostrophes.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s))
}
