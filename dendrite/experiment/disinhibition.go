package experiment

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"microcircuits/dendrite/baseline"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// Disinhibition are the parameters of the figure on learned feedback and its
// disinhibition: a network with one hidden area in which every synapse is
// plastic learns digits, and then recalls them while VIP interneurons silence
// SST. Start from DisinhibitionPreset.
type Disinhibition struct {
	Scale Scale `param:"-"` // the preset these parameters started from

	Seeds  int    `min:"1" max:"1000" scale:"up" paper:"not known" doc:"networks"`
	Epochs int    `min:"1" max:"1000" scale:"up" paper:"not known" doc:"passes through the training images"`
	Data   string `paper:"MNIST" source:"N 3.4" doc:"folder of IDX files; MNIST where none is named"`
	Batch  int    `min:"1" max:"1000" paper:"10" source:"N 3.4" doc:"images per weight change, which is their average"`

	Hidden    int     `symbol:"n_1" scale:"up" min:"1" max:"10000" paper:"1000" source:"N 3.4" doc:"pyramidal neurons of area 1"`
	TargetOff float64 `symbol:"r^trgt" above:"0" max:"0.999" paper:"0.1" source:"N 3.4" doc:"target rate of the other classes"`
	TargetOn  float64 `symbol:"r^trgt" above:"0" max:"0.999" paper:"0.8" source:"N 3.4" doc:"target rate of the digit's class"`

	Circuit    DisinhibitionCircuit
	Reader     DisinhibitionReader
	Recall     DisinhibitionRecall
	Continuous DisinhibitionContinuous
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
// network with one hidden area that learned the clean training digits. It reads
// what the dendritic network imagines.
type DisinhibitionReader struct {
	Hidden int     `min:"1" max:"10000" doc:"hidden neurons of the reader"`
	Epochs int     `min:"1" max:"1000" doc:"its passes through the training images"`
	Eta    float64 `min:"0" max:"100" doc:"its learning rate, decaying linearly; cross-entropy"`
}

// DisinhibitionRecall are the parameters of recall.
type DisinhibitionRecall struct {
	Gates      []float64 `symbol:"g_VIP" above:"0" max:"1" paper:"not known" doc:"openings of the VIP gate, beside shut"`
	Steps      int       `min:"2" max:"100" paper:"not known" doc:"looks of iterated recall"`
	Blend      float64   `symbol:"β" above:"0" max:"1" paper:"not known" doc:"share of the recalled image in the input of the next look"`
	Gaussian   []float64 `symbol:"σ" above:"0" max:"10" paper:"not known" doc:"standard deviations of Gaussian pixel noise, the sum clipped to 0 to 1"`
	SaltPepper []float64 `above:"0" max:"1" paper:"not known" doc:"shares of pixels set to 0 or 1, each as likely"`
	Images     int       `min:"10" max:"100000" scale:"up" paper:"not known" doc:"images of the validation and of the test set on which recall is measured, at most"`
}

var disinhibitionInfo = Info{
	Name:    "disinhibition",
	Title:   "Learned feedback, and what it recalls when disinhibited",
	Figure:  "N 3.4 (2.48 %), A Fig. 5 (protocol reconstructed)",
	Version: 2,
	Deviations: []string{
		"The protocol of A Fig. 5 is a reconstruction. Certain is only that VIP interneurons suppress lateral inhibition during recall and that prototypes are generated and inputs denoised; gate, number of looks, noises, measures and the projection onto the pixels are this project's.",
		"While the gate opens the soma hands over from basal to apical drive, u = (1 - g) v_B + v_A, and follows the apical potential with weight 1: rule (10) makes the top-down input, unattenuated, a prediction of the soma.",
		"The learning rates and initial weights of the network with plastic top-down synapses are not known. Ours were chosen by the error on the 5 000 validation images and by prototypes and recall on 500 of them, single seeds, 4 to 45 epochs; they decay linearly to zero. The presets differ in them: with few epochs, quick needs a faster rule (10).",
		"Pixels are rates: noisy images are clipped to 0 to 1, which by itself lowers the squared error of the noisy input.",
		"The network in continuous time is a small one of this project, with a task of its own: noisy copies of a few random patterns. There the soma keeps its basal drive while the gate is open.",
	},
}

// DisinhibitionPreset returns the parameters of a scale.
func DisinhibitionPreset(scale Scale) Disinhibition {
	p := Disinhibition{
		Scale: scale, Seeds: 3, Epochs: 4, Batch: 10, Hidden: 1000, TargetOff: 0.1, TargetOn: 0.8,
		Circuit: DisinhibitionCircuit{
			Mixing: "additive", Lambda: []float64{0.3, 0.1}, LambdaI: 0.1,
			EtaUp: []float64{1, 0.1}, EtaIP: 0.4, EtaPI: 1, EtaDown: 0.02, EtaPixels: 0.02, Decay: "linear",
			InitUp: 0.1, InitDown: 5, InitPixels: 0.01,
		},
		Reader: DisinhibitionReader{Hidden: 300, Epochs: 5, Eta: 1},
		Recall: DisinhibitionRecall{
			Gates: []float64{0.25, 0.5, 0.75, 1}, Steps: 3, Blend: 0.5,
			Gaussian: []float64{0.1, 0.3, 0.5}, SaltPepper: []float64{0.1, 0.2, 0.3}, Images: 250,
		},
		Continuous: DisinhibitionContinuous{
			Trials: 300, Inputs: 20, Hidden: 30, Classes: 3, Noise: 1,
			EtaUp: []float64{0.03, 0.015}, EtaIP: 0.03, EtaPI: 0.1, EtaDown: 0.003, InitUp: 0.3, InitDown: 1, Sigma: 0.1,
		},
	}
	if scale == Paper {
		p.Epochs, p.Recall.Images = 45, 2000
		// A few epochs need synapses that learn faster.
		p.Circuit.EtaUp, p.Circuit.EtaDown = []float64{0.6, 0.1}, 0.005
	}
	return p
}

// Parameters lists the parameters beside their preset and the paper's values.
func (p Disinhibition) Parameters() []Parameter { return p.record().Parameters }

func (p Disinhibition) record() Record {
	return NewRecord(disinhibitionInfo, p.Scale, p, DisinhibitionPreset(p.Scale), DisinhibitionPreset(Paper))
}

// Validate returns an error that names the first parameter out of range.
func (p Disinhibition) Validate() error {
	if err := Validate(p); err != nil {
		return err
	}
	for name, s := range map[string][]float64{"Circuit.Lambda": p.Circuit.Lambda, "Circuit.EtaUp": p.Circuit.EtaUp, "Continuous.EtaUp": p.Continuous.EtaUp} {
		if len(s) != 2 {
			return fmt.Errorf("parameter %s has %d values; want 2", name, len(s))
		}
	}
	if len(p.Recall.Gates) == 0 || !slices.IsSorted(p.Recall.Gates) {
		return fmt.Errorf("parameter Recall.Gates is %v; want one opening or more, in ascending order", p.Recall.Gates)
	}
	if p.TargetOff >= p.TargetOn {
		return fmt.Errorf("parameter TargetOff is %g, not below TargetOn, %g", p.TargetOff, p.TargetOn)
	}
	return p.Continuous.network().Validate()
}

// network is the configuration of the dendritic network.
func (p Disinhibition) network(pixels int) twostep.Config {
	c := p.Circuit
	config := twostep.Config{
		Sizes: []int{pixels, p.Hidden, task.Classes}, Thresholds: true,
		Lambda: c.Lambda, LambdaI: c.LambdaI,
		Rates: twostep.Rates{Up: c.EtaUp, IP: []float64{c.EtaIP}, PI: []float64{c.EtaPI}, Down: []float64{c.EtaDown}},
		Init: twostep.Init{
			Up: []float64{c.InitUp, c.InitUp}, Down: []float64{c.InitDown},
			IP: []float64{c.InitUp}, PI: []float64{c.InitDown},
		},
	}
	if c.Mixing == "convex" {
		config.Mixing = twostep.Convex
	}
	return config
}

func (p Disinhibition) reader(pixels int) baseline.Config {
	return baseline.Config{
		Sizes: []int{pixels, p.Reader.Hidden, task.Classes}, Loss: baseline.CrossEntropy,
		Rates: []float64{p.Reader.Eta, p.Reader.Eta},
	}
}

// DisinhibitionRun is a finished run; its methods are the figure's panels. The
// slices have one element per seed, in the order of the seeds 1, 2, ...
type DisinhibitionRun struct {
	Record
	Params     Disinhibition
	Circuits   []DisinhibitionNet
	Reader     DisinhibitionReading
	Recalls    []DisinhibitionRecalled
	Continuous []DisinhibitionTransition

	otherData bool // than MNIST
}

// readerKey and circuitKey are what the networks depend on.
type readerKey struct {
	Reader DisinhibitionReader
	Batch  int
	Data   []string // checksums
}

type circuitKey struct {
	Epochs, Batch, Hidden int
	Targets               [2]float64
	Circuit               DisinhibitionCircuit
	Data                  []string
	Seed                  int
}

// Run computes or looks up the networks, then what they recall.
func (p Disinhibition) Run(ctx context.Context, env Env) (*DisinhibitionRun, error) {
	fail := func(err error) (*DisinhibitionRun, error) {
		return nil, fmt.Errorf("experiment %s: %w", disinhibitionInfo.Name, err)
	}
	if err := p.Validate(); err != nil {
		return fail(err)
	}
	start := time.Now()
	source, err := task.FindMNIST(p.Data)
	if err != nil {
		return fail(err)
	}
	r := &DisinhibitionRun{Record: p.record(), Params: p, otherData: source.Name != "MNIST"}
	var sums []string
	for _, f := range source.Files {
		sums = append(sums, f.SHA256)
		r.Provenance.Data = append(r.Provenance.Data, Source{Name: filepath.Base(f.Name), SHA256: f.SHA256})
	}
	load := sync.OnceValues(source.Load) // only if something is not in the store

	var circuits []Job[DisinhibitionNet]
	for seed := 1; seed <= p.Seeds; seed++ {
		r.Provenance.Seeds = append(r.Provenance.Seeds, seed)
		circuits = append(circuits, Job[DisinhibitionNet]{
			Unit: fmt.Sprintf("circuit-seed%d", seed), Key: p.circuitKey(sums, seed),
			Run: func(ctx context.Context, w *Work) (DisinhibitionNet, error) {
				d, err := load()
				if err != nil {
					return DisinhibitionNet{}, err
				}
				return p.trainCircuit(ctx, w, d, uint64(seed))
			},
		})
	}
	trained, err := Execute(ctx, env.part(0, 0.7), disinhibitionInfo, circuits)
	if err != nil {
		return nil, err
	}
	AddJobs(&r.Record, trained)
	read, err := Execute(ctx, env.part(0.7, 0.75), disinhibitionInfo, []Job[DisinhibitionReading]{{
		Unit: "reader", Key: readerKey{p.Reader, p.Batch, sums},
		Run: func(ctx context.Context, w *Work) (DisinhibitionReading, error) {
			d, err := load()
			if err != nil {
				return DisinhibitionReading{}, err
			}
			return p.trainReader(ctx, w, d)
		},
	}})
	if err != nil {
		return nil, err
	}
	AddJobs(&r.Record, read)
	r.Reader = read[0].Result

	means := sync.OnceValues(func() ([][]float32, error) {
		d, err := load()
		if err != nil {
			return nil, err
		}
		return classMeans(d.Train), nil
	})
	var recalls []Job[DisinhibitionRecalled]
	var transitions []Job[DisinhibitionTransition]
	for i, c := range trained {
		seed := i + 1
		r.Circuits = append(r.Circuits, c.Result)
		recalls = append(recalls, Job[DisinhibitionRecalled]{
			Unit: fmt.Sprintf("recall-seed%d", seed),
			Key: struct {
				Circuit circuitKey
				Reader  readerKey
				Recall  DisinhibitionRecall
			}{p.circuitKey(sums, seed), readerKey{p.Reader, p.Batch, sums}, p.Recall},
			Run: func(ctx context.Context, w *Work) (DisinhibitionRecalled, error) {
				m, err := means()
				if err != nil {
					return DisinhibitionRecalled{}, err
				}
				d, err := load()
				if err != nil {
					return DisinhibitionRecalled{}, err
				}
				return p.recall(ctx, w, d, m, c.Result, r.Reader, seed)
			},
		})
		transitions = append(transitions, Job[DisinhibitionTransition]{
			Unit: fmt.Sprintf("continuous-seed%d", seed),
			Key: struct {
				Continuous DisinhibitionContinuous
				Seed       int
			}{p.Continuous, seed},
			Run: func(ctx context.Context, w *Work) (DisinhibitionTransition, error) {
				return p.Continuous.open(ctx, w, uint64(seed))
			},
		})
	}
	recalled, err := Execute(ctx, env.part(0.75, 0.95), disinhibitionInfo, recalls)
	if err != nil {
		return nil, err
	}
	AddJobs(&r.Record, recalled)
	opened, err := Execute(ctx, env.part(0.95, 1), disinhibitionInfo, transitions)
	if err != nil {
		return nil, err
	}
	AddJobs(&r.Record, opened)
	for i := range recalled {
		r.Recalls = append(r.Recalls, recalled[i].Result)
		r.Continuous = append(r.Continuous, opened[i].Result)
	}
	r.Comparison = r.compare()
	r.Provenance.WallSeconds = time.Since(start).Seconds()
	return r, nil
}

func (p Disinhibition) circuitKey(data []string, seed int) circuitKey {
	return circuitKey{p.Epochs, p.Batch, p.Hidden, [2]float64{p.TargetOff, p.TargetOn}, p.Circuit, data, seed}
}
