package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"
	"sync"
	"testing"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/record"
	"microcircuits/kernel/ipynb"
)

// blank returns a notebook without cells, of format 4.5.
func blank() *ipynb.Notebook {
	return &ipynb.Notebook{NBFormat: 4, NBFormatMinor: 5, Metadata: map[string]json.RawMessage{}}
}

func mustJSON(t testing.TB, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func intPtr(n int) *int { return &n }

type object = map[string]any

// chartOutput returns a display_data output of a chart, like that of package chart.
func chartOutput(t testing.TB, id, title, caption string, option any, columns []object, rows [][]any) *ipynb.Output {
	t.Helper()
	o := &ipynb.Output{Type: ipynb.DisplayData, Data: map[string]json.RawMessage{}}
	o.SetText("text/plain", title)
	o.SetText("text/html", fmt.Sprintf(`<figure><div class="dendrite-chart" id="%s" style="height:400px"></div><script>(globalThis.__dendriteQueue=globalThis.__dendriteQueue||[]).push(1)</script></figure>`, id))
	o.Data[chart.MIME] = mustJSON(t, object{
		"version": 1, "id": id, "title": title, "caption": caption, "alt": "Chart: " + title, "width": 720, "height": 400,
		"option": option, "table": object{"columns": columns, "rows": rows},
	})
	return o
}

// shown returns the output of a cell that shows a chart.
func shown(t testing.TB, c *chart.Chart) *ipynb.Output {
	t.Helper()
	raw, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	o := &ipynb.Output{Type: ipynb.DisplayData, Data: map[string]json.RawMessage{chart.MIME: raw}}
	o.SetText("text/plain", c.Title)
	o.SetText("text/html", c.HTML())
	return o
}

// curve returns learning curves of three networks with their spread.
func curve() *chart.Chart {
	var x []float64
	learner := func(final, tau float64) [][]float64 {
		runs := make([][]float64, 3)
		for i := range 40 {
			for s := range runs {
				runs[s] = append(runs[s], (final+8*math.Exp(-float64(i+1)/tau))*(1+0.05*float64(s-1)*math.Sin(float64(i*(s+2)))))
			}
		}
		return runs
	}
	for i := range 40 {
		x = append(x, float64(i+1))
	}
	return chart.Lines(chart.LinesSpec{
		Title:   "MNIST test error",
		Caption: "Test error of the dendritic microcircuit, a backprop network of the same size and a single layer over epochs; mean and standard deviation over 3 seeds (A Fig. 4, N Fig. 3).",
		X:       chart.Axis{Name: "Epoch"}, Y: chart.Axis{Name: "Test error", Unit: "%"},
		Curves: []chart.Curve{
			chart.MeanSD("microcircuit", chart.Microcircuit, x, learner(2.1, 9)),
			chart.MeanSD("backprop", chart.Backprop, x, learner(1.6, 5)),
			chart.MeanSD("single layer", chart.Shallow, x, learner(8.3, 2)),
		},
		References: []chart.Reference{{Label: "paper 1.96 %", Value: 1.96}},
		Band:       "mean ± s.d. of 3 seeds",
	})
}

// traces returns potentials before and after learning.
func traces() *chart.Chart {
	column := func(title string, gap float64) chart.TraceColumn {
		var x, down, lateral, soma []float64
		for i := range 800 {
			ms := float64(i) / 4
			drive := math.Sin(ms/15) + 0.3*math.Sin(ms/3.1)
			x, down, lateral = append(x, ms), append(down, drive), append(lateral, -drive*(1-gap))
			soma = append(soma, 0.5+0.4*math.Sin(ms/40)+gap*0.1*math.Sin(ms*7))
		}
		return chart.TraceColumn{Title: title, Windows: []chart.Window{{From: 100, To: 150, Label: "teacher"}}, Panels: []chart.Panel{
			{Y: chart.Axis{Name: "Soma"}, Curves: []chart.Curve{{Name: "soma", Quantity: chart.Soma, X: x, Y: soma}}},
			{Y: chart.Axis{Name: "Apical"}, Curves: []chart.Curve{
				{Name: "top-down", Quantity: chart.Apical, X: x, Y: down},
				{Name: "lateral", Quantity: chart.Interneuron, X: x, Y: lateral}}},
		}}
	}
	return chart.Traces(chart.TracesSpec{
		Title: "Apical potentials before and after learning", Caption: "Top-down input and its lateral cancellation in one neuron.",
		X: chart.Axis{Name: "Time", Unit: "ms"}, Columns: []chart.TraceColumn{column("before", 0.7), column("after", 0.02)},
	})
}

func weights() *chart.Chart {
	values := make([][]float64, 20)
	for i := range values {
		for j := range 30 {
			values[i] = append(values[i], math.Sin(float64(i*j)/9)*math.Exp(-math.Abs(float64(i)-float64(j)*2/3)/8))
		}
	}
	return chart.HeatMap(chart.HeatMapSpec{Title: "Lateral weights", X: chart.Axis{Name: "Pyramidal neuron"}, Y: chart.Axis{Name: "Interneuron"},
		Values: values, Value: chart.Axis{Name: "weight"}, Colors: chart.Diverging})
}

func confusion() *chart.Chart {
	counts := make([][]int, 10)
	for i := range counts {
		for j := range 10 {
			n := (i*7 + j*3) % 11
			if i == j {
				n = 940 + i
			}
			counts[i] = append(counts[i], n)
		}
	}
	return chart.Confusion(chart.ConfusionSpec{Title: "Confusion matrix", Caption: "What the network takes for what, seed 1.", Counts: counts})
}

func digits() *chart.Chart {
	var images []chart.Image
	for d := range 20 {
		im := chart.Image{Width: 28, Label: fmt.Sprintf("%d→%d", d%10, (d+3)%10)}
		for p := range 28 * 28 {
			x, y := float64(p%28)-14, float64(p/28)-14
			im.Pixels = append(im.Pixels, math.Exp(-math.Pow(math.Hypot(x, y)-4-float64(d%7), 2)/4))
		}
		images = append(images, im)
	}
	return chart.ImageGrid(chart.ImageGridSpec{Title: "Digits it gets wrong", Caption: "True class → answer.", Images: images})
}

// claim returns a claim with values per seed, as an object that tests can change.
func claim(id, quantity, paper string, verdict record.Verdict, values ...float64) object {
	return object{
		"id": id, "quantity": quantity, "paper": object{"words": paper}, "verdict": verdict, "note": "",
		"ours":  []object{{"format": "%.2f", "unit": "%", "center": "mean", "values": values}},
		"bound": object{"holds": []object{{"over": "mean", "is": "at most", "x": 6}}},
	}
}

// sampleRecord returns the record of a run with every kind of row.
func sampleRecord() object {
	noted := claim("microcircuit", "Test error, microcircuit", "1.96 %", record.Qualitatively, 3.2, 3.4, 3.6)
	noted["note"] = "after 6 of the paper’s 200 epochs"
	return object{
		"version": record.Version, "experiment": "mnist", "title": "MNIST classification", "figure": "A Fig. 4 (recalled), N Fig. 3",
		"scale": "quick", "reduced": true,
		"parameters": []object{
			{"name": "Hidden", "symbol": "", "value": "500, 500", "preset": "500, 500", "paper": "500, 500", "unit": "neurons", "source": "N 3.4", "doc": "neurons per hidden area"},
			{"name": "Epochs", "symbol": "η^PI", "value": "6", "preset": "4", "paper": "200", "unit": "epochs", "source": "N Fig. 3", "doc": "passes over the training images", "changed": true},
			{"name": "Lambda", "symbol": `\lambda_k`, "value": "0.3, 0.3, 0.1", "preset": "0.3, 0.3, 0.1", "paper": "not given", "unit": "", "source": "reimplementation", "doc": "mixing factors"},
		},
		"claims": []object{
			noted,
			claim("order", "Order of the three learners", "backprop < microcircuit < single layer", record.Matches, 1),
			claim("feedback", "Feedback strength", "weak", record.Deviates, 12),
		},
		"deviations": []string{"Feedback weights are not “relatively weak”.", "Learning rates fall linearly to zero."},
		"provenance": object{
			"seeds": []int{1, 2, 3}, "started": "2026-11-23T20:00:00Z", "wallSeconds": 0.4, "computeSeconds": 93.5, "cached": true,
			"go": "go1.26.0", "arch": "amd64", "backend": "avx512", "cpu": "AMD EPYC 9005",
			"data": []object{{"name": "train-images", "sha256": strings.Repeat("0123456789abcdef", 4)}},
			"runs": []string{"mnist/microcircuit-1-a1b2c3", "mnist/backprop-1-d4e5f6"},
		},
	}
}

func recordOutput(t testing.TB, rec any) *ipynb.Output {
	o := &ipynb.Output{Type: ipynb.DisplayData, Data: map[string]json.RawMessage{record.MIME: mustJSON(t, rec)}}
	o.SetText("text/html", "<p>SIBLING-HTML</p>")
	return o
}

func run(c *ipynb.Cell, n int, outputs ...*ipynb.Output) {
	c.ExecutionCount = intPtr(n)
	c.Outputs = outputs
	c.SetInfo(ipynb.CellInfo{Seconds: 1.25, Status: "ok"})
}

// sampleCharts is the number of charts in the sample.
const sampleCharts = 5

// sample returns an executed notebook with all parts of a report.
func sample(t testing.TB) *ipynb.Notebook {
	nb := blank()
	nb.Add(ipynb.Markdown, "# Learning to classify digits with $\\lambda$-mixing\n\nThe paper shows that a network of *dendritic microcircuits* learns MNIST about as well as backprop. [Figure 1](#figure-1) repeats that.\n\n## Equations\n\nThe apical potential is\n\n$$\nv^{P}_{A,k} = W^{PP}_{k,k+1}\\,\\phi(u^{P}_{k+1}) + W^{PI}_{k,k}\\,\\phi(u^{I}_{k})\n$$\n\nand vanishes in the self-predicting state, $v_{A,k}=0$. Inline code `$HOME` and \\$5 stay.\n\n| Symbol | Meaning |\n|---|---|\n| $\\lambda_k$ | mixing factor |\n| $u^P_k$ | somatic potential |\n\n## Parameters and run\n\nEdit a value and run the cells below again.")
	p := nb.Add(ipynb.Code, "var (\n\tepochs = 4   // passes over the training images\n\tseeds  = 3   // networks trained side by side\n\trate   = 0.1 // learning rate\n)", ipynb.TagParameters)
	run(p, 1)
	q := nb.Add(ipynb.Code, "var epochs = 6", ipynb.TagInjected)
	run(q, 2)
	c := nb.Add(ipynb.Code, "%%\n// Train, or take the stored result.\nrun := dendrite.MNIST(params)\nif err := run.Err(); err != nil {\n\tpanic(err)\n}\ndendrite.Show(run.Figure())\nfmt.Printf(\"%d seeds\\n\", 3)")
	run(c, 3, &ipynb.Output{Type: ipynb.Stream, Name: "stdout", Text: "epoch 1\repoch 2\n\x1b[32m3 seeds\x1b[0m\n"}, shown(t, curve()), shown(t, traces()), shown(t, weights()))
	e := nb.Add(ipynb.Code, "dendrite.Show(run.Mistakes())")
	run(e, 4, shown(t, confusion()), shown(t, digits()))
	nb.Add(ipynb.Markdown, "## Comparison with the paper\n\nWhat agrees and what does not:")
	d := nb.Add(ipynb.Code, "dendrite.Compare(run)")
	run(d, 5, recordOutput(t, sampleRecord()))
	nb.Add(ipynb.Markdown, "## What to try next\n\n1. More epochs.\n2. Weaker feedback.\n\n> Every change is marked in the parameter table.")
	nb.SetInfo(ipynb.RunInfo{
		Commit: "0123456789abcdef0123456789abcdef01234567", Dirty: true, Started: "2026-11-23T20:00:00Z", WallSeconds: 84,
		Command: "scripts/reproduce mnist -p epochs=6", GoNB: "v0.11.4", Go: "go1.26.0",
		Parameters: map[string]string{"epochs": "6", "seeds": "3", "rate": "0.1"}, Status: "ok", Source: "notebooks/mnist.ipynb",
	})
	return nb
}

// failing returns a notebook whose second code cell ended with a panic.
func failing(t testing.TB) *ipynb.Notebook {
	nb := blank()
	nb.Add(ipynb.Markdown, "# A run that failed\n\n## First")
	a := nb.Add(ipynb.Code, "fmt.Println(1)")
	run(a, 1, &ipynb.Output{Type: ipynb.Stream, Name: "stdout", Text: "1\n"})
	b := nb.Add(ipynb.Code, "panic(\"weights diverged\")")
	run(b, 2,
		&ipynb.Output{Type: ipynb.Stream, Name: "stderr", Text: "warning: large potential\n"},
		&ipynb.Output{Type: ipynb.ErrorOutput, EName: "ERROR", EValue: "area 2, apical: potential NaN at 12 ms",
			Traceback: []string{"\x1b[31mpanic: weights diverged\x1b[0m", "goroutine 1 [running]:", "main.main()"}})
	b.SetInfo(ipynb.CellInfo{Seconds: 0.5, Status: "error"})
	nb.Add(ipynb.Code, "fmt.Println(3)")
	return nb
}

// evil is inserted wherever a notebook has text.
const evil = `"'><script>globalThis.HACKED=1</script></script><img src=x onerror="globalThis.HACKED=1"><svg onload="globalThis.HACKED=1"></title></style><!--` + "\u2028\u2029"

// hostileCharts is the number of charts in the hostile notebook.
const hostileCharts = 5

// hostile returns a notebook that tries to run scripts in every possible place.
func hostile(t testing.TB) *ipynb.Notebook {
	nb := blank()
	nb.Metadata["title"] = mustJSON(t, evil)
	m := nb.Add(ipynb.Markdown, "# Title "+evil+"\n\n## Heading "+evil+"\n\n"+evil+
		"\n\n[link](javascript:globalThis.HACKED=1) [data](data:text/html;base64,PHNjcmlwdD4=) <a href=\"javascript:HACKED=1\">x</a>"+
		"\n\n<a href=\"data:image/svg+xml;base64,PHN2Zz4=\">svg</a> ![pic](https://tracker.example/p.png \"onload=x\") ![att](attachment:evil.png) ![dots](attachment:../../escape.png)"+
		"\n\n<iframe src=\"https://tracker.example/\"></iframe><form action=\"https://tracker.example/\"><button>go</button></form>"+
		"<style>body{display:none}</style><base href=\"https://tracker.example/\"><meta http-equiv=refresh content=\"0;url=https://tracker.example/\"></main></div></body>"+
		"\n\n<div style=\"position:fixed;inset:0;background:url(https://tracker.example/)\" id=\"content\" onclick=\"HACKED=1\">overlay</div>"+
		"\n\n<iframe srcdoc=\"<script>parent.HACKED=1</script>\"></iframe><object data=\"javascript:HACKED=1\"></object><embed src=\"javascript:HACKED=1\"><a href=\"java\nscript:HACKED=1\" target=_top ping=\"https://tracker.example/\">y</a>"+
		"\n\n<style>@import url(https://tracker.example/x.css);</style><noscript><p title=\"</noscript><img src=x onerror=HACKED=1>\"></noscript><template><script>HACKED=1</script></template>"+
		"\n\n<math><annotation-xml encoding=\"text/html\"><script>globalThis.HACKED=1</script></annotation-xml></math><svg><use href=\"data:image/svg+xml,x\"></use><a xlink:href=\"javascript:HACKED=1\"><text>z</text></a></svg>"+
		"\n\n$\\text{<script>globalThis.HACKED=1</script>}$ and $\\text{</math><img src=x>}$")
	m.Attachments = mustJSON(t, object{"evil.png": object{"image/png": `AAAA" onerror="HACKED=1`}, "../../escape.png": object{"text/html": evil}})
	m.Metadata["id"] = mustJSON(t, evil)
	c := nb.Add(ipynb.Code, "// "+evil)
	c.ID = evil
	html := func(s string) *ipynb.Output {
		o := &ipynb.Output{Type: ipynb.DisplayData, Metadata: map[string]json.RawMessage{"filename": mustJSON(t, "../../escape.html")}}
		o.SetText("text/html", s)
		return o
	}
	svg := &ipynb.Output{Type: ipynb.DisplayData}
	svg.SetText("image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10" onload="parent.HACKED=1"><script>parent.HACKED=1</script><image href="https://tracker.example/x.png"/></svg>`)
	png := &ipynb.Output{Type: ipynb.DisplayData}
	png.SetText("image/png", `AAAA" onerror="globalThis.HACKED=1`)
	png.SetText("text/plain", evil)
	md := &ipynb.Output{Type: ipynb.DisplayData}
	md.SetText("text/markdown", evil+" $\\badcommand{$ [x](javascript:HACKED=1)")
	js := &ipynb.Output{Type: ipynb.DisplayData}
	js.SetText("application/javascript", "globalThis.HACKED=1")
	drawing := chartOutput(t, evil, evil, evil, object{
		"title": object{"text": evil, "link": "javascript:globalThis.HACKED=1"}, "tooltip": object{"formatter": evil, "show": true, "alwaysShowContent": true, "trigger": "axis"},
		"legend": object{"show": true}, "xAxis": object{"type": "category", "data": []string{evil, "b"}, "name": evil}, "yAxis": object{"type": "value"},
		"toolbox": object{"feature": object{"saveAsImage": object{"name": "../../escape"}, "dataView": object{}}},
		"graphic": []object{{"type": "image", "style": object{"image": "https://tracker.example/g.png"}}},
		"series":  []any{object{"type": "bar", "name": evil, "data": []int{1, 2}}},
	}, []object{{"name": evil, "unit": evil}}, [][]any{{evil}, {"=HYPERLINK(1)"}})
	tips := func(option object) *ipynb.Output {
		return chartOutput(t, "tips", "Tips", "", option, nil, nil)
	}
	marked := object{"renderMode": "html", "trigger": "item", "formatter": `<a id="injected" href="https://tracker.example/">x</a>`}
	bars := object{"xAxis": object{"type": "category", "data": []string{"a", "b"}}, "yAxis": object{}, "series": []any{object{"type": "bar", "data": []int{1, 2}}},
		"toolbox": []object{{"feature": object{"dataView": object{"lang": []string{`<a id="injected">`}}}}}}
	with := func(more object) object {
		all := maps.Clone(bars)
		maps.Copy(all, more)
		return all
	}
	timeline := object{"baseOption": with(object{"timeline": object{"data": []string{"x"}, "show": false}}), "options": []object{{"tooltip": marked}}}
	media := with(object{"media": []object{{"option": object{"tooltip": []object{marked}}}}})
	explored := with(object{"dendrite": object{"explore": object{"name": "n", "values": []string{"a"}, "at": 0, "list": true,
		"changes": []object{{"tooltip": object{"renderMode": []string{"html"}, "formatter": []any{marked["formatter"]}}}}}}})
	rec := sampleRecord()
	for _, key := range []string{"experiment", "title", "figure", "scale"} {
		rec[key] = evil
	}
	rec["deviations"] = []string{evil}
	rec["parameters"] = []object{{"name": evil, "symbol": "\\" + evil, "value": evil, "preset": evil, "paper": evil, "unit": evil, "source": evil, "doc": evil, "changed": true}}
	hostileClaim := claim(evil, evil, evil, record.Verdict(evil), 1, 2)
	hostileClaim["note"], hostileClaim["paper"] = evil, object{"words": evil, "unit": evil, "values": []float64{1}}
	hostileClaim["ours"] = []object{{"name": evil, "unit": evil, "format": "%.1f", "center": evil, "values": []float64{1, 2}}, {"name": "b", "format": "%.1f"}}
	hostileClaim["bound"] = object{"holds": []object{{"of": evil, "over": evil, "is": evil, "x": 1, "than": evil}}}
	rec["claims"] = []object{hostileClaim}
	rec["provenance"] = object{"seeds": []int{1}, "started": "2026-11-23T20:00:00Z", "go": evil, "arch": evil, "backend": evil, "cpu": evil,
		"data": []object{{"name": evil, "sha256": evil}}, "runs": []string{evil}}
	run(c, 1,
		&ipynb.Output{Type: ipynb.Stream, Name: "stdout", Text: evil}, html(evil), html(`<div id="theme-toggle">`+evil+`</div></section></main>`),
		svg, png, md, js, drawing, tips(with(object{"tooltip": []object{marked}})), tips(timeline), tips(media), tips(explored), recordOutput(t, rec),
		&ipynb.Output{Type: ipynb.ErrorOutput, EName: evil, EValue: evil, Traceback: []string{evil}})
	nb.SetInfo(ipynb.RunInfo{Commit: evil, Started: evil, Command: evil, GoNB: evil, Go: evil, Source: evil, Parameters: map[string]string{evil: evil}})
	return nb
}

func sampleIndex(t testing.TB) []byte {
	t.Helper()
	ctx := t.Context()
	var entries []Entry
	for i, nb := range []*ipynb.Notebook{illustrated(t, "sample", sample), failing(t), illustrated(t, "hostile", hostile)} {
		e, err := Summarize(ctx, nb, fmt.Sprintf("report-%d.html", i+1), nil)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	html, err := Index(entries)
	if err != nil {
		t.Fatal(err)
	}
	return html
}

// render renders a notebook with default options.
func render(t testing.TB, nb *ipynb.Notebook) []byte {
	t.Helper()
	html, err := Write(t.Context(), nb, Options{Index: "index.html"})
	if err != nil {
		t.Fatal(err)
	}
	return html
}

// drawnOnce contains notebooks with their pictures, because drawing takes long.
var drawnOnce sync.Map

// illustrated returns a new copy of a notebook with its pictures, like a saved one.
func illustrated(t testing.TB, name string, notebook func(testing.TB) *ipynb.Notebook) *ipynb.Notebook {
	t.Helper()
	saved, ok := drawnOnce.Load(name)
	if !ok {
		nb := notebook(t)
		if err := new(Pictures).AddPictures(t.Context(), nb); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := nb.Write(&b); err != nil {
			t.Fatal(err)
		}
		saved, _ = drawnOnce.LoadOrStore(name, b.Bytes())
	}
	nb, err := ipynb.Read(bytes.NewReader(saved.([]byte)))
	if err != nil {
		t.Fatal(err)
	}
	return nb
}
