package report

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"microcircuits/dendrite/record"
	"microcircuits/kernel/ipynb"
)

// changedSample returns the sample notebook with one changed, one added and one removed
// parameter.
func changedSample(t testing.TB) *ipynb.Notebook {
	nb := illustrated(t, "sample", sample)
	for _, c := range nb.Cells {
		for _, o := range c.Outputs {
			if _, ok := o.Data[record.MIME]; !ok {
				continue
			}
			rec := sampleRecord()
			params := rec["parameters"].([]object)
			changed := object{}
			for k, v := range params[0] {
				changed[k] = v
			}
			changed["value"], changed["changed"] = "0.123", true
			rec["parameters"] = append([]object{changed, {"name": "Newcomer", "value": "7"}}, params[2:]...)
			rec["changed"] = true
			rec["deviations"] = append([]string{"Networks were replaced."}, rec["deviations"].([]string)[1:]...)
			rec["claims"] = append(rec["claims"].([]object)[:1:1], claim("only-b", "Only in B", "", record.Deviates, 1))
			o.Data[record.MIME] = mustJSON(t, rec)
		}
	}
	return nb
}

func compared(t testing.TB, a, b *ipynb.Notebook) []byte {
	t.Helper()
	page, err := Compare(t.Context(), a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestCompare(t *testing.T) {
	a, b := illustrated(t, "sample", sample), changedSample(t)
	page := compared(t, a, b)
	root := parse(t, page)
	params := sampleRecord()["parameters"].([]object)
	changed := find(root, func(n *html.Node) bool { return attr(n, "id") == "changed" })
	if len(changed) != 1 {
		t.Fatalf("%d tables of changes", len(changed))
	}
	text := textOf(changed[0])
	for _, want := range []string{params[0]["name"].(string), params[0]["value"].(string), "0.123", "Newcomer", params[1]["name"].(string), "none",
		"only in A:\nFeedback weights", "only in B:\nNetworks were replaced."} {
		if !strings.Contains(text, want) {
			t.Errorf("the differences lack %q: %s", want, text)
		}
	}
	if strings.Contains(text, "Learning rates fall linearly") {
		t.Errorf("a deviation of both is listed: %s", text)
	}
	if len(params) > 2 && strings.Contains(text, params[2]["name"].(string)+"<") {
		t.Errorf("a parameter that is the same is listed: %s", text)
	}
	numbers := textOf(find(root, func(n *html.Node) bool { return attr(n, "id") == "numbers" })[0])
	if !strings.Contains(numbers, "Only in B") || !strings.Contains(numbers, "–") || !strings.Contains(numbers, "Custom parameters") {
		t.Errorf("numbers: %s", numbers)
	}
	for _, id := range []string{"figure-1A", "figure-1B", "figure-5A", "figure-5B"} {
		if n := len(find(root, func(n *html.Node) bool { return attr(n, "id") == id })); n != 1 {
			t.Errorf("%d elements %s", n, id)
		}
	}
	if !bytes.Equal(page, compared(t, a, b)) {
		t.Error("the same notebooks gave other bytes")
	}
	same := parse(t, compared(t, a, a))
	if text := textOf(find(same, func(n *html.Node) bool { return attr(n, "id") == "changed" })[0]); !strings.Contains(text, "No parameter") {
		t.Errorf("the same run twice: %s", text)
	}
}

// The number of seeds is compared although it is not a parameter in a user's own
// experiment.
func TestCompareSeeds(t *testing.T) {
	own := func(seeds ...int) *ipynb.Notebook {
		rec := sampleRecord()
		rec["figure"], rec["claims"] = "", []object{}
		rec["parameters"] = []object{{"name": "Rate", "value": "0.1"}}
		rec["provenance"] = object{"seeds": seeds}
		nb := blank()
		run(nb.Add(ipynb.Code, "run()"), 1, recordOutput(t, rec))
		return nb
	}
	changed := func(a, b *ipynb.Notebook) string {
		root := parse(t, compared(t, a, b))
		return textOf(find(root, func(n *html.Node) bool { return attr(n, "id") == "changed" })[0])
	}
	if text := changed(own(1, 2, 3), own(1, 2)); !strings.Contains(text, "Seeds") || !strings.Contains(text, "The other parameter is the same") {
		t.Errorf("three seeds and two: %s", text)
	}
	if text := changed(own(1, 2), own(1, 2)); strings.Contains(text, "Seeds") {
		t.Errorf("two seeds twice: %s", text)
	}
}

// Every run of a notebook is compared with the matching run of the other notebook.
func TestCompareManyRuns(t *testing.T) {
	runs := func(sigmas ...string) *ipynb.Notebook {
		nb := blank()
		c := nb.Add(ipynb.Code, "run()")
		for i, sigma := range sigmas {
			rec := sampleRecord()
			rec["experiment"], rec["title"] = []string{"first", "second", "second"}[i], "Run "+string("123"[i])
			rec["parameters"] = []object{{"name": "Sigma", "value": sigma}, {"name": "Order", "value": string("123"[i])}}
			value, err := strconv.ParseFloat(sigma, 64)
			if err != nil {
				t.Fatal(err)
			}
			rec["claims"] = []object{claim("error", "error", "", record.Matches, 100+value)}
			c.Outputs = append(c.Outputs, recordOutput(t, rec))
		}
		run(c, 1, c.Outputs...)
		return nb
	}
	part := func(root *html.Node, id string) string {
		return textOf(find(root, func(n *html.Node) bool { return attr(n, "id") == id })[0])
	}
	root := parse(t, compared(t, runs("0.1", "1", "2"), runs("0.9", "1", "3")))
	changed, numbers := part(root, "changed"), part(root, "numbers")
	for _, want := range []string{"Run 1", "0.1", "0.9", "Run 2", "No parameter differs: all 2", "Run 3"} {
		if !strings.Contains(changed, want) {
			t.Errorf("the differences lack %q: %s", want, changed)
		}
	}
	for _, want := range []string{"100.10 %", "100.90 %", "102.00 %", "103.00 %"} {
		if !strings.Contains(numbers, want) {
			t.Errorf("the numbers lack %q: %s", want, numbers)
		}
	}
	if _, err := Compare(t.Context(), runs("1", "2", "3"), runs("1", "2"), Options{}); err == nil || !strings.Contains(err.Error(), "A shows first, second, second, notebook B shows first, second") {
		t.Errorf("more runs in one: %v", err)
	}
}

func TestCompareRefuses(t *testing.T) {
	neverRan := blank()
	neverRan.Add(ipynb.Markdown, "# nothing")
	other := paperRun(t, func(object) {})
	for want, pair := range map[string][2]*ipynb.Notebook{
		"notebook B has no finished run": {illustrated(t, "sample", sample), neverRan},
		"choose two runs of the same":    {illustrated(t, "sample", sample), other},
	} {
		if _, err := Compare(t.Context(), pair[0], pair[1], Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
