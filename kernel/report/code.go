package report

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"

	"microcircuits/kernel/internal/terminal"
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

// maxText is the number of bytes of a printed text that the report shows.
const maxText = 100_000

// plain returns a printed text as a terminal shows it. Of a text longer than maxText it
// shows the beginning and the end.
func plain(s string) string {
	s = terminal.Text(s)
	if len(s) <= maxText {
		return s
	}
	head, tail := s[:maxText/2], s[len(s)-maxText/2:]
	// Cut between lines, or between characters of a very long line.
	if i := strings.LastIndexByte(head, '\n'); i >= 0 {
		head = head[:i+1]
	} else {
		head = strings.ToValidUTF8(head, "") + "\n"
	}
	if i := strings.IndexByte(tail, '\n'); i >= 0 && i < len(tail)-1 {
		tail = tail[i+1:]
	} else {
		tail = strings.ToValidUTF8(tail, "")
	}
	left := s[min(len(head), len(s)) : len(s)-len(tail)]
	return head + fmt.Sprintf("… %d lines (%d bytes) left out here; the executed notebook has all …\n", max(1, strings.Count(left, "\n")), len(left)) + tail
}
