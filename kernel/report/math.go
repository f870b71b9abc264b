package report

import (
	"regexp"
	"strings"
)

// A formula is a formula in a text, as Jupyter finds it: before Markdown is read, so that
// nothing in it is emphasis, a table's column, a list or HTML.
type formula struct {
	start, end int    // where it is in the text, with its delimiters
	tex        string // without dollars; an environment keeps its \begin and \end
	display    bool   // in a line of its own
	reference  bool   // \ref or \eqref in prose, which is not a formula
}

// The longest formula, and the longest one between single dollars. Longer ones are text.
const (
	maxFormula = 50_000
	maxInline  = 5_000
)

var (
	environment = regexp.MustCompile(`^\\begin\{([A-Za-z]+\*?)\}`)
	crossRef    = regexp.MustCompile(`^\\(?:eq)?ref\{[^{}\n]*\}`)
	blankLine   = regexp.MustCompile(`\n[ \t>]*\r?\n`)
	fenceLine   = regexp.MustCompile("^(?:[ >]|[-*+] |[0-9]+[.)] )*(`{3,}[^`\n]*|~{3,}[^\n]*)(?:\n|$)")
	// What begins with < and is no text: comments, tags, addresses, and whole elements
	// whose text is code.
	markup = regexp.MustCompile(`^(?i:<!--(?s:.*?)-->|<(?:pre|code|script|style|textarea)\b(?s:.*?)</(?:pre|code|script|style|textarea)>|` +
		`</?[a-z][a-z0-9-]*(?:\s+[a-z_:@][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>` + "`" + `]+|'[^']*'|"[^"]*"))?)*\s*/?>|<[a-z][a-z0-9+.-]{1,31}:[^\s<>]*>)`)
)

// findFormulas returns the formulas of a text in order. Code is left alone. In LaTeX
// (plain is false: Markdown) one backslash before a bracket is enough.
func findFormulas(s string, plain bool) (all []formula) {
	for i := 0; i < len(s); {
		if !plain && (i == 0 || s[i-1] == '\n') {
			if m := fenceLine.FindStringSubmatch(s[i:]); m != nil {
				i += len(m[0])
				i += fenceEnd(s[i:], strings.TrimRight(m[1], "\r\n"))
				continue
			}
		}
		f, skip := formulaAt(s, i, plain)
		if f != nil {
			all = append(all, *f)
			skip = f.end - i
		}
		i += skip
	}
	return all
}

// fenceEnd returns the length of fenced code with its last line.
func fenceEnd(s, open string) int {
	size := len(open) - len(strings.TrimLeft(open, open[:1]))
	at := 0
	for line := range strings.Lines(s) {
		at += len(line)
		mark := strings.TrimSpace(strings.TrimLeft(line, " >"))
		if len(mark) >= size && strings.Trim(mark, open[:1]) == "" {
			break
		}
	}
	return at
}

// formulaAt returns the formula that starts at s[i], or nil and how many bytes to skip.
func formulaAt(s string, i int, plain bool) (f *formula, skip int) {
	rest := s[i:]
	switch rest[0] {
	case '`':
		return nil, codeSpan(rest, plain)
	case '<':
		return nil, max(1, len(markup.FindString(rest)))
	case '\\':
		return backslash(s, i, plain)
	case '$':
		run := len(rest) - len(strings.TrimLeft(rest, "$"))
		switch run {
		case 1:
			return dollar(s, i), 1
		case 2:
			return dollars(s, i), 2
		}
		return nil, run
	}
	if next := strings.IndexAny(rest, "`<\\$\n"); next > 0 {
		return nil, next
	}
	return nil, 1
}

// codeSpan returns the length of the code span at the start of s, or of its backticks if
// they open none.
func codeSpan(s string, plain bool) int {
	text := strings.TrimLeft(s, "`")
	size := len(s) - len(text)
	if plain {
		return size
	}
	if end := blankLine.FindStringIndex(text); end != nil {
		text = text[:end[0]]
	}
	for at := 0; ; {
		next := strings.IndexByte(text[at:], '`')
		if next < 0 {
			return size
		}
		at += next
		run := len(text[at:]) - len(strings.TrimLeft(text[at:], "`"))
		at += run
		if run == size {
			return size + at
		}
	}
}

// backslash returns the formula that starts with a backslash: an environment, or text
// between \\( and \\) or \\[ and \\], which Jupyter's Markdown writes with two.
func backslash(s string, i int, plain bool) (*formula, int) {
	rest := s[i:]
	open, slash := "", `\\`
	if plain {
		slash = `\`
	}
	if tail, ok := strings.CutPrefix(rest, slash); ok && tail != "" && strings.ContainsAny(tail[:1], "([") {
		open = tail[:1]
	}
	if open != "" {
		closing := slash + map[string]string{"(": ")", "[": "]"}[open]
		from := i + len(slash) + 1
		if n := strings.Index(limited(s[from:], maxFormula), closing); n >= 0 && !blankLine.MatchString(s[from:from+n]) && strings.TrimSpace(s[from:from+n]) != "" {
			return finish(s, i, from, from+n, from+n+len(closing), open == "["), 0
		}
	}
	if m := environment.FindStringSubmatch(rest); m != nil {
		if n := endOf(limited(rest, maxFormula), m[1]); n > 0 {
			return finish(s, i, i, i+n, i+n, true), 0
		}
	}
	if m := crossRef.FindString(rest); m != "" {
		return &formula{start: i, end: i + len(m), tex: m, reference: true}, 0
	}
	return nil, min(2, len(rest))
}

// limited returns at most n bytes of s.
func limited(s string, n int) string { return s[:min(n, len(s))] }

// endOf returns the length of the environment at the start of s, or 0 if it has no end.
func endOf(s, name string) int {
	open, closing := `\begin{`+name+`}`, `\end{`+name+`}`
	depth := 0
	for at := 0; at < len(s); {
		next := strings.IndexByte(s[at:], '\\')
		if next < 0 {
			return 0
		}
		at += next
		switch {
		case strings.HasPrefix(s[at:], open):
			depth++
			at += len(open)
		case strings.HasPrefix(s[at:], closing):
			at += len(closing)
			if depth--; depth == 0 {
				return at
			}
		default:
			at += 2
		}
	}
	return 0
}

// dollars returns the formula whose opening $$ is at s[i]. Empty lines may only be in it
// if both pairs of dollars are alone in their lines and the text between is no prose.
func dollars(s string, i int) *formula {
	from := i + 2
	end := nextDollars(limited(s[from:], maxFormula))
	if end < 0 {
		return nil
	}
	text := s[from : from+end]
	if strings.TrimSpace(text) == "" || !strings.Contains(text, "\n") && onlyWords(text) {
		return nil
	}
	if blankLine.MatchString(text) {
		before, after := s[strings.LastIndexByte(s[:i], '\n')+1:i], text[strings.LastIndexByte(text, '\n')+1:]
		if strings.Trim(before+after, " \t>") != "" || !strings.HasPrefix(strings.TrimLeft(text, " \t\r"), "\n") || !looksTeX(text) {
			return nil
		}
	}
	return finish(s, i, from, from+end, from+end+2, true)
}

func nextDollars(s string) int {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case strings.HasPrefix(s[i:], "$$"):
			return i
		}
	}
	return -1
}

// dollar returns the formula whose opening $ is at s[i]. The rule is that of pandoc:
// there is no space after the opening and before the closing dollar, and no digit after
// the closing one, so that "$5 and $6" is not a formula. As in Jupyter spaces are allowed
// too, if the text between the dollars looks like TeX.
func dollar(s string, i int) *formula {
	from := i + 1
	limit := from + len(limited(s[from:], maxInline))
	if m := blankLine.FindStringIndex(s[from:limit]); m != nil {
		limit = from + m[0]
	}
	end := nextDollar(s[from:limit])
	if end < 0 {
		return nil
	}
	text := s[from : from+end]
	after, before := byte(' '), byte(' ')
	if from+end+1 < len(s) {
		after = s[from+end+1]
	}
	if i > 0 {
		before = s[i-1]
	}
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || isDigit(after) || after == '{' || strings.Count(text, "`")%2 == 1 {
		return nil
	}
	price := isDigit(trimmed[0]) || isDigit(lastVisible(s[:i]))
	switch tight := trimmed == text; {
	case tight && shellName.MatchString(text) && isLetter(after):
		return nil
	case tight && price && !strings.ContainsAny(text, `\^_{`) &&
		(proseWord.MatchString(" "+text+" ") || sentence.MatchString(text) || strings.Count(text, "(") != strings.Count(text, ")")):
		return nil
	case !tight && (isLetter(after) || isLetter(before) || !looksTeX(trimmed) || price && !strings.ContainsAny(text, `\^_{=<>`)):
		return nil
	}
	return finish(s, i, from, from+end, from+end+1, false)
}

// nextDollar returns where the closing dollar is. Dollars inside braces count only if
// there is no other.
func nextDollar(s string) int {
	inBraces, depth := -1, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			depth--
		case '$':
			if depth <= 0 {
				return i
			}
			if inBraces < 0 {
				inBraces = i
			}
		}
	}
	return inBraces
}

var (
	shellName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]+\W`)
	proseWord = regexp.MustCompile(`\s[A-Za-z]{2,}\s`)
	sentence  = regexp.MustCompile(`[.;:!?)]\s+[A-Za-z]`)
	// Commands with their words, and words in the arguments of \text and its like.
	command   = regexp.MustCompile(`\\(?:text[a-z]*|mbox|mathrm|operatorname\*?|label|begin|end|mathit|mathbf|mathsf)\s*\{[^{}]*\}|\\[A-Za-z]+|[_^]\{[^{}]*\}`)
	word      = regexp.MustCompile(`[A-Za-z]{2,}`)
	prose     = regexp.MustCompile(`[A-Za-z]{2,}[,;:]?\s+[A-Za-z]{2,}`)
	operation = regexp.MustCompile(`[0-9]\s*[-+*/=<>]\s*[0-9]`)
)

// looksTeX reports whether a text with spaces between dollars is a formula, not prose.
func looksTeX(s string) bool {
	bare := command.ReplaceAllString(s, "")
	switch {
	case prose.MatchString(bare):
		return false
	case bare != s, strings.ContainsAny(bare, `\^_=<>`):
		return true
	case word.MatchString(bare):
		return false
	}
	return strings.IndexFunc(bare, func(r rune) bool { return r >= 0x80 || isLetter(byte(r)) }) >= 0 || operation.MatchString(bare)
}

// onlyWords reports whether a text consists of words without a sign of TeX.
func onlyWords(s string) bool {
	return word.MatchString(s) && strings.IndexFunc(s, func(r rune) bool { return !(r >= 0x80 || isLetter(byte(r)) || strings.ContainsRune(" ,.-'", r)) }) < 0 && strings.ContainsRune(s, ' ')
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// lastVisible returns the last byte of s before spaces.
func lastVisible(s string) byte {
	if s = strings.TrimRight(s, " "); s != "" {
		return s[len(s)-1]
	}
	return 0
}

// finish returns the formula between from and to. Of a formula in a block quote it removes
// the marks of the quote. A full stop or comma after a formula in a line of its own
// belongs to it; else it would be alone in the next line.
func finish(s string, start, from, to, end int, display bool) *formula {
	tex := s[from:to]
	line := s[strings.LastIndexByte(s[:start], '\n')+1 : start]
	if quotes := strings.Count(line, ">"); quotes > 0 && strings.Trim(line, "> \t") == "" {
		tex = unquote(tex, quotes)
	}
	tex = blankLine.ReplaceAllString(tex, "\n")
	f := &formula{start: start, end: end, tex: tex, display: display}
	if display && end < len(s) && strings.IndexByte(".,;:", s[end]) >= 0 && (end+1 == len(s) || strings.IndexByte(" \t\r\n", s[end+1]) >= 0) {
		f.tex, f.end = f.tex+trailing+s[end:end+1], end+1
	}
	return f
}

// trailing separates a formula from the punctuation after it.
const trailing = "\x00"

func unquote(s string, quotes int) string {
	first := true
	var b strings.Builder
	for line := range strings.Lines(s) {
		for n := 0; !first && n < quotes; n++ {
			rest, ok := strings.CutPrefix(strings.TrimLeft(line, " "), ">")
			if !ok {
				break
			}
			line = rest
		}
		b.WriteString(line)
		first = false
	}
	return b.String()
}
