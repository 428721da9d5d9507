package ways

import (
	"net/http"
	"slices"

	"beside/internal/account"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Happened is the path of the page that tells what happened with somebody's ways in.
const Happened = Home + "/happened"

// happenedShown is how many lines of it are shown. What happened is rare; so many reach back for years.
const happenedShown = 100

// happenedWords are the words for each thing that can happen, and what can be done about it.
var happenedWords = map[account.Happened]string{
	account.HappenedNewDevice:    "ways.happened_new_device",
	account.HappenedDeviceEnded:  "ways.happened_device_ended",
	account.HappenedPassphrase:   "ways.happened_passphrase",
	account.HappenedPasskeyAdded: "ways.happened_passkey_added",
	account.HappenedPasskeyEnded: "ways.happened_passkey_ended",
	account.HappenedPIN:          "ways.happened_pin",
	account.HappenedCardMade:     "ways.happened_card_made",
	account.HappenedCardEnded:    "ways.happened_card_ended",
	account.HappenedTogether:     "ways.happened_together",
	account.HappenedAddress:      "ways.happened_address",
	account.HappenedHolder:       "ways.happened_holder",
	account.HappenedHolderGone:   "ways.happened_holder_gone",
	account.HappenedAsked:        "ways.happened_asked",
	account.HappenedStopped:      "ways.happened_stopped",
	account.HappenedGivenBack:    "ways.happened_given_back",
	account.HappenedProvider:     "ways.happened_provider",
	account.HappenedVouched:      "ways.happened_vouched",
	account.HappenedCopy:         "ways.happened_copy",
	account.HappenedTie:          "ways.happened_tie",
	account.HappenedKnown:        "ways.happened_known",
	account.HappenedKnownGone:    "ways.happened_known_gone",
	account.HappenedSigned:       "ways.happened_signed",
	account.HappenedSignedBack:   "ways.happened_signed_back",
	account.HappenedWhyAnswered:  "ways.happened_why_answered",
	account.HappenedWhyLate:      "ways.happened_why_late",
	account.HappenedWhyGone:      "ways.happened_why_gone",
	account.HappenedDeathSaid:    "ways.happened_death_said",
	account.HappenedDied:         "ways.happened_died",
	account.HappenedDeathBack:    "ways.happened_death_back",
	account.HappenedHere:         "ways.happened_here",
	account.HappenedClosing:      "ways.happened_closing",
	account.HappenedEndAsked:     "ways.happened_end_asked",
	account.HappenedEndKept:      "ways.happened_end_kept",
	account.HappenedOrdered:      "ways.happened_ordered",
	account.HappenedReported:     "ways.happened_reported",
	account.HappenedHostLink:     "ways.happened_host_link",
}

// ofWhy are what happened with a question of theirs, why somebody looked.
var ofWhy = []account.Happened{account.HappenedWhyAnswered, account.HappenedWhyLate, account.HappenedWhyGone}

// HappenedWords returns the catalogue key of the sentence for what happened; there is one for everything that can.
func HappenedWords(what account.Happened) string {
	if key := happenedWords[what]; key != "" {
		return key
	}
	return "ways.happened_other"
}

// happenedPage is templates/ways/happened.html.
type happenedPage struct{ Lines []happened }

// happened is one line.
type happened struct {
	Words  string // catalogue key
	When   page.Moment
	New    bool
	Device *device // that it is about, while it is there
	Asked  bool    // somebody asked to come back in as them; a page of its own can stop it
	Left   bool    // something left their book, which stands in the list of what did
	Looked bool    // there is news of a question of theirs, which stands beside who looked
}

// happened shows what happened, and from then on it was seen.
func (p *Pages) happened(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	list, err := p.Accounts.Happenings(r.Context(), v.Subject, happenedShown)
	if err != nil {
		return err
	}
	devices, err := p.Accounts.Devices(r.Context(), v.Session)
	if err != nil {
		return err
	}
	there := map[id.Device]*device{}
	for _, d := range devices {
		shown := newDevice(r, d)
		there[d.ID] = &shown
	}
	d := happenedPage{}
	for _, h := range list {
		d.Lines = append(d.Lines, happened{
			Words: HappenedWords(h.Kind), When: page.At(r, h.At), New: !h.Seen, Device: there[h.Device],
			Asked: h.Kind == account.HappenedAsked, Looked: slices.Contains(ofWhy, h.Kind), Left: h.Kind == account.HappenedOrdered || h.Kind == account.HappenedReported,
		})
	}
	if err := p.Accounts.SawHappenings(r.Context(), v.Subject); err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "ways/happened", d)
}
