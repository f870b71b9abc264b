package experiment

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"microcircuits/dendrite/baseline"
	"microcircuits/dendrite/internal/stream"
	"microcircuits/dendrite/recall"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// DisinhibitionRecalled is what one network imagines.
type DisinhibitionRecalled struct {
	Prototypes     [][]float32 // by class: its target pattern at the output, the gate open, no input
	PrototypeRead  []int       // class the reader sees in them
	PrototypeMatch []float64   // correlation with the mean training image of the class
	PrototypeBest  []int       // class whose mean training image each correlates with most
	ClassMeans     [][]float32

	Validation, Test RecallMeasures
	Gallery          RecallGallery // of the first seed alone
	Apical           RecallTraces  // of the first seed alone
}

// RecallMeasures compare produced images with clean ones: [noise][condition],
// in the order of Noises and Conditions, means over the images.
type RecallMeasures struct {
	Images      int
	MSE         [][]float64 // per pixel, to the clean digit
	Correlation [][]float64 // with the mean training image of the digit's class
	Read        [][]float64 // read as its class by the independent reader, %
	Own         []float64   // noisy image named correctly by the network itself, %
}

// RecallGallery holds one test digit of each class and what was made of it.
type RecallGallery struct {
	Width    int
	Clean    [][]float32     // [class]
	Images   [][][][]float32 // [noise][noisy, shut, then gates, one step][class]
	Opening  [][][]float32   // [noise][class at gates 0, 0.1 ... 1], one after the other
	Openings []float64
}

// RecallTraces follow one neuron of area 1 through test digits, shown with the
// gate shut and then, again, open.
type RecallTraces struct {
	Neuron                                int
	Class                                 []int
	Soma, Basal, TopDown, Lateral, Apical []float64 // shut, then open
}

// A Noise spoils digits.
type Noise struct {
	Name  string
	spoil func(image []float32, cols int, s *stream.Stream)
}

// Noises are what digits are spoiled with, the first with nothing.
func (p DisinhibitionRecall) Noises() []Noise {
	all := []Noise{{"none", func([]float32, int, *stream.Stream) {}}}
	for _, sigma := range p.Gaussian {
		all = append(all, Noise{fmt.Sprintf("Gaussian %g", sigma), func(image []float32, _ int, s *stream.Stream) {
			for i := range image {
				image[i] = min(max(image[i]+float32(sigma*s.NormFloat64()), 0), 1)
			}
		}})
	}
	for _, share := range p.SaltPepper {
		all = append(all, Noise{fmt.Sprintf("salt and pepper %g %%", 100*share), func(image []float32, _ int, s *stream.Stream) {
			for i := range image {
				switch u := s.Float64(); {
				case u < share/2:
					image[i] = 0
				case u < share:
					image[i] = 1
				}
			}
		}})
	}
	return append(all, Noise{"half occluded", func(image []float32, cols int, s *stream.Stream) {
		rows, half := len(image)/cols, s.IntN(4)
		for i := range image {
			y, x := i/cols, i%cols
			if [...]bool{y < rows/2, y >= rows-rows/2, x < cols/2, x >= cols-cols/2}[half] {
				image[i] = 0
			}
		}
	}})
}

// apply spoils image number i of a set and returns the spoiled copy. What befalls
// it depends on the noise, the set's name and the number alone: every network
// sees the same images, and no test image has the noise of a validation image.
func (n Noise) apply(set task.Set, name string, i, cols int) []float32 {
	image := slices.Clone(set.Image(i))
	n.spoil(image, cols, stream.New(1, "disinhibition/"+n.Name+"/"+name, uint64(i)))
	return image
}

// A Condition is a way to produce an image from a noisy one.
type Condition struct {
	Name  string
	Short string  // for headings
	Gate  float64 // NaN for the noisy input itself
	Steps int     // 0: the noisy input, or plain reconstruction
}

// shut is plain feed-forward reconstruction, wherever the gate is shut.
var shut = Condition{Name: "gate shut", Short: "shut"}

// testDigits names the test images for the noise they get.
const testDigits = "test"

// Conditions are all of them: the noisy input itself, plain feed-forward
// reconstruction, and recall at every gate, in one step and iterated.
func (p DisinhibitionRecall) Conditions() []Condition {
	all := []Condition{{"noisy input", "noisy", math.NaN(), 0}, shut}
	for _, steps := range []int{1, p.Steps} {
		for _, g := range p.Gates {
			name, short := fmt.Sprintf("g = %g", g), strings.TrimPrefix(fmt.Sprint(g), "0")
			if steps > 1 {
				name, short = fmt.Sprintf("%s, %d looks", name, steps), fmt.Sprintf("%s×%d", short, steps)
			}
			all = append(all, Condition{name, short, g, steps})
		}
	}
	return all
}

// produce is the image a condition makes of noisy ones.
func (p DisinhibitionRecall) produce(c *recall.Circuit[float32], how Condition, noisy []float32) ([]float32, error) {
	switch {
	case math.IsNaN(how.Gate):
		return noisy, nil
	case how.Steps == 0:
		return c.Reconstruct(nil, noisy)
	}
	return c.Recall(nil, noisy, recall.Recollection{Gate: how.Gate, Steps: how.Steps, Blend: p.Blend})
}

// recall measures what one network imagines.
func (p Disinhibition) recall(ctx context.Context, w *Work, d *task.Digits, means [][]float32, trained DisinhibitionNet, reading DisinhibitionReading, seed int) (DisinhibitionRecalled, error) {
	var out DisinhibitionRecalled
	m, err := p.imaginer(d.Train.Pixels, uint64(seed))
	if err != nil {
		return out, err
	}
	if err := m.SetState(trained.Weights); err != nil {
		return out, err
	}
	reader, err := baseline.New[float32](p.reader(d.Train.Pixels), readerSeed)
	if err != nil {
		return out, err
	}
	if err := reader.SetState(reading.Weights); err != nil {
		return out, err
	}
	circuit, err := recall.New(m.net, m.pixels)
	if err != nil {
		return out, err
	}
	out.ClassMeans = means
	if err := p.prototypes(circuit, reader, &out); err != nil {
		return out, err
	}
	for i, part := range []struct {
		set  task.Set
		name string
		into *RecallMeasures
	}{{d.Validation, "validation", &out.Validation}, {d.Test, testDigits, &out.Test}} {
		set := part.set.Slice(0, min(p.Recall.Images, part.set.Len()))
		report := func(share float64) {
			w.Report((float64(i)+share)/2, fmt.Sprintf("recall, seed %d: %d %s digits", seed, set.Len(), part.name))
		}
		if err := p.measure(ctx, report, circuit, m.net, reader, means, set, part.name, d.Cols, part.into); err != nil {
			return out, err
		}
	}
	if seed == 1 {
		if out.Gallery, err = p.gallery(circuit, d); err == nil {
			out.Apical, err = p.traces(circuit, d)
		}
	}
	return out, err
}

// prototypes lets every class come to the network's mind.
func (p Disinhibition) prototypes(circuit *recall.Circuit[float32], reader *baseline.Network[float32], out *DisinhibitionRecalled) error {
	labels := make([]uint8, task.Classes)
	for i := range labels {
		labels[i] = uint8(i)
	}
	images, err := circuit.Prototype(nil, targets(labels, [2]float32{float32(p.TargetOff), float32(p.TargetOn)}))
	if err != nil {
		return err
	}
	pixels := len(images) / task.Classes
	for i := range task.Classes {
		image, best, match := images[i*pixels:(i+1)*pixels], 0, make([]float64, task.Classes)
		for class, mean := range out.ClassMeans {
			if match[class] = correlation(image, mean); match[class] > match[best] {
				best = class
			}
		}
		out.Prototypes = append(out.Prototypes, image)
		out.PrototypeMatch, out.PrototypeBest = append(out.PrototypeMatch, match[i]), append(out.PrototypeBest, best)
	}
	out.PrototypeRead = reader.Classify(nil, images)
	return nil
}

// measure fills in all noises and conditions.
func (p Disinhibition) measure(ctx context.Context, report func(share float64), circuit *recall.Circuit[float32], net *twostep.Network[float32], reader *baseline.Network[float32], means [][]float32, set task.Set, name string, cols int, out *RecallMeasures) error {
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
	noises := p.Recall.Noises()
	for n, noise := range noises {
		var noisy []float32
		for i := range set.Len() {
			noisy = append(noisy, noise.apply(set, name, i, cols)...)
		}
		out.Own = append(out.Own, right(net.Classify(nil, noisy)))
		var mse, match, read []float64
		for _, how := range p.Recall.Conditions() {
			if err := ctx.Err(); err != nil {
				return err
			}
			images, err := p.Recall.produce(circuit, how, noisy)
			if err != nil {
				return err
			}
			var error2, alike float64
			for i, label := range set.Labels {
				image := images[i*set.Pixels : (i+1)*set.Pixels]
				alike += correlation(image, means[label])
				for j, v := range set.Image(i) {
					error2 += float64(image[j]-v) * float64(image[j]-v)
				}
			}
			mse = append(mse, error2/float64(len(images)))
			match = append(match, alike/float64(set.Len()))
			read = append(read, right(reader.Classify(nil, images)))
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

func (p Disinhibition) gallery(circuit *recall.Circuit[float32], d *task.Digits) (RecallGallery, error) {
	g := RecallGallery{Width: d.Cols}
	for i := range 11 {
		g.Openings = append(g.Openings, float64(i)/10)
	}
	numbers := examples(d.Test)
	for _, i := range numbers {
		g.Clean = append(g.Clean, d.Test.Image(i))
	}
	for _, noise := range p.Recall.Noises() {
		var kinds [][][]float32
		var noisy, opening [][]float32
		for _, i := range numbers {
			noisy = append(noisy, noise.apply(d.Test, testDigits, i, d.Cols))
		}
		for _, how := range p.Recall.Conditions() {
			if how.Steps > 1 {
				continue
			}
			var row [][]float32
			for _, image := range noisy {
				made, err := p.Recall.produce(circuit, how, image)
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
					how = shut
				}
				made, err := p.Recall.produce(circuit, how, image)
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

// tracedDigits are shown with the gate shut, then open.
const tracedDigits = 20

func (p Disinhibition) traces(circuit *recall.Circuit[float32], d *task.Digits) (RecallTraces, error) {
	var t RecallTraces
	set := d.Test.Slice(0, min(tracedDigits, d.Test.Len()))
	for _, gate := range []float64{0, 1} {
		areas, err := circuit.Disinhibit(set.Images, gate)
		if err != nil {
			return t, err
		}
		a := areas[0]
		if gate == 0 {
			t.Neuron = mostVaried(a.TopDown, p.Hidden)
		}
		for i, label := range set.Labels {
			at := i*p.Hidden + t.Neuron
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

// classMeans are the mean images of the classes.
func classMeans(set task.Set) [][]float32 {
	sums, counts := make([][]float64, task.Classes), make([]float64, task.Classes)
	for i := range sums {
		sums[i] = make([]float64, set.Pixels)
	}
	for i, label := range set.Labels {
		counts[label]++
		for j, v := range set.Image(i) {
			sums[label][j] += float64(v)
		}
	}
	means := make([][]float32, task.Classes)
	for class, sum := range sums {
		for _, v := range sum {
			means[class] = append(means[class], float32(v/max(counts[class], 1)))
		}
	}
	return means
}

// correlation is Pearson's of two images; 0 for an image without contrast.
func correlation(a, b []float32) float64 {
	var ma, mb float64
	for i := range a {
		ma, mb = ma+float64(a[i]), mb+float64(b[i])
	}
	ma, mb = ma/float64(len(a)), mb/float64(len(b))
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i])-ma, float64(b[i])-mb
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
