package chart

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Look at the charts before you update the golden files.
var update = flag.Bool("update", false, "write golden files")

// samples returns one small chart of every builder.
func samples() map[string]*Chart {
	x := []float64{1, 2, 3, 4}
	runs := [][]float64{{8, 4, 2.5, 2}, {9, 4.4, 2.7, 2.2}, {8.5, 4.2, 2.6, 2.1}}
	time := Axis{Name: "time", Unit: "ms"}
	panels := func(shift float64) []Panel {
		return []Panel{
			{Y: Axis{Name: "apical", Unit: "mV"}, Curves: []Curve{
				{Name: "top-down", Quantity: Apical, X: x, Y: []float64{0, 1, -1, 0}},
				{Name: "lateral", Quantity: Interneuron, X: x, Y: []float64{shift, 1 + shift, -1 + shift, shift}}}},
			{Y: Axis{Name: "input rate"}, Curves: []Curve{{Name: "unit 1", Quantity: Input, X: x, Y: []float64{0, 1, 0, 1}}}},
		}
	}
	return map[string]*Chart{
		"lines": Lines(LinesSpec{Title: "Learning", Caption: "Three seeds.", X: Axis{Name: "epoch"}, Y: Axis{Name: "test error", Unit: "%"},
			Curves:     []Curve{MeanSD("microcircuit", Microcircuit, x, runs), {Name: "backprop", Quantity: Backprop, X: x[:3], Y: []float64{5, 2, 1.6}}},
			References: []Reference{{Label: "paper 1.96 %", Value: 1.96, Quantity: Microcircuit}, {Label: "paper 1.53 %", Value: 1.53, Quantity: Backprop}},
			Band:       "mean ± s.d."}),
		"lines-log": Lines(LinesSpec{Title: "Decades", X: Axis{Name: "patterns"}, Y: Axis{Name: "error", Log: true},
			Curves: []Curve{{Name: "error", Quantity: Error, X: x, Y: []float64{100, 1, 0, 0.01}, Low: []float64{90, -1, 0, 0.005}, High: []float64{110, 2, 0, 0.02}}}}),
		"traces": Traces(TracesSpec{Title: "Traces", X: time, Columns: []TraceColumn{
			{Title: "before", Panels: panels(0.5), Windows: []Window{{From: 2, To: 3, Label: "teacher on"}}},
			{Title: "after", Panels: panels(0)}}}),
		"heatmap": HeatMap(HeatMapSpec{Title: "Sweep", X: Axis{Name: "rate"}, Y: Axis{Name: "lambda"}, Value: Axis{Name: "error", Unit: "%"},
			Columns: []string{"0.1", "1"}, Rows: []string{"a", "b"}, Values: [][]float64{{1, 2}, {3, math.NaN()}}}),
		"confusion": Confusion(ConfusionSpec{Title: "Confusion", Counts: [][]int{{9, 1, 0}, {3, 7, 0}, {0, 0, 0}}}),
		"images": ImageGrid(ImageGridSpec{Title: "Digits", PerRow: 2, Images: []Image{
			{Pixels: []float64{0, 1, 1, 0}, Width: 2, Label: "4→9"}, {Pixels: []float64{1, 0, 0, 1}, Width: 2, Label: "7→1"}}}),
		"explore": Explore("gain", 2, []int{1, 2, 3}, func(gain int) *Chart {
			y := []float64{1, 2, float64(3 * gain), 4}
			return Lines(LinesSpec{Title: "Gain", X: Axis{Name: "input"}, Y: Axis{Name: "output", Range: [2]float64{0, 10}}, Curves: []Curve{{Name: "neuron", X: x, Y: y}}})
		}),
		"scatter": Scatter(ScatterSpec{Title: "Angles", X: Axis{Name: "lambda", Log: true}, Y: Axis{Name: "angle", Unit: "degrees"}, Diagonal: true,
			Points: []Points{{Name: "ours", Quantity: Microcircuit, X: []float64{0.1, 1}, Y: []float64{2, 9}, Labels: []string{"p", "q"}}, {Name: "theirs", X: []float64{1}, Y: []float64{3}}}}),
		"bars": Bars(BarsSpec{Title: "Final", Value: Axis{Name: "test error", Unit: "%"},
			Bars:       []Bar{{Name: "single layer", Quantity: Shallow, Value: 8.4, Low: 8.1, High: 8.7}, {Name: "backprop", Quantity: Backprop, Value: 1.5}},
			References: []Reference{{Label: "paper", Value: 1.96}}}),
	}
}

func TestGolden(t *testing.T) {
	for name, c := range samples() {
		t.Run(name, func(t *testing.T) {
			raw, err := c.JSON()
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := json.Indent(&got, raw, "", " "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			path := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s changed: look at the chart, then run the test with -update:\n%s", path, got.Bytes())
			}
		})
	}
}
