//go:build lab

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// modules installs the npm packages of a folder in testdata into the user's cache and
// returns the folder that has node_modules. It reuses what is there for the same lock file.
func modules(t *testing.T, name string) string {
	t.Helper()
	from := filepath.Join("testdata", name)
	lock, err := os.ReadFile(filepath.Join(from, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(lock)
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "microcircuits", "npm-"+hex.EncodeToString(hash[:])[:16])
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	half, err := os.MkdirTemp(filepath.Dir(dir), "half-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(half)
	if err := os.CopyFS(half, packageFiles{os.DirFS(from)}); err != nil {
		t.Fatal(err)
	}
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = half
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.Rename(half, dir); err != nil && !errors.Is(err, fs.ErrExist) { // another test was faster
		t.Fatal(err)
	}
	return dir
}

// packageFiles are the two files of a folder that npm needs.
type packageFiles struct{ fs.FS }

func (p packageFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(p.FS, name)
	var kept []fs.DirEntry
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "package") {
			kept = append(kept, e)
		}
	}
	return kept, err
}

// notebookFolder returns a folder in the clone, where the kernel finds it.
func notebookFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("../notebooks", ".test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if dir, err = filepath.Abs(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// server starts a Jupyter server for a folder and returns its address. args are the
// program and its first arguments.
func server(t *testing.T, env []string, dir string, args ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	args = append(args, "--ServerApp.ip=127.0.0.1", fmt.Sprint("--ServerApp.port=", port), "--ServerApp.port_retries=0", "--ServerApp.token=", "--ServerApp.password=",
		"--ServerApp.disable_check_xsrf=True", "--ServerApp.open_browser=False", "--ServerApp.allow_root=True", "--ServerApp.root_dir="+dir)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", args...)
	cmd.Dir, cmd.Env = dir, env
	log := t.Output()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it ends its kernels
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Start(); err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was ended by the signal
	})
	address := fmt.Sprintf("http://127.0.0.1:%d/", port)
	for range 300 {
		if r, err := http.Get(address + "api"); err == nil {
			r.Body.Close()
			return address
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the Jupyter server does not answer")
	return ""
}

// node runs a test program of testdata/frontends in a folder. It is ended after a limit.
func node(t *testing.T, env []string, dir, program string, limit time.Duration) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("testdata", "frontends", program))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", file)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, append(env, "MODULES="+modules(t, "frontends")), 5*time.Second
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

// The client code of JupyterLab uses the kernel behind a Jupyter server.
func TestServices(t *testing.T) {
	env, tmp := installed(t)
	dir := notebookFolder(t)
	node(t, append(env, "SERVER="+server(t, env, dir, "-m", "jupyter_server")), dir, "services.mjs", 5*time.Minute)
	nothingIn(t, tmp)
}

// How long TestServicesSoak is. Before a release: -args -cells 500 -restarts 100.
var (
	soakCells    = flag.Int("cells", 50, "cells that TestServicesSoak runs")
	soakRestarts = flag.Int("restarts", 10, "restarts of the kernel in TestServicesSoak")
)

// Many cells of different kinds, and many restarts, through the client code of JupyterLab:
// no output and no status is lost, memory does not grow, no process and no file remains.
func TestServicesSoak(t *testing.T) {
	env, tmp := installed(t)
	dir := notebookFolder(t)
	limit := 5*time.Minute + time.Duration(*soakCells+*soakRestarts)*5*time.Second
	node(t, append(env, "SERVER="+server(t, env, dir, "-m", "jupyter_server"), fmt.Sprint("CELLS=", *soakCells), fmt.Sprint("RESTARTS=", *soakRestarts)),
		dir, "soak.mjs", limit)
	nothingIn(t, tmp)
}

// The same client code on ZeroMQ sockets, as VS Code uses it.
func TestSockets(t *testing.T) {
	env, tmp := installed(t)
	spec := ""
	for _, e := range env {
		if path, ok := strings.CutPrefix(e, "JUPYTER_PATH="); ok {
			spec = filepath.Join(path, "kernels", "dendrite", "kernel.json")
		}
	}
	node(t, append(env, "SPEC="+spec), notebookFolder(t), "sockets.mjs", 5*time.Minute)
	nothingIn(t, tmp)
}
