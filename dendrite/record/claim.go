package record

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Claim is one row of a paper-versus-ours table.
type Claim struct {
	ID       string    `json:"id"`       // unique in the experiment and never changed: reports and checks find the claim by it
	Quantity string    `json:"quantity"` // what is compared, in words
	Paper    Stated    `json:"paper"`
	Ours     []Measure `json:"ours"`
	Bound    Bound     `json:"bound"`
	Verdict  Verdict   `json:"verdict"` // follows from Ours and Bound, see [Judge]
	Note     string    `json:"note,omitempty"`
	// Headline marks the claim that says the most about the figure, see [Headline].
	Headline bool `json:"headline,omitempty"`
}

// Stated is the paper's statement about a quantity: numbers with their unit, words, or
// both.
type Stated struct {
	Values []float64 `json:"values,omitempty"` // one, or one for each area
	Unit   string    `json:"unit,omitempty"`   // written after a number: "%", "°"
	Words  string    `json:"words,omitempty"`
}

// Number returns the statement of a number.
func Number(value float64, unit string) Stated { return Stated{Values: []float64{value}, Unit: unit} }

// Words returns a statement in words.
func Words(format string, a ...any) Stated { return Stated{Words: fmt.Sprintf(format, a...)} }

func (s Stated) String() string {
	var parts []string
	for _, v := range s.Values {
		parts = append(parts, withUnit(strconv.FormatFloat(v, 'g', -1, 64), s.Unit))
	}
	text := strings.Join(parts, ", ")
	switch {
	case text == "":
		return s.Words
	case s.Words != "":
		return text + " (" + s.Words + ")"
	}
	return text
}

// Verdict is the result of the comparison of our number with the paper's.
type Verdict string

const (
	Matches       Verdict = "matches"        // the paper's number, within the tolerance
	Qualitatively Verdict = "qualitatively"  // the same behaviour, but another number, or the paper has no number
	Deviates      Verdict = "deviates"       // not the behaviour that the paper reports
	NotComparable Verdict = "not comparable" // there is no bound, for example with other data than the paper's
)

// Words returns the verdict in words for readers. Reports, tables and the program use
// these; files have the verdict itself.
func (v Verdict) Words() string {
	switch v {
	case Matches:
		return "same number"
	case Qualitatively:
		return "same behaviour"
	case Deviates:
		return "differs"
	}
	return string(v)
}

// Rank orders verdicts from bad to good. It is -1 for NotComparable and unknown verdicts.
func (v Verdict) Rank() int {
	switch v {
	case Deviates:
		return 0
	case Qualitatively:
		return 1
	case Matches:
		return 2
	}
	return -1
}

// Judge sets the verdict of each claim from its numbers and its bound. It panics if [Check]
// returns an error for the claims.
func Judge(claims []Claim) {
	if err := Check(claims); err != nil {
		panic("record: " + err.Error())
	}
	for i := range claims {
		c := &claims[i]
		c.Verdict = c.Bound.verdict(c)
	}
}

// Headline returns the claim that a list of figures shows: the first that is marked,
// else the first with a number of the paper, else the first. It is nil without claims.
func Headline(claims []Claim) *Claim {
	if len(claims) == 0 {
		return nil
	}
	i := slices.IndexFunc(claims, func(c Claim) bool { return c.Headline })
	if i < 0 {
		i = slices.IndexFunc(claims, func(c Claim) bool { return len(c.Paper.Values) > 0 })
	}
	return &claims[max(i, 0)]
}

// verb matches the allowed values of a Measure's Format.
var verb = regexp.MustCompile(`^±?%(\.\d{1,2})?[efg]$`)

// Check returns an error if a claim has no ID, the ID of another claim, a measure with an
// invalid format, a bound on a measure that it does not have, or a bound that compares
// measures of different numbers of seeds.
func Check(claims []Claim) error {
	seen := map[string]bool{}
	for _, c := range claims {
		if c.ID == "" || seen[c.ID] {
			return fmt.Errorf("the claim %q has the ID %q, which is empty or used twice", c.Quantity, c.ID)
		}
		seen[c.ID] = true
		has := func(name string) bool {
			return slices.ContainsFunc(c.Ours, func(m Measure) bool { return name == "" || m.Name == name })
		}
		for _, m := range c.Ours {
			if !verb.MatchString(m.Format) {
				return fmt.Errorf("claim %s: %q is not a format of a number such as %%.2f", c.ID, m.Format)
			}
		}
		for _, t := range slices.Concat(c.Bound.Holds, c.Bound.Matches) {
			if !has(t.Of) || !has(t.Than) {
				return fmt.Errorf("claim %s: its bound is on %q and %q, which are not both among its measures", c.ID, t.Of, t.Than)
			}
			if t.Than == "" {
				continue
			}
			if of, than := len(t.values(c.measure(t.Of))), len(t.values(c.measure(t.Than))); of != than {
				return fmt.Errorf("claim %s: its bound compares measures seed by seed, but %s has %d values and %s has %d", c.ID, t.Of, of, t.Than, than)
			}
		}
	}
	return nil
}

// OursText returns our numbers as text. If a bound asks for most seeds, it contains the
// number of seeds that pass.
func (c *Claim) OursText() string {
	var parts []string
	for _, m := range c.Ours {
		text := m.String()
		if m.Name != "" && len(c.Ours) > 1 {
			text = m.Name + " " + text
		}
		parts = append(parts, text)
	}
	for _, t := range slices.Concat(c.Bound.Holds, c.Bound.Matches) {
		if passed, of := t.count(c); t.Over == MostSeeds && of > 0 {
			parts = append(parts, fmt.Sprintf("%s in %d of %d seeds", t.limitText(c), passed, of))
		}
	}
	return strings.Join(parts, "; ")
}

// BoundText returns the tolerance in words.
func (c *Claim) BoundText() string { return c.Bound.text(c) }

// measure returns the named measure; "" means the first. [Check] ensures that it exists.
func (c *Claim) measure(name string) *Measure {
	return &c.Ours[slices.IndexFunc(c.Ours, func(m Measure) bool { return name == "" || m.Name == name })]
}

// MarshalJSON adds the numbers and the tolerance as text, for people who read the file.
func (c Claim) MarshalJSON() ([]byte, error) {
	type plain Claim // without this method
	type texts struct {
		Paper string `json:"paper"`
		Ours  string `json:"ours"`
		Bound string `json:"bound"`
	}
	return json.Marshal(struct {
		plain
		Text texts `json:"text"`
	}{plain(c), texts{c.Paper.String(), c.OursText(), c.BoundText()}})
}
