package report

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"microcircuits/kernel/ipynb"
)

// fuzzSeeds are Markdown texts with formulas as people write them, and texts that have
// broken other programs.
var fuzzSeeds = []string{
	"# T\n\n$$a = 1 \\label{eq:1}$$\n\nsee \\eqref{eq:1}",
	"$$\nx = \\frac12\n$$.\n\nNext **paragraph**.",
	"\\begin{align}\na_{ij} &= b_{ij} + c \\\\\nd &= e*f*g\n\\end{align}",
	"$ x^2 $ costs $5 and $6, `$y$`, \\$, $$, $\\frac{1$",
	"$\\newcommand{\\R}{\\mathbb R}$ $\\R$ $\\def\\x{\\x\\x}\\x$",
	"\\begin{eqnarray}a&=&b\\\\c&=&d\\end{eqnarray} \\begin{x}\\begin{x}\\end{x}",
	"> $$\n> a\n> $$\n\n- $a\n- b$\n\n| $|x|$ | $a |\n|:-:|--:|\n| 1 | 2$ |",
	"```\n$$\n```\n~~~ $\n\n    $$ code\n\n`` ` $ ``",
	"<a id=\"x\" name=y href=\"#x\">$z$</a><svg><circle r=1><script>HACKED</script></svg>",
	"<img src='data:image/svg+xml;utf8,<svg onload=HACKED=1>'><table style='text-align:right;position:fixed'><tr><td align=right>",
	"[^1] - [x] ![a](attachment:b \"c\") [l](#%F0%9F) <details><summary>$\n\n[^1]: $$",
	"\\\\( x \\\\) \\\\[ y \\\\] \\\\(", "<math><mi>x</mi><style>*{}</style></math><noscript><p title=\"</noscript>\">",
	strings.Repeat(">", 600) + " deep", strings.Repeat("{", 200) + "$" + strings.Repeat("{", 200) + "$", "$" + strings.Repeat("\\sqrt", 150) + "x$",
	"\ufdd00\ufdd1 &#xfdd0;0&#xfdd1; $x$ <a title=\"&#xfdd0;0&#xfdd1;\">a</a>", "$a\x00.$", "$$x$$,\r\n\r\n$$\r\ny\r\n$$",
}

// FuzzReport makes reports of any text, as Markdown, as outputs of a cell and as printed
// text. A report is always made, and it is safe and well formed.
func FuzzReport(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 4000 || !utf8.ValidString(source) {
			t.Skip() // Read refuses such notebooks
		}
		nb := blank()
		nb.Add(ipynb.Markdown, source)
		o := &ipynb.Output{Type: ipynb.DisplayData, Data: map[string]json.RawMessage{}}
		for _, mime := range []string{"text/html", "text/markdown", "text/latex", "image/svg+xml"} {
			one := &ipynb.Output{Type: ipynb.DisplayData}
			one.SetText(mime, source)
			o.Data[mime] = one.Data[mime]
			run(nb.Add(ipynb.Code, "x"), 1, one)
		}
		run(nb.Add(ipynb.Code, "x"), 2, o, &ipynb.Output{Type: ipynb.Stream, Name: "stdout", Text: source})
		page, err := Write(t.Context(), nb, Options{Warn: func(string) {}})
		if err != nil {
			t.Fatal(err)
		}
		checkFuzzed(t, page)
		if strings.Contains(string(page), markOpen) && !strings.Contains(source, "\ufdd0") && !strings.Contains(strings.ToLower(source), "fdd0") && !strings.Contains(source, "64976") {
			t.Error("a mark was not replaced")
		}
	})
}

// checkFuzzed checks the parts of a page that come from the notebook: nothing in them runs
// or loads, every link leads somewhere, no mark is left, and what a browser reads is what
// was written.
func checkFuzzed(t *testing.T, page []byte) {
	t.Helper()
	root := parse(t, page)
	ids := map[string]bool{}
	for _, n := range find(root, func(n *html.Node) bool { return attr(n, "id") != "" }) {
		if ids[attr(n, "id")] {
			t.Errorf("id %q twice", attr(n, "id"))
		}
		ids[attr(n, "id")] = true
	}
	mains := find(root, tag(atom.Main))
	if len(mains) != 1 {
		t.Fatalf("%d main elements", len(mains))
	}
	for n := range mains[0].Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script", "iframe", "form", "base", "object", "embed", "frame", "input", "svg", "audio", "video", "style", "link", "meta", "template", "noscript":
			t.Errorf("element %s", n.Data)
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case a.Key == "style" && safeStyle(a.Val) != a.Val:
				t.Errorf("style %q", a.Val)
			case a.Key == "href" && strings.HasPrefix(value, "#") && n.DataAtom == atom.A && !leads(ids, a.Val[1:]):
				t.Errorf("the link %q leads nowhere", a.Val)
			case a.Key == "href" && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:")),
				a.Key == "src" && !strings.HasPrefix(value, "data:image/"), handler.MatchString(a.Key), a.Key == "srcset", a.Key == "action":
				t.Errorf("%s has %s=%.80q", n.Data, a.Key, a.Val)
			}
		}
	}
}
