package clone

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestFind(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write := func(dir, gomod string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(base, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if gomod != "" {
			if err := os.WriteFile(filepath.Join(base, dir, "go.mod"), []byte(gomod), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	write("clone", "// ours\nmodule microcircuits // here\n\ngo 1.25.0\n")
	write("clone/notebooks/deep", "")
	write("clone/other", "module microcircuits/other\n")
	write("elsewhere", "module example.org/microcircuits\n")
	want := filepath.Join(base, "clone")
	for _, dir := range []string{"clone", "clone/notebooks/deep", "clone/other"} {
		if got, err := Find(filepath.Join(base, dir)); err != nil || got != want {
			t.Errorf("Find(%s) = %q, %v", dir, got, err)
		}
	}
	if err := os.Symlink(filepath.Join(want, "notebooks"), filepath.Join(base, "link")); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(filepath.Join(base, "link")); err != nil || got != want {
		t.Errorf("through a link: %q, %v", got, err)
	}
	if got, err := Find(filepath.Join(base, "elsewhere")); !errors.Is(err, ErrNotFound) {
		t.Errorf("elsewhere: %q, %v", got, err)
	}
}

func TestEachCloneHasItsOwnProgram(t *testing.T) {
	a, errA := Program("/a")
	b, errB := Program("/b")
	if errA != nil || errB != nil || a == b {
		t.Errorf("%q %v, %q %v", a, errA, b, errB)
	}
}

// A program can be run while other processes build it again.
func TestBuildsAtTheSameTime(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	source := func(version string) {
		t.Helper()
		for name, text := range map[string]string{
			"go.mod":  "module microcircuits\n\ngo 1.25.0\n",
			"main.go": fmt.Sprintf("package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(%q) }\n", version),
		} {
			if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := filepath.Join(dir, "new", "program")
	build := func() error { return BuildPackage(t.Context(), "go", root, ".", file) }
	source("old")
	if err := build(); err != nil {
		t.Fatal(err)
	}
	source("new")
	var builders sync.WaitGroup
	for range 2 {
		builders.Go(func() {
			if err := build(); err != nil {
				t.Error(err)
			}
		})
	}
	built, done := context.WithCancel(t.Context())
	go func() { builders.Wait(); done() }()
	for built.Err() == nil {
		if out, err := exec.Command(file).Output(); err != nil || string(out) != "old" && string(out) != "new" {
			t.Fatalf("run while it was built: %q, %v", out, err)
		}
	}
	if out, err := exec.Command(file).Output(); err != nil || string(out) != "new" {
		t.Errorf("after the builds: %q, %v", out, err)
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := build(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
		t.Errorf("linked again although nothing has changed (%v)", err)
	}
	// A later build removes the folder of a build that was killed.
	abandoned := filepath.Join(filepath.Dir(file), ".build-abandoned")
	if err := os.Mkdir(abandoned, 0o700); err != nil {
		t.Fatal(err)
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(abandoned, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	// If the clone does not build, the old program remains.
	if err := os.WriteFile(filepath.Join(root, "main.go"), []byte("package main\nfunc main() { undefined() }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := build(); err == nil {
		t.Error("a broken clone builds")
	}
	if out, err := exec.Command(file).Output(); err != nil || string(out) != "new" {
		t.Errorf("after a failed build: %q, %v", out, err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("other files beside the program: %v, %v", left, err)
	}
}

func TestCommit(t *testing.T) {
	root := t.TempDir()
	if commit, dirty := Commit(t.Context(), root); commit != "" || dirty {
		t.Errorf("outside of git: commit %q, dirty %v", commit, dirty)
	}
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", root, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "first")
	for _, c := range []struct {
		file string
		want bool
	}{
		{"", false},
		{"notebooks/results/theory.json", false},
		{"notebooks/theory.ipynb", false},
		{"notes.txt", false},
		{"my folder/plan.go", false}, // no program imports it
		{"dendrite/notes.md", false},
		{"dendrite/figure/mine_test.go", false},
		{"dendrite/figure/testdata/old.go", false},
		{"dendrite/figure/mine.go", true},
	} {
		if c.file != "" {
			file := filepath.Join(root, c.file)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte("{}"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if commit, dirty := Commit(t.Context(), root); len(commit) != 40 || dirty != c.want {
			t.Errorf("with %q: commit %q, dirty %v, want %v", c.file, commit, dirty, c.want)
		}
	}
	git("add", "notebooks")
	git("commit", "-q", "-m", "second")
	if err := os.WriteFile(filepath.Join(root, "notebooks", "theory.ipynb"), []byte("later"), 0o644); err != nil {
		t.Fatal(err)
	}
	if data, err := File(t.Context(), root, "notebooks/theory.ipynb"); err != nil || string(data) != "{}" {
		t.Errorf("the file in the commit: %q, %v", data, err)
	}
	if _, err := File(t.Context(), root, "notebooks/mine.ipynb"); err == nil {
		t.Error("a file that was never committed is found in the commit")
	}
}
