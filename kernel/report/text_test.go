package report

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"microcircuits/kernel/ipynb"
)

func rendered(t *testing.T, source string) (string, *writer) {
	t.Helper()
	w := newWriter(t.Context())
	html, err := w.markdown(source, nil, true)
	if err != nil {
		t.Fatalf("%q: %v", source, err)
	}
	return string(html), w
}

func TestFormulas(t *testing.T) {
	for source, want := range map[string]int{
		"$x$":                                    1,
		"$$x$$":                                  1,
		"a $x$ b $y_1$ c":                        2,
		"$$\nx\n- y\n+ z\n> 0\n$$":               1,
		"text\n$$\na\\\\\nb\n$$\ntext":           1,
		"- item $x$\n- $$y$$\n\n  $$\n  z\n  $$": 3,
		"> $x$\n>\n> $$\n> y\n> $$":              2,
		"| a |\n|---|\n| $x$ |":                  1,
		"## Heading $x$":                         1,
		"**$x$** and *a $y$*":                    2,
		"$a\nb$":                                 1,
		"$x_1$, $x_2$; ($x$)":                    3,
		`$\text{a \$ b}$`:                        1,
		"$$x$$ and $$y$$ in a line":              2,
		// No formulas:
		"costs $5 and $6":       0,
		`\$x\$`:                 0,
		"`$x$` and ``$$y$$``":   0,
		"```\n$$\nx\n$$\n```":   0,
		"    $x$ indented code": 0,
		"$$":                    0,
		"a $ b":                 0,
		"$":                     0,
	} {
		html, _ := rendered(t, source)
		if n := strings.Count(html, "<math"); n != want {
			t.Errorf("%q: %d formulas, want %d: %s", source, n, want, html)
		}
		if strings.Contains(html, markOpen) || strings.Contains(html, markClose) {
			t.Errorf("%q: a mark was not replaced: %q", source, html)
		}
	}
	if html, _ := rendered(t, "$\\lambda<1$ \ue0000\ue001"); !strings.Contains(html, "λ") || strings.Count(html, "<math") != 1 || !strings.Contains(html, `<annotation encoding="application/x-tex">\lambda&lt;1</annotation>`) {
		t.Errorf("formula: %s", html)
	}
}

func TestOutline(t *testing.T) {
	_, w := rendered(t, "# Title\n\n## One\n\n### Two & <b>three</b>\n\n## One\n\n# Second H1\n\n## $\\lambda$ term")
	if w.titleText != "Title" {
		t.Errorf("title %q", w.titleText)
	}
	var got []string
	for _, h := range w.headings {
		got = append(got, strings.Repeat("#", h.Level)+h.ID)
	}
	if want := "##s-one ###s-two--three ##s-one-2 ##s-second-h1 ##s-term"; strings.Join(got, " ") != want {
		t.Errorf("outline %q, want %q", got, want)
	}
}

func TestAttachments(t *testing.T) {
	w := newWriter(t.Context())
	files := json.RawMessage(`{"my pic.png":{"image/png":"AAAA"}}`)
	html, err := w.markdown("![one](<attachment:my pic.png>) ![two](attachment:other.png)", files, false)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(html), `src="data:image/png;base64,AAAA"`) || !strings.Contains(string(html), "[picture outside this report: two]") {
		t.Errorf("attachments: %s", html)
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[31mred\x1b[0m":           "red",
		"10 %\r50 %\r100 %\ndone":      "100 %\ndone",
		"a\r\nb":                       "a\nb",
		"\x1b]0;title\x07text\x00\x08": "text",
		"keeps\ttabs and ünïcode":      "keeps\ttabs and ünïcode",
		"progress 3/4\r":               "progress 3/4",
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
	if long := plain(strings.Repeat("é", maxText)); len(long) > maxText+100 || !strings.Contains(long, "left out") {
		t.Errorf("a long text is shortened to %d bytes", len(long))
	}
}

// Of a long printed text the beginning and the end are shown, and how much is left out.
func TestLongPrintedText(t *testing.T) {
	var lines strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&lines, "line %d\n", i)
	}
	got := plain(lines.String() + "FINAL RESULT 42\n")
	if !strings.HasPrefix(got, "line 0\n") || !strings.HasSuffix(got, "\nFINAL RESULT 42\n") || len(got) > maxText+200 {
		t.Errorf("%d bytes, from %.20q to %q", len(got), got, got[len(got)-30:])
	}
	_, left, _ := strings.Cut(got, "… ")
	var count, size int
	if _, err := fmt.Sscanf(left, "%d lines (%d bytes) left out", &count, &size); err != nil {
		t.Errorf("no line says what is left out: %v", err)
	}
	if shown := strings.Count(got, "\n") - 1; shown+count != 30_001 {
		t.Errorf("%d lines shown and %d left out, want 30001 together", shown, count)
	}
	for _, long := range []string{strings.Repeat("x", 3*maxText) + "END", strings.Repeat("é", maxText) + "\nEND", "a\n" + strings.Repeat("日", maxText) + "END"} {
		if got := plain(long); !strings.HasSuffix(got, "END") || !strings.Contains(got, "left out") || !utf8.ValidString(got) || len(got) > maxText+200 {
			t.Errorf("%.10q...: %d bytes, ends in %q", long, len(got), got[len(got)-20:])
		}
	}
}

// Pieces of one stream are one text: a progress bar arrives in many.
func TestPrintedPieces(t *testing.T) {
	nb := blank()
	out := func(s string) *ipynb.Output { return &ipynb.Output{Type: ipynb.Stream, Name: "stdout", Text: s} }
	run(nb.Add(ipynb.Code, "x"), 1, out("12345\b"), out("\bX\n  1%"), out("\b\b\b\b 99%\n"), out("one\r"), out("\x1b[Ktwo\n"), out("\x1b[32mgreen\x1b[0m 1\n\x1b"), out("[A\x1b[2Klast"))
	printed := find(parse(t, render(t, nb)), class("printed"))
	if len(printed) != 1 || strings.TrimSpace(textOf(printed[0])) != "123X5\n 99%\ntwo\nlast" {
		t.Errorf("%d printed texts: %q", len(printed), textOf(printed[0]))
	}
}

func TestCSV(t *testing.T) {
	var table dataTable
	if err := json.Unmarshal([]byte(`{"columns":[{"name":"t","unit":"ms"},{"name":"a,b"}],"rows":[[0.5,"x"],[1,null],[2,"=1+1"],[3,"q\"uote"]]}`), &table); err != nil {
		t.Fatal(err)
	}
	if got, want := table.csv(), "t (ms),\"a,b\"\n0.5,x\n1,\n2,'=1+1\n3,\"q\"\"uote\"\n"; got != want {
		t.Errorf("CSV\n%s\nwant\n%s", got, want)
	}
}

// A table in a cell's output can be wider than a phone, so it must be scrollable by
// keyboard, like a table in Markdown.
func TestTablesOfOutputsAreFocusable(t *testing.T) {
	got, err := newSanitizer().cleanHTML("<table><tr><td>1</td></tr></table>")
	if err != nil || !strings.Contains(got, `<table tabindex="0">`) {
		t.Errorf("%s, error %v", got, err)
	}
}

// leads reports whether a link inside the page has its end.
func leads(ids map[string]bool, fragment string) bool {
	id, err := url.PathUnescape(fragment)
	return err == nil && ids[id]
}
