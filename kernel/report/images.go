package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// maxPicture is the size in bytes of the largest picture file that a report includes.
const maxPicture = 16 << 20

// pictureKinds are the beginnings of the picture files that browsers show.
var pictureKinds = []struct{ begin, kind string }{
	{"\x89PNG\r\n\x1a\n", "png"}, {"\xff\xd8\xff", "jpeg"}, {"GIF8", "gif"}, {"BM", "bmp"}, {"\x00\x00\x01\x00", "x-icon"},
}

// kindOf returns the kind of a picture, like png, from its bytes; "" if it is none that
// browsers show.
func kindOf(data []byte) string {
	for _, k := range pictureKinds {
		if bytes.HasPrefix(data, []byte(k.begin)) {
			return k.kind
		}
	}
	head := string(data[:min(len(data), 64)])
	switch {
	case strings.HasPrefix(head, "RIFF") && len(head) >= 12 && head[8:12] == "WEBP":
		return "webp"
	case len(head) >= 12 && head[4:8] == "ftyp" && (strings.Contains(head, "avif") || strings.Contains(head, "avis")):
		return "avif"
	case isDrawing(data):
		return "svg+xml"
	}
	return ""
}

// isDrawing reports whether a text is SVG: its first element is svg.
func isDrawing(data []byte) bool {
	head := data[:min(len(data), 20_000)]
	for {
		head = bytes.TrimLeft(head, "\ufeff \t\r\n")
		switch {
		case bytes.HasPrefix(head, []byte("<!--")):
			_, after, found := bytes.Cut(head, []byte("-->"))
			if !found {
				return false
			}
			head = after
		case bytes.HasPrefix(head, []byte("<?")), bytes.HasPrefix(head, []byte("<!")):
			end := bytes.IndexByte(head, '>')
			if i := bytes.IndexByte(head, '['); i >= 0 && i < end { // declarations inside a document type
				end = bytes.Index(head, []byte("]>")) + 1
			}
			if end <= 0 {
				return false
			}
			head = head[end+1:]
		default:
			name, _, _ := bytes.Cut(head, []byte(":"))
			return bytes.HasPrefix(head, []byte("<svg")) || bytes.HasPrefix(head, []byte("<")) && len(name) < 20 && bytes.HasPrefix(head[len(name):], []byte(":svg"))
		}
	}
}

func dataURI(kind string, data []byte) string {
	return "data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)
}

// pictureURI returns the data address of a picture. declared is the kind that the author
// gives. It is used if the bytes do not tell.
func pictureURI(data []byte, declared string) string {
	kind := kindOf(data)
	if kind == "" {
		kind = declared
	}
	if kind == "svg+xml" {
		if data = drawingFile(data); data == nil {
			return ""
		}
	}
	if uri := dataURI(kind, data); len(data) > 0 && dataImage.MatchString(strings.TrimPrefix(uri, "data:")) {
		return uri
	}
	return ""
}

// knownKind returns the kind of a MIME type of a picture, like png for image/png.
func knownKind(mime string) string {
	kind, _ := strings.CutPrefix(strings.ToLower(strings.TrimSpace(mime)), "image/")
	switch kind {
	case "jpg", "pjpeg", "jfif", "x-jpeg", "x-citrix-jpeg":
		return "jpeg"
	case "x-png", "apng", "x-citrix-png", "vnd.mozilla.apng":
		return "png"
	case "svg", "svg+xml":
		return "svg+xml"
	case "x-bmp", "x-ms-bmp":
		return "bmp"
	case "ico", "vnd.microsoft.icon":
		return "x-icon"
	}
	return kind
}

func isData(src string) bool { return len(src) >= 5 && strings.EqualFold(src[:5], "data:") }

// pictureOf returns the data address of the picture in any data address, with the right
// type and without what browsers read differently. It returns "" if there is none.
func pictureOf(src string) string {
	head, text, found := strings.Cut(src[len("data:"):], ",")
	if !found {
		return ""
	}
	params := strings.Split(head, ";")
	if slices.ContainsFunc(params[1:], func(p string) bool { return strings.EqualFold(strings.TrimSpace(p), "base64") }) {
		data := fromBase64(text)
		return pictureURI(data, knownKind(params[0]))
	}
	if plain, err := url.PathUnescape(text); err == nil {
		text = plain
	}
	return pictureURI([]byte(text), knownKind(params[0]))
}

// fromBase64 decodes base64 with or without line breaks, escapes and padding, of both
// alphabets. It returns nil for other text.
func fromBase64(text string) []byte {
	if strings.Contains(text, "%") {
		plain, err := url.PathUnescape(text)
		if err != nil {
			return nil
		}
		text = plain
	}
	text = strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return data
}

const svgSpace = "http://www.w3.org/2000/svg"

// drawingFile returns SVG that a browser reads as a file. If the text is not well-formed
// XML, or has no name space, as inside HTML, it is written anew. It returns nil for other
// text.
func drawingFile(data []byte) []byte {
	dec := xml.NewDecoder(bytes.NewReader(data))
	root := false
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && root {
			return data
		}
		if err != nil {
			break
		}
		if start, ok := token.(xml.StartElement); ok && !root {
			if start.Name.Space != svgSpace {
				break
			}
			root = true
		}
	}
	body, err := parseFragment(string(data))
	if err != nil {
		return nil
	}
	for n := range body.Descendants() {
		if n.Type == html.ElementNode && n.Data == "svg" {
			return []byte(drawingXML(n))
		}
	}
	return nil
}

// drawingXML writes the SVG element of an HTML page as a file of its own, without scripts.
func drawingXML(n *html.Node) string {
	var b strings.Builder
	writeXML(&b, n, "")
	return b.String()
}

func writeXML(b *strings.Builder, n *html.Node, outside string) {
	switch n.Type {
	case html.TextNode:
		_ = xml.EscapeText(b, []byte(n.Data)) // to memory, which never fails
		return
	case html.ElementNode:
	default:
		return
	}
	if n.Data == "script" || !xmlName(n.Data) {
		return
	}
	space := map[string]string{"svg": svgSpace, "math": "http://www.w3.org/1998/Math/MathML"}[n.Namespace]
	if space == "" {
		space = "http://www.w3.org/1999/xhtml"
	}
	b.WriteString("<" + n.Data)
	if space != outside {
		b.WriteString(` xmlns="` + space + `"`)
	}
	if outside == "" {
		b.WriteString(` xmlns:xlink="http://www.w3.org/1999/xlink"`)
	}
	for _, a := range n.Attr {
		name := a.Key
		if a.Namespace != "" {
			name = a.Namespace + ":" + a.Key
		}
		if prefix, local, ok := strings.Cut(name, ":"); ok && (prefix != "xlink" && prefix != "xml" || strings.Contains(local, ":")) ||
			!xmlName(strings.ReplaceAll(name, ":", "-")) || name == "xmlns" || strings.HasPrefix(name, "on") {
			continue
		}
		b.WriteString(" " + name + `="`)
		_ = xml.EscapeText(b, []byte(a.Val))
		b.WriteString(`"`)
	}
	b.WriteString(">")
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		writeXML(b, c, space)
	}
	b.WriteString("</" + n.Data + ">")
}

// xmlName reports whether a name can be that of an element or attribute.
func xmlName(s string) bool {
	ok := func(i int, c byte) bool {
		return isLetter(c) || c == '_' || i > 0 && (isDigit(c) || c == '-' || c == '.')
	}
	for i := range len(s) {
		if !ok(i, s[i]) {
			return false
		}
	}
	return s != ""
}

// A finder finds the pictures of a cell: its attachments and files beside the notebook.
type finder struct {
	folders     []string // where the notebook may be, the likeliest first
	attachments map[string]json.RawMessage
}

func newFinder(folders []string, attachments json.RawMessage) finder {
	f := finder{folders: folders}
	if json.Unmarshal(attachments, &f.attachments) != nil {
		f.attachments = nil
	}
	return f
}

// picture returns the data address of a picture, or why there is none. why is empty for a
// picture in the Internet.
func (f finder) picture(src string) (uri, why string) {
	if name, ok := strings.CutPrefix(src, "attachment:"); ok {
		return f.attached(name), ""
	}
	u, err := url.Parse(src)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.Path == "" || len(f.folders) == 0 {
		return "", ""
	}
	name := path.Clean(u.Path)
	if !filepath.IsLocal(name) {
		return "", "picture " + u.Path + " is outside the notebook's folder"
	}
	for _, folder := range f.folders {
		if uri, why = pictureFile(folder, name); why != missing {
			return uri, why
		}
	}
	return "", "picture " + name + " is missing beside the notebook"
}

// missing is why pictureFile has no picture if there is no such file.
const missing = "missing"

// pictureFile reads a picture in a folder. Links that lead out of the folder are not
// followed.
func pictureFile(folder, name string) (uri, why string) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", missing
	}
	defer root.Close()
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", missing
	case err != nil:
		return "", "picture " + name + " cannot be read from the notebook's folder"
	case !info.Mode().IsRegular():
		return "", "picture " + name + " is not a file"
	case info.Size() > maxPicture:
		return "", fmt.Sprintf("picture %s is too large for a report: %d MB, at most %d", name, info.Size()>>20, maxPicture>>20)
	}
	data, err := root.ReadFile(name)
	if err != nil {
		return "", "picture " + name + " cannot be read from the notebook's folder"
	}
	if kindOf(data) == "" {
		return "", name + " is not a picture that browsers show"
	}
	if uri = pictureURI(data, ""); uri == "" {
		return "", "picture " + name + " cannot be read"
	}
	return uri, ""
}

// attached returns the data address of a picture attached to the cell. Names are only
// looked up in the attachments, never used as file names.
func (f finder) attached(name string) string {
	raw := f.attachments[name]
	if plain, err := url.PathUnescape(name); err == nil && raw == nil {
		raw = f.attachments[plain]
	}
	var files map[string]json.RawMessage
	if json.Unmarshal(raw, &files) != nil {
		return ""
	}
	return bestPicture(files)
}

// bestPicture returns the data address of the best picture in a bundle of MIME types.
func bestPicture(files map[string]json.RawMessage) string {
	rank := func(mime string) int { return slices.Index([]string{"svg+xml", "png", "jpeg"}, knownKind(mime)) }
	var mimes []string
	for mime := range files {
		if strings.HasPrefix(strings.ToLower(mime), "image/") {
			mimes = append(mimes, mime)
		}
	}
	slices.SortFunc(mimes, func(a, b string) int {
		if ra, rb := uint(rank(a)), uint(rank(b)); ra != rb { // not in the list: last
			if ra < rb {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, mime := range mimes {
		text, ok := textIn(files[mime])
		if !ok {
			continue
		}
		kind := knownKind(mime)
		data := fromBase64(text)
		if kind == "svg+xml" && isDrawing([]byte(text)) {
			data = []byte(text)
		}
		if uri := pictureURI(data, kind); uri != "" {
			return uri
		}
	}
	return ""
}

// textIn decodes a text of the notebook format: a string, or a list of strings.
func textIn(raw json.RawMessage) (string, bool) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one, len(raw) > 0 && raw[0] == '"'
	}
	var many []string
	if json.Unmarshal(raw, &many) == nil {
		return strings.Join(many, ""), true
	}
	return "", false
}
