package figure

import (
	"math"
	"strings"
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/record"
)

func smallPredictions() PredictionsParams {
	p := predictionsPreset(experiment.Quick)
	p.Seeds, p.Regression.Trials, p.Regression.PatternMs = 2, 60, 50
	return p
}

// Silencing SST unmasks the top-down input only where it was cancelled.
func TestPredictionsSilencing(t *testing.T) {
	p := smallPredictions()
	p.Seeds, p.Regression.Trials, p.Regression.PatternMs = 1, 250, 100
	r, err := Predictions.Run(t.Context(), experiment.Env{Store: openStore(t)}, p)
	if err != nil {
		t.Fatal(err)
	}
	n := r.nets(intact)[0]
	if _, fit := line(n.Before.TopDown, n.Before.Immediate); !(fit < 0.3) {
		t.Errorf("before learning the top-down input explains %.2f of the depolarisation", fit)
	}
	if slope, fit := line(n.After.TopDown, n.After.Immediate); !(math.Abs(slope-1) < 0.1) || !(fit > 0.95) {
		t.Errorf("after learning: slope %.3f, R² %.3f, want about 1", slope, fit)
	}
	// What a silenced dendrite shows is its top-down input, sample by sample.
	for i, v := range n.After.Traces.Apical {
		t0 := n.After.Traces
		want := t0.TopDown[i]
		if i < len(t0.Time)/2 {
			want += t0.Lateral[i]
		}
		if !(math.Abs(v-want) < 1e-9) {
			t.Fatalf("at %.1f ms v_A is %g, its inputs add up to %g", t0.Time[i], v, want)
		}
	}
	// With frozen lateral synapses the apical potential stays large.
	if frozen := lab.Last(r.nets(frozenLateral)[0].Apical); !(frozen > 5*lab.Last(n.Apical)) {
		t.Errorf("apical potential %.3g with lateral plasticity frozen, %.3g intact", frozen, lab.Last(n.Apical))
	}
	first := r.nets(shallow)[0]
	if first.Error[0] != n.Error[0] || first.Forward[0] != n.Forward[0] {
		t.Error("networks of one seed do not start alike")
	}
}

func TestPredictionsFiguresSayReduced(t *testing.T) {
	p := smallPredictions()
	r, err := Predictions.Run(t.Context(), experiment.Env{Store: openStore(t)}, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, caption string }{
		{"silencing", r.SilencingTraces().Caption}, {"scatter", r.SilencingScatter().Caption}, {"learning", r.Learning().Caption},
		{"final errors", r.FinalErrors().Caption}, {"frozen", r.FrozenTraces().Caption}, {"VIP", r.VIPTraces().Caption},
	} {
		if !strings.Contains(c.caption, "reduced run") {
			t.Errorf("%s: caption hides that the run is reduced: %s", c.name, c.caption)
		}
	}
	p.VIPFrom = 0.7
	if err := Predictions.Validate(p); err == nil || !strings.Contains(err.Error(), "VIPFrom") {
		t.Errorf("error %v does not name VIPFrom", err)
	}
}

// One network that is far worse than intact does not make learning suffer.
func TestPredictionsHarmIsNotOneNetwork(t *testing.T) {
	for _, c := range []struct {
		ratios []float64
		want   record.Verdict
	}{
		{[]float64{2, 2, 2, 2}, record.Qualitatively},
		{[]float64{5, 3, 2, 0.9}, record.Qualitatively},
		{[]float64{1.1, 1.1, 1.1, 1.1}, record.Deviates},
		{[]float64{13, 3, 0.9, 0.9}, record.Deviates},
	} {
		r := &PredictionsRun{Run: &experiment.Run[PredictionsParams]{Params: predictionsPreset(experiment.Quick)}}
		flat := Silencing{TopDown: []float64{1, 2}, Immediate: []float64{1, 2}, Sustained: []float64{1, 2}}
		for _, m := range manipulations {
			nets := make([]PredictionsNet, len(c.ratios))
			for seed, ratio := range c.ratios {
				if m == intact || m == shallow {
					ratio = 1
				}
				nets[seed] = PredictionsNet{Trials: []int{0}, Error: []float64{ratio}, Forward: []float64{1}, Before: flat, After: flat}
			}
			r.Nets = append(r.Nets, nets)
		}
		claims := r.claims()
		record.Judge(claims)
		for _, id := range []string{"lateral-frozen", "gate-open", "gate-opened"} {
			if got := record.Find(claims, id).Verdict; got != c.want {
				t.Errorf("errors of %v times the intact network's: %s %s, want %s", c.ratios, id, got, c.want)
			}
		}
	}
}
