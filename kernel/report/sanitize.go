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
// the element around it. It has no id, style, class, form or frame. Classes are removed
// because they could be classes of the page; the page's code is highlighted afterwards.
type sanitizer struct {
	policy *bluemonday.Policy
}

var (
	dataImage = regexp.MustCompile(`^image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+=*$`)
	number    = regexp.MustCompile(`^[0-9]{1,4}$`)
	align     = regexp.MustCompile(`^(left|right|center)$`)
)

func newSanitizer() *sanitizer {
	p := bluemonday.NewPolicy()
	p.AllowElements("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "kbd", "samp", "var",
		"b", "strong", "i", "em", "u", "s", "del", "ins", "mark", "small", "sub", "sup", "abbr", "cite", "dfn", "q", "span", "div",
		"ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "figure", "figcaption",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td")
	p.AllowAttrs("start").Matching(number).OnElements("ol")
	p.AllowAttrs("colspan", "rowspan").Matching(number).OnElements("th", "td")
	p.AllowAttrs("align").Matching(align).OnElements("th", "td")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^(row|col)$`)).OnElements("th")
	p.AllowAttrs("open").Matching(regexp.MustCompile(`^(open)?$`)).OnElements("details")
	p.AllowAttrs("title").OnElements("abbr", "a", "span")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src").OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(number).OnElements("img")
	p.AllowAttrs("value", "max").Matching(regexp.MustCompile(`^[0-9.]{1,12}$`)).OnElements("progress")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true)
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowURLSchemeWithCustomPolicy("data", func(u *url.URL) bool { return dataImage.MatchString(u.Opaque) })
	p.RequireNoReferrerOnLinks(true)
	return &sanitizer{policy: p}
}

// clean sanitises HTML and returns it as a tree with balanced elements.
func (s *sanitizer) clean(text string) (*html.Node, error) {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(s.policy.Sanitize(text)), body)
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		body.AppendChild(n)
	}
	for n := range body.Descendants() {
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
				*n = html.Node{Type: html.TextNode, Data: imageNote(attr(n, "alt")), Parent: n.Parent, PrevSibling: n.PrevSibling, NextSibling: n.NextSibling}
			}
		}
	}
	return body, nil
}

func imageNote(alt string) string {
	if alt == "" {
		return "[picture outside this report]"
	}
	return "[picture outside this report: " + alt + "]"
}

// cleanHTML sanitises HTML and renders it again.
func (s *sanitizer) cleanHTML(text string) (string, error) {
	body, err := s.clean(text)
	if err != nil {
		return "", err
	}
	return innerHTML(body), nil
}

// inner renders the children of a node.
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
