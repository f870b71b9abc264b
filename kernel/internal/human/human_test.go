package human

import "testing"

func TestDuration(t *testing.T) {
	for in, want := range map[float64]string{0: "0 s", 0.02: "20 ms", 1.25: "1.2 s", 59: "59 s", 84: "1 min 24 s", 7260: "2 h 01 min"} {
		if got := Duration(in); got != want {
			t.Errorf("Duration(%v) = %q, want %q", in, got, want)
		}
	}
}
