package layer

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
)

func drawn(targets, sources int, thresholds bool) *Weights[float64] {
	w := New[float64](targets, sources, thresholds)
	w.Draw(stream.New(1, "layer test"), w.In, 1)
	return w
}

func TestDraw(t *testing.T) {
	w := New[float64](3, 2, true)
	w.Draw(stream.New(1, "layer test"), 2, 0.5) // leaves the thresholds at 0
	want := make([]float64, 6)
	stream.New(1, "layer test").Uniform(want, -0.5, 0.5)
	if d := cmp.Diff(w.Matrix(), want); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(w.Thresholds(), make([]float64, 3)); d != "" {
		t.Error(d)
	}
	half := New[float32](3, 2, true)
	half.SetScaled(-2, New[float32](3, 2, true))
	half.Draw(stream.New(1, "layer test"), 2, 0.5)
	for i, v := range half.Matrix() {
		if v != float32(want[i]) {
			t.Errorf("draw %d is %v in float32, %v in float64", i, v, want[i])
		}
	}
}

// One product and one update by hand, with all inputs and with some.
func TestMulAndAdd(t *testing.T) {
	w := drawn(3, 2, true)
	m, b := w.Matrix(), w.Thresholds()
	x, y := simd.NewBatch[float64](2, 2), simd.NewBatch[float64](2, 3)
	Fill(x, []float64{1, 2, 3, 4})
	Constant(x, 2)
	w.Mul(y, x, 2, nil)
	got, want := make([]float64, 6), make([]float64, 6)
	Flat(got, y, 2)
	for r, in := range [][]float64{{1, 2}, {3, 4}} {
		for o := range 3 {
			want[3*r+o] = m[2*o]*in[0] + m[2*o+1]*in[1] + b[o]
		}
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) < 1e-14) {
			t.Errorf("product %d is %v, want %v", i, got[i], want[i])
		}
	}
	var in Input[float64]
	if rows := in.Load([]float64{0, 2, 0, 4}, 2, true); rows != 2 || !cmp.Equal(in.Active, []int32{1, 2}) {
		t.Fatalf("%d rows of inputs %v", rows, in.Active)
	}
	w.Mul(y, in.Batch, 2, in.Active)
	if got, want := y.Row(1)[2], 4*m[5]+b[2]; !(math.Abs(got-want) < 1e-14) {
		t.Errorf("product without the first input %v, want %v", got, want)
	}
	e := simd.NewBatch[float64](1, 3)
	Fill(e, []float64{1, 0, -1})
	w.Add(0, e, x, 1, nil)
	if !cmp.Equal(w.Matrix(), m) {
		t.Error("rate 0 changes weights")
	}
	w.Add(0.5, e, x, 1, nil)
	if got, want := w.Matrix()[5], m[5]-0.5*2; !(math.Abs(got-want) < 1e-15) {
		t.Errorf("weight %v, want %v", got, want)
	}
	if got, want := w.Thresholds()[0], b[0]+0.5; !(math.Abs(got-want) < 1e-15) {
		t.Errorf("threshold %v, want %v", got, want)
	}
}

func TestStateComesBackAndIsChecked(t *testing.T) {
	type state struct{ up, threshold, down [][]float64 }
	kinds := func(s *state, up, down []*Weights[float64]) []Kind[float64] {
		return []Kind[float64]{
			{Name: "Up", Weights: up, Matrices: &s.up, Thresholds: &s.threshold},
			{Name: "Down", Weights: down, Matrices: &s.down},
		}
	}
	save := func(up, down []*Weights[float64]) (s state) {
		Save(kinds(&s, up, down))
		return s
	}
	up, down := []*Weights[float64]{drawn(3, 2, true), drawn(2, 3, true)}, []*Weights[float64]{drawn(3, 2, false)}
	saved := save(up, down)
	up2, down2 := []*Weights[float64]{New[float64](3, 2, true), New[float64](2, 3, true)}, []*Weights[float64]{New[float64](3, 2, false)}
	zero := save(up2, down2)
	for want, change := range map[string]func(*state){
		"1 matrices Up and 2 vectors":         func(s *state) { s.up = s.up[:1] },
		"2 matrices Up and 0 vectors":         func(s *state) { s.threshold = nil },
		"Up[1]: 5 weights and 2 thresholds":   func(s *state) { s.up[1] = s.up[1][:5] },
		"Up[0]: 6 weights and 1 thresholds":   func(s *state) { s.threshold[0] = s.threshold[0][:1] },
		"Up[1]: threshold 1 is +Inf":          func(s *state) { s.threshold[1][1] = math.Inf(1) },
		"Down[0]: weight 4 is NaN":            func(s *state) { s.down[0][4] = math.NaN() },
		"0 matrices Down and 0 vectors":       func(s *state) { s.down = nil },
		"where the network has 1 and 0":       func(s *state) { s.down = append(s.down, nil) },
		"where the network has 6 and 0":       func(s *state) { s.down[0] = nil },
		"Up[0]: 0 weights and 3 thresholds, ": func(s *state) { s.up[0] = nil },
	} {
		s := save(up, down)
		change(&s)
		if err := Load(kinds(&s, up2, down2)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
		if !cmp.Equal(save(up2, down2), zero, cmp.AllowUnexported(state{})) {
			t.Fatalf("%s: a refused state was set", want)
		}
	}
	if err := Load(kinds(&saved, up2, down2)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(save(up2, down2), saved, cmp.AllowUnexported(state{})); d != "" {
		t.Error(d)
	}
}

// Images go through in chunks; their number is free.
func TestPredictAndClassify(t *testing.T) {
	for _, images := range []int{1, Chunk, Chunk + 1, 2*Chunk + 3} {
		x := make([]float64, 2*images)
		stream.New(1, "layer test").Uniform(x, 0, 1)
		b, calls := simd.NewBatch[float64](Chunk, 2), 0
		same := func(x []float64) *simd.Batch[float64] {
			Fill(b, x)
			calls++
			return b
		}
		if d := cmp.Diff(Predict(nil, x, 2, 2, same), x); d != "" {
			t.Error(d)
		}
		if want := (images + Chunk - 1) / Chunk; calls != want {
			t.Errorf("%d images in %d chunks, want %d", images, calls, want)
		}
		for i, class := range Classify(nil, x, 2, same) {
			if x[2*i+class] < x[2*i+1-class] {
				t.Fatalf("class of image %d is %d", i, class)
			}
		}
	}
}

func TestShapesPanic(t *testing.T) {
	pass := func(x []float64) *simd.Batch[float64] { return simd.NewBatch[float64](Chunk, 2) }
	for name, f := range map[string]func(){
		"no images":         func() { Predict(nil, nil, 2, 2, pass) },
		"part of an image":  func() { Classify(nil, make([]float64, 3), 2, pass) },
		"too few outputs":   func() { Predict(make([]float64, 3), make([]float64, 4), 2, 2, pass) },
		"too many classes":  func() { Classify(make([]int, 3), make([]float64, 4), 2, pass) },
		"a row too many":    func() { Fill(simd.NewBatch[float64](1, 2), make([]float64, 4)) },
		"part of the input": func() { new(Input[float64]).Load(make([]float64, 3), 2, false) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}
