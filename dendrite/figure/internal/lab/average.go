package lab

// MovingAverage is an exponential moving average without bias at its start.
type MovingAverage struct{ Sum, Weight float64 }

// Add takes the next value and returns the average over about the last window of
// them.
func (a *MovingAverage) Add(x float64, window int) float64 {
	keep := 1 - 1/float64(window)
	a.Sum, a.Weight = keep*a.Sum+x, keep*a.Weight+1
	return a.Sum / a.Weight
}
