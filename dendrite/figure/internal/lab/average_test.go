package lab

import (
	"math"
	"testing"
)

func TestMovingAverageIsUnbiased(t *testing.T) {
	var a MovingAverage
	for i := range 5 {
		if got := a.Add(3, 100); math.Abs(got-3) > 1e-12 {
			t.Errorf("average of %d equal values is %g", i+1, got)
		}
	}
	for range 1000 {
		a.Add(1, 100)
	}
	if got := a.Add(1, 100); math.Abs(got-1) > 1e-3 {
		t.Errorf("after ten windows old values still count: %g", got)
	}
}
