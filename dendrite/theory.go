package dendrite

import "microcircuits/dendrite/experiment"

// TheoryParams are the parameters of Theory.
type TheoryParams = experiment.Theory

// TheoryPreset returns the parameters of scale "quick" or "paper".
func TheoryPreset(scale string) TheoryParams { return experiment.TheoryPreset(parse(scale)) }

// Theory runs the check of the analysis: how close the microcircuit's weight
// changes are to backprop (N section 3.1 and the supplements).
func Theory(p TheoryParams) *experiment.TheoryRun { return run("Theory", p.Run) }
