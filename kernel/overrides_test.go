package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/record"
	"microcircuits/kernel/ipynb"
)

// A short name that several parameters of one notebook have is an error, also when
// other notebooks are run with it. The error has the full names.
func TestAmbiguousParameter(t *testing.T) {
	for _, args := range [][]string{
		{"run", "4-mnist", "-p", "lambda=0.2"},
		{"reproduce", "4-mnist", "-p", "lambda=0.2"},
		{"reproduce", "1-self-prediction", "4-mnist", "-p", "lambda=0.2"},
		{"reproduce", "4-mnist", "-p", "lambda[0]=0.2"},
	} {
		code, _, errOut := call(t, args...)
		if want := "can be Microcircuit.Lambda or FrozenMiddle.Lambda or SingleLayer.Lambda: write the full name"; code != 2 || !strings.Contains(errOut, want) {
			t.Errorf("%v: exit status %d, %s; want 2 and %q", args, code, errOut, want)
		}
	}
}

// Two names of one parameter are an error, not a choice.
func TestParameterGivenTwice(t *testing.T) {
	for _, command := range []string{"run", "reproduce"} {
		code, _, errOut := call(t, command, "1-self-prediction", "-p", "sigma=1", "-p", "Sigma=2")
		if want := "parameter Sigma is given twice, as Sigma and sigma: remove one"; code != 2 || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit status %d, %s; want 2 and %q", command, code, errOut, want)
		}
	}
}

// job4 returns a job of a notebook with the figure of notebook 4 and entries in its Changes.
func job4(t *testing.T, entries string, values map[string]string) (*job, error) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	dataFolder(t, filepath.Join(dir, "2024"))
	return newJob(dir, notebook(t, dir, "mine", "import \"microcircuits/dendrite\"\nvar changes = dendrite.Changes{"+entries+"}", preset), values)
}

// preset is the cell of notebook 4 that uses its figure.
const preset = "func params() figure.MNISTParams { return dendrite.Preset(figure.MNIST, \"quick\", changes) }"

// dataFolder makes a folder with the four files of a data set.
func dataFolder(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A value on the command line replaces the entry of the same parameter in the cell, also
// one with a short name and entries of the elements of a list.
func TestOverrideOfAnEntry(t *testing.T) {
	for _, c := range []struct{ entries, name, value, want string }{
		{`"LambdaI": 0.2`, "LambdaI", "0.3", `{"Microcircuit.LambdaI": "0.3"}`},
		{`"microcircuit.lambdaI": 0.2`, "lambdai", "0.3", `{"Microcircuit.LambdaI": "0.3"}`},
		{`"Microcircuit.Lambda[0]": 0.2`, "microcircuit.lambda", "0.5,0.5,0.1", `{"Microcircuit.Lambda": "0.5,0.5,0.1"}`},
	} {
		j, err := job4(t, c.entries, map[string]string{c.name: c.value})
		if err != nil {
			t.Errorf("%s with %s=%s: %v", c.entries, c.name, c.value, err)
			continue
		}
		if source := j.nb.Cells[2].Source; !strings.HasSuffix(source, c.want) {
			t.Errorf("%s with %s=%s: %s, want %s", c.entries, c.name, c.value, source, c.want)
		}
	}
	if _, err := job4(t, `"LambdaI": 0.2, "lambdai": 0.3`, nil); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("an entry given twice: %v", err)
	}
}

// The values that are checked before the run are those that the cell gets.
func TestCheckedValues(t *testing.T) {
	j, err := job4(t, `"Seeds": 0x3, "Microcircuit.Lambda": []float64{0.5, 0.1, 1_0e-2}`, map[string]string{"data": "2024", "epochs": "010"})
	if err != nil {
		t.Fatal(err)
	}
	if source, want := j.nb.Cells[2].Source, `{"Data": "2024", "Epochs": "010", "Microcircuit.Lambda": []float64{0.5, 0.1, 1_0e-2}, "Seeds": 0x3}`; !strings.HasSuffix(source, want) {
		t.Errorf("%s, want %s", source, want)
	}
	if p := j.info.Parameters; p["Data"] != "2024" || p["Epochs"] != "010" || p["Seeds"] != "0x3" {
		t.Errorf("parameters in the report: %v", p)
	}
	if _, err := job4(t, `"Data": 2024`, nil); err == nil || !strings.Contains(err.Error(), "Data") {
		t.Errorf("a number for a text: %v", err)
	}
	for literal, want := range map[string]float64{"010": 8, "0x10": 16, "-1_000": -1000, "+.5e1": 5, "0x1p-2": 0.25, "010.5": 10.5} {
		if got := number(literal); got != want {
			t.Errorf("%s is %v, want %v", literal, got, want)
		}
	}
}

// Whatever is typed after -p, for a notebook with variables and Changes: the value comes
// back from the cell that is added and from the figure's parameters, or one line that names
// the parameter refuses it.
func FuzzOverride(f *testing.F) {
	for _, text := range []string{
		"scale=paper", "lr=1e-3", "n=0x10", "note=a\nb", "epochs=010", "lambdai= 0.2 ", "Microcircuit.Lambda=.5, 0.5,1e-1", "microcircuit.lambda[0]=0", "Microcircuit.Lambda[3]=1",
		"hidden=60,40", "hidden=", "Mixing=x", "seeds=1e1", "lambda=1", "learn=2", "=", "a\nb=1", "TargetOn=0x1p-1", "lambdai=Inf", "changes=1", "lambdai[0]=1", "seeds=1_0", "LambdaI=1=2",
	} {
		f.Add(text)
	}
	source := `import "microcircuits/dendrite"

var (
	scale   = "quick"
	lr      = 0.1
	n       = 3
	note    = ""
	changes = dendrite.Changes{"LambdaI": 0.2, "microcircuit.lambda[0]": 0.3}
)`
	fig := figure.MNIST
	f.Fuzz(func(t *testing.T, text string) {
		nb := &ipynb.Notebook{NBFormat: 4, NBFormatMinor: 5}
		nb.Add(ipynb.Code, source, ipynb.TagParameters)
		params, err := ipynb.Parameters(nb)
		if err != nil {
			t.Fatal(err)
		}
		typed, _, _ := strings.Cut(text, "=")
		typed = strings.TrimSpace(typed)
		values, err := assignments{text}.values()
		if err == nil {
			values, err = fullNames(fig, params, values)
		}
		if err == nil {
			err = ipynb.Inject(nb, values, entryNames(fig))
		}
		var rows []record.Parameter
		if err == nil {
			var scale experiment.Scale
			var changes experiment.Changes
			if scale, changes, _, err = presetOf(fig, nb, "."); err == nil {
				rows, err = fig.Parameters(scale, changes)
			}
		}
		if err != nil {
			short, _, _ := strings.Cut(typed[strings.LastIndex(typed, ".")+1:], "[")
			named := func(s string) bool { return strings.Contains(strings.ToLower(err.Error()), strings.ToLower(s)) }
			if strings.ContainsFunc(err.Error(), unicode.IsControl) || !named(short) && !named(strconv.Quote(typed)) && !named(inOneLine(text)) {
				t.Errorf("%q: error %q", text, err)
			}
			return
		}
		for name, value := range values {
			if isFolder(name) {
				continue // a relative path is from here, in the cell from the notebook
			}
			if got := valueIn(t, nb, rows, name); !isValue(got, value, isVariable(params, name)) {
				t.Errorf("%q: %s is %q", text, name, got)
			}
		}
	})
}

// valueIn returns the value of a variable of a notebook or of a parameter of its figure.
func valueIn(t *testing.T, nb *ipynb.Notebook, rows []record.Parameter, name string) string {
	t.Helper()
	for _, p := range effectiveParams(nb) {
		if p.Name == name && p.In == "" {
			return fmt.Sprint(valueOf(p))
		}
	}
	plain, index, isElement := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	for _, row := range rows {
		if row.Name == plain && isElement {
			i, err := strconv.Atoi(index)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Split(row.Value, ", ")[i]
		}
		if row.Name == plain {
			return row.Value
		}
	}
	t.Fatalf("there is no %s", name)
	return ""
}

// isValue reports whether a value is that of the text that was typed. An integer variable
// is as in Go, where 010 is 8.
func isValue(value, typed string, variable bool) bool {
	if n, err := strconv.ParseInt(typed, 0, 64); variable && err == nil && value == fmt.Sprint(float64(n)) {
		return true
	}
	same := func(a, b string) bool {
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(strings.TrimSpace(b), 64)
		return errX == nil && errY == nil && x == y
	}
	return value == typed || slices.EqualFunc(strings.Split(value, ", "), strings.Split(typed, ","), same)
}

// An example is a command line with -p in a text for users.
type example struct {
	line      string
	values    map[string]string
	notebooks []string
}

var option = regexp.MustCompile(`-p ([A-Za-z][\w.\[\]]*)=(\S+)`)

// examples returns the command lines with -p of a text.
func examples(text string) (found []example) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "#")
		if !strings.HasPrefix(line, "go run ./kernel ") && !strings.HasPrefix(line, "scripts/reproduce ") {
			continue
		}
		e := example{line: line, values: map[string]string{}}
		for _, m := range option.FindAllStringSubmatch(line, -1) {
			e.values[m[1]] = m[2]
		}
		for _, word := range strings.Fields(line) {
			if f, err := figure.Find(notebookName(word)); err == nil {
				e.notebooks = append(e.notebooks, f.About().Notebook)
			}
		}
		if len(e.values) > 0 {
			found = append(found, e)
		}
	}
	return found
}

// The examples with -p in the help texts name parameters that the notebooks have, with
// values that are allowed. So do those in README.md.
func TestExamplesOfParameters(t *testing.T) {
	root, readme := readme(t)
	_, texts, _ := call(t, "--help")
	commands := reflect.ValueOf(cli{})
	for i := range commands.NumField() {
		if command, ok := commands.Field(i).Interface().(interface{ Help() string }); ok {
			texts += "\n" + command.Help()
		}
	}
	found := examples(texts)
	if len(found) < 5 {
		t.Errorf("this test finds only %d examples in the help texts", len(found))
	}
	for _, e := range append(found, examples(readme)...) {
		if len(e.notebooks) == 0 {
			t.Errorf("%s: the example has no notebook", e.line)
		}
		for _, name := range e.notebooks {
			if _, err := newJob(root, filepath.Join(root, "notebooks", name+".ipynb"), e.values); err != nil {
				t.Errorf("%s: %v", e.line, err)
			}
		}
	}
}
