package lab

import (
	"fmt"
	"slices"
)

// Distinct returns an error for a list of parameters with a repeated value: charts
// and claims need distinct values.
func Distinct(name string, values []float64) error {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			return fmt.Errorf("parameter %s has the value %g twice", name, v)
		}
	}
	return nil
}

// Length returns an error for a list of parameters with a wrong number of values.
func Length(name string, values []float64, want int) error {
	if len(values) != want {
		return fmt.Errorf("parameter %s has %d values; want %d", name, len(values), want)
	}
	return nil
}
