package lab

import (
	"context"
	"errors"
	"fmt"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// DigitCurve is the result of one network. Index 0 of the curves is before learning,
// index e after epoch e. The names of its fields are part of stored results.
type DigitCurve struct {
	Validation, Test []float64 `unit:"%" doc:"share of images answered wrongly, before learning and after each epoch"`

	// Mean sizes of potentials over the neurons of each hidden area and 500
	// validation images, [area][epoch], for the microcircuit alone.
	TopDown       [][]float64 `doc:"top-down input, mean |W_k,k+1 r_k+1| without the teacher: [area][epoch]"`
	Apical        [][]float64 `doc:"apical potential without the teacher, the part that is not cancelled, mean absolute value: [area][epoch]"`
	ApicalTeacher [][]float64 `doc:"apical potential with the teacher, the error signal, mean absolute value: [area][epoch]"`

	// Angles between the microcircuit's learning and backprop, degrees,
	// [area][epoch].
	FeedbackAngle [][]float64 `unit:"°" doc:"angle between top-down weights and transposed bottom-up weights: [area][epoch]"`
	UpdateAngle   [][]float64 `unit:"°" doc:"angle between the weight changes of rule (7) and of backprop: [area][epoch]"`

	// The basal weights of the first neurons of area 1 at the end, for the
	// microcircuit alone.
	ReceptiveFields [][]float32 `doc:"bottom-up weights onto the first neurons of area 1 at the end: [neuron][pixel]"`
	FieldWidth      int

	// The test images at the end.
	Confusion [][]int   `unit:"images" doc:"test images at the end: [true class][answer]"`
	Mistakes  []Mistake `doc:"first test images answered wrongly"`
}

// Mistake is a test image that was answered wrongly.
type Mistake struct {
	Number        int // in the test set
	Truth, Answer int
	Width         int
	Pixels        []float32 `doc:"pixels of a test image answered wrongly, 0 background to 1"`
}

// keptMistakes is the largest number of mistakes in a result.
const keptMistakes = 40

// DigitNet is the common interface of all learners of digits. S is the state of their
// weights.
type DigitNet[S any] interface {
	TrainBatch(x, target []float32, scale float64) error
	Classify(dst []int, x []float32) []int
	State() S
	SetState(S) error
}

// ErrNotFinite is the error of a network with a weight that is NaN or infinite.
var ErrNotFinite = errors.New("a weight is not finite")

// Trainer trains one network for all epochs.
type Trainer[S any] struct {
	Name    string // of the learner, for progress and errors
	Seed    uint64
	Net     DigitNet[S]
	Weights func(S) [][]float32 // all of them

	Epochs, Batch int
	Target        [2]float32 // of the wrong classes and of the correct one
	Decay         string     // "linear": learning rates fall to 0 over all epochs
	Advice        string     // for the error message when weights diverge

	// Measure adds to the curve before learning and after each epoch; may be nil.
	Measure func(*DigitCurve) error
}

// TargetPotentials are the somatic targets of the wrong classes and of the
// correct one, from their rates.
func TargetPotentials(off, on float64) ([2]float32, error) {
	low, err := twostep.Potential(off)
	if err != nil {
		return [2]float32{}, err
	}
	high, err := twostep.Potential(on)
	return [2]float32{float32(low), float32(high)}, err
}

// Targets writes one row per label.
func Targets(labels []uint8, value [2]float32) []float32 {
	out := make([]float32, len(labels)*task.Classes)
	for i, l := range labels {
		task.OneHot(out[i*task.Classes:(i+1)*task.Classes], int(l), value[0], value[1])
	}
	return out
}

// trainerState is a checkpoint, after Epoch epochs.
type trainerState[S any] struct {
	Epoch int
	Net   S
	Curve DigitCurve
}

// Train continues from the newest checkpoint, or from the start, to the last epoch.
// It fails when potentials or weights stop being finite.
func (t *Trainer[S]) Train(ctx context.Context, w *experiment.Work, d *task.Digits) (DigitCurve, error) {
	var s trainerState[S]
	if w.Resume(&s) {
		if err := t.Net.SetState(s.Net); err != nil {
			return s.Curve, fmt.Errorf("resume: %w", err)
		}
	} else if err := t.evaluate(d, &s.Curve); err != nil {
		return s.Curve, err
	}
	for s.Epoch < t.Epochs {
		if err := t.epoch(ctx, w, d.Train, s.Epoch, s.Curve); err != nil {
			return s.Curve, fmt.Errorf("epoch %d: %w", s.Epoch+1, err)
		}
		s.Epoch++
		s.Net = t.Net.State()
		if err := t.checkFinite(s.Net); err != nil {
			return s.Curve, fmt.Errorf("epoch %d: %w", s.Epoch, err)
		}
		if err := t.evaluate(d, &s.Curve); err != nil {
			return s.Curve, err
		}
		w.Report(float64(s.Epoch)/float64(t.Epochs), t.status(s.Epoch, s.Curve), experiment.Point{
			Curve: fmt.Sprintf("%s, seed %d", t.Name, t.Seed), X: float64(s.Epoch), Y: s.Curve.Validation[s.Epoch],
		})
		if s.Epoch < t.Epochs {
			if err := w.Checkpoint(s); err != nil {
				return s.Curve, fmt.Errorf("checkpoint: %w", err)
			}
		}
	}
	t.examine(d, &s.Curve)
	return s.Curve, nil
}

// evaluate adds a point for the present network to its curve.
func (t *Trainer[S]) evaluate(d *task.Digits, c *DigitCurve) error {
	c.Validation = append(c.Validation, t.errorOn(d.Validation))
	c.Test = append(c.Test, t.errorOn(d.Test))
	if t.Measure == nil {
		return nil
	}
	return t.Measure(c)
}

func (t *Trainer[S]) status(epoch int, c DigitCurve) string {
	return fmt.Sprintf("%s, seed %d: epoch %d of %d, validation error %.2f %%",
		t.Name, t.Seed, epoch, t.Epochs, Last(c.Validation))
}

// checkFinite returns an error for weights that are NaN or infinite. The networks
// check their potentials before each batch, so the change by the last batch is not
// checked there: without this, such a network would be stored as one with 90 %
// error. A network with finite weights and a large error is a valid result.
func (t *Trainer[S]) checkFinite(s S) error {
	for _, w := range t.Weights(s) {
		if !simd.Finite(w) {
			return t.grew(ErrNotFinite)
		}
	}
	return nil
}

// grew is the error err with its cause, diverging weights, and an advice.
func (t *Trainer[S]) grew(err error) error {
	return fmt.Errorf("%s, seed %d: %w; the learning rates are too large: %s", t.Name, t.Seed, err, t.Advice)
}

// epoch presents every training image once, in a new random order. An incomplete
// last batch is omitted, so that all images have the same weight.
func (t *Trainer[S]) epoch(ctx context.Context, w *experiment.Work, train task.Set, epoch int, c DigitCurve) error {
	order := make([]int, train.Len())
	task.Permutation(order, t.Seed, epoch)
	batches := train.Len() / t.Batch
	x := make([]float32, t.Batch*train.Pixels)
	goals := make([]float32, t.Batch*task.Classes)
	total := float64(t.Epochs * batches)
	for b := range batches {
		for i, n := range order[b*t.Batch : (b+1)*t.Batch] {
			copy(x[i*train.Pixels:], train.Image(n))
			task.OneHot(goals[i*task.Classes:(i+1)*task.Classes], int(train.Labels[n]), t.Target[0], t.Target[1])
		}
		at := float64(epoch*batches+b) / total
		scale := 1.0
		if t.Decay == "linear" {
			scale = 1 - at
		}
		if err := t.Net.TrainBatch(x, goals, scale); err != nil {
			return t.grew(err)
		}
		if b%100 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			w.Report(at, t.status(epoch, c))
		}
	}
	return nil
}

// errorOn is the share of images answered wrongly, in per cent.
func (t *Trainer[S]) errorOn(set task.Set) float64 {
	wrong := 0
	for i, answer := range t.Net.Classify(nil, set.Images) {
		if answer != int(set.Labels[i]) {
			wrong++
		}
	}
	return 100 * float64(wrong) / float64(set.Len())
}

// examine adds the answers of the trained network to the test images.
func (t *Trainer[S]) examine(d *task.Digits, c *DigitCurve) {
	c.Confusion = make([][]int, task.Classes)
	for i := range c.Confusion {
		c.Confusion[i] = make([]int, task.Classes)
	}
	for i, answer := range t.Net.Classify(nil, d.Test.Images) {
		truth := int(d.Test.Labels[i])
		c.Confusion[truth][answer]++
		if answer != truth && len(c.Mistakes) < keptMistakes {
			c.Mistakes = append(c.Mistakes, Mistake{i, truth, answer, d.Cols, d.Test.Image(i)})
		}
	}
}

// DigitSeconds is the approximate training time on one core: 3 microseconds an
// image and 0.08 nanoseconds for each synapse of the network.
func DigitSeconds(images int, sizes ...int) float64 {
	synapses := 0
	for k := 1; k < len(sizes); k++ {
		synapses += sizes[k] * sizes[k-1]
	}
	return float64(images) * (3e-6 + 8e-11*float64(synapses))
}

// TrainingImages is the number of MNIST images used for training.
const TrainingImages = 55000
