package chart

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// ConfusionSpec describes a confusion matrix.
type ConfusionSpec struct {
	Title, Caption string
	Alt            string   // empty: made from the most frequent mistakes
	Counts         [][]int  // Counts[true class][predicted class]
	Labels         []string // of the classes; nil: 0, 1, 2, ...
}

// Confusion draws a confusion matrix in which mistakes are easy to see: correct
// answers, on the diagonal, are grey, and mistakes are coloured by their count on
// a logarithmic scale. Cells show counts. The numbers at the right are the
// percentages of each class that were recognised. Confusion panics unless Counts
// is square.
func Confusion(spec ConfusionSpec) *Chart {
	n := len(spec.Counts)
	if n == 0 {
		panic("chart: Confusion: no classes")
	}
	labels := spec.Labels
	if labels == nil {
		for i := range n {
			labels = append(labels, fmt.Sprint(i))
		}
	}
	check("Confusion", "Labels", len(labels), n)
	labels = shortNames(labels)
	most, total, right := 0, 0, 0
	var worst [2]int
	recall := make([]string, n)
	for t, row := range spec.Counts {
		check("Confusion", fmt.Sprintf("row %d", t), len(row), n)
		of := 0
		for p, k := range row {
			of += k
			if p != t && k > most {
				most, worst = k, [2]int{t, p}
			}
		}
		total, right = total+of, right+row[t]
		recall[t] = "–"
		if of > 0 {
			recall[t] = fmt.Sprintf("%.1f %%", 100*float64(row[t])/float64(of))
		}
	}

	f := newFigure()
	var cells []any
	for t, row := range spec.Counts {
		of := 0
		for _, k := range row {
			of += k
		}
		for p, k := range row {
			name := fmt.Sprintf("true %s, predicted %s: %d of %d", labels[t], labels[p], k, of)
			if of > 0 {
				name += fmt.Sprintf(" (%.1f %%)", 100*float64(k)/float64(of))
			}
			cell := obj{"name": name, "value": []any{p, t, k}}
			switch {
			case p == t:
				cell["itemStyle"] = obj{"color": "rgba(128,128,128,0.28)"}
			case k == 0:
				cell["itemStyle"], cell["label"] = obj{"color": "rgba(128,128,128,0.04)"}, obj{"show": false}
			default:
				strength := 0.12 + 0.73*math.Log1p(float64(k))/math.Log1p(float64(most))
				cell["itemStyle"] = obj{"color": fmt.Sprintf("rgba(213,94,0,%.3f)", strength)}
			}
			cells = append(cells, cell)
		}
	}
	h := headHeight + footHeight + min(max(n*38, 120), 560)
	left := edge + widest(labels)
	f.grid(left, headHeight, 72, footHeight)
	f.rawAxes(category(labels, "predicted class"), obj{}, verticalCategory(labels), obj{})
	f.base.YAxisList = append(f.base.YAxisList, opts.YAxis{Type: "category", Position: "right", Data: recall, Inverse: opts.Bool(true),
		AxisLine: &opts.AxisLine{Show: opts.Bool(false)}, SplitLine: &opts.SplitLine{Show: opts.Bool(false)}})
	every := obj{"axisTick": obj{"show": false}}
	f.extraY = []obj{every, every}
	f.head("true class", 0, 8, false, nil)
	f.head("recognised", 0, 8, false, nil)
	f.heads[1]["left"], f.heads[1]["right"] = "auto", 26
	f.series(charts.SingleSeries{Name: "count", Type: "heatmap", Data: cells, Label: &opts.Label{Show: opts.Bool(n <= 14), FontSize: 11}},
		obj{"emphasis": obj{"disabled": true}, "itemStyle": obj{"borderColor": "rgba(128,128,128,0.18)", "borderWidth": 1}})
	f.top["tooltip"] = obj{"trigger": "item", "formatter": "{b}", "renderMode": "richText", "confine": true}
	f.tools(spec.Title, false)
	f.hints["narrowHeight"] = headHeight + footHeight + min(max(n*28, 100), 360)

	ch := &Chart{Title: spec.Title, Caption: spec.Caption, Alt: spec.Alt, Width: fullWidth, Height: h, Option: f.option()}
	values := make([][]float64, n)
	for t, row := range spec.Counts {
		for _, k := range row {
			values[t] = append(values[t], float64(k))
		}
	}
	ch.Table = matrixTable("true class", labels, labels, "", values)
	if ch.Alt == "" {
		ch.Alt = fmt.Sprintf("Confusion matrix of %d classes: %d of %d right.", n, right, total)
		if most > 0 {
			ch.Alt += fmt.Sprintf(" The most frequent mistake takes %s for %s, %d times.", labels[worst[0]], labels[worst[1]], most)
		}
	}
	return ch.seal()
}
