package runstore

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A result contains the commit of the code that computed it; changed notebooks are
// ignored.
func TestCommit(t *testing.T) {
	root := t.TempDir()
	if got := commitOf(root); got != "unknown" {
		t.Errorf("outside of git: %q", got)
	}
	git := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("git", append([]string{"-C", root, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "first")
	head := git("rev-parse", "HEAD")
	for _, c := range []struct{ change, want string }{
		{"notebooks/theory.ipynb", head},
		{"dendrite/notes.txt", head},
		{"dendrite/model_test.go", head},
		{"dendrite/testdata/model.go", head},
		{"dendrite/model.go", head + "-dirty"}, // it is compiled
	} {
		file := filepath.Join(root, filepath.FromSlash(c.change))
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, nil, 0o644))
		if got := commitOf(root); got != c.want {
			t.Errorf("%s changed: %q, want %q", c.change, got, c.want)
		}
	}
	if m := NewMeta(time.Now(), "avx2"); m.Commit != commitOf(filepath.Join("..", "..")) {
		t.Errorf("of this clone: %q", m.Commit)
	}
}
