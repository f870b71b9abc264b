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

// highlight adds chroma's classes to Go code. The report's style sheet defines their
// colours for light and dark pages.
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
	// The style only selects the tokens that get a class; its colours are not used.
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

// maxText is the number of bytes of a printed text that the report shows.
const maxText = 100_000

// plain removes terminal escapes from a text, applies its carriage returns, and
// shortens it to maxText.
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
