package gonb

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What users have set for other projects does not reach the go commands.
func TestUserEnv(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte("GO111MODULE=off\nGOARCH=wasm\nGOFLAGS=-nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"GO111MODULE": "off", "GOARCH": "wasm", "GOOS": "js", "GOFLAGS": "-nonsense", "GOWORK": "/nonsense", "GOROOT": "/nonsense",
		"GOEXPERIMENT": "nonsense", "GOTMPDIR": "/nonsense", "GOBIN": "nonsense",
	} {
		t.Setenv(name, value)
		if slices.Contains(userEnv(), name+"="+value) {
			t.Errorf("%s=%s is kept", name, value)
		}
	}
	t.Setenv("GOENV", file)
	tools, err := FindTools(t.Context(), root(t))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tools.Go, "env", "GO111MODULE", "GOARCH", "GOFLAGS")
	cmd.Env = tools.kernelEnv()
	if out, err := cmd.Output(); err != nil || strings.Contains(string(out), "wasm") || strings.Contains(string(out), "nonsense") || strings.Contains(string(out), "off") {
		t.Errorf("%s%v", out, err)
	}
}

// Cells are built without cgo, unless the user wants it and has a compiler.
func TestCgo(t *testing.T) {
	here, err := os.Executable() // any program
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ enabled, compiler, want string }{
		{"", here, "0"}, {"0", here, "0"}, {"1", "/no/compiler", "0"}, {"1", " ", "0"}, {"1", here + " -O2", "1"},
	} {
		t.Setenv("CGO_ENABLED", c.enabled)
		t.Setenv("CC", c.compiler)
		if !slices.Contains(userEnv(), "CGO_ENABLED="+c.want) {
			t.Errorf("CGO_ENABLED=%s CC=%s does not give %s", c.enabled, c.compiler, c.want)
		}
	}
}

// Values with which nothing can be built or run are errors that name the variable.
func TestUnusableEnv(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"GOAMD64": "v9", "GOTOOLCHAIN": "nonsense", "GOCACHE": "relative", "TMPDIR": filepath.Join(file, "x"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			_, err := FindTools(t.Context(), root(t))
			if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "go mod download") {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		})
	}
	t.Run("GOCACHE", func(t *testing.T) {
		t.Setenv("GOCACHE", filepath.Join(file, "x"))
		if _, err := FindTools(t.Context(), root(t)); err == nil || !strings.Contains(err.Error(), "GOCACHE") {
			t.Error(err)
		}
	})
	t.Run("HOME", func(t *testing.T) {
		for _, name := range []string{"HOME", "GOCACHE", "XDG_CACHE_HOME"} {
			t.Setenv(name, "") // so that it is set again after the test
			os.Unsetenv(name)
		}
		if _, err := FindTools(t.Context(), root(t)); err == nil || !strings.Contains(err.Error(), "HOME") {
			t.Error(err)
		}
	})
}
