package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/record"
	"microcircuits/kernel/ipynb"
)

// parse parses a report like a browser.
func parse(t *testing.T, page []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// find returns the elements for which ok is true.
func find(root *html.Node, ok func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && ok(n) {
			found = append(found, n)
		}
	}
	return found
}

func tag(a atom.Atom) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.DataAtom == a }
}

func class(name string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		for _, c := range strings.Fields(attr(n, "class")) {
			if c == name {
				return true
			}
		}
		return false
	}
}

func TestReport(t *testing.T) {
	page := render(t, illustrated(t, "sample", sample))
	if len(page) > 1_600_000 {
		t.Errorf("the report has %d bytes, want at most 1.6 MB", len(page))
	}
	root := parse(t, page)
	if h := find(root, tag(atom.H1)); len(h) != 1 || !strings.Contains(textOf(h[0]), "Learning to classify digits") {
		t.Errorf("want one h1 with the notebook's title, got %d", len(h))
	}
	if n := find(root, tag(atom.Title)); len(n) != 1 || textOf(n[0]) != "Learning to classify digits with λ-mixing" {
		t.Errorf("title %q", textOf(n[0]))
	}
	for what, want := range map[string]int{"figure": sampleCharts, "dendrite-static": sampleCharts, "comparison": 1, "parameters": 1, "changed": 1, "bibtex": 1, "command": 1} {
		if n := len(find(root, class(what))); n != want {
			t.Errorf("%d elements of class %s, want %d", n, what, want)
		}
	}
	all := textOf(root)
	for _, want := range []string{
		"João Sacramento, Rui Ponte Costa, Yoshua Bengio and Walter Senn", "Quick (reduced run)", "Figure 5.",
		"1.96 %", "3.40 ± 0.20 % (3 seeds)", "changed, preset 4", "Learning rates fall linearly to zero.", "scripts/reproduce mnist -p epochs=6",
		"0123456789abcdef0123456789abcdef01234567", "with uncommitted changes", "avx512", "AMD EPYC 9005", "1, 2, 3", "23 November 2026, 20:00 UTC",
		strings.Repeat("0123456789abcdef", 4), "1 min 24 s", "@misc{sacramento2017dendritic", "$HOME", "$5 stay", "epoch 2\n3 seeds",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the report does not contain %q", want)
		}
	}
	if !bytes.Contains(page, []byte(`<msup><mi>η</mi><mrow><mi>P</mi><mi>I</mi></mrow></msup>`)) {
		t.Error("the symbol η^PI is not typeset with both letters as superscript")
	}
	for _, unwanted := range []string{"SIBLING-HTML", "epoch 1", "\x1b", markOpen, markClose, "ZgotmplZ"} {
		if bytes.Contains(page, []byte(unwanted)) {
			t.Errorf("the report contains %q", unwanted)
		}
	}
	// Headings of the outline and the ids they point at.
	ids := map[string]bool{}
	for _, n := range find(root, func(n *html.Node) bool { return attr(n, "id") != "" }) {
		if ids[attr(n, "id")] {
			t.Errorf("id %q twice", attr(n, "id"))
		}
		ids[attr(n, "id")] = true
	}
	links := find(root, func(n *html.Node) bool { return n.DataAtom == atom.A && strings.HasPrefix(attr(n, "href"), "#") })
	if len(links) < 10 {
		t.Errorf("%d links inside the page, want at least 10", len(links))
	}
	for _, n := range links {
		if id := strings.TrimPrefix(attr(n, "href"), "#"); !ids[id] {
			t.Errorf("link %q (%s) has no target", attr(n, "href"), textOf(n))
		}
	}
	open := 0
	for _, n := range find(root, class("code")) {
		for _, a := range n.Attr {
			if a.Key == "open" {
				open++
			}
		}
	}
	if open != 2 {
		t.Errorf("%d code cells unfolded, want the two with parameters", open)
	}
	for _, n := range find(root, tag(atom.Img)) {
		if attr(n, "alt") == "" {
			t.Errorf("picture without description: %.80s", attr(n, "src"))
		}
	}
}

func TestReportIsReproducible(t *testing.T) {
	first := render(t, sample(t))
	pictures := new(Pictures)
	if _, err := pictures.SVG(t.Context(), weights().Option, 300, 200); err != nil {
		t.Fatal(err)
	}
	second, err := Write(t.Context(), sample(t), Options{Index: "index.html", Pictures: pictures})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("the same notebook gave different bytes with an interpreter that was used before")
	}
	nb := illustrated(t, "sample", sample)
	if third := render(t, nb); !bytes.Equal(first, third) {
		t.Error("a notebook with pictures gives a different report than one without")
	}
}

func TestWriteLeavesTheNotebookAlone(t *testing.T) {
	nb := illustrated(t, "sample", sample)
	var before, after bytes.Buffer
	if err := nb.Write(&before); err != nil {
		t.Fatal(err)
	}
	render(t, nb)
	if err := nb.Write(&after); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before.Bytes(), after.Bytes()) {
		t.Error("writing a report changed the notebook")
	}
}

func TestAddPictures(t *testing.T) {
	nb := illustrated(t, "sample", sample)
	if err := new(Pictures).AddPictures(t.Context(), nb); err != nil { // the second time pictures are replaced, not added
		t.Fatal(err)
	}
	charts := 0
	for _, c := range nb.Cells {
		for _, o := range c.Outputs {
			if _, ok := o.Data[chart.MIME]; !ok {
				continue
			}
			charts++
			text, _ := o.TextOf("text/html")
			root := parse(t, []byte(text))
			divs := find(root, class("dendrite-chart"))
			if len(divs) != 1 || divs[0].FirstChild == nil || attr(divs[0].FirstChild, "class") != "dendrite-static" {
				t.Fatalf("no picture inside the chart's element: %.300s", text)
			}
			if n := len(find(root, class("dendrite-static"))); n != 1 {
				t.Errorf("%d pictures, want 1", n)
			}
			svg, ok := pictureIn(o)
			if !ok || !strings.HasPrefix(svg, "<svg") || !strings.HasSuffix(strings.TrimSpace(svg), "</svg>") {
				t.Errorf("picture is not an SVG document: %.80s", svg)
			}
			if strings.Contains(svg, "zr0") || strings.Contains(svg, "zr1") || strings.Contains(svg, "<style") {
				t.Error("the picture contains numbers of the interpreter or styles for pointers")
			}
		}
	}
	if charts != sampleCharts {
		t.Errorf("%d charts, want %d", charts, sampleCharts)
	}
}

func TestShortPaths(t *testing.T) {
	for in, want := range map[string]string{
		` d="M28 52.83L254 102.1L254.5 100.06L10.5 100.06Z"`: ` d="M28 52.8l226 49.3 .5-2-244 0z"`,
		` d="M0.04 -0.5L0 0M1 1L1.5 0.5"`:                    ` d="M0-.5l0 .5M1 1l.5-.5"`,
		` d="M1 1A5 5 0 0 1 2 2"`:                            ` d="M1 1A5 5 0 0 1 2 2"`,
		` d="M1e5 1L2 2"`:                                    ` d="M1e5 1L2 2"`,
		` id="M1 1L2 2"`:                                     ` id="M1 1L2 2"`,
	} {
		if got := shortPaths(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestFailedNotebook(t *testing.T) {
	root := parse(t, render(t, failing(t)))
	banner := find(root, class("banner"))
	if len(banner) != 1 || !strings.Contains(textOf(banner[0]), "Cell 3: area 2, apical: potential NaN at 12 ms") {
		t.Fatalf("no banner shows the failed cell")
	}
	in := find(root, class("error"))
	if len(in) != 1 || !strings.Contains(textOf(in[0]), "panic: weights diverged\ngoroutine 1") {
		t.Errorf("the error is not shown below its cell")
	}
	if !strings.Contains(textOf(root), "not run") {
		t.Error("the cell after the failure is not marked as not run")
	}
	if title := textOf(find(root, tag(atom.Title))[0]); !strings.HasPrefix(title, "Failed: ") {
		t.Errorf("title %q does not show that the run failed", title)
	}
}

func TestTimeoutAndExpectedErrors(t *testing.T) {
	nb := blank()
	run(nb.Add(ipynb.Code, "panic(1)", ipynb.TagRaises), 1, &ipynb.Output{Type: ipynb.ErrorOutput, EName: "ERROR", EValue: "expected to fail"})
	slow := nb.Add(ipynb.Code, "for {}")
	run(slow, 2)
	slow.SetInfo(ipynb.CellInfo{Seconds: 60, Status: "timeout"})
	root := parse(t, render(t, nb))
	items := find(find(root, class("banner"))[0], tag(atom.Li))
	if len(items) != 1 || textOf(items[0]) != "Cell 2: stopped after the time limit" {
		t.Errorf("%d failures shown, want only the timeout", len(items))
	}
	if neverRan := parse(t, render(t, func() *ipynb.Notebook { nb := blank(); nb.Add(ipynb.Code, "x := 1"); return nb }())); !strings.Contains(textOf(neverRan), "has not been run") {
		t.Error("a notebook that was never run is not marked")
	}
}

// A cell that was changed after its run is marked.
func TestEditedNotebook(t *testing.T) {
	nb := sample(t)
	if len(find(parse(t, render(t, nb)), class("banner"))) > 0 {
		t.Error("an unchanged notebook is marked as changed")
	}
	nb.Cells[1].Source = strings.Replace(nb.Cells[1].Source, "0.1", "0.5", 1)
	root := parse(t, render(t, nb))
	banner := find(root, class("banner"))
	if len(banner) != 1 || !strings.Contains(textOf(banner[0]), "changed after the run recorded here: cell 2.") {
		t.Error("no banner shows the changed cell")
	}
	if n := strings.Count(textOf(root), "changed since it ran"); n != 1 {
		t.Errorf("%d cells are marked as changed, want 1", n)
	}
}

func TestUncommittedNotebook(t *testing.T) {
	nb := sample(t)
	info, _ := nb.Info()
	info.Uncommitted = true
	nb.SetInfo(info)
	all := textOf(parse(t, render(t, nb)))
	if strings.Contains(all, "To reproduce this report, run") || !strings.Contains(all, "does not contain the notebook that was run") {
		t.Error("the report has a command that does not reproduce it")
	}
}

func TestTags(t *testing.T) {
	nb := blank()
	out := func(s string) *ipynb.Output { return &ipynb.Output{Type: ipynb.Stream, Name: "stdout", Text: s} }
	run(nb.Add(ipynb.Code, "CODE1", "remove-cell"), 1, out("OUT1"))
	run(nb.Add(ipynb.Code, "CODE2", "remove-input"), 2, out("OUT2"))
	run(nb.Add(ipynb.Code, "CODE3", "remove-output"), 3, out("OUT3"))
	run(nb.Add(ipynb.Code, "CODE4", "hide-input"), 4, out("OUT4"))
	all := textOf(find(parse(t, render(t, nb)), tag(atom.Main))[0])
	for text, want := range map[string]bool{"CODE1": false, "OUT1": false, "CODE2": false, "OUT2": true, "CODE3": true, "OUT3": false, "CODE4": true, "OUT4": true} {
		if strings.Contains(all, text) != want {
			t.Errorf("%s shown: %v, want %v", text, !want, want)
		}
	}
}

func TestOwnFigureNamesNoPaper(t *testing.T) {
	rec := sampleRecord()
	rec["figure"], rec["changed"], rec["reduced"] = "", true, false
	nb := blank()
	run(nb.Add(ipynb.Code, "x"), 1, recordOutput(t, rec))
	all := textOf(parse(t, render(t, nb)))
	if strings.Contains(all, "Sacramento") {
		t.Error("a figure of the user's own is attributed to the paper's authors")
	}
	if !strings.Contains(all, "Custom parameters") {
		t.Error("no badge shows that parameters were changed")
	}
}

func TestRunShownOnce(t *testing.T) {
	nb := blank()
	run(nb.Add(ipynb.Code, "x"), 1, recordOutput(t, sampleRecord()))
	run(nb.Add(ipynb.Code, "y"), 2, recordOutput(t, sampleRecord()))
	root := parse(t, render(t, nb))
	if n := len(find(root, class("comparison"))); n != 1 {
		t.Errorf("%d comparisons of one run, want 1", n)
	}
}

func TestBadInput(t *testing.T) {
	broken := func(mime, value string) *ipynb.Notebook {
		nb := blank()
		run(nb.Add(ipynb.Code, "x"), 1, &ipynb.Output{Type: ipynb.DisplayData, Data: map[string]json.RawMessage{mime: json.RawMessage(value)}})
		return nb
	}
	for name, c := range map[string]struct {
		nb   *ipynb.Notebook
		want []string
	}{
		"bad option":     {broken(chart.MIME, `{"version":1,"id":"c","title":"T","option":{"series":[{"type":"line","data":[1]}]}}`), []string{"cell 1", "T"}},
		"chart garbage":  {broken(chart.MIME, `[1]`), []string{"cell 1", "chart"}},
		"chart version":  {broken(chart.MIME, `{"version":2,"id":"c","option":{}}`), []string{"cell 1", "version 2"}},
		"no option":      {broken(chart.MIME, `{"version":1,"id":"c"}`), []string{"cell 1", "no option"}},
		"record version": {broken(record.MIME, `{"version":7}`), []string{"cell 1", "version 7"}},
	} {
		_, err := Write(t.Context(), c.nb, Options{})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not contain %q", name, err, want)
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Write(ctx, sample(t), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	e, err := newEngine("loop", `(function () { for (;;) {} })`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	context.AfterFunc(t.Context(), cancel)
	go cancel()
	if _, err := e.call(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("endless script: error %v, want context.Canceled", err)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mnist.html")
	if _, err := File(t.Context(), failing(t), path, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := File(t.Context(), illustrated(t, "hostile", hostile), path, Options{}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Write(t.Context(), illustrated(t, "hostile", hostile), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the file is not the report")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files beside the report (%v), want none", len(entries)-1, err)
	}
	if _, err := File(t.Context(), failing(t), filepath.Join(dir, "missing", "x.html"), Options{}); err == nil {
		t.Error("no error for a folder that does not exist")
	}
}

func TestIndex(t *testing.T) {
	page := sampleIndex(t)
	root := parse(t, page)
	entries := find(root, class("entry"))
	if len(entries) != 3 {
		t.Fatalf("%d entries, want 3", len(entries))
	}
	first := textOf(entries[0])
	for _, want := range []string{"Learning to classify digits with λ-mixing", "A Fig. 4 (recalled), N Fig. 3", "report-1", "Changed: ", "Quick (reduced run)", "same number", "1 min 24 s"} {
		if !strings.Contains(first, want) {
			t.Errorf("the first entry does not contain %q", want)
		}
	}
	if !strings.Contains(textOf(entries[1]), "Failed") || strings.Contains(first, "Failed") {
		t.Error("only the failed run must be marked")
	}
	if href := attr(find(entries[0], tag(atom.A))[0], "href"); href != "report-1.html" {
		t.Errorf("link %q", href)
	}
	if !bytes.Equal(page, sampleIndex(t)) {
		t.Error("the same entries gave different bytes")
	}
}

// Copies of the template have the same title and do not cite the paper.
func TestIndexOfOwnExperiments(t *testing.T) {
	var entries []Entry
	for _, href := range []string{"slow.html", "fast.html"} {
		nb := blank()
		nb.Add(ipynb.Markdown, "# An experiment of your own")
		rec := sampleRecord()
		rec["figure"], rec["changed"], rec["reduced"] = "", true, false
		rec["parameters"] = []object{{"name": "Rate", "value": "0.2", "preset": "0.1", "changed": true}, {"name": "Gain", "value": "1"}}
		run(nb.Add(ipynb.Code, "x"), 1, recordOutput(t, rec))
		e, err := Summarize(t.Context(), nb, href, nil)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	page, err := Index(entries)
	if err != nil {
		t.Fatal(err)
	}
	root := parse(t, page)
	for i, want := range []string{"slow", "fast"} {
		if text := textOf(find(root, class("entry"))[i]); !strings.Contains(text, want) || !strings.Contains(text, "Changed: Rate = 0.2") || strings.Contains(text, "Gain") {
			t.Errorf("entry %d: %s", i, text)
		}
	}
	if strings.Contains(textOf(root), "Sacramento") {
		t.Error("experiments of the user's own are attributed to the paper's authors")
	}
}

func TestHelpersOfTheLiveNotebook(t *testing.T) {
	nb := blank()
	helper := func(role, html, text string) *ipynb.Output {
		o := &ipynb.Output{Type: ipynb.DisplayData, Metadata: map[string]json.RawMessage{"dendrite": mustJSON(t, object{"role": role})}}
		o.SetText("text/html", html)
		if text != "" {
			o.SetText("text/plain", text)
		}
		return o
	}
	run(nb.Add(ipynb.Code, "x"), 1, helper("echarts", "<p>LIBRARY</p>", "ECharts"), helper("progress", "<p>BAR</p>", "done in 84 s"), helper("progress", "<p>BAR</p>", ""))
	all := textOf(find(parse(t, render(t, nb)), tag(atom.Main))[0])
	if strings.Contains(all, "LIBRARY") || strings.Contains(all, "ECharts") || strings.Contains(all, "BAR") {
		t.Errorf("outputs for the open notebook only are shown: %q", all)
	}
	if !strings.Contains(all, "done in 84 s") {
		t.Error("the last line of the progress bar is not shown")
	}
}

// If a program exits with a message, the report shows the message and not the exit
// status.
func TestFailureNamesItsReason(t *testing.T) {
	for _, end := range []string{"\n", "\nexit status 1\n"} { // with the second, from a headless run
		nb := blank()
		nb.Add(ipynb.Markdown, "# Stopped")
		run(nb.Add(ipynb.Code, "dendrite.MNIST(p)"), 1,
			&ipynb.Output{Type: ipynb.Stream, Name: "stderr", Text: "reading digits\nparameter Sigma is -1; want 0 <= Sigma" + end},
			&ipynb.Output{Type: ipynb.ErrorOutput, EName: "ERROR", EValue: "exit status 1"})
		page := string(render(t, nb))
		_, banner, _ := strings.Cut(page, `class="banner failed"`)
		banner, _, _ = strings.Cut(banner, "</section>")
		if !strings.Contains(banner, "parameter Sigma is -1; want 0 &lt;= Sigma") || strings.Contains(banner, "exit status") {
			t.Errorf("the banner is %s", banner)
		}
	}
}

func TestSymbolScript(t *testing.T) {
	for symbol, want := range map[string]string{"η^PI": "η^{PI}", "W^PP_k,k-1": "W^{PP}_{k,k-1}", "W^PP_1,2": "W^{PP}_{1,2}", "τ_w": "τ_w",
		"λ_1, λ_2": "λ_1, λ_2", "λ_1…λ_3": "λ_1…λ_3", "W^PP_k-1,k": "W^{PP}_{k-1,k}", "W_k,k−1": "W_{k,k−1}", "x_1+x_2": "x_1+x_2", "σ_in, σ_out.": "σ_{in}, σ_{out}."} {
		if got := braced(symbol); got != want {
			t.Errorf("%s becomes %s, want %s", symbol, got, want)
		}
	}
}
