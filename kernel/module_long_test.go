//go:build long

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"microcircuits/dendrite/runstore"
)

// The commands of README.md make a module of the user's own that can use the package, and
// its program with a figure runs there.
func TestReadmeModule(t *testing.T) {
	root, text := readme(t)
	block := regexp.MustCompile("(?s)```sh\n(go mod init.*?)```").FindStringSubmatch(text)
	program := regexp.MustCompile("(?s)```go\n(p, err := figure.*?)```").FindStringSubmatch(text)
	if block == nil || program == nil {
		t.Fatal("README.md has no commands for a module, or no program")
	}
	dir := t.TempDir()
	source := "package main\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"log\"\n\n\t\"microcircuits/dendrite/experiment\"\n\t\"microcircuits/dendrite/figure\"\n)\n\n" +
		"func main() {\n\tctx := context.Background()\n" + strings.Replace(program[1], "\"Sigma\": 0.3", "\"Sigma\": 0.3, \"Seeds\": 1", 1) + "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\tfmt.Println(run.Badge())\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := strings.ReplaceAll(block[1], "/path/to/microcircuits", root) + "go run .\n"
	cmd := exec.CommandContext(t.Context(), "bash", "-ec", commands)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", runstore.DirVariable+"="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "custom, from quick") {
		t.Errorf("%v\n%s\n%s", err, source, out)
	}
}
