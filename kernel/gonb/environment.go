package gonb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"
)

// Variables of the go command that users have set for other projects must not change what
// is built here. Most are replaced. Those whose value may be meant for this project, but
// with which it cannot be built or run, are an error that names the variable.

// replaced are variables of the user that the go commands and the cells do not get, and
// what they get instead; "" leaves the variable out.
func replaced() map[string]string {
	return map[string]string{
		"GO111MODULE":  "on",
		"GOFLAGS":      "-mod=readonly", // an empty one would be read from go env's file
		"GOWORK":       "off",
		"GOPROXY":      "off", // no network
		"GOOS":         runtime.GOOS,
		"GOARCH":       runtime.GOARCH, // the cells run on this machine
		"GOROOT":       "",             // the go command knows its own
		"GOTMPDIR":     "",
		"GOEXPERIMENT": "",
		"GOBIN":        "",
		"CGO_ENABLED":  cgo(),
	}
}

// cgo is off unless the user has set CGO_ENABLED=1 and has a C compiler: the standard
// library needs it only for names of hosts and users, and cells take a sixth longer to
// link with it.
func cgo() string {
	compiler := strings.Fields(cmp.Or(os.Getenv("CC"), "gcc"))
	if os.Getenv("CGO_ENABLED") != "1" || len(compiler) == 0 {
		return "0"
	}
	if _, err := exec.LookPath(compiler[0]); err != nil {
		return "0"
	}
	return "1"
}

// userEnv returns the environment of the user without variables that change what is built.
func userEnv() []string {
	change := replaced()
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		_, found := change[name]
		return found || strings.HasPrefix(name, "GONB_")
	})
	for name, value := range change {
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// keptVariables are the variables that userEnv keeps and that can prevent a build.
var keptVariables = []string{"GOAMD64", "GOARM64", "GOTOOLCHAIN", "GOENV", "GOCACHE", "GOMODCACHE", "GOPATH", "GOEXPERIMENT", "GODEBUG", "GOFIPS140", "GOSUMDB", "GOVCS"}

// blame finds the variable with which a go command fails: the command works without it.
// If there is none, it returns the error.
func blame(ctx context.Context, goCmd, root string, failed error) error {
	if ctx.Err() != nil {
		return ctx.Err() // interrupted
	}
	try := func(without ...string) bool {
		cmd := exec.CommandContext(ctx, goCmd, "env", "GOVERSION")
		cmd.Dir = root
		cmd.Env = slices.DeleteFunc(userEnv(), func(kv string) bool {
			name, _, _ := strings.Cut(kv, "=")
			return slices.Contains(without, name)
		})
		if slices.Contains(without, "GOENV") {
			cmd.Env = append(cmd.Env, "GOENV=off")
		}
		return cmd.Run() == nil
	}
	for _, name := range keptVariables {
		value, set := os.LookupEnv(name)
		if set && try(name) {
			return fmt.Errorf("the environment variable %s=%s prevents the go command from working: unset it (unset %s)\n%w", name, value, name, failed)
		}
	}
	if try("GOENV") {
		return fmt.Errorf("a setting made with go env -w prevents the go command from working: go env -changed lists these settings, go env -u NAME removes one\n%w", failed)
	}
	return failed
}

// checkEnv finds what would prevent cells from being compiled or run.
func (t *Tools) checkEnv() error {
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		own, value := os.Getenv(name), t.env[name]
		switch {
		case own != "" && own != value:
			return fmt.Errorf("%s=%s is no folder with an absolute path: unset %s or change it", name, own, name)
		case value == "" || value == "off":
			return fmt.Errorf("the go command has no folder for its cache (%s), because HOME is not set: set HOME or %s", name, name)
		}
	}
	cache := t.env["GOCACHE"]
	err := os.MkdirAll(cache, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(cache, "dendrite-check-*"); err == nil {
			err = errors.Join(f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("the build cache %s (GOCACHE) cannot be written: %w; set GOCACHE to another folder", cache, err)
	}
	if err := checkLevel(t.env["GOAMD64"]); err != nil {
		return err
	}
	return checkTemp(os.TempDir())
}

// checkLevel checks that this processor can run programs built with GOAMD64.
func checkLevel(level string) error {
	if runtime.GOARCH != "amd64" || level == "" || level == "v1" {
		return nil
	}
	x := cpu.X86
	able := map[string]bool{
		"v2": x.HasSSE42 && x.HasPOPCNT && x.HasSSSE3 && x.HasCX16,
		"v3": x.HasAVX2 && x.HasBMI1 && x.HasBMI2 && x.HasFMA && x.HasOSXSAVE,
		"v4": x.HasAVX512F && x.HasAVX512BW && x.HasAVX512CD && x.HasAVX512DQ && x.HasAVX512VL,
	}
	switch runs, known := able[level]; {
	case !known:
		return fmt.Errorf("GOAMD64=%s is not one of v1, v2, v3, v4: unset GOAMD64", level)
	case !runs:
		return fmt.Errorf("GOAMD64=%s: this processor cannot run programs built for %s: unset GOAMD64", level, level)
	}
	return nil
}

// checkTemp checks that the temporary folder can be written and that programs can be run
// from it: those of the cells are.
func checkTemp(dir string) error {
	fix := fmt.Sprintf("set TMPDIR to another folder, for example: mkdir -p %q && export TMPDIR=%q", "$HOME/tmp", "$HOME/tmp")
	f, err := os.CreateTemp(dir, "dendrite-check-*")
	if err != nil {
		return fmt.Errorf("the temporary folder %s (TMPDIR) cannot be used: %w; %s", dir, err, fix)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, 1<<20))
	if err = errors.Join(err, f.Chmod(0o700), f.Close()); err != nil {
		return fmt.Errorf("the temporary folder %s (TMPDIR) cannot be written: %w; %s", dir, err, fix)
	}
	if err := unix.Access(f.Name(), unix.X_OK); err != nil {
		return fmt.Errorf("programs cannot be run from the temporary folder %s (TMPDIR), perhaps it is mounted with noexec; %s", dir, fix)
	}
	return nil
}
