package experiment

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/task"
)

// Robustness are the parameters of the sweeps behind the claim that learning
// is robust to noise and initialisation thanks to low-pass filtered
// plasticity. Start from RobustnessPreset.
type Robustness struct {
	Scale Scale `param:"-"` // the preset these parameters started from

	Seeds int `min:"1" max:"1000" scale:"up" paper:"not known" doc:"networks at every point of every sweep"`

	// Continuous time: the small regression, everything but the swept values as
	// in Regression.
	Noise        []float64 `symbol:"σ" unit:"1/√ms" min:"0" max:"100" paper:"0.1, 0.3" doc:"somatic noise, swept with Filter"`
	Filter       []float64 `symbol:"τ_w" unit:"ms" min:"0" max:"100000" paper:"30" doc:"low-pass filter of plasticity, swept with Noise; 0 for none"`
	Slower       []float64 `above:"0" max:"1000" doc:"the filter is judged at learning rates so many times slower than the standard ones, in a training so many times longer"`
	FilterNoise  []float64 `symbol:"σ" unit:"1/√ms" min:"0" max:"100" paper:"0.3" source:"N 3.3 [G,E,S]" doc:"somatic noise under which the filter is judged"`
	Presentation []float64 `unit:"ms" above:"0" max:"10000" paper:"100" doc:"presentation of a pattern, swept with Lag; the simulated time stays the same"`
	Lag          []float64 `unit:"ms" min:"0" max:"10000" paper:"0" doc:"plasticity rests for this long after the onset of a pattern"`
	InitUp       []float64 `symbol:"W^PP" min:"0" max:"1000" paper:"1" doc:"initial range of bottom-up weights"`
	InitDown     []float64 `symbol:"W^PP_1,2" min:"0" max:"1000" paper:"1" doc:"range of the fixed top-down weights"`
	Regression   SmallRegression

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

	// The settings the sweeps leave from: narrower areas need stronger feedback
	// and may learn faster.
	RateFactor   float64 `min:"0" max:"100" doc:"multiplies the learning rates of the digits figure"`
	EtaIP        float64 `symbol:"η^IP" min:"0" max:"100" doc:"learning rate of pyramidal-to-interneuron synapses in both areas, before RateFactor"`
	BaseFeedback float64 `symbol:"W^PP_k,k+1" above:"0" max:"1000" doc:"range of the top-down weights onto area 1, three times that onto area 2, where it is not swept"`

	InitUp   []float64 `symbol:"W^PP" above:"0" max:"100" paper:"0.1" source:"[G, recalled-M]" doc:"initial range of bottom-up weights, swept with Feedback"`
	Feedback []float64 `symbol:"W^PP_k,k+1" above:"0" max:"1000" paper:"1" source:"[recalled-L]" doc:"range of the top-down weights, as BaseFeedback, swept with InitUp"`
	Lambda   []float64 `symbol:"λ_1, λ_2" min:"0" max:"0.99" paper:"0.3" source:"SM of N, read in [G]" doc:"mixing factors of both hidden areas"`
}

var robustnessInfo = Info{
	Name:    "robustness",
	Title:   "Where learning holds and where it breaks",
	Figure:  "the robustness claimed in the abstract of A (no figure of it is known)",
	Version: 1,
	Deviations: []string{
		"The papers claim robustness and are not known to plot it; tasks, sweeps and the measure of success are this project's.",
		smallRegressionDeviations,
		"The image network learns a part of the training images for a few epochs only.",
	},
}

// RobustnessPreset returns the parameters of a scale.
func RobustnessPreset(scale Scale) Robustness {
	p := Robustness{
		Scale: scale, Seeds: 3,
		Noise: []float64{0, 0.1, 0.3, 1, 3}, Filter: []float64{0, 10, 30, 100},
		Slower: []float64{1, 3, 10}, FilterNoise: []float64{0.3},
		Presentation: []float64{25, 50, 100, 200}, Lag: []float64{0, 5, 10, 20},
		InitUp: []float64{0.03, 0.1, 0.3, 1, 3}, InitDown: []float64{0.5, 1, 2, 5, 10, 20},
		Regression: smallRegression(),
		Digits: RobustnessDigits{
			Images: 4000, Tests: 1000, Epochs: 3, Hidden: 100, RateFactor: 2, EtaIP: 1, BaseFeedback: 16,
			InitUp: []float64{0.01, 0.03, 0.1, 0.3, 1}, Feedback: []float64{1, 4, 16, 64, 256}, Lambda: []float64{0.03, 0.1, 0.3, 0.6, 0.9},
		},
	}
	p.Regression.Trials = 700
	if scale == Paper {
		p.Seeds, p.Regression.Trials = 5, 5000
		p.FilterNoise = []float64{0.3, 1}
		d := &p.Digits
		d.Images, d.Tests, d.Epochs, d.Hidden = 20000, 5000, 5, 500
		d.RateFactor, d.EtaIP, d.BaseFeedback = 1, 0.5, 4
		d.Feedback = []float64{0.25, 1, 4, 16, 64}
	}
	return p
}

// Parameters lists the parameters beside their preset.
func (p Robustness) Parameters() []Parameter { return p.record().Parameters }

func (p Robustness) record() Record {
	return NewRecord(robustnessInfo, p.Scale, p, RobustnessPreset(p.Scale), RobustnessPreset(Paper))
}

// Validate returns an error that names the first parameter out of range.
func (p Robustness) Validate() error {
	if err := Validate(p); err != nil {
		return err
	}
	for name, n := range map[string]int{
		"Noise": len(p.Noise), "Filter": len(p.Filter), "Slower": len(p.Slower), "FilterNoise": len(p.FilterNoise), "Presentation": len(p.Presentation), "Lag": len(p.Lag),
		"InitUp": len(p.InitUp), "InitDown": len(p.InitDown), "Digits.InitUp": len(p.Digits.InitUp),
		"Digits.Lambda": len(p.Digits.Lambda), "Digits.Feedback": len(p.Digits.Feedback),
	} {
		if n == 0 {
			return fmt.Errorf("parameter %s is empty; give at least one value to sweep over", name)
		}
	}
	if longest, shortest := slices.Max(p.Lag), slices.Min(p.Presentation); longest >= shortest {
		return fmt.Errorf("parameter Lag reaches %g ms, which leaves nothing of the shortest Presentation, %g ms", longest, shortest)
	}
	return p.Regression.network().Validate()
}

// RobustnessPoint is what one network did at one point of a sweep.
type RobustnessPoint struct {
	Error    float64 // test error at the end: squared error, mean of the last three tests, or % of the images
	Diverged bool    // potentials left the range of sane numbers; Error means nothing
}

// RobustnessCell is one point of a sweep, with one value per seed.
type RobustnessCell struct {
	Points []RobustnessPoint
	// Shallow is the error to beat, by seed: of a learner without plasticity
	// below the output, at the standard settings; for digits, of a single layer.
	Shallow []float64
}

// RobustnessRun is a finished run; its methods are the panels.
type RobustnessRun struct {
	Record
	Params Robustness

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

// sweep collects networks to run, each once however often a sweep asks for it.
type sweep struct {
	jobs  []Job[RobustnessPoint]
	place map[string]int
}

// add notes a network and says which job it is.
func (s *sweep) add(job Job[RobustnessPoint]) int {
	id := fmt.Sprintf("%s %+v", job.Unit, job.Key)
	i, ok := s.place[id]
	if !ok {
		i = len(s.jobs)
		s.jobs, s.place[id] = append(s.jobs, job), i
	}
	return i
}

// Run computes or looks up every network.
func (p Robustness) Run(ctx context.Context, env Env) (*RobustnessRun, error) {
	fail := func(err error) (*RobustnessRun, error) {
		return nil, fmt.Errorf("experiment %s: %w", robustnessInfo.Name, err)
	}
	if err := p.Validate(); err != nil {
		return fail(err)
	}
	start := time.Now()
	r := &RobustnessRun{Record: p.record(), Params: p}
	source, err := task.FindMNIST(p.Digits.Data)
	if err != nil {
		return fail(err)
	}
	var sums []string
	for _, f := range source.Files {
		sums = append(sums, f.SHA256)
		r.Provenance.Data = append(r.Provenance.Data, Source{Name: filepath.Base(f.Name), SHA256: f.SHA256})
	}
	load := sync.OnceValues(source.Load)

	s := sweep{place: map[string]int{}}
	var fill []func(done []Done[RobustnessPoint]) // of cells, when the jobs are done
	cell := func(into *RobustnessCell, point, bar func(seed int) int) {
		var points, bars []int
		for seed := 1; seed <= p.Seeds; seed++ {
			points, bars = append(points, point(seed)), append(bars, bar(seed))
		}
		fill = append(fill, func(done []Done[RobustnessPoint]) {
			for i := range points {
				into.Points = append(into.Points, done[points[i]].Result)
				into.Shallow = append(into.Shallow, done[bars[i]].Result.Error)
			}
		})
	}
	regression := func(into *RobustnessCell, shallow bool, change func(q *SmallRegression)) {
		q := p.Regression
		change(&q)
		cell(into, func(seed int) int { return s.add(regressionJob(q, shallow, seed)) },
			func(seed int) int { return s.add(regressionJob(p.Regression, true, seed)) })
	}
	digits := func(into *RobustnessCell, change func(m *MNIST)) {
		m := p.Digits.mnist()
		change(&m)
		cell(into, func(seed int) int { return s.add(p.Digits.job(m, false, sums, load, seed)) },
			func(seed int) int { return s.add(p.Digits.job(p.Digits.mnist(), true, sums, load, seed)) })
	}

	grid := func(rows, columns int, into *[][]RobustnessCell, point func(into *RobustnessCell, row, column int)) {
		*into = make([][]RobustnessCell, rows)
		for i := range *into {
			(*into)[i] = make([]RobustnessCell, columns)
			for j := range columns {
				point(&(*into)[i][j], i, j)
			}
		}
	}
	grid(len(p.Filter), len(p.Noise), &r.NoiseFilter, func(into *RobustnessCell, row, column int) {
		regression(into, false, func(q *SmallRegression) { q.TauW, q.Sigma = p.Filter[row], p.Noise[column] })
	})
	slower := func(into *[][]RobustnessCell, tauW float64) {
		grid(len(p.FilterNoise), len(p.Slower), into, func(into *RobustnessCell, row, column int) {
			regression(into, false, func(q *SmallRegression) {
				q.TauW, q.Sigma = tauW, p.FilterNoise[row]
				q.RateFactor /= p.Slower[column]
				q.Trials = int(math.Round(float64(q.Trials) * p.Slower[column]))
			})
		})
	}
	slower(&r.Filtered, p.Regression.TauW)
	slower(&r.Unfiltered, 0)
	grid(len(p.Lag), len(p.Presentation), &r.PresentationLag, func(into *RobustnessCell, row, column int) {
		regression(into, false, func(q *SmallRegression) {
			whole := float64(q.Trials) * q.PatternMs
			q.Lag, q.PatternMs = p.Lag[row], p.Presentation[column]
			q.Trials = int(math.Round(whole / q.PatternMs))
		})
	})
	r.InitUp, r.InitUpShallow = make([]RobustnessCell, len(p.InitUp)), make([]RobustnessCell, len(p.InitUp))
	for i, v := range p.InitUp {
		regression(&r.InitUp[i], false, func(q *SmallRegression) { q.InitUp = v })
		regression(&r.InitUpShallow[i], true, func(q *SmallRegression) { q.InitUp = v })
	}
	r.InitDown = make([]RobustnessCell, len(p.InitDown))
	for i, v := range p.InitDown {
		regression(&r.InitDown[i], false, func(q *SmallRegression) { q.InitDown = v })
	}
	grid(len(p.Digits.InitUp), len(p.Digits.Feedback), &r.DigitsInitFeedback, func(into *RobustnessCell, row, column int) {
		digits(into, func(m *MNIST) {
			f := p.Digits.Feedback[column]
			m.Microcircuit.InitUp, m.Microcircuit.InitDown = p.Digits.InitUp[row], []float64{f, 3 * f}
		})
	})
	r.DigitsLambda = make([]RobustnessCell, len(p.Digits.Lambda))
	for i, l := range p.Digits.Lambda {
		digits(&r.DigitsLambda[i], func(m *MNIST) {
			m.Microcircuit.Lambda = []float64{l, l, m.Microcircuit.Lambda[2]}
		})
	}

	done, err := Execute(ctx, env, robustnessInfo, s.jobs)
	if err != nil {
		return nil, err
	}
	AddJobs(&r.Record, done)
	for _, f := range fill {
		f(done)
	}
	for seed := 1; seed <= p.Seeds; seed++ {
		r.Provenance.Seeds = append(r.Provenance.Seeds, seed)
	}
	r.Comparison = r.compare()
	r.Provenance.WallSeconds = time.Since(start).Seconds()
	return r, nil
}

// regressionJob is one network that learns the small regression.
func regressionJob(p SmallRegression, shallow bool, seed int) Job[RobustnessPoint] {
	name := "regression"
	if shallow {
		name = "regression-shallow"
	}
	return Job[RobustnessPoint]{
		Unit:   fmt.Sprintf("%s-seed%d", name, seed),
		Weight: float64(p.Trials) * p.PatternMs,
		Key: struct {
			Regression SmallRegression
			Shallow    bool
			Seed       int
		}{p, shallow, seed},
		Run: func(ctx context.Context, w *Work) (RobustnessPoint, error) { return p.learn(ctx, w, shallow, seed) },
	}
}

// learn takes a network through the training, in seconds to a minute: too short
// for checkpoints.
func (p SmallRegression) learn(ctx context.Context, w *Work, shallow bool, seed int) (RobustnessPoint, error) {
	m := p.network()
	if shallow {
		m.Eta[1].Up = 0
	}
	l, err := p.start(uint64(seed), m)
	if err != nil {
		return RobustnessPoint{}, err
	}
	var last []float64
	for l.done < p.Trials {
		if err := l.trial(); diverged(err) {
			return RobustnessPoint{Diverged: true}, nil
		} else if err != nil {
			return RobustnessPoint{}, err
		}
		for _, share := range []float64{0.9, 0.95, 1} {
			if l.done == int(math.Round(share*float64(p.Trials))) {
				last = append(last, l.testError())
			}
		}
		if l.done%50 == 0 {
			if err := ctx.Err(); err != nil {
				return RobustnessPoint{}, err
			}
			w.Report(float64(l.done)/float64(p.Trials), fmt.Sprintf("regression, seed %d: trial %d of %d", seed, l.done, p.Trials))
		}
	}
	e := stat.Mean(last, nil)
	return RobustnessPoint{Error: e, Diverged: math.IsNaN(e)}, nil
}

// mnist are the settings the sweeps of the image network start from.
func (d RobustnessDigits) mnist() MNIST {
	m := MNISTPreset(Quick)
	m.Scale, m.Seeds = "", 0
	m.Data, m.Epochs, m.Hidden1, m.Hidden2 = "", d.Epochs, d.Hidden, d.Hidden // the data are known by their checksums
	m.Microcircuit.RateFactor, m.Microcircuit.EtaIP = d.RateFactor, []float64{d.EtaIP, d.EtaIP}
	m.Microcircuit.InitDown = []float64{d.BaseFeedback, 3 * d.BaseFeedback}
	return m
}

// job is one image network.
func (d RobustnessDigits) job(m MNIST, single bool, sums []string, load func() (*task.Digits, error), seed int) Job[RobustnessPoint] {
	name, train := "digits", m.trainMicrocircuit
	if single {
		name, train = "digits-single-layer", m.trainSingleLayer
		m.Microcircuit = MNISTMicrocircuit{}
	}
	return Job[RobustnessPoint]{
		Unit: fmt.Sprintf("%s-seed%d", name, seed), Weight: float64(d.Epochs*d.Images*d.Hidden) / 20,
		Key: struct {
			MNIST         MNIST
			Images, Tests int
			Data          []string
			Seed          int
		}{m, d.Images, d.Tests, sums, seed},
		Run: func(ctx context.Context, w *Work) (RobustnessPoint, error) {
			all, err := load()
			if err != nil {
				return RobustnessPoint{}, err
			}
			part := *all
			part.Train = all.Train.Slice(0, min(d.Images, all.Train.Len()))
			part.Validation = all.Validation.Slice(0, min(d.Tests, all.Validation.Len()))
			part.Test = part.Validation // settings are judged on validation images
			c, err := train(ctx, w, &part, uint64(seed))
			if diverged(err) {
				return RobustnessPoint{Diverged: true}, nil
			}
			if err != nil {
				return RobustnessPoint{}, err
			}
			return RobustnessPoint{Error: c.Validation[len(c.Validation)-1]}, nil
		},
	}
}
