package report

import (
	"bytes"
	"context"
	"encoding/json"
	htmlescape "html"
	"html/template"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A heading is an entry of the table of contents.
type heading struct {
	Level int // 2 to 6
	ID    string
	HTML  template.HTML
}

// A writer converts Markdown and foreign HTML to safe HTML. It collects the title and
// the headings for the page, and the anchors to which links lead.
type writer struct {
	ctx       context.Context
	formulas  formulas
	equations equations
	sanitizer *sanitizer
	folders   []string             // with pictures of the notebook
	warn      func(formulaWarning) // nil to ignore
	documents int                  // Markdown texts so far

	title     template.HTML // the first H1
	titleText string
	headings  []heading
	ids       map[string]bool
	anchors   map[string]string // what authors write after # to the id on the page
}

// A formulaWarning tells why a formula is shown as written.
type formulaWarning struct{ source, why string }

func newWriter(ctx context.Context) *writer {
	return &writer{ctx: ctx, sanitizer: newSanitizer(), ids: map[string]bool{}, anchors: map[string]string{}}
}

// While Markdown and the HTML around a formula are processed, the formula is replaced by a
// mark: its number between these characters, which no text contains. A mark that ends up
// in code or in an attribute becomes the source of the formula again. If a source contains
// these characters as entities, one of its own formulas appears twice.
const (
	markOpen  = "\ufdd0"
	markClose = "\ufdd1"
)

var (
	stripMarks = strings.NewReplacer(markOpen, "", markClose, "", trailing, "")
	markIn     = regexp.MustCompile(markOpen + `([0-9]+)` + markClose)
	escaped    = strings.NewReplacer("%EF%B7%90", markOpen, "%EF%B7%91", markClose, "%ef%b7%90", markOpen, "%ef%b7%91", markClose)
)

// A markedText is a text whose formulas are replaced by marks.
type markedText struct {
	text    string
	sources []string // of the formulas
	found   []formula
}

func markFormulas(source string, latex bool) markedText {
	source = stripMarks.Replace(source)
	m := markedText{found: findFormulas(source, latex)}
	var b strings.Builder
	rest := 0
	for i, f := range m.found {
		b.WriteString(source[rest:f.start] + markOpen + strconv.Itoa(i) + markClose)
		m.sources = append(m.sources, source[f.start:f.end])
		rest = f.end
	}
	m.text = b.String() + source[rest:]
	return m
}

// collectLabels numbers the equations of a Markdown cell, so that cells before it can
// refer to them.
func (w *writer) collectLabels(source string) {
	for _, f := range markFormulas(source, false).found {
		if !f.reference {
			w.equations.prepare(f.tex, !f.display)
		}
	}
}

// typeset returns the HTML of formulas. A formula that KaTeX refuses is shown as written.
func (w *writer) typeset(m markedText) ([]string, error) {
	var all []string
	for i, f := range m.found {
		if f.reference {
			text := htmlescape.EscapeString(w.equations.reference(f.tex))
			address := url.PathEscape(labelKey(refs.FindStringSubmatch(f.tex)[2]))
			all = append(all, `<a href="#`+htmlescape.EscapeString(address)+`">`+text+`</a>`)
			continue
		}
		tex, labels := w.equations.prepare(f.tex, !f.display)
		html, err := w.formulas.typeset(w.ctx, tex, f.display)
		if err != nil {
			if w.ctx.Err() != nil {
				return nil, w.ctx.Err()
			}
			source := strings.TrimSpace(m.sources[i])
			html = `<code class="refused" title="` + htmlescape.EscapeString("This formula is shown as written: "+err.Error()) + `">` + htmlescape.EscapeString(source) + `</code>`
			if w.warn != nil {
				w.warn(formulaWarning{source, err.Error()})
			}
		}
		for _, l := range labels {
			if id := w.anchor(labelKey(l)); id != "" {
				html = `<span id="` + htmlescape.EscapeString(id) + `">` + html + `</span>`
			}
		}
		all = append(all, html)
	}
	return all, nil
}

// labelKey is the anchor of an equation with a label.
func labelKey(label string) string { return "equation " + label }

// markdown renders Markdown. outline is set for the notebook's own text: its headings are
// added to the table of contents, the first H1 of the page becomes the title and is
// removed from the result, and its equations have numbers.
func (w *writer) markdown(source string, attachments json.RawMessage, outline bool) (template.HTML, error) {
	w.equations.uncounted = !outline
	m := markFormulas(source, false)
	w.documents++
	md := goldmark.New(
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.TaskList, extension.Typographer,
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
			extension.NewFootnote(extension.WithFootnoteIDPrefix("text"+strconv.Itoa(w.documents)+"-"))),
		// Raw HTML is allowed here, because the sanitizer checks the result.
		goldmark.WithRendererOptions(html.WithUnsafe()))
	var raw bytes.Buffer
	if err := md.Convert([]byte(m.text), &raw); err != nil {
		return "", err
	}
	typeset, err := w.typeset(m)
	if err != nil {
		return "", err
	}
	body := w.clean(raw.String(), attachments)
	setFormulas(body, typeset, m.sources)
	if outline {
		w.outline(body)
	}
	return template.HTML(innerHTML(body)), nil
}

// latex renders an output of type text/latex. Outside of formulas it is text.
func (w *writer) latex(source string) (template.HTML, error) {
	w.equations.uncounted = true
	m := markFormulas(source, true)
	if len(m.found) == 0 && looksTeX(strings.TrimSpace(source)) {
		m = markFormulas("$$"+source+"$$", true)
	}
	typeset, err := w.typeset(m)
	if err != nil {
		return "", err
	}
	body := newBody()
	for _, paragraph := range blankLine.Split(m.text, -1) {
		if strings.TrimSpace(paragraph) != "" {
			p := &xhtml.Node{Type: xhtml.ElementNode, Data: "p", DataAtom: atom.P}
			p.AppendChild(textNode(paragraph))
			body.AppendChild(p)
		}
	}
	setFormulas(body, typeset, m.sources)
	return template.HTML(innerHTML(body)), nil
}

// clean sanitises HTML of the notebook and completes its tables and links.
func (w *writer) clean(text string, attachments json.RawMessage) *xhtml.Node {
	s := *w.sanitizer
	s.picture = newFinder(w.folders, attachments).picture
	s.anchor = w.anchor
	body := s.clean(text)
	for n := range body.Descendants() {
		switch n.DataAtom {
		case atom.Th:
			if attr(n, "scope") == "" {
				setAttr(n, "scope", "col")
			}
		case atom.A:
			if href := attr(n, "href"); strings.HasPrefix(href, "http:") || strings.HasPrefix(href, "https:") {
				setAttr(n, "rel", "noopener noreferrer") // links to other sites send no referrer
			}
		case atom.Li:
			c := n.FirstChild
			if c != nil && c.DataAtom == atom.P {
				c = c.FirstChild
			}
			if c != nil && c.Type == xhtml.TextNode && (strings.HasPrefix(c.Data, "☐ ") || strings.HasPrefix(c.Data, "☑ ")) {
				setAttr(n, "class", "task")
			}
		}
	}
	return body
}

// setFormulas replaces the marks in the text of a tree by the typeset formulas. In code
// and in attributes it puts the source of the formula back.
func setFormulas(body *xhtml.Node, typeset, sources []string) {
	source := func(s string) string {
		if !strings.Contains(s, "%") && !strings.Contains(s, markOpen) {
			return s
		}
		s = markIn.ReplaceAllStringFunc(escaped.Replace(s), func(mark string) string {
			if i, err := strconv.Atoi(markIn.FindStringSubmatch(mark)[1]); err == nil && i < len(sources) {
				return sources[i]
			}
			return ""
		})
		return stripMarks.Replace(s)
	}
	for _, n := range slices.Collect(body.Descendants()) {
		for i, a := range n.Attr {
			n.Attr[i].Val = source(a.Val)
		}
		if n.Type != xhtml.TextNode {
			continue
		}
		if isCode(n) {
			n.Data = source(n.Data)
			continue
		}
		put := func(kind xhtml.NodeType, data string) {
			n.Parent.InsertBefore(&xhtml.Node{Type: kind, Data: data}, n)
		}
		rest := 0
		for _, m := range markIn.FindAllStringSubmatchIndex(n.Data, -1) {
			put(xhtml.TextNode, stripMarks.Replace(n.Data[rest:m[0]]))
			if i, err := strconv.Atoi(n.Data[m[2]:m[3]]); err == nil && i < len(typeset) {
				put(xhtml.RawNode, typeset[i])
			}
			rest = m[1]
		}
		n.Data = stripMarks.Replace(n.Data[rest:])
	}
}

// isCode reports whether a text is inside code.
func isCode(n *xhtml.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		switch p.DataAtom {
		case atom.Code, atom.Pre, atom.Kbd, atom.Samp, atom.Tt:
			return true
		}
	}
	return false
}

// outline sets the ids of headings and adds them to the table of contents. The title is
// the only H1; other H1 become H2.
func (w *writer) outline(body *xhtml.Node) {
	levels := map[atom.Atom]int{atom.H1: 1, atom.H2: 2, atom.H3: 3, atom.H4: 4, atom.H5: 5, atom.H6: 6}
	var title *xhtml.Node
	for n := range body.Descendants() {
		level := levels[n.DataAtom]
		if level == 0 {
			continue
		}
		if level == 1 && w.title == "" && n.Parent == body {
			w.title, w.titleText = template.HTML(innerHTML(n)), strings.TrimSpace(mathText(plainInline(n)))
			w.nameHeading(strings.TrimSpace(textOf(n)), "content") // the top of the page
			title = n
			continue
		}
		level = max(level, 2)
		n.Data, n.DataAtom = "h"+strconv.Itoa(level), 0
		id := w.headingID(n)
		setAttr(n, "id", id)
		w.headings = append(w.headings, heading{Level: level, ID: id, HTML: template.HTML(plainInline(n))})
	}
	if title != nil {
		body.RemoveChild(title)
	}
}

// plainInline returns the content of a heading without links, because links must not be
// inside other links.
func plainInline(n *xhtml.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		switch d.Type {
		case xhtml.TextNode:
			b.WriteString(htmlescape.EscapeString(d.Data))
		case xhtml.RawNode: // a formula
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// freeID returns an id that is not used on the page.
func (w *writer) freeID(want string) string {
	id := want
	for i := 2; w.ids[id]; i++ {
		id = want + "-" + strconv.Itoa(i)
	}
	w.ids[id] = true
	return id
}

// anchor returns the id on the page for an id that the author has set, or "" if the author
// has set it before. It has a prefix, so that it differs from the page's own ids.
func (w *writer) anchor(id string) string {
	if _, taken := w.anchors[id]; taken || len(id) > 300 {
		return ""
	}
	w.anchors[id] = w.freeID("u-" + strings.Join(strings.Fields(id), "-"))
	return w.anchors[id]
}

// headingID returns the id of a heading: the author's or one made from its text. Links
// find it by the names that GitHub and Jupyter give it.
func (w *writer) headingID(n *xhtml.Node) string {
	text := strings.TrimSpace(textOf(n))
	id := attr(n, "id")
	if id == "" {
		id = w.freeID("s-" + slug(text))
	}
	w.nameHeading(text, id)
	return id
}

func (w *writer) nameHeading(text, id string) {
	github := slug(text)
	for i := 1; w.anchors[github] != ""; i++ {
		github = slug(text) + "-" + strconv.Itoa(i)
	}
	for _, name := range []string{github, strings.Join(strings.Fields(text), "-"), id} {
		if w.anchors[name] == "" {
			w.anchors[name] = id
		}
	}
}

// slug returns the anchor that GitHub gives to a heading.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(s)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			b.WriteRune(r)
		case r == ' ' || r == '-' || r == '_':
			b.WriteByte('-')
		}
	}
	return b.String()
}

// ownID matches ids of the page to which authors may link: figures, and the sections that
// the report adds.
var ownID = regexp.MustCompile(`^(?:figure-[0-9]+|cell-[0-9]+|(?:parameters|deviations)-[0-9]+|provenance|cite|content)$`)

// localLink matches the address of a link inside the page in HTML written by html.Render.
var localLink = regexp.MustCompile(` href="#([^"]*)"`)

// link changes the links inside a finished part of the page to the ids on the page:
// [Figure 2](#figure-2) leads to a figure, [text](#heading) to a heading, and
// [text](#name) to the element to which the author has given this id. exists tells which
// of the page's own ids there are. A link to nothing is text.
func (w *writer) link(part template.HTML, exists func(id string) bool) template.HTML {
	return template.HTML(localLink.ReplaceAllStringFunc(string(part), func(m string) string {
		name := htmlescape.UnescapeString(localLink.FindStringSubmatch(m)[1])
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
		id := w.target(name, exists)
		if id == "" {
			return ""
		}
		return ` href="#` + htmlescape.EscapeString(url.PathEscape(id)) + `"`
	}))
}

func (w *writer) target(name string, exists func(id string) bool) string {
	for _, key := range []string{name, strings.Join(strings.Fields(name), "-"), slug(name)} {
		if id := w.anchors[key]; id != "" {
			return id
		}
	}
	if ownID.MatchString(name) && exists(name) {
		return name
	}
	for _, key := range slices.Sorted(maps.Keys(w.anchors)) {
		if strings.EqualFold(key, name) {
			return w.anchors[key]
		}
	}
	return ""
}

// foreign sanitises the HTML of an output. shown is false if nothing of it is visible but
// notes; then html is empty if there are none.
func (w *writer) foreign(text string) (html template.HTML, shown bool, err error) {
	body := w.clean(text, nil)
	shown = visible(body)
	if !shown && strings.TrimSpace(textOf(body)) == "" {
		return "", false, nil
	}
	w.equations.uncounted = true
	for _, n := range slices.Collect(body.Descendants()) {
		if n.Type != xhtml.TextNode || isCode(n) {
			continue
		}
		m := markFormulas(n.Data, true) // Jupyter typesets formulas in HTML, too
		if len(m.found) == 0 {
			continue
		}
		typeset, err := w.typeset(m)
		if err != nil {
			return "", false, err
		}
		part := newBody()
		part.AppendChild(textNode(m.text))
		setFormulas(part, typeset, m.sources)
		for c := part.FirstChild; c != nil; c = part.FirstChild {
			part.RemoveChild(c)
			n.Parent.InsertBefore(c, n)
		}
		n.Parent.RemoveChild(n)
	}
	return template.HTML(innerHTML(body)), shown, nil
}

var (
	annotation = regexp.MustCompile(`(?s)<annotation\b.*?</annotation>`)
	anyTag     = regexp.MustCompile(`<[^>]*>`)
)

// mathText returns the text of HTML with MathML, for places where no elements are
// allowed.
func mathText(escaped string) string {
	return htmlescape.UnescapeString(anyTag.ReplaceAllString(annotation.ReplaceAllString(escaped, ""), ""))
}
