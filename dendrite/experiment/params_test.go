package experiment

import (
	"math"
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

func TestValidateNamesTheParameterAndTheRange(t *testing.T) {
	if err := Validate(good()); err != nil {
		t.Fatalf("valid parameters refused: %v", err)
	}
	for _, c := range []struct {
		spoil func(*sample)
		want  []string
	}{
		{func(p *sample) { p.Seeds = 0 }, []string{"Seeds", "0", "1 <= Seeds <= 100"}},
		{func(p *sample) { p.Dt = 0 }, []string{"Dt", "time step", "0 < Dt <= 1"}},
		{func(p *sample) { p.Dt = math.NaN() }, []string{"Dt", "NaN"}},
		{func(p *sample) { p.Kind = "tanh" }, []string{"Kind", "tanh", "softplus, logistic"}},
		{func(p *sample) { p.Inner.Rates[1] = math.Inf(1) }, []string{"Inner.Rates[1]", "+Inf"}},
	} {
		p := good()
		c.spoil(&p)
		err := Validate(p)
		if err == nil {
			t.Errorf("%+v accepted", p)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("error %q does not say %q", err, w)
			}
		}
	}
}

func TestTableMarksChangesAndReducedScale(t *testing.T) {
	p, paper := good(), good()
	p.Dt, paper.Seeds = 0.05, 10
	r := NewRecord(Info{Name: "sample"}, Quick, p, good(), paper)
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
	p, paper = good(), good()
	if paper.Long = 50.5; !NewRecord(Info{}, Quick, p, good(), paper).Reduced {
		t.Error("a duration below the paper's does not count as reduced")
	}
	if p.Long = 51; NewRecord(Info{}, Quick, p, good(), paper).Reduced {
		t.Error("a duration above the paper's counts as reduced")
	}
	full := NewRecord(Info{}, Paper, paper, paper, paper)
	if full.Changed || full.Reduced {
		t.Errorf("the paper preset counts as changed %v, reduced %v", full.Changed, full.Reduced)
	}
}
