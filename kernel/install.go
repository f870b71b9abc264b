package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"microcircuits/kernel/clone"
	"microcircuits/kernel/front"
	"microcircuits/kernel/gonb"
)

const launcherName = "dendrite-launch"

// target is the folder where the kernel is registered.
type target struct {
	Prefix string `placeholder:"DIR" help:"Register under DIR/share/jupyter, for example of a virtual environment, instead of for this user."`
}

func (p target) dataDir() (string, error) {
	if p.Prefix == "" {
		return front.DataDir()
	}
	prefix, err := filepath.Abs(p.Prefix)
	return filepath.Join(prefix, "share", "jupyter"), err
}

type installCmd struct {
	target
	Completion bool `help:"Also build gopls, for completion and help in cells (takes a minute, 40 MB and the network)."`
}

// Help implements kong.HelpProvider.
func (installCmd) Help() string {
	return `Builds a small launcher and registers it with Jupyter as kernel "Dendrite (Go)".
For each notebook the launcher finds the clone that contains the notebook and runs
the kernel of that clone, so one installation works for all clones. Python is not
needed.

Examples:

  go run ./kernel install

  go run ./kernel install --completion

  go run ./kernel install --prefix ~/venv`
}

func (cmd *installCmd) Run(ctx context.Context, c *console) error {
	root, err := clone.Find(".")
	if err != nil {
		return err
	}
	data, err := cmd.dataDir()
	if err != nil {
		return err
	}
	goCmd, err := exec.LookPath("go")
	if err != nil {
		return errors.New("the command go is not on PATH")
	}
	if goCmd, err = filepath.Abs(goCmd); err != nil {
		return err
	}
	launcher := filepath.Join(front.SpecDir(data), launcherName)
	building := c.slowLine("compiling the launcher, the kernel of this clone and what cells use", "the first time up to three minutes")
	err = clone.BuildPackage(ctx, goCmd, root, "./kernel/launch", launcher)
	if err == nil {
		// Jupyter waits one minute for a kernel to start: build everything now.
		_, err = clone.Build(ctx, goCmd, root)
	}
	var tools *gonb.Tools
	if err == nil {
		tools, err = gonb.FindTools(ctx, root)
	}
	if err == nil {
		err = tools.BuildCells(ctx, root)
	}
	building.finish("")
	if err == nil && cmd.Completion {
		err = buildCompletion(ctx, c, goCmd, root)
	}
	if err != nil {
		return err
	}
	spec := front.KernelSpec{
		Argv:          []string{launcher, "launch", "{connection_file}"},
		DisplayName:   front.DisplayName,
		Language:      "go",
		InterruptMode: "message",
		Env:           map[string]string{"DENDRITE_GO": goCmd},
	}
	path, err := front.WriteSpec(data, spec)
	if err != nil {
		return err
	}
	c.print("installed %s: %s", front.DisplayName, path)
	return nil
}

func buildCompletion(ctx context.Context, c *console, goCmd, root string) error {
	dir, program, err := clone.Completion(root)
	if err != nil {
		return err
	}
	building := c.slowLine("compiling gopls for completion", "about a minute")
	err = clone.BuildPackage(ctx, goCmd, dir, clone.CompletionPackage, program)
	building.finish("")
	return err
}

// checkCompletion returns the path of gopls, or an error if it is not built.
func checkCompletion(root string) (string, error) {
	_, program, err := clone.Completion(root)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(program); err != nil {
		return "", errors.New("not installed: cells have no completion and no help")
	}
	return program, nil
}

type uninstallCmd struct{ target }

// Help implements kong.HelpProvider.
func (uninstallCmd) Help() string {
	return `Removes the registered kernel and the built programs in the user's cache.

Example:

  go run ./kernel uninstall`
}

func (cmd *uninstallCmd) Run(c *console) error {
	data, err := cmd.dataDir()
	if err != nil {
		return err
	}
	if _, err := front.ReadSpec(data); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not installed in %s", front.DisplayName, data)
	}
	if err := front.RemoveSpec(data); err != nil {
		return err
	}
	cache, err := clone.CacheDir()
	if err != nil {
		return err
	}
	programs, err := filepath.Glob(filepath.Join(cache, "kernel-*", "kernel"))
	if err != nil {
		return err
	}
	completion, err := filepath.Glob(filepath.Join(cache, "gopls-*", "gopls"))
	if err != nil {
		return err
	}
	for _, p := range append(programs, completion...) {
		if err := os.RemoveAll(filepath.Dir(p)); err != nil {
			return err
		}
	}
	c.print("removed %s", front.SpecDir(data))
	return nil
}

// checkSpec returns an error if no kernel is registered or the registered one does
// not work with this clone.
func checkSpec(ctx context.Context, data string) error {
	spec, err := front.ReadSpec(data)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("not installed")
	}
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, spec.Argv[0], "version").Output()
	if err != nil {
		return fmt.Errorf("the launcher does not start: %w", err)
	}
	if got := strings.TrimSpace(string(out)); got != clone.LauncherVersion {
		return fmt.Errorf("the launcher has version %s, this clone needs version %s", got, clone.LauncherVersion)
	}
	return nil
}
