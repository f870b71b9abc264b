package figure

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/record"
)

// smallAssociation is a network with a short run.
func smallAssociation() AssociationParams {
	p := associationPreset(experiment.Quick)
	p.Stage1.Inputs, p.Stage1.Hidden, p.Stage1.Outputs = 10, 8, 3
	p.Stage1.Seeds, p.Stage1.Patterns = 3, 200
	p.Stage1.Sigma = 0.02 // few neurons: the same noise would hide the error
	return p
}

// The figure's claim on small networks; association_long_test.go has the one
// that the report shows.
func TestAssociationIsLearned(t *testing.T) {
	p := smallAssociation()
	p.LearnMs = 6000 // fewer neurons learn more slowly
	r, err := Association.Run(t.Context(), experiment.Env{Store: openStore(t)}, p)
	if err != nil {
		t.Fatal(err)
	}
	before, after := r.Misses()
	for i, fall := range r.Fall() {
		if !(fall > 3) {
			t.Errorf("seed %d: the squared apical potential fell %.1f times, want more than 3", i+1, fall)
		}
		if !(after[i] < before[i]/3) {
			t.Errorf("seed %d: the output misses its target by %.3g after learning, %.3g before", i+1, after[i], before[i])
		}
		s := r.Seeds[i]
		if rest := s.Steady[restMs/windowMs-1]; !(s.onset() > 2*rest) {
			t.Errorf("seed %d: squared apical potential %.3g at the onset, %.3g before: no error appears", i+1, s.onset(), rest)
		}
		if s.Distance[0] != s.Distance[restMs-1] {
			t.Errorf("seed %d: the feed-forward pass changed before the teacher came", i+1)
		}
	}
}

// Without bottom-up plasticity the teacher must not change the output.
func TestAssociationNeedsBottomUpPlasticity(t *testing.T) {
	p := smallAssociation()
	p.Stage1.Seeds, p.EtaUp1, p.EtaUp2 = 1, 0, 0
	r, err := Association.Run(t.Context(), experiment.Env{Store: openStore(t)}, p)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Seeds[0]
	if first, last := s.Distance[0], s.Distance[len(s.Distance)-1]; first != last {
		t.Errorf("squared distance went from %g to %g with frozen bottom-up synapses", first, last)
	}
	_, after := r.Misses()
	if after[0] < associationReached {
		t.Errorf("the output misses its target by only %g", after[0])
	}
	if c := r.Claim("output-miss"); c.Verdict != record.Deviates {
		t.Errorf("the claim says otherwise: %+v", c)
	}
}

// The traces show a fixed network and change nothing in it.
func TestAssociationTracesChangeNothing(t *testing.T) {
	p := smallAssociation()
	net, err := microcircuit.New(p.Stage1.Network(false), 1)
	if err != nil {
		t.Fatal(err)
	}
	net.Input(p.Stage1.Pattern(1, "association input", 0))
	if err := net.Run(t.Context(), 50); err != nil {
		t.Fatal(err)
	}
	before := net.State()
	target := p.target(1)
	tr, rest, err := p.traces(t.Context(), net, target, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(net.State(), before) {
		t.Error("the network differs after its traces were taken")
	}
	n := len(tr.Time)
	if len(rest) != 3 || len(tr.Output) != n || len(tr.TopDown) != n || len(tr.Lateral) != n || len(tr.Input) != n || 2*len(tr.Target) != n {
		t.Fatalf("lengths: %d times, %d outputs, %d targets, %d rests", n, len(tr.Output), len(tr.Target), len(rest))
	}
	if tr.Time[0] != 0 || math.Abs(tr.Time[n-1]-2*restMs) > 1 {
		t.Errorf("times from %g to %g ms, want 0 to 200", tr.Time[0], tr.Time[n-1])
	}
	if last := tr.Target[len(tr.Target)-1]; math.Abs(last-target[1]) > 1e-6 {
		t.Errorf("target ends at %g, want %g", last, target[1])
	}
}

func TestAssociationTargets(t *testing.T) {
	for law, in := range map[string]func(float64) bool{
		"potential": func(u float64) bool { return u >= 0 && u < 1 },
		"signed":    func(u float64) bool { return u >= -1 && u < 1 },
		"rate":      func(u float64) bool { r := math.Log1p(math.Exp(u)); return r > 0 && r < 1 },
	} {
		p := smallAssociation()
		p.Target = law
		for seed := range uint64(20) {
			for _, u := range p.target(seed) {
				if !in(u) {
					t.Errorf("%s: potential %g", law, u)
				}
			}
		}
	}
}

func TestAssociationFiguresAndTable(t *testing.T) {
	p := smallAssociation()
	p.Stage1.Seeds = 2
	r, err := Association.Run(t.Context(), experiment.Env{Store: openStore(t)}, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		title, caption string
		rows           int
	}{
		{r.Traces().Title, r.Traces().Caption, len(r.Traces().Table.Rows)},
		{r.Mismatch().Title, r.Mismatch().Caption, len(r.Mismatch().Table.Rows)},
		{r.Apical().Title, r.Apical().Caption, len(r.Apical().Table.Rows)},
		{r.Distance().Title, r.Distance().Caption, len(r.Distance().Table.Rows)},
	} {
		if c.rows == 0 || !strings.Contains(c.caption, "reduced") {
			t.Errorf("%s: %d rows, caption %q", c.title, c.rows, c.caption)
		}
	}
	heading, rows := r.EachSeed()
	if len(rows) != 2 || len(rows[0]) != len(heading) || rows[1][0] != "2" {
		t.Errorf("table of seeds: %v, %v", heading, rows)
	}
}

// The controls share their first stages, and each changes what it names.
func TestAssociationControls(t *testing.T) {
	p := smallAssociation()
	p.Stage1.Seeds = 1
	env := experiment.Env{Store: openStore(t)}
	var first string
	for i, c := range p.Controls() {
		r, err := Association.Run(t.Context(), env, c.Params)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = r.Provenance.Runs[0]
			continue
		}
		if !r.Changed {
			t.Errorf("%s: no parameter differs from the preset", c.Name)
		}
		if same := r.Provenance.Runs[0] == first; same != (c.Params.Stage1.Forward == p.Stage1.Forward) {
			t.Errorf("%s: shares its first stage: %v", c.Name, same)
		}
		if heading, row := r.InShort(); len(heading) != len(row) {
			t.Errorf("%s: %d headings for %d cells", c.Name, len(heading), len(row))
		}
	}
}

func TestAssociationSaysWhichParameterIsWrong(t *testing.T) {
	p := smallAssociation()
	p.Stage1.GApical = -1
	if _, err := Association.Run(t.Context(), experiment.Env{Store: openStore(t)}, p); err == nil || !strings.Contains(err.Error(), "GApical") {
		t.Errorf("error %v does not name GApical", err)
	}
	p = smallAssociation()
	p.Target = "surprise"
	if _, err := Association.Run(t.Context(), experiment.Env{Store: openStore(t)}, p); err == nil || !strings.Contains(err.Error(), "Target") {
		t.Errorf("error %v does not name Target", err)
	}
}
