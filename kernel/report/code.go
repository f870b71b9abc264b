package report

import (
	"fmt"
	"html/template"
	"regexp"
	"strings"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
)

// highlight marks up Go code with chroma's classes; the report's style sheet
// gives them their colours in light and dark.
func highlight(source string) (template.HTML, error) {
	lexer := lexers.Get("go")
	if lexer == nil {
		return "", fmt.Errorf("highlight code: no lexer for Go")
	}
	tokens, err := chroma.Coalesce(lexer).Tokenise(nil, source)
	if err != nil {
		return "", fmt.Errorf("highlight code: %w", err)
	}
	var b strings.Builder
	// The style only decides which tokens get a class: all that differ from
	// plain text.
	if err := chromahtml.New(chromahtml.WithClasses(true), chromahtml.PreventSurroundingPre(true)).Format(&b, classStyle, tokens); err != nil {
		return "", fmt.Errorf("highlight code: %w", err)
	}
	return template.HTML(b.String()), nil
}

var classStyle = chroma.MustNewStyle("dendrite", chroma.StyleEntries{
	chroma.Background: "#000", chroma.Comment: "#111", chroma.Keyword: "#222", chroma.KeywordType: "#333",
	chroma.LiteralString: "#444", chroma.LiteralNumber: "#555", chroma.NameFunction: "#666", chroma.NameBuiltin: "#777",
})

var (
	ansi     = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])`)
	controls = regexp.MustCompile(`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]`)
)

// maxText is how much of a printed text the report shows.
const maxText = 100_000

// plain removes terminal escapes from a text, applies its carriage returns and
// shortens it when it is longer than anyone reads.
func plain(s string) string {
	s = ansi.ReplaceAllString(strings.ReplaceAll(s, "\r\n", "\n"), "")
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = l[strings.LastIndexByte(strings.TrimRight(l, "\r"), '\r')+1:]
	}
	s = controls.ReplaceAllString(strings.ReplaceAll(strings.Join(lines, "\n"), "\r", ""), "")
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + fmt.Sprintf("\n… %d more bytes, see the executed notebook", len(s)-maxText)
	}
	return s
}
