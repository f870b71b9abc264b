package chart

import (
	"fmt"
	"math"
	"strings"
)

// darkPages are the pages that a style rule can recognise as dark: a report, VS Code
// and JupyterLab. The runtime also looks at colours.
var darkPages = [...]string{
	`:root[data-theme="dark"]`,
	`body.vscode-dark`,
	`body.vscode-high-contrast:not(.vscode-high-contrast-light)`,
	`body[data-jp-theme-light="false"]`,
}

// OnDark returns a CSS rule for elements on dark pages.
func OnDark(elements, declarations string) string {
	selectors := make([]string, len(darkPages))
	for i, page := range darkPages {
		selectors[i] = page + " " + elements
	}
	return strings.Join(selectors, ",") + "{" + declarations + "}"
}

// Lighter returns a colour as charts show it on dark pages. The runtime does the same.
func Lighter(color string) string {
	c := parseHex(color)
	mix := func(v uint8) int { return int(math.Round(float64(v)*0.72 + 255*0.28)) }
	return fmt.Sprintf("#%02X%02X%02X", mix(c.R), mix(c.G), mix(c.B))
}
