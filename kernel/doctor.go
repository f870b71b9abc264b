package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/front"
	"microcircuits/kernel/gonb"
)

type doctorCmd struct{ target }

// Help implements kong.HelpProvider.
func (doctorCmd) Help() string {
	return `Checks what the project needs on this machine and shows how to install what is
missing. Optional items do not change the exit status.

Example:

  go run ./kernel doctor`
}

// A check looks for one requirement.
type check struct {
	name     string
	optional bool
	fix      string // what the user can do; empty if the error contains it
	find     func(context.Context) (found string, err error)
}

func (cmd *doctorCmd) Run(ctx context.Context, c *console) error {
	checks, err := cmd.checks()
	if err != nil {
		return err
	}
	missing := 0
	for _, k := range checks {
		found, err := k.find(ctx)
		switch {
		case err == nil:
			c.print("ok        %-20s %s", k.name, found)
			continue
		case k.optional:
			c.print("optional  %-20s %v", k.name, err)
		default:
			c.print("MISSING   %-20s %v", k.name, err)
			missing++
		}
		if k.fix != "" {
			c.print("%31s%s", "", k.fix)
		}
	}
	if missing > 0 {
		return errReported
	}
	return nil
}

func (cmd *doctorCmd) checks() ([]check, error) {
	root, err := clone.Find(".")
	if err != nil {
		return nil, err
	}
	data, err := cmd.dataDir()
	if err != nil {
		return nil, err
	}
	install := "go run ./kernel install"
	if cmd.Prefix != "" {
		install += " --prefix " + shellQuote(cmd.Prefix)
	}
	program := func(names ...string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			for _, n := range names {
				if path, err := exec.LookPath(n); err == nil {
					return path, nil
				}
			}
			return "", fmt.Errorf("not found: %s", strings.Join(names, ", "))
		}
	}
	return []check{
		{name: "go", fix: "install Go from https://go.dev/dl", find: func(ctx context.Context) (string, error) {
			cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION")
			cmd.Dir = root
			out, err := cmd.Output()
			return strings.TrimSpace(string(out)), err
		}},
		{name: "modules", fix: "go mod download", find: func(ctx context.Context) (string, error) {
			cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.Module.Path}}{{end}}", "./...")
			cmd.Dir = root
			cmd.Env = (&gonb.Tools{}).Env()
			out, err := cmd.Output()
			if err != nil {
				return "", errors.New("some are not in the module cache")
			}
			distinct := map[string]bool{}
			for _, m := range strings.Fields(string(out)) {
				distinct[m] = true
			}
			return fmt.Sprintf("%d in the module cache", len(distinct)), nil
		}},
		{name: "gonb, goimports", fix: "go mod download", find: func(ctx context.Context) (string, error) {
			tools, err := gonb.FindTools(ctx, root)
			if err != nil {
				return "", err
			}
			return "gonb " + tools.GoNBVersion, nil
		}},
		{name: "MNIST", find: func(context.Context) (string, error) { // its error contains the fix
			return "complete", experiment.CheckData()
		}},
		{name: "run store", fix: "set DENDRITE_STORE to a folder you can write to", find: func(context.Context) (string, error) {
			store, err := runstore.Open("")
			if err != nil {
				return "", err
			}
			return store.Dir(), checkWritable(store.Dir())
		}},
		{name: "Jupyter kernel", optional: true, fix: install, find: func(ctx context.Context) (string, error) {
			return front.SpecDir(data), checkSpec(ctx, data)
		}},
		{name: "completion", optional: true, fix: install + " --completion", find: func(context.Context) (string, error) {
			return checkCompletion(root)
		}},
		{name: "Jupyter", optional: true, fix: "install any front end, for example: apt install jupyter-notebook",
			find: program("jupyter-lab", "jupyter-notebook", "jupyter", "code")},
		{name: "Chromium", optional: true, fix: "needed for the browser tests only: apt install chromium",
			find: program("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")},
	}, nil
}
