package experiment_test

import (
	"context"
	"strings"
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
)

type rampParams struct {
	Seeds int     `min:"1" max:"1000" doc:"results"`
	Gain  float64 `symbol:"g" unit:"1/ms" min:"0" max:"10" doc:"factor of the seed"`
	Steps int     `min:"1" max:"100" doc:"length of the result"`
}

type rampRun = experiment.Seeds[rampParams, []float64]

var rampComputed *int // counts computations

func computeRamp(_ context.Context, p rampParams, seed uint64, w *experiment.Work) ([]float64, error) {
	*rampComputed++
	var out []float64
	for i := range p.Steps {
		out = append(out, p.Gain*float64(seed)*float64(i))
		w.Report(float64(i)/float64(p.Steps), "counting")
	}
	return out, nil
}

func otherRamp(context.Context, rampParams, uint64, *experiment.Work) ([]float64, error) {
	return []float64{1000, 1000, 1000}, nil
}

// ramp returns a small user's own experiment that counts its computations.
func ramp(computed *int) *experiment.Own[rampParams, []float64] {
	rampComputed = computed
	return &experiment.Own[rampParams, []float64]{
		Info:   experiment.Info{Name: "ramp", Title: "A ramp", Version: 1},
		Preset: func(experiment.Scale) rampParams { return rampParams{Seeds: 2, Gain: 2, Steps: 3} },
		Jobs:   experiment.PerSeed(computeRamp),
		Claims: func(r *rampRun) []record.Claim {
			return []record.Claim{{
				ID: "last", Quantity: "last value", Paper: record.Words("rises"),
				Ours:  []record.Measure{record.Single("", "%.0f", "", r.Seeds[0][2])},
				Bound: record.Matching(record.Alone("").Above(0)),
			}}
		},
	}
}

func openStore(t *testing.T) *runstore.Store {
	t.Helper()
	store, err := runstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestOwn(t *testing.T) {
	computed := 0
	d := ramp(&computed)
	env := experiment.Env{Store: openStore(t), Workers: 1}
	run := func(changes experiment.Changes) *rampRun {
		t.Helper()
		p, err := d.At(record.Own, changes)
		if err != nil {
			t.Fatal(err)
		}
		r, err := d.Run(t.Context(), env, p)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := run(nil)
	if computed != 2 || len(r.Seeds) != 2 || r.Seeds[1][2] != 8 || r.Changed || r.Badge() != "own experiment" || r.Claim("last").Verdict != record.Matches {
		t.Errorf("computed %d: %+v", computed, r)
	}
	if q := r.Parameters[1]; q.Name != "Gain" || q.Value != "2" || q.Unit != "1/ms" || q.Range != "0 to 10" {
		t.Errorf("parameters %+v", r.Parameters)
	}
	if r = run(nil); computed != 2 || !r.Provenance.Cached {
		t.Errorf("again: computed %d", computed)
	}
	if r = run(experiment.Changes{"gain": 3}); computed != 4 || !r.Changed || r.Seeds[1][2] != 12 {
		t.Errorf("changed: computed %d, %+v", computed, r)
	}
	if run(experiment.Changes{"gain": 3, "seeds": 3}); computed != 5 {
		t.Errorf("one more seed: computed %d", computed)
	}
	if r = run(experiment.Changes{"gain": 0}); r.Seeds[1][2] != 0 || !r.Changed {
		t.Errorf("0 is a value: %+v", r)
	}
}

// After a change of the function, or in a copy with the same name, results of the old
// function must not be used.
func TestOwnFunctionChanged(t *testing.T) {
	computed := 0
	d := ramp(&computed)
	env := experiment.Env{Store: openStore(t), Workers: 1}
	if _, err := d.Run(t.Context(), env, d.Preset(record.Own)); err != nil {
		t.Fatal(err)
	}
	d.Jobs = experiment.PerSeed(otherRamp)
	run, err := d.Run(t.Context(), env, d.Preset(record.Own))
	if err != nil || run.Provenance.Cached || run.Seeds[0][0] != 1000 {
		t.Errorf("%v, results %v of the old function", err, run.Seeds)
	}
}

// A function inside another one may use its variables, which the code does not contain.
func TestOwnInnerFunction(t *testing.T) {
	env := experiment.Env{Store: openStore(t)}
	for _, g := range []float64{1, 2, 2} {
		d := ramp(new(int))
		d.Jobs = experiment.PerSeed(func(context.Context, rampParams, uint64, *experiment.Work) ([]float64, error) {
			return []float64{g, g, g}, nil
		})
		run, err := d.Run(t.Context(), env, d.Preset(record.Own))
		if err != nil || run.Provenance.Cached || run.Seeds[0][0] != g || !strings.Contains(run.Provenance.Unstored, "write it outside of functions") {
			t.Errorf("gain %g: %v, %v, %+v", g, err, run.Seeds, run.Provenance)
		}
	}
}

// A literal in a variable outside of functions can use no variables of a function.
func TestOwnGlobalLiteral(t *testing.T) {
	for _, f := range []any{globalLiteral, globalLiterals[0], computeRamp} {
		if code, err := experiment.CodeOf(f); code == "" || err != nil {
			t.Errorf("%q, %v", code, err)
		}
	}
	for _, f := range []any{innerLiteral, func() {}} {
		if code, err := experiment.CodeOf(f); code != "" || err == nil {
			t.Errorf("a function inside another one: %q, %v", code, err)
		}
	}
}

var (
	globalLiteral  = func() float64 { return 1 }
	globalLiterals = []func() float64{func() float64 { return 2 }}
	innerLiteral   = func() func() float64 { return func() float64 { return 3 } }()
)

type gain float64

func (g gain) compute(_ context.Context, p rampParams, _ uint64, _ *experiment.Work) ([]float64, error) {
	return []float64{float64(g), 0, 0}, nil
}

// The key of a result depends on the user's code, not on the code of package experiment. A
// method of a value is refused: its code does not say which value.
func TestOwnCode(t *testing.T) {
	d := ramp(new(int))
	if source, err := experiment.CodeOf(d.Jobs); source != "" || err != nil {
		t.Errorf("the function that PerSeed returns: source %q, %v", source, err)
	}
	d.Jobs = experiment.PerSeed(gain(2).compute)
	if _, err := d.Run(t.Context(), experiment.Env{Store: openStore(t)}, d.Preset(record.Own)); err == nil || !strings.Contains(err.Error(), "is a method of a value") {
		t.Errorf("method value: error %v", err)
	}
}

// Errors in claims are reported as errors, after the results are stored.
func TestOwnClaims(t *testing.T) {
	d := ramp(new(int))
	one, two := record.Median("one", "%g", "", []float64{1}), record.Median("two", "%g", "", []float64{1, 2})
	for want, claim := range map[string]record.Claim{
		"empty or used twice":                 {Quantity: "no ID"},
		"not both among its measures":         {ID: "x", Bound: record.Holding(record.Alone("gone").Above(1))},
		"one has 1 values and two has 2":      {ID: "x", Ours: []record.Measure{one, two}, Bound: record.Holding(record.InEverySeed("one").Above(1).Times("two"))},
		"is not a format of a number such as": {ID: "x", Ours: []record.Measure{record.Median("", "%s", "", nil)}},
	} {
		d.Claims = func(*rampRun) []record.Claim { return []record.Claim{claim} }
		if _, err := d.Run(t.Context(), experiment.Env{Store: openStore(t)}, d.Preset(record.Own)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A user's own experiment can have scales, stages and results of any type, like a figure.
type chainParams struct {
	Scale experiment.Scale `param:"-"`
	Long  int              `min:"1" max:"100" scale:"up" doc:"length"`
}

type chainRun struct {
	*experiment.Run[chainParams]
	Sum float64
}

var chain = experiment.Definition[chainParams, *chainRun]{
	Info: experiment.Info{Name: "chain", Title: "A chain", Scales: []experiment.Scale{"huge"}},
	Preset: func(s experiment.Scale) chainParams {
		return chainParams{s, map[experiment.Scale]int{experiment.Quick: 2, experiment.Paper: 4, "huge": 8}[s]}
	},
	Jobs: func(p chainParams, plan *experiment.Plan) (func(*experiment.Run[chainParams]) *chainRun, error) {
		numbers := experiment.Add(plan, experiment.Job[[]float64]{Unit: "numbers", Key: p.Long, Run: func(context.Context, *experiment.Work) ([]float64, error) {
			return make([]float64, p.Long), nil
		}})
		sum := experiment.Add(plan, experiment.Job[float64]{Unit: "sum", Key: p.Long, Needs: []experiment.Dependency{numbers}, Run: func(context.Context, *experiment.Work) (float64, error) {
			return float64(len(numbers.Get())), nil
		}})
		return func(run *experiment.Run[chainParams]) *chainRun { return &chainRun{run, sum.Get()} }, nil
	},
}

func TestOwnWithScalesAndStages(t *testing.T) {
	env := experiment.Env{Store: openStore(t)}
	for scale, want := range map[experiment.Scale]struct {
		sum   float64
		badge string
	}{experiment.Quick: {2, "quick (reduced run)"}, experiment.Paper: {4, "paper"}, "huge": {8, "huge"}} {
		r, err := chain.Run(t.Context(), env, chain.Preset(scale))
		if err != nil || r.Sum != want.sum || r.Badge() != want.badge {
			t.Errorf("%s: %+v, %v", scale, r, err)
		}
	}
	if s, err := chain.ParseScale("huge"); err != nil || s != "huge" {
		t.Errorf("%q, %v", s, err)
	}
	if _, err := chain.ParseScale("large"); err == nil || !strings.Contains(err.Error(), `"quick" (reduced, minutes) or "paper" (the paper's scale) or "huge"`) {
		t.Errorf("error %v", err)
	}
}

func TestOwnRefuses(t *testing.T) {
	for want, change := range map[string]func(d *experiment.Own[rampParams, []float64], p *rampParams){
		"0 <= Gain <= 10":    func(_ *experiment.Own[rampParams, []float64], p *rampParams) { p.Gain = 11 },
		"1 <= Seeds <= 1000": func(_ *experiment.Own[rampParams, []float64], p *rampParams) { p.Seeds = 0 },
		"no Info.Title":      func(d *experiment.Own[rampParams, []float64], _ *rampParams) { d.Info.Title = "" },
		"no Jobs:":           func(d *experiment.Own[rampParams, []float64], _ *rampParams) { d.Jobs = nil },
		"no Preset:":         func(d *experiment.Own[rampParams, []float64], _ *rampParams) { d.Preset = nil },
		`experiment a/b: Info.Name: "a/b" is not a valid name`: func(d *experiment.Own[rampParams, []float64], _ *rampParams) { d.Info.Name = "a/b" },
	} {
		computed := 0
		d := ramp(&computed)
		p := d.Preset(record.Own)
		change(d, &p)
		if _, err := d.Run(t.Context(), experiment.Env{Store: openStore(t)}, p); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "complete and kept") || computed > 0 {
			t.Errorf("error %v (computed %d), want %q", err, computed, want)
		}
	}
	type seedless struct {
		Gain float64 `doc:"factor"`
	}
	d := experiment.Own[seedless, float64]{
		Info: experiment.Info{Name: "seedless", Title: "Without seeds"}, Preset: func(experiment.Scale) seedless { return seedless{} },
		Jobs: experiment.PerSeed(func(context.Context, seedless, uint64, *experiment.Work) (float64, error) { return 0, nil }),
	}
	if _, err := d.Run(t.Context(), experiment.Env{Store: openStore(t)}, seedless{}); err == nil || !strings.Contains(err.Error(), "no field Seeds") {
		t.Errorf("error %v", err)
	}
}
