package report

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A sanitizer makes foreign HTML (raw HTML in Markdown, HTML outputs of cells) safe. The
// result cannot run scripts, load files, change the style of the page, cover it, or close
// the element around it. It has no class, form or frame, of ids only those that anchor
// gives, and of styles only harmless ones (see style.go). Classes are removed because they
// could be classes of the page; the page's code is highlighted afterwards.
//
// What carries a meaning and cannot be shown leaves a note, see foreign.go.
type sanitizer struct {
	policy *bluemonday.Policy
	// picture returns the data address of a picture, or why there is none. If it is nil,
	// only pictures in data addresses are shown.
	picture func(src string) (uri, why string)
	// anchor returns the id on the page for an author's id. If it is nil, or returns "",
	// the id is removed.
	anchor func(id string) string
}

var (
	dataImage = regexp.MustCompile(`^image/(png|jpeg|gif|webp|bmp|avif|x-icon|svg\+xml);base64,[A-Za-z0-9+/]+=*$`)
	number    = regexp.MustCompile(`^[0-9]{1,4}$`)
	size      = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,4})?(px|%)?$`)
	align     = regexp.MustCompile(`^(?i)(left|right|center|justify)$`)
)

func newSanitizer() *sanitizer {
	p := bluemonday.NewPolicy()
	p.AllowElements("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "kbd", "samp", "var", "tt",
		"b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "mark", "small", "big", "sub", "sup", "abbr", "cite", "dfn", "q", "span", "div",
		"bdi", "bdo", "ruby", "rt", "rp", "wbr", "time",
		"ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "figure", "figcaption",
		"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td")
	p.AllowNoAttrs().OnElements("img", "span")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^-?[0-9]{1,6}$`)).OnElements("ol")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^[1aAiI]$`)).OnElements("ol", "li")
	p.AllowAttrs("reversed").Matching(regexp.MustCompile(`^(reversed)?$`)).OnElements("ol")
	p.AllowAttrs("value").Matching(regexp.MustCompile(`^-?[0-9]{1,6}$`)).OnElements("li")
	p.AllowAttrs("colspan", "rowspan").Matching(number).OnElements("th", "td")
	p.AllowAttrs("span").Matching(number).OnElements("col", "colgroup")
	p.AllowAttrs("align").Matching(align).OnElements("th", "td", "tr", "col", "colgroup", "thead", "tbody", "tfoot", "p", "div", "h1", "h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("valign").Matching(regexp.MustCompile(`^(?i)(top|middle|bottom|baseline)$`)).OnElements("th", "td", "tr")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^(row|col)$`)).OnElements("th")
	p.AllowAttrs("open").Matching(regexp.MustCompile(`^(open)?$`)).OnElements("details")
	p.AllowAttrs("title").OnElements("abbr", "a", "span", "img", "dfn", "th", "td")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^(ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[A-Za-z0-9-]{1,20}$`)).Globally()
	p.AllowAttrs("id", "name", "style").Globally() // settle decides about them
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src").OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(size).OnElements("img")
	p.AllowAttrs("value", "max").Matching(regexp.MustCompile(`^[0-9.]{1,12}$`)).OnElements("progress")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true)
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowURLSchemeWithCustomPolicy("data", func(u *url.URL) bool { return dataImage.MatchString(u.Opaque) })
	p.RequireNoReferrerOnLinks(true)
	return &sanitizer{policy: p}
}

// clean sanitises HTML and returns it as a tree with balanced elements. HTML that is too
// deep to parse is shown as text.
func (s *sanitizer) clean(text string) *html.Node {
	body, err := parseFragment(text)
	if err == nil {
		s.prepare(body)
		if body, err = parseFragment(s.policy.Sanitize(innerHTML(body))); err == nil {
			s.settle(body)
			return body
		}
	}
	pre := &html.Node{Type: html.ElementNode, Data: "pre", DataAtom: atom.Pre}
	pre.AppendChild(textNode(text))
	body = newBody()
	body.AppendChild(pre)
	return body
}

func newBody() *html.Node {
	return &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
}

func textNode(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }

// parseFragment parses HTML as a browser does that runs no scripts.
func parseFragment(text string) (*html.Node, error) {
	body := newBody()
	nodes, err := html.ParseFragmentWithOptions(strings.NewReader(text), body, html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		body.AppendChild(n)
	}
	return body, nil
}

// settle is the last step: it decides about addresses, ids and styles in the tree that is
// written.
func (s *sanitizer) settle(body *html.Node) {
	for n := range body.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		id := attr(n, "id")
		if id == "" && n.DataAtom == atom.A {
			id = attr(n, "name")
		}
		setAttr(n, "name", "")
		if id != "" && s.anchor != nil {
			id = s.anchor(id)
		} else {
			id = ""
		}
		setAttr(n, "id", id)
		setAttr(n, "style", safeStyle(attr(n, "style")))
		switch n.DataAtom {
		case atom.Table:
			setAttr(n, "tabindex", "0") // wide tables can be scrolled by keyboard
		case atom.A:
			if href := attr(n, "href"); strings.HasPrefix(strings.ToLower(strings.TrimSpace(href)), "data:") {
				setAttr(n, "href", "")
			}
		case atom.Img:
			// Only pictures inside the report are shown. Others are replaced by their
			// description.
			if src := attr(n, "src"); !strings.HasPrefix(src, "data:image/") {
				*n = html.Node{Type: html.TextNode, Data: imageNote(attr(n, "alt"), ""), Parent: n.Parent, PrevSibling: n.PrevSibling, NextSibling: n.NextSibling}
			}
		}
	}
}

// imageNote replaces a picture that is not in the report.
func imageNote(alt, why string) string {
	note := "[picture outside this report"
	if why != "" {
		note = "[" + why
	}
	if alt != "" {
		note += ": " + alt
	}
	return note + "]"
}

// cleanHTML sanitises HTML and renders it again.
func (s *sanitizer) cleanHTML(text string) (string, error) { return innerHTML(s.clean(text)), nil }

// innerHTML renders the children of a node.
func innerHTML(n *html.Node) string {
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if err := html.Render(&b, c); err != nil {
			panic(err) // cannot happen: the tree comes from the parser
		}
	}
	return b.String()
}

// textOf returns the text inside a node.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// setAttr sets an attribute; an empty value removes it.
func setAttr(n *html.Node, key, value string) {
	for i, a := range n.Attr {
		if a.Key == key && value != "" {
			n.Attr[i].Val = value
			return
		}
	}
	kept := n.Attr[:0]
	for _, a := range n.Attr {
		if a.Key != key {
			kept = append(kept, a)
		}
	}
	n.Attr = kept
	if value != "" {
		n.Attr = append(n.Attr, html.Attribute{Key: key, Val: value})
	}
}
