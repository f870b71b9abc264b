package record

import "testing"

// Numbers that are read together have the same decimals, and a rounded zero no sign.
func TestTextOfMeasures(t *testing.T) {
	for want, m := range map[string]Measure{
		"0.60 (0.50 to 0.69, 3 seeds)":          Median("", "%.2g", "", []float64{0.5, 0.6, 0.69}),
		"0.01840 ± 0.00707 % (2 seeds)":         Mean("", "%.3g", "%", []float64{0.0134, 0.0234}),
		"0.00 ± 0.01 % (2 seeds)":               Mean("", "%.2f", "%", []float64{-0.008, 0.006}),
		"12 (geometric mean; 8 to 18, 2 seeds)": Geometric("", "%.2g", "", []float64{8, 18}),
	} {
		if got := m.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if one, two := Count(1, "epoch"), Count(2, "epoch"); one != "1 epoch" || two != "2 epochs" {
		t.Errorf("%s, %s", one, two)
	}
}
