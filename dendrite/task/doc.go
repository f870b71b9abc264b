// Package task provides inputs and targets: random patterns, the teacher
// network of the nonlinear regression, one-hot target potentials, and images
// of digits with their labels.
//
// N means Sacramento, Costa, Bengio and Senn, NeurIPS 2018 (arXiv:1810.11393).
//
// Whatever is random depends only on a seed and on the number of the pattern or
// epoch that is asked for, never on what was asked for before. So a run that
// is resumed needs to remember no more than how far it was.
package task
