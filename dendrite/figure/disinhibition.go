package figure

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"microcircuits/dendrite/baseline"
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/recall"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// DisinhibitionParams are the parameters of [Disinhibition].
type DisinhibitionParams struct {
	Scale experiment.Scale `param:"-"` // the preset these parameters started from

	Seeds  int    `min:"1" max:"1000" scale:"up" paper:"not known" doc:"networks"`
	Epochs int    `min:"1" max:"1000" scale:"up" paper:"not known" doc:"passes through the training images"`
	Data   string `paper:"MNIST" source:"N 3.4" doc:"folder of IDX files; MNIST where none is named"`
	Batch  int    `min:"1" max:"1000" paper:"10" source:"N 3.4" doc:"images per weight change, which is their average"`

	Hidden    int     `symbol:"n_1" scale:"up" min:"1" max:"10000" paper:"1000" source:"N 3.4" doc:"pyramidal neurons of area 1"`
	TargetOff float64 `symbol:"r^trgt" above:"0" max:"0.999" paper:"0.1" source:"N 3.4" doc:"target rate of the other classes"`
	TargetOn  float64 `symbol:"r^trgt" above:"0" max:"0.999" paper:"0.8" source:"N 3.4" doc:"target rate of the digit's class"`

	Circuit    DisinhibitionCircuit
	Reader     DisinhibitionReader
	Recall     lab.Recall
	Continuous lab.GateNetwork
}

// DisinhibitionCircuit are the parameters of the dendritic network.
type DisinhibitionCircuit struct {
	Mixing     string    `oneof:"additive|convex" paper:"not clear" source:"N 3.4" doc:"how basal and apical drive are mixed while learning"`
	Lambda     []float64 `symbol:"λ_1, λ_2" min:"0" max:"0.99" paper:"not known; 0.3 and 0.1 in the other network" source:"SM of N, read in [G]" doc:"mixing factors: apical in area 1, teacher at the output"`
	LambdaI    float64   `symbol:"λ_I" min:"0" max:"0.99" paper:"0.1" source:"[recalled-M]" doc:"mixing factor of the interneurons' nudging"`
	EtaUp      []float64 `symbol:"η^PP" min:"0" max:"100" paper:"not known" doc:"learning rates of bottom-up synapses, areas 1 and 2, rule (7)"`
	EtaIP      float64   `symbol:"η^IP" min:"0" max:"100" paper:"not known" doc:"learning rate of pyramidal-to-interneuron synapses, rule (8)"`
	EtaPI      float64   `symbol:"η^PI" min:"0" max:"100" paper:"not known" doc:"learning rate of interneuron-to-pyramidal synapses, rule (9)"`
	EtaDown    float64   `symbol:"η^PP_1,2" min:"0" max:"100" paper:"not known; on a slow time scale" source:"N 3.4" doc:"learning rate of top-down synapses, rule (10)"`
	EtaPixels  float64   `symbol:"η_0,1" min:"0" max:"100" paper:"not known" doc:"learning rate of the projection from area 1 onto the pixels, rule (10)"`
	Decay      string    `oneof:"linear|none" paper:"not known" doc:"course of all learning rates over all epochs"`
	InitUp     float64   `above:"0" max:"100" paper:"random" source:"N 3.4" doc:"bottom-up and pyramidal-to-interneuron weights start uniform in plus or minus this"`
	InitDown   float64   `above:"0" max:"100" paper:"random" source:"N 3.4" doc:"top-down and interneuron-to-pyramidal weights start uniform in plus or minus this, independently"`
	InitPixels float64   `above:"0" max:"100" paper:"not known" doc:"the projection onto the pixels starts uniform in plus or minus this"`
}

// DisinhibitionReader are the parameters of the independent reader, a backprop
// network with one hidden area that learned the clean training digits. It classifies
// the images that the dendritic network produces.
type DisinhibitionReader struct {
	Hidden int     `min:"1" max:"10000" doc:"hidden neurons of the reader"`
	Epochs int     `min:"1" max:"1000" doc:"its passes through the training images"`
	Eta    float64 `min:"0" max:"100" doc:"its learning rate, decaying linearly; cross-entropy"`
}

// Disinhibition is the figure on learned feedback and its disinhibition: a network
// with one hidden area in which every synapse is plastic learns digits, and then
// recalls them while VIP interneurons silence SST.
var Disinhibition = add(experiment.Definition[DisinhibitionParams, *DisinhibitionRun]{
	Info: experiment.Info{
		Name:     "disinhibition",
		Title:    "Learned feedback, and recall under disinhibition",
		Figure:   "N 3.4 (2.48 %), A Fig. 5 (from memory; protocol reconstructed)",
		Claim:    "feedback learns to predict; disinhibited, it generates digits",
		Notebook: "5-disinhibition",
		Version:  3,
		Deviations: []string{
			"The protocol of A Fig. 5 is a reconstruction. It is only certain that VIP interneurons suppress lateral inhibition during recall and that prototypes are generated and inputs denoised; gate, number of steps, noises, measures and the projection onto the pixels are this project's.",
			"While the gate opens, the drive of the soma changes from basal to apical, u = (1 - g) v_B + v_A, and the apical weight is 1: rule (10) trains the unattenuated top-down input to predict the soma.",
			"The learning rates and initial weights of the network with plastic top-down synapses are not known. Ours were chosen by the error on the 5 000 validation images and by prototypes and recall on 500 of them, single seeds, 4 to 45 epochs; they decay linearly to zero. The presets differ in them: quick has few epochs and needs a faster rule (10).",
			"Pixels are rates: noisy images are clipped to 0 to 1, which alone lowers the squared error of the noisy input.",
			"The network in continuous time is a small one of this project, with another task: noisy copies of a few random patterns. There the soma keeps its basal drive while the gate is open.",
		},
	},
	Preset:   disinhibitionPreset,
	Check:    DisinhibitionParams.check,
	Jobs:     DisinhibitionParams.jobs,
	Claims:   (*DisinhibitionRun).claims,
	Warnings: (*DisinhibitionRun).warnings,
	Small: func(p *DisinhibitionParams) {
		p.Seeds, p.Epochs, p.Hidden = 1, 1, 40
		p.Reader = DisinhibitionReader{Hidden: 20, Epochs: 2, Eta: 1}
		p.Recall.Images = 20
		p.Continuous.Trials = 20
	},
})

func disinhibitionPreset(scale experiment.Scale) DisinhibitionParams {
	p := DisinhibitionParams{
		Scale: scale, Seeds: 3, Epochs: 4, Batch: 10, Hidden: 1000, TargetOff: 0.1, TargetOn: 0.8,
		Circuit: DisinhibitionCircuit{
			Mixing: "additive", Lambda: []float64{0.3, 0.1}, LambdaI: 0.1,
			EtaUp: []float64{1, 0.1}, EtaIP: 0.4, EtaPI: 1, EtaDown: 0.02, EtaPixels: 0.02, Decay: "linear",
			InitUp: 0.1, InitDown: 5, InitPixels: 0.01,
		},
		Reader: DisinhibitionReader{Hidden: 300, Epochs: 5, Eta: 1},
		Recall: lab.Recall{
			Gates: []float64{0.25, 0.5, 0.75, 1}, Steps: 3, Blend: 0.5,
			Gaussian: []float64{0.1, 0.3, 0.5}, SaltPepper: []float64{0.1, 0.2, 0.3}, Images: 250,
		},
		Continuous: lab.GateNetwork{
			Trials: 300, Inputs: 20, Hidden: 30, Classes: 3, Noise: 1,
			EtaUp: []float64{0.03, 0.015}, EtaIP: 0.03, EtaPI: 0.1, EtaDown: 0.003, InitUp: 0.3, InitDown: 1, Sigma: 0.1,
		},
	}
	if scale == experiment.Paper {
		p.Epochs, p.Recall.Images = 45, 2000
		// With more epochs, lower learning rates are enough.
		p.Circuit.EtaUp, p.Circuit.EtaDown = []float64{0.6, 0.1}, 0.005
	}
	return p
}

func (p DisinhibitionParams) check() error {
	if err := cmp.Or(
		lab.Length("Circuit.Lambda", p.Circuit.Lambda, 2),
		lab.Length("Circuit.EtaUp", p.Circuit.EtaUp, 2),
		lab.Length("Continuous.EtaUp", p.Continuous.EtaUp, 2),
		lab.Distinct("Recall.Gates", p.Recall.Gates),
		lab.Distinct("Recall.Gaussian", p.Recall.Gaussian),
		lab.Distinct("Recall.SaltPepper", p.Recall.SaltPepper),
	); err != nil {
		return err
	}
	if len(p.Recall.Gates) == 0 || !slices.IsSorted(p.Recall.Gates) {
		return fmt.Errorf("parameter Recall.Gates is %v; want one opening or more, in ascending order", p.Recall.Gates)
	}
	if p.TargetOff >= p.TargetOn {
		return fmt.Errorf("parameter TargetOff is %g, not below TargetOn, %g", p.TargetOff, p.TargetOn)
	}
	return p.Continuous.Network().Validate()
}

// network is the configuration of the dendritic network.
func (p DisinhibitionParams) network(pixels int) twostep.Config {
	c := p.Circuit
	return twostep.Config{
		Sizes: []int{pixels, p.Hidden, task.Classes}, Thresholds: true, Mixing: lab.TwoStepMixing(c.Mixing),
		Lambda: c.Lambda, LambdaI: c.LambdaI,
		Rates: twostep.Rates{Up: c.EtaUp, IP: []float64{c.EtaIP}, PI: []float64{c.EtaPI}, Down: []float64{c.EtaDown}},
		Init: twostep.Init{
			Up: []float64{c.InitUp, c.InitUp}, Down: []float64{c.InitDown},
			IP: []float64{c.InitUp}, PI: []float64{c.InitDown},
		},
	}
}

func (p DisinhibitionParams) reader(pixels int) baseline.Config {
	return baseline.Config{
		Sizes: []int{pixels, p.Reader.Hidden, task.Classes}, Loss: baseline.CrossEntropy,
		Rates: []float64{p.Reader.Eta, p.Reader.Eta},
	}
}

// DisinhibitionRun is a finished run; its methods are the figure's panels. The
// slices have one element per seed, in the order of the seeds 1, 2, ...
type DisinhibitionRun struct {
	*experiment.Run[DisinhibitionParams]
	Circuits   []DisinhibitionNet
	Reader     DisinhibitionReading
	Recalls    []lab.Recalled
	Continuous []lab.GateTransition // in the network of continuous time

	otherData bool // than MNIST
}

// The keys hold what the networks depend on.
type disinhibitionReaderKey struct {
	Reader DisinhibitionReader
	Batch  int
	Data   []string // checksums
}

type disinhibitionCircuitKey struct {
	Epochs, Batch, Hidden int
	Targets               [2]float64
	Circuit               DisinhibitionCircuit
	Data                  []string
	Seed                  int
}

// jobs plans the networks, what they recall, and the networks in continuous time.
func (p DisinhibitionParams) jobs(plan *experiment.Plan) (func(*experiment.Run[DisinhibitionParams]) *DisinhibitionRun, error) {
	digits, err := plan.Digits(p.Data)
	if err != nil {
		return nil, err
	}
	plan.Seeds(p.Seeds)
	circuitKey := func(seed int) disinhibitionCircuitKey {
		return disinhibitionCircuitKey{p.Epochs, p.Batch, p.Hidden, [2]float64{p.TargetOff, p.TargetOn}, p.Circuit, digits.Sums, seed}
	}
	readerKey := disinhibitionReaderKey{p.Reader, p.Batch, digits.Sums}
	var circuits []*experiment.Pending[DisinhibitionNet]
	for seed := 1; seed <= p.Seeds; seed++ {
		circuits = append(circuits, experiment.Add(plan, experiment.Job[DisinhibitionNet]{
			Unit: fmt.Sprintf("circuit-seed%d", seed), Key: circuitKey(seed),
			// The projection onto the pixels is as large as the weights from them.
			Seconds: lab.DigitSeconds(p.Epochs*lab.TrainingImages, 784, p.Hidden, 784),
			Run: func(ctx context.Context, w *experiment.Work) (DisinhibitionNet, error) {
				d, err := digits.Load()
				if err != nil {
					return DisinhibitionNet{}, err
				}
				return p.trainCircuit(ctx, w, d, uint64(seed))
			},
		}))
	}
	reader := experiment.Add(plan, experiment.Job[DisinhibitionReading]{
		Unit: "reader", Key: readerKey,
		Seconds: lab.DigitSeconds(p.Reader.Epochs*lab.TrainingImages, 784, p.Reader.Hidden, task.Classes),
		Run: func(ctx context.Context, w *experiment.Work) (DisinhibitionReading, error) {
			d, err := digits.Load()
			if err != nil {
				return DisinhibitionReading{}, err
			}
			return p.trainReader(ctx, w, d)
		},
	})
	means := sync.OnceValues(func() ([][]float32, error) {
		d, err := digits.Load()
		if err != nil {
			return nil, err
		}
		return lab.ClassMeans(d.Train), nil
	})
	var recalls []*experiment.Pending[lab.Recalled]
	for i, circuit := range circuits {
		seed := i + 1
		recalls = append(recalls, experiment.Add(plan, experiment.Job[lab.Recalled]{
			Unit: fmt.Sprintf("recall-seed%d", seed),
			Key: struct {
				Circuit disinhibitionCircuitKey
				Reader  disinhibitionReaderKey
				Recall  lab.Recall
			}{circuitKey(seed), readerKey, p.Recall},
			Seconds: p.Recall.Seconds(p.Hidden),
			Needs:   []experiment.Dependency{circuit, reader},
			Run: func(ctx context.Context, w *experiment.Work) (lab.Recalled, error) {
				m, err := means()
				if err != nil {
					return lab.Recalled{}, err
				}
				d, err := digits.Load()
				if err != nil {
					return lab.Recalled{}, err
				}
				r, err := p.recaller(d, m, circuit.Get(), reader.Get(), seed)
				if err != nil {
					return lab.Recalled{}, err
				}
				return r.Recall(ctx, w, d, seed)
			},
		}))
	}
	var transitions []*experiment.Pending[lab.GateTransition]
	for seed := 1; seed <= p.Seeds; seed++ {
		transitions = append(transitions, experiment.Add(plan, experiment.Job[lab.GateTransition]{
			Unit: fmt.Sprintf("continuous-seed%d", seed),
			Key: struct {
				Continuous lab.GateNetwork
				Seed       int
			}{p.Continuous, seed},
			Seconds: p.Continuous.Seconds(),
			Run: func(ctx context.Context, w *experiment.Work) (lab.GateTransition, error) {
				return p.Continuous.Open(ctx, w, uint64(seed))
			},
		}))
	}
	return func(run *experiment.Run[DisinhibitionParams]) *DisinhibitionRun {
		return &DisinhibitionRun{
			Run: run, otherData: !digits.MNIST, Circuits: lab.Results(circuits), Reader: reader.Get(),
			Recalls: lab.Results(recalls), Continuous: lab.Results(transitions),
		}
	}, nil
}

// DisinhibitionNet is a trained dendritic network. Index 0 of the curves is before
// learning, index e after epoch e.
type DisinhibitionNet struct {
	Validation, Test []float64 `unit:"%" doc:"share of images answered wrongly, before learning and after each epoch"`
	// Mean sizes over the neurons of area 1 and 500 validation images.
	TopDown []float64 `doc:"W_1,2 r_2 without the teacher, mean absolute value, by epoch"`
	Apical  []float64 `doc:"apical potential v_A without the teacher, mean absolute value, by epoch"`
	Error   []float64 `doc:"what the teacher adds to v_A, mean absolute value, by epoch"`
	Weights disinhibitionState
}

// DisinhibitionReading is the trained reader.
type DisinhibitionReading struct {
	Validation, Test []float64 `unit:"%" doc:"share of images answered wrongly, by epoch"`
	Weights          baseline.State[float32]
}

// disinhibitionLearner is a dendritic network whose projection onto the pixels
// learns with it.
type disinhibitionLearner struct {
	net    *twostep.Network[float32]
	pixels *recall.Projection[float32]
	rate   float64
	r      []float32 // rates of area 1
}

type disinhibitionState struct {
	Net    twostep.State[float32]
	Pixels recall.State[float32]
}

func (p DisinhibitionParams) learner(pixels int, seed uint64) (*disinhibitionLearner, error) {
	net, err := twostep.New[float32](p.network(pixels), seed)
	if err != nil {
		return nil, err
	}
	projection, err := recall.NewProjection[float32](pixels, p.Hidden, p.Circuit.InitPixels, seed)
	return &disinhibitionLearner{net, projection, p.Circuit.EtaPixels, make([]float32, p.Batch*p.Hidden)}, err
}

// TrainBatch trains the network, and then the projection with the rates of
// area 1 after the backward sweep.
func (l *disinhibitionLearner) TrainBatch(x, target []float32, scale float64) error {
	if err := l.net.TrainBatch(x, target, scale); err != nil {
		return err
	}
	l.pixels.Learn(x, l.net.Read(l.r, twostep.ReadRate, 1), scale*l.rate)
	return nil
}

func (l *disinhibitionLearner) Classify(dst []int, x []float32) []int { return l.net.Classify(dst, x) }

func (l *disinhibitionLearner) State() disinhibitionState {
	return disinhibitionState{l.net.State(), l.pixels.State()}
}

func (l *disinhibitionLearner) SetState(s disinhibitionState) error {
	if err := l.net.SetState(s.Net); err != nil {
		return err
	}
	return l.pixels.SetState(s.Pixels)
}

func (s disinhibitionState) weights() [][]float32 {
	return append(lab.TwoStepWeights(s.Net), s.Pixels.Weights, s.Pixels.Threshold)
}

// trainCircuit takes one network through all epochs.
func (p DisinhibitionParams) trainCircuit(ctx context.Context, w *experiment.Work, d *task.Digits, seed uint64) (DisinhibitionNet, error) {
	l, err := p.learner(d.Train.Pixels, seed)
	if err != nil {
		return DisinhibitionNet{}, err
	}
	target, err := lab.TargetPotentials(p.TargetOff, p.TargetOn)
	if err != nil {
		return DisinhibitionNet{}, err
	}
	t := lab.Trainer[disinhibitionState]{
		Name: "learned feedback", Seed: seed, Net: l, Weights: disinhibitionState.weights,
		Epochs: p.Epochs, Batch: p.Batch, Target: target, Decay: p.Circuit.Decay,
		Advice:  "lower Circuit.EtaUp, or raise Circuit.EtaIP and Circuit.EtaPI so that the interneurons learn fast enough",
		Measure: func(c *lab.DigitCurve) error { return l.measure(d, target, c) },
	}
	c, err := t.Train(ctx, w, d)
	if err != nil {
		return DisinhibitionNet{}, err
	}
	return DisinhibitionNet{c.Validation, c.Test, c.TopDown[0], c.Apical[0], c.ApicalTeacher[0], l.State()}, nil
}

// measure adds the potentials of area 1, as they are now, to the curve; the one
// with the teacher is what the teacher adds.
func (l *disinhibitionLearner) measure(d *task.Digits, target [2]float32, c *lab.DigitCurve) error {
	if c.Apical == nil {
		c.TopDown, c.Apical, c.ApicalTeacher = make([][]float64, 1), make([][]float64, 1), make([][]float64, 1)
	}
	probe := lab.Probe(d)
	if err := l.net.Sweep(probe.Images, nil); err != nil {
		return err
	}
	c.TopDown[0] = append(c.TopDown[0], lab.MeanSize(l.net.Read(nil, twostep.ReadTopDown, 1)))
	silent := l.net.Read(nil, twostep.ReadApical, 1)
	c.Apical[0] = append(c.Apical[0], lab.MeanSize(silent))
	if err := l.net.Sweep(probe.Images, lab.Targets(probe.Labels, target)); err != nil {
		return err
	}
	taught := l.net.Read(nil, twostep.ReadApical, 1)
	for i, v := range silent {
		taught[i] -= v
	}
	c.ApicalTeacher[0] = append(c.ApicalTeacher[0], lab.MeanSize(taught))
	return nil
}

// disinhibitionReaderSeed is far from the seeds of the dendritic networks, so that
// the reader is independent of them.
const disinhibitionReaderSeed = 1_000_003

func (p DisinhibitionParams) trainReader(ctx context.Context, w *experiment.Work, d *task.Digits) (DisinhibitionReading, error) {
	net, err := baseline.New[float32](p.reader(d.Train.Pixels), disinhibitionReaderSeed)
	if err != nil {
		return DisinhibitionReading{}, err
	}
	t := lab.BackpropTrainer{
		Name: "reader", Seed: disinhibitionReaderSeed, Net: net, Weights: lab.BaselineWeights,
		Epochs: p.Reader.Epochs, Batch: p.Batch, Target: [2]float32{0, 1}, Decay: "linear", Advice: "lower Reader.Eta",
	}
	c, err := t.Train(ctx, w, d)
	return DisinhibitionReading{c.Validation, c.Test, net.State()}, err
}

// recaller is a trained network with the trained reader, for recall.
func (p DisinhibitionParams) recaller(d *task.Digits, means [][]float32, trained DisinhibitionNet, reading DisinhibitionReading, seed int) (*lab.Recaller, error) {
	l, err := p.learner(d.Train.Pixels, uint64(seed))
	if err != nil {
		return nil, err
	}
	if err := l.SetState(trained.Weights); err != nil {
		return nil, err
	}
	reader, err := baseline.New[float32](p.reader(d.Train.Pixels), disinhibitionReaderSeed)
	if err != nil {
		return nil, err
	}
	if err := reader.SetState(reading.Weights); err != nil {
		return nil, err
	}
	circuit, err := recall.New(l.net, l.pixels)
	return &lab.Recaller{
		Params: p.Recall, Hidden: p.Hidden, Targets: [2]float64{p.TargetOff, p.TargetOn},
		Net: l.net, Circuit: circuit, Reader: reader, Means: means, Cols: d.Cols,
	}, err
}
