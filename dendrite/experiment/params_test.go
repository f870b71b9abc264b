package experiment

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

type inner struct {
	Rates []float64 `min:"0" doc:"learning rates"`
}

type sample struct {
	Scale Scale   `param:"-"`
	Seeds int     `min:"1" max:"100" scale:"up" doc:"networks"`
	Dt    float64 `above:"0" max:"1" unit:"ms" doc:"time step"`
	Long  float64 `above:"0" scale:"up" unit:"ms" doc:"duration"`
	Kind  string  `oneof:"softplus|logistic" doc:"transfer"`
	Inner inner
}

func good() sample {
	return sample{Quick, 3, 0.1, 50, "softplus", inner{[]float64{0.1, 0.2}}}
}

func TestValidate(t *testing.T) {
	if err := validate(good()); err != nil {
		t.Fatalf("error for valid parameters: %v", err)
	}
	for _, c := range []struct {
		change func(*sample)
		want   []string
	}{
		{func(p *sample) { p.Seeds = 0 }, []string{"Seeds", "0", "1 <= Seeds <= 100"}},
		{func(p *sample) { p.Dt = 0 }, []string{"Dt", "time step", "0 < Dt <= 1"}},
		{func(p *sample) { p.Dt = math.NaN() }, []string{"Dt", "NaN"}},
		{func(p *sample) { p.Kind = "tanh" }, []string{"Kind", "tanh", "softplus, logistic"}},
		{func(p *sample) { p.Inner.Rates[1] = math.Inf(1) }, []string{"Inner.Rates[1]", "+Inf"}},
	} {
		p := good()
		c.change(&p)
		err := validate(p)
		if err == nil {
			t.Errorf("%+v accepted", p)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("error %q does not contain %q", err, w)
			}
		}
	}
}

// Lists of whole numbers and of texts are checked too.
func TestValidateLists(t *testing.T) {
	type lists struct {
		Sizes []int    `min:"1" max:"9" doc:"neurons"`
		Kinds []string `oneof:"a|b" doc:"names"`
	}
	for want, p := range map[string]lists{
		"":                                   {[]int{1, 9}, []string{"a", "b"}},
		"parameter Sizes[1] (neurons) is 10": {Sizes: []int{1, 10}},
		`parameter Kinds[0] is "c"`:          {Kinds: []string{"c"}},
	} {
		if err := validate(p); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", p, err, want)
		}
	}
}

func TestRecordMarksChangesAndReducedScale(t *testing.T) {
	paper := good()
	definition := func() *Definition[sample, *Run[sample]] {
		return &Definition[sample, *Run[sample]]{Info: Info{Name: "sample"}, Preset: func(s Scale) sample {
			p := good()
			if s == Paper {
				p = paper
			}
			p.Scale = s
			return p
		}}
	}
	p := definition().Preset(Quick)
	p.Dt, paper.Seeds = 0.05, 10
	r := definition().record(p)
	if !r.Changed || !r.Reduced {
		t.Fatalf("changed %v, reduced %v; want both", r.Changed, r.Reduced)
	}
	if got := r.Badge(); got != "custom, from quick (reduced run)" {
		t.Errorf("badge %q", got)
	}
	for _, row := range r.Parameters {
		if row.Changed != (row.Name == "Dt") {
			t.Errorf("%s: changed %v", row.Name, row.Changed)
		}
	}
	if len(r.Parameters) != 5 {
		t.Errorf("%d rows, want 5", len(r.Parameters))
	}
	p, paper = definition().Preset(Quick), good()
	if paper.Long = 50.5; !definition().record(p).Reduced {
		t.Error("a duration below the paper's does not count as reduced")
	}
	if p.Long = 51; definition().record(p).Reduced {
		t.Error("a duration above the paper's counts as reduced")
	}
	if full := definition().record(definition().Preset(Paper)); full.Changed || full.Reduced {
		t.Errorf("the paper preset counts as changed %v, reduced %v", full.Changed, full.Reduced)
	}
}

func TestChanges(t *testing.T) {
	for _, c := range []struct {
		changes Changes
		want    func(*sample)
	}{
		{nil, func(*sample) {}},
		{Changes{"Dt": 0.5, "Seeds": 7}, func(p *sample) { p.Dt, p.Seeds = 0.5, 7 }},
		{Changes{"dt": "0.5", "SEEDS": "7", "kind": "logistic"}, func(p *sample) { p.Dt, p.Seeds, p.Kind = 0.5, 7, "logistic" }},
		{Changes{"Dt": 1, "Seeds": 2.0}, func(p *sample) { p.Dt, p.Seeds = 1, 2 }},
		{Changes{"Inner.Rates": []float64{1, 2, 3}}, func(p *sample) { p.Inner.Rates = []float64{1, 2, 3} }},
		{Changes{"rates": "1, 2"}, func(p *sample) { p.Inner.Rates = []float64{1, 2} }},
		{Changes{"rates": 3}, func(p *sample) { p.Inner.Rates = []float64{3} }},
		{Changes{"rates": " "}, func(p *sample) { p.Inner.Rates = []float64{} }},
		{Changes{"rates": []int{0}}, func(p *sample) { p.Inner.Rates = []float64{0} }},
		{Changes{"Inner.Rates[0]": 5, "rates": "1, 2"}, func(p *sample) { p.Inner.Rates = []float64{5, 2} }},
		{Changes{"Inner.Rates": "1, 2", "rates[0]": 5}, func(p *sample) { p.Inner.Rates = []float64{5, 2} }},
		{Changes{"rates[1]": 0}, func(p *sample) { p.Inner.Rates = []float64{0.1, 0} }},
	} {
		p, want := good(), good()
		c.want(&want)
		before := slices.Clone(p.Inner.Rates)
		shared := p.Inner.Rates
		if err := c.changes.apply(&p, func() {}); err != nil || !reflect.DeepEqual(p, want) {
			t.Errorf("%v: %+v, %v; want %+v", c.changes, p, err, want)
		}
		if !slices.Equal(shared, before) {
			t.Errorf("%v changed a shared list", c.changes)
		}
	}
	for want, changes := range map[string]Changes{
		"there is no parameter seed; did you mean Seeds?; there are: Seeds, Dt, Long, Kind, Inner.Rates": {"seed": 1},
		`there is no parameter "a\nb"`:                                            {"a\nb": 1},
		"there is no parameter ates":                                              {"ates": 1},
		"parameter Seeds: 2.5 is not a whole number":                              {"Seeds": 2.5},
		`parameter Seeds: "many" is not a whole number`:                           {"Seeds": "many"},
		`parameter Dt: "" is not a number`:                                        {"Dt": ""},
		"parameter Dt: []int{1} is not a number":                                  {"Dt": []int{1}},
		"parameter Dt: <nil> is not a number":                                     {"Dt": nil},
		"parameter Kind: 3 is not text":                                           {"Kind": 3},
		"parameter Inner.Rates: true is not a list":                               {"Rates": true},
		`parameter Inner.Rates[1]: "x" is not a number`:                           {"Rates": "1,x"},
		"parameter Inner.Rates has 2 values, counted from 0":                      {"Rates[2]": 1},
		"parameter Dt is given twice, as Dt and dt":                               {"Dt": 1, "dt": 1},
		"parameter Inner.Rates[1] is given twice, as Inner.Rates[1] and rates[1]": {"Inner.Rates[1]": 1, "rates[1]": 1},
		"parameter Dt is not a list":                                              {"Dt[0]": 1},
		"write an element of a list as Name[0]":                                   {"Rates[x]": 1},
	} {
		p := good()
		if err := changes.apply(&p, func() {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", changes, err, want)
		}
	}
}
