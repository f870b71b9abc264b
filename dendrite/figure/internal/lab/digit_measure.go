package lab

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// ProbeImages is the number of validation images for which potentials are measured.
const ProbeImages = 500

// Probe are the first validation images.
func Probe(d *task.Digits) task.Set {
	return d.Validation.Slice(0, min(ProbeImages, d.Validation.Len()))
}

// MeasureCircuit adds potentials of a network's hidden areas and its
// alignment with backprop, as they are now, to its curve. target are the target
// potentials of the wrong classes and of the correct one.
func MeasureCircuit(net *twostep.Network[float32], d *task.Digits, target [2]float32, c *DigitCurve) error {
	hidden := len(net.Config().Sizes) - 2
	if c.Apical == nil {
		for _, curve := range []*[][]float64{&c.TopDown, &c.Apical, &c.ApicalTeacher, &c.FeedbackAngle, &c.UpdateAngle} {
			*curve = make([][]float64, hidden)
		}
	}
	probe := Probe(d)
	if err := net.Sweep(probe.Images, nil); err != nil {
		return err
	}
	for k := range hidden {
		c.TopDown[k] = append(c.TopDown[k], MeanSize(net.Read(nil, twostep.ReadTopDown, k+1)))
		c.Apical[k] = append(c.Apical[k], net.MeanApical(k+1))
	}
	if err := net.Sweep(probe.Images, Targets(probe.Labels, target)); err != nil {
		return err
	}
	for k := range hidden {
		c.ApicalTeacher[k] = append(c.ApicalTeacher[k], net.MeanApical(k+1))
	}
	few := probe.Slice(0, min(AlignmentImages, probe.Len()))
	a, err := align(net, few.Images, Targets(few.Labels, target))
	if err != nil {
		return err
	}
	for k := range hidden {
		c.FeedbackAngle[k] = append(c.FeedbackAngle[k], a.Feedback[k])
		c.UpdateAngle[k] = append(c.UpdateAngle[k], a.Update[k])
	}
	return nil
}

// MeanSize is the mean of the absolute values.
func MeanSize(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += math.Abs(float64(v))
	}
	return sum / float64(len(x))
}

// keptFields is the largest number of receptive fields in a result.
const keptFields = 40

// ReceptiveFields are the bottom-up weights onto the first neurons of area 1.
func ReceptiveFields(net *twostep.Network[float32]) [][]float32 {
	pixels, up := net.Config().Sizes[0], net.State().Up[0]
	return slices.Collect(slices.Chunk(up[:min(len(up), keptFields*pixels)], pixels))
}

// alignment holds angles between the microcircuit's learning and backprop, in
// each hidden area, in degrees.
type alignment struct {
	Feedback []float64 // between W_k,k+1 and the transpose of W_k+1,k
	Update   []float64 // between the changes of W_k,k-1 by rule (7) and by backprop
}

// AlignmentImages is the number of images over which weight changes are averaged.
const AlignmentImages = 100

// align compares net's weights, and its changes for a batch of images with their
// target potentials, with backprop: the output error of rule (7), sent back by the
// transposed bottom-up weights and the slopes of the feed-forward rates,
//
//	delta_N = phi(u_N) - phi(vhat_N),  delta_k = D_k W_k+1,k^T delta_k+1,  change_k = delta_k r^-_k-1^T.
//
// A factor on delta_k changes no angle, so the attenuation (1-lambda_k) of
// W_k in convex mixing is omitted.
func align(net *twostep.Network[float32], pixels, target []float32) (alignment, error) {
	var out alignment
	if err := net.Sweep(pixels, target); err != nil {
		return out, err
	}
	sizes, s := net.Config().Sizes, net.State()
	rows, top := len(pixels)/sizes[0], len(sizes)-1
	out.Feedback, out.Update = make([]float64, top-1), make([]float64, top-1)
	dense := func(rows, cols int, x []float32) *mat.Dense {
		d := mat.NewDense(rows, cols, nil)
		for i, v := range x {
			d.Set(i/cols, i%cols, float64(v))
		}
		return d
	}
	input := dense(rows, sizes[0], pixels)
	rates, forward, errs := []*mat.Dense{input}, []*mat.Dense{input}, []*mat.Dense{nil}
	for k := 1; k <= top; k++ {
		r := dense(rows, sizes[k], net.Read(nil, twostep.ReadSoma, k))
		f := dense(rows, sizes[k], net.Read(nil, twostep.ReadPrediction, k))
		for _, potentials := range []*mat.Dense{r, f} {
			potentials.Apply(func(_, _ int, u float64) float64 { return twostep.Rate(u) }, potentials)
		}
		var e mat.Dense
		e.Sub(r, f)
		rates, forward, errs = append(rates, r), append(forward, f), append(errs, &e)
	}
	delta := errs[top]
	for k := top - 1; k >= 1; k-- {
		up, down := dense(sizes[k+1], sizes[k], s.Up[k]), dense(sizes[k], sizes[k+1], s.Down[k-1])
		out.Feedback[k-1] = Angle(down.RawMatrix().Data, mat.DenseCopyOf(up.T()).RawMatrix().Data)

		var below mat.Dense
		below.Mul(delta, up)
		below.Apply(func(i, j int, v float64) float64 { r := forward[k].At(i, j); return v * r * (1 - r) }, &below)
		delta = &below
		var rule, backprop mat.Dense
		rule.Mul(errs[k].T(), rates[k-1])
		backprop.Mul(delta.T(), forward[k-1])
		out.Update[k-1] = Angle(rule.RawMatrix().Data, backprop.RawMatrix().Data)
	}
	return out, nil
}
