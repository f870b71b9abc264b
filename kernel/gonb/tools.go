package gonb

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// Tools are the programs that a kernel needs, in the versions of the project's
// go.mod.
type Tools struct {
	GoNB, Goimports string // absolute paths
	Go              string // absolute path of the go command
	GoVersion       string // like go1.26.0
	GoNBVersion     string // of the module, like v0.11.4

	env map[string]string // folders and toolchain of the go command
}

// FindTools finds GoNB and goimports through the tool directives of the go.mod in
// root, and builds them on first use. It does not use the network: the project's
// modules must be in the module cache.
func FindTools(ctx context.Context, root string) (*Tools, error) {
	goCmd, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("the command go is not on PATH: install Go from https://go.dev/dl and try again")
	}
	t := &Tools{Go: goCmd}
	out, err := t.run(ctx, root, "env", "-json", "GOMODCACHE", "GOCACHE", "GOPATH", "GOTOOLCHAIN", "GOVERSION", "GOAMD64", "GOARM64")
	if err != nil {
		return nil, blame(ctx, goCmd, root, err)
	}
	if err := json.Unmarshal(out, &t.env); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	if err := t.checkEnv(); err != nil {
		return nil, err
	}
	t.GoVersion = t.env["GOVERSION"]
	delete(t.env, "GOVERSION")
	// Each command takes a part of the second before the first cell: together.
	var wait sync.WaitGroup
	errs := make([]error, 3)
	wait.Go(func() { t.GoNB, errs[0] = t.find(ctx, root, "gonb") })
	wait.Go(func() { t.Goimports, errs[1] = t.find(ctx, root, "goimports") })
	wait.Go(func() {
		out, err := t.run(ctx, root, "list", "-m", "-f", "{{.Version}}", "github.com/janpfeifer/gonb")
		t.GoNBVersion, errs[2] = strings.TrimSpace(string(out)), err
	})
	wait.Wait()
	if err := cmp.Or(errs...); err != nil {
		return nil, err
	}
	return t, nil
}

// find returns the path of a tool and builds it if necessary.
func (t *Tools) find(ctx context.Context, root, name string) (string, error) {
	file := t.pathFile(root, name)
	if path := knownPath(name, file); path != "" {
		return path, nil
	}
	out, err := t.run(ctx, root, "tool", "-n", name)
	if ctx.Err() != nil {
		return "", ctx.Err() // interrupted: nothing is wrong with the tool
	}
	if err != nil {
		return "", fmt.Errorf("cannot build the tool %s: %w\n(connect to the network and run in %s: go mod download)", name, err, root)
	}
	path := strings.TrimSpace(string(out))
	if err := checkTool(name, path); err != nil {
		return "", err
	}
	keepPath(file, path)
	return path, nil
}

func (t *Tools) run(ctx context.Context, root string, args ...string) ([]byte, error) {
	cmd := t.command(ctx, root, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// command returns a go command in a process group of its own: Ctrl-C in a terminal does
// not reach it, so that it ends only with ctx and never looks like a failed build.
func (t *Tools) command(ctx context.Context, root string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, t.Go, args...)
	cmd.Dir = root
	cmd.Env = t.Env()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// cellPackages are packages that cells of all notebooks use.
var cellPackages = []string{"microcircuits/dendrite", "microcircuits/dendrite/notebook", "microcircuits/dendrite/notebook/streams"}

// BuildCells compiles cellPackages.
func (t *Tools) BuildCells(ctx context.Context, root string) error {
	_, err := t.Build(ctx, root, cellPackages...)
	return err
}

// Build compiles packages in the environment of the cells and returns the number of
// packages that were not in the build cache.
func (t *Tools) Build(ctx context.Context, root string, packages ...string) (compiled int, err error) {
	cmd := t.command(ctx, root, append([]string{"build", "-v"}, packages...)...)
	var out bytes.Buffer
	cmd.Stderr = &out
	err = cmd.Run()
	for line := range strings.Lines(out.String()) {
		if !strings.ContainsAny(line, " \t:") {
			compiled++ // other lines are messages of the compiler
		}
	}
	if ctx.Err() != nil {
		return compiled, ctx.Err()
	}
	if err != nil {
		return compiled, fmt.Errorf("go build: %w\n%s", err, bytes.TrimSpace(out.Bytes()))
	}
	return compiled, nil
}

// Env returns the environment for go commands in the project: that of the user without
// variables that change what is built, and without network access.
func (t *Tools) Env() []string {
	env := userEnv()
	if len(t.env) > 0 {
		// Do not read the file of go env -w, which may have any of the variables: set
		// its other values here.
		env = append(env, "GOENV=off")
		for k, v := range t.env {
			if v != "" {
				env = append(env, k+"="+v)
			}
		}
	}
	return env
}

// kernelEnv is Env for GoNB, which has a workspace of its own. Programs of cells are linked
// without a symbol table and information for debuggers, which nobody reads and which take a
// quarter of the link's time; stack traces do not need them.
func (t *Tools) kernelEnv() []string { return append(t.Env(), "GOWORK=", "GOFLAGS=-ldflags=-s") }
