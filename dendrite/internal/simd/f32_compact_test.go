package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestCompact(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var c Compactor
	for round := range 20 {
		rows, n := 1+r.IntN(6), 1+r.IntN(50)
		x := make([]float64, rows*n)
		for i := range x {
			if r.Float64() < 0.2 {
				x[i] = r.NormFloat64()
			}
		}
		var want []int32
		for i := range n {
			for b := range rows {
				if x[b*n+i] != 0 {
					want = append(want, int32(i))
					break
				}
			}
		}
		constant := round%2 == 0
		dst := NewBatch[float64](rows, n)
		got := Compact(&c, dst, x, rows, n, constant)
		if constant {
			want = append(want, int32(n))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("active inputs %v, want %v", got, want)
		}
		for b := range rows {
			for j, i := range got {
				value := 1.0
				if int(i) < n {
					value = x[b*n+int(i)]
				}
				if dst.Data[b*dst.Stride+j] != value {
					t.Fatalf("row %d, column %d (input %d): %v, want %v", b, j, i, dst.Data[b*dst.Stride+j], value)
				}
			}
		}
	}
}
