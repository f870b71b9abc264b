//go:build jupyter || lab

package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// shots is the folder for screenshots that people can look at.
var shots = flag.String("shots", "", "folder for screenshots of the notebook tested")

// patience is the time limit of one step on a busy machine.
const patience = 4 * time.Minute

// installed registers the kernel, with completion, in a new folder. It returns the
// environment in which Jupyter's programs find it, and its temporary folder.
func installed(t *testing.T) (env []string, tmp string) {
	t.Helper()
	prefix := t.TempDir()
	tmp = t.TempDir()
	if code, _, errOut := call(t, "install", "--completion", "--prefix", prefix); code != 0 {
		t.Fatalf("install: %s", errOut)
	}
	return append(os.Environ(), "JUPYTER_PATH="+filepath.Join(prefix, "share", "jupyter"), "TMPDIR="+tmp,
		"JUPYTER_CONFIG_DIR="+tmp, "JUPYTER_RUNTIME_DIR="+filepath.Join(tmp, "runtime")), tmp
}

// nothingIn fails when a kernel has not removed its temporary folder.
func nothingIn(t *testing.T, tmp string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(tmp, "dendrite-kernel-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
