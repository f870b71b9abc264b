package dendrite

import "microcircuits/dendrite/experiment"

// PredictionsParams are the parameters of Predictions.
type PredictionsParams = experiment.Predictions

// PredictionsPreset returns the parameters of scale "quick" or "paper".
func PredictionsPreset(scale string) PredictionsParams {
	return experiment.PredictionsPreset(parse(scale))
}

// Predictions runs the papers' experimental predictions in silico: SST
// silenced, lateral plasticity frozen, the VIP gate opened.
func Predictions(p PredictionsParams) *experiment.PredictionsRun { return run("Predictions", p.Run) }
