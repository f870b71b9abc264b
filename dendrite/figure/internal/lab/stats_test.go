package lab

import "testing"

func TestLogBinsCoverEveryPointOnce(t *testing.T) {
	for _, n := range []int{1, 2, 20, 999, 10000} {
		next := 0
		for _, b := range LogBins(n, 12) {
			if b[0] != next || b[1] <= b[0] {
				t.Fatalf("n %d: bin %v after %d", n, b, next)
			}
			next = b[1]
		}
		if next != n {
			t.Errorf("n %d: bins end at %d", n, next)
		}
	}
}
