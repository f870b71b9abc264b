// Package task provides inputs and targets: random patterns, the teacher
// network of the nonlinear regression, one-hot target potentials, images of
// digits with their labels, and noises that spoil images.
//
// N means Sacramento, Costa, Bengio and Senn, NeurIPS 2018 (arXiv:1810.11393).
//
// Random values depend only on a seed and on the number of the pattern or epoch, never on
// earlier calls. So the state of a run does not need to contain a random generator: the
// number of the next pattern is enough to resume it.
package task
