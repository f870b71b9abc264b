package cell

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Options are what a translation depends on, besides the text of the cell.
type Options struct {
	// ID is the same when a cell runs again after it was changed; "" if unknown.
	ID string
	// NoValue reports whether a function, as written in a call, has no result.
	NoValue func(call string) bool
	// Exported returns a name that a package exports, and the word that declares
	// another name for it (var, const or type).
	Exported func(path string) (kind, name string)
	// Asks: somebody can answer the cell's requests for input.
	Asks bool
	// Shell is redirections for shell commands.
	Shell string
	// FlagTaken: an earlier cell has declared the name flag.
	FlagTaken bool
	// Methods are the methods of generic types in earlier cells, see Translation.
	Methods map[string]string
}

// A Translation is a cell translated for GoNB.
type Translation struct {
	Code   string
	Source string   // the cell's text, to which positions refer
	Shows  bool     // Code shows the value of the last expression
	Call   string   // the function called in the last expression, as written; "" if it is no call
	Blank  []string // packages that the cell imports with the name _; Code does not
	// TakesFlag: the cell declares the name flag, which GoNB's main function uses.
	TakesFlag bool
	// Methods are the methods with a generic receiver that is no pointer, and their
	// types. GoNB does not tell them apart by their types.
	Methods  map[string]string
	Captured bool // the cell has the command %capture
	Wasm     bool // the cell has the command %wasm

	plain *Translation // without the value; nil if Shows is false
	lost  string       // a method that GoNB would lose
	edits edits
}

// WithoutResult returns the translation that does not show the value of the last
// expression. It is needed if that expression has no value.
func (t Translation) WithoutResult() Translation {
	if t.plain == nil {
		return t
	}
	return *t.plain
}

// Line returns the line of the cell for line n of Code, counted from 1.
func (t Translation) Line(n int) int { return t.place(n, 0).Line }

// Column returns the column of the cell for a column in line n of Code, in bytes,
// counted from 0.
func (t Translation) Column(n, column int) int {
	if p := t.place(n, column); p.Line == t.Line(n) {
		return p.Column
	}
	return column
}

func (t Translation) place(n, column int) *Problem {
	at := 0
	for ; n > 1; n-- {
		i := strings.IndexByte(t.Code[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	s := source{text: t.Source}
	return s.problem(t.edits.origin(t.Source, min(at+column, len(t.Code))), "")
}

// show is written before the last expression to show its value. The kernel adds a
// function with this name to the program.
const show = "showResult_("

// Translate translates a cell for GoNB. Scripts are not changed, but those of a shell
// begin with the redirections. A problem means that the cell cannot run.
func Translate(code string, o Options) (Translation, *Problem) {
	t, p := translate(code, o, false)
	if p != nil || !t.Shows {
		return t, p
	}
	plain, p := translate(code, o, true)
	t.plain = &plain
	return t, p
}

func translate(code string, o Options, plain bool) (Translation, *Problem) {
	s := read(code)
	t := Translation{Code: s.text, Source: s.text}
	if s.script {
		if first, rest, more := strings.Cut(s.text, "\n"); more && runsInShell(first) && o.Shell != "" {
			t.Code = first + "\nexec " + o.Shell + "; " + rest
		}
		return t, nil
	}
	if s.illegal != nil {
		return t, explainIllegal(s.illegal)
	}
	t.Captured, t.Wasm = s.has("capture"), s.has("wasm")
	if p := s.checkCommands(); p != nil {
		return t, p
	}
	place := s.layout()
	decls, body, p := s.parse(place)
	if p != nil {
		return t, p
	}
	var e edits
	d := declarations{s: &s, e: &e, o: o, t: &t, shift: -len(beforeDecls)}
	if p := d.change(decls); p != nil {
		return t, p
	}
	for method, of := range t.Methods {
		if other, ok := o.Methods[method]; ok && other != of {
			t.lost = max(t.lost, method)
		}
	}
	if t.lost != "" {
		return t, s.problem(0, "%s", lostMethod(t.lost))
	}
	end := s.addMain(&e, place, o.FlagTaken || t.TakesFlag, len(t.Blank) > 0)
	s.translateCommands(&e, o)
	known := tags(decls, -len(beforeDecls))
	if body != nil {
		shift := place.body - len(beforeBody)
		for at := range tags(body, shift) {
			known[at] = true
		}
		switch call, from, to := result(&s, body, shift, o.NoValue); {
		case from < 0 || t.Wasm:
		case s.endsWithSemicolon():
			if call == "" { // Go refuses a value that is not used
				e.insert(from, "_ = ")
			}
		default:
			t.Shows, t.Call = true, call
			if plain {
				t.Shows = false
			} else {
				e.insert(from, show)
				e.insert(to, ")")
			}
		}
	}
	s.hide(&e, known)
	t.Code, t.edits = e.apply(s.text)+end, e
	return t, nil
}

// A layout is where the parts of a cell are.
type layout struct {
	decls int  // end of the declarations
	body  int  // start of the statements; -1 if there are none
	own   bool // the cell makes the main function itself
}

// layout finds the declarations and the statements.
func (s *source) layout() layout {
	if s.main >= 0 {
		c := s.commands[s.main]
		return layout{decls: c.from, body: min(c.to+1, len(s.text))}
	}
	first, own := s.firstStatement()
	if first < 0 {
		return layout{decls: len(s.text), body: -1, own: own || s.has("exec")}
	}
	return layout{decls: first, body: first}
}

// addMain begins the main function before the statements and returns its end. GoNB's own
// main function, for the line %%, uses the name flag, so it cannot be used if a cell
// takes this name.
func (s *source) addMain(e *edits, l layout, flagTaken, needsMain bool) (end string) {
	begin := "%%"
	if flagTaken {
		begin, end = "func main() {", "\n}\n"
		if strings.Contains(s.text, "gonbui.") { // else GoNB may lose displays; see package gonb
			end = "\ngonbui.Sync()\n}\n"
		}
	}
	switch {
	case l.own && flagTaken:
		return s.execWithoutFlags(e)
	case l.own:
		return ""
	case l.body < 0: // GoNB adds a main function itself, but does not compile an empty cell
		if !flagTaken && !needsMain {
			return ""
		}
		return "\nfunc main() {\n}\n"
	case s.main >= 0:
		if flagTaken {
			c := s.commands[s.main]
			e.replace(c.from, c.to, begin)
		}
		return end
	}
	if start, first := s.lineOf(l.decls); first {
		e.insert(start, begin+"\n")
	} else { // a declaration is in the same line
		e.insert(l.decls, "\n"+begin+"\n ") // the space: the line may begin like a package clause
	}
	return end
}

// execWithoutFlags writes the main function that GoNB makes for %exec.
func (s *source) execWithoutFlags(e *edits) (end string) {
	for _, c := range s.commands {
		if c.name() != "exec" {
			continue
		}
		words := strings.Fields(c.text[1:]) // exec, the function, arguments
		args := strings.Repeat("\n", strings.Count(s.text[c.from:c.to], "\n"))
		if _, after, _ := strings.Cut(c.text, words[1]); strings.TrimSpace(after) != "" {
			args = "%args" + after + args
		}
		e.replace(c.from, c.to, args)
		end = "\nfunc main() {\n" + words[1] + "()\n}\n"
	}
	return end
}

// What is written before the parts of a cell to parse them.
const (
	beforeDecls = "package p;"
	beforeBody  = "package p;func _(){"
)

// parse parses the declarations and the statements of a cell.
func (s *source) parse(l layout) (decls *ast.File, body *ast.BlockStmt, p *Problem) {
	const mode = parser.SkipObjectResolution
	decls, err := parser.ParseFile(token.NewFileSet(), "", beforeDecls+s.goCode(0, l.decls), mode)
	if err != nil {
		return nil, nil, s.syntaxProblem(err, -len(beforeDecls), l.decls)
	}
	if l.body < 0 {
		return decls, nil, nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", beforeBody+s.goCode(l.body, len(s.text))+"\n}", mode)
	if err != nil {
		return nil, nil, s.syntaxProblem(err, l.body-len(beforeBody), len(s.text))
	}
	if len(file.Decls) != 1 {
		return nil, nil, s.problem(len(s.text), "a } has no {")
	}
	return decls, file.Decls[0].(*ast.FuncDecl).Body, nil
}

// syntaxProblem returns the first error of the parser. shift is the place in the text
// minus the place in what was parsed.
func (s *source) syntaxProblem(err error, shift, end int) *Problem {
	var all scanner.ErrorList
	if !errors.As(err, &all) || len(all) == 0 {
		return s.problem(0, "%v", err)
	}
	at, message := max(0, all[0].Pos.Offset+shift), all[0].Msg
	if at >= end { // in the added text
		message = ended.ReplaceAllString(message, "found the end of the cell")
		at = min(end, len(strings.TrimRight(s.text, "\n")))
	}
	p := s.problem(at, "%s", message)
	p.Syntax = true
	return p
}

// ended matches how the parser names what follows the cell.
var ended = regexp.MustCompile(`found ('EOF'|'}'|newline)$`)

// explainIllegal explains characters that come from web pages and word processors.
func explainIllegal(p *Problem) *Problem {
	for code, what := range map[string]string{
		"U+00A0": "a no-break space", "U+200B": "a space of no width", "U+2028": "a line separator", "U+3000": "a wide space",
		"U+2212": "a minus sign that is no hyphen", "U+FEFF": "a byte order mark",
	} {
		if strings.Contains(p.Message, code) {
			p.Message = "Go does not allow " + what + " (" + code + ") here; text pasted from a web page often has one: type this character again"
		}
	}
	p.Syntax = true
	return p
}

// Statements adds the line "%%" before the first statement and returns by how much
// this moves a position. It is used for completion, where code may be incomplete.
func Statements(code string, position int) (gonb string, shift int) {
	s := readText(code)
	l := s.layout()
	if s.script || s.main >= 0 || l.own || l.body < 0 {
		return code, 0
	}
	start, first := s.lineOf(l.body)
	if !first {
		return code, 0
	}
	if position >= utf8.RuneCountInString(code[:max(start-1, 0)]) {
		shift = len("%%\n")
	}
	return code[:start] + "%%\n" + code[start:], shift
}

// Imports returns the packages that a cell imports.
func Imports(code string) []string {
	s := read(code)
	if s.script {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", beforeDecls+s.goCode(0, s.layout().decls), parser.ImportsOnly)
	if err != nil {
		return nil
	}
	var paths []string
	for _, i := range file.Imports {
		paths = append(paths, strings.Trim(i.Path.Value, "\"`"))
	}
	return paths
}

// ReadsInput reports whether the cell reads the standard input.
func ReadsInput(code string) bool {
	s := read(code)
	for i := 2; i < len(s.tokens); i++ {
		if s.tokens[i-1].token != token.PERIOD {
			continue
		}
		switch s.tokens[i-2].text + "." + s.tokens[i].text {
		case "os.Stdin", "fmt.Scan", "fmt.Scanln", "fmt.Scanf":
			return true
		}
	}
	return false
}

var question = regexp.MustCompile(`^\s*([\pL_][\pL\pN_.]*)\s*\?\s*$`)

// HelpName returns the name in a cell that asks for documentation, like
// "dendrite.Show?".
func HelpName(code string) (name string, ok bool) {
	m := question.FindStringSubmatch(code)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// Declares reports whether the cell declares the named function or variable.
func Declares(code, name string) bool {
	declared := regexp.MustCompile(`(?m)^(func|var)\s+` + regexp.QuoteMeta(name) + `\b`)
	return declared.MatchString(code)
}

// firstStatement returns the place of the first statement, or -1. own reports whether
// the cell has a main function of its own.
func (s *source) firstStatement() (first int, own bool) {
	for i := 0; i < len(s.tokens); {
		if s.tokens[i].token == token.SEMICOLON {
			i++
			continue
		}
		if !declares(s.tokens[i:]) {
			if own {
				return -1, true // Go reports what is wrong
			}
			return s.tokens[i].from, false
		}
		own = own || isMain(s.tokens[i:])
		i += declarationLen(s.tokens[i:])
	}
	return -1, own
}

func isMain(tokens []lexeme) bool {
	return len(tokens) > 2 && tokens[0].token == token.FUNC && tokens[1].text == "main" && tokens[2].token == token.LPAREN
}

// declares reports whether a top-level declaration begins with the first token.
func declares(tokens []lexeme) bool {
	switch tokens[0].token {
	case token.IMPORT, token.CONST, token.TYPE, token.VAR, token.PACKAGE:
		return true
	case token.FUNC: // except a function literal that is called at once
		if len(tokens) > 1 && tokens[1].token == token.IDENT {
			return true
		}
		return isMethod(tokens[1:])
	}
	return false
}

// isMethod reports whether the tokens after func are those of a method, so not of a
// function literal: a receiver, a name, perhaps type parameters, and parameters.
func isMethod(tokens []lexeme) bool {
	at := groupLen(tokens)
	if at+1 >= len(tokens) || tokens[at].token != token.IDENT {
		return false
	}
	at++
	if tokens[at].token == token.LBRACK {
		at += groupLen(tokens[at:])
	}
	return at < len(tokens) && tokens[at].token == token.LPAREN
}

// declarationLen returns the number of tokens of the declaration at the beginning.
func declarationLen(tokens []lexeme) int {
	for n := 0; n < len(tokens); {
		if tokens[n].token == token.SEMICOLON {
			return n + 1
		}
		n += groupLen(tokens[n:])
	}
	return len(tokens)
}

// groupLen returns the number of tokens of the bracketed group at the beginning, or
// 1 if the first token is no bracket.
func groupLen(tokens []lexeme) int {
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

// endsWithSemicolon reports whether the author has written a semicolon at the end, which
// hides the value of the last expression.
func (s *source) endsWithSemicolon() bool {
	n := len(s.tokens)
	return n > 0 && s.tokens[n-1].token == token.SEMICOLON && s.tokens[n-1].text != "\n"
}

// result finds the last expression of the cell and returns its place, or -1 if there is
// no value to show.
func result(s *source, body *ast.BlockStmt, shift int, noValue func(string) bool) (call string, from, to int) {
	if len(body.List) == 0 {
		return "", -1, -1
	}
	e, ok := body.List[len(body.List)-1].(*ast.ExprStmt)
	if !ok {
		return "", -1, -1
	}
	switch x := e.X.(type) {
	case *ast.UnaryExpr:
		if x.Op == token.ARROW { // receiving from a channel is a statement
			return "", -1, -1
		}
	case *ast.CallExpr:
		call = s.text[int(x.Fun.Pos())-1+shift : int(x.Fun.End())-1+shift]
		if noResult[call] || noValue != nil && noValue(call) {
			return "", -1, -1
		}
	}
	return call, int(e.Pos()) - 1 + shift, int(e.End()) - 1 + shift
}

// noResult lists functions whose results are not shown.
var noResult = map[string]bool{
	"panic": true, "close": true, "delete": true, "clear": true, "copy": true, "print": true, "println": true, "recover": true,
	"Print": true, "Println": true, "Printf": true, // with import . "fmt"
	"fmt.Print": true, "fmt.Println": true, "fmt.Printf": true, "fmt.Fprint": true, "fmt.Fprintln": true, "fmt.Fprintf": true,
}
