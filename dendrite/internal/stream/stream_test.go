package stream_test

import (
	"fmt"
	"hash/fnv"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/internal/stream"
)

// Saved results depend on these numbers: do not change them.
func TestGolden(t *testing.T) {
	s := stream.New(1, "noise", 2, 3)
	got := [3]uint64{s.Uint64(), s.Uint64(), s.Uint64()}
	if want := [3]uint64{0x60b2efd6afafa77a, 0x196b5fb7aef48ceb, 0xe651fb6b5aad7496}; got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
}

// Draws have the same bits on every machine and for every GOAMD64: from v3 on, the compiler
// fuses x*y + z where it is not forbidden. Run also with GOAMD64=v3.
func TestGoldenDraws(t *testing.T) {
	x := make([]float64, 1000)
	for want, fill := range map[uint64]func(s *stream.Stream){
		0xd71493c181e1aa29: func(s *stream.Stream) { s.Uniform(x, -0.1, 0.3) },
		0xbaac7c7ee3c44938: func(s *stream.Stream) { s.Uniform(x, -1.0/3, 7) },
	} {
		fill(stream.New(1, "draws"))
		h := fnv.New64a()
		for _, v := range x {
			fmt.Fprintf(h, "%x ", math.Float64bits(v))
		}
		if got := h.Sum64(); got != want {
			t.Errorf("draws have the hash %#x, want %#x", got, want)
		}
	}
}

func TestNamesAreDistinct(t *testing.T) {
	first := map[uint64]string{}
	for name, s := range map[string]*stream.Stream{
		"seed 1":         stream.New(1, "a"),
		"seed 2":         stream.New(2, "a"),
		"other purpose":  stream.New(1, "b"),
		"index 0":        stream.New(1, "a", 0),
		"index 0, 0":     stream.New(1, "a", 0, 0),
		"index 1":        stream.New(1, "a", 1),
		"index 0, 1":     stream.New(1, "a", 0, 1),
		"index 1, 0":     stream.New(1, "a", 1, 0),
		"index as bytes": stream.New(1, "a\x00\x00\x00\x00\x00\x00\x00\x00"),
	} {
		x := s.Uint64()
		if other, ok := first[x]; ok {
			t.Errorf("%q and %q are the same stream", name, other)
		}
		first[x] = name
	}
}

func TestSaveAndContinue(t *testing.T) {
	for _, used := range []int{0, 1, 7, 1000} {
		a := stream.New(3, "x")
		for range used {
			a.NormFloat64()
		}
		saved, err := a.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var b stream.Stream
		if err := b.UnmarshalBinary(saved); err != nil {
			t.Fatal(err)
		}
		for i := range 500 {
			if x, y := a.NormFloat64(), b.NormFloat64(); x != y {
				t.Fatalf("after %d draws, draw %d: %v and %v", used, i, x, y)
			}
		}
	}
}

func TestUnreadablePosition(t *testing.T) {
	s := stream.New(1, "x")
	same := stream.New(1, "x")
	if err := s.UnmarshalBinary([]byte("nonsense")); err == nil {
		t.Fatal("no error")
	}
	if s.Uint64() != same.Uint64() {
		t.Error("a failed UnmarshalBinary moved the stream")
	}
}

func TestUniform(t *testing.T) {
	x := make([]float64, 200000)
	stream.New(1, "u").Uniform(x, -1, 3)
	if mean, sd := stat.MeanStdDev(x, nil); !(math.Abs(mean-1) < 0.02) || !(math.Abs(sd-4/math.Sqrt(12)) < 0.02) {
		t.Errorf("mean %v, standard deviation %v; want 1, %v", mean, sd, 4/math.Sqrt(12))
	}
}
