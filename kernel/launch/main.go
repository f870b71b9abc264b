// Command launch is the small program that Jupyter starts for a notebook of kernel
// "Dendrite (Go)". It finds the clone that contains the notebook's folder, builds the
// kernel program of that clone and executes it in its own place. So there can be
// several clones, each with its own code.
//
// An error is written to standard error, for Jupyter's log, and shown as the error of
// every cell.
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
		err := launch(args[1]) // returns only with an error
		fmt.Fprintln(os.Stderr, "dendrite:", err)
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := front.ServeError(ctx, args[1], err.Error()); err != nil {
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
		return fmt.Errorf("%w\n(the kernel Dendrite (Go) runs only notebooks inside a clone: move this notebook there, for example into the folder notebooks)", err)
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

// findGo looks for Go on PATH, in its place at installation, and in common places: a
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
	return "", errors.New("the command go was not found: install Go from https://go.dev/dl, then run \"go run ./kernel install\" in the clone")
}
