package report

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html/atom"

	"microcircuits/kernel/ipynb"
)

// Formulas as Jupyter finds them, and dollars that are none.
func TestFormulasAsInJupyter(t *testing.T) {
	for source, want := range map[string]int{
		"$$a = 1 \\label{eq:1}$$":                                                                               1,
		"Thus\n\n$$\nx = \\frac12\n$$.\n\nNext **paragraph**.":                                                  1,
		"$$x$$, and $$y$$; or $$z$$:":                                                                           3,
		"Energy:\n\n\\begin{align}\na_{ij} &= b \\\\\nd &= e*f*g\n\\end{align}\n\nafter":                        1,
		"\\begin{gather*}a\\\\b\\end{gather*} \\begin{equation}\\begin{cases}1\\\\2\\end{cases}\\end{equation}": 2,
		"\\begin{eqnarray}a&=&b\\\\c&=&d\\end{eqnarray}":                                                        1,
		"\\begin{multline}a\\\\b\\end{multline}":                                                                1,
		"see $ x^2 + y^2 = z^2 $ here, $ x $ and $\\alpha $":                                                    3,
		"\\\\( x \\\\) and \\\\[ y \\\\]":                                                                       2,
		"| a |\n|---|\n| $|x|$ |":                                                                               1,
		"[$x$](#a) ## $y$":                                                                                      2,
		"$a_i*b_i*c_i$":                                                                                         1,
		"$a<b$ and $c&d$ and $a &lt; b$":                                                                        3,
		"$$\na\n\nb\n$$":                                                                                        1,
		"<div>$x$</div>\n\n$`x`$":                                                                               2,
		"$\\text{if $x$}$":                                                                                      1,
		"$$\\begin{aligned}a\\tag{1}\\end{aligned}$$ $x\\tag{2}$ $\\begin{align}a&=b\\end{align}$": 3,
		"$$a &= b \\\\ &= c$$": 1, "$\\require{cancel}\\cancel{x}$": 1, "$\\href{http://x.y}{z}$ $\\mathbbm{1}$": 2,
		// No formulas:
		"costs $5 and $6. It was 5$ or 6$; $ 5 and $ 6 each; US$ 5": 0,
		"between $5-$10, $1.50 to $2.50/kg and $20":                 0,
		"(about $8.50). A 5$ bill":                                  0,
		"either $5 or 5$.":                                          0,
		"$HOME/bin:$PATH and ${A}/x:${B}":                           0,
		"<!-- $x$ --> <a href=\"?a=$1&b=$2$\">a</a>":                0,
		"~~~\n$x$\n~~~\n`a $x$ b`":                                  0,
		"$$\nx = 1\n\nText goes on, and on.\n\n$$$ $$$":             0,
		"- costs $x\n\n- other y$":                                  0,
		"\\(x\\) and \\[y\\] are brackets":                          0,
		"\\begin{align} without end":                                0,
	} {
		html, _ := rendered(t, source)
		if n := strings.Count(html, "<math"); n != want || strings.Contains(html, "refused") {
			t.Errorf("%q: %d formulas, want %d: %s", source, n, want, html)
		}
	}
	html, _ := rendered(t, "Thus\n\n$$\nx\n$$.\n\nNext **paragraph**.")
	if !strings.Contains(html, "<strong>paragraph") || strings.Contains(html, "</span>.") {
		t.Errorf("a full stop after a formula: %s", html)
	}
	html, _ = rendered(t, "`$x$` `` $$y$$ ``\n\n    $z$\n\n```\n$a$\n```\n\n[a](http://x.y/$b$ \"$c$\")")
	for _, want := range []string{"<code>$x$</code>", "<code>$$y$$</code>", "$z$\n</code>", "$a$\n", `href="http://x.y/$b$"`, `title="$c$"`} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is not as written: %s", want, html)
		}
	}
}

func TestEquationNumbers(t *testing.T) {
	nb := blank()
	nb.Add(ipynb.Markdown, "# T\n\nFirst \\eqref{later}, \\ref{b}, $\\ref{tagged}$ and \\eqref{none}.")
	nb.Add(ipynb.Markdown, "\\begin{align}a\\label{a}\\\\b\\notag\\\\c\\label{b}\\end{align}\n\n$$x\\label{own}$$ $$y\\tag{T}\\label{tagged}$$")
	nb.Add(ipynb.Markdown, "\\begin{equation}z\\label{later}\\end{equation}\n\n\\begin{equation*}q\\end{equation*}")
	root := parse(t, render(t, nb))
	text := textOf(find(root, tag(atom.Main))[0])
	for _, want := range []string{"First (4), 2,", "and (???)"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	for _, want := range []string{"(1)", "(2)", "(3)", "(T)", "(4)"} {
		if strings.Count(text, "\u2001\u2001"+want)+strings.Count(text, want) == 0 {
			t.Errorf("no equation has %s", want)
		}
	}
	if strings.Contains(text, "(5)") {
		t.Error("a starred equation has a number")
	}
}

// What a formula defines holds in later cells, also when a cell is there twice.
func TestMacrosAcrossCells(t *testing.T) {
	nb := blank()
	for range 2 {
		nb.Add(ipynb.Markdown, "$\\newcommand{\\R}{\\mathbb{R}}\\def\\half#1{\\frac{#1}{2}}$ $$\\DeclareMathOperator*{\\argmax}{arg\\,max}$$")
	}
	nb.Add(ipynb.Markdown, "$x\\in\\R$, $\\half{x}$, $\\argmax_x$, $\\renewcommand{\\R}{Q}\\R$")
	var warnings []string
	page, err := Write(t.Context(), nb, Options{Warn: func(s string) { warnings = append(warnings, s) }})
	if err != nil || len(warnings) > 0 || strings.Count(string(page), "<math") != 4 || !strings.Contains(string(page), "ℝ") {
		t.Errorf("error %v, warnings %q, %d formulas", err, warnings, strings.Count(string(page), "<math"))
	}
}

// A formula that KaTeX refuses is shown as written and named; the report goes on.
func TestRefusedFormulas(t *testing.T) {
	for _, tex := range []string{`$\foo{x}$`, `$\frac{1$`, `$$\begin{tabular}{c}a\end{tabular}$$`, `\begin{itemize}\item a\end{itemize}`, `$\left( x$`, `$x^1^2$`,
		`$\def\x{\x\x}\x$`, `$` + strings.Repeat("{", 500) + strings.Repeat("}", 500) + `$`, `$a \unknownmacro<b$`} {
		nb := blank()
		nb.Add(ipynb.Markdown, "fine $x$")
		nb.Add(ipynb.Markdown, "# T\n\nBefore.\n\n"+tex+"\n\nAfter.")
		var warnings []string
		page, err := Write(t.Context(), nb, Options{Warn: func(s string) { warnings = append(warnings, s) }})
		if err != nil {
			t.Errorf("%s: %v", tex, err)
			continue
		}
		root := parse(t, page)
		refused := find(root, class("refused"))
		if len(refused) != 1 || textOf(refused[0]) != tex || attr(refused[0], "title") == "" || !strings.Contains(textOf(root), "After.") {
			t.Errorf("%s is not shown as written: %d", tex, len(refused))
		}
		if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "cell 2: formula shown as written: "+shortText(tex)) {
			t.Errorf("%s: warnings %q", tex, warnings)
		}
	}
}

func TestLatexOutputs(t *testing.T) {
	for source, want := range map[string]int{
		`$\displaystyle \frac{a}{b}$`: 1, `\begin{align}a&=b\end{align}`: 1, `\[ x \] and \( y \)`: 2, `\frac{a}{b}`: 1, `$$x$$`: 1, "plain words only": 0,
	} {
		html, err := newWriter(t.Context()).latex(source)
		if n := strings.Count(string(html), "<math"); err != nil || n != want {
			t.Errorf("%s: %d formulas, want %d: %s (%v)", source, n, want, html, err)
		}
	}
}

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// Pictures in data addresses of any spelling are shown.
func TestDataAddresses(t *testing.T) {
	svg := `<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>`
	for src, kind := range map[string]string{
		"data:image/jpg;base64,/9j/4AAQSkZJRg==":                                      "jpeg",
		"data:image/png;base64," + pixel:                                              "png",
		"DATA:IMAGE/PNG;BASE64," + pixel:                                              "png",
		"data:image/png;charset=utf-8;base64," + pixel:                                "png",
		"data:;base64," + pixel:                                                       "png",
		"data:application/octet-stream;base64," + pixel:                               "png",
		"data:image/jpeg;base64," + pixel:                                             "png",
		"data:image/png;base64,\n " + pixel[:20] + "\n  " + pixel[20:]:                "png",
		"data:image/png;base64," + strings.TrimRight(pixel, "="):                      "png",
		"data:image/png;base64," + strings.ReplaceAll(pixel, "=", "%3D"):              "png",
		"data:image/gif;base64,R0lGODlhAQABAAAAACw=":                                  "gif",
		"data:image/bmp;base64,Qk0AAAAA":                                              "bmp",
		"data:image/webp;base64,UklGRgAAAABXRUJQ":                                     "webp",
		"data:image/avif;base64,AAAAHGZ0eXBhdmlm":                                     "avif",
		"data:image/svg+xml;utf8," + svg:                                              "svg+xml",
		"data:image/svg+xml," + strings.ReplaceAll(svg, "<", "%3C"):                   "svg+xml",
		"data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg)): "svg+xml",
	} {
		if uri := pictureOf(src); !strings.HasPrefix(uri, "data:image/"+kind+";base64,") {
			t.Errorf("%s is %.60q, want %s", src, uri, kind)
		}
	}
	for _, src := range []string{"data:text/html;base64,PGI+", "data:text/html,<b>", "data:image/png;base64,?", "data:image/png", "data:,x", "data:image/svg+xml,<script>1</script>"} {
		if uri := pictureOf(src); uri != "" {
			t.Errorf("%s is %s", src, uri)
		}
	}
	html, _ := rendered(t, "![c](data:image/jpg;base64,/9j/4AAQSkZJRg==)\n\n<img alt='s' src='data:image/svg+xml;utf8,"+svg+"'>")
	if strings.Count(html, "<img") != 2 || strings.Contains(html, "outside this report") {
		t.Errorf("pictures in Markdown: %s", html)
	}
}

// Pictures beside the notebook are embedded; nothing outside its folder is read.
func TestLocalPictures(t *testing.T) {
	png, _ := base64.StdEncoding.DecodeString(pixel)
	outer := t.TempDir()
	dir := filepath.Join(outer, "notebooks")
	write := func(name string, data []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.png", png)
	write("my pictures/ä b.png", png)
	write("d.svg", []byte(`<?xml version="1.0"?><!-- c --><svg xmlns="http://www.w3.org/2000/svg"/>`))
	write("secret.txt", []byte("SECRET"))
	write("fake.png", []byte("SECRET"))
	write("../outside.png", png)
	write("big.png", append(png, make([]byte, maxPicture)...))
	for name, to := range map[string]string{"out.png": "../outside.png", "in.png": "a.png"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for source, want := range map[string]string{
		"![a](a.png)": "data:image/png", "![a](./a.png)": "data:image/png", "<img src=a.png>": "data:image/png", "<img src='my pictures/ä b.png'>": "data:image/png",
		"![a](<my pictures/ä b.png>)": "data:image/png", "![a](my%20pictures/%C3%A4%20b.png)": "data:image/png", "![a](d.svg)": "data:image/svg+xml",
		"![a](in.png)": "data:image/png", "![a](my%20pictures/../a.png)": "data:image/png", "![a](a.png?raw=true)": "data:image/png",
		"![x](no.png)": "[picture no.png is missing beside the notebook: x]", "![x](../outside.png)": "outside the notebook", "![x](out.png)": "cannot be read from the notebook",
		"![x](/etc/passwd)": "outside the notebook", "![x](secret.txt)": "secret.txt is not a picture", "![x](fake.png)": "fake.png is not a picture",
		"![x](big.png)": "too large", "![x](https://example.org/a.png)": "[picture outside this report: x]", "![x](file:///etc/passwd)": "[picture outside this report: x]",
		"![x](my%20pictures)": "is not a file",
	} {
		w := newWriter(t.Context())
		w.folders = []string{filepath.Join(outer, "elsewhere"), dir}
		html, err := w.markdown(source, nil, true)
		if err != nil || !strings.Contains(string(html), want) || strings.Contains(string(html), "SECRET") {
			t.Errorf("%s: %.300s (%v), want %s", source, html, err, want)
		}
	}
	if html, _ := rendered(t, "![x](a.png)"); !strings.Contains(html, "outside this report") {
		t.Errorf("without a folder: %s", html)
	}
}

func TestAttachedPictures(t *testing.T) {
	files := json.RawMessage(`{"my pic.png":{"image/png":"` + pixel + `"},"b":{"text/plain":"x","image/jpg":["` + pixel[:8] + `","` + pixel[8:] + `"]},"v":{"image/svg+xml":"<svg width='1'/>"},"bad":5}`)
	html, err := newWriter(t.Context()).markdown("![1](<attachment:my pic.png>) ![2](attachment:my%20pic.png) ![3](attachment:b) ![4](attachment:v) ![5](attachment:none)", files, true)
	if n := strings.Count(string(html), "data:image/"); err != nil || n < 3 {
		t.Errorf("%d pictures: %s (%v)", n, html, err)
	}
}

// Drawings in HTML become pictures that a browser reads as files.
func TestDrawings(t *testing.T) {
	for _, source := range []string{
		`<div><svg xmlns="http://www.w3.org/2000/svg" width="40"><circle r="18"/><text x="3">lbl &amp; &nbsp;x</text></svg></div>`,
		`<svg viewBox="0 0 1 1"><linearGradient id="a"/><use xlink:href="#a"/><foreignObject><p>HTML<br>x</p></foreignObject><br></svg>`,
		`<svg><script>HACKED</script><a onclick="HACKED"><style>*{fill:red}</style></a></svg>`, `<svg a:b="c" x"y="1" 1z="2"><g</svg>`,
	} {
		html, shown, err := newWriter(t.Context()).foreign(source)
		if err != nil {
			t.Fatal(err)
		}
		images := find(parse(t, []byte(html)), tag(atom.Img))
		if !shown || len(images) == 0 || attr(images[0], "alt") == "" {
			t.Errorf("%s became %s", source, html)
			continue
		}
		data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(attr(images[0], "src"), "data:image/svg+xml;base64,"))
		if err != nil || string(drawingFile(data)) != string(data) || strings.Contains(string(data), "HACKED") {
			t.Errorf("%s is not a safe file: %s (%v)", source, data, err)
		}
	}
}

// bundle returns the views of an output.
func bundle(t *testing.T, data map[string]any) []outputView {
	t.Helper()
	o := &ipynb.Output{Type: ipynb.DisplayData, Data: map[string]json.RawMessage{}}
	for mime, v := range data {
		o.Data[mime] = mustJSON(t, v)
	}
	b := &builder{ctx: t.Context(), w: newWriter(t.Context()), page: &page{}}
	views, err := b.output(o)
	if err != nil {
		t.Fatal(err)
	}
	return views
}

// Each output leaves something to see.
func TestOutputsLeaveSomething(t *testing.T) {
	type o = map[string]any
	const script = "<div id='x'></div><script>draw()</script><style>p{}</style>"
	for name, c := range map[string]struct {
		data o
		want string
	}{
		"script hides no picture":  {o{"text/html": script, "image/png": pixel, "text/plain": "x"}, "data:image/png"},
		"script hides no text":     {o{"text/html": script, "text/plain": "Figure(1)"}, "Figure(1)"},
		"script hides no Markdown": {o{"text/html": script, "text/markdown": "**m**"}, "<strong>m"},
		"script alone":             {o{"text/html": script}, "Not shown in a report: output of type text/html."},
		"video":                    {o{"text/html": "<video src=x></video>"}, "[video is not shown in a report]"},
		"video and picture":        {o{"text/html": "<iframe src=x></iframe>", "image/png": pixel}, "data:image/png"},
		"plotly":                   {o{"application/vnd.plotly.v1+json": o{}, "text/html": script}, "application/vnd.plotly.v1+json"},
		"vega with picture":        {o{"application/vnd.vegalite.v5+json": o{}, "image/png": pixel}, "data:image/png"},
		"widget":                   {o{"application/vnd.jupyter.widget-view+json": o{}, "text/plain": "IntSlider(value=3)"}, "IntSlider(value=3)"},
		"JSON":                     {o{"application/json": o{"a": []int{1}}, "text/plain": "<object>"}, "\"a\": ["},
		"PDF":                      {o{"application/pdf": "JVBERi0="}, "application/pdf"},
		"formula in HTML":          {o{"text/html": "<p>$x^2$ costs $5 and <code>$y$</code></p>"}, "</math></span> costs $5 and <code>$y$</code>"},
		"script type":              {o{"application/javascript": "x"}, "application/javascript"},
		"JPEG by another name":     {o{"image/jpg": "/9j/4AAQSkZJRg=="}, "data:image/jpeg"},
		"SVG without name space":   {o{"image/svg+xml": "<svg width='1'><g/></svg>"}, "data:image/svg+xml"},
		"no SVG":                   {o{"image/svg+xml": "<p>", "text/plain": "plain"}, "plain"},
		"broken picture":           {o{"image/png": "???"}, "image/png"},
		"tiff":                     {o{"image/tiff": "SUkqAA=="}, "image/tiff"},
		"other text":               {o{"text/csv": "a,b"}, "a,b"},
		"a number":                 {o{"text/plain": 5}, "text/plain"},
	} {
		var text []string
		for _, v := range bundle(t, c.data) {
			text = append(text, string(v.HTML)+v.Text+v.Note+string(v.Picture))
		}
		if all := strings.Join(text, "\n"); !strings.Contains(all, c.want) {
			t.Errorf("%s: %q, want %q", name, all, c.want)
		}
	}
	nb := blank()
	run(nb.Add(ipynb.Code, "x"), 1, &ipynb.Output{Type: ipynb.Malformed, Problem: "output_type is missing"}, &ipynb.Output{Type: ipynb.Stream, Name: "stdout", Text: "next"})
	if all := textOf(parse(t, render(t, nb))); !strings.Contains(all, "cannot be read: output_type is missing") || !strings.Contains(all, "next") {
		t.Error("a malformed output is not named, or costs the next one")
	}
}

// HTML and Markdown keep what has a meaning.
func TestWhatStays(t *testing.T) {
	for source, want := range map[string]string{
		"| l | c | r |\n|:--|:-:|--:|\n| 1 | 2 | 3 |": `<td align="right">3</td>`,
		"|c|\n|:-:|\n|2|": `<td align="center">2</td>`,
		"<table><tr><td style='text-align: right'>3</td></tr>": `<td style="text-align:right">3</td>`,
		"<table><tr><td align=RIGHT>3</td></tr></table>":       `<td align="RIGHT">3</td>`,
		"- [x] a\n- [ ] b":           "☑  a",
		"<font color='red'>r</font>": `<span style="color:red">r</span>`,
		"<center>c</center>":         `<div align="center">c</div>`,
		"<p align=center>c</p>":      `<p align="center">c</p>`,
		"<span style='color:#f00;position:fixed;background:url(x);FONT-WEIGHT: BOLD !important'>s</span>": `<span style="color:#f00;font-weight:bold">s</span>`,
		"<span style='margin:-9px;width:calc(1px);color:red\\;'>s</span>":                                 `<span>s</span>`,
		"<ol start=3 type=a><li value=5>x</ol>":                                                           `<ol start="3" type="a"><li value="5">x`,
		"<details open><summary>S</summary>x</details>":                                                   `<details open=""><summary>S</summary>x</details>`,
		"<sub>1</sub><sup>2</sup><kbd>k</kbd><mark>m</mark>":                                              `<sub>1</sub><sup>2</sup><kbd>k</kbd><mark>m</mark>`,
		"<dl><dt>t<dd>d</dl>":                         `<dl><dt>t</dt><dd>d</dd></dl>`,
		"<abbr title='long'>s</abbr>":                 `<abbr title="long">s</abbr>`,
		"<figure><figcaption>c</figcaption></figure>": `<figure><figcaption>c</figcaption></figure>`,
		"~~gone~~ www.example.org":                    `<del>gone</del> <a href="http://www.example.org"`,
		"a<!-- hidden -->b":                           "ab",
		"<select><option>1<option selected>2</select> <input value=v> <button>go</button>": "2 v <span>go</span>",
		"x[^1]\n\n[^1]: note": "note",
		"\ue000\ue001":        "\ue000\ue001",
	} {
		if html, _ := rendered(t, source); !strings.Contains(html, want) {
			t.Errorf("%q became %s, want %s", source, html, want)
		}
	}
}

// Links inside the notebook lead to what they name, wherever it is.
func TestAnchors(t *testing.T) {
	nb := blank()
	nb.Add(ipynb.Markdown, "# The Title\n\n[1](#sec_one) [2](#tag) [3](#later) [4](#My-Heading) [5](#my-heading) [6](#my-heading-1) [7](#Gr%C3%B6%C3%9Fe-1) [8](#größe-1) "+
		"[9](#The-Title) [10](#cell-2) [11](#content) <a href='#a b'>12</a> [13](#x\"y) [^n]\n\n[^n]: note\n\n<a id=\"sec_one\"></a>\n## Section One\n\n## Header<a name=\"tag\"></a>\n\n[l](#tag)")
	nb.Add(ipynb.Markdown, "## My Heading\n\n## My Heading\n\n### Größe 1\n\n<h3 id=\"own\">X</h3> <div id='a b'>y</div> <p id='x\"y'>z</p> <p id=content>c</p>\n\n[o](#own) [^n]\n\n[^n]: another")
	run(nb.Add(ipynb.Code, "x"), 1, func() *ipynb.Output {
		o := &ipynb.Output{Type: ipynb.DisplayData}
		o.SetText("text/html", `<p id="later">x</p><a href="#sec_one">y</a>`)
		return o
	}())
	root := parse(t, render(t, nb))
	ids := map[string]string{}
	for n := range root.Descendants() {
		if id := attr(n, "id"); id != "" {
			if _, twice := ids[id]; twice {
				t.Errorf("id %q twice", id)
			}
			ids[id] = textOf(n)
		}
	}
	links := map[string]string{}
	for _, n := range find(find(root, tag(atom.Main))[0], tag(atom.A)) {
		href := attr(n, "href")
		if strings.HasPrefix(href, "#") {
			if links[textOf(n)] == "" {
				links[textOf(n)] = href[1:]
			}
		} else if href == "" && textOf(n) != "" {
			t.Errorf("the link %q leads nowhere", textOf(n))
		}
		all := map[string]bool{}
		for id := range ids {
			all[id] = true
		}
		if strings.HasPrefix(href, "#") && !leads(all, href[1:]) {
			t.Errorf("%s leads nowhere", href)
		}
	}
	if links["4"] == links["6"] || links["4"] != links["5"] || links["1"] != "u-sec_one" || links["2"] != links["l"] || links["9"] != "content" {
		t.Errorf("links %q", links)
	}
	nb = blank()
	nb.Add(ipynb.Markdown, "[gone](#nowhere) [figure](#figure-7)")
	if page := string(render(t, nb)); strings.Contains(page, "nowhere") || strings.Contains(page, "#figure-7") {
		t.Error("a link to nothing is still a link")
	}
}

func TestMathLetters(t *testing.T) {
	html, _ := rendered(t, `$\mathbb{R1}\mathbf{Wα}\mathcal{L}\mathfrak{g}\boldsymbol{\alpha}\mathrm{d}$`)
	for _, want := range []string{"ℝ", "𝐖", "ℒ", "𝔤", "𝜶", ">d<"} {
		if !strings.Contains(html, want) {
			t.Errorf("no %s in %s", want, html)
		}
	}
}

// A safe style stays as it is when it is read again.
func TestSafeStyleIsStable(t *testing.T) {
	for _, s := range []string{"color: Red", "border:1px  solid #ccc; PADDING:2px 3px", "background-color:rgb(1, 2, 3)"} {
		if once := safeStyle(s); once == "" || safeStyle(once) != once {
			t.Errorf("%q becomes %q, then %q", s, once, safeStyle(once))
		}
	}
}
