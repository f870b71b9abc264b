package report

import (
	"regexp"
	"strconv"
	"strings"
)

// equations numbers the equations of a notebook like LaTeX and knows which label has
// which number. It changes TeX that KaTeX does not know, but Jupyter does, to TeX that
// KaTeX knows.
type equations struct {
	last      int
	labels    map[string]string
	uncounted bool // in the output of a cell, equations have no numbers
}

var (
	entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "\r\n", "\n")
	comment  = regexp.MustCompile(`(^|[^\\])%[^\n]*`)
	useless  = regexp.MustCompile(`\\require\s*\{[^{}]*\}|\\(?:begin|end)\{(?:subequations|math|displaymath)\}|\\bbox\s*\[[^\]]*\]|\\shove(?:left|right)\b`)
	label    = regexp.MustCompile(`\\label\s*\{([^{}]*)\}`)
	tagged   = regexp.MustCompile(`\\tag(\*?)\s*\{((?:[^{}]|\{[^{}]*\})*)\}`)
	untagged = regexp.MustCompile(`\\(?:notag|nonumber)\b`)
	refs     = regexp.MustCompile(`\\(eq)?ref\s*\{([^{}]*)\}`)
	operator = regexp.MustCompile(`\\DeclareMathOperator(\*?)\s*(?:\{\s*(\\[A-Za-z]+)\s*\}|(\\[A-Za-z]+))\s*\{((?:[^{}]|\{[^{}]*\})*)\}`)
	define   = regexp.MustCompile(`\\(?:newcommand|renewcommand|providecommand)\*?\s*(?:\{\s*(\\(?:[A-Za-z]+|[^A-Za-z]))\s*\}|(\\(?:[A-Za-z]+|[^A-Za-z])))`)
	display  = regexp.MustCompile(`^\s*\\begin\{(equation|align|gather|alignat|flalign|multline|eqnarray)(\*?)\}(?s:(.*))\\end\{(equation|align|gather|alignat|flalign|multline|eqnarray)\*?\}\s*$`)
	inner    = regexp.MustCompile(`\\(begin|end)\{(equation|align|gather|alignat|flalign|multline|eqnarray|split)\*?\}`)
	columns  = regexp.MustCompile(`^\s*\{[^{}]*\}`)
)

// alike maps display environments to those that KaTeX allows everywhere.
var alike = map[string]string{
	"equation": "gathered", "gather": "gathered", "multline": "gathered",
	"align": "aligned", "flalign": "aligned", "eqnarray": "aligned", "split": "aligned", "alignat": "alignedat",
}

// prepare changes the TeX of a formula for KaTeX. Numbers stand behind the equations. It
// also returns the labels in the formula.
func (e *equations) prepare(tex string, inLine bool) (ready string, labels []string) {
	tex, mark, _ := strings.Cut(tex, trailing)
	tex = entities.Replace(tex)
	tex = comment.ReplaceAllString(tex, "$1")
	tex = useless.ReplaceAllString(tex, "")
	tex = operator.ReplaceAllString(tex, `\newcommand{$2$3}{\operatorname$1{$4}}`)
	// A second definition replaces the first, as when a cell is run again.
	tex = define.ReplaceAllString(tex, `\providecommand{$1$2}{}\renewcommand{$1$2}`)
	name, star, argument := "", "*", ""
	if m := display.FindStringSubmatch(tex); m != nil && m[1] == m[4] && endOf(strings.TrimSpace(tex), m[1]+m[2]) == len(strings.TrimSpace(tex)) {
		name, star, tex = m[1], m[2], m[3]
		if name == "alignat" {
			argument = columns.FindString(tex)
			tex = tex[len(argument):]
		}
	}
	rows := split(tex)
	if last := len(rows) - 1; last > 0 && strings.TrimSpace(strings.Join(rows[last], "")) == "" {
		rows = rows[:last]
	}
	wide := false
	for i, row := range rows {
		if name == "eqnarray" && len(row) > 2 {
			row = []string{row[0], strings.Join(row[1:], " ")}
		}
		wide = wide || len(row) > 1
		text := strings.Join(row, "&")
		end := i == len(rows)-1
		if end {
			text = strings.TrimRight(text, " \t\n") + mark
		}
		numbered := star == "" && (end || name != "equation" && name != "multline")
		text, found := e.number(text, numbered)
		labels = append(labels, found...)
		rows[i] = []string{inner.ReplaceAllStringFunc(text, func(s string) string {
			m := inner.FindStringSubmatch(s)
			return `\` + m[1] + `{` + alike[m[2]] + `}`
		})}
	}
	var lines []string
	for _, row := range rows {
		lines = append(lines, row[0])
	}
	ready = strings.Join(lines, `\\`)
	around := alike[name]
	switch {
	case wide && around != "alignedat":
		around = "aligned"
	case around == "" && len(rows) > 1 && !inLine, around == "gathered" && len(rows) > 1:
		around = "gathered"
	case around == "gathered":
		around = ""
	}
	if around != "" {
		ready = `\begin{` + around + `}` + argument + ready + `\end{` + around + `}`
	}
	return strings.TrimSpace(ready), labels
}

// number writes the number of one equation or its tag behind it and takes out its label.
func (e *equations) number(text string, numbered bool) (string, []string) {
	var labels []string
	for _, m := range label.FindAllStringSubmatch(text, -1) {
		labels = append(labels, m[1])
	}
	text = label.ReplaceAllString(text, "")
	number := ""
	if m := tagged.FindStringSubmatch(text); m != nil {
		number = m[2]
		text = tagged.ReplaceAllStringFunc(text, func(s string) string {
			m := tagged.FindStringSubmatch(s)
			if m[1] == "" {
				m[2] = "(" + m[2] + ")"
			}
			return `\qquad\text{` + m[2] + `}`
		})
	} else if (numbered || len(labels) > 0) && !e.uncounted && !untagged.MatchString(text) {
		e.last++
		number = strconv.Itoa(e.last)
		text += `\qquad\text{(` + number + `)}`
	}
	for _, l := range labels {
		if e.labels == nil {
			e.labels = map[string]string{}
		}
		e.labels[l] = number
	}
	text = refs.ReplaceAllStringFunc(text, func(s string) string { return `\text{` + e.reference(s) + `}` })
	return untagged.ReplaceAllString(text, ""), labels
}

// reference returns the text for \ref{label} or \eqref{label}.
func (e *equations) reference(s string) string {
	m := refs.FindStringSubmatch(s)
	number := e.labels[m[2]]
	if number == "" {
		number = "???"
	}
	if m[1] != "" {
		number = "(" + number + ")"
	}
	return number
}

// split cuts TeX into rows and their columns, at every \\ and & that is not inside braces
// or an environment.
func split(tex string) [][]string {
	rows, row, from, depth := [][]string{}, []string(nil), 0, 0
	for i := 0; i < len(tex); i++ {
		switch rest := tex[i:]; {
		case strings.HasPrefix(rest, `\\`):
			if depth <= 0 {
				rows, row = append(rows, append(row, tex[from:i])), nil
				from = i + 2
			}
			i++
		case strings.HasPrefix(rest, `\begin{`):
			depth++
			i += len(`\begin{`) - 1
			depth++
		case strings.HasPrefix(rest, `\end{`):
			depth--
			i += len(`\end{`) - 1
			depth++
		case rest[0] == '\\':
			i++
		case rest[0] == '{':
			depth++
		case rest[0] == '}':
			depth--
		case rest[0] == '&' && depth <= 0:
			row = append(row, tex[from:i])
			from = i + 1
		}
	}
	return append(rows, append(row, tex[from:]))
}
