package microcircuit

import "fmt"

// A State is all that a network needs to go on exactly where it was, in plain
// slices. Index k of a slice of slices or matrices belongs to area k; entries
// that an area does not have are empty. Inductions are empty for synapses that
// are unfiltered, or frozen without Params.KeepInductions.
type State struct {
	Time      float64 // ms
	RestSteps int     // steps of the plasticity lag that remain

	Input         []float64 // as given
	SmoothedInput []float64
	Teacher       bool
	Target        []float64 // as given, zeros while the teacher is off
	Smoothed      []float64 // the smoothed target

	Soma        [][]float64 // u^P
	Interneuron [][]float64 // u^I

	WPPUp, WPPDown, WIP, WPI []Matrix
	// Low-pass filtered inductions Delta of the same four.
	DPPUp, DPPDown, DIP, DPI []Matrix

	Noise []byte // position in the noise stream
}

// State returns a copy of the complete state.
func (n *Network) State() State {
	noise, err := n.noise.MarshalBinary()
	if err != nil {
		panic(err) // a position is always saved
	}
	a0 := &n.areas[0]
	s := State{
		Time: n.time, RestSteps: n.restSteps,
		Input: clone(n.input), SmoothedInput: clone(a0.rate[:a0.n]),
		Teacher: n.teacher, Target: clone(n.target), Smoothed: clone(n.goal),
		Noise: noise,
	}
	for k := range n.areas {
		a := &n.areas[k]
		s.Soma = append(s.Soma, clone(a.u))
		s.Interneuron = append(s.Interneuron, clone(a.uInt))
		for _, m := range s.matrices() {
			syn := m.of(a)
			*m.w = append(*m.w, compact(&syn.w))
			*m.d = append(*m.d, compact(&syn.induction))
		}
	}
	return s
}

// SetState continues from a state of a network of the same layout, parameters
// and numeric backend, bit for bit. A state of other sizes is refused with an
// error and changes nothing. Inductions missing from s (empty) start at 0, those
// of synapses that are frozen here without KeepInductions are ignored.
func (n *Network) SetState(s State) error {
	fresh := &Network{noise: n.noise}
	fresh.layOut(n.p)
	if err := fresh.load(s); err != nil {
		return err
	}
	*n = *fresh
	return nil
}

// load fills a newly laid out network.
func (n *Network) load(s State) error {
	a0 := &n.areas[0]
	type pair struct {
		name     string
		dst, src []float64
	}
	pairs := []pair{
		{"Input", n.input, s.Input}, {"SmoothedInput", a0.rate[:a0.n], s.SmoothedInput},
		{"Target", n.target, s.Target}, {"Smoothed", n.goal, s.Smoothed},
	}
	for _, c := range []struct {
		name string
		got  int
	}{
		{"Soma", len(s.Soma)}, {"Interneuron", len(s.Interneuron)},
		{"WPPUp", len(s.WPPUp)}, {"WPPDown", len(s.WPPDown)}, {"WIP", len(s.WIP)}, {"WPI", len(s.WPI)},
		{"DPPUp", len(s.DPPUp)}, {"DPPDown", len(s.DPPDown)}, {"DIP", len(s.DIP)}, {"DPI", len(s.DPI)},
	} {
		if c.got != len(n.areas) {
			return fmt.Errorf("microcircuit: State.%s has %d areas, this network %d", c.name, c.got, len(n.areas))
		}
	}
	for k := range n.areas {
		a := &n.areas[k]
		pairs = append(pairs,
			pair{fmt.Sprintf("Soma[%d]", k), a.u, s.Soma[k]},
			pair{fmt.Sprintf("Interneuron[%d]", k), a.uInt, s.Interneuron[k]})
		for _, m := range s.matrices() {
			syn := m.of(a)
			if err := load(&syn.w, (*m.w)[k], fmt.Sprintf("State.W%s[%d]", m.name, k)); err != nil {
				return err
			}
			d := (*m.d)[k]
			if syn.induction.Data == nil || len(d.Data) == 0 {
				continue
			}
			if err := load(&syn.induction, d, fmt.Sprintf("State.D%s[%d]", m.name, k)); err != nil {
				return err
			}
		}
	}
	for _, p := range pairs {
		if len(p.src) != len(p.dst) {
			return fmt.Errorf("microcircuit: State.%s has %d elements, this network %d", p.name, len(p.src), len(p.dst))
		}
		copy(p.dst, p.src)
	}
	if s.RestSteps < 0 {
		return fmt.Errorf("microcircuit: State.RestSteps is %d; it must not be negative", s.RestSteps)
	}
	if !s.Teacher && !allZero(s.Target, s.Smoothed) {
		return fmt.Errorf("microcircuit: State.Teacher is off, yet Target or Smoothed is not zero")
	}
	n.time, n.restSteps, n.teacher = s.Time, s.RestSteps, s.Teacher
	if err := n.noise.UnmarshalBinary(s.Noise); err != nil {
		return fmt.Errorf("microcircuit: State.Noise: %w", err)
	}
	return nil
}

// A stateMatrix ties one kind of synapse to its two fields of a State.
type stateMatrix struct {
	name string
	of   func(*area) *synapses
	w, d *[]Matrix
}

func (s *State) matrices() [4]stateMatrix {
	return [4]stateMatrix{
		{"PPUp", func(a *area) *synapses { return &a.up }, &s.WPPUp, &s.DPPUp},
		{"PPDown", func(a *area) *synapses { return &a.down }, &s.WPPDown, &s.DPPDown},
		{"IP", func(a *area) *synapses { return &a.ip }, &s.WIP, &s.DIP},
		{"PI", func(a *area) *synapses { return &a.pi }, &s.WPI, &s.DPI},
	}
}

func clone(x []float64) []float64 { return append([]float64{}, x...) }

func allZero(xs ...[]float64) bool {
	for _, x := range xs {
		for _, v := range x {
			if v != 0 {
				return false
			}
		}
	}
	return true
}
