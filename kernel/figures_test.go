package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/dendrite/figure"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/ipynb"
)

// The figure of a notebook is found in its cells: in the project's notebooks, and in copies
// under other names.
func TestFigureIn(t *testing.T) {
	root, err := clone.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figure.Catalogue() {
		nb, err := ipynb.ReadFile(filepath.Join(root, "notebooks", f.About().Notebook+".ipynb"))
		if err != nil {
			t.Fatal(err)
		}
		if found := figureIn(nb); found != f {
			t.Errorf("%s: found %v", f.About().Notebook, found)
		}
	}
	for _, c := range []struct {
		name, want string
		cells      []string
	}{
		{"statements", "mnist", []string{"%%\nrun := dendrite.Run(figure.MNIST, dendrite.Preset(figure.MNIST, \"paper\", changes))"}},
		{"another name of the package", "theory", []string{"import d \"microcircuits/dendrite\"", "%%\np := d.Preset(figure.Theory, scale)"}},
		{"over lines", "mnist", []string{"%%\np := dendrite.Preset(\n\tfigure.MNIST, // digits\n\tscale,\n\tchanges)"}},
		{"twice the same", "mnist", []string{"p := dendrite.Preset(figure.MNIST, \"quick\", a)", "q := dendrite.Preset(figure.MNIST, \"paper\", b)"}},
		{"two figures", "", []string{"p := dendrite.Preset(figure.MNIST, scale)", "q := dendrite.Preset(figure.Theory, scale)"}},
		{"comment", "", []string{"// dendrite.Preset(figure.MNIST, scale, changes)", "/* dendrite.Preset(figure.MNIST, scale) */"}},
		{"text", "", []string{"s := `dendrite.Preset(figure.MNIST, scale, changes)`", `s := "dendrite.Preset(figure.MNIST, scale)"`}},
		{"changes made by code", "", []string{"p := dendrite.Preset(figure.MNIST, scale, more(changes))"}},
		{"a figure of the user's own", "", []string{"p := dendrite.Preset(&mine, scale, changes)", "p := dendrite.Preset(figure.Mine, scale)"}},
		{"unfinished", "", []string{"dendrite.Preset(figure.MNIST, scale", "dendrite.Preset(", "!echo \"`"}},
		{"none", "", []string{"x := 1"}},
	} {
		nb := blank()
		for _, cell := range c.cells {
			nb.Add(ipynb.Code, cell)
		}
		got := ""
		if f := figureIn(nb); f != nil {
			got = f.About().Name
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Values out of range, of the wrong type, or for unknown names are found before anything
// runs, whatever the notebook's name, also when they are in its cell of parameters.
func TestValuesAreCheckedBeforeTheRun(t *testing.T) {
	root, err := clone.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	original, err := ipynb.ReadFile(filepath.Join(root, "notebooks", "4-mnist.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	copied := filepath.Join(dir, "my-mnist.ipynb")
	if err := original.WriteFile(copied); err != nil {
		t.Fatal(err)
	}
	wrong := notebook(t, dir, "wrong", "import \"microcircuits/dendrite\"\nvar changes = dendrite.Changes{\"Seeds\": -1}", preset)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"Seeds (networks of each kind) is 0; want 1 <= Seeds <= 1000", []string{"run", copied, "-p", "seeds=0"}},
		{"Seeds (networks of each kind) is 0; want 1 <= Seeds <= 1000", []string{"reproduce", "4-mnist", "-p", "seeds=0"}},
		{"Seeds (networks of each kind) is 0; want 1 <= Seeds <= 1000", []string{"plan", "4-mnist", "-p", "seeds=0"}},
		{"Seeds (networks of each kind) is 0; want 1 <= Seeds <= 1000", []string{"plan", copied, "-p", "seeds=0"}},
		{"there is no parameter seedz; did you mean Seeds?", []string{"run", copied, "-p", "seedz=3"}},
		{"is not a whole number", []string{"run", copied, "-p", "seeds=2.5"}},
		{"is not a number", []string{"run", copied, "-p", "Microcircuit.LambdaI=large"}},
		{`unknown scale "huge"`, []string{"run", copied, "-p", "scale=huge"}},
		{"Seeds (networks of each kind) is -1", []string{"run", wrong}},
		{"parameter seeds is given twice, as 1 and as 2: remove one", []string{"run", copied, "-p", "seeds=1", "-p", "seeds=2"}},
		{"parameter seeds is given twice, as 1 and as 2: remove one", []string{"reproduce", "-p", "seeds=1", "-p", "seeds=2"}},
		{"parameter seeds is given twice, as 1 and as 2: remove one", []string{"plan", "4-mnist", "-p", "seeds=1", "-p", "seeds=2"}},
		{"--scale paper contradicts --scale quick", []string{"run", copied, "--scale", "quick", "--scale", "paper"}},
		{"-p sigma: write a name and a value, like -p sigma=0.3", []string{"run", copied, "-p", "sigma"}},
		{"write a name and a value", []string{"run", copied, "-p", "=3"}},
		{filepath.Join(dir, "nowhere"), []string{"run", copied, "-p", "data=" + filepath.Join(dir, "nowhere")}},
	} {
		code, _, errOut := call(t, c.args...)
		first, _, _ := strings.Cut(errOut, "\n")
		if code != 2 || !strings.Contains(first, c.want) || strings.Contains(errOut, "compiling") {
			t.Errorf("%v: exit status %d, %s; want 2 and %q in the first line", c.args, code, errOut, c.want)
		}
	}
}

// A folder of data is the one that the user sees, wherever the notebook is. A report names
// no folder outside the clone that can be named from inside it.
func TestDataIsResolvedWhereTheCallerStands(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module microcircuits\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	for _, dir := range []string{filepath.Join(root, "data"), filepath.Join(root, "notebooks", "here"), filepath.Join(elsewhere, "data")} {
		dataFolder(t, dir)
	}
	path := notebook(t, filepath.Join(root, "notebooks"), "mine", "import \"microcircuits/dendrite\"\nvar changes = dendrite.Changes{}", preset)
	for _, c := range []struct{ in, given, cell, command string }{
		{root, "data", "../data", "data"},
		{root, "./data/", "../data", "data"},
		{filepath.Join(root, "notebooks"), "here", "here", "notebooks/here"},
		{filepath.Join(root, "notebooks"), "../data", "../data", "data"},
		{elsewhere, "data", filepath.Join(elsewhere, "data"), filepath.Join(elsewhere, "data")},
		{elsewhere, filepath.Join(root, "data"), "../data", "data"},
	} {
		t.Chdir(c.in)
		j, err := newJob(root, path, map[string]string{"data": c.given})
		if err != nil {
			t.Errorf("%s in %s: %v", c.given, c.in, err)
			continue
		}
		if want := `{"Data": "` + c.cell + `"}`; !strings.HasSuffix(j.nb.Cells[2].Source, want) {
			t.Errorf("%s in %s: %s, want %s", c.given, c.in, j.nb.Cells[2].Source, want)
		}
		if want := "-p Data=" + c.command; !strings.HasSuffix(j.info.Command, want) {
			t.Errorf("%s in %s: command %s, want %s", c.given, c.in, j.info.Command, want)
		}
	}
	t.Chdir(root)
	if _, err := newJob(root, path, map[string]string{"data": "dota"}); err == nil || !strings.Contains(err.Error(), filepath.Join(root, "dota")) {
		t.Errorf("a folder that does not exist: %v", err)
	}
	inCell := notebook(t, filepath.Join(root, "notebooks"), "cell", "import \"microcircuits/dendrite\"\nvar changes = dendrite.Changes{\"Data\": \"here\"}", preset)
	if _, err := newJob(root, inCell, nil); err != nil {
		t.Errorf("a folder in the cell is relative to the notebook: %v", err)
	}
}
