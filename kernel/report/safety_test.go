package report

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var (
	handler = regexp.MustCompile(`(?i)^on`)
)

// TestHostileNotebook parses the report of a hostile notebook like a browser. Nothing in
// it may run, load or close elements of the page.
func TestHostileNotebook(t *testing.T) {
	for name, page := range map[string][]byte{"report": render(t, illustrated(t, "hostile", hostile)), "index": sampleIndex(t),
		"compare": compared(t, illustrated(t, "hostile", hostile), illustrated(t, "hostile", hostile))} {
		t.Run(name, func(t *testing.T) { checkPage(t, page) })
	}
}

// unpacked returns the text of a packed block.
func unpacked(t *testing.T, block string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(block)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func checkPage(t *testing.T, page []byte) {
	root := parse(t, page)
	policies := find(root, func(n *html.Node) bool { return attr(n, "http-equiv") == "Content-Security-Policy" })
	if len(policies) != 1 {
		t.Fatalf("%d policies, want 1", len(policies))
	}
	policy := attr(policies[0], "content")
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	if strings.Contains(policy, "unsafe-eval") || strings.Contains(policy, "script-src 'unsafe-inline'") {
		t.Errorf("the policy allows too much: %s", policy)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script":
			if attr(n, "type") == "application/gzip" {
				text := unpacked(t, textOf(n))
				sum := sha256.Sum256([]byte(text))
				if attr(n, "class") == "library" && !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
					t.Error("the policy does not allow the packed library")
				}
				continue
			}
			sum := sha256.Sum256([]byte(textOf(n)))
			if hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, hash) || len(n.Attr) != 0 {
				t.Errorf("a script that the policy does not allow: %.120s", textOf(n))
			}
			if strings.Contains(textOf(n), "HACKED") {
				t.Errorf("a script with the notebook's text: %.120s", textOf(n))
			}
		case "iframe", "form", "base", "object", "embed", "frame", "input", "svg", "audio", "video":
			t.Errorf("element %s", n.Data)
		case "meta":
			if e := attr(n, "http-equiv"); e != "" && e != "Content-Security-Policy" {
				t.Errorf("meta http-equiv=%s", e)
			}
		case "style":
			if n.Parent.DataAtom != atom.Head || strings.Contains(textOf(n), "HACKED") {
				t.Error("a style element of the notebook")
			}
		case "link":
			if attr(n, "rel") != "icon" || attr(n, "href") != "data:," {
				t.Errorf("link element %v", n.Attr)
			}
		}
		checkAttributes(t, n)
	}
	for _, id := range []string{"content", "theme-toggle"} {
		if n := len(find(root, func(n *html.Node) bool { return attr(n, "id") == id })); n > 1 {
			t.Errorf("the notebook uses id %s of the page", id)
		}
	}
	if bytes.Contains(page, []byte("<script>globalThis.HACKED")) {
		t.Error("HTML of the notebook is not escaped")
	}
	main := find(root, tag(atom.Main))
	if len(main) != 1 || main[0].NextSibling == nil && main[0].Parent.DataAtom != atom.Body && !class("page")(main[0].Parent) {
		t.Error("the notebook closed the main element")
	}
}

func checkAttributes(t *testing.T, n *html.Node) {
	t.Helper()
	for _, a := range n.Attr {
		value := strings.ToLower(strings.TrimSpace(a.Val))
		switch {
		case handler.MatchString(a.Key):
			t.Errorf("%s has handler %s", n.Data, a.Key)
		case a.Key == "src" && !strings.HasPrefix(value, "data:image/"):
			t.Errorf("%s loads %.80s", n.Data, a.Val)
		case a.Key == "srcset" || a.Key == "action" || a.Key == "formaction" || a.Key == "background" || a.Key == "poster":
			t.Errorf("%s has %s", n.Data, a.Key)
		case a.Key == "href" && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:") && !strings.HasPrefix(value, "data:text/csv") && value != "data:,"):
			t.Errorf("%s links to %.80s", n.Data, a.Val)
		case a.Key == "download" && !regexp.MustCompile(`^figure-\d+[AB]?\.(csv|svg|png)$`).MatchString(a.Val):
			t.Errorf("the notebook chose the file name %q", a.Val)
		case a.Key == "style" && !class("dendrite-chart")(n):
			t.Errorf("%s has style %q", n.Data, a.Val)
		}
	}
}

// Any text as picture in a saved notebook stays inside its attribute.
func TestPictureStaysInItsAttribute(t *testing.T) {
	for _, svg := range []string{evil, "a\nb\t' onload=x \x00\xff &quot; onload=x", "100% #x </svg>"} {
		root := parse(t, []byte("<img "+string(sourceOf(svg))+">"))
		images := find(root, tag(atom.Img))
		if len(images) != 1 || len(images[0].Attr) != 1 || images[0].Attr[0].Key != "src" || len(find(root, tag(atom.Script))) != 0 {
			t.Fatalf("%q does not stay in the attribute: %s", svg, sourceOf(svg))
		}
		_, data, _ := strings.Cut(attr(images[0], "src"), ",")
		if back, err := url.PathUnescape(data); err != nil || back != svg {
			t.Errorf("%q is decoded as %q (%v)", svg, back, err)
		}
	}
}

// A formula appears only in text, never in an attribute.
func TestFormulasStayOutOfAttributes(t *testing.T) {
	for _, source := range []string{
		`$x^2$ <a title="&#xe000;0&#xe001;">a</a>`,
		`$x^2$ [a](#b "&#xe000;0&#xe001;")`,
		"<p><a title=\"\n\n$x^2$\n\n<p>\">a</a>",
	} {
		html, _ := rendered(t, source)
		links := find(parse(t, []byte(html)), tag(atom.A))
		if len(links) != 1 || textOf(links[0]) != "a" || strings.Contains(attr(links[0], "title"), "math") {
			t.Errorf("%q became %s", source, html)
		}
	}
}

// An image that is also in the static picture is packed only once.
func TestImagesArePackedOnce(t *testing.T) {
	const image = "data:image/png;base64,iVBORw0KGgo="
	got := shareImages(`{"image":"`+image+`","other":"data:image/png;base64,AAAA"}`, `<svg><image href="`+image+`"/></svg>`)
	if want := `{"image":"dendrite-image:0","other":"data:image/png;base64,AAAA"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSanitizer(t *testing.T) {
	s := newSanitizer()
	for in, want := range map[string]string{
		`<p>a<b>b</p>`:      `<p>a<b>b</b></p>`,
		`</div></main><p>x`: `<p>x</p>`,
		`<table><tr><td colspan="2">1</td></tr></table>`:             `<table tabindex="0"><tbody><tr><td colspan="2">1</td></tr></tbody></table>`,
		`<a href="https://arxiv.org">x</a>`:                          `<a href="https://arxiv.org" rel="noreferrer">x</a>`,
		`<a href="data:image/png;base64,AAAA">x</a>`:                 `<a rel="noreferrer">x</a>`,
		`<a href="JaVaScRiPt:alert(1)">x</a>`:                        `x`,
		`<img src="data:image/png;base64,AAAA" onerror="x" alt="a">`: `<img src="data:image/png;base64,AAAA" alt="a"/>`,
		`<img src="//example.org/x.png" alt="tracker">`:              `[picture outside this report: tracker]`,
		`<img src="figures/x.png">`:                                  `[picture outside this report]`,
		`<p style="position:fixed" id="content" class="bar">x</p>`:   `<p>x</p>`,
	} {
		got, err := s.cleanHTML(in)
		if err != nil || got != want {
			t.Errorf("%s\n got %s (%v)\nwant %s", in, got, err, want)
		}
	}
}

// Foreign HTML cannot use the classes of the page.
func TestSanitizerDropsThePagesClasses(t *testing.T) {
	classes := map[string]bool{}
	for _, name := range []string{"page.css", "report.css", "index.css"} {
		for _, m := range regexp.MustCompile(`\.([A-Za-z_][\w-]*)`).FindAllStringSubmatch(asset(name), -1) {
			classes[m[1]] = true
		}
	}
	for _, known := range []string{"bar", "toc", "chip-v", "chroma", "kd", "dendrite-chart", "gallery"} {
		if !classes[known] {
			t.Errorf("this test does not find class %s in the style sheets", known)
		}
	}
	s := newSanitizer()
	for c := range classes {
		for _, element := range []string{"span", "pre", "div", "p", "table", "td", "code", "details", "ul", "a", "figure"} {
			in := "<" + element + ` class="` + c + `">x</` + element + ">"
			if got, err := s.cleanHTML(in); err != nil || strings.Contains(got, "class") {
				t.Errorf("%s becomes %s (%v)", in, got, err)
			}
		}
	}
}

func TestScrub(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"plain","link":1}`:                                           `{"a":"plain"}`,
		`{"image":"https://x.example/a.png"}`:                              `{"image":""}`,
		`{"symbol":"image://http://x.example/a"}`:                          `{"symbol":""}`,
		`{"symbol":"image://data:image/png;base64,AAAA"}`:                  `{"symbol":"image://data:image/png;base64,AAAA"}`,
		`{"a":["//x.example",1.50,"javascript:x"]}`:                        `{"a":["",1.50,""]}`,
		`{"b":1,"a":"text about http: and so on"}`:                         `{"a":"text about http: and so on","b":1}`,
		`{"\u006cink":1}`:                                                  `{}`,
		`{"tooltip":{"renderMode":"html"}}`:                                `{"tooltip":{"renderMode":"richText"}}`,
		`{"tooltip":[{"renderMode":"html"},1]}`:                            `{"tooltip":[{"renderMode":"richText"},1]}`,
		`{"options":[{"tooltip":{}}],"media":[{"option":{"tooltip":{}}}]}`: `{"media":[{"option":{"tooltip":{"renderMode":"richText"}}}],"options":[{"tooltip":{"renderMode":"richText"}}]}`,
		`{"toolbox":[{"feature":{"dataView":{"lang":["<a>"]}}}]}`:          `{"toolbox":[{"feature":{}}]}`,
		`{"changes":[{"tooltip":{"trigger":["item"]}}]}`:                   `{"changes":[{"tooltip":{"renderMode":["richText"],"trigger":["item"]}}]}`,
		`{"changes":[{"tooltip":[{"renderMode":"html"}]}]}`:                `{"changes":[{"tooltip":[{"renderMode":"richText"}]}]}`,
		`{"changes":[{"tooltip":{"0":[{}]}}]}`:                             `{"changes":[{"tooltip":{"0":[{"renderMode":"richText"}],"renderMode":["richText"]}}]}`,
	} {
		got, err := scrub([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s (%v), want %s", in, got, err, want)
		}
	}
}
