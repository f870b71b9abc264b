package lab

import (
	"fmt"
	"math"
	"slices"

	"microcircuits/dendrite/baseline"
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// Digits are the parameters of four learners of handwritten digits: the dendritic
// microcircuit with its hidden areas, the same with a frozen middle, a backprop
// network of the same size and a single layer. The names of the fields of its
// learners are part of the keys of stored results.
type Digits struct {
	Scale experiment.Scale `param:"-"` // the preset these parameters started from

	Seeds  int    `min:"1" max:"1000" scale:"up" paper:"not known" doc:"networks of each kind"`
	Epochs int    `min:"1" max:"1000" scale:"up" paper:"200" source:"N Fig. 3; its axis says trials [recalled-H]" doc:"passes through the training images"`
	Data   string `paper:"MNIST" source:"N 3.4" doc:"folder of IDX files; MNIST where none is named"`
	Batch  int    `min:"1" max:"1000" paper:"10" source:"N 3.4" doc:"images per weight change, which is their average"`

	Hidden    []int   `symbol:"n_1, n_2…" scale:"up" min:"1" max:"5000" paper:"500, 500" source:"N 3.4" doc:"pyramidal neurons of each hidden area, for one to five areas"`
	TargetOff float64 `symbol:"r^trgt" above:"0" max:"0.999" paper:"0.1" source:"N 3.4" doc:"target rate of the other classes"`
	TargetOn  float64 `symbol:"r^trgt" above:"0" max:"0.999" paper:"0.8" source:"N 3.4" doc:"target rate of the digit's class"`

	Microcircuit DigitMicrocircuit
	FrozenMiddle DigitFrozenMiddle
	Backprop     DigitBackprop
	SingleLayer  DigitSingleLayer
}

// DigitMicrocircuit are the parameters of the dendritic microcircuit alone.
type DigitMicrocircuit struct {
	Mixing     string    `oneof:"additive|convex" paper:"not clear" source:"N 3.4" doc:"how basal and apical drive are mixed"`
	Lambda     []float64 `symbol:"λ_1…λ_3" min:"0" max:"0.99" paper:"0.3, 0.3, 0.1" source:"SM of N, read in [G]" doc:"mixing factors: apical in each hidden area, teacher at the output"`
	LambdaI    float64   `symbol:"λ_I" min:"0" max:"0.99" paper:"0.1" source:"[recalled-M]" doc:"mixing factor of the interneurons' nudging"`
	EtaUp      []float64 `symbol:"η^PP" min:"0" max:"100" paper:"0.1111, 0.0333, 0.01" source:"SM of N, read in [G], unverified there" doc:"learning rates of bottom-up synapses, each hidden area and the output"`
	EtaIP      []float64 `symbol:"η^IP" min:"0" max:"100" paper:"0.0667, 0.02" source:"SM of N, read in [G], unverified there" doc:"learning rates of pyramidal-to-interneuron synapses, each hidden area"`
	RateFactor float64   `min:"0" max:"100" doc:"multiplies all learning rates"`
	Decay      string    `oneof:"linear|none" paper:"not known" doc:"course of the learning rates over all epochs"`
	InitUp     float64   `above:"0" max:"100" paper:"0.1" source:"[G, recalled-M]" doc:"initial bottom-up weights are uniform in plus or minus this"`
	InitDown   []float64 `above:"0" max:"100" paper:"1, 1" source:"[recalled-L]; N says relatively weak" doc:"fixed top-down weights onto each hidden area are uniform in plus or minus this"`
}

// DigitFrozenMiddle are the separate parameters of the control without plasticity
// between the hidden areas; all others are the microcircuit's. The thresholds of the
// areas above the first hidden one are frozen with their weights. A network with one
// hidden area has no such control.
type DigitFrozenMiddle struct {
	Lambda   []float64 `symbol:"λ_1…λ_3" min:"0" max:"0.99" paper:"0.3, 0.3, 0.1" source:"as the microcircuit" doc:"mixing factors: apical in each hidden area, teacher at the output"`
	Init     float64   `above:"0" max:"100" paper:"0.1" source:"as the microcircuit" doc:"the frozen weights are uniform in plus or minus this"`
	EtaUp    []float64 `symbol:"η^PP" min:"0" max:"100" paper:"0.1111, 0.01" source:"as the microcircuit" doc:"learning rates of bottom-up synapses, area 1 and the output"`
	EtaIP    []float64 `symbol:"η^IP" min:"0" max:"100" paper:"0.0667, 0.02" source:"as the microcircuit" doc:"learning rates of pyramidal-to-interneuron synapses, each hidden area"`
	InitDown []float64 `above:"0" max:"100" paper:"1, 1" source:"as the microcircuit" doc:"fixed top-down weights onto each hidden area are uniform in plus or minus this"`
}

// DigitBackprop are the parameters of the backprop network, of the same size.
type DigitBackprop struct {
	Loss  string  `oneof:"squared error|cross-entropy" paper:"not recovered" source:"N footnote 6" doc:"loss of its gradient descent"`
	Eta   float64 `min:"0" max:"100" paper:"not recovered" source:"N footnote 6" doc:"learning rate of all areas"`
	Decay string  `oneof:"linear|none" paper:"not known" doc:"course of the learning rate over all epochs"`
}

// DigitSingleLayer are the parameters of the network without a hidden area,
// whose output neurons learn as the microcircuit's do.
type DigitSingleLayer struct {
	Lambda    float64 `symbol:"λ" above:"0" max:"0.99" paper:"not known" doc:"mixing factor of the teacher"`
	Eta       float64 `symbol:"η^PP" min:"0" max:"100" paper:"not known" doc:"learning rate"`
	Decay     string  `oneof:"linear|none" paper:"not known" doc:"course of the learning rate over all epochs"`
	Init      float64 `above:"0" max:"100" paper:"0.1" source:"as the microcircuit" doc:"initial weights are uniform in plus or minus this"`
	TargetOff float64 `symbol:"r^trgt" above:"0" max:"0.9999" paper:"0.1" source:"as the microcircuit" doc:"target rate of the other classes"`
	TargetOn  float64 `symbol:"r^trgt" above:"0" max:"0.9999" paper:"0.8" source:"as the microcircuit" doc:"target rate of the digit's class"`
}

// DigitDefaults returns the default settings of the figures, without Scale, Seeds
// and Epochs.
func DigitDefaults() Digits {
	return Digits{
		Batch: 10, Hidden: []int{500, 500}, TargetOff: 0.1, TargetOn: 0.8,
		Microcircuit: DigitMicrocircuit{
			Mixing: "additive", Lambda: []float64{0.3, 0.3, 0.1}, LambdaI: 0.1,
			EtaUp: []float64{0.556, 0.167, 0.05}, EtaIP: []float64{0.5, 0.2}, RateFactor: 1, Decay: "linear",
			InitUp: 0.1, InitDown: []float64{4, 12},
		},
		FrozenMiddle: DigitFrozenMiddle{
			Lambda: []float64{0.3, 0.3, 0.3}, Init: 0.2,
			EtaUp: []float64{1, 0.1}, EtaIP: []float64{0.015, 0.5}, InitDown: []float64{4, 2},
		},
		Backprop:    DigitBackprop{Loss: "cross-entropy", Eta: 1, Decay: "linear"},
		SingleLayer: DigitSingleLayer{Lambda: 0.5, Eta: 0.1, Decay: "linear", Init: 0.1, TargetOff: 0.001, TargetOn: 0.999},
	}
}

// MaxHidden is the largest number of hidden areas.
const MaxHidden = 5

// Sizes are the numbers of neurons of all areas, from the input to the output.
func (p Digits) Sizes(pixels int) []int {
	return slices.Concat([]int{pixels}, p.Hidden, []int{task.Classes})
}

// A depthList is a parameter with a value for each area, and its default for two hidden
// areas.
type depthList struct {
	name   string
	values *[]float64
	two    []float64
	output bool // it also has a value for the output
	rate   bool // learning rates of the microcircuit
}

func (p *Digits) depthLists() []depthList {
	d := DigitDefaults()
	return []depthList{
		{"Microcircuit.Lambda", &p.Microcircuit.Lambda, d.Microcircuit.Lambda, true, false},
		{"Microcircuit.EtaUp", &p.Microcircuit.EtaUp, d.Microcircuit.EtaUp, true, true},
		{"Microcircuit.EtaIP", &p.Microcircuit.EtaIP, d.Microcircuit.EtaIP, false, true},
		{"Microcircuit.InitDown", &p.Microcircuit.InitDown, d.Microcircuit.InitDown, false, false},
		{"FrozenMiddle.Lambda", &p.FrozenMiddle.Lambda, d.FrozenMiddle.Lambda, true, false},
		{"FrozenMiddle.EtaIP", &p.FrozenMiddle.EtaIP, d.FrozenMiddle.EtaIP, false, false},
		{"FrozenMiddle.InitDown", &p.FrozenMiddle.InitDown, d.FrozenMiddle.InitDown, false, false},
	}
}

// forDepth returns the default for a number of hidden areas. The area above the pixels, the
// one below the output, and the output keep their values; the others get the value of the
// hidden area whose neighbours are the same. In more than two areas the microcircuit's rates are
// multiplied by DeepRates.
func (l depthList) forDepth(hidden int) []float64 {
	var out []float64
	if l.output {
		out = slices.Concat(l.two[:1], slices.Repeat(l.two[1:2], hidden-1), l.two[2:])
	} else { // of hidden areas: the last is next to the output
		out = append(slices.Repeat(l.two[:1], hidden-1), l.two[1])
	}
	if l.rate && hidden > 2 {
		for i, x := range out {
			out[i] = math.Round(1e4*DeepRates*x) / 1e4
		}
	}
	return out
}

// DeepRates is the factor of the microcircuit's learning rates for more than two hidden areas.
// The error grows from area to area: with the rates for two areas, three areas of 500 neurons do
// not learn.
const DeepRates = 0.3

// FitDepth replaces lists that have their defaults for two hidden areas by those for the
// network's number of hidden areas.
func (p *Digits) FitDepth() {
	if n := len(p.Hidden); n == 0 || n == 2 || n > MaxHidden {
		return
	}
	for _, l := range p.depthLists() {
		if slices.Equal(*l.values, l.two) {
			*l.values = l.forDepth(len(p.Hidden))
		}
	}
}

// FittedLists are the names of the lists that have the values of FitDepth.
func (p Digits) FittedLists() (names []string) {
	for _, l := range p.depthLists() {
		if len(p.Hidden) != 2 && slices.Equal(*l.values, l.forDepth(len(p.Hidden))) {
			names = append(names, l.name)
		}
	}
	return names
}

// CheckDepth returns an error for a wrong number of hidden areas, or for a list with a
// wrong number of values.
func (p Digits) CheckDepth() error {
	if n := len(p.Hidden); n < 1 || n > MaxHidden {
		return fmt.Errorf("parameter Hidden has %d hidden areas; want 1 to %d, such as 500,500", n, MaxHidden)
	}
	for _, l := range p.depthLists() {
		want, each := len(p.Hidden), "one for each hidden area"
		if l.output {
			want, each = want+1, each+" and one for the output"
		}
		if err := Length(l.name, *l.values, want); err != nil {
			return fmt.Errorf("%w, %s: Hidden has %d", err, each, len(p.Hidden))
		}
	}
	return Length("FrozenMiddle.EtaUp", p.FrozenMiddle.EtaUp, 2)
}

func times(factor float64, rates []float64) []float64 {
	out := make([]float64, len(rates))
	for i, r := range rates {
		out[i] = factor * r
	}
	return out
}

// TwoStepMixing is the mixing of that name: "convex", or additive.
func TwoStepMixing(name string) twostep.Mixing {
	if name == "convex" {
		return twostep.Convex
	}
	return twostep.Additive
}

// circuit is the configuration of the microcircuit.
func (p Digits) circuit(pixels int) twostep.Config {
	m := p.Microcircuit
	return twostep.Config{
		Sizes: p.Sizes(pixels), Thresholds: true, Mixing: TwoStepMixing(m.Mixing),
		Lambda: m.Lambda, LambdaI: m.LambdaI,
		Rates: twostep.Rates{Up: times(m.RateFactor, m.EtaUp), IP: times(m.RateFactor, m.EtaIP)},
		Init:  twostep.Init{Up: slices.Repeat([]float64{m.InitUp}, len(p.Hidden)+1), Down: m.InitDown},
	}
}

// frozenMiddle is the paper's control: the same microcircuit with the weights
// between the hidden areas not plastic.
func (p Digits) frozenMiddle(pixels int) twostep.Config {
	c, f, factor := p.circuit(pixels), p.FrozenMiddle, p.Microcircuit.RateFactor
	c.Rates.IP = times(factor, f.EtaIP)
	c.Lambda, c.Init.Down = f.Lambda, f.InitDown
	top := len(p.Hidden) // the output is area top+1
	c.Rates.Up = make([]float64, top+1)
	c.Rates.Up[0], c.Rates.Up[top] = factor*f.EtaUp[0], factor*f.EtaUp[1]
	for k := 1; k < top; k++ {
		c.Init.Up[k] = f.Init
	}
	return c
}

func (p Digits) singleLayer(pixels int) twostep.Config {
	return twostep.Config{
		Sizes: []int{pixels, task.Classes}, Thresholds: true,
		Lambda: []float64{p.SingleLayer.Lambda},
		Rates:  twostep.Rates{Up: []float64{p.SingleLayer.Eta}},
		Init:   twostep.Init{Up: []float64{p.SingleLayer.Init}},
	}
}

func (p Digits) backprop(pixels int) baseline.Config {
	b := p.Backprop
	c := baseline.Config{
		Sizes: p.Sizes(pixels),
		Rates: slices.Repeat([]float64{b.Eta}, len(p.Hidden)+1),
	}
	if b.Loss == "cross-entropy" {
		c.Loss = baseline.CrossEntropy
	}
	return c
}

// CircuitTrainer trains a network in two-step dynamics.
type CircuitTrainer = Trainer[twostep.State[float32]]

// BackpropTrainer trains a backprop network.
type BackpropTrainer = Trainer[baseline.State[float32]]

// NewMicrocircuit returns the microcircuit of a seed and its trainer.
func (p Digits) NewMicrocircuit(pixels int, seed uint64) (*twostep.Network[float32], *CircuitTrainer, error) {
	return p.newCircuit("microcircuit", p.circuit(pixels), seed)
}

// NewFrozenMiddle returns the microcircuit with frozen weights between its hidden
// areas, and its trainer.
func (p Digits) NewFrozenMiddle(pixels int, seed uint64) (*twostep.Network[float32], *CircuitTrainer, error) {
	return p.newCircuit("frozen middle", p.frozenMiddle(pixels), seed)
}

func (p Digits) newCircuit(name string, cfg twostep.Config, seed uint64) (*twostep.Network[float32], *CircuitTrainer, error) {
	net, err := twostep.New[float32](cfg, seed)
	if err != nil {
		return nil, nil, err
	}
	target, err := TargetPotentials(p.TargetOff, p.TargetOn)
	return net, &CircuitTrainer{
		Name: name, Seed: seed, Net: net, Weights: TwoStepWeights,
		Epochs: p.Epochs, Batch: p.Batch, Target: target, Decay: p.Microcircuit.Decay,
		Advice: "lower Microcircuit.RateFactor",
	}, err
}

// NewSingleLayer returns the trainer of the network without a hidden area.
func (p Digits) NewSingleLayer(pixels int, seed uint64) (*CircuitTrainer, error) {
	net, err := twostep.New[float32](p.singleLayer(pixels), seed)
	if err != nil {
		return nil, err
	}
	target, err := TargetPotentials(p.SingleLayer.TargetOff, p.SingleLayer.TargetOn)
	return &CircuitTrainer{
		Name: "single layer", Seed: seed, Net: net, Weights: TwoStepWeights,
		Epochs: p.Epochs, Batch: p.Batch, Target: target, Decay: p.SingleLayer.Decay,
		Advice: "lower SingleLayer.Eta",
	}, err
}

// NewBackprop returns the trainer of the backprop network.
func (p Digits) NewBackprop(pixels int, seed uint64) (*BackpropTrainer, error) {
	net, err := baseline.New[float32](p.backprop(pixels), seed)
	if err != nil {
		return nil, err
	}
	target := [2]float32{float32(p.TargetOff), float32(p.TargetOn)}
	if p.Backprop.Loss == "cross-entropy" {
		target = [2]float32{0, 1}
	}
	return &BackpropTrainer{
		Name: "backprop", Seed: seed, Net: net, Weights: BaselineWeights,
		Epochs: p.Epochs, Batch: p.Batch, Target: target, Decay: p.Backprop.Decay,
		Advice: "lower Backprop.Eta",
	}, nil
}

// TwoStepWeights are all weights and thresholds of a network in two-step dynamics.
func TwoStepWeights(s twostep.State[float32]) [][]float32 {
	return slices.Concat(s.Up, s.UpThreshold, s.Down, s.IP, s.IPThreshold, s.PI)
}

// BaselineWeights are all weights and thresholds of a backprop network.
func BaselineWeights(s baseline.State[float32]) [][]float32 { return slices.Concat(s.Up, s.Threshold) }
