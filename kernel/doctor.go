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

type doctorCmd struct{ place }

// Help implements kong.HelpProvider.
func (doctorCmd) Help() string {
	return `Checks what the project needs on this machine and names the command that mends
what is missing. Optional things do not change the exit status.

Example:

  go run ./kernel doctor`
}

// A check looks at one thing. It returns what it found, or an error.
type check struct {
	name     string
	optional bool
	mend     string // empty where the error says it
	look     func(context.Context) (found string, err error)
}

func (cmd *doctorCmd) Run(ctx context.Context, c *console) error {
	checks, err := cmd.checks()
	if err != nil {
		return err
	}
	missing := 0
	for _, k := range checks {
		found, err := k.look(ctx)
		switch {
		case err == nil:
			c.tell("ok        %-20s %s", k.name, found)
			continue
		case k.optional:
			c.tell("optional  %-20s %v", k.name, err)
		default:
			c.tell("MISSING   %-20s %v", k.name, err)
			missing++
		}
		if k.mend != "" {
			c.tell("%31s%s", "", k.mend)
		}
	}
	if missing > 0 {
		return errTold
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
		{name: "go", mend: "install Go from https://go.dev/dl", look: func(ctx context.Context) (string, error) {
			cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION")
			cmd.Dir = root
			out, err := cmd.Output()
			return strings.TrimSpace(string(out)), err
		}},
		{name: "modules", mend: "go mod download", look: func(ctx context.Context) (string, error) {
			cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.Module.Path}}{{end}}", "./...")
			cmd.Dir = root
			cmd.Env = (&gonb.Tools{}).Env()
			out, err := cmd.Output()
			if err != nil {
				return "", errors.New("not all in the module cache")
			}
			distinct := map[string]bool{}
			for _, m := range strings.Fields(string(out)) {
				distinct[m] = true
			}
			return fmt.Sprintf("%d in the module cache", len(distinct)), nil
		}},
		{name: "gonb, goimports", mend: "go mod download", look: func(ctx context.Context) (string, error) {
			tools, err := gonb.FindTools(ctx, root)
			if err != nil {
				return "", err
			}
			return "gonb " + tools.GoNBVersion, nil
		}},
		{name: "MNIST", look: func(context.Context) (string, error) { // its error names the mend
			return "complete", experiment.CheckData()
		}},
		{name: "run store", mend: "set DENDRITE_STORE to a folder you can write to", look: func(context.Context) (string, error) {
			store, err := runstore.Open("")
			if err != nil {
				return "", err
			}
			return store.Dir(), probe(store.Dir())
		}},
		{name: "Jupyter kernel", optional: true, mend: install, look: func(ctx context.Context) (string, error) {
			return front.SpecDir(data), checkSpec(ctx, data)
		}},
		{name: "completion", optional: true, mend: install + " --completion", look: func(context.Context) (string, error) {
			return checkCompletion(root)
		}},
		{name: "Jupyter", optional: true, mend: "any front end will do, for example: apt install jupyter-notebook",
			look: program("jupyter-lab", "jupyter-notebook", "jupyter", "code")},
		{name: "Chromium", optional: true, mend: "for the browser tests only: apt install chromium",
			look: program("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")},
	}, nil
}
