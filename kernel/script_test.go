package main

import (
	"bytes"
	"strings"
	"testing"
)

// callScript runs the program as scripts/reproduce does, under the name that was typed.
func callScript(t *testing.T, typed string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = programAs(typed, append([]string{"reproduce", "--clone", "."}, args...), &o, &e)
	return code, o.String(), e.String()
}

// Help and errors show the command as it was typed.
func TestScriptIsShownAsTyped(t *testing.T) {
	for _, typed := range []string{"scripts/reproduce", "../microcircuits/scripts/reproduce", "./reproduce"} {
		code, out, _ := callScript(t, typed, "--help")
		if code != 0 || !strings.Contains(out, "Usage: "+typed+" [<notebook> ...] [flags]") || !strings.Contains(out, typed+" 4-mnist --scale paper") {
			t.Errorf("%s: exit status %d\n%s", typed, code, out)
		}
		for _, inside := range []string{"kernel", "--clone"} {
			if strings.Contains(out, inside) {
				t.Errorf("%s: the help has %q\n%s", typed, inside, out)
			}
		}
	}
	for _, args := range [][]string{{"nine"}, {"--scale", "huge"}, {"-p", "sigma"}, {"--nothing"}} {
		code, _, errOut := callScript(t, "scripts/reproduce", args...)
		if code != 2 || !strings.HasPrefix(errOut, "reproduce: ") || strings.Contains(errOut, "kernel") {
			t.Errorf("%v: exit status %d, %s", args, code, errOut)
		}
	}
	code, out, _ := call(t, "reproduce", "--help")
	if code != 0 || !strings.Contains(out, "Usage: go run ./kernel reproduce") || !strings.Contains(out, "go run ./kernel reproduce 4-mnist") {
		t.Errorf("exit status %d\n%s", code, out)
	}
}
