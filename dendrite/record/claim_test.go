package record

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func judged(b Bound, ours ...Measure) *Claim {
	claims := []Claim{{ID: "x", Ours: ours, Bound: b}}
	Judge(claims)
	return &claims[0]
}

// The verdict and the text come from the same bound.
func TestBound(t *testing.T) {
	nan := math.NaN()
	seeds := Median("", "%.1f", "%", []float64{1, 2, 9})
	for _, c := range []struct {
		bound Bound
		ours  []Measure
		want  Verdict
		text  string
	}{
		{Bound{}, []Measure{seeds}, NotComparable, "none"},
		{Holding(InEverySeed("").Above(0.5)), []Measure{seeds}, Qualitatively, "above 0.5 % in every seed"},
		{Holding(InEverySeed("").Above(1)), []Measure{seeds}, Deviates, "above 1 % in every seed"},
		{Holding(InEverySeed("").AtLeast(1)), []Measure{seeds}, Qualitatively, "at least 1 % in every seed"},
		{Holding(InEverySeed("").AtMost(9)), []Measure{seeds}, Qualitatively, "at most 9 % in every seed"},
		{Holding(InEverySeed("").Below(9)), []Measure{seeds}, Deviates, "below 9 % in every seed"},
		{Holding(OnAverage("").AtMost(4)), []Measure{seeds}, Qualitatively, "at most 4 % on average"},
		{Holding(ByMedian("").AtMost(2)), []Measure{seeds}, Qualitatively, "at most 2 % (median)"},
		{Holding(ByGeometricMean("").Below(2)), []Measure{seeds}, Deviates, "below 2 % (geometric mean)"},
		{Holding(InSeeds(0.6, "").Below(5)), []Measure{seeds}, Qualitatively, "below 5 % in at least 60 % of the seeds"},
		{Holding(InSeeds(0.7, "").Below(5)), []Measure{seeds}, Deviates, "below 5 % in at least 70 % of the seeds"},
		{Holding(InEverySeed("").Above(0)), []Measure{Median("", "%.1f", "", []float64{1, nan})}, Deviates, "above 0 in every seed"},
		{Holding(InEverySeed("").Above(0)), []Measure{Median("", "%.1f", "", nil)}, Deviates, "above 0 in every seed"},
		{Matching(Alone("").Within(0.1, 1)), []Measure{Single("", "%.2f", "", 1.05)}, Matches, "1 ± 0.1"},
		{Holding(ByMedian("").WithinFactor(4, 8)), []Measure{seeds}, Qualitatively, "within a factor 4 of 8 % (median)"},
		{Holding(ByMedian("").WithinFactor(4, 9)), []Measure{seeds}, Deviates, "within a factor 4 of 9 % (median)"},
		{Matching(Alone("").Within(0.1, 1)), []Measure{Single("", "%.2f", "", 1.2)}, Deviates, "1 ± 0.1"},
		{Matching(Alone("a").Within(0.1, 1).Times("b")), []Measure{Single("a", "%.2f", "", 2), Single("b", "%.2f", "", 2)}, Matches, "a 1 × b ± 0.1"},
		{Matching(Alone("a").WithinFactor(2, 1).Times("b")), []Measure{Single("a", "%.2f", "", 5), Single("b", "%.2f", "", 2)}, Deviates, "a within a factor 2 of 1 × b"},
		{Bound{Holds: []Test{OnAverage("").AtMost(2.1)}, Matches: []Test{OnAverage("").Within(0.15, 1.96)}},
			[]Measure{Mean("", "%.2f", "%", []float64{1.9, 1.8})}, Matches, "same number: 1.96 ± 0.15 % on average; same behaviour: at most 2.1 % on average"},
		{Bound{Holds: []Test{OnAverage("").AtMost(2.1)}, Matches: []Test{OnAverage("").Within(0.15, 1.96)}},
			[]Measure{Mean("", "%.2f", "%", []float64{1, 1.2})}, Qualitatively, "same number: 1.96 ± 0.15 % on average; same behaviour: at most 2.1 % on average"},
		{Holding(InEverySeed("end").Below(1).Times("start"), OnAverage("end").AtMost(0.75).Times("start")),
			[]Measure{Mean("start", "%.0f", "°", []float64{90, 80}), Mean("end", "%.0f", "°", []float64{45, 60})},
			Qualitatively, "end below start in every seed, end at most 0.75 times start on average"},
		{Holding(InEverySeed("end").Below(1).Times("start")),
			[]Measure{Mean("start", "%.0f", "°", []float64{90, 50}), Mean("end", "%.0f", "°", []float64{45, 60})},
			Deviates, "end below start in every seed"},
	} {
		got := judged(c.bound, c.ours...)
		if got.Verdict != c.want || got.BoundText() != c.text {
			t.Errorf("%v of %v: %s, %q; want %s, %q", c.bound, c.ours, got.Verdict, got.BoundText(), c.want, c.text)
		}
	}
}

// The text of our numbers contains the number of seeds that pass.
func TestOursTextCountsSeeds(t *testing.T) {
	c := judged(Holding(InSeeds(0.6, "").Below(5)), Median("", "%.1f", "%", []float64{1, 2, 9}))
	if want := "2.0 % (1.0 to 9.0, 3 seeds); below 5 % in 2 of 3 seeds"; c.OursText() != want {
		t.Errorf("%q, want %q", c.OursText(), want)
	}
}

func TestMeasureText(t *testing.T) {
	for _, c := range []struct {
		m    Measure
		want string
	}{
		{Median("", "%.0f", "times", []float64{19, 86, 40}), "40 times (19 to 86, 3 seeds)"},
		{Median("", "%.2f", "", []float64{0.5}), "0.50"},
		{Mean("", "%.2f", "%", []float64{1.81, 1.99}), "1.90 ± 0.13 % (2 seeds)"},
		{Geometric("", "%.1f", "times", []float64{1, 4}), "2.0 times (geometric mean; 1.0 to 4.0, 2 seeds)"},
		{Single("", "%.0f", "°", 61.3), "61°"},
		{Single("", "%.2f", "", -0.0001), "0.00"},
		{Single("", "%.1e", "", 3.55e-15), "3.6e-15"},
		{Median("", "%.2f", "", nil), "none"},
		{Measure{Format: "%.2f", Unit: "%", Center: InMean, Summary: &Summary{5, 1.9, 1.81, 1.99}}, "1.90 ± 0.09 % (5 seeds)"},
	} {
		if got := c.m.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestAlike(t *testing.T) {
	seeds := func(v ...float64) *Measure { m := Mean("", "%.2f", "%", v); return &m }
	kept := &Measure{Format: "%.2f", Unit: "%", Center: InMean, Summary: &Summary{2, 1.9, 1.77, 2.03}}
	for _, c := range []struct {
		a, b    *Measure
		exactly bool
		want    bool
	}{
		{seeds(1.81, 1.99), seeds(1.81, 1.99), true, true},
		{seeds(1.81, 1.99), seeds(1.99, 1.81), true, false}, // seed by seed
		{seeds(1.81, 1.99), seeds(1.81, 1.9900000001), true, false},
		{seeds(1.81, 1.99), seeds(1.85, 2.01), false, true},
		{seeds(1.81, 1.99), seeds(2.81, 2.99), false, false},
		{seeds(1.81), seeds(1.81, 1.81), false, false},
		{seeds(1.81, 1.99), kept, true, true}, // compared by their text
		{seeds(1.91, 1.99), kept, true, false},
		{seeds(0.004), seeds(0.009), false, true}, // one in the last digit
		{seeds(1e-12), seeds(1e-10), false, true},
		{seeds(math.NaN()), seeds(math.NaN()), true, true},
	} {
		if got := c.a.Alike(c.b, c.exactly); got != c.want {
			t.Errorf("%v and %v, exactly %t: %t", c.a, c.b, c.exactly, got)
		}
	}
}

// A record is the same after encoding and decoding, also with NaN and infinities.
func TestRecordJSON(t *testing.T) {
	r := Record{Version: Version, Experiment: "x", Scale: Quick, Claims: []Claim{{
		ID: "a", Quantity: "quantity", Paper: Number(1.96, "%"), Note: "note",
		Ours: []Measure{
			Geometric("ratio", "%.1f", "times", []float64{1, math.Inf(1), math.NaN()}),
			{Name: "kept", Format: "%.2f", Center: InMean, Summary: &Summary{5, 1.9, 1.8, 2}},
		},
		Bound: Holding(InEverySeed("ratio").Below(3)),
	}}}
	Judge(r.Claims)
	data, err := json.Marshal(&r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"text":{"paper":"1.96 %","ours":"ratio `, `"bound":"ratio below 3 times in every seed"`, `"+Inf"`, `"verdict":"deviates"`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s lacks %s", data, want)
		}
	}
	back, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	a, b := r.Claim("a"), back.Claim("a")
	if a.OursText() != b.OursText() || a.BoundText() != b.BoundText() || b.Verdict != Deviates || !reflect.DeepEqual(a.Bound, b.Bound) || !reflect.DeepEqual(a.Paper, b.Paper) {
		t.Errorf("%+v became %+v", a, b)
	}
	if v := b.Ours[0].Values; len(v) != 3 || !math.IsInf(v[1], 1) || !math.IsNaN(v[2]) || b.Ours[0].Summary != nil || b.Ours[1].Summary == nil {
		t.Errorf("%+v", b.Ours)
	}
	if _, err := Read([]byte(`{"version":1,"experiment":"old"}`)); err == nil || !strings.Contains(err.Error(), "version 1") {
		t.Errorf("error %v", err)
	}
}

func TestStated(t *testing.T) {
	for want, s := range map[string]Stated{
		"1.96 %":               Number(1.96, "%"),
		"3, 2, 1 (N 3.1)":      {Values: []float64{3, 2, 1}, Words: "N 3.1"},
		"decays towards 0":     Words("decays towards %d", 0),
		"45° (from about 90°)": {Values: []float64{45}, Unit: "°", Words: "from about 90°"},
	} {
		if got := s.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Records may come from unknown sources.
func TestCheck(t *testing.T) {
	number := []Measure{Single("n", "%.2f", "", 1)}
	for want, claims := range map[string][]Claim{
		"empty or used twice":              {{}},
		`"b" has the ID "a"`:               {{ID: "a"}, {ID: "a", Quantity: "b"}},
		`"%d" is not a format`:             {{ID: "a", Ours: []Measure{Single("", "%d", "", 1)}}},
		`"%9999999.2f" is not a format`:    {{ID: "a", Ours: []Measure{Single("", "%9999999.2f", "", 1)}}},
		`its bound is on "m" and ""`:       {{ID: "a", Ours: number, Bound: Holding(Alone("m").Above(0))}},
		`its bound is on "" and "m"`:       {{ID: "a", Ours: number, Bound: Holding(Alone("").Above(1).Times("m"))}},
		`its bound is on "" and "", which`: {{ID: "a", Bound: Holding(Alone("").Above(1))}},
	} {
		if err := Check(claims); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", claims, err, want)
		}
	}
	if err := Check([]Claim{{ID: "a", Ours: number, Bound: Holding(Alone("n").Above(0))}, {ID: "b"}}); err != nil {
		t.Error(err)
	}
}

func TestMedianOf(t *testing.T) {
	if got := MedianOf([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Error(got)
	}
	if got := MedianOf([]float64{5, 1, 3}); got != 3 {
		t.Error(got)
	}
	if !math.IsNaN(MedianOf(nil)) || !math.IsNaN(MedianOf([]float64{1, math.NaN()})) {
		t.Error("NaN is lost")
	}
}

// A list of figures shows the marked claim, else one with a number of the paper.
func TestHeadline(t *testing.T) {
	words, number := Claim{ID: "words", Paper: Words("falls")}, Claim{ID: "number", Paper: Number(1.96, "%")}
	marked := Claim{ID: "marked", Headline: true}
	for want, claims := range map[string][]Claim{
		"marked": {words, number, marked}, "number": {words, number}, "words": {words, {ID: "other"}},
	} {
		if c := Headline(claims); c == nil || c.ID != want {
			t.Errorf("headline %v, want %s", c, want)
		}
	}
	if c := Headline(nil); c != nil {
		t.Errorf("headline %v without claims", c)
	}
}

func TestVerdictWords(t *testing.T) {
	seen := map[string]bool{"": true}
	for _, v := range []Verdict{Matches, Qualitatively, Deviates, NotComparable} {
		if w := v.Words(); seen[w] {
			t.Errorf("%s has the words %q, as another verdict has", v, w)
		} else {
			seen[w] = true
		}
	}
}
