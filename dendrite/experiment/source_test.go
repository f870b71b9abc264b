package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSourceOf(t *testing.T) {
	var computed int
	for name, f := range map[string]any{"literal": func() int { return computed }, "declared": leaf} {
		if sourceOf(f) == "" {
			t.Errorf("%s: not found", name)
		}
	}
	if again := sourceOf(leaf); sourceOf(leaf) != again || sourceOf(openStore) == again {
		t.Error("two functions have the same hash, or one function has two")
	}
}

func leaf(x float64) float64 {
	return x
}

// The hash changes only with edits that belong to the experiment.
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
		t.Errorf("hash %q without source", have)
	}
}
