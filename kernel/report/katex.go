package report

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/dop251/goja"
)

//go:embed assets/katex.min.js
var katexJS string

// typesetJS keeps what a formula defines for the formulas after it, and gives commands of
// Jupyter's MathJax that KaTeX lacks their nearest meaning. Links are text.
const typesetJS = `(function () {
	var macros = {"\\href": "\\@secondoftwo", "\\class": "\\@secondoftwo", "\\cssId": "\\@secondoftwo", "\\style": "\\@secondoftwo",
		"\\url": "\\texttt{#1}", "\\texttip": "\\@firstoftwo", "\\mathbbm": "\\mathbb{#1}", "\\mathds": "\\mathbb{#1}", "\\mathbbold": "\\mathbb{#1}"};
	return function (tex, display) {
		return katex.renderToString(tex, {output: "mathml", displayMode: display, throwOnError: true, strict: false, globalGroup: true, macros: macros})
	}
})()`

// formulas typesets TeX as MathML with KaTeX. The engine starts with the first formula;
// equal formulas are typeset once. The zero value can be used.
type formulas struct {
	engine *engine
	done   map[string]string
}

// Limits of one formula. KaTeX needs the square of the depth and much memory for each
// level, so that a formula of some thousand braces would take minutes.
const (
	maxDepth    = 120
	formulaTime = 20 * time.Second
	maxCalls    = 4000
)

var (
	defines    = regexp.MustCompile(`\\(?:[gex]?def|let|futurelet|global|renewcommand)\b`)
	emptyMath  = regexp.MustCompile(`<semantics><mrow></mrow><annotation`)
	underlined = strings.NewReplacer("\u0332", "")
)

// typeset returns the MathML of a formula. An error contains KaTeX's message. A formula
// cannot load, link or run anything, because KaTeX's trust setting is off. A formula that
// only defines commands is empty.
func (f *formulas) typeset(ctx context.Context, tex string, display bool) (string, error) {
	key := fmt.Sprint(display, tex)
	if html, ok := f.done[key]; ok {
		return html, nil
	}
	if err := tooDeep(tex); err != nil {
		return "", err
	}
	if f.engine == nil {
		e, err := newEngine("KaTeX", katexJS, typesetJS)
		if err != nil {
			return "", err
		}
		e.vm.SetMaxCallStackSize(maxCalls)
		f.engine, f.done = e, map[string]string{}
	}
	limited, cancel := context.WithTimeout(ctx, formulaTime)
	defer cancel()
	html, err := f.engine.call(limited, strings.TrimSpace(tex), display)
	var thrown *goja.Exception
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &thrown):
		reason := strings.TrimPrefix(underlined.Replace(thrown.Value().String()), "ParseError: KaTeX parse error: ")
		return "", errors.New(reason)
	default:
		f.engine = nil // what it was interrupted in is unknown
		return "", errors.New("too long or too deep")
	}
	if defines.MatchString(tex) {
		clear(f.done) // the same text may mean something else from here on
		if emptyMath.MatchString(html) {
			html = ""
		}
	}
	html = completeMathML(html)
	f.done[key] = html
	return html, nil
}

// tooDeep returns an error for a formula with too many open braces.
func tooDeep(tex string) error {
	depth := strings.Count(tex, `\left`) + strings.Count(tex, `\sqrt`) + strings.Count(tex, `\begin`)
	if depth < maxDepth {
		depth = 0
	}
	for i := 0; i < len(tex) && depth <= maxDepth; i++ {
		switch tex[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			depth--
		}
	}
	if depth > maxDepth || len(tex) > maxFormula {
		return errors.New("too long or too deep")
	}
	return nil
}
