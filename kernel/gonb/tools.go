package gonb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Tools are the programs a kernel needs, as pinned by the project's go.mod.
type Tools struct {
	GoNB, Goimports string // absolute paths
	Go              string // absolute path of the go command
	GoVersion       string // like go1.26.0
	GoNBVersion     string // of the module, like v0.11.4

	env map[string]string // where go keeps its things
}

// FindTools locates GoNB and goimports through the tool directives of the
// go.mod in root, building them on first use. It needs no network but the
// project's modules in the module cache.
func FindTools(ctx context.Context, root string) (*Tools, error) {
	goCmd, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("the go command is not in PATH; install Go from https://go.dev/dl and try again")
	}
	t := &Tools{Go: goCmd}
	out, err := t.run(ctx, root, "env", "-json", "GOMODCACHE", "GOCACHE", "GOPATH", "GOTOOLCHAIN", "GOVERSION")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(out, &t.env); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	t.GoVersion = t.env["GOVERSION"]
	delete(t.env, "GOVERSION")
	for name, path := range map[string]*string{"gonb": &t.GoNB, "goimports": &t.Goimports} {
		out, err := t.run(ctx, root, "tool", "-n", name)
		if err != nil {
			return nil, fmt.Errorf("cannot build the tool %s: %w\n(in %s, with the network on: go mod download)", name, err, root)
		}
		*path = strings.TrimSpace(string(out))
		if _, err := os.Stat(*path); err != nil {
			return nil, fmt.Errorf("tool %s: %w", name, err)
		}
	}
	out, err = t.run(ctx, root, "list", "-m", "-f", "{{.Version}}", "github.com/janpfeifer/gonb")
	if err != nil {
		return nil, err
	}
	t.GoNBVersion = strings.TrimSpace(string(out))
	return t, nil
}

func (t *Tools) run(ctx context.Context, root string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, t.Go, args...)
	cmd.Dir = root
	cmd.Env = t.Env()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// cellPackages are the packages that every cell has at hand.
var cellPackages = []string{"microcircuits/dendrite", "microcircuits/dendrite/notebook"}

// BuildCells compiles what the cells use.
func (t *Tools) BuildCells(ctx context.Context, root string) error {
	_, err := t.Build(ctx, root, cellPackages...)
	return err
}

// Build compiles packages, as the cells find them, and returns how many were not
// in the build cache.
func (t *Tools) Build(ctx context.Context, root string, packages ...string) (compiled int, err error) {
	cmd := exec.CommandContext(ctx, t.Go, append([]string{"build", "-v"}, packages...)...)
	cmd.Dir = root
	cmd.Env = t.Env()
	var out bytes.Buffer
	cmd.Stderr = &out
	err = cmd.Run()
	for line := range strings.Lines(out.String()) {
		if !strings.ContainsAny(line, " \t:") {
			compiled++ // the rest are messages of the compiler
		}
	}
	if err != nil {
		return compiled, fmt.Errorf("go build: %w\n%s", err, bytes.TrimSpace(out.Bytes()))
	}
	return compiled, nil
}

// Env returns the environment in which go commands and the kernel run: the
// user's own without what would change what is built (GOFLAGS, GOWORK), and
// without the network.
func (t *Tools) Env() []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return name == "GOFLAGS" || name == "GOWORK" || name == "GOPROXY" || strings.HasPrefix(name, "GONB_")
	})
	env = append(env, "GOPROXY=off", "GOWORK=", "GOFLAGS=")
	if len(t.env) > 0 {
		// "go env -w GOFLAGS=..." would come back in the place of an empty
		// GOFLAGS: switch that file off and carry over what it says elsewhere.
		env = append(env, "GOENV=off")
		for k, v := range t.env {
			env = append(env, k+"="+v)
		}
	}
	return env
}
