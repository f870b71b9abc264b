package cell

import (
	"fmt"
	"go/scanner"
	"go/token"
	"strings"
)

// A source is the text of a cell, split into commands and Go tokens.
type source struct {
	text     string // with line feeds as the only line ends
	script   bool   // the cell is not Go
	commands []command
	main     int      // index of the command "%%", or -1
	tokens   []lexeme // of the Go code, with the semicolons that line ends stand for
	comments []lexeme
	open     bool // a comment or a raw string does not end
	illegal  *Problem

	depth int         // of open brackets, while tokens are read
	last  token.Token // the last token
}

// A lexeme is a token or a comment and its place in the text.
type lexeme struct {
	token    token.Token
	text     string // "\n" for the semicolon that a line end stands for
	from, to int
}

// Normal returns a cell's text with line feeds as the only line ends and without a byte
// order mark. Positions in errors refer to it. A carriage return within a raw string is
// no part of the string, as in Go. The text of a script is not changed.
func Normal(code string) string {
	code = strings.TrimPrefix(code, "\ufeff")
	first, rest, more := strings.Cut(strings.TrimLeft(code, "\r\n"), "\n")
	if isScript(first) {
		code = strings.TrimSuffix(first, "\r")
		if more && runsInShell(first) {
			rest = strings.ReplaceAll(rest, "\r\n", "\n")
		}
		if more {
			code += "\n" + rest
		}
		return code
	}
	code = strings.ReplaceAll(code, "\r\n", "\n")
	if !strings.Contains(code, "\n") {
		code = strings.ReplaceAll(code, "\r", "\n")
	}
	if !strings.ContainsAny(code, "\r\f\v") {
		return code
	}
	var e edits
	s := readText(code)
	inside := make([]bool, len(code)) // of a string
	for _, t := range s.tokens {
		if t.token != token.STRING && t.token != token.CHAR {
			continue
		}
		for i := t.from; i < t.to; i++ {
			inside[i] = true
			if code[i] == '\r' && code[t.from] == '`' {
				e.replace(i, i+1, "")
			}
		}
	}
	for _, c := range s.comments {
		for i := c.from; i < c.to; i++ {
			inside[i] = true
			if code[i] == '\r' {
				e.replace(i, i+1, "\n")
			}
		}
	}
	for i := range len(code) {
		switch {
		case inside[i]:
		case code[i] == '\r':
			e.replace(i, i+1, "\n")
		case code[i] == '\f' || code[i] == '\v':
			e.replace(i, i+1, " ")
		}
	}
	return e.apply(code)
}

// read splits a cell into commands and Go tokens.
func read(code string) source { return readText(Normal(code)) }

// readText is read for text that need not be normal.
func readText(text string) source {
	s := source{text: text, main: -1, last: token.SEMICOLON}
	first, _, _ := strings.Cut(text, "\n")
	if isScript(first) {
		s.script = true
		return s
	}
	for at := 0; at <= len(text); {
		if c, ok := s.commandAt(at); ok {
			if c.main && s.main < 0 {
				s.main = len(s.commands)
			}
			s.commands = append(s.commands, c)
			at = c.to + 1
			continue
		}
		at = s.scanGo(at)
	}
	return s
}

// continues reports whether Go code continues in the next line: a bracket is open, or
// the statement is not complete.
func (s *source) continues() bool { return s.depth > 0 || s.last != token.SEMICOLON }

// commandAt returns the command at the start of a line. Where Go continues, only a line
// "%%" is one, which is never Go: the code before it lacks something.
func (s *source) commandAt(at int) (command, bool) {
	if s.continues() && !strings.HasPrefix(s.text[at:], "%") {
		return command{}, false
	}
	c, ok := commandAt(s.text, at)
	return c, ok && (!s.continues() || c.main)
}

// scanGo reads tokens from the start of a line until the next command and returns the
// place where it stopped. A command is looked for only where a token begins, so not
// inside of strings and comments.
func (s *source) scanGo(start int) (end int) {
	code := s.text[start:]
	file := token.NewFileSet().AddFile("", -1, len(code))
	var sc scanner.Scanner
	sc.Init(file, []byte(code), func(at token.Position, message string) {
		switch {
		case message == "comment not terminated", message == "raw string literal not terminated":
			s.open = true
		case s.illegal == nil && strings.HasPrefix(message, "illegal "):
			s.illegal = s.problem(start+at.Offset, "%s", message)
		}
	}, scanner.ScanComments)
	for {
		pos, tok, text := sc.Scan()
		if tok == token.EOF {
			return len(s.text) + 1
		}
		t := lexeme{token: tok, text: text, from: start + file.Offset(pos)}
		if tok.IsOperator() && text == "" {
			t.text = tok.String()
		}
		t.to = s.endOf(t)
		if t.text == "\n" {
			t.to = t.from
		} else if t.from > start && s.text[t.from-1] == '\n' {
			if _, ok := s.commandAt(t.from); ok {
				return t.from
			}
		}
		if tok == token.COMMENT {
			s.comments = append(s.comments, t)
			continue
		}
		s.tokens = append(s.tokens, t)
		s.last = tok
		switch tok {
		case token.LBRACE, token.LPAREN, token.LBRACK:
			s.depth++
		case token.RBRACE, token.RPAREN, token.RBRACK:
			s.depth = max(s.depth-1, 0)
		}
	}
}

// endOf returns the end of a token. The scanner's text of comments and raw strings lacks
// carriage returns.
func (s *source) endOf(t lexeme) int {
	rest := s.text[t.from:]
	n := len(t.text)
	switch {
	case strings.HasPrefix(rest, "`"):
		n = len(rest)
		if i := strings.IndexByte(rest[1:], '`'); i >= 0 {
			n = i + 2
		}
	case strings.HasPrefix(rest, "/*") && t.token == token.COMMENT:
		n = len(rest)
		if i := strings.Index(rest[2:], "*/"); i >= 0 {
			n = i + 4
		}
	}
	return t.from + min(n, len(rest))
}

// goCode returns a part of the text. Commands, and the package clause, which GoNB
// ignores, are replaced by spaces, so that positions do not change.
func (s *source) goCode(from, to int) string {
	text := []byte(s.text[from:to])
	hide := func(a, b int) {
		for i := max(a, from); i < min(b, to); i++ {
			if text[i-from] != '\n' {
				text[i-from] = ' '
			}
		}
	}
	for _, c := range s.commands {
		hide(c.from, c.to)
	}
	if a, b, ok := s.packageClause(); ok {
		hide(a, b)
	}
	return string(text)
}

// Split returns the Go code of a cell, and its commands without the line "%%". Of a script it
// returns the first line as a command.
func Split(code string) (declarations, statements string, commands []string) {
	s := read(code)
	if s.script {
		return "", "", []string{line(s.text, 0)}
	}
	for _, c := range s.commands {
		if c.text != "%%" {
			commands = append(commands, c.text)
		}
	}
	l := s.layout()
	if l.body >= 0 {
		statements = s.goCode(l.body, len(s.text))
	}
	return s.goCode(0, l.decls), statements, commands
}

// packageClause returns the place of a package clause at the beginning.
func (s *source) packageClause() (from, to int, ok bool) {
	if len(s.tokens) < 2 || s.tokens[0].token != token.PACKAGE || s.tokens[1].token != token.IDENT {
		return 0, 0, false
	}
	to = s.tokens[1].to
	if len(s.tokens) > 2 && s.tokens[2].text == ";" {
		to = s.tokens[2].to
	}
	return s.tokens[0].from, to, true
}

// lineOf returns the start of the line of a token, and whether the token is the first in
// its line; there may be comments before it.
func (s *source) lineOf(at int) (start int, first bool) {
	start = strings.LastIndexByte(s.text[:at], '\n') + 1
	for _, t := range s.tokens {
		if t.from < at && t.to > start {
			return start, false
		}
	}
	for _, c := range s.comments {
		if c.from < start && c.to > start {
			return start, false
		}
	}
	return start, true
}

// problem returns a problem at a place of the text.
func (s *source) problem(at int, format string, args ...any) *Problem {
	before := s.text[:min(at, len(s.text))]
	return &Problem{
		Line:    strings.Count(before, "\n") + 1,
		Column:  len(before) - 1 - strings.LastIndexByte(before, '\n'),
		Message: fmt.Sprintf(format, args...),
	}
}
