package lab

import (
	"slices"

	"microcircuits/dendrite/baseline"
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// Digits are the parameters of four learners of handwritten digits: the dendritic
// microcircuit with two hidden areas, the same with a frozen middle, a backprop
// network of the same size and a single layer. The names of its fields are part of
// the keys of stored results.
type Digits struct {
	Scale experiment.Scale `param:"-"` // the preset these parameters started from

	Seeds  int    `min:"1" max:"1000" scale:"up" paper:"not known" doc:"networks of each kind"`
	Epochs int    `min:"1" max:"1000" scale:"up" paper:"200" source:"N Fig. 3; its axis says trials [recalled-H]" doc:"passes through the training images"`
	Data   string `paper:"MNIST" source:"N 3.4" doc:"folder of IDX files; MNIST where none is named"`
	Batch  int    `min:"1" max:"1000" paper:"10" source:"N 3.4" doc:"images per weight change, which is their average"`

	Hidden1   int     `symbol:"n_1" scale:"up" min:"1" max:"10000" paper:"500" source:"N 3.4" doc:"pyramidal neurons of area 1"`
	Hidden2   int     `symbol:"n_2" scale:"up" min:"1" max:"10000" paper:"500" source:"N 3.4" doc:"pyramidal neurons of area 2"`
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
	Lambda     []float64 `symbol:"λ_1…λ_3" min:"0" max:"0.99" paper:"0.3, 0.3, 0.1" source:"SM of N, read in [G]" doc:"mixing factors: apical in areas 1 and 2, teacher at the output"`
	LambdaI    float64   `symbol:"λ_I" min:"0" max:"0.99" paper:"0.1" source:"[recalled-M]" doc:"mixing factor of the interneurons' nudging"`
	EtaUp      []float64 `symbol:"η^PP" min:"0" max:"100" paper:"0.1111, 0.0333, 0.01" source:"SM of N, read in [G], unverified there" doc:"learning rates of bottom-up synapses, areas 1 to 3"`
	EtaIP      []float64 `symbol:"η^IP" min:"0" max:"100" paper:"0.0667, 0.02" source:"SM of N, read in [G], unverified there" doc:"learning rates of pyramidal-to-interneuron synapses, areas 1 and 2"`
	RateFactor float64   `min:"0" max:"100" doc:"multiplies all learning rates"`
	Decay      string    `oneof:"linear|none" paper:"not known" doc:"course of the learning rates over all epochs"`
	InitUp     float64   `above:"0" max:"100" paper:"0.1" source:"[G, recalled-M]" doc:"initial bottom-up weights are uniform in plus or minus this"`
	InitDown   []float64 `above:"0" max:"100" paper:"1, 1" source:"[recalled-L]; N says relatively weak" doc:"fixed top-down weights onto areas 1 and 2 are uniform in plus or minus this"`
}

// DigitFrozenMiddle are the separate parameters of the control without plasticity
// from area 1 to area 2; all others are the microcircuit's. The thresholds of area 2 are
// frozen with its weights.
type DigitFrozenMiddle struct {
	Lambda   []float64 `symbol:"λ_1…λ_3" min:"0" max:"0.99" paper:"0.3, 0.3, 0.1" source:"as the microcircuit" doc:"mixing factors: apical in areas 1 and 2, teacher at the output"`
	Init     float64   `above:"0" max:"100" paper:"0.1" source:"as the microcircuit" doc:"the frozen weights are uniform in plus or minus this"`
	EtaUp    []float64 `symbol:"η^PP" min:"0" max:"100" paper:"0.1111, 0.01" source:"as the microcircuit" doc:"learning rates of bottom-up synapses, areas 1 and 3"`
	EtaIP    []float64 `symbol:"η^IP" min:"0" max:"100" paper:"0.0667, 0.02" source:"as the microcircuit" doc:"learning rates of pyramidal-to-interneuron synapses, areas 1 and 2"`
	InitDown []float64 `above:"0" max:"100" paper:"1, 1" source:"as the microcircuit" doc:"fixed top-down weights onto areas 1 and 2 are uniform in plus or minus this"`
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
		Batch: 10, Hidden1: 500, Hidden2: 500, TargetOff: 0.1, TargetOn: 0.8,
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
		Sizes: []int{pixels, p.Hidden1, p.Hidden2, task.Classes}, Thresholds: true, Mixing: TwoStepMixing(m.Mixing),
		Lambda: m.Lambda, LambdaI: m.LambdaI,
		Rates: twostep.Rates{Up: times(m.RateFactor, m.EtaUp), IP: times(m.RateFactor, m.EtaIP)},
		Init:  twostep.Init{Up: []float64{m.InitUp, m.InitUp, m.InitUp}, Down: m.InitDown},
	}
}

// frozenMiddle is the paper's control: the same microcircuit with the weights
// from area 1 to area 2 not plastic.
func (p Digits) frozenMiddle(pixels int) twostep.Config {
	c, f, factor := p.circuit(pixels), p.FrozenMiddle, p.Microcircuit.RateFactor
	c.Rates.Up = times(factor, []float64{f.EtaUp[0], 0, f.EtaUp[1]})
	c.Rates.IP = times(factor, f.EtaIP)
	c.Lambda, c.Init.Up[1], c.Init.Down = f.Lambda, f.Init, f.InitDown
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
		Sizes: []int{pixels, p.Hidden1, p.Hidden2, task.Classes},
		Rates: []float64{b.Eta, b.Eta, b.Eta},
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

// NewFrozenMiddle returns the microcircuit with frozen weights from area 1 to
// area 2, and its trainer.
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
