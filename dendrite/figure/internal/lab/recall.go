package lab

import (
	"context"
	"fmt"
	"math"
	"strings"

	"microcircuits/dendrite/baseline"
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/recall"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// Recall are the parameters of recall.
type Recall struct {
	Gates      []float64 `symbol:"g_VIP" above:"0" max:"1" paper:"not known" doc:"openings of the VIP gate, beside shut"`
	Steps      int       `min:"2" max:"100" paper:"not known" doc:"steps of iterated recall"`
	Blend      float64   `symbol:"β" above:"0" max:"1" paper:"not known" doc:"share of the recalled image in the input of the next step"`
	Gaussian   []float64 `symbol:"σ" above:"0" max:"10" paper:"not known" doc:"standard deviations of Gaussian pixel noise, the sum clipped to 0 to 1"`
	SaltPepper []float64 `above:"0" max:"1" paper:"not known" doc:"shares of pixels set to 0 or 1, each as likely"`
	Images     int       `min:"10" max:"100000" scale:"up" paper:"not known" doc:"images of the validation and of the test set on which recall is measured, at most"`
}

// Recalled is the result of recall in one network.
type Recalled struct {
	Prototypes       [][]float32 `doc:"image of each class, with its target pattern at the output, the gate open and no input: [class][pixel]"`
	PrototypeRead    []int       `doc:"class that the reader gives to each prototype"`
	PrototypeMatch   []float64   `doc:"correlation of each prototype with the mean training image of its class"`
	PrototypeBest    []int       `doc:"class whose mean training image has the highest correlation with each prototype"`
	ClassMeans       [][]float32 `doc:"mean training image of each class: [class][pixel]"`
	Validation, Test RecallMeasures
	Gallery          RecallGallery // of the first seed alone
	Apical           RecallTraces  // of the first seed alone
}

// RecallMeasures compare produced images with clean ones: [noise][condition],
// in the order of Noises and Conditions, means over the images.
type RecallMeasures struct {
	Images      int
	MSE         [][]float64 `doc:"squared error per pixel to the clean digit: [noise][condition]"`
	Correlation [][]float64 `doc:"correlation with the mean training image of the class: [noise][condition]"`
	Read        [][]float64 `unit:"%" doc:"images that the reader gives their class: [noise][condition]"`
	Own         []float64   `unit:"%" doc:"noisy images that the network itself names correctly, by noise"`
}

// RecallGallery holds one test digit of each class and the images made from it.
type RecallGallery struct {
	Width    int
	Clean    [][]float32     `doc:"clean test digit of each class: [class][pixel]"`
	Images   [][][][]float32 `doc:"images made from it: [noise][condition][class][pixel]"`
	Opening  [][][]float32   `doc:"images at gates from 0 to 1: [noise][class and gate][pixel]"`
	Openings []float64       `doc:"the gates"`
}

// RecallTraces follow one neuron of area 1 through test digits, shown with the
// gate shut and then, again, open.
type RecallTraces struct {
	Neuron                                int
	Class                                 []int     `doc:"class of each test digit"`
	Soma, Basal, TopDown, Lateral, Apical []float64 `doc:"potential, or part of the apical one, of one neuron of area 1 by digit: gate shut, then open"`
}

// Noises are the kinds of noise on the digits; the first is none.
func (p Recall) Noises() []task.Noise {
	all := []task.Noise{task.NoNoise()}
	for _, sigma := range p.Gaussian {
		all = append(all, task.GaussianNoise(sigma))
	}
	for _, share := range p.SaltPepper {
		all = append(all, task.SaltAndPepper(share))
	}
	return append(all, task.HalfOccluded())
}

// Spoil returns a noisy copy of image number i of a set. It depends only on the
// noise, the set's name and the number: every network gets the same images, and no
// test image has the noise of a validation image.
func Spoil(n task.Noise, set task.Set, name string, i, cols int) []float32 {
	return n.Apply(set.Image(i), cols, "disinhibition/"+n.Name+"/"+name, i)
}

// A Condition is a way to produce an image from a noisy one.
type Condition struct {
	Name  string
	Short string  // for headings
	Gate  float64 // NaN for the noisy input itself
	Steps int     // 0: the noisy input, or plain reconstruction
}

// shutGate is plain feed-forward reconstruction, wherever the gate is shut.
var shutGate = Condition{Name: "gate shut", Short: "shut"}

// TestDigits is the set's name of the test images, for [Spoil].
const TestDigits = "test"

// Conditions are all of them: the noisy input itself, plain feed-forward
// reconstruction, and recall at every gate, in one step and iterated.
func (p Recall) Conditions() []Condition {
	all := []Condition{{"noisy input", "noisy", math.NaN(), 0}, shutGate}
	for _, steps := range []int{1, p.Steps} {
		for _, g := range p.Gates {
			name, short := fmt.Sprintf("g = %g", g), strings.TrimPrefix(fmt.Sprint(g), "0")
			if steps > 1 {
				name, short = fmt.Sprintf("%s, %d steps", name, steps), fmt.Sprintf("%s×%d", short, steps)
			}
			all = append(all, Condition{name, short, g, steps})
		}
	}
	return all
}

// produce returns the images of a condition, from noisy ones.
func (p Recall) produce(c *recall.Circuit[float32], how Condition, noisy []float32) ([]float32, error) {
	switch {
	case math.IsNaN(how.Gate):
		return noisy, nil
	case how.Steps == 0:
		return c.Reconstruct(nil, noisy)
	}
	return c.Recall(nil, noisy, recall.Recollection{Gate: how.Gate, Steps: how.Steps, Blend: p.Blend})
}

// Seconds is the approximate time of recall in one network: every noise and
// condition, on validation and test digits, about 0.1 ms for each image and look.
func (p Recall) Seconds(hidden int) float64 {
	looks := 0
	for _, c := range p.Conditions() {
		looks += max(c.Steps, 1)
	}
	return 1e-7 * float64(hidden*2*p.Images*len(p.Noises())*looks)
}

// Recaller is a trained network and what is needed to measure its images.
type Recaller struct {
	Params  Recall
	Hidden  int        // neurons of area 1
	Targets [2]float64 // target rates of a class that is not, and one that is named
	Net     *twostep.Network[float32]
	Circuit *recall.Circuit[float32]
	Reader  *baseline.Network[float32] // independent, it classifies what Circuit produces
	Means   [][]float32                // mean training images of the classes
	Cols    int                        // of an image
}

// Recall measures recall in the network of a seed.
func (r *Recaller) Recall(ctx context.Context, w *experiment.Work, d *task.Digits, seed int) (Recalled, error) {
	var out Recalled
	out.ClassMeans = r.Means
	if err := r.prototypes(&out); err != nil {
		return out, err
	}
	for i, part := range []struct {
		set  task.Set
		name string
		into *RecallMeasures
	}{{d.Validation, "validation", &out.Validation}, {d.Test, TestDigits, &out.Test}} {
		set := part.set.Slice(0, min(r.Params.Images, part.set.Len()))
		report := func(share float64) {
			w.Report((float64(i)+share)/2, fmt.Sprintf("recall, seed %d: %d %s digits", seed, set.Len(), part.name))
		}
		if err := r.measure(ctx, report, set, part.name, part.into); err != nil {
			return out, err
		}
	}
	if seed == 1 {
		var err error
		if out.Gallery, err = r.gallery(d.Test); err == nil {
			out.Apical, err = r.traces(d.Test)
		}
		return out, err
	}
	return out, nil
}

// prototypes produces an image for every class, without input.
func (r *Recaller) prototypes(out *Recalled) error {
	labels := make([]uint8, task.Classes)
	for i := range labels {
		labels[i] = uint8(i)
	}
	images, err := r.Circuit.Prototype(nil, Targets(labels, [2]float32{float32(r.Targets[0]), float32(r.Targets[1])}))
	if err != nil {
		return err
	}
	pixels := len(images) / task.Classes
	for i := range task.Classes {
		image, best, match := images[i*pixels:(i+1)*pixels], 0, make([]float64, task.Classes)
		for class, mean := range r.Means {
			if match[class] = Correlation(image, mean); match[class] > match[best] {
				best = class
			}
		}
		out.Prototypes = append(out.Prototypes, image)
		out.PrototypeMatch, out.PrototypeBest = append(out.PrototypeMatch, match[i]), append(out.PrototypeBest, best)
	}
	out.PrototypeRead = r.Reader.Classify(nil, images)
	return nil
}

// measure computes all noises and conditions on a set of digits of that name.
func (r *Recaller) measure(ctx context.Context, report func(share float64), set task.Set, name string, out *RecallMeasures) error {
	out.Images = set.Len()
	right := func(answers []int) float64 {
		n := 0
		for i, a := range answers {
			if a == int(set.Labels[i]) {
				n++
			}
		}
		return 100 * float64(n) / float64(set.Len())
	}
	noises := r.Params.Noises()
	for n, noise := range noises {
		var noisy []float32
		for i := range set.Len() {
			noisy = append(noisy, Spoil(noise, set, name, i, r.Cols)...)
		}
		out.Own = append(out.Own, right(r.Net.Classify(nil, noisy)))
		var mse, match, read []float64
		for _, how := range r.Params.Conditions() {
			if err := ctx.Err(); err != nil {
				return err
			}
			images, err := r.Params.produce(r.Circuit, how, noisy)
			if err != nil {
				return err
			}
			var error2, alike float64
			for i, label := range set.Labels {
				image := images[i*set.Pixels : (i+1)*set.Pixels]
				alike += Correlation(image, r.Means[label])
				for j, v := range set.Image(i) {
					error2 += float64(image[j]-v) * float64(image[j]-v)
				}
			}
			mse = append(mse, error2/float64(len(images)))
			match = append(match, alike/float64(set.Len()))
			read = append(read, right(r.Reader.Classify(nil, images)))
		}
		out.MSE, out.Correlation, out.Read = append(out.MSE, mse), append(out.Correlation, match), append(out.Read, read)
		report(float64(n+1) / float64(len(noises)))
	}
	return nil
}

// examples are the numbers of the first digit of every class.
func examples(set task.Set) []int {
	first := make([]int, task.Classes)
	for i := set.Len() - 1; i >= 0; i-- {
		first[set.Labels[i]] = i
	}
	return first
}

// gallery shows the first test digit of every class.
func (r *Recaller) gallery(test task.Set) (RecallGallery, error) {
	g := RecallGallery{Width: r.Cols}
	for i := range 11 {
		g.Openings = append(g.Openings, float64(i)/10)
	}
	numbers := examples(test)
	for _, i := range numbers {
		g.Clean = append(g.Clean, test.Image(i))
	}
	for _, noise := range r.Params.Noises() {
		var kinds [][][]float32
		var noisy, opening [][]float32
		for _, i := range numbers {
			noisy = append(noisy, Spoil(noise, test, TestDigits, i, r.Cols))
		}
		for _, how := range r.Params.Conditions() {
			if how.Steps > 1 {
				continue
			}
			var row [][]float32
			for _, image := range noisy {
				made, err := r.Params.produce(r.Circuit, how, image)
				if err != nil {
					return g, err
				}
				row = append(row, made)
			}
			kinds = append(kinds, row)
		}
		for _, image := range noisy {
			for _, gate := range g.Openings {
				how := Condition{Gate: gate, Steps: 1}
				if gate == 0 {
					how = shutGate
				}
				made, err := r.Params.produce(r.Circuit, how, image)
				if err != nil {
					return g, err
				}
				opening = append(opening, made)
			}
		}
		g.Images, g.Opening = append(g.Images, kinds), append(g.Opening, opening)
	}
	return g, nil
}

// tracedDigits digits are shown with the gate shut, then open.
const tracedDigits = 20

// traces follow the neuron of area 1 whose top-down input varies most.
func (r *Recaller) traces(test task.Set) (RecallTraces, error) {
	var t RecallTraces
	set := test.Slice(0, min(tracedDigits, test.Len()))
	for _, gate := range []float64{0, 1} {
		areas, err := r.Circuit.Disinhibit(set.Images, gate)
		if err != nil {
			return t, err
		}
		a := areas[0]
		if gate == 0 {
			t.Neuron = mostVaried(a.TopDown, r.Hidden)
		}
		for i, label := range set.Labels {
			at := i*r.Hidden + t.Neuron
			t.Class = append(t.Class, int(label))
			t.Soma, t.Basal = append(t.Soma, float64(a.Soma[at])), append(t.Basal, float64(a.Basal[at]))
			t.TopDown, t.Lateral = append(t.TopDown, float64(a.TopDown[at])), append(t.Lateral, float64(a.Lateral[at]))
			t.Apical = append(t.Apical, float64(a.TopDown[at]+a.Lateral[at]))
		}
	}
	return t, nil
}

// mostVaried is the neuron whose values, rows of neurons, vary most.
func mostVaried(values []float32, neurons int) int {
	best, most := 0, -1.0
	for n := range neurons {
		var sum, squares, rows float64
		for i := n; i < len(values); i += neurons {
			v := float64(values[i])
			sum, squares, rows = sum+v, squares+v*v, rows+1
		}
		if variance := squares/rows - sum*sum/rows/rows; variance > most {
			best, most = n, variance
		}
	}
	return best
}
