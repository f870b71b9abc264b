package cell

import (
	"go/scanner"
	"go/token"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A Question is a cell with a cursor, in the form that GoNB can answer. GoNB counts
// the cursor in UTF-16 units, and passes its column on to gopls in bytes, where gopls
// expects UTF-16 units. So the cursor is where a column in bytes is the right number.
type Question struct {
	Code   string
	Cursor int
	// Replaces is the number of characters before the cursor that a completion
	// replaces, or -1 if GoNB counts them right.
	Replaces int
}

// Help returns the question for the documentation of the name at a cursor, which is
// counted in characters. Between the parentheses of a call, but not at a name, it
// asks for the function. It returns false if there is nothing to ask for: in strings,
// comments, numbers, commands, and outside of the cell. GoNB never answers some of
// these questions.
func Help(code string, cursor int) (Question, bool) {
	v, ok := view(code, cursor)
	if !ok {
		return Question{}, false
	}
	at := v.name()
	if at < 0 && !v.inside() {
		at = v.function()
	}
	if at < 0 || v.tokens[at].text == "_" {
		return Question{}, false
	}
	// GoNB looks for a name before the cursor, unless the cursor is at a letter.
	return v.question(v.tokens[at].from, func(r rune) bool { return !strings.ContainsRune(" \t,(){}[]\"'`", r) }), true
}

// Completion returns the question for the names that fit at a cursor, which is counted
// in characters. It returns false in comments, numbers, strings (except the paths of
// imports), commands and empty cells, and outside of the cell.
func Completion(code string, cursor int) (Question, bool) {
	v, ok := view(code, cursor)
	if !ok || len(v.tokens) == 0 || v.inside() && !v.importPath() {
		return Question{}, false
	}
	q := v.question(v.cursor, func(rune) bool { return true })
	q.Replaces = -1
	if !isASCII(v.text[v.line():v.cursor]) {
		q.Replaces = utf8.RuneCountInString(v.text[v.wordStart():v.cursor])
	}
	return q, true
}

// A placed token has its position, in bytes.
type placed struct {
	token    token.Token
	text     string
	from, to int
	open     bool // a comment or literal that continues after its last character
}

// A cursorView is a cell as GoNB gets it, with a cursor.
type cursorView struct {
	code   string // with commands
	text   string // the Go code: commands are replaced by spaces
	cursor int    // in bytes
	tokens []placed
}

// view translates a cell and its cursor. It returns false if the cursor is not in the
// cell or if the cursor's line is not Go code.
func view(code string, cursor int) (cursorView, bool) {
	if cursor < 0 || cursor > utf8.RuneCountInString(code) {
		return cursorView{}, false
	}
	code, shift := Statements(code, cursor)
	s := readText(code)
	if s.script {
		return cursorView{}, false
	}
	v := cursorView{code: code, text: s.goCode(0, len(code)), cursor: byteOffset(code, cursor+shift)}
	line := strings.LastIndexByte(code[:v.cursor], '\n') + 1
	if v.code[line:v.cursor] != v.text[line:v.cursor] {
		return cursorView{}, false // in a command
	}
	v.tokens = place(v.text)
	return v, true
}

func byteOffset(text string, characters int) int {
	for at := range text {
		if characters == 0 {
			return at
		}
		characters--
	}
	return len(text)
}

// place splits Go code into tokens and comments.
func place(code string) (tokens []placed) {
	file := token.NewFileSet().AddFile("", -1, len(code))
	open := map[int]bool{} // where a comment or literal without end begins
	var s scanner.Scanner
	s.Init(file, []byte(code), func(at token.Position, msg string) {
		open[at.Offset] = open[at.Offset] || strings.HasSuffix(msg, "not terminated")
	}, scanner.ScanComments)
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			break
		}
		if tok == token.SEMICOLON && text == "\n" { // added by the scanner
			continue
		}
		if text == "" {
			text = tok.String()
		}
		from := file.Offset(pos)
		tokens = append(tokens, placed{tok, text, from, min(from+len(text), len(code)), open[from] || strings.HasPrefix(text, "//")})
	}
	return tokens
}

// name returns the index of the name that the cursor touches, or -1.
func (v *cursorView) name() int {
	for i, t := range v.tokens {
		if t.token == token.IDENT && t.from <= v.cursor && v.cursor <= t.to {
			return i
		}
	}
	return -1
}

// inside reports whether the cursor is in a comment or a literal, or after a number.
func (v *cursorView) inside() bool {
	for _, t := range v.tokens {
		if t.from >= v.cursor {
			return false
		}
		switch t.token {
		case token.COMMENT, token.STRING, token.CHAR:
			if v.cursor < t.to || v.cursor == t.to && t.open {
				return true
			}
		case token.INT, token.FLOAT, token.IMAG:
			if v.cursor <= t.to {
				return true
			}
		}
	}
	return false
}

// importPath reports whether the cursor is in the path of an import.
func (v *cursorView) importPath() bool {
	last := token.ILLEGAL
	imports := false // in an import declaration
	for _, t := range v.tokens {
		if t.from >= v.cursor {
			break
		}
		switch t.token {
		case token.IMPORT:
			imports = true
		case token.STRING, token.IDENT, token.LPAREN, token.PERIOD, token.COMMENT, token.SEMICOLON:
		default:
			imports = false
		}
		last = t.token
	}
	return imports && last == token.STRING
}

// function returns the index of the function's name in the innermost call around the
// cursor, or -1.
func (v *cursorView) function() int {
	var open []int // indices of the brackets that are open before the cursor
	for i, t := range v.tokens {
		if t.to > v.cursor {
			break
		}
		switch t.token {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			open = append(open, i)
		case token.RPAREN, token.RBRACE, token.RBRACK:
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	if len(open) == 0 {
		return -1
	}
	at := open[len(open)-1]
	if v.tokens[at].token != token.LPAREN || at == 0 || v.tokens[at-1].token != token.IDENT {
		return -1
	}
	return at - 1
}

// line returns where the line of the cursor begins.
func (v *cursorView) line() int { return strings.LastIndexByte(v.text[:v.cursor], '\n') + 1 }

// wordStart returns where the name or keyword before the cursor begins, else the cursor.
func (v *cursorView) wordStart() int {
	for _, t := range v.tokens {
		if t.from < v.cursor && v.cursor <= t.to && (t.token == token.IDENT || t.token.IsKeyword()) {
			return t.from
		}
	}
	return v.cursor
}

// question returns the question for a position in bytes. If other characters than
// ASCII are before it in its line, GoNB's cursor is at another place in the line, to
// the left: its column in bytes is that of the position in UTF-16 units. There must be
// a character that fits; if there is none, a comment is added at the beginning.
func (v *cursorView) question(at int, fits func(rune) bool) Question {
	v.cursor = at
	start := v.line()
	pad := at
	for _, t := range v.tokens {
		if t.from >= start {
			pad = min(t.from, at)
			break
		}
	}
	comment := ""
	for n := 0; !isASCII(v.text[start:at]) && n <= at-start+4; n++ {
		if n > 0 {
			comment = "/*" + strings.Repeat("é", n) + "*/"
		}
		line := v.text[start:pad] + comment + v.text[pad:at]
		column := utf16Len(line)
		if r, _ := utf8.DecodeRuneInString(line[column:]); utf8.RuneStart(line[column]) && fits(r) {
			return Question{Code: v.code[:pad] + comment + v.code[pad:], Cursor: utf16Len(v.code[:start] + line[:column])}
		}
	}
	return Question{Code: v.code, Cursor: utf16Len(v.code[:at])}
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func utf16Len(text string) (n int) {
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}
