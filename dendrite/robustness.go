package dendrite

import "microcircuits/dendrite/experiment"

// RobustnessParams are the parameters of Robustness.
type RobustnessParams = experiment.Robustness

// RobustnessPreset returns the parameters of scale "quick" or "paper".
func RobustnessPreset(scale string) RobustnessParams {
	return experiment.RobustnessPreset(parse(scale))
}

// Robustness runs the sweeps over noise, filter, presentation, initial weights
// and feedback that show where learning holds and where it breaks.
func Robustness(p RobustnessParams) *experiment.RobustnessRun { return run("Robustness", p.Run) }
