package lab

import (
	"fmt"

	"microcircuits/dendrite/internal/phi"
	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/task"
)

// SmallRegression is a nonlinear regression in continuous time small enough to
// be run hundreds of times: the teacher's few hidden neurons receive all
// inputs, and the student's hidden area is narrower than the input, so that a shallow
// learner, whose hidden weights stay random, cannot solve it. It is a task of
// this project, not of the paper; its learning rates are N's regression rates
// (N 3.3) times RateFactor.
type SmallRegression struct {
	Trials int `min:"10" max:"1000000" scale:"up" paper:"10⁷ (N 3.3, another network)" doc:"training patterns"`

	Inputs        int     `symbol:"n_0" min:"1" max:"2000" paper:"30" source:"N 3.3" doc:"input rates"`
	Hidden        int     `symbol:"n_1" min:"1" max:"2000" paper:"50" source:"N 3.3" doc:"pyramidal neurons of area 1"`
	Outputs       int     `symbol:"n_2" min:"1" max:"2000" paper:"10" source:"N 3.3" doc:"pyramidal neurons of area 2, and interneurons of area 1"`
	TeacherHidden int     `min:"1" max:"2000" paper:"20" source:"N 3.3" doc:"hidden neurons of the teacher network"`
	Gain1         float64 `symbol:"k_1,0" min:"0" max:"100" paper:"2" source:"N 3.3" doc:"gain of the teacher's hidden neurons"`
	Gain2         float64 `symbol:"k_2,1" min:"0" max:"100" paper:"10" source:"N 3.3" doc:"gain of the teacher's output neurons"`

	InitUp   float64 `symbol:"W^PP" min:"0" max:"100" paper:"1" source:"[G,S]; [E] has 0.1" doc:"bottom-up and pyramidal-to-interneuron weights start uniform in plus or minus this"`
	InitDown float64 `symbol:"W^PP_1,2" min:"0" max:"100" paper:"1" source:"[G,S]" doc:"fixed top-down weights are, and interneuron-to-pyramidal weights start, uniform in plus or minus this"`

	RateFactor float64 `min:"0" max:"10000" paper:"1; 100 in [G]" source:"N 3.3 [G]" doc:"multiplies all learning rates"`
	EtaHidden  float64 `symbol:"η^PP_1,0" unit:"1/ms" min:"0" max:"1" paper:"0.0011875" source:"N 3.3 [G,E,S]" doc:"learning rate of input-to-hidden synapses, rule (7)"`
	EtaOutput  float64 `symbol:"η^PP_2,1" unit:"1/ms" min:"0" max:"1" paper:"0.0005" source:"N 3.3 [G,E,S]" doc:"learning rate of hidden-to-output synapses, rule (7)"`
	EtaIP      float64 `symbol:"η^IP" unit:"1/ms" min:"0" max:"1" paper:"0.0011875" source:"N 3.3 [G,E,S]" doc:"learning rate of pyramidal-to-interneuron synapses, rule (8)"`
	EtaPI      float64 `symbol:"η^PI" unit:"1/ms" min:"0" max:"1" paper:"0.0059375" source:"N 3.3 [G,E,S]" doc:"learning rate of interneuron-to-pyramidal synapses, rule (9)"`

	PatternMs float64 `unit:"ms" min:"1" max:"10000" paper:"100" source:"[My,G,E,S]" doc:"presentation of one pattern"`
	Lag       float64 `unit:"ms" min:"0" max:"10000" paper:"0" source:"[PH] has 20" doc:"plasticity is off for this long after the onset of a pattern"`
	Sigma     float64 `symbol:"σ" unit:"1/√ms" min:"0" max:"100" paper:"0.3" source:"N 3.3 [G,E,S]" doc:"somatic noise"`
	TauW      float64 `symbol:"τ_w" unit:"ms" min:"0" max:"10000" paper:"30" source:"[PH,G,My]" doc:"low-pass filter of plasticity; 0 for none"`
	GApical   float64 `symbol:"g_A" unit:"1/ms" min:"0" max:"10" paper:"0.8" source:"[My,G,E,S,PH]" doc:"apical conductance"`
	GSom      float64 `symbol:"g_som" unit:"1/ms" min:"0" max:"10" paper:"0.8" source:"[My,G,S,PH]" doc:"somatic nudging of interneurons and, by the teacher, of output neurons"`
}

// SmallDefaults returns the settings all experiments start from.
func SmallDefaults() SmallRegression {
	return SmallRegression{
		Trials: 1000, Inputs: 20, Hidden: 10, Outputs: 3, TeacherHidden: 2, Gain1: 2, Gain2: 3,
		InitUp: 0.3, InitDown: 5,
		RateFactor: 30, EtaHidden: 0.0011875, EtaOutput: 0.0005, EtaIP: 0.0011875, EtaPI: 0.0059375,
		PatternMs: 100, Sigma: 0.1, TauW: 30, GApical: 0.8, GSom: 0.8,
	}
}

// SmallDeviations is part of every report that uses the task.
var SmallDeviations = func() string {
	p := SmallDefaults()
	return fmt.Sprintf("The regression is a small one of this project (logistic neurons, inputs U(-1, 1), a hidden area narrower than the input), not the paper's: see notebook 3 for that. "+
		"The presets learn at %g times N's rates; bottom-up and pyramidal-to-interneuron weights start in ±%g, the fixed top-down weights and the interneuron-to-pyramidal ones in ±%g, where N's regression has ±1 for all; noise is σ = %g, where N's regression has 0.3.",
		p.RateFactor, p.InitUp, p.InitDown, p.Sigma)
}()

// Network translates the parameters, plasticity on.
func (p SmallRegression) Network() microcircuit.Params {
	m := microcircuit.Defaults(p.Inputs, p.Hidden, p.Outputs)
	m.Transfer = microcircuit.Logistic()
	m.G.Apical, m.G.Somatic = p.GApical, p.GSom
	up, down := microcircuit.Range{Lo: -p.InitUp, Hi: p.InitUp}, microcircuit.Range{Lo: -p.InitDown, Hi: p.InitDown}
	m.Init = microcircuit.Init{Up: up, IP: up, Down: down, PI: down}
	m.TauW, m.Sigma, m.Lag = p.TauW, p.Sigma, p.Lag
	m.Eta[1] = microcircuit.LearningRates{Up: p.RateFactor * p.EtaHidden, IP: p.RateFactor * p.EtaIP, PI: p.RateFactor * p.EtaPI}
	m.Eta[2] = microcircuit.LearningRates{Up: p.RateFactor * p.EtaOutput}
	return m
}

// Start makes the learner of a seed; m are p's network parameters, with what the
// caller changed in them.
func (p SmallRegression) Start(seed uint64, m microcircuit.Params) (*Learner, error) {
	return NewLearner(seed, Regression{
		Teacher: task.TeacherConfig{
			In: p.Inputs, Hidden: p.TeacherHidden, Out: p.Outputs, Gain1: p.Gain1, Gain2: p.Gain2, Lo: -1, Hi: 1, Transfer: phi.Logistic,
		},
		InputLow: -1, InputHigh: 1, PatternMs: p.PatternMs,
	}, m)
}
