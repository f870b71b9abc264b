package stream_test

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"microcircuits/dendrite/internal/stream"
)

// normals are n draws of a stream, chunk at a time.
func normals(s *stream.Noise, n, chunk int) []float64 {
	x := make([]float64, n)
	for part := range slices.Chunk(x, chunk) {
		s.AddTo(part, 1)
	}
	return x
}

// Saved results depend on these numbers, and every machine gives them: do not change
// them. Run also with GOAMD64=v3.
func TestGoldenNoise(t *testing.T) {
	h := fnv.New64a()
	x := make([]float64, 1000)
	stream.NewNoise(1, "noise", 2, 3).AddTo(x, 0.3)
	for _, v := range x {
		fmt.Fprintf(h, "%x ", math.Float64bits(v))
	}
	if got, want := h.Sum64(), uint64(0x1cbe25b3ac9cdf4b); got != want {
		t.Errorf("draws have the hash %#x, want %#x; the first are %v", got, want, x[:3])
	}
}

// The first four moments of many draws, each within five standard errors: those of the
// mean of z^k are sqrt((E z^2k - (E z^k)^2) / n).
func TestNoiseMoments(t *testing.T) {
	const n = 4_000_000
	x := normals(stream.NewNoise(1, "moments"), n, n)
	for k, want := range map[int]struct{ mean, variance float64 }{1: {0, 1}, 2: {1, 2}, 3: {0, 15}, 4: {3, 96}} {
		var sum float64
		for _, v := range x {
			sum += math.Pow(v, float64(k))
		}
		if mean, off := sum/n, 5*math.Sqrt(want.variance/n); !(math.Abs(mean-want.mean) < off) {
			t.Errorf("moment %d is %v, want %v within %v", k, mean, want.mean, off)
		}
	}
}

// The share of draws beyond each of some limits, on both sides, within five standard
// errors of the normal distribution; and the whole distribution (Kolmogorov-Smirnov, with
// a limit that chance passes once in 10^8).
func TestNoiseTails(t *testing.T) {
	const n = 4_000_000
	x := normals(stream.NewNoise(2, "tails"), n, 48)
	slices.Sort(x)
	for _, limit := range []float64{0.01, 1, 2, 3, 4, 4.5, 5} {
		p := distuv.UnitNormal.Survival(limit)
		off := 5 * math.Sqrt(p*(1-p)*n)
		above, _ := slices.BinarySearch(x, limit)
		below, _ := slices.BinarySearch(x, -limit)
		for side, count := range map[string]int{"above": n - above, "below -": below} {
			if !(math.Abs(float64(count)-p*n) < off) {
				t.Errorf("%d draws are %s%v, want %.0f within %.0f", count, side, limit, p*n, off)
			}
		}
	}
	var distance float64
	for i, v := range x {
		p := distuv.UnitNormal.CDF(v)
		distance = max(distance, p-float64(i)/n, float64(i+1)/n-p)
	}
	if limit := 3.1 / math.Sqrt(n); !(distance < limit) {
		t.Errorf("the distribution is off by %v, more than %v", distance, limit)
	}
}

// Draws of one stream, whatever their distance in a block, and draws of streams with
// names that are near each other do not correlate, and nor do their squares.
func TestNoiseIsIndependent(t *testing.T) {
	const n = 400_000
	limit := 5 / math.Sqrt(n)
	square := func(x []float64) []float64 {
		y := slices.Clone(x)
		for i, v := range x {
			y[i] = v * v
		}
		return y
	}
	check := func(name string, x, y []float64) {
		t.Helper()
		if c := stat.Correlation(x, y, nil); !(math.Abs(c) < limit) {
			t.Errorf("%s correlate by %v", name, c)
		}
		if c := stat.Correlation(square(x), square(y), nil); !(math.Abs(c) < 2*limit) {
			t.Errorf("squares of %s correlate by %v", name, c)
		}
	}
	x := normals(stream.NewNoise(1, "a", 1), n, n)
	for lag := 1; lag <= 40; lag++ {
		check(fmt.Sprintf("draws %d apart", lag), x[lag:], x[:n-lag])
	}
	for name, other := range map[string]*stream.Noise{
		"another seed": stream.NewNoise(2, "a", 1), "another purpose": stream.NewNoise(1, "b", 1),
		"another index": stream.NewNoise(1, "a", 2), "an index more": stream.NewNoise(1, "a", 1, 0),
	} {
		check("draws with "+name, x, normals(other, n, n))
	}
}

// However many draws a call takes, it begins a new block, and the next call another.
func TestNoiseBlocks(t *testing.T) {
	whole := normals(stream.NewNoise(1, "x"), 80, 80)
	s := stream.NewNoise(1, "x")
	for _, call := range []struct{ draws, block int }{{16, 0}, {5, 1}, {20, 2}, {0, 4}, {16, 4}} {
		got, from := make([]float64, call.draws), 16*call.block
		s.AddTo(got, 1)
		if !slices.Equal(got, whole[from:from+call.draws]) {
			t.Errorf("a call for %d draws does not begin with block %d", call.draws, call.block)
		}
	}
}

func TestNoiseContinues(t *testing.T) {
	for _, used := range []int{0, 1, 7, 1000} {
		a := stream.NewNoise(3, "x", 4)
		normals(a, used, 3)
		saved, err := a.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var b stream.Noise
		if err := b.UnmarshalBinary(saved); err != nil {
			t.Fatal(err)
		}
		if x, y := normals(a, 500, 50), normals(&b, 500, 50); !slices.Equal(x, y) {
			t.Fatalf("after %d draws the saved stream goes on in another way", used)
		}
	}
}

func TestNoiseUnreadablePosition(t *testing.T) {
	s, same := stream.NewNoise(1, "x"), stream.NewNoise(1, "x")
	saved, _ := s.MarshalBinary()
	for _, data := range [][]byte{nil, []byte("nonsense"), saved[1:], append([]byte("x"), saved...), saved[:len(saved)-1]} {
		if err := s.UnmarshalBinary(data); err == nil {
			t.Errorf("no error for %q", data)
		}
	}
	if !slices.Equal(normals(s, 16, 16), normals(same, 16, 16)) {
		t.Error("a failed UnmarshalBinary moved the stream")
	}
}
