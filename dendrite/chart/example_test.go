package chart_test

import (
	"fmt"
	"log"
	"os"

	"microcircuits/dendrite/chart"
)

// A learning curve with three seeds, a band and a number for comparison.
func ExampleLines() {
	epochs := []float64{1, 2, 3}
	errors := [][]float64{{8.1, 4.2, 2.9}, {7.9, 4.0, 3.1}, {8.3, 4.4, 3.0}}
	c := chart.Lines(chart.LinesSpec{
		Title:  "My learning rule on MNIST",
		X:      chart.Axis{Name: "epoch"},
		Y:      chart.Axis{Name: "test error", Unit: "%"},
		Curves: []chart.Curve{chart.MeanSD("my rule", chart.Microcircuit, epochs, errors)},
		References: []chart.Reference{
			{Label: "paper 1.96 %", Value: 1.96},
		},
		Band: "mean ± s.d. of 3 seeds",
	})
	fmt.Println(c.Alt)
	table, err := c.CSV()
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(table)
	// Output:
	// Line chart of test error (%) against epoch. my rule: from 8.1 to 3, between 3 and 8.1. Reference: paper 1.96 %.
	// epoch,my rule (%),"my rule, low, mean ± s.d. of 3 seeds (%)","my rule, high, mean ± s.d. of 3 seeds (%)","my rule, run 1 (%)","my rule, run 2 (%)","my rule, run 3 (%)"
	// 1,8.1,7.8999999999999995,8.3,8.1,7.9,8.3
	// 2,4.2,4,4.4,4.2,4,4.4
	// 3,3,2.9,3.1,2.9,3.1,3
}

// Before and after learning, side by side over the same time axis.
func ExampleTraces() {
	time := []float64{0, 100, 200}
	column := func(title string, lateral []float64) chart.TraceColumn {
		return chart.TraceColumn{
			Title: title,
			Panels: []chart.Panel{{
				Y: chart.Axis{Name: "apical potential", Unit: "mV"},
				Curves: []chart.Curve{
					{Name: "top-down", Quantity: chart.Apical, X: time, Y: []float64{0, 2, -1}},
					{Name: "lateral", Quantity: chart.Interneuron, X: time, Y: lateral},
				},
			}},
			Windows: []chart.Window{{From: 100, To: 200, Label: "teacher on"}},
		}
	}
	c := chart.Traces(chart.TracesSpec{
		Title: "Lateral inhibition learns to cancel top-down input",
		X:     chart.Axis{Name: "time", Unit: "ms"},
		Columns: []chart.TraceColumn{
			column("before learning", []float64{1, -1, 0.5}),
			column("after learning", []float64{0, -2, 1}),
		},
	})
	for _, column := range c.Table.Columns {
		fmt.Println(column.Name, column.Unit)
	}
	// Output:
	// time ms
	// before learning: apical potential, top-down mV
	// before learning: apical potential, lateral mV
	// after learning: apical potential, top-down mV
	// after learning: apical potential, lateral mV
}

// A sweep over two parameters.
func ExampleHeatMap() {
	c := chart.HeatMap(chart.HeatMapSpec{
		Title:   "Test error after one epoch",
		X:       chart.Axis{Name: "learning rate"},
		Y:       chart.Axis{Name: "λ"},
		Columns: []string{"0.01", "0.1"},
		Rows:    []string{"0.1", "0.3"},
		Value:   chart.Axis{Name: "test error", Unit: "%"},
		Values:  [][]float64{{12, 8}, {9, 5.5}},
	})
	fmt.Println(c.Alt)
	// Output: Heat map of test error (%), 2 rows (λ) by 2 columns (learning rate): from 5.5 to 12.
}

func ExampleConfusion() {
	c := chart.Confusion(chart.ConfusionSpec{
		Title:  "Cats and dogs",
		Labels: []string{"cat", "dog"},
		Counts: [][]int{{48, 2}, {5, 45}},
	})
	fmt.Println(c.Alt)
	// Output: Confusion matrix of 2 classes: 93 of 100 right. The most frequent mistake takes dog for cat, 5 times.
}

// Images with a word below each.
func ExampleImageGrid() {
	cross := chart.Image{Width: 3, Pixels: []float64{1, 0, 1, 0, 1, 0, 1, 0, 1}, Label: "cross"}
	ring := chart.Image{Width: 3, Pixels: []float64{1, 1, 1, 1, 0, 1, 1, 1, 1}, Label: "ring"}
	c := chart.ImageGrid(chart.ImageGridSpec{Title: "Shapes", Images: []chart.Image{cross, ring}, PerRow: 2})
	fmt.Println(c.Alt, c.Table.Rows)
	// Output: 2 images in rows of 2. [[1 1 cross] [1 2 ring]]
}

// A slider over values that were computed before. It also works in a saved notebook
// and in a report.
func ExampleExplore() {
	x := []float64{0, 1, 2}
	c := chart.Explore("gain", 2, []int{1, 2, 5}, func(gain int) *chart.Chart {
		y := []float64{0, float64(gain), float64(2 * gain)}
		return chart.Lines(chart.LinesSpec{
			Title: "Output", X: chart.Axis{Name: "input"}, Y: chart.Axis{Name: "output", Range: [2]float64{0, 10}},
			Curves: []chart.Curve{{Name: "neuron", X: x, Y: y}},
		})
	})
	fmt.Println(c.Caption)
	fmt.Println(len(c.Table.Rows), c.Table.Columns[0].Name, c.Table.Rows[8])
	// Output:
	// The chart starts with gain = 2; a static picture shows only this value. In an open page a slider selects one of 1, 2, 5.
	// 9 gain [5 2 10]
}

func ExampleBars() {
	c := chart.Bars(chart.BarsSpec{
		Title: "Final test error",
		Value: chart.Axis{Name: "test error", Unit: "%"},
		Bars: []chart.Bar{
			{Name: "single layer", Quantity: chart.Shallow, Value: 8.4},
			{Name: "microcircuit", Quantity: chart.Microcircuit, Value: 2, Low: 1.9, High: 2.1, Label: "2.0 ± 0.1 %"},
		},
	})
	fmt.Println(c.Alt)
	// Output: Bar chart of test error (%). single layer: 8.4 %. microcircuit: 2.0 ± 0.1 %.
}

func ExampleScatter() {
	c := chart.Scatter(chart.ScatterSpec{
		Title:  "Angle to the backprop gradient",
		X:      chart.Axis{Name: "λ", Log: true},
		Y:      chart.Axis{Name: "angle", Unit: "degrees", Log: true},
		Points: []chart.Points{{Name: "layer 1", X: []float64{0.001, 0.01}, Y: []float64{0.03, 0.3}}},
	})
	fmt.Println(c.Alt)
	// Output: Scatter plot of angle (degrees) against λ: 2 points, angle from 0.03 to 0.3.
}
