package report

import (
	"regexp"
	"strings"
)

// The inline styles that foreign HTML may have. None of them can move an element out of
// its place, load anything or hide text.
var (
	styleColor  = `(?:#[0-9a-f]{3,8}|[a-z]{3,24}|(?:rgb|hsl)a?\([0-9., %/]{1,40}\))`
	styleLength = `(?:[0-9]{0,4}(?:\.[0-9]{1,4})?(?:px|em|rem|ex|ch|pt|%)?|auto)`
	styleBorder = `(?:none|solid|dashed|dotted|double|thin|medium|thick|` + styleLength + `|` + styleColor + `)`
	styleValues = styles(map[string]string{
		"color background":                styleColor,
		"text-align":                      `left|right|center|justify|start|end`,
		"vertical-align":                  `top|middle|bottom|baseline|sub|super|text-top|text-bottom`,
		"font-weight":                     `bold|bolder|lighter|normal|[1-9]00`,
		"font-style":                      `italic|oblique|normal`,
		"font-size":                       `[0-9]{1,2}(?:\.[0-9]{1,3})?(?:px|pt)|[0-3](?:\.[0-9]{1,3})?r?em|[0-9]{2,3}%|(?:xx?-)?(?:small|large)|medium|smaller|larger`,
		"font-family":                     `monospace|serif|sans-serif`,
		"font-variant":                    `small-caps|normal`,
		"line-height":                     `normal|[0-9](?:\.[0-9]{1,3})?(?:em)?`,
		"text-decoration text-transform":  `underline|line-through|overline|none|uppercase|lowercase|capitalize`,
		"white-space":                     `normal|nowrap|pre|pre-wrap|pre-line`,
		"width height max-width":          styleLength,
		"min-width max-height min-height": styleLength,
		"margin padding":                  styleLength + `(?: ` + styleLength + `){0,3}`,
		"margin-top margin-right margin-bottom margin-left":     styleLength,
		"padding-top padding-right padding-bottom padding-left": styleLength,
		"border border-top border-right":                        styleBorder + `(?: ` + styleBorder + `){0,2}`,
		"border-bottom border-left":                             styleBorder + `(?: ` + styleBorder + `){0,2}`,
		"border-color":                                          styleColor + `(?: ` + styleColor + `){0,3}`,
		"border-width border-radius border-spacing":             styleLength + `(?: ` + styleLength + `){0,3}`,
		"border-style":                                          `none|solid|dashed|dotted|double`,
		"border-collapse":                                       `collapse|separate`,
		"list-style list-style-type":                            `none|disc|circle|square|decimal|lower-alpha|upper-alpha|lower-roman|upper-roman`,
		"display":                                               `block|inline|inline-block|flex|inline-flex|table|table-row|table-cell`,
		"flex-wrap":                                             `wrap|nowrap`,
		"flex-direction":                                        `row|column`,
		"gap":                                                   styleLength,
		"justify-content align-items":                           `center|flex-start|flex-end|space-between|space-around|space-evenly|start|end|stretch|baseline`,
	})
)

func styles(list map[string]string) map[string]*regexp.Regexp {
	all := map[string]*regexp.Regexp{}
	for names, value := range list {
		for _, name := range strings.Fields(names) {
			all[name] = regexp.MustCompile(`^(?:` + value + `)$`)
		}
	}
	return all
}

var blanks = regexp.MustCompile(`\s+`)

// safeStyle returns those declarations of an inline style that are harmless. Black is the
// colour of text on a light page, so it is left to the page.
func safeStyle(style string) string {
	if style == "" || len(style) > 2000 {
		return ""
	}
	var kept []string
	for _, d := range strings.Split(strings.ToLower(style), ";") {
		name, value, _ := strings.Cut(d, ":")
		name = strings.TrimSpace(name)
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		value = blanks.ReplaceAllString(value, " ")
		if name == "background-color" {
			name = "background"
		}
		if name == "color" && (value == "black" || value == "#000" || value == "#000000") {
			continue
		}
		if allowed := styleValues[name]; allowed != nil && value != "" && allowed.MatchString(value) {
			kept = append(kept, name+":"+value)
		}
	}
	return strings.Join(kept, ";")
}
