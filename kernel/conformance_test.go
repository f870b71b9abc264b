//go:build jupyter

package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// All of Jupyter's own tests of kernels (python3-jupyter-kernel-test); none may be
// skipped.
func TestConformance(t *testing.T) {
	env, _ := installed(t)
	file, err := filepath.Abs("testdata/conformance.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"kernel_info", "execute_stdout", "execute_stderr", "completion", "is_complete", "pager", "error",
		"execute_result", "display_data", "history", "inspect", "clear_output",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, "/usr/bin/python3", "-B", "-W", "ignore", "-m", "unittest", "-v", "conformance.Dendrite.test_"+name)
			cmd.Dir, cmd.WaitDelay = "../notebooks", 5*time.Second // in the clone, where the kernel finds it
			cmd.Env = append(env, "PYTHONPATH="+filepath.Dir(file))
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if text := string(out); !strings.Contains(text, "Ran 1 test") || strings.Contains(text, "skipped") {
				t.Errorf("not run:\n%s", text)
			}
		})
	}
}
