package experiment

import (
	"slices"
	"strings"
	"testing"
)

// The hash changes only with edits of cells that belong to the experiment.
func TestReachedBy(t *testing.T) {
	const notebook = `package main

import (
	"fmt"
	"math/rand/v2"
	"example.org/mine"
)

// seed computes.
func seed(p Params) float64 { return helper(p.Gain) + table[two] }

type Params struct{ Gain float64 }

func (p Params) Double() float64 { return 2 * p.Gain }

func helper(g float64) float64 { return g }

func setup() { unused++ }

var (
	table  = []float64{1, 2, 3}
	unused = 1
	gain   = 1.0
	own    = Own{Jobs: func(p Params) float64 { return mine.Double(gain) }}
)

const (
	one = iota
	two
)

func main() { run(&own); rand.Int(); fmt.Println(seed(Params{})) }
`
	reached := func(src, at string) (string, []string) {
		i := strings.Index(src, at)
		if i < 0 {
			t.Fatalf("no %q in the source", at)
		}
		return reachedBy("main.go", []byte(src), 1+strings.Count(src[:i], "\n"))
	}
	for at, edits := range map[string][]struct {
		old, new string
		same     bool
	}{
		"func seed": {
			{"// seed computes.", "// seed computes\n// the network.", true},
			{"helper(p.Gain) + table", "helper(p.Gain)+\n\ttable", true},
			{"unused = 1", "unused = 2", true},
			{"fmt.Println(seed(Params{}))", "fmt.Println(1)", true}, // another cell
			{"\"math/rand/v2\"", "\"math/rand\"", true},
			{"helper(p.Gain) +", "helper(p.Gain) -", false},
			{"{ return g }", "{ return 2 * g }", false},
			{"{1, 2, 3}", "{1, 2, 4}", false},
			{"one = iota", "one = iota + 1", false},
			{"struct{ Gain float64 }", "struct{ Gain, Loss float64 }", false},
			{"fmt.Println(seed", "table[1] = 7; fmt.Println(seed", false}, // main changes it
			{"unused++", "table = nil", false},
			{"unused++", "p := &table; (*p)[0] = 1", false},
			{"fmt.Println(seed", "fmt.Println(len(table), table[1]); fmt.Println(seed", true},
			{"fmt.Println(seed", "copy(table, other); fmt.Println(seed", false}, // a call may change it
			{"fmt.Println(seed", "alias := table; alias[0] = 7; fmt.Println(seed", false},
			{"fmt.Println(seed", "table.Set(7); fmt.Println(seed", false},
			{"fmt.Println(seed", "s := S{table}; s.Fill(); fmt.Println(seed", false},
			{"unused = 1", "unused = func() int { table[0] = 7; return 1 }()", false},
			{"{ return 2 * p.Gain }", "{ return 3 * p.Gain }", false}, // it may be called by another package
			{"func setup", "func init() { fmt.Println() }\n\nfunc setup", false},
			{"\"math/rand/v2\"", ". \"math/rand\"", false},
		},
		"own    =": { // a function literal in a variable
			{"fmt.Println(seed(Params{}))", "fmt.Println()", true},
			{"{1, 2, 3}", "{1, 2, 4}", true},
			{"gain   = 1.0", "gain = 2.0", false},
			{"fmt.Println(seed", "gain = 3; fmt.Println(seed", false},
			{"fmt.Println(seed", "gain++; fmt.Println(seed", false},
			{"\"example.org/mine\"", "mine \"example.org/other\"", false},
			{"\"example.org/mine\"", "\"example.org/mine/v2\"", false},
		},
	} {
		want, imports := reached(notebook, at)
		if want == "" {
			t.Fatalf("%s: not found", at)
		}
		if slices.Contains(imports, "example.org/mine") == (at == "func seed") {
			t.Errorf("%s imports %q", at, imports)
		}
		for _, c := range edits {
			src := strings.Replace(notebook, c.old, c.new, 1)
			if src == notebook {
				t.Errorf("no %q in the source", c.old)
			}
			if have, _ := reached(src, at[:min(len(at), 9)]); (have == want) != c.same {
				t.Errorf("%s: %q instead of %q: the same %t, want %t", at, c.new, c.old, have == want, c.same)
			}
		}
	}
	two := "package main\n\nvar a = f(func() {}, func() {})\n"
	if have, _ := reachedBy("main.go", []byte(two), 3); have != "" {
		t.Errorf("%q at a line with two functions", have)
	}
	apart := "package main\n\nvar a = f(func() int { return 1 },\n\tfunc() int { return 2 })\n"
	one, _ := reachedBy("main.go", []byte(apart), 3)
	if other, _ := reachedBy("main.go", []byte(apart), 4); one == "" || one == other {
		t.Errorf("two functions in one variable are not distinguished: %q", one)
	}
	inC := "package main\n\n// double one() { return 1; }\nimport \"C\"\n\nfunc f() float64 { return float64(C.one()) }\n"
	if have, _ := reachedBy("main.go", []byte(inC), 6); have != "" {
		t.Errorf("%q of a function that calls C", have)
	}
	if have, _ := reachedBy("main.go", []byte(notebook), 1); have != "" {
		t.Errorf("%q at a line without declaration", have)
	}
}

// A function that changes a variable may have been called with any value, by any code.
func TestReachedByChanged(t *testing.T) {
	const cell = `package main

var gain, rows = 1.0, [][]float64{{1}, {2}}

var config = &Config{}

func set(g float64) { gain = g }

func seed() float64 { return gain * 2 }

func first() float64 { return rows[0][0] + config.level }
`
	known := func(src, at string) bool {
		text, _ := reachedBy("main.go", []byte(src), 1+strings.Count(src[:strings.Index(src, at)], "\n"))
		return text != ""
	}
	if known(cell, "func seed") {
		t.Error("a variable that a function sets is taken for a constant")
	}
	for main, want := range map[string]bool{
		"println(rows[0][0], config.level > 2, len(rows))": true,
		"config.Set(2)":                     false,
		"config.level = 2":                  false,
		"c := config; c.gain = 2":           false,
		"row := rows[0]; row[0] = 2":        false,
		"for _, r := range rows { r[0]++ }": false,
		"fill(rows)":                        false,
	} {
		if have := known(cell+"func main() { "+main+" }", "func first"); have != want {
			t.Errorf("%s: the function is known: %t, want %t", main, have, want)
		}
	}
}

func TestImportNames(t *testing.T) {
	for imported, want := range map[string]string{
		"import \"microcircuits/dendrite/chart\"": "chart",
		"import \"math/rand/v2\"":                 "rand",
		"import r \"math/rand/v2\"":               "r",
		"import \"gopkg.in/yaml.v3\"":             "yaml",
		"import \"github.com/mattn/go-isatty\"":   "isatty",
	} {
		text, imports := reachedBy("main.go", []byte("package main\n"+imported+"\nfunc f() { "+want+".F() }"), 3)
		if !strings.Contains(text, imported[len("import "):]) || len(imports) != 1 {
			t.Errorf("%s is not found by the name %s: %q", imported, want, text)
		}
	}
	// The name of the package is another than the path says.
	if _, imports := reachedBy("main.go", []byte("package main\nimport \"example.org/mine\"\nfunc f() { lib.F() }"), 3); len(imports) != 1 {
		t.Errorf("a package with another name is not found: %q", imports)
	}
}
