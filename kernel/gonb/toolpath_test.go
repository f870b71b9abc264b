package gonb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The path of a tool is found again while the tool is there and nothing that decides which
// program it is has changed.
func TestKnownPath(t *testing.T) {
	root, cache := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(root, "go.mod"), "module a\n")
	write(filepath.Join(root, "go.sum"), "b\n")
	folder := filepath.Join(cache, "program-d")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(folder, "gonb")
	write(program, "#!/bin/sh\n")
	tools := func(change string) *Tools {
		return &Tools{GoVersion: "go1", env: map[string]string{"GOCACHE": cache, "GOAMD64": change}}
	}
	known := func(tools *Tools, name string) string { return knownPath(name, tools.pathFile(root, name)) }

	t1 := tools("v1")
	if got := known(t1, "gonb"); got != "" {
		t.Errorf("before it is kept: %q", got)
	}
	keepPath(t1.pathFile(root, "gonb"), program)
	old := time.Now().Add(-100 * time.Hour)
	if err := os.Chtimes(folder, old, old); err != nil {
		t.Fatal(err)
	}
	if got := known(t1, "gonb"); got != program {
		t.Errorf("kept: %q", got)
	}
	if info, err := os.Stat(folder); err != nil || info.ModTime().Before(old.Add(time.Hour)) {
		t.Error("the go command does not see that the program was used")
	}
	if got := known(t1, "goimports"); got != "" {
		t.Errorf("another tool: %q", got)
	}
	if got := known(tools("v3"), "gonb"); got != "" {
		t.Errorf("another setting: %q", got)
	}
	newer := tools("v1")
	newer.GoVersion = "go2"
	if got := known(newer, "gonb"); got != "" {
		t.Errorf("another Go: %q", got)
	}
	write(filepath.Join(root, "go.sum"), "c\n")
	if got := known(t1, "gonb"); got != "" {
		t.Errorf("another go.sum: %q", got)
	}
	write(filepath.Join(root, "go.mod"), "module a\nreplace b => ./b\n")
	if got := t1.pathFile(root, "gonb"); got != "" {
		t.Errorf("a module in a folder: %q", got)
	}
	write(filepath.Join(root, "go.mod"), "module a\n")
	write(filepath.Join(root, "go.sum"), "b\n")
	for _, damaged := range []string{"", "/", program[:len(program)-1]} {
		write(t1.pathFile(root, "gonb"), damaged)
		if got := known(t1, "gonb"); got != "" {
			t.Errorf("a file with %q: %q", damaged, got)
		}
	}
	keepPath(t1.pathFile(root, "gonb"), program)
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	if got := known(t1, "gonb"); got != "" {
		t.Errorf("without the program: %q", got)
	}
}

// The kept paths are those that the go command says.
func TestKeptTools(t *testing.T) {
	for range 2 {
		tools, err := FindTools(t.Context(), root(t))
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]string{"gonb": tools.GoNB, "goimports": tools.Goimports} {
			out, err := tools.run(t.Context(), root(t), "tool", "-n", name)
			if want := strings.TrimSpace(string(out)); err != nil || got != want {
				t.Errorf("%s: %s, want %s (%v)", name, got, want, err)
			}
			if kept := knownPath(name, tools.pathFile(root(t), name)); kept != got {
				t.Errorf("%s: kept %q", name, kept)
			}
		}
	}
}
