package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"microcircuits/dendrite/experiment"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/report"
)

type checkCmd struct {
	Names   []string      `arg:"" optional:"" name:"notebook" help:"Notebooks or experiments (default: all)."`
	Scale   string        `enum:"quick,paper" default:"quick" placeholder:"quick|paper" help:"Scale to run at (default: quick)."`
	Timeout time.Duration `placeholder:"DURATION" help:"Time limit for each cell, like 10m (default: none)."`
	JSON    bool          `help:"Print JSON for scripts."`
}

// Help implements kong.HelpProvider.
func (checkCmd) Help() string {
	return `Runs notebooks with their presets and holds every number against the run kept in
notebooks/results (quick scale: notebooks/results/quick). A number fails when

  - its verdict is worse than in the kept run,
  - it differs from the kept one: runs are deterministic. On another numeric
    backend than that of the kept run it may differ by a tenth, by one in the last
    digit shown, or as rounding errors do (below 1e-9),
  - it deviates from the paper and no run is kept,
  - it was kept and is not shown any more.

Exit status 1 when one fails, or when a notebook shows no number. Runs that are in
the store are looked up and not computed again; for an independent check name an
empty store:

  DENDRITE_STORE=$(mktemp -d) go run ./kernel check

Examples:

  go run ./kernel check 1-self-prediction

  go run ./kernel check mnist --scale paper`
}

// A checked is one number of a run beside that of the kept run.
type checked struct {
	Experiment string `json:"experiment"`
	Quantity   string `json:"quantity"`
	Paper      string `json:"paper"`
	Kept       string `json:"kept"`
	Now        string `json:"now"`
	Tolerance  string `json:"tolerance"`
	KeptAs     string `json:"keptVerdict"`
	Verdict    string `json:"verdict"`
	Failed     bool   `json:"failed"`
	Why        string `json:"why,omitempty"` // it failed
}

func (cmd *checkCmd) Run(ctx context.Context, c *console) error {
	root, err := clone.Find(".")
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "notebooks")
	names, err := checkNames(cmd.Names)
	if err != nil {
		return err
	}
	paths, err := selectNotebooks(dir, names)
	if err != nil {
		return err
	}
	jobs, err := reproduceJobs(root, paths, map[string]string{"scale": cmd.Scale})
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "dendrite-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	r := &runner{console: c, root: root, timeout: cmd.Timeout}
	if err := r.prepare(ctx, jobs); err != nil {
		return err
	}
	results := report.ResultsDir(filepath.Join(dir, "results"), cmd.Scale)
	var all []checked
	for _, j := range jobs {
		j.out = filepath.Join(tmp, j.name+".ipynb")
		if err := r.run(ctx, j); err != nil {
			return err
		}
		runs, err := report.Runs(j.nb)
		if err != nil {
			return err
		}
		before := len(all)
		for _, run := range runs {
			ref, err := report.ReadReference(results, run.Experiment)
			if err != nil {
				return err
			}
			all = append(all, hold(run, ref)...)
		}
		if len(all) == before {
			return fmt.Errorf("%s shows no number to hold against a kept run", j.name)
		}
	}
	failed := 0
	for _, k := range all {
		if k.Failed {
			failed++
		}
	}
	if cmd.JSON {
		err = c.tellJSON(all)
	} else {
		err = tellChecked(c, all)
	}
	if err != nil {
		return err
	}
	if failed > 0 {
		c.say("%d of %d numbers do not hold", failed, len(all))
		return errTold
	}
	c.say("%d numbers hold", len(all))
	return nil
}

// checkNames turns names of experiments into those of their notebooks, and leaves
// out notebooks without an experiment when nothing is named.
func checkNames(names []string) ([]string, error) {
	notebooks := map[string]string{}
	var all []string
	for _, e := range experiment.Catalogue() {
		notebooks[e.Name] = e.Notebook
		all = append(all, e.Notebook)
	}
	if len(names) == 0 {
		return all, nil
	}
	var out []string
	for _, n := range names {
		if nb, ok := notebooks[n]; ok {
			n = nb
		}
		out = append(out, n)
	}
	return out, nil
}

// hold puts the numbers of a run beside those of the kept one, which may be nil.
func hold(run *report.Run, ref *report.Reference) []checked {
	if ref == nil {
		ref = new(report.Reference)
	}
	var all []checked
	add := func(c report.Comparison, k checked) {
		k.Experiment, k.Quantity, k.Paper, k.Tolerance = run.Experiment, c.Quantity, c.Paper, c.Tolerance
		k.Failed = k.Why != ""
		all = append(all, k)
	}
	for _, now := range run.Comparison {
		k := checked{Now: now.Ours, Verdict: now.Verdict, Kept: "not kept"}
		if i := slices.IndexFunc(ref.Comparison, sameQuantity(now)); i >= 0 {
			before := ref.Comparison[i]
			k.Kept, k.KeptAs = before.Ours, before.Verdict
			switch {
			case rank(now) < rank(before):
				k.Why = "the kept run: " + before.Verdict
			case ref.Backend == run.Provenance.Backend && now.Ours != before.Ours:
				k.Why = "another number on the same backend, " + ref.Backend
			case !alike(now.Ours, before.Ours):
				k.Why = "another number, also for another backend"
			}
		} else if now.Verdict == "deviates" {
			k.Why = "no kept run"
		}
		add(now, k)
	}
	for _, before := range ref.Comparison {
		if !slices.ContainsFunc(run.Comparison, sameQuantity(before)) {
			add(before, checked{Now: "not shown", Kept: before.Ours, KeptAs: before.Verdict, Why: "it was kept"})
		}
	}
	return all
}

func sameQuantity(c report.Comparison) func(report.Comparison) bool {
	return func(d report.Comparison) bool { return c.Quantity == d.Quantity }
}

// rank orders verdicts from bad to good.
func rank(c report.Comparison) int {
	return slices.Index([]string{"deviates", "qualitatively", "matches"}, c.Verdict)
}

// numeral finds a number in a text: its digits after the point, and its power of
// ten.
var numeral = regexp.MustCompile(`-?\d+(?:\.(\d+))?(?:e([-+]?\d+))?`)

// alike tells whether two texts say the same, but for what different numeric
// backends may make of the numbers in them: see [checkCmd.Help].
func alike(a, b string) bool {
	x, y := numeral.FindAllStringSubmatch(a, -1), numeral.FindAllStringSubmatch(b, -1)
	if len(x) != len(y) || numeral.ReplaceAllString(a, "#") != numeral.ReplaceAllString(b, "#") {
		return false
	}
	for i := range x {
		p, _ := strconv.ParseFloat(x[i][0], 64) // the pattern of a number
		q, _ := strconv.ParseFloat(y[i][0], 64)
		largest := max(math.Abs(p), math.Abs(q))
		if off := math.Abs(p - q); off > 0.1*largest && off > 1.01*max(lastDigit(x[i]), lastDigit(y[i])) && largest > 1e-9 {
			return false
		}
	}
	return true
}

// lastDigit is what one in the last digit of a number is worth.
func lastDigit(numeral []string) float64 {
	power, _ := strconv.Atoi(numeral[2]) // none: 0
	return math.Pow10(power - len(numeral[1]))
}

func tellChecked(c *console, all []checked) error {
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	last := ""
	for _, k := range all {
		if k.Experiment != last {
			fmt.Fprintf(table, "%s\n", strings.ToUpper(k.Experiment))
			last = k.Experiment
		}
		mark := "ok"
		if k.Failed {
			mark = "FAILED"
		}
		fmt.Fprintf(table, "%s\t%s\t%s, kept %s\t(%s)\n", mark, k.Quantity, k.Now, k.Kept, cmp.Or(k.Why, k.Verdict))
	}
	return table.Flush()
}
