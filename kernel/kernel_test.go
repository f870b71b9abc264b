package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/ipynb"
)

// blank returns a notebook of our kernel without cells, of format 4.5.
func blank() *ipynb.Notebook {
	return &ipynb.Notebook{NBFormat: 4, NBFormatMinor: 5, Metadata: map[string]json.RawMessage{
		"kernelspec":    json.RawMessage(`{"display_name":"Dendrite (Go)","language":"go","name":"dendrite"}`),
		"language_info": json.RawMessage(`{"codemirror_mode":"text/x-go","file_extension":".go","mimetype":"text/x-go","name":"go","pygments_lexer":"go","version":"1"}`),
	}}
}

// call runs the program and returns what it printed.
func call(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = program(args, &o, &e)
	return code, o.String(), e.String()
}

// notebook writes a notebook: a parameters cell and the given ones.
func notebook(t *testing.T, dir, name, params string, cells ...string) string {
	t.Helper()
	nb := blank()
	nb.Add(ipynb.Markdown, "# "+name)
	nb.Add(ipynb.Code, params, ipynb.TagParameters)
	for _, c := range cells {
		nb.Add(ipynb.Code, c)
	}
	path := filepath.Join(dir, name+".ipynb")
	if err := nb.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"run", "--help"}, {"reproduce", "--help"}, {"install", "--help"}} {
		code, out, _ := call(t, args...)
		if code != 0 || !strings.Contains(out, "Usage: go run ./kernel") || !strings.Contains(out, "go run ./kernel") {
			t.Errorf("%v: exit status %d, no usage with examples:\n%s", args, code, out)
		}
	}
}

// Errors in the command line are found before anything runs.
func TestUsageErrors(t *testing.T) {
	dir := t.TempDir()
	nb := notebook(t, dir, "n", "var (\n\tlr = 0.1\n\tepochs = 3\n)")
	other := notebook(t, dir, "other", "var lr = 0.2")
	broken := notebook(t, dir, "broken", "var lr = f()")
	twin := notebook(t, t.TempDir(), "n", "var lr = 0.1")
	index := notebook(t, t.TempDir(), "index", "var lr = 0.1")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"unexpected argument", []string{"frobnicate"}},
		{"there is no notebook file", []string{"run", filepath.Join(dir, "missing.ipynb")}},
		{`unknown parameter "lrr"; known: lr (float), epochs (int)`, []string{"run", nb, "-p", "lrr=1"}},
		{`"fast" is not a finite number`, []string{"run", nb, "-p", "lr=fast"}},
		{`"1.5" is not an integer`, []string{"run", nb, "-p", "epochs=1.5"}},
		{`unknown parameter "scale"`, []string{"run", nb, "--scale", "quick"}},
		{`--scale must be one of "quick","paper" but got "huge"`, []string{"run", nb, "--scale", "huge"}},
		{"contradicts", []string{"run", nb, "--scale", "quick", "-p", "scale=paper"}},
		{"lr must be a literal", []string{"run", broken}},
		{"never changed", []string{"run", nb, "--out", nb}},
		{"neither a notebook (.ipynb) nor a folder", []string{"run", nb, "--out", filepath.Join(dir, "foo.txt")}},
		{"there are 2 notebooks", []string{"run", nb, other, "--out", filepath.Join(dir, "x.ipynb")}},
		{"would both be written to", []string{"run", nb, twin}},
		{"would both be written to n.html", []string{"report", nb, twin, "--out", dir}},
		{"index.html, which is the index of the reports", []string{"report", index, "--out", dir}},
		{`no notebook "nine"; there are: `, []string{"reproduce", "nine"}},
		{`no notebook "nine"; there are: `, []string{"run", "nine"}},
		{`no notebook has the parameter sigmas; did you mean sigma?`, []string{"reproduce", "-p", "sigmas=1"}},
	} {
		code, _, errOut := call(t, c.args...)
		if code != 2 || !strings.Contains(errOut, c.want) {
			t.Errorf("%v: exit status %d, %s; want 2 and %q", c.args, code, errOut, c.want)
		}
	}
}

// A folder that cannot be written is reported before anything is computed.
func TestUnwritableFolder(t *testing.T) {
	dir := t.TempDir()
	nb := notebook(t, dir, "n", "var lr = 0.1")
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(file, "reports")
	for option, args := range map[string][]string{
		"--out":     {"run", nb, "--out", filepath.Join(inside, "n.ipynb")},
		"--reports": {"reproduce", "template", "--reports", inside},
	} {
		code, _, errOut := call(t, args...)
		if code != 1 || !strings.Contains(errOut, "saved in") || !strings.Contains(errOut, option) || strings.Contains(errOut, "preparing") {
			t.Errorf("%v: exit status %d, %s", args, code, errOut)
		}
	}
	if err := checkWritable(dir); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".dendrite-*")); len(left) > 0 {
		t.Errorf("probing a folder leaves %v", left)
	}
}

// The index lists the other notebooks when one cannot be read.
func TestIndexWithoutTheBroken(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{"broken.ipynb", "broken.html", "page.html"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errOut := call(t, "report", notebook(t, dir, "n", "var lr = 0.1"))
	if code != 0 || !strings.Contains(out, "index.html") || !strings.Contains(errOut, "broken.ipynb") || strings.Contains(errOut, "page") {
		t.Errorf("exit status %d, %s%s", code, out, errOut)
	}
	index, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil || !strings.Contains(string(index), `href="n.html"`) || strings.Contains(string(index), "broken") {
		t.Errorf("%v: %s", err, index)
	}
}

func TestOutFile(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ out, want string }{
		{"", "/clone/reports/n.ipynb"},
		{dir, filepath.Join(dir, "n.ipynb")},
		{"new/", "new/n.ipynb"},
		{"new", "new/n.ipynb"},
		{"v1.2/", "v1.2/n.ipynb"},
		{"new/x.ipynb", "new/x.ipynb"},
	} {
		if got, err := outFile("/clone", c.out, "some/n.ipynb", 1); err != nil || got != c.want {
			t.Errorf("outFile(%q) = %q, %v, want %q", c.out, got, err, c.want)
		}
	}
}

func TestSelectNotebooks(t *testing.T) {
	dir := t.TempDir()
	notebook(t, dir, "2-b", "var x = 1")
	notebook(t, dir, "1-a", "var x = 1")
	template := notebook(t, dir, "template", "var x = 1")
	nb, err := ipynb.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	nb.Metadata["dendrite"] = []byte(`{"template":true}`)
	if err := nb.WriteFile(template); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ names, want string }{
		{"", "1-a 2-b"}, {"2-b", "2-b"}, {"notebooks/2-b.ipynb 1-a", "1-a 2-b"}, {"template", "template"},
	} {
		paths, err := selectNotebooks(dir, strings.Fields(c.names))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range paths {
			got = append(got, notebookName(p))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q selects %v, want %s", c.names, got, c.want)
		}
	}
}

// An override is set in the notebooks that have the parameter, and is part of the
// command in the report. A scale may be given for notebooks without presets.
func TestReproduceJobs(t *testing.T) {
	dir := t.TempDir()
	a := notebook(t, dir, "a", "var (\n\tlr = 0.1\n\tname = \"x\"\n)")
	b := notebook(t, dir, "b", "var epochs = 2")
	jobs, err := reproduceJobs(dir, []string{a, b}, map[string]string{"lr": "2", "name": "it's", "scale": "quick"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := jobs[0].info.Command, `go run ./kernel run a.ipynb -p lr=2 -p 'name=it'\''s'`; got != want {
		t.Errorf("command %s, want %s", got, want)
	}
	if p := jobs[0].info.Parameters; p["lr"] != "2.0" || p["name"] != `"it's"` {
		t.Errorf("parameters %v", p)
	}
	if jobs[1].info.Command != "go run ./kernel run b.ipynb" || jobs[1].info.Parameters["epochs"] != "2" {
		t.Errorf("b: %+v", jobs[1].info)
	}
}

func TestImports(t *testing.T) {
	nb := blank()
	nb.Add(ipynb.Code, "!*echo\n%noautoget\nimport (\n\t\"fmt\"\n\tx \"microcircuits/dendrite\"\n)\n%%\nfmt.Println(1)")
	nb.Add(ipynb.Code, "import \"fmt\"\nfunc f() {}")
	nb.Add(ipynb.Code, "%%\nrun := 1")
	nb.Add(ipynb.Markdown, "import \"os\"")
	if got := strings.Join(imports([]*job{{nb: nb}}), " "); got != "fmt microcircuits/dendrite" {
		t.Errorf("imports: %s", got)
	}
}

func TestCleanAndLint(t *testing.T) {
	path := notebook(t, t.TempDir(), "n", "var lr = 0.1")
	if code, out, errOut := call(t, "lint", path); code != 0 {
		t.Fatalf("lint of a good notebook: %d\n%s%s", code, out, errOut)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	nb, err := ipynb.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	nb.Cells[1].Outputs = []*ipynb.Output{{Type: ipynb.Stream, Name: "stdout", Text: "x"}}
	if err := nb.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := call(t, "lint", path); code != 1 || !strings.Contains(out, "n.ipynb: cell 2: has outputs") {
		t.Errorf("lint: %d\n%s", code, out)
	}
	if code, _, errOut := call(t, "clean", path); code != 0 {
		t.Errorf("clean: %d\n%s", code, errOut)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("clean does not restore the original notebook: %v", err)
	}
}

func TestExcerpt(t *testing.T) {
	got := excerpt(strings.Repeat("x\n", excerptLines+2))
	if !strings.HasPrefix(got, "    1 | x\n") || !strings.HasSuffix(got, "... 2 more lines") {
		t.Errorf("excerpt:\n%s", got)
	}
}

// Comparisons of different runs of one notebook are written to different files.
func TestVersusName(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"/x/reports/4-mnist.ipynb", "/x/tweaked/4-mnist.ipynb", "reports-4-mnist-vs-tweaked-4-mnist.html"},
		{"/x/reports/before.ipynb", "/x/reports/after.ipynb", "before-vs-after.html"},
	} {
		if got := versusName(c.a, c.b); got != c.want {
			t.Errorf("versusName(%s, %s) = %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

// Every command takes a file, or the name of one of the project's notebooks, with or
// without .ipynb.
func TestFindNotebook(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module microcircuits\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"notebooks", "reports"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mine := notebook(t, filepath.Join(root, "notebooks"), "mine", "var lr = 0.1")
	here := notebook(t, root, "here", "var lr = 0.1")
	elsewhere := notebook(t, t.TempDir(), "mine", "var lr = 0.1")
	t.Chdir(root)
	for arg, want := range map[string]string{here: here, "here.ipynb": here, "mine": mine, "mine.ipynb": mine, "notebooks/mine.ipynb": mine} {
		if got, err := findNotebook(arg); err != nil || !sameFile(got, want) {
			t.Errorf("%s is %s (error %v), want %s", arg, got, err, want)
		}
	}
	for _, args := range [][]string{{"lint", "mine.ipynb"}, {"clean", "mine"}, {"run", "mine.ipynb", "-p", "lr=fast"}, {"plan", "mine.ipynb"}} {
		if _, _, errOut := call(t, args...); strings.Contains(errOut, "there is no notebook") {
			t.Errorf("%v: %s", args, errOut)
		}
	}
	for want, args := range map[string][]string{
		`no notebook "mime.ipynb"; did you mean mine?`:  {"run", "mime.ipynb"},
		`no notebook "mime"; did you mean mine?`:        {"lint", "mime"},
		"there is no notebook file sub/mine.ipynb":      {"clean", "sub/mine.ipynb"},
		"run it with go run ./kernel run " + elsewhere:  {"reproduce", elsewhere},
		"no figure of the catalogue, so it has no plan": {"plan", "mine"},
		"there is no executed notebook nine":            {"report", "nine"},
	} {
		if code, _, errOut := call(t, args...); code != 2 || !strings.Contains(errOut, want) {
			t.Errorf("%v: exit status %d, %s; want 2 and %q", args, code, errOut, want)
		}
	}
}

// A web page given for a notebook: the error names the notebook beside it. A notebook that
// was never run is named, with what to do.
func TestReportOfOtherFiles(t *testing.T) {
	dir := t.TempDir()
	page := func(name string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("<!doctype html>"), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	nb := notebook(t, dir, "4-mnist", "var lr = 0.1")
	for _, args := range [][]string{{"report", "--compare", page("4-mnist.html"), nb}, {"report", page("4-mnist.html")}, {"report", "--compare", nb, page("4-mnist.html")}} {
		if code, _, errOut := call(t, args...); code != 2 || !strings.Contains(errOut, "give the executed notebook beside it, "+nb) {
			t.Errorf("%v: exit status %d, %s", args, code, errOut)
		}
	}
	if code, _, errOut := call(t, "report", page("alone.html")); code != 2 || !strings.Contains(errOut, "web page") {
		t.Errorf("exit status %d, %s", code, errOut)
	}
	if code, _, errOut := call(t, "report", nb, "--out", t.TempDir()); code != 0 || !strings.Contains(errOut, "has not been run") || !strings.Contains(errOut, "run "+nb) {
		t.Errorf("exit status %d, %s", code, errOut)
	}
}
