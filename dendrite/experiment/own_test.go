package experiment

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type ownParams struct {
	Gain  float64 `symbol:"g" unit:"1/ms" min:"0" max:"10" doc:"factor of the seed"`
	Steps int     `min:"1" max:"100" doc:"length of the result"`
}

// ramp is a tiny experiment that counts how often it is computed.
func ramp(computed *int) Own[ownParams, []float64] {
	p := ownParams{Gain: 2, Steps: 3}
	return Own[ownParams, []float64]{
		Info: Info{Name: "ramp", Title: "A ramp", Version: 1}, Params: p, Preset: p, Seeds: 2,
		Seed: func(_ context.Context, p ownParams, seed uint64, w *Work) ([]float64, error) {
			*computed++
			var out []float64
			for i := range p.Steps {
				out = append(out, p.Gain*float64(seed)*float64(i))
				w.Report(float64(i)/float64(p.Steps), "counting")
			}
			return out, nil
		},
		Compare: func(results [][]float64) []Comparison {
			return []Comparison{{Quantity: "last value", Ours: "there", Verdict: Matches}}
		},
	}
}

func TestOwn(t *testing.T) {
	computed := 0
	o := ramp(&computed)
	env := Env{Store: openStore(t), Workers: 1}
	run, err := o.Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if computed != 2 || len(run.Seeds) != 2 || run.Seeds[1][2] != 8 || run.Changed || run.Badge() != "own experiment" || len(run.Comparison) != 1 {
		t.Errorf("computed %d: %+v", computed, run)
	}
	if q := run.Parameters[0]; q.Name != "Gain" || q.Value != "2" || q.Unit != "1/ms" || q.Range != "0 to 10" {
		t.Errorf("parameters %+v", run.Parameters)
	}
	if run, err = o.Run(t.Context(), env); err != nil || computed != 2 || !run.Provenance.Cached {
		t.Errorf("again: computed %d, %v", computed, err)
	}
	o.Params.Gain = 3
	if run, err = o.Run(t.Context(), env); err != nil || computed != 4 || !run.Changed || run.Seeds[1][2] != 12 {
		t.Errorf("changed: computed %d, %v, %+v", computed, err, run)
	}
	o.Seeds = 3
	if _, err = o.Run(t.Context(), env); err != nil || computed != 5 {
		t.Errorf("one more seed: computed %d, %v", computed, err)
	}
}

// Who changes the function, or copies it and forgets to rename, must not be
// shown what the old one gave.
func TestOwnFunctionChanged(t *testing.T) {
	computed := 0
	o := ramp(&computed)
	env := Env{Store: openStore(t), Workers: 1}
	if _, err := o.Run(t.Context(), env); err != nil {
		t.Fatal(err)
	}
	o.Seed = func(context.Context, ownParams, uint64, *Work) ([]float64, error) {
		return []float64{1000, 1000, 1000}, nil
	}
	run, err := o.Run(t.Context(), env)
	if err != nil || run.Provenance.Cached || run.Seeds[0][0] != 1000 {
		t.Errorf("%v, results %v of the old function", err, run.Seeds)
	}
}

func TestSourceOf(t *testing.T) {
	var computed int
	for name, f := range map[string]any{"literal": ramp(&computed).Seed, "declared": leaf} {
		if sourceOf(f) == "" {
			t.Errorf("%s: not found", name)
		}
	}
	if again := sourceOf(leaf); sourceOf(leaf) != again || sourceOf(ramp) == again {
		t.Error("two functions look alike, or one like two")
	}
}

func leaf(x float64) float64 {
	return x
}

// Which edits of a notebook are edits of its experiment.
func TestSourceAt(t *testing.T) {
	const notebook = `package main

import "fmt"

// seed computes.
func seed(p Params) float64 { return helper(p.Gain) + table[two] }

type Params struct{ Gain float64 }

func (p Params) Double() float64 { return 2 * p.Gain }

func helper(g float64) float64 { return g }

var (
	table  = []float64{1, 2, 3}
	unused = 1
)

const (
	one = iota
	two
)

func main() { fmt.Println(seed(Params{})) }
`
	hash := func(src string) string {
		path := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(path, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
		line := 1 + strings.Count(src[:strings.Index(src, "func seed")], "\n")
		return sourceAt(path, line)
	}
	want := hash(notebook)
	if want == "" {
		t.Fatal("not found")
	}
	for _, c := range []struct {
		old, new string
		same     bool
	}{
		{"// seed computes.", "// seed computes\n// the network.", true},
		{"helper(p.Gain) + table", "helper(p.Gain)+\n\ttable", true},
		{"unused = 1", "unused = 2", true},
		{"fmt.Println(seed(Params{}))", "fmt.Println(1)", true}, // another cell
		{"helper(p.Gain) +", "helper(p.Gain) -", false},
		{"{ return g }", "{ return 2 * g }", false},
		{"{1, 2, 3}", "{1, 2, 4}", false},
		{"one = iota", "one = iota + 1", false},
		{"struct{ Gain float64 }", "struct{ Gain, Loss float64 }", false},
	} {
		if have := hash(strings.Replace(notebook, c.old, c.new, 1)); (have == want) != c.same {
			t.Errorf("%q instead of %q: the same %t, want %t", c.new, c.old, have == want, c.same)
		}
	}
	if have := sourceAt(filepath.Join(t.TempDir(), "gone.go"), 1); have != "" {
		t.Errorf("no source, and yet %q", have)
	}
}

func TestOwnRefuses(t *testing.T) {
	for want, spoil := range map[string]func(*Own[ownParams, []float64]){
		"0 <= Gain <= 10":   func(o *Own[ownParams, []float64]) { o.Params.Gain = 11 },
		"there are 0 Seeds": func(o *Own[ownParams, []float64]) { o.Seeds = 0 },
		"no Info.Title":     func(o *Own[ownParams, []float64]) { o.Info.Title = "" },
		"no Seed:":          func(o *Own[ownParams, []float64]) { o.Seed = nil },
		"taken by a figure": func(o *Own[ownParams, []float64]) { o.Info.Name = "mnist" },
		`experiment a/b: Info.Name: "a/b" is not usable as a name`: func(o *Own[ownParams, []float64]) { o.Info.Name = "a/b" },
	} {
		computed := 0
		o := ramp(&computed)
		spoil(&o)
		if _, err := o.Run(t.Context(), Env{Store: openStore(t)}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "complete and kept") || computed > 0 {
			t.Errorf("error %v (computed %d), want %q", err, computed, want)
		}
	}
}
