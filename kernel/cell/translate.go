package cell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"unicode/utf8"
)

// A Translation is a cell in GoNB's terms.
type Translation struct {
	Code    string
	Shows   bool   // the value of the expression that ends the cell
	without string // Code without that
	Call    string // what is called for the result, as written; empty if no call
	added   int    // the number, from 1, of the line "%%" that was added; 0 for none

	resultLine, resultColumn int // of Code, from 1, where the result begins
}

// Plain is the cell without its result shown, for where the expression that ends
// it turns out to have no value.
func (t Translation) Plain() Translation {
	if !t.Shows {
		return t
	}
	return Translation{Code: t.without, added: t.added}
}

// Line is the line of the cell as written, from 1, that line n of Code came from.
func (t Translation) Line(n int) int {
	if t.added > 0 && n >= t.added {
		return max(n-1, 1)
	}
	return n
}

// Column is the column of the cell as written, in bytes from 0, that a column in
// line n of Code came from.
func (t Translation) Column(n, column int) int {
	if n == t.resultLine && column >= t.resultColumn-1+len(show) {
		return column - len(show)
	}
	return column
}

// show wraps the expression that is the cell's result.
const show = "notebook.Result("

// Translate says a cell in GoNB's terms. The function statement tells of a call,
// as written without its arguments, that it gives nothing to show; nil knows
// none. Code that is not Go is left for GoNB to complain about.
func Translate(code string, statement func(call string) bool) Translation {
	t := Translation{Code: code}
	s := read(code)
	if s.text || mainFunc.MatchString(code) {
		return t
	}
	if s.main < 0 {
		if !s.addMain() {
			return t // declarations, or nothing
		}
		t.added = s.main + 1
		t.Code = strings.Join(s.lines, "\n")
	}
	from, to, call := result(s, statement)
	if from < 0 {
		return t
	}
	t.Shows, t.without, t.Call = true, t.Code, call
	at := len(strings.Join(s.lines[:s.main+1], "\n"))
	t.resultLine = strings.Count(t.Code[:at+from], "\n") + 1
	t.resultColumn = at + from - strings.LastIndexByte(t.Code[:at+from], '\n')
	t.Code = t.Code[:at+from] + show + t.Code[at+from:at+to] + ")" + t.Code[at+to:]
	return t
}

// Statements is code with the line "%%" before its first statement, and by how
// much that moves a position in it: for completion, where the code may be in
// pieces.
func Statements(code string, position int) (gonb string, shift int) {
	s := read(code)
	if s.text || s.main >= 0 || mainFunc.MatchString(code) || !s.addMain() {
		return code, 0
	}
	if position >= utf8.RuneCountInString(strings.Join(s.lines[:s.main], "\n")) {
		shift = len("%%\n")
	}
	return strings.Join(s.lines, "\n"), shift
}

// addMain adds the line "%%" before the first statement; false if there is none.
func (s *source) addMain() bool {
	first := firstStatement(*s)
	if first < 0 {
		return false
	}
	s.lines = append(s.lines[:first:first], append([]string{"%%"}, s.lines[first:]...)...)
	s.main = first
	return true
}

var question = regexp.MustCompile(`^\s*([\pL_][\pL\pN_.]*)\s*\?\s*$`)

// Question tells whether the cell asks for documentation, like "dendrite.Show?",
// and of what.
func Question(code string) (name string, ok bool) {
	m := question.FindStringSubmatch(code)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// Declares tells whether the cell declares a function or variable of this name.
func Declares(code, name string) bool {
	declared := regexp.MustCompile(`(?m)^(func|var)\s+` + regexp.QuoteMeta(name) + `\b`)
	return declared.MatchString(code)
}

// firstStatement is the line of the first statement, -1 where there is none or
// where it shares its line with a declaration.
func firstStatement(s source) int {
	tokens, _ := lex(s.goCode(0, len(s.lines)))
	for i := 0; i < len(tokens); {
		if tokens[i].token == token.SEMICOLON {
			i++
			continue
		}
		if !declares(tokens[i:]) {
			if i > 0 && tokens[i-1].line == tokens[i].line {
				return -1
			}
			return tokens[i].line
		}
		i += declaration(tokens[i:])
	}
	return -1
}

// declares says that a top-level declaration begins here.
func declares(tokens []lexeme) bool {
	switch tokens[0].token {
	case token.IMPORT, token.CONST, token.TYPE, token.VAR, token.PACKAGE:
		return true
	case token.FUNC: // not a function literal that is called at once
		if len(tokens) > 1 && tokens[1].token == token.IDENT {
			return true
		}
		end := 1 + group(tokens[1:])
		return end < len(tokens) && tokens[end].token == token.IDENT // a method
	}
	return false
}

// declaration is how many tokens the declaration at the beginning takes: to the
// end of a line on which no bracket is open and which an operator does not end.
func declaration(tokens []lexeme) int {
	for n := 0; n < len(tokens); {
		t := tokens[n]
		if t.token == token.SEMICOLON {
			return n + 1
		}
		last := n
		n += group(tokens[n:])
		if n > last+1 {
			t = tokens[n-1]
		}
		if n < len(tokens) && tokens[n].line > t.line+strings.Count(t.text, "\n") && !goesOn(t.token) {
			return n
		}
	}
	return len(tokens)
}

// group is how many tokens the bracket at the beginning and what it encloses
// take; 1 where there is no bracket.
func group(tokens []lexeme) int {
	depth := 0
	for n, t := range tokens {
		switch t.token {
		case token.LBRACE, token.LPAREN, token.LBRACK:
			depth++
		case token.RBRACE, token.RPAREN, token.RBRACK:
			depth--
		}
		if depth <= 0 {
			return n + 1
		}
	}
	return len(tokens)
}

// result finds the expression that ends the cell, as offsets behind the main
// line; -1 where there is none to show. A semicolon behind it hides it.
func result(s source, statement func(string) bool) (from, to int, call string) {
	const before = "package p; func _() {"
	body := "\n" + s.goCode(s.main+1, len(s.lines))
	if s.main+1 == len(s.lines) || strings.HasSuffix(strings.TrimSpace(body), ";") {
		return -1, -1, ""
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", before+body+"\n}", parser.SkipObjectResolution)
	if err != nil || len(file.Decls) != 1 {
		return -1, -1, ""
	}
	statements := file.Decls[0].(*ast.FuncDecl).Body.List
	if len(statements) == 0 {
		return -1, -1, ""
	}
	e, ok := statements[len(statements)-1].(*ast.ExprStmt)
	if !ok {
		return -1, -1, ""
	}
	from, to = int(e.Pos())-1-len(before), int(e.End())-1-len(before)
	switch x := e.X.(type) {
	case *ast.UnaryExpr:
		if x.Op == token.ARROW { // waiting for a channel is a statement
			return -1, -1, ""
		}
	case *ast.CallExpr:
		call = body[int(x.Fun.Pos())-1-len(before) : int(x.Fun.End())-1-len(before)]
		if void[call] || statement != nil && statement(call) {
			return -1, -1, ""
		}
	}
	return from, to, call
}

// void are calls that are made for what they do.
var void = map[string]bool{
	"panic": true, "close": true, "delete": true, "clear": true, "copy": true, "print": true, "println": true, "recover": true,
	"fmt.Print": true, "fmt.Println": true, "fmt.Printf": true, "fmt.Fprint": true, "fmt.Fprintln": true, "fmt.Fprintf": true,
}
