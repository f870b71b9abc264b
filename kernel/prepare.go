package main

import (
	"context"
	"fmt"
	"slices"

	"microcircuits/kernel/cell"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/ipynb"
)

// prepare builds the tools and the packages that the notebooks import. With an
// empty build cache that takes long; here it has a progress line of its own and is
// not part of a cell's time.
func (r *runner) prepare(ctx context.Context, jobs []*job) error {
	tools := r.slowLine("compiling GoNB, which runs the cells", "the first time up to a minute")
	var err error
	r.tools, err = gonb.FindTools(ctx, r.root)
	tools.finish("")
	if err != nil {
		return err
	}
	pkgs := imports(jobs)
	if len(pkgs) == 0 {
		return nil
	}
	build := r.slowLine("compiling what the notebooks import ", "the first time up to a minute")
	n, err := r.tools.Build(ctx, r.root, pkgs...)
	remark := ""
	if n > 0 {
		remark = fmt.Sprintf("  (%d packages compiled)", n)
	}
	build.finish(remark)
	if err != nil && ctx.Err() == nil {
		// The cell that imports the package will fail with the same error.
		r.status("%v", err)
		return nil
	}
	return ctx.Err()
}

// imports returns the packages that the notebooks' cells import, sorted.
func imports(jobs []*job) []string {
	var pkgs []string
	for _, j := range jobs {
		for _, c := range j.nb.Cells {
			if c.Type != ipynb.Code {
				continue
			}
			for _, path := range cell.Imports(c.Source) {
				if path != "C" {
					pkgs = append(pkgs, path)
				}
			}
		}
	}
	slices.Sort(pkgs)
	return slices.Compact(pkgs)
}
