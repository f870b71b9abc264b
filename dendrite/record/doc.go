// Package record defines the record of a run: its parameters, its claims and its
// provenance. Experiments write records into the notebook as JSON. Reports, the kernel's
// commands and users' scripts read them.
//
// A [Claim] compares a quantity with the paper. Programs do not need to parse its texts:
// the quantity has a fixed ID, our numbers are values per seed ([Measure]), and the
// tolerance is a [Bound], from which the verdict and its text follow. The texts may change;
// the ID does not.
//
// The package imports nothing of this project.
package record
