package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"microcircuits/dendrite/baseline"
	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// MNISTCurve is what one network did. Index 0 of the curves is before learning,
// index e after epoch e.
type MNISTCurve struct {
	Validation, Test []float64 // error, %

	// Mean sizes of potentials over the neurons of hidden areas 1 and 2 and 500
	// validation images, [area][epoch], for the microcircuit alone.
	TopDown       [][]float64 // mean |W_k,k+1 r_k+1| without the teacher: what there is to cancel
	Apical        [][]float64 // no teacher: what the interneurons fail to cancel
	ApicalTeacher [][]float64 // with the teacher: the error signal

	// How the microcircuit's learning is aligned with backprop's, degrees,
	// [area][epoch].
	FeedbackAngle [][]float64 // between top-down weights and transposed bottom-up weights
	UpdateAngle   [][]float64 // between the weight changes of rule (7) and of backprop

	// The basal weights of the first neurons of area 1 at the end, for the
	// microcircuit alone.
	ReceptiveFields [][]float32
	FieldWidth      int

	// The test images at the end.
	Confusion [][]int // [true class][answer]
	Mistakes  []Mistake
}

// Mistake is a test image that was answered wrongly.
type Mistake struct {
	Number        int // in the test set
	Truth, Answer int
	Width         int
	Pixels        []float32 // 0 background to 1
}

// keptMistakes bounds the mistakes a run keeps with their pixels.
const keptMistakes = 40

// network is what the three learners have in common. S is the state of their
// weights.
type network[S any] interface {
	TrainBatch(x, target []float32, scale float64) error
	Classify(dst []int, x []float32) []int
	State() S
	SetState(S) error
}

func (p MNIST) trainMicrocircuit(ctx context.Context, w *Work, d *task.Digits, seed uint64) (MNISTCurve, error) {
	return p.trainCircuit(ctx, w, d, seed, "microcircuit", p.microcircuit(d.Train.Pixels))
}

func (p MNIST) trainFrozenMiddle(ctx context.Context, w *Work, d *task.Digits, seed uint64) (MNISTCurve, error) {
	return p.trainCircuit(ctx, w, d, seed, "frozen middle", p.frozenMiddle(d.Train.Pixels))
}

func (p MNIST) trainCircuit(ctx context.Context, w *Work, d *task.Digits, seed uint64, name string, cfg twostep.Config) (MNISTCurve, error) {
	net, err := twostep.New[float32](cfg, seed)
	if err != nil {
		return MNISTCurve{}, err
	}
	target, err := targetPotentials(p.TargetOff, p.TargetOn)
	if err != nil {
		return MNISTCurve{}, err
	}
	t := trainer[twostep.State[float32]]{p, name, net, twostepWeights, target, p.Microcircuit.Decay, "lower Microcircuit.RateFactor", seed}
	c, err := t.run(ctx, w, d, func(c *MNISTCurve) error { return measure(net, d, target, c) })
	if err == nil {
		c.ReceptiveFields, c.FieldWidth = receptiveFields(net), d.Cols
	}
	return c, err
}

func (p MNIST) trainSingleLayer(ctx context.Context, w *Work, d *task.Digits, seed uint64) (MNISTCurve, error) {
	net, err := twostep.New[float32](p.singleLayer(d.Train.Pixels), seed)
	if err != nil {
		return MNISTCurve{}, err
	}
	target, err := targetPotentials(p.SingleLayer.TargetOff, p.SingleLayer.TargetOn)
	if err != nil {
		return MNISTCurve{}, err
	}
	t := trainer[twostep.State[float32]]{p, "single layer", net, twostepWeights, target, p.SingleLayer.Decay, "lower SingleLayer.Eta", seed}
	return t.run(ctx, w, d, nil)
}

func (p MNIST) trainBackprop(ctx context.Context, w *Work, d *task.Digits, seed uint64) (MNISTCurve, error) {
	net, err := baseline.New[float32](p.backprop(d.Train.Pixels), seed)
	if err != nil {
		return MNISTCurve{}, err
	}
	target := [2]float32{float32(p.TargetOff), float32(p.TargetOn)}
	if p.Backprop.Loss == "cross-entropy" {
		target = [2]float32{0, 1}
	}
	t := trainer[baseline.State[float32]]{p, "backprop", net, baselineWeights, target, p.Backprop.Decay, "lower Backprop.Eta", seed}
	return t.run(ctx, w, d, nil)
}

func twostepWeights(s twostep.State[float32]) [][]float32 {
	return slices.Concat(s.Up, s.UpThreshold, s.Down, s.IP, s.IPThreshold, s.PI)
}

func baselineWeights(s baseline.State[float32]) [][]float32 { return slices.Concat(s.Up, s.Threshold) }

// targetPotentials are the somatic targets of a class that is not and one that
// is the digit's, from their rates.
func targetPotentials(off, on float64) ([2]float32, error) {
	low, err := twostep.Logistic.Potential(off)
	if err != nil {
		return [2]float32{}, err
	}
	high, err := twostep.Logistic.Potential(on)
	return [2]float32{float32(low), float32(high)}, err
}

// targets writes one row per label.
func targets(labels []uint8, value [2]float32) []float32 {
	out := make([]float32, len(labels)*task.Classes)
	for i, l := range labels {
		task.OneHot(out[i*task.Classes:(i+1)*task.Classes], int(l), value[0], value[1])
	}
	return out
}

// trainer takes one network through all epochs.
type trainer[S any] struct {
	p       MNIST
	name    string
	net     network[S]
	weights func(S) [][]float32 // all of them
	target  [2]float32          // off, on
	decay   string
	mend    string // what to do when the weights run away
	seed    uint64
}

// trainerState is a checkpoint, after Epoch epochs.
type trainerState[S any] struct {
	Epoch int
	Net   S
	Curve MNISTCurve
}

// run trains from the newest checkpoint, or from the start, to the last epoch.
// measure, if not nil, adds to the curve after each epoch.
func (t *trainer[S]) run(ctx context.Context, w *Work, d *task.Digits, measure func(*MNISTCurve) error) (MNISTCurve, error) {
	var s trainerState[S]
	evaluate := func() error {
		s.Curve.Validation = append(s.Curve.Validation, t.errorOn(d.Validation))
		s.Curve.Test = append(s.Curve.Test, t.errorOn(d.Test))
		if measure == nil {
			return nil
		}
		return measure(&s.Curve)
	}
	if w.Resume(&s) {
		if err := t.net.SetState(s.Net); err != nil {
			return s.Curve, fmt.Errorf("resume: %w", err)
		}
	} else if err := evaluate(); err != nil {
		return s.Curve, err
	}
	for s.Epoch < t.p.Epochs {
		if err := t.epoch(ctx, w, d.Train, s.Epoch, s.Curve); err != nil {
			return s.Curve, fmt.Errorf("epoch %d: %w", s.Epoch+1, err)
		}
		s.Epoch++
		s.Net = t.net.State()
		if err := t.checkFinite(s.Net); err != nil {
			return s.Curve, fmt.Errorf("epoch %d: %w", s.Epoch, err)
		}
		if err := evaluate(); err != nil {
			return s.Curve, err
		}
		at := float64(s.Epoch) / float64(t.p.Epochs)
		name := fmt.Sprintf("%s, seed %d", t.name, t.seed)
		w.Report(at, t.status(s.Epoch, s.Curve), Point{Curve: name, X: float64(s.Epoch), Y: s.Curve.Validation[s.Epoch]})
		if s.Epoch < t.p.Epochs {
			if err := w.Checkpoint(s); err != nil {
				return s.Curve, fmt.Errorf("checkpoint: %w", err)
			}
		}
	}
	t.examine(d, &s.Curve)
	return s.Curve, nil
}

func (t *trainer[S]) status(epoch int, c MNISTCurve) string {
	return fmt.Sprintf("%s, seed %d: epoch %d of %d, validation error %.2f %%",
		t.name, t.seed, epoch, t.p.Epochs, c.Validation[len(c.Validation)-1])
}

// checkFinite refuses weights that are NaN or infinite. The networks look at
// their potentials before they learn from a batch: what the last batch does to
// the weights they would see with the next one only, and without this a ruined
// network would be kept as one that errs in nine of ten images. A network whose
// error grows while its weights stay finite is a result like any other.
func (t *trainer[S]) checkFinite(s S) error {
	for _, w := range t.weights(s) {
		if !simd.Finite(w) {
			return t.ranAway(errors.New("a weight is not finite"))
		}
	}
	return nil
}

func (t *trainer[S]) ranAway(err error) error {
	return fmt.Errorf("%s, seed %d: %w; the learning rates are too large: %s", t.name, t.seed, err, t.mend)
}

// epoch shows every training image once, in an order of its own. A last batch
// that is not full is left out, so that all changes weigh the same.
func (t *trainer[S]) epoch(ctx context.Context, w *Work, train task.Set, epoch int, c MNISTCurve) error {
	order := make([]int, train.Len())
	task.Permutation(order, t.seed, epoch)
	batches := train.Len() / t.p.Batch
	x := make([]float32, t.p.Batch*train.Pixels)
	goals := make([]float32, t.p.Batch*task.Classes)
	total := float64(t.p.Epochs * batches)
	for b := range batches {
		for i, n := range order[b*t.p.Batch : (b+1)*t.p.Batch] {
			copy(x[i*train.Pixels:], train.Image(n))
			task.OneHot(goals[i*task.Classes:(i+1)*task.Classes], int(train.Labels[n]), t.target[0], t.target[1])
		}
		at := float64(epoch*batches+b) / total
		scale := 1.0
		if t.decay == "linear" {
			scale = 1 - at
		}
		if err := t.net.TrainBatch(x, goals, scale); err != nil {
			return t.ranAway(err)
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
func (t *trainer[S]) errorOn(set task.Set) float64 {
	wrong := 0
	for i, answer := range t.net.Classify(nil, set.Images) {
		if answer != int(set.Labels[i]) {
			wrong++
		}
	}
	return 100 * float64(wrong) / float64(set.Len())
}

// examine fills in what the trained network does on the test images.
func (t *trainer[S]) examine(d *task.Digits, c *MNISTCurve) {
	c.Confusion = make([][]int, task.Classes)
	for i := range c.Confusion {
		c.Confusion[i] = make([]int, task.Classes)
	}
	for i, answer := range t.net.Classify(nil, d.Test.Images) {
		truth := int(d.Test.Labels[i])
		c.Confusion[truth][answer]++
		if answer != truth && len(c.Mistakes) < keptMistakes {
			c.Mistakes = append(c.Mistakes, Mistake{i, truth, answer, d.Cols, d.Test.Image(i)})
		}
	}
}
