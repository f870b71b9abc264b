package experiment

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
)

// Scale is the name of a preset of an experiment.
type Scale = record.Scale

// The scales that every figure has.
const (
	Quick = record.Quick // reduced: shows the figure's claim in at most two minutes on two cores
	Paper = record.Paper // the scale of the paper
)

// Info describes an experiment.
type Info struct {
	Name     string // name of the folder of its runs, such as "self-prediction"
	Title    string // what it shows
	Figure   string // the figure in A and N, and how certain that is; "" for a user's own experiment
	Claim    string // the paper's claim, in one line
	Notebook string // name of its notebook, without folder and extension
	// Version must be increased when the same parameters give other numbers, so that
	// stored runs of older code are not used. For a user's own experiment this is not
	// necessary: the code of Jobs is part of the key of each result. In a notebook this is
	// the source of all that Jobs uses, in a program the checksum of the program's file.
	Version int
	// Scales are scales other than quick and paper.
	Scales []Scale
	// Deviations lists what differs from the paper or is reconstructed.
	Deviations []string
}

// Definition is an experiment. P is the type of its parameters: a struct of plain values
// whose tags document them, see the package comment. R is the type of a finished run,
// usually a pointer to a struct that embeds *Run[P].
//
// A field of P of type Scale with the tag param:"-" contains the preset from which the
// parameters were made. Without such a field there is only one preset, which Preset
// returns for each scale.
type Definition[P, R any] struct {
	Info   Info
	Preset func(Scale) P

	// Derive sets parameters that depend on others and were not given, such as a list with
	// a value for each area; may be nil. It must leave parameters that fit as they are.
	Derive func(*P)
	// Check returns an error for parameters that do not fit together, although each is
	// in its range; may be nil.
	Check func(P) error
	// Deviations returns deviations that depend on the parameters; may be nil.
	Deviations func(P) []string
	// Jobs adds the jobs of a run to the plan and computes nothing. It returns the
	// function that makes a run from their results.
	Jobs func(P, *Plan) (finish func(*Run[P]) R, err error)
	// Claims compares the run with the paper; may be nil.
	Claims func(R) []record.Claim
	// Warnings returns what a reader must know before the numbers, such as a network that
	// has not learned, and what to try; may be nil.
	Warnings func(R) []string
	// Small reduces the quick preset to a run of seconds, for tests; may be nil for a
	// user's own experiment.
	Small func(*P)
}

// Run is the common part of all finished runs.
type Run[P any] struct {
	record.Record
	Params P
}

// Any is a definition with any types of parameters and runs.
type Any interface {
	// About describes the experiment.
	About() Info
	// ParseScale returns the named scale, or an error with the list of scales.
	ParseScale(name string) (Scale, error)
	// ParameterNamed returns the full name of a parameter for a name in Changes, or an
	// error with the list of names.
	ParameterNamed(name string) (string, error)
	// Parameters returns the parameters of a preset with changes.
	Parameters(Scale, Changes) ([]record.Parameter, error)
	// PlanAt returns the plan of a preset with changes.
	PlanAt(Scale, Changes) (*Plan, error)
	// RunSmall computes the small run for tests, with changes.
	RunSmall(context.Context, Env, Changes) (*record.Record, error)
}

// About implements Any.
func (d *Definition[P, R]) About() Info { return d.Info }

// ParseScale implements Any.
func (d *Definition[P, R]) ParseScale(name string) (Scale, error) {
	if s := Scale(name); s == Quick || s == Paper || slices.Contains(d.Info.Scales, s) {
		return s, nil
	}
	var more strings.Builder
	for _, s := range d.Info.Scales {
		fmt.Fprintf(&more, " or %q", s)
	}
	return "", fmt.Errorf("unknown scale %q: use %q (reduced, minutes) or %q (the paper's scale)%s", name, Quick, Paper, &more)
}

// At returns the parameters of a scale with changes, and checks them. An error contains
// the parameter and its valid range.
func (d *Definition[P, R]) At(scale Scale, changes Changes) (P, error) {
	p := d.Preset(scale)
	if err := changes.apply(&p, func() { p = d.derived(p) }); err != nil {
		return p, d.fail(err)
	}
	return p, d.Validate(p)
}

// Validate returns an error for the first parameter out of range, else the error of Check,
// or nil.
func (d *Definition[P, R]) Validate(p P) error {
	p = d.derived(p)
	err := validate(p)
	if err == nil && d.Check != nil {
		err = d.Check(p)
	}
	return d.fail(err)
}

// derived returns the parameters after Derive.
func (d *Definition[P, R]) derived(p P) P {
	if d.Derive != nil {
		d.Derive(&p)
	}
	return p
}

// fail adds the name of the experiment to an error.
func (d *Definition[P, R]) fail(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("experiment %s: %w", d.Info.Name, err)
}

// Table returns the parameters with the values of their preset and of the paper.
func (d *Definition[P, R]) Table(p P) []record.Parameter {
	rows, _ := d.table(d.derived(p))
	return rows
}

// table also reports whether any parameter makes the run smaller than the paper's.
func (d *Definition[P, R]) table(p P) (rows []record.Parameter, reduced bool) {
	scale := scaleOf(p)
	whole := Paper
	if scale != Quick {
		whole = scale // other scales are not reduced runs
	}
	return table(p, d.Preset(scale), d.Preset(whole))
}

// ParameterNamed implements Any.
func (d *Definition[P, R]) ParameterNamed(name string) (string, error) {
	plain, _, err := element(name)
	if err != nil {
		return "", d.fail(err)
	}
	var names []string
	for _, q := range d.Table(d.Preset(Quick)) {
		names = append(names, q.Name)
	}
	full, err := find(plain, names)
	if err != nil {
		return "", d.fail(err)
	}
	return full + name[len(plain):], nil
}

// Parameters implements Any.
func (d *Definition[P, R]) Parameters(scale Scale, changes Changes) ([]record.Parameter, error) {
	p, err := d.At(scale, changes)
	if err != nil {
		return nil, err
	}
	return d.Table(p), nil
}

// Plan returns the jobs of a run and computes nothing.
func (d *Definition[P, R]) Plan(p P) (*Plan, error) {
	plan, _, err := d.plan(d.derived(p))
	return plan, err
}

// PlanAt implements Any.
func (d *Definition[P, R]) PlanAt(scale Scale, changes Changes) (*Plan, error) {
	p, err := d.At(scale, changes)
	if err != nil {
		return nil, err
	}
	return d.Plan(p)
}

func (d *Definition[P, R]) plan(p P) (*Plan, func(*Run[P]) R, error) {
	if err := d.complete(); err != nil {
		return nil, nil, d.fail(err)
	}
	if err := d.Validate(p); err != nil {
		return nil, nil, err
	}
	plan := newPlan(d.Info)
	var err error
	if plan.code, err = plan.codeOf(d.Jobs); err != nil {
		return nil, nil, d.fail(err)
	}
	finish, err := d.Jobs(p, plan)
	if err == nil {
		err = plan.err
	}
	return plan, finish, d.fail(err)
}

// complete returns an error if a part of the definition is missing.
func (d *Definition[P, R]) complete() error {
	switch {
	case d.Info.Title == "":
		return errors.New("there is no Info.Title: set it to what the experiment shows")
	case d.Preset == nil:
		return errors.New("there is no Preset: set it to a function that returns the parameters of a scale")
	case d.Jobs == nil:
		return errors.New("there are no Jobs: set it to a function that plans them, for example by PerSeed")
	}
	if err := runstore.CheckName(d.Info.Name); err != nil {
		return fmt.Errorf("Info.Name: %w", err)
	}
	return nil
}

// Run gets the result of every job, from the store or by computing it, and returns the
// finished run. If the definition is incomplete or a parameter is invalid, it returns an
// error and computes nothing. If a job fails or ctx is done, it returns an error; finished
// results stay in the store.
func (d *Definition[P, R]) Run(ctx context.Context, env Env, p P) (R, error) {
	var none R
	run, result, err := d.run(ctx, env, p)
	if err != nil {
		return none, err
	}
	if d.Claims != nil {
		claims := d.Claims(result)
		if err := record.Check(claims); err != nil {
			return none, d.fail(fmt.Errorf("the claims are not valid: %w", err))
		}
		record.Judge(claims)
		run.Claims = claims
	}
	if d.Warnings != nil {
		run.Warnings = d.Warnings(result)
	}
	return result, nil
}

func (d *Definition[P, R]) run(ctx context.Context, env Env, p P) (*Run[P], R, error) {
	var none R
	start := time.Now()
	p = d.derived(p)
	plan, finish, err := d.plan(p)
	if err != nil {
		return nil, none, err
	}
	if err := plan.execute(ctx, env); err != nil {
		return nil, none, err
	}
	run := &Run[P]{Record: d.record(p), Params: p}
	plan.describe(&run.Provenance)
	result := finish(run)
	run.Provenance.WallSeconds = time.Since(start).Seconds()
	return run, result, nil
}

// RunSmall implements Any.
func (d *Definition[P, R]) RunSmall(ctx context.Context, env Env, changes Changes) (*record.Record, error) {
	p := d.Preset(Quick)
	if d.Small != nil {
		d.Small(&p)
	}
	if err := changes.apply(&p, func() { p = d.derived(p) }); err != nil {
		return nil, d.fail(err)
	}
	run, _, err := d.run(ctx, env, p)
	if err != nil {
		return nil, err
	}
	return &run.Record, nil
}

// record returns the part of the record that is known before the run.
func (d *Definition[P, R]) record(p P) record.Record {
	r := record.Record{
		Version: record.Version, Experiment: d.Info.Name, Title: d.Info.Title, Figure: d.Info.Figure,
		Scale: scaleOf(p), Deviations: slices.Clone(d.Info.Deviations),
	}
	r.Parameters, r.Reduced = d.table(p)
	r.Changed = slices.ContainsFunc(r.Parameters, func(q record.Parameter) bool { return q.Changed })
	if slices.ContainsFunc(r.Parameters, func(q record.Parameter) bool { return q.Source != "" }) {
		r.Sources = Sources
	}
	if d.Deviations != nil {
		r.Deviations = append(r.Deviations, d.Deviations(p)...)
	}
	return r
}

// scaleOf returns the preset from which the parameters were made: the value of their
// field of type Scale.
func scaleOf(p any) Scale {
	v := reflect.ValueOf(p)
	for i := range v.NumField() {
		if s, ok := v.Field(i).Interface().(Scale); ok {
			return s
		}
	}
	return record.Own
}
