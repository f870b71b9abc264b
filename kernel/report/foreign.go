package report

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// notShown are elements that a report cannot show. They leave a note.
var notShown = map[string]bool{
	"iframe": true, "video": true, "audio": true, "canvas": true, "object": true, "embed": true, "applet": true, "frameset": true, "portal": true,
}

// plainly maps elements that the sanitiser would drop to harmless ones, so that the text
// keeps its paragraphs.
var plainly = map[string]string{
	"section": "div", "article": "div", "header": "div", "footer": "div", "nav": "div", "aside": "div", "main": "div", "address": "div",
	"fieldset": "div", "form": "div", "center": "div", "hgroup": "div", "search": "div", "noscript": "div", "legend": "b", "font": "span",
	"button": "span", "label": "span", "output": "span", "meter": "span", "acronym": "abbr", "listing": "pre",
}

const noteEnd = " is not shown in a report]"

// noteText matches a text that consists of notes only.
var noteText = regexp.MustCompile(`^(?:\s*\[[^\[\]]*` + noteEnd[:len(noteEnd)-1] + `\])*\s*$`)

// prepare changes elements that the sanitiser would remove, but that carry a meaning:
// drawings and pictures become pictures in the page, fields become their text, and what
// cannot be shown becomes a note.
func (s *sanitizer) prepare(body *html.Node) {
	for _, n := range slices.Collect(body.Descendants()) {
		if n.Type != html.ElementNode || n.Parent == nil {
			continue
		}
		switch {
		case n.Data == "svg":
			s.drawing(n)
			continue
		case n.Namespace != "":
			continue // a part of a drawing
		case n.DataAtom == atom.Img:
			s.image(n)
			continue
		case n.DataAtom == atom.Input || n.DataAtom == atom.Select || n.DataAtom == atom.Textarea:
			replace(n, textNode(fieldText(n)))
			continue
		case notShown[n.Data]:
			replace(n, textNode("["+n.Data+noteEnd))
			continue
		}
		if n.Data == "center" {
			setAttr(n, "align", "center")
		}
		if color := attr(n, "color"); n.DataAtom == atom.Font && color != "" {
			setAttr(n, "style", "color:"+color+";"+attr(n, "style"))
		}
		if color := attr(n, "bgcolor"); color != "" {
			setAttr(n, "style", "background:"+color+";"+attr(n, "style"))
		}
		if name := plainly[n.Data]; name != "" {
			n.Data, n.DataAtom = name, atom.Lookup([]byte(name))
		}
	}
}

func replace(old, with *html.Node) {
	old.Parent.InsertBefore(with, old)
	old.Parent.RemoveChild(old)
}

// drawing replaces an SVG element by a picture.
func (s *sanitizer) drawing(n *html.Node) {
	text := drawingXML(n)
	alt := strings.Join(strings.Fields(drawingName(n)), " ")
	img := &html.Node{Type: html.ElementNode, Data: "img", DataAtom: atom.Img}
	setAttr(img, "src", dataURI("svg+xml", []byte(text)))
	setAttr(img, "alt", alt)
	replace(n, img)
}

// drawingName returns the name of a drawing, else its text.
func drawingName(n *html.Node) string {
	if name := attr(n, "aria-label"); name != "" {
		return name
	}
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (d.Data == "title" || d.Data == "desc") && strings.TrimSpace(textOf(d)) != "" {
			return textOf(d)
		}
	}
	var text []string
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == "text" {
			text = append(text, textOf(d))
		}
	}
	if name := "drawing: " + strings.Join(text, ", "); len(text) > 0 && len(name) <= 200 {
		return name
	}
	return "drawing"
}

// image sets the source of a picture to a data address, or replaces the picture by a note.
func (s *sanitizer) image(n *html.Node) {
	src := strings.TrimSpace(attr(n, "src"))
	var uri, why string
	switch {
	case isData(src):
		if uri = pictureOf(src); uri == "" {
			why = "picture that cannot be read"
		}
	case s.picture != nil:
		uri, why = s.picture(src)
	}
	if uri == "" && why != "" {
		replace(n, textNode(imageNote(attr(n, "alt"), why)))
		return
	}
	setAttr(n, "src", uri)
}

// fieldText returns what a field of a form shows.
func fieldText(n *html.Node) string {
	has := func(n *html.Node, key string) bool {
		return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
	}
	if n.DataAtom == atom.Select {
		options := []*html.Node{}
		for d := range n.Descendants() {
			if d.DataAtom == atom.Option {
				options = append(options, d)
			}
		}
		for _, d := range options {
			if has(d, "selected") {
				return textOf(d)
			}
		}
		if len(options) > 0 {
			return textOf(options[0])
		}
		return ""
	}
	if n.DataAtom == atom.Textarea {
		return textOf(n)
	}
	switch kind := strings.ToLower(attr(n, "type")); kind {
	case "hidden", "password", "file", "image":
		return ""
	case "checkbox", "radio":
		if has(n, "checked") {
			return "☑ "
		}
		return "☐ "
	}
	return attr(n, "value")
}

// visible reports whether a sanitised tree shows anything besides notes.
func visible(body *html.Node) bool {
	for n := range body.Descendants() {
		switch {
		case n.Type == html.TextNode && !noteText.MatchString(n.Data), n.Type == html.RawNode,
			n.DataAtom == atom.Img, n.DataAtom == atom.Hr, n.DataAtom == atom.Progress:
			return true
		}
	}
	return false
}
