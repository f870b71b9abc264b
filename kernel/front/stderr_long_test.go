//go:build long

package front

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Text on the standard error is shown while the cell runs and in the right order,
// also if it begins like a trace or an exit status.
func TestFrontStderr(t *testing.T) {
	s := startFront(t, &Front{})
	for _, text := range []string{"exit status 1 of the valve is normal\n", "50 %", "\r1 %\r2 %", "panic: in a log\nand on\n", "signal: strong; "} {
		seen := filepath.Join(t.TempDir(), "seen")
		reply := whileRunning(t, s, fmt.Sprintf(`fmt.Fprint(os.Stderr, %q)
for i := 0; ; i++ {
	if _, err := os.Stat(%q); err == nil {
		break
	} else if i == 1000 {
		panic("nothing was shown")
	}
	time.Sleep(10 * time.Millisecond)
}`, text, seen), true, func() {
			if err := os.WriteFile(seen, nil, 0o600); err != nil {
				t.Error(err)
			}
		})
		if reply["status"] != "ok" {
			t.Errorf("%q: %v", text, reply)
		}
	}
	for _, c := range []struct{ code, want string }{
		{"!false\nfmt.Println(1)", "stderr: exit status 1\n|stdout: 1\n"},
		{"for i := range 1000 {\n\tfmt.Fprintf(os.Stderr, \"\\r%d %%\", i)\n}", "stderr: 999 %"},
		{"fmt.Fprintln(os.Stderr, \"panic: in a log\")", "stderr: panic: in a log\n"},
		{"fmt.Fprintln(os.Stderr, \"panic: in a log\\n2\")\nos.Exit(3)", "stderr: panic: in a log\n2\n|error: Exit: the program ended with exit status 3\nthe program ended with exit status 3; its messages are above"},
	} {
		if r := run(t, s, c.code, time.Minute); outputText(r) != c.want {
			t.Errorf("%s shows %q, want %q", c.code, outputText(r), c.want)
		}
	}
	for _, code := range []string{"fmt.Fprint(os.Stderr, strings.Repeat(\"x\", 20_000_000))", "for range 5000 {\n\tfmt.Fprint(os.Stderr, strings.Repeat(\"x\", 4000))\n}"} {
		r := run(t, s, code, 2*time.Minute)
		if n := strings.Count(streams(r, "stderr"), "x"); n != 20_000_000 {
			t.Errorf("%s: a line of 20 MB arrived as %d bytes", code, n)
		}
	}
}
