package record

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// Center is the average of the values over seeds.
type Center string

const (
	InMedian Center = "median"         // with the range over seeds
	InMean   Center = "mean"           // with the sample standard deviation
	InGeo    Center = "geometric mean" // with the range over seeds
)

// Measure is one of our numbers for each seed, or a single number.
type Measure struct {
	Name   string // if a claim has several measures, such as "before learning"
	Unit   string // written after the number: "%", "°", "times"
	Format string // %e, %f or %g for one number, such as "%.2f"
	Center Center
	Values []float64 // in the order of the seeds
	// Summary is set only for old kept runs, which have no values per seed. Otherwise it
	// is nil and Sum computes it from Values.
	Summary *Summary
}

// Summary is a summary of the values over seeds.
type Summary struct {
	Count     int     // number of seeds
	Center    float64 // median, mean or geometric mean
	Low, High float64 // smallest and largest value; for a mean, one standard deviation below and above it
}

// Median returns a measure with the median and the range over seeds.
func Median(name, format, unit string, values []float64) Measure {
	return Measure{Name: name, Format: format, Unit: unit, Center: InMedian, Values: values}
}

// Mean returns a measure with the mean and the standard deviation over seeds.
func Mean(name, format, unit string, values []float64) Measure {
	return Measure{Name: name, Format: format, Unit: unit, Center: InMean, Values: values}
}

// Geometric returns a measure with the geometric mean and the range over seeds. The values
// must be positive; it is used for ratios.
func Geometric(name, format, unit string, values []float64) Measure {
	return Measure{Name: name, Format: format, Unit: unit, Center: InGeo, Values: values}
}

// Single returns a measure with one number for all seeds together.
func Single(name, format, unit string, value float64) Measure {
	return Measure{Name: name, Format: format, Unit: unit, Values: []float64{value}}
}

// Sum returns the summary of the measure. Without values its numbers are NaN.
func (m *Measure) Sum() Summary {
	if m.Summary != nil {
		return *m.Summary
	}
	nan := math.NaN()
	n := len(m.Values)
	if n == 0 {
		return Summary{0, nan, nan, nan}
	}
	s := Summary{n, m.average(), slices.Min(m.Values), slices.Max(m.Values)}
	if m.Center == InMean && n > 1 {
		sd := stat.StdDev(m.Values, nil)
		s.Low, s.High = s.Center-sd, s.Center+sd
	}
	return s
}

// average returns the center of the values.
func (m *Measure) average() float64 {
	v := m.Values
	switch m.Center {
	case InGeo:
		return stat.GeometricMean(v, nil)
	case InMedian:
		return MedianOf(v)
	}
	return stat.Mean(v, nil)
}

// MedianOf returns the median: the middle value, or the mean of the two middle values. It is
// NaN if a value is NaN or there are no values. (Gonum's quantile of few values is not the
// median.)
func MedianOf(values []float64) float64 {
	if len(values) == 0 || slices.ContainsFunc(values, math.IsNaN) {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// String returns the center with its spread, unit and number of seeds.
func (m *Measure) String() string {
	s := m.Sum()
	switch {
	case s.Count == 0:
		return "none"
	case s.Count == 1:
		return m.withUnit(s.Center)
	case m.Center == InMean:
		n := m.numbers(s.Center, s.High-s.Center)
		return withUnit(n[0]+" ± "+n[1], m.Unit) + fmt.Sprintf(" (%d seeds)", s.Count)
	}
	about := ""
	if m.Center == InGeo {
		about = "geometric mean; "
	}
	n := m.numbers(s.Center, s.Low, s.High)
	return fmt.Sprintf("%s (%s%s to %s, %d seeds)", withUnit(n[0], m.Unit), about, n[1], n[2], s.Count)
}

// numbers formats values that are read together: all have as many decimals as the one
// that has the most, unless one has a power of ten.
func (m *Measure) numbers(values ...float64) []string {
	texts, decimals := make([]string, len(values)), 0
	for i, v := range values {
		texts[i] = m.number(v)
	}
	if !strings.HasSuffix(m.Format, "g") || strings.ContainsAny(strings.Join(texts, ""), "eNI") {
		return texts
	}
	for _, text := range texts {
		_, fraction, _ := strings.Cut(text, ".")
		decimals = max(decimals, len(fraction))
	}
	same := Measure{Format: fmt.Sprintf("%%.%df", decimals)}
	if strings.HasPrefix(m.Format, "±") {
		same.Format = "±" + same.Format
	}
	for i, v := range values {
		texts[i] = same.number(v)
	}
	return texts
}

// number formats one value. A value that is rounded to zero has no sign.
func (m *Measure) number(x float64) string {
	text := fmt.Sprintf(m.Format, x)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return text
}

func (m *Measure) withUnit(x float64) string { return withUnit(m.number(x), m.Unit) }

// withUnit adds the unit to a number. There is no space before a degree sign.
func withUnit(number, unit string) string {
	switch unit {
	case "":
		return number
	case "°":
		return number + unit
	}
	return number + " " + unit
}

// Alike reports whether two measures with the same name agree. If exactly is true and both
// have values per seed, all values must be equal. If exactly is true and one has only a
// summary, their texts must be equal. Otherwise their centers may differ by 10 % of the larger or by one in
// the last digit shown; centers of at most 1e-9 agree. The numbers of seeds must be equal.
func (m *Measure) Alike(other *Measure, exactly bool) bool {
	if exactly && m.Values != nil && other.Values != nil {
		return slices.EqualFunc(m.Values, other.Values, func(a, b float64) bool {
			return a == b || math.IsNaN(a) && math.IsNaN(b)
		})
	}
	a, b := m.Sum(), other.Sum()
	if a.Count != b.Count {
		return false
	}
	if exactly { // one has only a summary with the digits of its text
		return m.String() == other.String()
	}
	off, largest := math.Abs(a.Center-b.Center), max(math.Abs(a.Center), math.Abs(b.Center))
	return a.Center == b.Center || math.IsNaN(a.Center) && math.IsNaN(b.Center) ||
		off <= 0.1*largest || off <= 1.01*m.lastDigit(largest) || largest <= 1e-9
}

// lastDigit returns the value of one in the last digit shown of x.
func (m *Measure) lastDigit(x float64) float64 {
	text := fmt.Sprintf(m.Format, x)
	digits, power, _ := strings.Cut(text, "e")
	exponent := 0
	fmt.Sscan(power, &exponent) // 0 without exponent
	_, decimals, _ := strings.Cut(digits, ".")
	return math.Pow10(exponent - len(decimals))
}

// jsonMeasure is the JSON form. It always contains the summary too.
type jsonMeasure struct {
	Name    string      `json:"name,omitempty"`
	Unit    string      `json:"unit,omitempty"`
	Format  string      `json:"format"`
	Center  Center      `json:"center,omitempty"`
	Values  []number    `json:"values"`
	Summary jsonSummary `json:"summary"`
}

type jsonSummary struct {
	Count  int    `json:"count"`
	Center number `json:"center"`
	Low    number `json:"low"`
	High   number `json:"high"`
}

// number is a float64 in JSON. NaN and infinities are written as the texts "NaN", "+Inf"
// and "-Inf".
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if x := float64(n); math.IsNaN(x) || math.IsInf(x, 0) {
		return json.Marshal(fmt.Sprint(x))
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return json.Unmarshal(data, (*float64)(n))
	}
	switch text {
	case "NaN":
		*n = number(math.NaN())
	case "+Inf", "-Inf":
		*n = number(math.Inf(map[string]int{"+Inf": 1, "-Inf": -1}[text]))
	default:
		return fmt.Errorf("%q is not a number", text)
	}
	return nil
}

// MarshalJSON writes the values per seed and their summary.
func (m Measure) MarshalJSON() ([]byte, error) {
	s := m.Sum()
	out := jsonMeasure{m.Name, m.Unit, m.Format, m.Center, nil, jsonSummary{s.Count, number(s.Center), number(s.Low), number(s.High)}}
	for _, v := range m.Values {
		out.Values = append(out.Values, number(v))
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads the JSON of MarshalJSON.
func (m *Measure) UnmarshalJSON(data []byte) error {
	var in jsonMeasure
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	*m = Measure{Name: in.Name, Unit: in.Unit, Format: in.Format, Center: in.Center}
	for _, v := range in.Values {
		m.Values = append(m.Values, float64(v))
	}
	if m.Values == nil {
		m.Summary = &Summary{in.Summary.Count, float64(in.Summary.Center), float64(in.Summary.Low), float64(in.Summary.High)}
	}
	return nil
}
