package report

import (
	"encoding/json"
	"math"
	"slices"

	"microcircuits/dendrite/chart"
	"microcircuits/kernel/ipynb"
)

// sharedAxes returns copies of two notebooks. Charts with the same title and the same
// position in both have the same axes, so that curves can be compared.
func sharedAxes(a, b *ipynb.Notebook) (*ipynb.Notebook, *ipynb.Notebook, error) {
	a, chartsA := copyCharts(a)
	b, chartsB := copyCharts(b)
	for i := range min(len(chartsA), len(chartsB)) {
		if err := shareAxes(chartsA[i], chartsB[i]); err != nil {
			return nil, nil, err
		}
	}
	return a, b, nil
}

// copyCharts returns a copy of the notebook and pointers to its chart outputs.
func copyCharts(nb *ipynb.Notebook) (*ipynb.Notebook, []**ipynb.Output) {
	out, charts := *nb, []**ipynb.Output(nil)
	out.Cells = nil
	for _, c := range nb.Cells {
		cell := *c
		cell.Outputs = slices.Clone(c.Outputs)
		for i, o := range cell.Outputs {
			if _, ok := o.Data[chart.MIME]; ok {
				charts = append(charts, &cell.Outputs[i])
			}
		}
		out.Cells = append(out.Cells, &cell)
	}
	return &out, charts
}

// shareAxes replaces two charts by charts with common axes. It changes nothing if the
// axes are already the same or a chart cannot be decoded; that error is reported when
// the chart is rendered.
func shareAxes(a, b **ipynb.Output) error {
	var whole [2]map[string]json.RawMessage
	var option [2]map[string]any
	for i, o := range []*ipynb.Output{*a, *b} {
		if json.Unmarshal(o.Data[chart.MIME], &whole[i]) != nil || json.Unmarshal(whole[i]["option"], &option[i]) != nil {
			return nil
		}
	}
	if string(whole[0]["title"]) != string(whole[1]["title"]) || !widen(option[0], option[1]) {
		return nil
	}
	for i, o := range []**ipynb.Output{a, b} {
		var err error
		if whole[i]["option"], err = json.Marshal(option[i]); err != nil {
			return err
		}
		raw, err := json.Marshal(whole[i])
		if err != nil {
			return err
		}
		widened := **o
		widened.Data = map[string]json.RawMessage{chart.MIME: raw} // without the picture, so that it is drawn again
		*o = &widened
	}
	return nil
}

// widen sets the same ends for the axes of two options and reports whether it changed
// any.
func widen(a, b map[string]any) bool {
	changed := false
	for _, name := range []string{"xAxis", "yAxis"} {
		eachPair(a[name], b[name], func(x, y map[string]any) {
			changed = widenAxis(x, y) || changed
		})
	}
	if changed { // tick labels may have become longer
		eachPair(a["grid"], b["grid"], func(x, y map[string]any) {
			left, okX := x["left"].(float64)
			other, okY := y["left"].(float64)
			if okX && okY {
				x["left"], y["left"] = max(left, other), max(left, other)
			}
		})
	}
	return changed
}

// eachPair calls visit with the pairs of two lists of objects of the same length.
func eachPair(a, b any, visit func(x, y map[string]any)) {
	la, _ := a.([]any)
	lb, _ := b.([]any)
	if len(la) != len(lb) {
		return
	}
	for i := range la {
		x, okX := la[i].(map[string]any)
		y, okY := lb[i].(map[string]any)
		if okX && okY {
			visit(x, y)
		}
	}
}

// mostSteps is the largest number of steps of a common axis.
const mostSteps = 8

func widenAxis(x, y map[string]any) bool {
	var ends [4]float64
	for i, v := range []any{x["min"], y["min"], x["max"], y["max"]} {
		f, ok := v.(float64)
		if !ok {
			return false
		}
		ends[i] = f
	}
	lo, hi := min(ends[0], ends[1]), max(ends[2], ends[3])
	if x["type"] != y["type"] || ends[0] == ends[1] && ends[2] == ends[3] {
		return false
	}
	stepX, okX := x["interval"].(float64)
	stepY, okY := y["interval"].(float64)
	if okX && okY {
		step := max(stepX, stepY)
		for (hi-lo)/step > mostSteps {
			step = coarser(step)
		}
		lo, hi = step*math.Floor(lo/step+1e-9), step*math.Ceil(hi/step-1e-9)
		x["interval"], y["interval"] = step, step
	}
	x["min"], y["min"], x["max"], y["max"] = lo, lo, hi, hi
	return true
}

// coarser returns the next larger step of 1, 2, 5, 10 and their multiples by powers
// of ten.
func coarser(step float64) float64 {
	if digit := math.Round(step / math.Pow(10, math.Floor(math.Log10(step)+1e-9))); digit == 2 {
		return step * 2.5
	}
	return step * 2
}
