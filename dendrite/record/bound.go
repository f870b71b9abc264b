package record

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// Bound is the tolerance of a claim. If all tests of Holds pass, our result shows the
// behaviour that the paper reports. If those of Matches pass too, it agrees with the
// paper's number or with exact theory. Without tests of Holds only those of Matches are
// used. A bound without tests gives the verdict NotComparable.
type Bound struct {
	Holds   []Test `json:"holds,omitempty"`
	Matches []Test `json:"matches,omitempty"`
}

// Holding returns a bound with the verdict Qualitatively or Deviates, for a claim without
// a number in the paper.
func Holding(tests ...Test) Bound { return Bound{Holds: tests} }

// Matching returns a bound with the verdict Matches or Deviates.
func Matching(tests ...Test) Bound { return Bound{Matches: tests} }

// Over selects the values over seeds to which a test applies.
type Over string

const (
	EachSeed     Over = "each seed"
	MostSeeds    Over = "most seeds" // at least the fraction Share of the seeds
	TheMean      Over = "mean"
	TheMedian    Over = "median"
	TheGeometric Over = "geometric mean"
	TheSingle    Over = "" // a number that belongs to no seed
)

// Relation is the required relation between a value and the number of a test.
type Relation string

const (
	Above   Relation = "above"
	AtLeast Relation = "at least"
	Below   Relation = "below"
	AtMost  Relation = "at most"
	Within  Relation = "within"          // at a distance of at most Off
	Near    Relation = "within a factor" // the factor is Off
)

// Test compares a measure with a number, or with a multiple of another measure.
type Test struct {
	Of    string   `json:"of,omitempty"` // name of the measure; "" means the first
	Over  Over     `json:"over,omitempty"`
	Share float64  `json:"share,omitempty"` // 0 to 1, for MostSeeds
	Is    Relation `json:"is"`
	X     float64  `json:"x"`
	Off   float64  `json:"off,omitempty"`  // for Within and Near
	Than  string   `json:"than,omitempty"` // a measure by which X is multiplied, for each seed or for the average
}

// Subject is what a test is about: a measure, and whether the test applies to its value in
// each seed, to their average, or to a single number. Its methods return tests.
type Subject struct{ test Test }

// InEverySeed returns a subject for every value of the named measure; "" means the first
// measure.
func InEverySeed(of string) Subject { return Subject{Test{Of: of, Over: EachSeed}} }

// InSeeds returns a subject for at least the given share (0 to 1) of the seeds.
func InSeeds(share float64, of string) Subject {
	return Subject{Test{Of: of, Over: MostSeeds, Share: share}}
}

// OnAverage returns a subject for the mean over seeds.
func OnAverage(of string) Subject { return Subject{Test{Of: of, Over: TheMean}} }

// ByMedian returns a subject for the median over seeds.
func ByMedian(of string) Subject { return Subject{Test{Of: of, Over: TheMedian}} }

// ByGeometricMean returns a subject for the geometric mean over seeds.
func ByGeometricMean(of string) Subject { return Subject{Test{Of: of, Over: TheGeometric}} }

// Alone returns a subject for a single number.
func Alone(of string) Subject { return Subject{Test{Of: of}} }

func (s Subject) is(r Relation, x, off float64) Test {
	t := s.test
	t.Is, t.X, t.Off = r, x, off
	return t
}

// Above requires a value above x.
func (s Subject) Above(x float64) Test { return s.is(Above, x, 0) }

// AtLeast requires a value of at least x.
func (s Subject) AtLeast(x float64) Test { return s.is(AtLeast, x, 0) }

// Below requires a value below x.
func (s Subject) Below(x float64) Test { return s.is(Below, x, 0) }

// AtMost requires a value of at most x.
func (s Subject) AtMost(x float64) Test { return s.is(AtMost, x, 0) }

// Within requires a distance from x of at most off.
func (s Subject) Within(off, x float64) Test { return s.is(Within, x, off) }

// WithinFactor requires a value of at most x times the factor and at least x divided by it.
func (s Subject) WithinFactor(factor, x float64) Test { return s.is(Near, x, factor) }

// Times multiplies the number of the test by another measure: for each seed, or by its
// average if the test is about an average.
func (t Test) Times(than string) Test {
	t.Than = than
	return t
}

func (b Bound) verdict(c *Claim) Verdict {
	switch {
	case len(b.Holds)+len(b.Matches) == 0:
		return NotComparable
	case !passAll(c, b.Holds):
		return Deviates
	case len(b.Matches) > 0 && passAll(c, b.Matches):
		return Matches
	case len(b.Holds) == 0:
		return Deviates
	}
	return Qualitatively
}

func passAll(c *Claim, tests []Test) bool {
	for _, t := range tests {
		if !t.passes(c) {
			return false
		}
	}
	return true
}

// passes reports whether the test passes. It is false for NaN and without values.
func (t Test) passes(c *Claim) bool {
	passed, of := t.count(c)
	if t.Over == MostSeeds {
		return of > 0 && float64(passed) >= t.Share*float64(of)
	}
	return of > 0 && passed == of
}

// count returns how many of the values pass the test.
func (t Test) count(c *Claim) (passed, of int) {
	values := t.values(c.measure(t.Of))
	limits := make([]float64, len(values))
	for i := range limits {
		limits[i] = t.X
	}
	if t.Than != "" {
		for i, than := range t.values(c.measure(t.Than)) {
			limits[i] *= than
		}
	}
	for i, v := range values {
		if t.holds(v, limits[i]) {
			passed++
		}
	}
	return passed, len(values)
}

// values returns the values to which the test applies.
func (t Test) values(m *Measure) []float64 {
	switch {
	case len(m.Values) == 0:
		return nil
	case t.Over == TheMean:
		return []float64{stat.Mean(m.Values, nil)}
	case t.Over == TheMedian:
		return []float64{MedianOf(m.Values)}
	case t.Over == TheGeometric:
		return []float64{stat.GeometricMean(m.Values, nil)}
	}
	return m.Values
}

func (t Test) holds(v, limit float64) bool {
	switch t.Is {
	case Above:
		return v > limit
	case AtLeast:
		return v >= limit
	case Below:
		return v < limit
	case AtMost:
		return v <= limit
	}
	if t.Is == Near {
		return v <= limit*t.Off && v >= limit/t.Off
	}
	return math.Abs(v-limit) <= t.Off
}

// text returns the bound in words.
func (b Bound) text(c *Claim) string {
	switch {
	case len(b.Holds)+len(b.Matches) == 0:
		return "none"
	case len(b.Holds) == 0:
		return textOf(c, b.Matches)
	case len(b.Matches) == 0:
		return textOf(c, b.Holds)
	}
	return Matches.Words() + ": " + textOf(c, b.Matches) + "; " + Qualitatively.Words() + ": " + textOf(c, b.Holds)
}

func textOf(c *Claim, tests []Test) string {
	var parts []string
	for _, t := range tests {
		parts = append(parts, t.text(c))
	}
	return strings.Join(parts, ", ")
}

func (t Test) text(c *Claim) string { return t.limitText(c) + t.overText(c.measure(t.Of)) }

// limitText returns the test in words, without the seeds to which it applies.
func (t Test) limitText(c *Claim) string {
	m := c.measure(t.Of)
	write := func(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
	var limit string
	switch {
	case t.Is == Within && t.Than != "":
		limit = withUnit(write(t.X)+" × "+t.Than+" ± "+write(t.Off), m.Unit)
	case t.Is == Within:
		limit = withUnit(write(t.X)+" ± "+write(t.Off), m.Unit)
	case t.Is == Near && t.Than != "":
		limit = "within a factor " + write(t.Off) + " of " + write(t.X) + " × " + t.Than
	case t.Is == Near:
		limit = "within a factor " + write(t.Off) + " of " + withUnit(write(t.X), m.Unit)
	case t.Than != "" && t.X == 1:
		limit = string(t.Is) + " " + t.Than
	case t.Than != "":
		limit = string(t.Is) + " " + write(t.X) + " times " + t.Than
	default:
		limit = string(t.Is) + " " + withUnit(write(t.X), m.Unit)
	}
	subject := ""
	if t.Of != "" && len(c.Ours) > 1 {
		subject = t.Of + " "
	}
	return subject + limit
}

// overText returns the seeds of the test in words, or "" for a single value.
func (t Test) overText(m *Measure) string {
	if t.Over == TheSingle || m.Sum().Count == 1 {
		return ""
	}
	switch t.Over {
	case EachSeed:
		return " in every seed"
	case MostSeeds:
		return fmt.Sprintf(" in at least %.0f %% of the seeds", 100*t.Share)
	case TheMean:
		return " on average"
	}
	return " (" + string(t.Over) + ")"
}
