// Package microcircuit is the continuous-time dendritic microcircuit of
// Sacramento, Costa, Bengio and Senn (arXiv:1801.00062, NeurIPS 2018): areas of
// three-compartment pyramidal neurons whose apical dendrites compare top-down
// input with its prediction by lateral SST interneurons, and learn from the
// difference.
//
// # Areas
//
// Area 0 holds the input rates. Areas 1..N-1 are hidden: each has pyramidal
// neurons with soma, basal and apical dendrite, and as many interneurons as the
// next area has pyramidal neurons, which nudge them one to one. Area N is the
// output: two compartments (no apical dendrite, g_A = 0 everywhere, in the
// attenuation too) and, when a target is set, a teaching current into the soma.
// Everything belonging to area k is found at index k, so index 0 of weights and
// learning rates is empty.
//
// # Names
//
// Weights carry the names of the papers: WPPUp of area k is W^PP_{k,k-1}, WPPDown
// is W^PP_{k,k+1}, WIP is W^IP_{k,k} (pyramidal to interneuron) and WPI is
// W^PI_{k,k} (interneuron to apical dendrite). Rows are postsynaptic, columns
// presynaptic. With Params.Bias, WPPUp and WIP have one more column, the weight
// of an input of constant rate, Params.BiasRate.
//
// # Units
//
// Times are in ms. Potentials, with rest at 0, have no unit, and neither have
// rates, phi(u), and weights; so conductances (of capacitance 1) and learning
// rates are in 1/ms and noise is in 1/sqrt(ms).
//
// # Integration
//
// The whole state (somatic potentials, interneurons, smoothed input and target,
// weights, filtered inductions) advances by explicit Euler: every right-hand
// side is taken at t, then all quantities move together to t + dt. Noise enters
// as sigma sqrt(dt) times a standard normal number (Euler-Maruyama). Dendritic
// potentials are instantaneous functions of the rates of the same moment.
//
// The numbers of another simulator are reproduced to 1e-9 (testdata/README.md).
// To compare one that smooths its input at the beginning of a step, or filters
// the inductions of frozen synapses, set SmoothFirst or KeepInductions.
//
// A Network uses one core and is not safe for concurrent use; different
// networks are independent. All its random numbers come from its seed, so equal
// parameters, seed and calls give equal bits on one numeric backend.
package microcircuit
