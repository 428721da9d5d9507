package demo

import "strconv"

// Try is something that a newcomer can try: as whom, and on which page.
type Try struct {
	Words string // catalogue key: what there is to see
	Page  string // catalogue key: what the page is called
	Name  string // who one steps in as
	path  string
}

// tries are what there is to try, in the order in which it is told.
var tries = []Try{
	{"demo.try_share", "me.what_i_share", "Mira", "/me/sharing"},
	{"demo.try_near", "theirs.title", "Ana", "/shared"},
	{"demo.try_soon", "me.what_i_share", "Kwame", "/me/sharing"},
	{"demo.try_paper", "me.what_i_share", "Siobhán", "/me/sharing"},
	{"demo.try_for", "me.what_matters", "يوسف", "/me"},
	{"demo.try_why", "me.who_looked", "Aroha", "/me/looked"},
	{"demo.try_answered", "me.who_looked", "花 Hana", "/me/looked"},
	{"demo.try_out", "out.list", "Ravi", "/me/out"},
	{"demo.try_days", "days.mine", "Tomás", "/me/days"},
	{"demo.try_court", "legal.all", "Grace", "/team/papers"},
	{"demo.try_rules", "rules.title", "Grace", "/team/rules"},
	{"demo.try_role", "me.what_i_share", "Kwame", "/me/sharing"},
	{"demo.try_review", "review.home", "Edda", "/review"},
	{"demo.try_second", "second.title", "Marek", "/me/ways/phone"},
}

// Value is what its button sends.
func (x Try) Value() string {
	for i, y := range tries {
		if x == y {
			return strconv.Itoa(i)
		}
	}
	return ""
}

// tryable are those whose people are in the cast.
func (c Cast) tryable() (all []Try) {
	for _, x := range tries {
		if _, there := c.named(x.Name); there {
			all = append(all, x)
		}
	}
	return all
}

// named returns the player with a name.
func (c Cast) named(name string) (Player, bool) {
	for _, p := range c {
		if p.Name == name {
			return p, true
		}
	}
	return Player{}, false
}

// tried returns what the button with a value leads to: who one steps in as, and where.
func (c Cast) tried(value string) (p Player, path string, there bool) {
	i, err := strconv.Atoi(value)
	if err != nil || i < 0 || i >= len(tries) {
		return p, "", false
	}
	p, there = c.named(tries[i].Name)
	return p, tries[i].path, there
}
