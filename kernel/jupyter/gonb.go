package jupyter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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

// cellPackages are the packages that every cell of a [Front] has at hand.
var cellPackages = []string{"microcircuits/dendrite", "microcircuits/dendrite/notebook"}

// BuildCells compiles what the cells of a [Front] use.
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

// Options say how to start a kernel.
type Options struct {
	Root  string    // the project: a clone's root, absolute; workspace of the cells
	Dir   string    // folder of the notebook, where the cells run
	Env   []string  // additional environment, name=value
	Log   io.Writer // GoNB's log; nil drops it
	Tools *Tools    // nil: FindTools(Root)

	Completion string // gopls, absolute; empty: no completion and no help

	// Stock starts GoNB as somebody who never heard of this project would:
	// no workspace, the user's own Go settings, cells as they are written.
	// For tests.
	Stock bool
}

// RootVariable names the clone to the cells. The notebooks' portable first cell,
// by which a stock GoNB finds the project, then has nothing to find.
const RootVariable = "DENDRITE_ROOT"

// goplsScript stands for gopls: GoNB puts it into a process group of its own,
// which we must know to end it: it is a stray.
const goplsScript = `#!/bin/sh
echo $$ >"$TMPDIR/stray.$$" && [ -e "$TMPDIR/open" ] || exit 1
exec "$` + goplsVariable + `" serve -listen.timeout 30s "$@"
`

const goplsVariable = "DENDRITE_GOPLS"

// start runs GoNB on a connection, which it finds in its private temporary
// folder.
func (o *Options) start(ctx context.Context, conn *Connection) (*process, error) {
	if o.Tools == nil {
		tools, err := FindTools(ctx, o.Root)
		if err != nil {
			return nil, err
		}
		o.Tools = tools
	}
	if strings.Contains(o.Root, ",") && !o.Stock {
		return nil, fmt.Errorf("GoNB cannot use a folder with a comma in its name as workspace: %s", o.Root)
	}
	log := o.log()
	tmp := newTempDir()
	bin := filepath.Join(tmp, "bin")
	file := filepath.Join(tmp, "kernel-"+newID()+".json") // GoNB reads an id out of this name
	argv := []string{filepath.Join(bin, "gonb"), "--kernel", file, "--raw_error"}
	env := os.Environ()
	if !o.Stock {
		argv = append(argv, "--go_work="+o.Root)
		env = append(o.Tools.Env(), RootVariable+"="+o.Root, marksVariable+"=1")
	}
	const sep = string(filepath.ListSeparator)
	env = append(env, "PATH="+bin+sep+filepath.Dir(o.Tools.Go)+sep+os.Getenv("PATH"))
	env = append(env, o.Env...)
	env = append(env, goplsVariable+"="+o.Completion)
	prepare := func() error {
		if err := os.Mkdir(bin, 0o700); err != nil {
			return err
		}
		if err := conn.WriteFile(file); err != nil {
			return err
		}
		// Under their own names, wherever the go command keeps them.
		err := errors.Join(
			os.Symlink(o.Tools.GoNB, filepath.Join(bin, "gonb")),
			os.Symlink(o.Tools.Goimports, filepath.Join(bin, "goimports")))
		if o.Completion != "" {
			err = errors.Join(err, os.WriteFile(filepath.Join(bin, "gopls"), []byte(goplsScript), 0o700))
		}
		return err
	}
	return startProcess(tmp, prepare, o.Dir, env, log, argv...)
}

func (o *Options) log() io.Writer {
	if o.Log == nil {
		return io.Discard
	}
	return o.Log
}

// program is the Go program that GoNB composed last; empty when there is none.
func (s *Session) program() string {
	for _, name := range []string{"main.go", "main_test.go"} {
		found, _ := filepath.Glob(filepath.Join(s.proc.tmp, "gonb_*", name)) // the pattern is right
		for _, file := range found {
			if text, err := os.ReadFile(file); err == nil {
				return string(text)
			}
		}
	}
	return ""
}
