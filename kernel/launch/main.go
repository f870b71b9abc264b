// Command launch is the small program that Jupyter starts for a notebook of
// kernel "Dendrite (Go)". It finds the clone that the notebook's folder
// belongs to, builds that clone's own kernel program (a moment when nothing
// changed) and becomes it. So several clones live side by side, each with its
// own code.
//
// What goes wrong is said on standard error, where Jupyter's log shows it, and
// as the error of every cell, where the user sees it.
//
//	launch launch CONNECTION_FILE
//	launch version
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"microcircuits/kernel/clone"
	"microcircuits/kernel/front"
)

func main() {
	switch args := os.Args[1:]; {
	case len(args) == 1 && args[0] == "version":
		fmt.Println(clone.LauncherVersion)
	case len(args) == 2 && args[0] == "launch":
		err := launch(args[1]) // returns only when it failed
		fmt.Fprintln(os.Stderr, "dendrite:", err)
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := front.Explain(ctx, args[1], err.Error()); err != nil {
			fmt.Fprintln(os.Stderr, "dendrite:", err)
		}
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "usage: launch CONNECTION_FILE (started by Jupyter)")
		os.Exit(2)
	}
}

func launch(connectionFile string) error {
	root, err := clone.Find(".")
	if errors.Is(err, clone.ErrNotFound) {
		return fmt.Errorf("%w\n(the kernel Dendrite (Go) runs notebooks inside a clone: move this notebook there, for example into its notebooks folder)", err)
	}
	if err != nil {
		return err
	}
	goCmd, err := findGo()
	if err != nil {
		return err
	}
	program, err := clone.Build(context.Background(), goCmd, root)
	if err != nil {
		return err
	}
	env := append(os.Environ(), clone.LauncherEnv+"="+clone.LauncherVersion,
		"PATH="+filepath.Dir(goCmd)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return fmt.Errorf("%s: %w", program, syscall.Exec(program, []string{program, "serve", connectionFile}, env))
}

// findGo looks where Go was at install time and in the usual places too: a
// Jupyter started from a desktop has a short PATH.
func findGo() (string, error) {
	candidates := []string{"go", os.Getenv("DENDRITE_GO"),
		"/usr/local/go/bin/go", "/opt/homebrew/bin/go", "/usr/lib/go/bin/go"}
	for _, c := range candidates {
		if c == "" {
			continue
		}
		if path, err := exec.LookPath(c); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", errors.New("the go command was not found: install Go from https://go.dev/dl, then run \"go run ./kernel install\" in the clone again")
}
