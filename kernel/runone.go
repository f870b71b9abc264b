package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/internal/files"
	"microcircuits/kernel/internal/human"
)

// findRun returns the run with a name, such as mnist/backprop-seed1-0123456789abcdef, or the only
// one whose name begins with it; and all runs of its experiment.
func findRun(name string) (*runstore.Store, storedRun, []storedRun, error) {
	name = strings.TrimSuffix(filepath.ToSlash(name), "/")
	experiment, unit, _ := strings.Cut(name, "/")
	store, runs, err := storedRuns(experiment)
	if err != nil {
		return nil, storedRun{}, nil, err
	}
	var found []storedRun
	for _, k := range runs {
		if k.Name == name {
			return store, k, runs, nil
		}
		if unit != "" && strings.HasPrefix(k.Name, name) {
			found = append(found, k)
		}
	}
	switch len(found) {
	case 0:
		return nil, storedRun{}, nil, usage("there is no run %s in %s: the command  go run ./kernel runs %s  lists the runs of this experiment", name, store.Dir(), experiment)
	case 1:
		return store, found[0], runs, nil
	}
	return nil, storedRun{}, nil, usage("%d runs begin with %s, such as %s and %s: write the whole name", len(found), name, found[0].Name, found[1].Name)
}

// one shows one run with its parameters, changed ones first, and its arrays.
func (cmd *runsShowCmd) one(c *console) error {
	store, k, runs, err := findRun(cmd.Experiment)
	if err != nil {
		return err
	}
	params := parametersOf(runs)[k.Name].sorted()
	var arrays []runstore.Array
	if k.Complete {
		if arrays, err = store.Arrays(k.Name); err != nil {
			return err
		}
	}
	if cmd.JSON {
		return c.printJSON(struct {
			Name       string           `json:"name"`
			State      string           `json:"state"`
			Folder     string           `json:"folder"`
			Meta       runstore.Meta    `json:"meta"`
			Parameters runParams        `json:"parameters"`
			Arrays     []runstore.Array `json:"arrays"`
		}{k.Name, k.state(), filepath.Join(store.Dir(), k.Name), k.Meta, params, arrays})
	}
	c.print("%s: %s, computed %s in %s", k.Name, k.state(), k.Meta.Created.Local().Format(time.DateTime), human.Duration(k.Meta.Seconds))
	if k.Complete {
		c.print("%s on %s, kernels %s, processor %s, commit %s", k.Meta.Go, k.Meta.Arch, k.Meta.Backend, k.Meta.CPU, k.Meta.Commit)
	}
	c.print("%s\n", filepath.Join(store.Dir(), filepath.FromSlash(k.Name)))
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	if len(params) > 0 {
		fmt.Fprintln(table, "PARAMETER\tVALUE\tPRESET")
	}
	for _, p := range params {
		preset := ""
		if p.Changed && p.Preset != "" {
			preset = "changed, preset " + p.Preset
		} else if p.Changed {
			preset = "differs between runs"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", p.Name, p.Value, preset)
	}
	if len(arrays) > 0 {
		fmt.Fprintln(table, "\t\t\nARRAY\tSHAPE\tUNIT\tMEANING")
	}
	for _, row := range arrayRows(arrays) {
		fmt.Fprintln(table, row)
	}
	return table.Flush()
}

// arrayRows returns a row for each array, or one for arrays that differ only in a number of their
// names, such as Mistakes.0.Pixels and Mistakes.1.Pixels.
func arrayRows(arrays []runstore.Array) (rows []string) {
	count := map[string]int{}
	for _, a := range arrays {
		name := arrayNumber.ReplaceAllString(a.Name, ".*")
		row := fmt.Sprintf("%s\t%s\t%s\t%s", name, shapeText(a.Shape), a.Unit, a.Meaning)
		if count[row]++; count[row] == 1 {
			rows = append(rows, row)
		}
	}
	for i, row := range rows {
		if n := count[row]; n > 1 {
			rows[i] = strings.Replace(row, "\t", fmt.Sprintf("\t%d times ", n), 1)
		}
	}
	return rows
}

var arrayNumber = regexp.MustCompile(`\.\d+\b`)

func shapeText(shape []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", " x ")
}

type runsExportCmd struct {
	Name string `arg:"" name:"run" help:"The run: EXPERIMENT/UNIT-HASH, or an unambiguous beginning of it."`
	Out  string `short:"o" placeholder:"DIR" help:"Folder for the files (default: UNIT-HASH in the current folder)."`
}

// Help implements kong.HelpProvider.
func (runsExportCmd) Help() string {
	return `Writes one CSV file for each array of a run. The first line has the names of the
columns and the unit; the first column is the index. Files that exist are not
replaced.

Example:

  go run ./kernel runs export mnist/backprop-seed1-0123456789abcdef --out backprop`
}

func (cmd *runsExportCmd) Run(c *console) error {
	store, k, _, err := findRun(cmd.Name)
	if err != nil {
		return err
	}
	if !k.Complete {
		return fmt.Errorf("the run %s is not complete (%s): it has no arrays", k.Name, k.state())
	}
	arrays, err := store.Arrays(k.Name)
	if err != nil {
		return err
	}
	if len(arrays) == 0 {
		return fmt.Errorf("the run %s has no arrays; its result is in %s", k.Name, filepath.Join(store.Dir(), filepath.FromSlash(k.Name), "result.json"))
	}
	dir := cmd.Out
	if dir == "" {
		dir = filepath.Base(k.Name)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("folder for the CSV files: %w", err)
	}
	for _, a := range arrays { // before the first file is written
		file := filepath.Join(dir, a.Name+".csv")
		if _, err := os.Lstat(file); err == nil {
			return fmt.Errorf("%s exists and is not replaced: remove it or choose another folder by --out", file)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, a := range arrays {
		if err := exportArray(filepath.Join(dir, a.Name+".csv"), &a); err != nil {
			return err
		}
	}
	c.print("%d files in %s", len(arrays), dir)
	return nil
}

// exportArray writes a whole file or none: a part of it would look whole.
func exportArray(name string, a *runstore.Array) error {
	var text bytes.Buffer
	if err := writeCSV(&text, a); err != nil {
		return err
	}
	return files.Write(name, text.Bytes())
}

// writeCSV writes an array: the index, and one column or one for each second index.
func writeCSV(out io.Writer, a *runstore.Array) error {
	w := csv.NewWriter(out)
	columns := 1
	if len(a.Shape) == 2 {
		columns = a.Shape[1]
	}
	unit := ""
	if a.Unit != "" {
		unit = " (" + a.Unit + ")"
	}
	row := []string{"index"}
	for j := range columns {
		name := a.Name
		if len(a.Shape) == 2 {
			name += fmt.Sprintf(" %d", j)
		}
		row = append(row, name+unit)
	}
	if err := w.Write(row); err != nil {
		return err
	}
	for i := range a.Shape[0] {
		row = append(row[:0], fmt.Sprint(i))
		for j := range columns {
			row = append(row, a.Text(i*columns+j))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
