package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/runstore"
)

// selfPredictions stores two small runs of a figure, the second with sigma = 0.3, and returns the
// name of the second.
func selfPredictions(t *testing.T) string {
	t.Helper()
	t.Setenv(runstore.DirVariable, t.TempDir())
	var name string
	for _, changes := range []experiment.Changes{nil, {"Sigma": 0.3}} {
		r, err := figure.SelfPrediction.RunSmall(t.Context(), experiment.Env{}, changes)
		if err != nil {
			t.Fatal(err)
		}
		name = r.Provenance.Runs[0]
	}
	return name
}

func TestRunsWhere(t *testing.T) {
	name := selfPredictions(t)
	for _, args := range [][]string{{"--where", "sigma=0.3"}, {"self-prediction", "-w", "Sigma=.30"}, {"-w", "Sigma=0.3", "-w", "seed=1"}} {
		code, out, errOut := call(t, append([]string{"runs"}, args...)...)
		if code != 0 || strings.Count(out, "self-prediction/") != 1 || !strings.Contains(out, name) || !strings.Contains(out, "Sigma=0.3") {
			t.Errorf("%v: exit status %d\n%s%s", args, code, out, errOut)
		}
	}
	if code, out, _ := call(t, "runs", "--where", "sigma=0.4"); code != 0 || strings.Contains(out, "self-prediction/") {
		t.Errorf("sigma=0.4: exit status %d\n%s", code, out)
	}
	for arg, want := range map[string]string{"sigmo=0.3": "did you mean", "sigma": "NAME=VALUE", "=3": "NAME=VALUE"} {
		if code, _, errOut := call(t, "runs", "--where", arg); code != 2 || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit status %d: %s", arg, code, errOut)
		}
	}
}

func TestRunsShowOne(t *testing.T) {
	name := selfPredictions(t)
	for _, arg := range []string{name, name + "/", name[:len(name)-4]} {
		code, out, errOut := call(t, "runs", arg)
		if code != 0 {
			t.Fatalf("%s: exit status %d: %s", arg, code, errOut)
		}
		changed, other := strings.Index(out, "Sigma "), strings.Index(out, "TauW ")
		if changed < 0 || other < changed || !regexp.MustCompile(`Sigma +0\.3 +changed, preset`).MatchString(out) {
			t.Errorf("changed parameters are not first:\n%s", out)
		}
		for _, want := range []string{`Before\.Time +\d+ +ms +time of the traces`, `Apical +\d+ +\|v_A\|\^2`} {
			if !regexp.MustCompile(want).MatchString(out) {
				t.Errorf("no array %q:\n%s", want, out)
			}
		}
	}
	for arg, want := range map[string]string{
		"self-prediction/seed9": "there is no run", "self-prediction/": "there is no run", "self-prediction/s": "runs begin with", "self-predicion/seed1": "did you mean self-prediction?",
	} {
		if code, _, errOut := call(t, "runs", arg); code != 2 || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit status %d: %s", arg, code, errOut)
		}
	}
}

func TestRunsExport(t *testing.T) {
	name := selfPredictions(t)
	dir := filepath.Join(t.TempDir(), "csv")
	if code, _, errOut := call(t, "runs", "export", name, "--out", dir); code != 0 {
		t.Fatalf("exit status %d: %s", code, errOut)
	}
	data, err := os.ReadFile(filepath.Join(dir, "Before.Time.csv"))
	if err != nil || !strings.HasPrefix(string(data), "index,Before.Time (ms)\n0,") {
		t.Errorf("%.60s, %v", data, err)
	}
	if err := os.Remove(filepath.Join(dir, "Apical.csv")); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := call(t, "runs", "export", name, "--out", dir)
	if code != 1 || !strings.Contains(errOut, "exists and is not replaced") {
		t.Errorf("exit status %d: %s", code, errOut)
	}
	if _, err := os.Stat(filepath.Join(dir, "Apical.csv")); err == nil {
		t.Error("a part of the files was written")
	}
	if code, _, errOut := call(t, "runs", "export", "self-prediction/nothing", "--out", dir); code != 2 || !strings.Contains(errOut, "there is no run") {
		t.Errorf("exit status %d: %s", code, errOut)
	}
}

func TestWriteCSV(t *testing.T) {
	t.Setenv(runstore.DirVariable, t.TempDir())
	store, err := runstore.Open("")
	if err != nil {
		t.Fatal(err)
	}
	entry, err := store.Entry("mine", "seed1", 1)
	if err != nil {
		t.Fatal(err)
	}
	result := struct {
		Weights [][]float32 `unit:"mV, \"peak\"" doc:"weights"`
	}{[][]float32{{0.1, 2}, {-3, 4}}}
	if err := entry.Save(result, runstore.NewMeta(time.Now(), "portable")); err != nil {
		t.Fatal(err)
	}
	arrays, err := store.Arrays(entry.Name())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := writeCSV(&b, &arrays[0]); err != nil {
		t.Fatal(err)
	}
	const unit = `(mV, ""peak"")"`
	if want := `index,"Weights 0 ` + unit + `,"Weights 1 ` + unit + "\n0,0.1,2\n1,-3,4\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// The Python program in README finds a run by its parameters. Where NumPy is missing, a stub that
// knows the names and shapes of the arrays takes its place.
func TestReadmePython(t *testing.T) {
	name := selfPredictions(t)
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```python\n(.*?)```").FindSubmatch(readme)
	if m == nil {
		t.Fatal("README has no Python program")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3: the program in README is not checked")
	}
	cmd := exec.Command(python, "-c", string(m[1]))
	if exec.Command(python, "-c", "import numpy").Run() != nil {
		t.Log("NumPy is missing: a stub takes its place")
		dir := t.TempDir()
		const stub = "import types, zipfile\n\ndef load(path):\n    return {n[:-len('.npy')]: types.SimpleNamespace(shape='?') for n in zipfile.ZipFile(path).namelist()}\n"
		if err := os.WriteFile(filepath.Join(dir, "numpy.py"), []byte(stub), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(os.Environ(), "PYTHONPATH="+dir)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 5 || !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "Before.Time ms") }) {
		t.Errorf("%s", out)
	}
	for _, l := range lines {
		if !strings.HasPrefix(l, filepath.Base(name)+" ") {
			t.Errorf("another run than %s: %s", name, l)
		}
	}
}
