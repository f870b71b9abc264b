package experiment

// Verdict says how a number of ours stands to the paper's.
type Verdict string

const (
	Matches       Verdict = "matches"       // within the tolerance
	Qualitatively Verdict = "qualitatively" // the same behaviour, another number or no number to compare with
	Deviates      Verdict = "deviates"      // not what the paper reports
)

// Comparison is one row of a paper-versus-ours table. All but the verdict is
// text, ready to be read.
type Comparison struct {
	Quantity  string  `json:"quantity"`
	Paper     string  `json:"paper"`
	Ours      string  `json:"ours"`
	Tolerance string  `json:"tolerance"`
	Verdict   Verdict `json:"verdict"`
	Note      string  `json:"note"`
}

// verdict returns yes where ok holds and Deviates elsewhere.
func verdict(ok bool, yes Verdict) Verdict {
	if ok {
		return yes
	}
	return Deviates
}
