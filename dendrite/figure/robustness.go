package figure

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/task"
)

// RobustnessParams are the parameters of [Robustness].
type RobustnessParams struct {
	Scale experiment.Scale `param:"-"` // the preset these parameters started from

	Seeds int `min:"1" max:"1000" scale:"up" paper:"not known" doc:"networks at every point of every sweep"`

	// Continuous time: the small regression, with everything but the swept values
	// as in Regression.
	Noise        []float64 `symbol:"σ" unit:"1/√ms" min:"0" max:"100" paper:"0.1, 0.3" doc:"somatic noise, swept with Filter"`
	Filter       []float64 `symbol:"τ_w" unit:"ms" min:"0" max:"100000" paper:"30" doc:"low-pass filter of plasticity, swept with Noise; 0 for none"`
	Slower       []float64 `above:"0" max:"1000" doc:"the filter is tested at learning rates this many times lower than the standard ones, in a training this many times longer"`
	FilterNoise  []float64 `symbol:"σ" unit:"1/√ms" min:"0" max:"100" paper:"0.3" source:"N 3.3 [G,E,S]" doc:"somatic noise under which the filter is tested"`
	Presentation []float64 `unit:"ms" above:"0" max:"10000" paper:"100" doc:"presentation of a pattern, swept with Lag; the simulated time stays the same"`
	Lag          []float64 `unit:"ms" min:"0" max:"10000" paper:"0" doc:"no plasticity for this long after the onset of a pattern"`
	InitUp       []float64 `symbol:"W^PP" min:"0" max:"1000" paper:"1" doc:"initial range of bottom-up weights"`
	InitDown     []float64 `symbol:"W^PP_1,2" min:"0" max:"1000" paper:"1" doc:"range of the fixed top-down weights"`
	Regression   lab.SmallRegression

	Digits RobustnessDigits
}

// RobustnessDigits are the sweeps of the image network. Whatever is not here is
// as in the quick preset of the digits figure.
type RobustnessDigits struct {
	Data   string `paper:"MNIST" source:"N 3.4" doc:"folder of IDX files; empty for MNIST"`
	Images int    `min:"100" max:"55000" scale:"up" paper:"55000" source:"N 3.4" doc:"training images"`
	Tests  int    `min:"100" max:"5000" scale:"up" paper:"5000" source:"N 3.4" doc:"validation images on which errors are measured"`
	Epochs int    `min:"1" max:"1000" scale:"up" paper:"200" source:"N Fig. 3" doc:"passes through the training images"`
	Hidden int    `min:"1" max:"10000" scale:"up" paper:"500" source:"N 3.4" doc:"neurons of each of two hidden areas"`

	// The settings where the sweeps start: narrower areas need stronger feedback
	// and may learn faster.
	RateFactor   float64 `min:"0" max:"100" doc:"multiplies the learning rates of the digits figure"`
	EtaIP        float64 `symbol:"η^IP" min:"0" max:"100" doc:"learning rate of pyramidal-to-interneuron synapses in both areas, before RateFactor"`
	BaseFeedback float64 `symbol:"W^PP_k,k+1" above:"0" max:"1000" doc:"range of the top-down weights onto area 1, three times that onto area 2, where it is not swept"`

	InitUp   []float64 `symbol:"W^PP" above:"0" max:"100" paper:"0.1" source:"[G, recalled-M]" doc:"initial range of bottom-up weights, swept with Feedback"`
	Feedback []float64 `symbol:"W^PP_k,k+1" above:"0" max:"1000" paper:"1" source:"[recalled-L]" doc:"range of the top-down weights, as BaseFeedback, swept with InitUp"`
	Lambda   []float64 `symbol:"λ_1, λ_2" min:"0" max:"0.99" paper:"0.3" source:"SM of N, read in [G]" doc:"mixing factors of both hidden areas"`
}

// Robustness are sweeps that test the claim that learning is robust to noise and
// initialisation thanks to low-pass filtered plasticity.
var Robustness = add(experiment.Definition[RobustnessParams, *RobustnessRun]{
	Info: experiment.Info{
		Name:     "robustness",
		Title:    "Where learning holds and where it breaks",
		Figure:   "the robustness claimed in the abstract of A (no figure of it is known)",
		Claim:    "learning is robust to noise and to initialisation, thanks to low-pass filtered plasticity",
		Notebook: "7-robustness",
		Version:  2,
		Deviations: []string{
			"The papers claim robustness and are not known to plot it; tasks, sweeps and the measure of success are this project's.",
			lab.SmallDeviations,
			"The image network learns a part of the training images for a few epochs only.",
		},
	},
	Preset: robustnessPreset,
	Check:  RobustnessParams.check,
	Jobs:   RobustnessParams.jobs,
	Claims: (*RobustnessRun).claims,
	Small: func(p *RobustnessParams) {
		p.Seeds, p.Regression.Trials = 1, 20
		p.Noise, p.Filter = []float64{0.3}, []float64{30}
		p.Slower, p.FilterNoise = []float64{1, 2}, []float64{0.1}
		p.Presentation, p.Lag = []float64{50}, []float64{10}
		p.InitUp, p.InitDown = []float64{0.3}, []float64{5}
		d := &p.Digits
		d.Images, d.Tests, d.Epochs, d.Hidden = 400, 100, 1, 20
		d.InitUp, d.Lambda, d.Feedback = []float64{0.1}, []float64{0.3}, []float64{16}
	},
})

func robustnessPreset(scale experiment.Scale) RobustnessParams {
	p := RobustnessParams{
		Scale: scale, Seeds: 3,
		Noise: []float64{0, 0.1, 0.3, 1, 3}, Filter: []float64{0, 10, 30, 100},
		Slower: []float64{1, 3, 10}, FilterNoise: []float64{0.3},
		Presentation: []float64{25, 50, 100, 200}, Lag: []float64{0, 5, 10, 20},
		InitUp: []float64{0.03, 0.1, 0.3, 1, 3}, InitDown: []float64{0.5, 1, 2, 5, 10, 20},
		Regression: lab.SmallDefaults(),
		Digits: RobustnessDigits{
			Images: 4000, Tests: 1000, Epochs: 3, Hidden: 100, RateFactor: 2, EtaIP: 1, BaseFeedback: 16,
			InitUp: []float64{0.01, 0.03, 0.1, 0.3, 1}, Feedback: []float64{1, 4, 16, 64, 256}, Lambda: []float64{0.03, 0.1, 0.3, 0.6, 0.9},
		},
	}
	p.Regression.Trials = 700
	if scale == experiment.Paper {
		p.Seeds, p.Regression.Trials = 5, 5000
		p.FilterNoise = []float64{0.3, 1}
		d := &p.Digits
		d.Images, d.Tests, d.Epochs, d.Hidden = 20000, 5000, 5, 500
		d.RateFactor, d.EtaIP, d.BaseFeedback = 1, 0.5, 4
		d.Feedback = []float64{0.25, 1, 4, 16, 64}
	}
	return p
}

func (p RobustnessParams) check() error {
	for _, swept := range []struct {
		name   string
		values []float64
	}{
		{"Noise", p.Noise}, {"Filter", p.Filter}, {"Slower", p.Slower}, {"FilterNoise", p.FilterNoise},
		{"Presentation", p.Presentation}, {"Lag", p.Lag}, {"InitUp", p.InitUp}, {"InitDown", p.InitDown},
		{"Digits.InitUp", p.Digits.InitUp}, {"Digits.Feedback", p.Digits.Feedback}, {"Digits.Lambda", p.Digits.Lambda},
	} {
		if len(swept.values) == 0 {
			return fmt.Errorf("parameter %s is empty; give at least one value to sweep over", swept.name)
		}
		if err := lab.Distinct(swept.name, swept.values); err != nil {
			return err
		}
	}
	if longest, shortest := slices.Max(p.Lag), slices.Min(p.Presentation); longest >= shortest {
		return fmt.Errorf("parameter Lag reaches %g ms, which leaves nothing of the shortest Presentation, %g ms", longest, shortest)
	}
	return p.Regression.Network().Validate()
}

// RobustnessPoint is the result of one network at one point of a sweep.
type RobustnessPoint struct {
	Error    float64 // test error at the end: squared error, mean of the last three tests, or % of the images
	Diverged bool    // potentials left the permitted range; Error has no meaning
}

// RobustnessCell is one point of a sweep, with one value per seed.
type RobustnessCell struct {
	Points []RobustnessPoint
	// Shallow is the reference error, by seed: of a learner without plasticity
	// below the output, at the standard settings; for digits, of a single layer.
	Shallow []float64
}

// RobustnessRun is a finished run; its methods are the panels.
type RobustnessRun struct {
	*experiment.Run[RobustnessParams]
	RobustnessSweeps

	otherData bool // than MNIST
}

// RobustnessSweeps are the cells of all sweeps.
type RobustnessSweeps struct {
	NoiseFilter     [][]RobustnessCell // [filter][noise]
	Filtered        [][]RobustnessCell // [noise][how much slower], with the standard filter
	Unfiltered      [][]RobustnessCell // the same without it
	PresentationLag [][]RobustnessCell // [lag][presentation]
	InitUp          []RobustnessCell
	InitUpShallow   []RobustnessCell // the shallow learner from the same initial weights
	InitDown        []RobustnessCell

	DigitsInitFeedback [][]RobustnessCell // [initial range][feedback]
	DigitsLambda       []RobustnessCell
}

// robustnessPlan plans the networks of all sweeps. A network that several sweeps
// ask for is added once.
type robustnessPlan struct {
	p      RobustnessParams
	plan   *experiment.Plan
	digits *experiment.Digits
	fill   []func() // the cells, when all networks are done
}

type robustnessPending = *experiment.Pending[RobustnessPoint]

func (p RobustnessParams) jobs(plan *experiment.Plan) (func(*experiment.Run[RobustnessParams]) *RobustnessRun, error) {
	digits, err := plan.Digits(p.Digits.Data)
	if err != nil {
		return nil, err
	}
	plan.Seeds(p.Seeds)
	var sweeps RobustnessSweeps
	s := robustnessPlan{p: p, plan: plan, digits: digits}
	s.sweepNoise(&sweeps)
	s.sweepTime(&sweeps)
	s.sweepWeights(&sweeps)
	s.sweepDigits(&sweeps)
	return func(run *experiment.Run[RobustnessParams]) *RobustnessRun {
		for _, fill := range s.fill {
			fill()
		}
		return &RobustnessRun{run, sweeps, !digits.MNIST}
	}, nil
}

// robustnessGrid makes a grid of cells and plans each.
func robustnessGrid(rows, columns int, plan func(into *RobustnessCell, row, column int)) [][]RobustnessCell {
	grid := make([][]RobustnessCell, rows)
	for i := range grid {
		grid[i] = robustnessRow(columns, func(into *RobustnessCell, j int) { plan(into, i, j) })
	}
	return grid
}

// robustnessRow makes a row of cells and plans each.
func robustnessRow(columns int, plan func(into *RobustnessCell, column int)) []RobustnessCell {
	row := make([]RobustnessCell, columns)
	for j := range row {
		plan(&row[j], j)
	}
	return row
}

// sweepNoise plans noise and filter, and the filter at slower learning rates.
func (s *robustnessPlan) sweepNoise(out *RobustnessSweeps) {
	p := s.p
	out.NoiseFilter = robustnessGrid(len(p.Filter), len(p.Noise), func(into *RobustnessCell, row, column int) {
		s.regression(into, false, func(q *lab.SmallRegression) { q.TauW, q.Sigma = p.Filter[row], p.Noise[column] })
	})
	slower := func(tauW float64) [][]RobustnessCell {
		return robustnessGrid(len(p.FilterNoise), len(p.Slower), func(into *RobustnessCell, row, column int) {
			s.regression(into, false, func(q *lab.SmallRegression) {
				q.TauW, q.Sigma = tauW, p.FilterNoise[row]
				q.RateFactor /= p.Slower[column]
				q.Trials = int(math.Round(float64(q.Trials) * p.Slower[column]))
			})
		})
	}
	out.Filtered, out.Unfiltered = slower(p.Regression.TauW), slower(0)
}

// sweepTime plans presentation and lag, at the same simulated time.
func (s *robustnessPlan) sweepTime(out *RobustnessSweeps) {
	p := s.p
	out.PresentationLag = robustnessGrid(len(p.Lag), len(p.Presentation), func(into *RobustnessCell, row, column int) {
		s.regression(into, false, func(q *lab.SmallRegression) {
			whole := float64(q.Trials) * q.PatternMs
			q.Lag, q.PatternMs = p.Lag[row], p.Presentation[column]
			q.Trials = int(math.Round(whole / q.PatternMs))
		})
	})
}

// sweepWeights plans the ranges of initial bottom-up and fixed top-down weights.
func (s *robustnessPlan) sweepWeights(out *RobustnessSweeps) {
	p := s.p
	initUp := func(shallow bool) []RobustnessCell {
		return robustnessRow(len(p.InitUp), func(into *RobustnessCell, i int) {
			s.regression(into, shallow, func(q *lab.SmallRegression) { q.InitUp = p.InitUp[i] })
		})
	}
	out.InitUp, out.InitUpShallow = initUp(false), initUp(true)
	out.InitDown = robustnessRow(len(p.InitDown), func(into *RobustnessCell, i int) {
		s.regression(into, false, func(q *lab.SmallRegression) { q.InitDown = p.InitDown[i] })
	})
}

// sweepDigits plans the image networks.
func (s *robustnessPlan) sweepDigits(out *RobustnessSweeps) {
	d := s.p.Digits
	out.DigitsInitFeedback = robustnessGrid(len(d.InitUp), len(d.Feedback), func(into *RobustnessCell, row, column int) {
		s.images(into, func(m *lab.Digits) {
			m.Microcircuit.InitUp, m.Microcircuit.InitDown = d.InitUp[row], []float64{d.Feedback[column], 3 * d.Feedback[column]}
		})
	})
	out.DigitsLambda = robustnessRow(len(d.Lambda), func(into *RobustnessCell, i int) {
		s.images(into, func(m *lab.Digits) {
			m.Microcircuit.Lambda = []float64{d.Lambda[i], d.Lambda[i], m.Microcircuit.Lambda[2]}
		})
	})
}

// cell plans one point of a sweep: the networks of all seeds, and the shallow
// learners for comparison.
func (s *robustnessPlan) cell(into *RobustnessCell, network, shallow func(seed int) robustnessPending) {
	for seed := 1; seed <= s.p.Seeds; seed++ {
		point, bar := network(seed), shallow(seed)
		s.fill = append(s.fill, func() {
			into.Points = append(into.Points, point.Get())
			into.Shallow = append(into.Shallow, bar.Get().Error)
		})
	}
}

// regression plans a point of the small regression, with changes.
func (s *robustnessPlan) regression(into *RobustnessCell, shallow bool, change func(*lab.SmallRegression)) {
	q := s.p.Regression
	change(&q)
	s.cell(into,
		func(seed int) robustnessPending { return s.regressionJob(q, shallow, seed) },
		func(seed int) robustnessPending { return s.regressionJob(s.p.Regression, true, seed) })
}

// images plans a point of the image network, with changes.
func (s *robustnessPlan) images(into *RobustnessCell, change func(*lab.Digits)) {
	m := s.p.Digits.learners()
	change(&m)
	s.cell(into,
		func(seed int) robustnessPending { return s.imagesJob(m, false, seed) },
		func(seed int) robustnessPending { return s.imagesJob(s.p.Digits.learners(), true, seed) })
}

// regressionJob is one network that learns the small regression.
func (s *robustnessPlan) regressionJob(q lab.SmallRegression, shallow bool, seed int) robustnessPending {
	name := "regression"
	if shallow {
		name = "regression-shallow"
	}
	m := q.Network()
	if shallow {
		m.Eta[1].Up = 0
	}
	return experiment.Add(s.plan, experiment.Job[RobustnessPoint]{
		Unit: fmt.Sprintf("%s-seed%d", name, seed), Label: s.regressionLabel(q),
		Key: struct {
			Regression lab.SmallRegression
			Shallow    bool
			Seed       int
		}{q, shallow, seed},
		Seconds: lab.StepSeconds(m) * float64(q.Trials) * q.PatternMs / m.Dt,
		Run: func(ctx context.Context, w *experiment.Work) (RobustnessPoint, error) {
			l, err := q.Start(uint64(seed), m)
			if err != nil {
				return RobustnessPoint{}, err
			}
			return robustnessLearn(ctx, w, l, q.Trials)
		},
	})
}

// robustnessLearn trains a network for all trials. That takes a minute at most:
// no checkpoints are needed.
func robustnessLearn(ctx context.Context, w *experiment.Work, l *lab.Learner, trials int) (RobustnessPoint, error) {
	var last []float64
	for l.Done < trials {
		if err := l.Trial(); lab.Diverged(err) {
			return RobustnessPoint{Diverged: true}, nil
		} else if err != nil {
			return RobustnessPoint{}, err
		}
		for _, share := range []float64{0.9, 0.95, 1} {
			if l.Done == int(math.Round(share*float64(trials))) {
				last = append(last, l.TestError())
			}
		}
		if l.Done%50 == 0 {
			if err := ctx.Err(); err != nil {
				return RobustnessPoint{}, err
			}
			w.Report(float64(l.Done)/float64(trials), fmt.Sprintf("regression, seed %d: trial %d of %d", l.Seed, l.Done, trials))
		}
	}
	e := stat.Mean(last, nil)
	return RobustnessPoint{Error: e, Diverged: math.IsNaN(e)}, nil
}

// learners are the settings where the sweeps of the image network start. The data
// are identified by their checksums.
func (d RobustnessDigits) learners() lab.Digits {
	m := lab.DigitDefaults()
	m.Epochs, m.Hidden = d.Epochs, []int{d.Hidden, d.Hidden}
	m.Microcircuit.RateFactor, m.Microcircuit.EtaIP = d.RateFactor, []float64{d.EtaIP, d.EtaIP}
	m.Microcircuit.InitDown = []float64{d.BaseFeedback, 3 * d.BaseFeedback}
	return m
}

// robustnessDigitsKey has the settings of an image network under the names that keys have
// had since there were always two hidden areas, so that kept results are found.
type robustnessDigitsKey struct {
	Scale               experiment.Scale
	Seeds, Epochs       int
	Data                string
	Batch               int
	Hidden1, Hidden2    int
	TargetOff, TargetOn float64
	Microcircuit        lab.DigitMicrocircuit
	FrozenMiddle        lab.DigitFrozenMiddle
	Backprop            lab.DigitBackprop
	SingleLayer         lab.DigitSingleLayer
}

func robustnessKey(m lab.Digits) robustnessDigitsKey {
	return robustnessDigitsKey{
		m.Scale, m.Seeds, m.Epochs, m.Data, m.Batch, m.Hidden[0], m.Hidden[1], m.TargetOff, m.TargetOn,
		m.Microcircuit, m.FrozenMiddle, m.Backprop, m.SingleLayer,
	}
}

// imagesJob is one image network, or a single layer.
func (s *robustnessPlan) imagesJob(m lab.Digits, single bool, seed int) robustnessPending {
	d := s.p.Digits
	name, sizes, label := "digits", []int{784, d.Hidden, d.Hidden, task.Classes}, ""
	if single {
		name, sizes = "digits-single-layer", []int{784, task.Classes}
		m.Microcircuit = lab.DigitMicrocircuit{}
	} else {
		label = s.imagesLabel(m)
	}
	return experiment.Add(s.plan, experiment.Job[RobustnessPoint]{
		Unit: fmt.Sprintf("%s-seed%d", name, seed), Label: label,
		Key: struct {
			MNIST         robustnessDigitsKey
			Images, Tests int
			Data          []string
			Seed          int
		}{robustnessKey(m), d.Images, d.Tests, s.digits.Sums, seed},
		Seconds: lab.DigitSeconds(d.Epochs*d.Images, sizes...),
		Run: func(ctx context.Context, w *experiment.Work) (RobustnessPoint, error) {
			all, err := s.digits.Load()
			if err != nil {
				return RobustnessPoint{}, err
			}
			part := *all
			part.Train = all.Train.Slice(0, min(d.Images, all.Train.Len()))
			part.Validation = all.Validation.Slice(0, min(d.Tests, all.Validation.Len()))
			part.Test = part.Validation // settings are tested on validation images
			var t *lab.CircuitTrainer
			if single {
				t, err = m.NewSingleLayer(part.Train.Pixels, uint64(seed))
			} else {
				_, t, err = m.NewMicrocircuit(part.Train.Pixels, uint64(seed))
			}
			if err != nil {
				return RobustnessPoint{}, err
			}
			c, err := t.Train(ctx, w, &part)
			if lab.Diverged(err) || errors.Is(err, lab.ErrNotFinite) {
				return RobustnessPoint{Diverged: true}, nil
			}
			if err != nil {
				return RobustnessPoint{}, err
			}
			return RobustnessPoint{Error: lab.Last(c.Validation)}, nil
		},
	})
}

// A robustnessSetting is a setting of a network beside the standard one.
type robustnessSetting struct {
	name            string
	value, standard float64
	unit            string
}

// robustnessLabel names the settings that differ from the standard ones.
func robustnessLabel(settings ...robustnessSetting) string {
	var parts []string
	for _, s := range settings {
		if s.value != s.standard {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %.4g %s", s.name, s.value, s.unit)))
		}
	}
	if len(parts) == 0 {
		return "standard"
	}
	return strings.Join(parts, ", ")
}

// regressionLabel names the settings of a network that learns the small regression.
func (s *robustnessPlan) regressionLabel(q lab.SmallRegression) string {
	p := s.p.Regression
	return robustnessLabel(
		robustnessSetting{"noise", q.Sigma, p.Sigma, ""},
		robustnessSetting{"filter", q.TauW, p.TauW, "ms"},
		robustnessSetting{"learning rates times", q.RateFactor, p.RateFactor, ""},
		robustnessSetting{"presentation", q.PatternMs, p.PatternMs, "ms"},
		robustnessSetting{"lag", q.Lag, p.Lag, "ms"},
		robustnessSetting{"initial bottom-up weights", q.InitUp, p.InitUp, ""},
		robustnessSetting{"top-down weights", q.InitDown, p.InitDown, ""},
	)
}

// imagesLabel names the settings of an image network.
func (s *robustnessPlan) imagesLabel(m lab.Digits) string {
	c, p := m.Microcircuit, s.p.Digits.learners().Microcircuit
	return robustnessLabel(
		robustnessSetting{"initial bottom-up weights", c.InitUp, p.InitUp, ""},
		robustnessSetting{"feedback", c.InitDown[0], p.InitDown[0], ""},
		robustnessSetting{"λ", c.Lambda[0], p.Lambda[0], ""},
	)
}
