package simd

import (
	"math"
	"testing"
)

// The test vectors that the authors of Philox publish (Random123, kat_vectors), words
// from the lowest on.
func TestPhilox(t *testing.T) {
	for _, c := range []struct{ counter, stream, key, a, b uint64 }{
		{0, 0, 0, 0xe169c58d6627e8d5, 0x9b00dbd8bc57ac4c},
		{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 0x41c83b0e408f276d, 0x6d5451fda20bc7c6},
		{0x85a308d3243f6a88, 0x0370734413198a2e, 0x299f31d0a4093822, 0x94fdccebd16cfe09, 0x24126ea15001e420},
	} {
		if a, b := philox(c.counter, NewNormalKey(c.key, c.stream)); a != c.a || b != c.b {
			t.Errorf("counter %#x: got %#x, %#x; want %#x, %#x", c.counter, a, b, c.a, c.b)
		}
	}
}

// The transform against the functions of package math.
func TestBoxMuller(t *testing.T) {
	key := NewNormalKey(1, 2)
	check := func(a, b uint64) {
		t.Helper()
		u := 1 - float64(a>>12)/(1<<52)
		angle := 2 * math.Pi * (float64(b>>62) + float64(b<<2>>12)/(1<<52) - 0.5) / 4
		r := math.Sqrt(-2 * math.Log(u))
		x, y := boxMuller(a, b)
		if !(math.Abs(x-r*math.Cos(angle)) <= 1e-14) || !(math.Abs(y-r*math.Sin(angle)) <= 1e-14) {
			t.Fatalf("bits %#x, %#x: got %v, %v; want %v, %v", a, b, x, y, r*math.Cos(angle), r*math.Sin(angle))
		}
	}
	for i := range uint64(100000) {
		check(philox(i, key))
	}
	const all = 1<<64 - 1
	for _, a := range []uint64{0, 1 << 12, all, all - 1<<12, 1 << 63, 1<<63 - 1, 0x95f6199800000000} {
		for _, b := range []uint64{0, 1 << 61, 1 << 62, 1<<62 - 1, 1 << 63, 3 << 62, all} {
			check(a, b)
		}
	}
}

// Every instruction set gives the same bits, for every length and from every block.
func TestNormalsAreTheSameEverywhere(t *testing.T) {
	key := NewNormalKey(0x0123456789abcdef, 0xfedcba9876543210)
	for _, block := range []uint64{0, 1, 1<<29 - 1, 1<<61 - 3} { // counters pass 2^32 and 2^64
		for n := range 70 {
			start := make([]float64, n)
			for i := range start {
				start[i] = float64(i)
			}
			want := append([]float64{}, start...)
			restore := Use(Portable)
			blocks := AddNormals(want, 0.3, key, block)
			restore()
			if least := uint64(n+NormalBlock-1) / NormalBlock; blocks != least {
				t.Fatalf("%d draws took %d blocks, want %d", n, blocks, least)
			}
			for _, l := range Levels() {
				got := append([]float64{}, start...)
				restore := Use(l)
				AddNormals(got, 0.3, key, block)
				restore()
				for i := range got {
					if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
						t.Fatalf("%s, block %d, draw %d of %d: %v, portable %v", l, block, i, n, got[i], want[i])
					}
				}
			}
		}
	}
}

func BenchmarkAddNormals(b *testing.B) {
	dst, key := make([]float64, 48), NewNormalKey(1, 2)
	for _, l := range Levels() {
		b.Run(l.String(), func(b *testing.B) {
			defer Use(l)()
			for i := uint64(0); b.Loop(); i += 3 {
				AddNormals(dst, 1e-3, key, i)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(dst)), "ns/draw")
		})
	}
}
