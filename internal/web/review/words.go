package review

// figureWords are the catalogue keys of a figure: what is counted, how, its rate, and its parts.
type figureWords struct {
	what, how, rate string
	parts           map[string]string
}

// wordsOf are the words of the figures of package reviewing, by their codes.
var wordsOf = map[string]figureWords{
	"looks":      {"review.figure_looks", "review.how_looks", "", map[string]string{"given": "review.part_looks_given", "several": "review.part_looks_several", "desk": "review.part_looks_desk", "died": "review.part_looks_died", "order": "review.part_looks_order", "other": "review.part_looks_other"}},
	"ties":       {"review.figure_ties", "review.how_ties", "", map[string]string{"tied": "review.part_ties_tied", "rest": "review.part_ties_rest"}},
	"whys":       {"review.figure_whys", "review.how_whys", "", map[string]string{"in_time": "review.part_whys_in_time", "late": "review.part_whys_late", "none": "review.part_whys_none"}},
	"asked":      {"review.figure_asked", "review.how_asked", "review.rate_asked", map[string]string{"yes": "review.part_asked_yes", "no": "review.part_asked_no", "later": "review.part_asked_later", "open": "review.part_asked_open"}},
	"sheets":     {"review.figure_sheets", "review.how_sheets", "review.rate_sheets", map[string]string{"signed": "review.part_sheets_signed", "unsigned": "review.part_sheets_unsigned"}},
	"back":       {"review.figure_back", "review.how_back", "", nil},
	"papers":     {"review.figure_papers", "review.how_papers", "", map[string]string{"request": "review.part_papers_request", "order": "review.part_papers_order", "other": "review.part_papers_other"}},
	"orders":     {"review.figure_orders", "review.how_orders", "", map[string]string{"on_time": "review.part_orders_on_time", "late": "review.part_orders_late", "untold": "review.part_orders_untold", "unconfirmed": "review.part_orders_unconfirmed"}},
	"reports":    {"review.figure_reports", "review.how_reports", "", map[string]string{"at_once": "review.part_reports_at_once", "put_off": "review.part_reports_put_off"}},
	"logins":     {"review.figure_logins", "review.how_logins", "", nil},
	"deaths":     {"review.figure_deaths", "review.how_deaths", "", map[string]string{"one": "review.part_deaths_one", "two": "review.part_deaths_two", "back": "review.part_deaths_back"}},
	"rules":      {"review.figure_rules", "review.how_rules", "", nil},
	"rules_over": {"review.figure_rules_over", "review.how_rules_over", "", nil},
	"invited":    {"review.figure_invited", "review.how_invited", "", map[string]string{"worker": "review.part_invited_worker", "team": "review.part_invited_team"}},
	"reviewers":  {"review.figure_reviewers", "review.how_reviewers", "", map[string]string{"self": "review.part_reviewers_self", "two": "review.part_reviewers_two"}},
}
