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

// A writer converts Markdown and foreign HTML to safe HTML. It collects the title and
// the headings for the page.
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

// While the HTML around a formula is sanitised, the formula is replaced by a mark: its
// number between these private use characters. If a source contains these characters
// as entities, one of its own formulas appears twice.
const (
	markOpen  = "\ue000"
	markClose = "\ue001"
)

var (
	stripMarks = strings.NewReplacer(markOpen, "", markClose, "")
	markIn     = regexp.MustCompile(markOpen + `([0-9]+)` + markClose)
)

// A mathPolicy is what to do with a formula that cannot be typeset.
type mathPolicy int

const (
	returnError mathPolicy = iota // for the notebook's own text
	showSource                    // for foreign text: show the TeX source
)

// markdown renders the Markdown of a cell. If outline is set, its headings are added to
// the table of contents, and the first H1 of the page becomes the title and is removed
// from the result.
func (w *writer) markdown(source string, attachments json.RawMessage, outline bool, policy mathPolicy) (template.HTML, error) {
	var typeset []string
	var failed error
	place := func(tex string, display bool) string {
		ml, err := w.formulas.typeset(w.ctx, tex, display)
		if err != nil {
			if policy == returnError && failed == nil {
				failed = err
			}
			ml = "<code>" + htmlescape.EscapeString(tex) + "</code>"
		}
		typeset = append(typeset, ml)
		return markOpen + strconv.Itoa(len(typeset)-1) + markClose
	}
	md := goldmark.New(
		goldmark.WithExtensions(extension.GFM, extension.Typographer, mathExtension{place: place}),
		// Raw HTML is allowed here, because the sanitizer checks the result.
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
	return template.HTML(innerHTML(body)), nil
}

// setFormulas replaces the marks in the text of a tree by the typeset formulas. It
// removes marks from attributes: raw HTML can open an attribute before a formula and
// close it after, and there the MathML would not be safe.
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

// slug returns the id of a heading: that of GitHub with a prefix, so that it differs
// from the page's own ids.
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

// figureID matches the id of a figure on the page.
var figureID = regexp.MustCompile(`^figure-[0-9]+$`)

// crossReference changes links inside the notebook to the ids in the report:
// [Figure 2](#figure-2) links to a figure, [text](#heading) to a heading. Links to other
// sites send no referrer.
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

// withAttachments inserts the pictures attached to a cell. Their names are only looked
// up in the attachments, never used as file names.
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

// mathText returns the text of HTML with MathML, for places where no elements are
// allowed.
func mathText(escaped string) string {
	return htmlescape.UnescapeString(anyTag.ReplaceAllString(annotation.ReplaceAllString(escaped, ""), ""))
}
