package ipynb

import (
	"go/constant"
	"go/token"
	"go/types"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

const paramSource = `// Parameters of the run.
var (
	// Learning rate.
	lr     = 0.1 // per presentation
	epochs = 5
	scale  = "quick"
	resume = true
	rate   float32 = 1
	shift  = -2
	cores  uint8 = 2
)

// Passed on.
var title = "a \"b\""
var x, y = 1, 2.5`

func TestParseParameters(t *testing.T) {
	got, err := ParseParameters(paramSource)
	if err != nil {
		t.Fatal(err)
	}
	want := []Param{
		{"lr", Float, "", "0.1", "Learning rate. per presentation", ""},
		{"epochs", Int, "", "5", "", ""},
		{"scale", String, "", `"quick"`, "", ""},
		{"resume", Bool, "", "true", "", ""},
		{"rate", Float, "float32", "1", "", ""},
		{"shift", Int, "", "-2", "", ""},
		{"cores", Int, "uint8", "2", "", ""},
		{"title", String, "", `"a \"b\""`, "Passed on.", ""},
		{"x", Int, "", "1", "", ""},
		{"y", Float, "", "2.5", "", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const changesSource = `import "microcircuits/dendrite"

var (
	scale   = "quick"
	changes = dendrite.Changes{"Sigma": -0.3, "Lambda": []float64{0.3, 1}, "Kind": "softplus"} // from it
)`

func changesNotebook() *Notebook {
	nb := blank()
	nb.Add(Code, changesSource, TagParameters)
	return nb
}

// A cell may contain changes to a preset instead of variables.
func TestChanges(t *testing.T) {
	got, err := ParseParameters(changesSource)
	if err != nil {
		t.Fatal(err)
	}
	want := []Param{
		{"scale", String, "", `"quick"`, "", ""},
		{"changes", Changes, "", "dendrite.Changes", "from it", ""},
		{"Sigma", Float, "", "-0.3", "", "changes"},
		{"Lambda", List, "", "[]float64{0.3, 1}", "", "changes"},
		{"Kind", String, "", `"softplus"`, "", "changes"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	nb := changesNotebook()
	err = Inject(nb, map[string]string{"scale": "paper", "sigma": "0", "Seeds": "10", "Rates": "0.1, 0.2", "Start": `a"b`}, nil)
	if err != nil {
		t.Fatal(err)
	}
	injected := `// Parameters overridden for this run.
var changes = dendrite.Changes{"Kind": "softplus", "Lambda": []float64{0.3, 1}, "Rates": "0.1, 0.2", "Seeds": "10", "Start": "a\"b", "sigma": "0"}
var scale = "paper"`
	if diff := cmp.Diff(injected, nb.Cells[1].Source); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := ParseParameters(nb.Cells[1].Source); err != nil {
		t.Error(err)
	}
}

// A value replaces the entry of the same parameter with another name, and the entries of
// the elements of a list. Other entries get full names: Changes applies entries in the
// order of their names, so an element must come after its list.
func TestChangesOfTheSameParameter(t *testing.T) {
	full := func(name string) string {
		if plain, ok := strings.CutPrefix(name, "la"); ok {
			return "Circuit.La" + plain
		}
		return name
	}
	for _, c := range []struct{ cell, name, value, want string }{
		{`"lambda": 0.2`, "Circuit.Lambda", "0.3", `"Circuit.Lambda": "0.3"`},
		{`"circuit.lambda": 0.2`, "Circuit.Lambda", "0.3", `"Circuit.Lambda": "0.3"`},
		{`"lambda[0]": 0.2, "lambda[1]": 0.1`, "Circuit.Lambda", "0.5,0.5", `"Circuit.Lambda": "0.5,0.5"`},
		{`"lambda[0]": 0.2, "lambda[1]": 0.1`, "Circuit.Lambda[0]", "0.5", `"Circuit.Lambda[0]": "0.5", "Circuit.Lambda[1]": 0.1`},
		{`"lambda": []float64{0.2, 0.1}`, "Circuit.Lambda[0]", "0.5", `"Circuit.Lambda": []float64{0.2, 0.1}, "Circuit.Lambda[0]": "0.5"`},
		{`"lambda": 0.2, "Circuit.Lambda": 0.1`, "Sigma", "0", `"Circuit.Lambda": 0.1, "Sigma": "0"`},
	} {
		nb := blank()
		nb.Add(Code, "var changes = dendrite.Changes{"+c.cell+"}", TagParameters)
		if err := Inject(nb, map[string]string{c.name: c.value}, full); err != nil {
			t.Fatal(err)
		}
		if want := "var changes = dendrite.Changes{" + c.want + "}"; !strings.HasSuffix(nb.Cells[1].Source, want) {
			t.Errorf("%s with %s=%s: %s, want %s", c.cell, c.name, c.value, nb.Cells[1].Source, want)
		}
	}
}

func TestParseParametersRefuses(t *testing.T) {
	for source, want := range map[string]string{
		"var a = f()":                        "a must be a literal",
		"var a = 1 + 2":                      "a must be a literal",
		"var a = -\"x\"":                     "a must be a literal",
		"var a = 'c'":                        "a must be a literal",
		"var a = []int{1}":                   "a must be a literal",
		"var a int":                          "a needs a literal value",
		"var a int = 1.5":                    "declared as int, but its value is of kind float",
		"var a time.Duration = 1":            "must have one of the types",
		"const a = 1":                        "line 1: only var declarations",
		"func f() {}":                        "only var declarations",
		"var c = dendrite.Changes{1}":        "c needs entries like",
		"var c = dendrite.Changes{x: 1}":     "c needs names in quotes",
		`var c = dendrite.Changes{"a": f()}`: "c: a must be a literal",
		`var c = dendrite.Changes{"a": []float64{f()}}`:   "c: a must be a list of numbers",
		`var c = dendrite.Changes{"a": map[string]int{}}`: "c: a must be a number, a text",
		"var a = 1\nvar a = 2":                            "line 2: a is declared twice",
		"%% --x=1":                                        "line 1: the cell contains more than Go variables",
		"a := 1":                                          "line 1: the cell contains more than Go variables",
		"var a = 1\nb := 1":                               "line 2: the cell contains more than Go variables",
	} {
		_, err := ParseParameters(source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", source, err, want)
		}
	}
}

func paramNotebook() *Notebook {
	nb := blank()
	nb.Add(Markdown, "# T")
	nb.Add(Code, paramSource, TagParameters)
	nb.Add(Code, "var z = 1")
	return nb
}

func TestInject(t *testing.T) {
	nb := paramNotebook()
	for range 2 { // the second call replaces the cell of the first
		err := Inject(nb, map[string]string{
			"lr": "1", "epochs": "7", "scale": `pa"per`, "resume": "false", "rate": "2", "shift": "-0x10",
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(nb.Cells) != 4 || !nb.Cells[2].HasTag(TagInjected) {
		t.Fatalf("injected cell is not right after the parameters: %d cells", len(nb.Cells))
	}
	want := `// Parameters overridden for this run.
var epochs = 7
var lr = 1.0
var rate float32 = 2.0
var resume = false
var scale = "pa\"per"
var shift = -0x10`
	if diff := cmp.Diff(want, nb.Cells[2].Source); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := Inject(nb, nil, nil); err != nil || len(nb.Cells) != 3 {
		t.Errorf("Inject(nil) = %v, %d cells left", err, len(nb.Cells))
	}
}

func TestInjectRefuses(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"lrr", "1", `unknown parameter "lrr"; known: lr (float), epochs (int), scale (string), resume (bool)`},
		{"lr", "fast", `parameter lr: "fast" is not a finite number (the notebook has lr = 0.1)`},
		{"lr", "NaN", "not a finite number"},
		{"lr", "1e999", "not a finite number"},
		{"rate", "1e39", "not a finite number"},
		{"epochs", "1.5", "not an integer"},
		{"epochs", "5; os.Exit(1)", "not an integer"},
		{"epochs", "99999999999999999999", "not an integer"},
		{"cores", "-1", "not an integer of at least 0"},
		{"cores", "256", "an integer of at least 0 that fits uint8"},
		{"resume", "1", "not true or false"},
	} {
		nb := paramNotebook()
		before := write(t, nb)
		err := Inject(nb, map[string]string{c.name: c.value, "shift": "3"}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v, want an error with %q", c.name, c.value, err, c.want)
		}
		if write(t, nb) != before {
			t.Errorf("%s=%s: an error, but the notebook has changed", c.name, c.value)
		}
	}
	nb := blank()
	nb.Add(Code, "var a = 1")
	if err := Inject(nb, map[string]string{"a": "1"}, nil); err == nil || !strings.Contains(err.Error(), "no cell tagged parameters") {
		t.Errorf("without a parameters cell: %v", err)
	}
}

// Whatever a parameters cell contains, it is refused with one line, or a cell with other
// values can be added: it has the overridden variables and all entries of Changes.
func FuzzParameters(f *testing.F) {
	for _, source := range []string{
		paramSource, changesSource, "var a, b int8 = 1, -2 // c", "import m \"math\"\nvar (\nx = 'a'\n)", "var c = d.Changes{\"a\\n\": 1, `B`: []int{}, \"b[0]\": +.5e1}",
		"var _ = +1", "var v = \"\\x00\";var w float32 = 0x1p-2", "const c = 1", "var s = `a\n`\nvar t = []p.T{1}",
	} {
		f.Add(source, "1")
	}
	f.Fuzz(func(t *testing.T, source, value string) {
		nb := blank()
		nb.Add(Code, source, TagParameters)
		params, err := Parameters(nb)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			return
		}
		values, set := map[string]string{}, ""
		for _, p := range params {
			if p.Kind == Changes && set == "" {
				set = p.Name
			} else if _, err := p.Literal(value); err == nil && p.In == "" && p.Kind != Changes {
				values[p.Name] = value
			}
		}
		const added = "Added"
		if _, isVariable := values[added]; set != "" && !isVariable {
			values[added] = value
		}
		if err := Inject(nb, values, nil); err != nil {
			t.Fatal(err)
		}
		if len(values) == 0 {
			return
		}
		injected, err := ParseParameters(nb.Cells[1].Source)
		if err != nil {
			t.Fatalf("%q with %q gives %q: %v", source, values, nb.Cells[1].Source, err)
		}
		has := func(p Param) bool {
			return slices.ContainsFunc(injected, func(q Param) bool { return q.Name == p.Name && q.In == p.In && q.Kind == p.Kind && q.Type == p.Type })
		}
		for _, p := range params {
			_, isSet := values[p.Name]
			isEntry := set != "" && p.In == set && values[added] != "" && !strings.HasPrefix(strings.ToLower(p.Name), "added")
			if (isSet && p.In == "" || isEntry) && !has(p) {
				t.Errorf("%q with %q gives %q: %+v is missing", source, values, nb.Cells[1].Source, p)
			}
		}
	})
}

// Every accepted text becomes one literal with the value that was meant, as the compiler
// sees it; no other code gets into the injected cell. Another text is refused with one
// line that names the parameter.
func FuzzLiteral(f *testing.F) {
	for _, s := range []string{"1", "-0.5e3", "true", "x\"\n`", "0b1", "1_000", "+7", ".5", "5.", "0x1p-2", "010", "0_1", "08", "1e-99999999999", "\xff"} {
		f.Add(s)
	}
	params, err := ParseParameters(paramSource)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			t.Skip() // Go allows 10,000 characters in a number
		}
		for _, p := range params {
			lit, err := p.Literal(text)
			if err != nil {
				if message := err.Error(); strings.ContainsFunc(message, unicode.IsControl) || !strings.Contains(message, "parameter "+p.Name+":") {
					t.Errorf("%s: error %q", p.Name, message)
				}
				continue
			}
			got, err := ParseParameters("var " + p.Name + " " + p.Type + " = " + lit)
			if err != nil {
				t.Fatalf("%s %s from %q gives %s: %v", p.Name, p.Kind, text, lit, err)
			}
			if len(got) != 1 || got[0].Kind != p.Kind {
				t.Fatalf("%s %s from %q gives %s of %+v", p.Name, p.Kind, text, lit, got)
			}
			if have, want := compiled(t, p, lit), meant(t, p, text); have != want {
				t.Errorf("%s %s from %q gives %s, which is %v, want %v", p.Name, p.Kind, text, lit, have, want)
			}
		}
	})
}

// compiled returns the value that a program gets from the literal of a parameter.
func compiled(t *testing.T, p Param, literal string) any {
	t.Helper()
	typ := p.Type
	if typ == "" {
		typ = map[Kind]string{String: "string", Bool: "bool", Int: "int", Float: "float64"}[p.Kind]
	}
	value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, typ+"("+literal+")")
	if err != nil {
		t.Fatalf("%s %s: %v", p.Name, literal, err)
	}
	switch p.Kind {
	case Int:
		return value.Value.ExactString()
	case Float:
		x, _ := constant.Float64Val(value.Value)
		return x
	}
	return constant.Val(value.Value)
}

// meant returns the value of a text on the command line.
func meant(t *testing.T, p Param, text string) any {
	t.Helper()
	switch p.Kind {
	case String:
		return text
	case Bool:
		return text == "true"
	case Int:
		n, ok := new(big.Int).SetString(text, 0)
		if !ok {
			t.Fatalf("%s: %q is no integer", p.Name, text)
		}
		return n.String()
	}
	x, err := strconv.ParseFloat(text, map[string]int{"": 64, "float32": 32}[p.Type])
	if err != nil {
		t.Fatalf("%s: %v", p.Name, err)
	}
	return x
}
