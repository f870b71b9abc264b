// Package experiment defines, plans and runs experiments: the figures of the paper and
// users' own experiments.
//
// A [Definition] describes an experiment: its parameters, documented by the tags of their
// struct; its presets; its jobs; and its claims. Everything else follows from it: range
// errors, parameter table, plan, run, comparison with the paper, and the record in the
// notebook.
//
//	p, err := definition.At(experiment.Quick, experiment.Changes{"Sigma": 0.3})
//	run, err := definition.Run(ctx, experiment.Env{}, p)
//
// # Parameters
//
// The parameters of an experiment are a struct with exported fields of type int, float64,
// string, bool, slices of these, or nested structs of such fields.
// Tags of its fields document them; the parameter table and the range errors use them:
//
//	symbol  the symbol used in the equations
//	unit    physical unit
//	paper   the paper's value, as text
//	source  where the paper's value comes from
//	doc     the meaning, in one line
//	min, max, above   the valid range (above: exclusive minimum)
//	oneof   the valid names of a string, separated by |
//	scale   "up": the run is reduced if this number is below that of the paper's preset (for a list: its sum)
//
// Fields of nested structs have names like Outer.Inner. A field with the tag param:"-" is
// left out.
//
// # Jobs
//
// A [Plan] is the list of the jobs of a run, for example one job for each network and
// seed. The result of a job depends only on its key and the definition's Version, so it is
// computed once and then found in the run store. A job may need the results of earlier
// jobs. Making a plan computes nothing: it shows which results are missing and how long
// they take, and any machine can compute any job by its number ([Plan.Compute]).
//
// # Users' own experiments
//
// A user's own experiment can do everything that a figure of the paper does. It is a
// [Definition] in a notebook or a program, not in package figure. [PerSeed] makes jobs
// of the simplest kind. A stored result is found only if the code that would compute it is
// known to be the code that did: the code of the experiment is part of the keys of its
// results, see [Info]. If the code is not known, results are not stored, and
// Provenance.Unstored says so.
//
// # A store that cannot be written
//
// If the disk becomes full during a run, the run goes on without checkpoints, warns once and
// returns its result. Provenance.Unstored says how many results are not in the store.
package experiment
