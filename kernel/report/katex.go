package report

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/dop251/goja"
)

//go:embed assets/katex.min.js
var katexJS string

// formulas typesets TeX as MathML with KaTeX. The engine starts with the first formula;
// equal formulas are typeset once. The zero value can be used.
type formulas struct {
	engine *engine
	done   map[string]string
}

// typeset returns the MathML of a formula. An error contains KaTeX's message. A formula
// cannot load, link or run anything, because KaTeX's trust setting is off.
func (f *formulas) typeset(ctx context.Context, tex string, display bool) (string, error) {
	key := fmt.Sprint(display, tex)
	if html, ok := f.done[key]; ok {
		return html, nil
	}
	if f.engine == nil {
		e, err := newEngine("KaTeX", katexJS, `(function (tex, display) {
			return katex.renderToString(tex, {output: "mathml", displayMode: display, throwOnError: true, strict: false})
		})`)
		if err != nil {
			return "", err
		}
		f.engine, f.done = e, map[string]string{}
	}
	html, err := f.engine.call(ctx, strings.TrimSpace(tex), display)
	if err != nil {
		var thrown *goja.Exception
		if errors.As(err, &thrown) {
			return "", fmt.Errorf("formula %q: %s", tex, thrown.Value().String())
		}
		return "", fmt.Errorf("formula %q: %w", tex, err)
	}
	f.done[key] = html
	return html, nil
}
