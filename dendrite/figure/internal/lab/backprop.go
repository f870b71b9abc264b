package lab

import (
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"microcircuits/dendrite/microcircuit"
)

// Updates are the weight changes for one pattern, by area; index 0 is empty.
// Matrices are flattened, rows postsynaptic.
type Updates struct {
	Rule     [][]float64 // rule (7) in the present state of the network, for a learning rate of 1
	Backprop [][]float64 // the negative gradient, see BackpropUpdates
	Forward  [][]float64 // u^-_k, somata of the feed-forward network
}

// BackpropUpdates compares the weight changes of rule (7) with those of backprop
// (paper.md 1.7). The rule's change is taken from the state of net, which
// should have settled with the pattern (rates, and target potentials at the
// output). The reference is backprop in the feed-forward network of attenuated
// weights W_k,
//
//	delta_N = D_N (u_trgt - u^-_N),  delta_k = D_k W_k+1^T delta_k+1,  change_k = delta_k r^-_k-1^T
//
// with D_k the slopes of the transfer function at u^-_k.
func BackpropUpdates(net *microcircuit.Network, rates, target []float64) Updates {
	p := net.Params()
	n := len(p.Sizes) - 1
	u := Updates{make([][]float64, n+1), make([][]float64, n+1), make([][]float64, n+1)}
	weights := make([]*mat.Dense, n+1)
	forwardRates := make([][]float64, n+1)
	forwardRates[0] = rates
	for k := 1; k <= n; k++ {
		attenuation := p.G.AttenuationHidden()
		if k == n {
			attenuation = p.G.AttenuationOutput()
		}
		w := net.WPPUp(k)
		floats.Scale(attenuation, w.Data)
		weights[k] = mat.NewDense(w.Rows, w.Cols, w.Data)
		u.Forward[k] = make([]float64, w.Rows)
		mat.NewVecDense(w.Rows, u.Forward[k]).MulVec(weights[k], mat.NewVecDense(w.Cols, forwardRates[k-1]))
		forwardRates[k] = make([]float64, w.Rows)
		p.Transfer.Forward(forwardRates[k], u.Forward[k])

		prediction := make([]float64, w.Rows)
		floats.ScaleTo(prediction, attenuation, net.Value(microcircuit.BasalPotential, k))
		p.Transfer.Forward(prediction, prediction)
		err := make([]float64, w.Rows)
		floats.SubTo(err, net.Value(microcircuit.Rate, k), prediction)
		u.Rule[k] = outer(err, net.Value(microcircuit.Rate, k-1))
	}
	delta := make([]float64, len(target))
	floats.SubTo(delta, target, u.Forward[n])
	for k := n; k >= 1; k-- {
		slope := make([]float64, len(delta))
		p.Transfer.Derivative(slope, u.Forward[k])
		floats.Mul(delta, slope)
		u.Backprop[k] = outer(delta, forwardRates[k-1])
		below := make([]float64, len(forwardRates[k-1]))
		mat.NewVecDense(len(below), below).MulVec(weights[k].T(), mat.NewVecDense(len(delta), delta))
		delta = below
	}
	return u
}

func outer(a, b []float64) []float64 {
	out := make([]float64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, x*y)
		}
	}
	return out
}
