package task

import (
	"math"
	"slices"
	"testing"

	"microcircuits/dendrite/internal/stream"
)

func TestUniform(t *testing.T) {
	u := Uniform{Seed: 1, Purpose: "input", Size: 1000, Lo: -1, Hi: 3}
	a, b := make([]float64, u.Size), make([]float64, u.Size)
	u.Pattern(a, 7)
	u.Pattern(b, 8)
	if slices.Equal(a, b) {
		t.Error("patterns 7 and 8 are equal")
	}
	u.Pattern(b, 7)
	if !slices.Equal(a, b) {
		t.Error("pattern 7 is different at the second call")
	}
	for name, other := range map[string]Uniform{
		"seed":    {Seed: 2, Purpose: "input", Size: 1000, Lo: -1, Hi: 3},
		"purpose": {Seed: 1, Purpose: "target", Size: 1000, Lo: -1, Hi: 3},
	} {
		if other.Pattern(b, 7); slices.Equal(a, b) {
			t.Errorf("another %s gives the same pattern", name)
		}
	}
	// Mean 1 and variance 16/12 within five standard errors of 1000 draws.
	var mean, square float64
	for _, x := range a {
		if x < -1 || x >= 3 {
			t.Fatalf("%v is outside of [-1, 3)", x)
		}
		mean += x / 1000
		square += x * x / 1000
	}
	if math.Abs(mean-1) > 5*math.Sqrt(16./12/1000) || math.Abs(square-mean*mean-16./12) > 0.2 {
		t.Errorf("mean %v, variance %v", mean, square-mean*mean)
	}
	wantPanic(t, func() { u.Pattern(a[:3], 0) })
}

func wantPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f()
}

func TestTeacher(t *testing.T) {
	softplus := func(u float64) float64 { return 0.1 * math.Log1p(math.Exp(u-3)) }
	c := TeacherConfig{In: 30, Hidden: 20, Out: 10, Gain1: 2, Gain2: 10, Lo: -1, Hi: 1, Transfer: softplus}
	a, b, other := NewTeacher(1, c), NewTeacher(1, c), NewTeacher(2, c)
	x := make([]float64, 30)
	stream.New(3, "x").Uniform(x, -1, 1)
	ua, ra, ub, rb := make([]float64, 10), make([]float64, 10), make([]float64, 10), make([]float64, 10)
	a.Target(ua, ra, x)
	b.Target(ub, rb, x)
	if !slices.Equal(ua, ub) || !slices.Equal(ra, rb) {
		t.Error("two teachers of the same seed differ")
	}
	if other.Target(ub, rb, x); slices.Equal(ua, ub) {
		t.Error("teachers of two seeds are equal")
	}
	for i := range ra {
		if ra[i] != softplus(ua[i]) {
			t.Errorf("rate %d is not phi of the potential", i)
		}
	}
	for _, row := range append(slices.Clone(a.W1), a.W2...) {
		for _, w := range row {
			if w < -1 || w >= 1 {
				t.Fatalf("weight %v", w)
			}
		}
	}
	wantPanic(t, func() { a.Target(ua[:9], ra, x) })
	wantPanic(t, func() { a.Target(ua, ra, x[:9]) })
}

// TestTeacherByHand compares with a small teacher computed by hand: phi(x) = x^2,
// hidden phi(2*(1*0.5 - 1*0.25)) = 0.25 and phi(2*(2*0.5)) = 4,
// u = 10*(3*0.25 - 0.5*4) = -12.5, r = 156.25.
func TestTeacherByHand(t *testing.T) {
	c := TeacherConfig{In: 2, Hidden: 2, Out: 1, Gain1: 2, Gain2: 10, Transfer: func(u float64) float64 { return u * u }}
	teacher := NewTeacher(1, c)
	teacher.W1 = [][]float64{{1, -1}, {2, 0}}
	teacher.W2 = [][]float64{{3, -0.5}}
	var u, r [1]float64
	teacher.Target(u[:], r[:], []float64{0.5, 0.25})
	if u[0] != -12.5 || r[0] != 156.25 {
		t.Errorf("u = %v, r = %v; want -12.5, 156.25", u[0], r[0])
	}
}

// TestOneHot uses the targets of N section 3.4: rates 0.1 and 0.8 of logistic
// neurons are potentials -2.1972 and 1.3863.
func TestOneHot(t *testing.T) {
	off, on := Logit(0.1), Logit(0.8)
	if math.Abs(off+2.1972) > 5e-5 || math.Abs(on-1.3863) > 5e-5 {
		t.Errorf("Logit: %v and %v", off, on)
	}
	dst := []float32{9, 9, 9}
	OneHot(dst, 1, float32(off), float32(on))
	if !slices.Equal(dst, []float32{float32(off), float32(on), float32(off)}) {
		t.Errorf("OneHot: %v", dst)
	}
	wantPanic(t, func() { OneHot(dst, 3, 0, 1) })
}

func TestPermutation(t *testing.T) {
	a, b := make([]int, 1000), make([]int, 1000)
	Permutation(a, 1, 0)
	for name, f := range map[string]func(){
		"epoch": func() { Permutation(b, 1, 1) },
		"seed":  func() { Permutation(b, 2, 0) },
	} {
		if f(); slices.Equal(a, b) {
			t.Errorf("another %s has the same order", name)
		}
		slices.Sort(b)
		for i, x := range b {
			if x != i {
				t.Fatalf("no permutation: %d at place %d", x, i)
			}
		}
	}
	if Permutation(b, 1, 0); !slices.Equal(a, b) {
		t.Error("the order is different at the second call")
	}
	small := make([]int, 8)
	Permutation(small, 1, 3)
	// If this order changes, resumed runs give other results.
	if want := []int{3, 6, 5, 0, 7, 4, 2, 1}; !slices.Equal(small, want) {
		t.Errorf("order %v, want %v", small, want)
	}
}
