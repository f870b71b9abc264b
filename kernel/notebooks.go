package main

import (
	"fmt"

	"microcircuits/kernel/ipynb"
)

type cleanCmd struct {
	Notebooks []string `arg:"" name:"notebook" help:"Notebooks to clean: files, or names in the notebooks folder."`
}

// Help implements kong.HelpProvider.
func (cleanCmd) Help() string {
	return `Removes outputs, execution counts, times and injected parameters from the files.
All else keeps its bytes.

Example:

  go run ./kernel clean notebooks/*.ipynb`
}

func (cmd *cleanCmd) Run(c *console) error {
	for _, arg := range cmd.Notebooks {
		path, err := findNotebook(arg)
		if err != nil {
			return err
		}
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			return err
		}
		nb.Clean()
		if err := nb.WriteFile(path); err != nil {
			return err
		}
	}
	return nil
}

type lintCmd struct {
	Notebooks []string `arg:"" name:"notebook" help:"Notebooks to check: files, or names in the notebooks folder."`
}

// Help implements kong.HelpProvider.
func (lintCmd) Help() string {
	return `Checks that each notebook has format 4.5, language Go, unique cell ids, no outputs,
no execution counts, and one cell tagged parameters with only variables set to literals.

Example:

  go run ./kernel lint notebooks/*.ipynb`
}

func (cmd *lintCmd) Run(c *console) error {
	problems := 0
	for _, arg := range cmd.Notebooks {
		path, err := findNotebook(arg)
		if err != nil {
			return err
		}
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			return err
		}
		for _, p := range ipynb.Lint(nb) {
			fmt.Fprintf(c.out, "%s: %s\n", path, p)
			problems++
		}
	}
	if problems > 0 {
		return fmt.Errorf("%d problems (to remove outputs and counts and mend language_info: go run ./kernel clean NOTEBOOK)", problems)
	}
	return nil
}
