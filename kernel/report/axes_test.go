package report

import (
	"encoding/json"
	"reflect"
	"testing"

	"microcircuits/dendrite/chart"
	"microcircuits/kernel/ipynb"
)

// Matching figures of two runs have common axes with round steps. Other figures and the
// original notebooks are not changed.
func TestSharedAxes(t *testing.T) {
	notebook := func(title string, y ...float64) *ipynb.Notebook {
		nb := blank()
		x := make([]float64, len(y))
		for i := range x {
			x[i] = float64(i)
		}
		c := nb.Add(ipynb.Code, "run()")
		c.Outputs = append(c.Outputs, shown(t, chart.Lines(chart.LinesSpec{Title: title, Curves: []chart.Curve{{Name: "a", X: x, Y: y}}})))
		return nb
	}
	ends := func(nb *ipynb.Notebook) (all [][3]float64) {
		var c struct {
			Option struct {
				X []struct{ Min, Max, Interval float64 } `json:"xAxis"`
				Y []struct{ Min, Max, Interval float64 } `json:"yAxis"`
			}
		}
		if err := json.Unmarshal(nb.Cells[0].Outputs[0].Data[chart.MIME], &c); err != nil {
			t.Fatal(err)
		}
		for _, axis := range append(c.Option.X, c.Option.Y...) {
			all = append(all, [3]float64{axis.Min, axis.Max, axis.Interval})
		}
		return all
	}
	small, large := notebook("error", -4, 2), notebook("error", 0, 1, 10)
	before := ends(small)
	a, b, err := sharedAxes(small, large)
	if err != nil {
		t.Fatal(err)
	}
	want := [][3]float64{{0, 2, 0}, {-4, 10, 2}}
	if !reflect.DeepEqual(ends(a), want) || !reflect.DeepEqual(ends(b), want) {
		t.Errorf("axes %v and %v, want %v", ends(a), ends(b), want)
	}
	if _, ok := a.Cells[0].Outputs[0].TextOf("text/html"); ok {
		t.Error("the picture with the old axes was not removed")
	}
	if !reflect.DeepEqual(ends(small), before) {
		t.Error("the notebook itself was changed")
	}
	other := notebook("angle", 0, 1, 10)
	if a, _, _ := sharedAxes(small, other); !reflect.DeepEqual(ends(a), before) {
		t.Errorf("charts of different titles share axes: %v", ends(a))
	}
}

func TestCoarser(t *testing.T) {
	step := 0.01
	for _, want := range []float64{0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20} {
		if step = coarser(step); step < want*(1-1e-9) || step > want*(1+1e-9) {
			t.Fatalf("%v, want %v", step, want)
		}
	}
}
