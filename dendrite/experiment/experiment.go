// Package experiment holds one experiment per figure of the paper, each in
// three typed steps: Params (what is asked), Run (a pure, cached function of
// the Params) and a run record (plain data, from which charts, tables and the
// comparison with the paper are views).
//
// A means Sacramento, Costa, Bengio and Senn, "Dendritic error backpropagation
// in deep cortical microcircuits" (arXiv:1801.00062); N its NeurIPS 2018
// sibling (arXiv:1810.11393). The machinery (Job, Execute, Table, Validate,
// Record) is exported so that a new figure of the reader's own gets the same
// cache, charts, parameter table and report.
package experiment

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"microcircuits/dendrite/runstore"
)

// Scale names a preset of an experiment.
type Scale string

const (
	// Quick shows the figure's claim in seconds to two minutes on two cores.
	Quick Scale = "quick"
	// Paper is the paper's own scale.
	Paper Scale = "paper"
)

// ParseScale returns the scale of that name, Quick, Paper or one of those that
// an experiment has besides, or an error naming them all.
func ParseScale(name string, besides ...Scale) (Scale, error) {
	if s := Scale(name); s == Quick || s == Paper || slices.Contains(besides, s) {
		return s, nil
	}
	var more strings.Builder
	for _, s := range besides {
		fmt.Fprintf(&more, " or %q", s)
	}
	return "", fmt.Errorf("unknown scale %q: use %q (reduced, minutes) or %q (the paper's scale)%s", name, Quick, Paper, &more)
}

// Info describes an experiment.
type Info struct {
	Name   string // folder of its runs, such as "self-prediction"
	Title  string // what it shows
	Figure string // which figure of A and of N, and how sure that is
	// Version is raised whenever the same Params give other numbers, so that
	// stored runs of the older code are not mistaken for today's.
	Version int
	// Deviations lists what differs from the paper or is reconstructed.
	Deviations []string
}

// Env is where and how an experiment runs; it never changes the result.
type Env struct {
	Store    *runstore.Store  // nil: the default store, see runstore.Open
	Workers  int              // jobs side by side; 0: one per core
	Progress func(p Progress) // called now and then, never concurrently; may be nil
}

// Progress is the state of a running experiment.
type Progress struct {
	Fraction float64 // of the whole experiment, 0 to 1
	Text     string  // what is being done, for people
	Points   []Point // points of the learning curve since the last call
}

// Point is one point of a live learning curve.
type Point struct {
	Curve string
	X, Y  float64
}

func (e Env) open() (*runstore.Store, error) {
	if e.Store != nil {
		return e.Store, nil
	}
	return runstore.Open("")
}

func (e Env) workers() int {
	if e.Workers > 0 {
		return e.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Params are the parameters of an experiment, whichever it is.
type Params interface {
	Validate() error
	Parameters() []Parameter
}

// Run is a finished run, of whichever experiment.
type Run interface {
	About() *Record
}
