package microcircuit

import (
	"fmt"
	"math"
	"slices"

	"microcircuits/dendrite/internal/simd"
)

// Conductances couple the compartments (1/ms, capacitance 1).
type Conductances struct {
	Leak     float64 // g_lk, of every soma
	Basal    float64 // g_B, basal dendrite to pyramidal soma
	Apical   float64 // g_A, apical dendrite to pyramidal soma of hidden areas
	Dendrite float64 // g_D, dendrite to soma of interneurons
	Somatic  float64 // g_som, nudging of interneurons, and of output neurons by the teacher
}

// AttenuationHidden is g_B / (g_lk + g_B + g_A): what remains of the basal
// potential at the soma of a hidden neuron (paper.md 1.3).
func (g Conductances) AttenuationHidden() float64 { return g.Basal / (g.Leak + g.Basal + g.Apical) }

// AttenuationOutput is g_B / (g_lk + g_B), as output neurons have no apical
// dendrite.
func (g Conductances) AttenuationOutput() float64 { return g.Basal / (g.Leak + g.Basal) }

// AttenuationInterneuron is g_D / (g_lk + g_D).
func (g Conductances) AttenuationInterneuron() float64 { return g.Dendrite / (g.Leak + g.Dendrite) }

// MixingHidden is lambda_k = g_A / (g_lk + g_B + g_A), the weight of the apical
// potential in a settled hidden soma (paper.md 1.5).
func (g Conductances) MixingHidden() float64 { return g.Apical / (g.Leak + g.Basal + g.Apical) }

// MixingOutput is lambda_N = g_som / (g_lk + g_B + g_som), the weight of the
// target in a settled output soma.
func (g Conductances) MixingOutput() float64 { return g.Somatic / (g.Leak + g.Basal + g.Somatic) }

// MixingInterneuron is lambda_I = g_som / (g_lk + g_D + g_som), the weight of
// the next area's pyramidal neuron in a settled interneuron.
func (g Conductances) MixingInterneuron() float64 {
	return g.Somatic / (g.Leak + g.Dendrite + g.Somatic)
}

// Reversal potentials of the conductance-based teacher.
const (
	EExc = 1.0
	EInh = -1.0
)

// Nudging returns the balanced excitatory and inhibitory conductances (1/ms)
// whose current gExc (EExc - u) + gInh (EInh - u) pulls the soma towards target;
// it equals the current Somatic (target - u) that the dynamics use (N section
// 2.1). For a target outside [EInh, EExc] one of them is negative.
func (g Conductances) Nudging(target float64) (gExc, gInh float64) {
	return g.Somatic * (target - EInh) / (EExc - EInh), -g.Somatic * (target - EExc) / (EExc - EInh)
}

// LearningRates are the rates eta of the synapses onto one area (1/ms); zero
// freezes the weights, bit for bit, and costs nothing without KeepInductions.
type LearningRates struct {
	Up   float64 // W^PP_{k,k-1}, rule (7): every area but 0
	IP   float64 // W^IP_{k,k}, rule (8): hidden areas
	PI   float64 // W^PI_{k,k}, rule (9): hidden areas
	Down float64 // W^PP_{k,k+1}, rule (10): hidden areas
}

// A Range is the half-open interval [Lo, Hi) of a uniform law.
type Range struct{ Lo, Hi float64 }

// Init holds the laws of the initial weights; Bias is that of the bias columns.
// For the self-predicting state call Network.SelfPredict after New.
type Init struct{ Up, Down, IP, PI, Bias Range }

// Params determine a network, together with its seed.
type Params struct {
	Sizes    []int // neurons per area; Sizes[0] are the inputs, the last one is the output
	G        Conductances
	Transfer Transfer        // of all neurons but the inputs, which are rates
	Eta      []LearningRates // one per area; Eta[0] is zero
	Bias     bool            // give basal and interneuron dendrites a plastic input of constant rate
	BiasRate float64         // rate of that input; not 0 with Bias
	Init     Init

	Dt    float64 // Euler step (ms)
	Tau0  float64 // smoothing of input and target (ms); 0 switches at once
	TauW  float64 // low-pass filter of the inductions (ms); 0 learns from them directly
	Sigma float64 // noise (1/sqrt(ms))
	Lag   float64 // plasticity rests for this long (ms) after the onset of an input
	Gate  float64 // VIP gate in [0, 1]: lateral inhibition is scaled by 1 - Gate

	// For comparison with other simulators; no figure uses them.
	SmoothFirst    bool // a new input or target moves the smoothed one before the next step, not at its end
	KeepInductions bool // frozen synapses filter their inductions too, although they do not use them
}

// Defaults returns the constants that all small networks of the papers share
// (paper.md 3.1): g_lk 0.1, g_B = g_D = 1, g_A = g_som = 0.8, step 0.1 ms,
// tau_0 3 ms, tau_w 30 ms, softplus(1, 1, 0), weights U(-1, 1), no bias (its rate would
// be 1), no noise, all synapses frozen.
func Defaults(sizes ...int) Params {
	unit := Range{-1, 1}
	return Params{
		Sizes:    slices.Clone(sizes),
		G:        Conductances{Leak: 0.1, Basal: 1, Apical: 0.8, Dendrite: 1, Somatic: 0.8},
		Transfer: Softplus(1, 1, 0),
		Eta:      make([]LearningRates, len(sizes)),
		BiasRate: 1,
		Init:     Init{Up: unit, Down: unit, IP: unit, PI: unit},
		Dt:       0.1,
		Tau0:     3,
		TauW:     30,
	}
}

// Validate reports the first parameter that is out of its range.
func (p Params) Validate() error {
	bad := func(name string, value any, want string) error {
		return fmt.Errorf("microcircuit: %s is %v; it must be %s", name, value, want)
	}
	if len(p.Sizes) < 2 {
		return bad("Sizes", p.Sizes, "at least an input and an output area")
	}
	for k, n := range p.Sizes {
		if n < 1 {
			return bad(fmt.Sprintf("Sizes[%d]", k), n, "at least 1")
		}
	}
	nonNegative := func(x float64) bool { return x >= 0 && !math.IsInf(x, 1) }
	positive := func(x float64) bool { return x > 0 && !math.IsInf(x, 1) }
	for _, c := range []struct {
		name  string
		value float64
		ok    func(float64) bool
		want  string
	}{
		{"G.Leak", p.G.Leak, nonNegative, "finite and not negative"},
		{"G.Basal", p.G.Basal, positive, "finite and positive"},
		{"G.Apical", p.G.Apical, nonNegative, "finite and not negative"},
		{"G.Dendrite", p.G.Dendrite, positive, "finite and positive"},
		{"G.Somatic", p.G.Somatic, nonNegative, "finite and not negative"},
		// A rate of 0 would be a bias that does nothing, most likely a field that was forgotten.
		{"BiasRate", p.BiasRate, func(x float64) bool { return simd.Finite([]float64{x}) && (x != 0 || !p.Bias) }, "finite, and not 0 with Bias (Defaults has 1)"},
		{"Dt", p.Dt, positive, "finite and positive (ms)"},
		{"Tau0", p.Tau0, func(x float64) bool { return x == 0 || x >= p.Dt && positive(x) }, "0 (off) or finite and at least Dt (ms)"},
		{"TauW", p.TauW, func(x float64) bool { return x == 0 || x >= p.Dt && positive(x) }, "0 (off) or finite and at least Dt (ms)"},
		{"Sigma", p.Sigma, nonNegative, "finite and not negative"},
		{"Lag", p.Lag, nonNegative, "finite and not negative (ms)"},
		{"Gate", p.Gate, func(x float64) bool { return x >= 0 && x <= 1 }, "between 0 and 1"},
	} {
		if !c.ok(c.value) {
			return bad(c.name, c.value, c.want)
		}
	}
	// Beyond 2 the leak alone makes explicit Euler unstable.
	total := p.G.Leak + max(p.G.Basal+max(p.G.Apical, p.G.Somatic), p.G.Dendrite+p.G.Somatic)
	if p.Dt*total >= 2 {
		return bad("Dt", p.Dt, fmt.Sprintf("below %.4g ms, 2 over the total conductance of a soma, for Euler to be stable", 2/total))
	}
	if err := p.Transfer.validate(); err != nil {
		return err
	}
	if err := p.validateEta(); err != nil {
		return err
	}
	for _, c := range []struct {
		name string
		r    Range
	}{{"Up", p.Init.Up}, {"Down", p.Init.Down}, {"IP", p.Init.IP}, {"PI", p.Init.PI}, {"Bias", p.Init.Bias}} {
		if !simd.Finite([]float64{c.r.Lo, c.r.Hi}) || c.r.Lo > c.r.Hi {
			return bad("Init."+c.name, c.r, "a finite interval with Lo at most Hi")
		}
	}
	return nil
}

func (p Params) validateEta() error {
	if len(p.Eta) != len(p.Sizes) {
		return fmt.Errorf("microcircuit: Eta has %d entries; it must have one per area, %d (Eta[0] stays zero)", len(p.Eta), len(p.Sizes))
	}
	output := len(p.Sizes) - 1
	for k, eta := range p.Eta {
		for _, c := range []struct {
			name   string
			value  float64
			exists bool
		}{
			{"Up", eta.Up, k > 0},
			{"IP", eta.IP, k > 0 && k < output},
			{"PI", eta.PI, k > 0 && k < output},
			{"Down", eta.Down, k > 0 && k < output},
		} {
			if !(c.value >= 0) || math.IsInf(c.value, 1) {
				return fmt.Errorf("microcircuit: Eta[%d].%s is %v; it must be finite and not negative (1/ms)", k, c.name, c.value)
			}
			if c.value != 0 && !c.exists {
				return fmt.Errorf("microcircuit: Eta[%d].%s is %v, but area %d of %d has no such synapses; it must be 0", k, c.name, c.value, k, output)
			}
		}
	}
	return nil
}

// clone returns a copy that shares no memory with p.
func (p Params) clone() Params {
	p.Sizes = slices.Clone(p.Sizes)
	p.Eta = slices.Clone(p.Eta)
	return p
}
