package microcircuit_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	mc "microcircuits/dendrite/microcircuit"
)

// A trajectory is a run of another simulator; see testdata/README.md.
type trajectory struct {
	Activation string
	Params     struct {
		Dims                     []int
		Dt, Gl, Gb, Ga, Gd, Gsom float64
		Eta                      struct{ Up, PI, IP []float64 }
		Bias                     struct {
			On  bool
			Val float64
		}
		TauW float64 `json:"tau_w"`
	}
	Inputs, Targets [][]float64
	StepsPerPattern int     `json:"steps_per_pattern"`
	Steps           int     `json:"nsteps"`
	Smoothing       float64 `json:"input_lowpass_tau"` // 0 if there is none
	Initial         snapshot
	Snapshots       []snapshot
}

type snapshot struct {
	Step       int
	InputRates []float64 `json:"input_rates"`
	Target     []float64
	Potentials []struct {
		Soma, Basal, Apical []float64
		Dendrite            []float64 `json:"inn_dendrite"`
		Interneuron         []float64 `json:"inn_soma"`
	}
	Weights []struct {
		Up      [][]float64 `json:"W_up"`
		Down    [][]float64 `json:"W_down"`
		PI      [][]float64 `json:"W_pi"`
		IP      [][]float64 `json:"W_ip"`
		DeltaUp [][]float64 `json:"Delta_up"`
		DeltaPI [][]float64 `json:"Delta_pi"`
		DeltaIP [][]float64 `json:"Delta_ip"`
	}
}

func readTrajectory(t *testing.T, file string) trajectory {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r trajectory
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if len(r.Snapshots) < 10 || r.Snapshots[len(r.Snapshots)-1].Step != r.Steps {
		t.Fatalf("%s has %d snapshots of %d steps; it is not whole", file, len(r.Snapshots), r.Steps)
	}
	return r
}

func (r trajectory) network(t *testing.T) *mc.Network {
	t.Helper()
	q := r.Params
	p := mc.Defaults(q.Dims...)
	p.G = mc.Conductances{Leak: q.Gl, Basal: q.Gb, Apical: q.Ga, Dendrite: q.Gd, Somatic: q.Gsom}
	switch r.Activation {
	case "logistic":
		p.Transfer = mc.Logistic()
	case "softplus log(1+exp(x))":
		p.Transfer = mc.Softplus(1, 1, 0)
	default:
		t.Fatalf("unknown activation %q", r.Activation)
	}
	for i, up := range q.Eta.Up {
		p.Eta[i+1].Up = up
		if i+1 < len(q.Eta.Up) {
			p.Eta[i+1].IP, p.Eta[i+1].PI = q.Eta.IP[i], q.Eta.PI[i]
		}
	}
	p.Dt, p.TauW, p.Tau0 = q.Dt, q.TauW, r.Smoothing
	p.Bias = q.Bias.On
	if p.Bias {
		p.BiasRate = q.Bias.Val
	}
	p.SmoothFirst, p.KeepInductions = true, true
	n := must(t, p, 1)
	s := n.State()
	for i, a := range r.Initial.Potentials {
		s.Soma[i+1] = a.Soma
		if hidden := i+1 < len(r.Initial.Potentials); hidden {
			s.Interneuron[i+1] = a.Interneuron
			s.WPPDown[i+1], s.WIP[i+1], s.WPI[i+1] = matrix(r.Initial.Weights[i].Down), matrix(r.Initial.Weights[i].IP), matrix(r.Initial.Weights[i].PI)
		}
		s.WPPUp[i+1] = matrix(r.Initial.Weights[i].Up)
	}
	s.Input, s.SmoothedInput = r.Inputs[0], r.Inputs[0] // the filter starts at the first pattern
	if err := n.SetState(s); err != nil {
		t.Fatal(err)
	}
	return n
}

func matrix(rows [][]float64) mc.Matrix {
	return mc.Matrix{Rows: len(rows), Cols: len(rows[0]), Data: slices.Concat(rows...)}
}

// Every number that another simulator stored comes out of ours to 1e-9.
func TestOtherSimulator(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != 2 {
		t.Fatalf("testdata has %d trajectories, want 2 (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			r := readTrajectory(t, file)
			atEveryLevel(t, func(t *testing.T) { r.compare(t, r.network(t)) })
		})
	}
}

// compare runs the network and checks it at every snapshot.
func (r trajectory) compare(t *testing.T, n *mc.Network) {
	next := 0
	for step := 1; step <= r.Steps; step++ {
		if pattern := (step - 1) / r.StepsPerPattern; (step-1)%r.StepsPerPattern == 0 {
			n.Input(r.Inputs[pattern])
			if r.Targets != nil {
				n.Target(r.Targets[pattern])
			}
		}
		if r.Snapshots[next].Step != step {
			if err := n.Step(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want := r.Snapshots[next]
		next++
		same := func(what string, area int, got, want []float64) {
			t.Helper()
			if len(got) != len(want) {
				t.Fatalf("step %d, area %d: %d numbers of %s, want %d", step, area, len(got), what, len(want))
			}
			for i := range got {
				if !(math.Abs(got[i]-want[i]) <= 1e-9) {
					t.Fatalf("step %d, area %d: %s[%d] is %v, want %v", step, area, what, i, got[i], want[i])
				}
			}
		}
		last := len(want.Potentials)
		same("input rates", 0, n.Value(mc.Rate, 0), want.InputRates)
		if want.Target != nil {
			same("target", last, n.Value(mc.TargetPotential, last), want.Target)
		}
		for i, a := range want.Potentials {
			same("basal", i+1, n.Value(mc.BasalPotential, i+1), a.Basal)
			if i+1 < last {
				same("apical", i+1, n.Value(mc.ApicalPotential, i+1), a.Apical)
				same("interneuron dendrite", i+1, n.Value(mc.InterneuronDendrite, i+1), a.Dendrite)
			}
		}
		if err := n.Step(); err != nil {
			t.Fatal(err)
		}
		s := n.State()
		for i, a := range want.Potentials {
			same("soma", i+1, s.Soma[i+1], a.Soma)
			if i+1 < last {
				same("interneuron", i+1, s.Interneuron[i+1], a.Interneuron)
			}
		}
		for i, w := range want.Weights { // not every snapshot has them
			for _, c := range []struct {
				what string
				got  mc.Matrix
				want [][]float64
			}{
				{"W_up", s.WPPUp[i+1], w.Up}, {"W_down", s.WPPDown[i+1], w.Down}, {"W_ip", s.WIP[i+1], w.IP}, {"W_pi", s.WPI[i+1], w.PI},
				{"Delta_up", s.DPPUp[i+1], w.DeltaUp}, {"Delta_ip", s.DIP[i+1], w.DeltaIP}, {"Delta_pi", s.DPI[i+1], w.DeltaPI},
			} {
				same(c.what, i+1, c.got.Data, slices.Concat(c.want...))
			}
		}
	}
	if next != len(r.Snapshots) {
		t.Errorf("%d of %d snapshots were compared", next, len(r.Snapshots))
	}
}

// An input or target that counts in the next step is one that was given a step earlier
// to a network whose smoothing moves at the end of a step.
func TestSmoothFirst(t *testing.T) {
	p := everythingPlastic(mc.Softplus(1, 1, 0), 5, 4, 3)
	early := must(t, p, 1)
	p.SmoothFirst = true
	first := must(t, p, 1)
	const pattern = 20
	give := func(n *mc.Network, i int) {
		n.Input(uniform(5, 0, 1, uint64(i)))
		n.Target(uniform(3, -1, 1, uint64(i)))
	}
	begin := func(n *mc.Network) { // both begin with the first pattern at rest
		give(n, 0)
		s := n.State()
		s.SmoothedInput, s.Smoothed = s.Input, s.Target
		if err := n.SetState(s); err != nil {
			t.Fatal(err)
		}
	}
	begin(early)
	begin(first)
	for step := range 5 * pattern {
		if step%pattern == pattern-1 {
			give(early, step/pattern+1)
		}
		if step > 0 && step%pattern == 0 {
			give(first, step/pattern)
		}
		for _, n := range []*mc.Network{early, first} {
			if err := n.Step(); err != nil {
				t.Fatal(err)
			}
		}
		for k := 1; k <= 2; k++ {
			a, b := early.Value(mc.SomaPotential, k), first.Value(mc.SomaPotential, k)
			for i := range a {
				if !(math.Abs(a[i]-b[i]) < 1e-12) {
					t.Fatalf("step %d: soma %s is %v, want %v", step, fmt.Sprint(k, i), b[i], a[i])
				}
			}
		}
	}
}

// A teacher that was off begins at the output potentials and moves before the first step.
func TestSmoothFirstOnset(t *testing.T) {
	p := everythingPlastic(mc.Softplus(1, 1, 0), 5, 4, 3)
	p.SmoothFirst = true
	n := must(t, p, 1)
	if err := n.Run(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	target := uniform(3, 1, 2, 1)
	n.Target(uniform(3, -5, 5, 2)) // of two targets in one step, the last one counts
	n.Target(target)
	for i, u := range n.Value(mc.SomaPotential, 2) {
		want := u + p.Dt/p.Tau0*(target[i]-u)
		if got := n.Value(mc.TargetPotential, 2)[i]; !(math.Abs(got-want) < 1e-12) {
			t.Errorf("target %d begins at %v, want %v", i, got, want)
		}
	}
}
