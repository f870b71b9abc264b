package recall

import (
	"math"
	"slices"
	"strings"
	"testing"

	"microcircuits/dendrite/internal/stream"
	"microcircuits/dendrite/twostep"
)

func config(sizes ...int) twostep.Config {
	hidden := len(sizes) - 2
	c := twostep.Config{Sizes: sizes, Thresholds: true, LambdaI: 0.1}
	for range hidden + 1 {
		c.Lambda, c.Init.Up = append(c.Lambda, 0.3), append(c.Init.Up, 1)
	}
	c.Init.IP, c.Init.PI, c.Init.Down = make([]float64, hidden), make([]float64, hidden), make([]float64, hidden)
	for k := range hidden {
		c.Init.IP[k], c.Init.PI[k], c.Init.Down[k] = 1, 2, 2
	}
	return c
}

func network(t *testing.T, c twostep.Config) (*twostep.Network[float64], *Projection[float64]) {
	t.Helper()
	net, err := twostep.New[float64](c, 1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewProjection[float64](c.Sizes[0], c.Sizes[1], 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	return net, p
}

func circuit(t *testing.T, c twostep.Config) (*Circuit[float64], *twostep.Network[float64]) {
	t.Helper()
	net, p := network(t, c)
	r, err := New(net, p)
	if err != nil {
		t.Fatal(err)
	}
	return r, net
}

func images(rows, pixels int) []float64 {
	x := make([]float64, rows*pixels)
	stream.New(1, "images").Uniform(x, 0, 1)
	return x
}

func phi(u float64) float64 { return 1 / (1 + math.Exp(-u)) }

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// One image through a network of one neuron per area, written out by hand.
func TestRecallByHand(t *testing.T) {
	c := config(1, 1, 1)
	r, net := circuit(t, c)
	if err := net.SetState(twostep.State[float64]{
		Up: [][]float64{{2}, {-1.5}}, UpThreshold: [][]float64{{0.1}, {0.3}},
		Down: [][]float64{{3}}, IP: [][]float64{{0.7}}, IPThreshold: [][]float64{{-0.2}}, PI: [][]float64{{-2.5}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.pixels.SetState(State[float64]{Weights: []float64{4}, Threshold: []float64{-1}}); err != nil {
		t.Fatal(err)
	}
	r, err := New(net, r.pixels) // with the new weights
	if err != nil {
		t.Fatal(err)
	}
	look := func(x, g float64) float64 {
		basal := 2*x + 0.1
		output := -1.5*phi(basal) + 0.3
		guess := 0.7*phi(basal) - 0.2
		inter := 0.9*guess + 0.1*output
		apical := 3*phi(output) - (1-g)*2.5*phi(inter)
		return phi(4*phi((1-g)*basal+apical) - 1)
	}
	for _, g := range []float64{0, 0.3, 1} {
		got, err := r.Recall(nil, []float64{0.6}, Recollection{Gate: g, Steps: 1})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "one step", got, []float64{look(0.6, g)}, 1e-14)
		if got, err = r.Recall(nil, []float64{0.6}, Recollection{Gate: g, Steps: 3, Blend: 0.4}); err != nil {
			t.Fatal(err)
		}
		x, image := 0.6, 0.0
		for range 3 {
			image = look(x, g)
			x = 0.6*x + 0.4*image
		}
		near(t, "three steps", got, []float64{image}, 1e-14)
	}
	got, err := r.Reconstruct(nil, []float64{0.6})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "reconstruction", got, []float64{phi(4*phi(1.3) - 1)}, 1e-14)
	if got, err = r.Prototype(nil, []float64{0.8}); err != nil {
		t.Fatal(err)
	}
	near(t, "prototype", got, []float64{phi(4*phi(2.4) - 1)}, 1e-14)
}

// In the self-predicting state lateral inhibition cancels the top-down input
// exactly: with the gate shut nothing but the bottom-up input is seen.
func TestShutGateIsReconstruction(t *testing.T) {
	for _, sizes := range [][]int{{12, 9, 4}, {12, 9, 7, 4}} {
		for _, mixing := range []twostep.Mixing{twostep.Additive, twostep.Convex} {
			c := config(sizes...)
			c.Mixing, c.Init.IP, c.Init.PI = mixing, nil, nil
			r, _ := circuit(t, c)
			x := images(70, sizes[0])
			plain, err := r.Reconstruct(nil, x)
			if err != nil {
				t.Fatal(err)
			}
			shut, err := r.Recall(nil, x, Recollection{Steps: 1})
			if err != nil {
				t.Fatal(err)
			}
			near(t, mixing.String(), shut, plain, 1e-12)
			open, err := r.Recall(nil, x, Recollection{Gate: 1, Steps: 1})
			if err != nil {
				t.Fatal(err)
			}
			if slices.Equal(open, shut) {
				t.Errorf("sizes %v, %v: the gate makes no difference", sizes, mixing)
			}
		}
	}
}

// With the gate open the image is the prototype of whatever the output says.
func TestOpenGateIsThePrototypeOfTheAnswer(t *testing.T) {
	for _, sizes := range [][]int{{12, 9, 4}, {12, 9, 7, 4}} {
		r, net := circuit(t, config(sizes...))
		x := images(70, sizes[0])
		open, err := r.Recall(nil, x, Recollection{Gate: 1, Steps: 1})
		if err != nil {
			t.Fatal(err)
		}
		prototypes, err := r.Prototype(nil, net.Predict(nil, x))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "gate open", open, prototypes, 1e-13)
	}
}

func TestDisinhibitedPotentialsAddUp(t *testing.T) {
	r, net := circuit(t, config(12, 9, 7, 4))
	x := images(3, 12)
	shut, err := r.Disinhibit(x, 0)
	if err != nil {
		t.Fatal(err)
	}
	// With one more area above, the first sees the other's recalled rates; the
	// second is that of the network's own sweep.
	if err := net.Sweep(x, nil); err != nil {
		t.Fatal(err)
	}
	near(t, "top-down, area 2", shut[1].TopDown, net.Read(nil, twostep.ReadTopDown, 2), 1e-13)
	apical := slices.Clone(shut[1].TopDown)
	for i, v := range shut[1].Lateral {
		apical[i] += v
	}
	near(t, "apical, area 2", apical, net.Read(nil, twostep.ReadApical, 2), 1e-12)
	for _, g := range []float64{0.25, 1} {
		areas, err := r.Disinhibit(x, g)
		if err != nil {
			t.Fatal(err)
		}
		for k, a := range areas {
			for i, u := range a.Soma {
				if want := (1-g)*a.Basal[i] + a.TopDown[i] + a.Lateral[i]; !(math.Abs(u-want) < 1e-13) {
					t.Fatalf("gate %v, area %d: soma %v, its parts add up to %v", g, k+1, u, want)
				}
			}
		}
		for i, v := range areas[1].Lateral {
			if want := (1 - g) * shut[1].Lateral[i]; !(math.Abs(v-want) < 1e-13) {
				t.Fatalf("gate %v: lateral input %v, want %v", g, v, want)
			}
		}
	}
}

// Rule (10) by hand, averaged over the batch.
func TestProjectionLearns(t *testing.T) {
	p, err := NewProjection[float64](3, 2, 0.5, 7)
	if err != nil {
		t.Fatal(err)
	}
	before := p.State()
	x, r := images(4, 3), images(4, 2)
	p.Learn(x, r, 0.2)
	after := p.State()
	for o := range 3 {
		var want [3]float64
		copy(want[:], []float64{before.Weights[2*o], before.Weights[2*o+1], before.Threshold[o]})
		for b := range 4 {
			e := x[3*b+o] - phi(before.Weights[2*o]*r[2*b]+before.Weights[2*o+1]*r[2*b+1]+before.Threshold[o])
			want[0] += 0.2 / 4 * e * r[2*b]
			want[1] += 0.2 / 4 * e * r[2*b+1]
			want[2] += 0.2 / 4 * e
		}
		near(t, "weights", []float64{after.Weights[2*o], after.Weights[2*o+1], after.Threshold[o]}, want[:], 1e-14)
	}
	for range 20000 {
		p.Learn(x[:3], r[:2], 1)
	}
	near(t, "one image, learned", p.Image(nil, r[:2]), x[:3], 1e-3)

	p.Learn(x, r, 0)
	kept := p.State()
	q, err := NewProjection[float64](3, 2, 0, 7)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.SetState(kept); err != nil {
		t.Fatal(err)
	}
	near(t, "a copy's image", q.Image(nil, r), p.Image(nil, r), 0)
}

func TestSameSeedSameImages(t *testing.T) {
	recall := func(rows int) []float64 {
		r, _ := circuit(t, config(12, 9, 4))
		out, err := r.Recall(nil, images(70, 12)[:rows*12], Recollection{Gate: 0.5, Steps: 2, Blend: 0.5})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	all := recall(70)
	if !slices.Equal(all, recall(70)) {
		t.Error("twice the same, other images")
	}
	// 60 images make one full chunk and a part.
	near(t, "the first 60 of 70 alone", recall(60), all[:60*12], 1e-12)
}

func TestErrorsNameWhatIsWrong(t *testing.T) {
	net, p := network(t, config(12, 9, 4))
	r, err := New(net, p)
	if err != nil {
		t.Fatal(err)
	}
	narrow, err := NewProjection[float64](12, 8, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	single, _ := network(t, config(12, 9, 4))
	if single, err = twostep.New[float64](twostep.Config{Sizes: []int{12, 4}, Lambda: []float64{0.1}, Init: twostep.Init{Up: []float64{1}}}, 1); err != nil {
		t.Fatal(err)
	}
	x := images(1, 12)
	for _, c := range []struct {
		want string
		do   func() error
	}{
		{"gate is 1.5", func() error { _, err := r.Disinhibit(x, 1.5); return err }},
		{"gate is -1", func() error { _, err := r.Recall(nil, x, Recollection{Gate: -1, Steps: 1}); return err }},
		{"gate is NaN", func() error { _, err := r.Recall(nil, x, Recollection{Gate: math.NaN(), Steps: 1}); return err }},
		{"0 steps", func() error { _, err := r.Recall(nil, x, Recollection{}); return err }},
		{"Blend is 2", func() error { _, err := r.Recall(nil, x, Recollection{Steps: 1, Blend: 2}); return err }},
		{"output rate 1 is NaN", func() error { _, err := r.Prototype(nil, []float64{0, math.NaN(), 0, 0}); return err }},
		{"basal", func() error { _, err := r.Reconstruct(nil, slices.Repeat([]float64{math.Inf(1)}, 12)); return err }},
		{"from 8 neurons onto 12 pixels", func() error { _, err := New(net, narrow); return err }},
		{"no apical dendrite", func() error { _, err := New(single, p); return err }},
		{"0 neurons", func() error { _, err := NewProjection[float64](12, 0, 1, 1); return err }},
		{"-1", func() error { _, err := NewProjection[float64](12, 9, -1, 1); return err }},
		{"108 and 12", func() error { return p.SetState(State[float64]{Weights: x}) }},
		{"threshold 3 is NaN", func() error {
			s := p.State()
			s.Threshold[3] = math.NaN()
			return p.SetState(s)
		}},
	} {
		if err := c.do(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v does not say %q", err, c.want)
		}
	}
	for name, do := range map[string]func(){
		"part of an image":     func() { r.Recall(nil, x[:5], Recollection{Steps: 1}) },
		"part of a pattern":    func() { r.Prototype(nil, x[:5]) },
		"no room":              func() { r.Reconstruct(x[:5], x) },
		"an image too many":    func() { p.Learn(images(2, 12), images(1, 9), 1) },
		"rates of other areas": func() { p.Image(nil, images(1, 8)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			do()
		}()
	}
}
