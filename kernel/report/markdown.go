package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	htmlescape "html"
	"html/template"
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

// A writer turns markdown and foreign HTML into safe HTML and remembers what
// the page around it needs: the title and the headings met so far.
type writer struct {
	ctx       context.Context
	formulas  formulas
	sanitizer *sanitizer

	title     template.HTML // the first H1
	titleText string
	headings  []heading
	ids       map[string]bool
}

func newWriter(ctx context.Context) *writer { return &writer{ctx: ctx, sanitizer: newSanitizer()} }

// The first and last character of what stands for a formula while the HTML
// around it is made safe: private use characters. A source that brings them in
// as entities gets one of its own formulas another time.
const (
	markOpen  = "\ue000"
	markClose = "\ue001"
)

var (
	stripMarks = strings.NewReplacer(markOpen, "", markClose, "")
	markIn     = regexp.MustCompile(markOpen + `([0-9]+)` + markClose)
)

// mathOf says what to do with a formula that cannot be typeset.
type mathPolicy int

const (
	refuse  mathPolicy = iota // our own prose: an error
	asWrote                   // foreign text: shown as it was written
)

// markdown renders the markdown of a cell. Its headings enter the table of
// contents when outline is set; the first H1 of the page becomes its title
// and is not part of the result.
func (w *writer) markdown(source string, attachments json.RawMessage, outline bool, policy mathPolicy) (template.HTML, error) {
	var typeset []string
	var failed error
	place := func(tex string, display bool) string {
		ml, err := w.formulas.typeset(w.ctx, tex, display)
		if err != nil {
			if policy == refuse && failed == nil {
				failed = err
			}
			ml = "<code>" + htmlescape.EscapeString(tex) + "</code>"
		}
		typeset = append(typeset, ml)
		return markOpen + strconv.Itoa(len(typeset)-1) + markClose
	}
	md := goldmark.New(
		goldmark.WithExtensions(extension.GFM, extension.Typographer, mathExtension{place: place}),
		// Raw HTML passes here because the sanitizer judges the whole.
		goldmark.WithRendererOptions(html.WithUnsafe()))
	var raw bytes.Buffer
	if err := md.Convert([]byte(stripMarks.Replace(source)), &raw); err != nil {
		return "", err
	}
	if failed != nil {
		return "", failed
	}
	body, err := w.sanitizer.clean(withAttachments(raw.String(), attachments))
	if err != nil {
		return "", err
	}
	setFormulas(body, typeset)
	for n := range body.Descendants() {
		switch n.DataAtom {
		case atom.Th:
			if attr(n, "scope") == "" {
				setAttr(n, "scope", "col")
			}
		case atom.A:
			crossReference(n)
		}
	}
	if outline {
		w.outline(body)
	}
	return template.HTML(inner(body)), nil
}

// setFormulas puts the typeset formulas where they stand in the text of a tree.
// In an attribute, which raw HTML may open before a formula and close after it,
// they would be markup of the notebook's choice.
func setFormulas(body *xhtml.Node, typeset []string) {
	for _, n := range slices.Collect(body.Descendants()) {
		for i, a := range n.Attr {
			n.Attr[i].Val = stripMarks.Replace(markIn.ReplaceAllString(a.Val, ""))
		}
		if n.Type != xhtml.TextNode {
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

// outline gives headings their ids and enters them into the table of
// contents. There is one H1, the title, so that others move down.
func (w *writer) outline(body *xhtml.Node) {
	levels := map[atom.Atom]int{atom.H1: 1, atom.H2: 2, atom.H3: 3, atom.H4: 4, atom.H5: 5, atom.H6: 6}
	var title *xhtml.Node
	for n := range body.Descendants() {
		level := levels[n.DataAtom]
		if level == 0 {
			continue
		}
		if level == 1 && w.title == "" && n.Parent == body {
			w.title, w.titleText = template.HTML(inner(n)), strings.TrimSpace(mathText(plainInline(n)))
			title = n
			continue
		}
		level = max(level, 2)
		n.Data, n.DataAtom = "h"+strconv.Itoa(level), 0
		id := w.freeID(slug(textOf(n)))
		setAttr(n, "id", id)
		w.headings = append(w.headings, heading{Level: level, ID: id, HTML: template.HTML(plainInline(n))})
	}
	if title != nil {
		body.RemoveChild(title)
	}
}

// plainInline is the content of a heading without links, which must not nest.
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

// freeID returns an id nothing else on the page has.
func (w *writer) freeID(want string) string {
	if w.ids == nil {
		w.ids = map[string]bool{}
	}
	id := want
	for i := 2; w.ids[id]; i++ {
		id = want + "-" + strconv.Itoa(i)
	}
	w.ids[id] = true
	return id
}

// slug makes an id of a heading as GitHub does, with a prefix that keeps it
// apart from the page's own ids.
func slug(s string) string {
	var b strings.Builder
	b.WriteString("s-")
	for _, r := range strings.ToLower(strings.TrimSpace(s)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case r == ' ' || r == '-' || r == '_':
			b.WriteByte('-')
		}
	}
	return b.String()
}

// figureID is the id of a figure on the page.
var figureID = regexp.MustCompile(`^figure-[0-9]+$`)

// crossReference points links inside the notebook at their place in the
// report: [Figure 2](#figure-2) at a figure, [text](#heading) at a heading.
// Links that leave the report tell nobody where they came from.
func crossReference(n *xhtml.Node) {
	href := attr(n, "href")
	id, local := strings.CutPrefix(href, "#")
	if !local {
		if strings.HasPrefix(href, "http:") || strings.HasPrefix(href, "https:") {
			setAttr(n, "rel", "noopener noreferrer")
		}
		return
	}
	if figureID.MatchString(id) {
		return
	}
	setAttr(n, "href", "#"+slug(strings.ReplaceAll(id, "%20", " ")))
}

var attachmentLink = regexp.MustCompile(`src="attachment:([^"]*)"`)

// withAttachments puts the pictures attached to a cell where its markdown
// names them. A name is only ever looked up, never used as a file's.
func withAttachments(text string, attachments json.RawMessage) string {
	var files map[string]map[string]string
	if json.Unmarshal(attachments, &files) != nil {
		return text
	}
	return attachmentLink.ReplaceAllStringFunc(text, func(m string) string {
		name := htmlescape.UnescapeString(attachmentLink.FindStringSubmatch(m)[1])
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
		for _, kind := range []string{"image/png", "image/jpeg", "image/gif"} {
			data := strings.Join(strings.Fields(files[name][kind]), "")
			if uri := kind + ";base64," + data; dataImage.MatchString(uri) {
				return `src="data:` + uri + `"`
			}
		}
		return m
	})
}

// foreign sanitises the HTML of an output.
func (w *writer) foreign(text string) (template.HTML, error) {
	clean, err := w.sanitizer.cleanHTML(text)
	if err != nil {
		return "", fmt.Errorf("sanitise HTML: %w", err)
	}
	return template.HTML(clean), nil
}

var (
	annotation = regexp.MustCompile(`(?s)<annotation\b.*?</annotation>`)
	anyTag     = regexp.MustCompile(`<[^>]*>`)
)

// mathText is the text of escaped text with MathML in it, for places that take
// no elements.
func mathText(escaped string) string {
	return htmlescape.UnescapeString(anyTag.ReplaceAllString(annotation.ReplaceAllString(escaped, ""), ""))
}
