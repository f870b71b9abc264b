package main

import (
	"path/filepath"
	"testing"

	"microcircuits/kernel/clone"
	"microcircuits/kernel/ipynb"
)

// The project's notebooks depend on nothing but their text and the project.
func TestProjectNotebooksAreClosed(t *testing.T) {
	root, err := clone.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(root, "notebooks", "*.ipynb"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d notebooks, %v", len(paths), err)
	}
	for _, path := range paths {
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkClosed(nb); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A notebook that may read something else is not closed.
func TestClosed(t *testing.T) {
	for _, c := range []struct {
		cells  []string
		closed bool
	}{
		{[]string{"import \"fmt\"\nfunc f(x int) string { return fmt.Sprint(x) }", "%%\nfmt.Println(f(3))"}, true},
		{[]string{"%%\nx := []int{3, 1}\nslices.Sort(x)\nfor i, v := range x {\n\tfmt.Println(i, v)\n}"}, true},
		{[]string{setupLine + "\n%noautoget", "%%\n"}, true},
		{[]string{"type T struct{ A int }\nfunc (t T) B() int { return t.A }"}, true},
		{[]string{"%%\n// os.ReadFile(\"x\")\ns := \"os.ReadFile\"\nfmt.Println(s)"}, true},
		{[]string{"x := 3\nx + 1", "x := `\n!cat y\n`\nfmt.Println(x)"}, true},

		{[]string{"%%\ndata, _ := os.ReadFile(\"x.csv\")\nfmt.Println(len(data))"}, false},
		{[]string{"import \"os\""}, false},
		{[]string{"import f \"os\"\nvar x = f.Args"}, false},
		{[]string{"import . \"os\""}, false},
		{[]string{"import _ \"embed\""}, false},
		{[]string{"%%\nfmt.Println(time.Now())"}, false},
		{[]string{"%%\nfmt.Println(rand.Float64())"}, false},
		{[]string{"%%\nos := 1\n_ = os", "%%\nfmt.Println(os.Args)"}, false},
		{[]string{"%%\nnet := 1\n_ = net", "%%\nc, _ := net.Dial(\"tcp\", \"x:1\")"}, false},
		{[]string{"%%\nfmt.Println(uuid.New())"}, false},
		{[]string{"%%\nvar x int\nfmt.Scan(&x)"}, false},
		{[]string{"%%\nd, err := task.MNIST(\"mine\")"}, false},
		{[]string{"%%\ns, err := task.FindMNIST(\"mine\")"}, false},
		{[]string{"!cat x.csv"}, false},
		{[]string{"%env A=b"}, false},
		{[]string{"x := `\n`\n!cat y\n"}, false},
		{[]string{"%% --flag\nx := 1"}, false},
		{[]string{"x := 1 this is no Go"}, false},
		{[]string{"import \"example.org/mine\""}, false},
		{[]string{"%%\np := params()\np.Data = \"mine\""}, false},
		{[]string{"%%\np := figure.MNISTParams{Data: \"mine\"}"}, false},
		{[]string{"%%\np := dendrite.Preset(figure.MNIST, \"quick\", dendrite.Changes{\"Data\": \"mine\"})"}, false},
		{[]string{"%%\np := dendrite.Preset(figure.Robustness, \"quick\", dendrite.Changes{\"digits.data\": \"mine\"})"}, false},
	} {
		nb := blank()
		for _, cell := range c.cells {
			nb.Add(ipynb.Code, cell)
		}
		if err := checkClosed(nb); (err == nil) != c.closed {
			t.Errorf("%q: %v, want closed %v", c.cells, err, c.closed)
		}
	}
}
