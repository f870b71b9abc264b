package report

import (
	"bytes"
	"fmt"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// mathExtension adds formulas to goldmark: $...$ in a line, $$...$$ in lines of their
// own. The rules are those of pandoc: there is no space after an opening $ and before a
// closing $, and no digit after a closing $, so that "$5 and $6" is not a formula. $ in
// code spans and \$ are not formulas, because the parser handles them first.
type mathExtension struct {
	// place is called for every formula in order. It returns the mark that replaces
	// the formula until the HTML has been sanitised.
	place func(tex string, display bool) string
}

// Extend implements goldmark.Extender.
func (e mathExtension) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		parser.WithBlockParsers(util.Prioritized(mathBlockParser{}, 150)),
		parser.WithInlineParsers(util.Prioritized(mathInlineParser{}, 150)))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(mathRenderer(e), 150)))
}

var (
	kindMathBlock  = ast.NewNodeKind("MathBlock")
	kindMathInline = ast.NewNodeKind("MathInline")
)

// mathBlock is a formula in lines of its own. The lines include the dollar signs.
type mathBlock struct {
	ast.BaseBlock
}

func (n *mathBlock) Kind() ast.NodeKind            { return kindMathBlock }
func (n *mathBlock) IsRaw() bool                   { return true }
func (n *mathBlock) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// mathInline is a formula inside a paragraph.
type mathInline struct {
	ast.BaseInline
	tex     string
	display bool
}

func (n *mathInline) Kind() ast.NodeKind { return kindMathInline }
func (n *mathInline) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"tex": n.tex}, nil)
}

var dollars = []byte("$$")

type mathBlockParser struct{}

func (mathBlockParser) Trigger() []byte { return []byte{'$'} }

func (mathBlockParser) Open(_ ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	pos := pc.BlockOffset()
	if pos < 0 || !bytes.HasPrefix(line[pos:], dollars) {
		return nil, parser.NoChildren
	}
	rest := bytes.TrimSpace(line[pos+2:])
	closed := bytes.HasSuffix(rest, dollars)
	if !closed && bytes.Contains(rest, dollars) {
		return nil, parser.NoChildren // text follows: an inline formula
	}
	n := &mathBlock{}
	n.Lines().Append(segment)
	reader.AdvanceToEOL()
	return n, parser.NoChildren
}

func (mathBlockParser) Continue(node ast.Node, reader text.Reader, _ parser.Context) parser.State {
	n := node.(*mathBlock)
	if n.Lines().Len() == 1 && closedInOneLine(n, reader) {
		return parser.Close
	}
	line, segment := reader.PeekLine()
	n.Lines().Append(segment)
	reader.AdvanceToEOL()
	if bytes.HasSuffix(bytes.TrimSpace(line), dollars) {
		return parser.Close
	}
	return parser.Continue | parser.NoChildren
}

// closedInOneLine reports whether the first line also closes the formula.
func closedInOneLine(n *mathBlock, reader text.Reader) bool {
	first := n.Lines().At(0)
	line := bytes.TrimSpace(first.Value(reader.Source()))
	return len(line) >= 4 && bytes.HasSuffix(line, dollars)
}

func (mathBlockParser) Close(ast.Node, text.Reader, parser.Context) {}
func (mathBlockParser) CanInterruptParagraph() bool                 { return true }
func (mathBlockParser) CanAcceptIndentedLine() bool                 { return false }

type mathInlineParser struct{}

func (mathInlineParser) Trigger() []byte { return []byte{'$'} }

func (mathInlineParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	savedLine, savedPosition := block.Position()
	line, _ := block.PeekLine()
	display := bytes.HasPrefix(line, dollars)
	fence := dollars[:1]
	if display {
		fence = dollars
	}
	block.Advance(len(fence))
	var tex []byte
	for {
		line, _ := block.PeekLine()
		if line == nil || len(tex) == 0 && !display && (isSpace(line[0])) {
			break
		}
		if at := closing(line, fence); at >= 0 {
			tex = append(tex, line[:at]...)
			if len(bytes.TrimSpace(tex)) == 0 {
				break
			}
			block.Advance(at + len(fence))
			return &mathInline{tex: string(tex), display: display}
		}
		tex = append(tex, line...)
		block.AdvanceLine()
	}
	block.SetPosition(savedLine, savedPosition)
	return nil
}

// closing returns the index of the closing dollar signs in the line, or -1.
func closing(line, fence []byte) int {
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if !bytes.HasPrefix(line[i:], fence) {
			continue
		}
		if len(fence) == 2 {
			return i
		}
		digitNext := i+1 < len(line) && line[i+1] >= '0' && line[i+1] <= '9'
		if i > 0 && isSpace(line[i-1]) || digitNext {
			continue
		}
		return i
	}
	return -1
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

type mathRenderer mathExtension

// RegisterFuncs implements renderer.NodeRenderer.
func (r mathRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(kindMathBlock, r.block)
	reg.Register(kindMathInline, r.inline)
}

func (r mathRenderer) block(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	var tex []byte
	lines := node.Lines()
	for i := range lines.Len() {
		seg := lines.At(i)
		tex = append(tex, seg.Value(source)...)
	}
	tex = bytes.TrimPrefix(bytes.TrimSpace(tex), dollars)
	if !bytes.HasSuffix(tex, dollars) {
		return ast.WalkStop, fmt.Errorf("the formula that starts with $$ before %.40q is never closed: no line ends with $$", tex)
	}
	tex = bytes.TrimSuffix(tex, dollars)
	_, err := w.WriteString("<p>" + r.place(string(tex), true) + "</p>\n")
	return ast.WalkContinue, err
}

func (r mathRenderer) inline(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	n := node.(*mathInline)
	_, err := w.WriteString(r.place(n.tex, n.display))
	return ast.WalkContinue, err
}
