package cell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fragments are what the fuzz test makes cells of: tokens of Go, and text that GoNB
// takes for commands, so that it also comes within strings, comments and expressions.
var fragments = []string{
	"\n", "\n", "\n", " ", "\t", ";", "(", ")", "{", "}", "[", "]", ",", ".", ":=", "=", "+", "-", "!", "%", "&&", "||", "*", "<-", ":",
	"x", "y", "f", "_", "1", "2.5", "'a'", "\"s\"", "\"\\n!t\"", "`", "`", "`r`", "`\n!a\n%b\npackage c\n//gonb:%%\n`", "/*", "*/", "/* \n!c\n%%\n */", "// d",
	"func ", "func f() ", "func init() {}", "func main() {}", "func() int { return 3 }()", "var ", "const ", "type ", "T", "struct {", "int", "string", "return ", "if ", "for ",
	"range ", "import ", "import . \"math\"", "import _ \"embed\"", "package p", "packages", "go ", "defer ", "case ", "switch ", "iota",
	"%%\n", "%%", "%env A b\n", "!ls\n", "!ls \\\n", "\\", "//gonb:%%\n", "//gonb:!ls\n", "%%bash\n", "%exec f\n", "%test\n", "\r\n", "\r", "\f", "\ufeff", "\u00a0", "é",
	"x := 1\n", "f(x)\n", "var v = `a\n!b`\n", "type S struct {\n\tA int `j\n%k`\n}\n", "const (\n\t_ = iota\n\tA, B = iota, 1\n\tC, D\n)\n", "return a &&\n!b\n",
}

// For any text: nothing panics, GoNB sees the author's commands and no others, and the
// strings and comments of the Go code keep their text.
func FuzzTranslate(f *testing.F) {
	for _, s := range []string{
		"x := 1\nx", "func (a", "%%\n\"", "import \"fmt\"\n`", "}{", "//gonb:%%\nx", "a\r\nb", "!x\\\ny", "s := `a\n!b\n%% c\npackage d`\ns",
		"/*\n!a\n*/\nf(a,\n!b)", "var s = `x\n!y` + `z\n%q`\n", "x := []bool{\n!a}\n!ls\nx", "type T struct {\n\tA int `a\n!b`\n}\n", "package p\nvar x = 1\n",
		"%env A\\\n%%\nx", "import . \"math\"\nSqrt(`\n!`+\"x\")", "x /*\n%%\n*/ ;", "\r\n%%\r\n`\r\n!x\r`\n", "!!*/", "import . \"math\"/*\n!c\n */import . \"math\"", "package p//gonb:%%\n", "!x\npackage p/*", "package p /* c */\nx", "import`\n!a\n`", "%\\\n \nx", "%% a\\\n b\nx", "return a &&\n!b\nimport _ \"embed\";", "import _ \"embed\"; x := 1", "//gonb://gonb:!const ", "%%\\\n b\nx",
	} {
		f.Add(s, []byte{})
	}
	for _, n := range []byte{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31} {
		picks := make([]byte, 40)
		for i := range picks {
			picks[i] = byte(i)*n + n
		}
		f.Add("", picks)
	}
	f.Fuzz(func(t *testing.T, code string, picks []byte) {
		for _, p := range picks {
			code += fragments[int(p)%len(fragments)]
		}
		checkTranslation(t, code)
	})
}

func checkTranslation(t *testing.T, code string) {
	Check(code)
	Imports(code)
	Statements(code, 0)
	text := Normal(code)
	got, p := Translate(code, Options{Asks: true, Exported: func(string) (string, string) { return "const", "Pi" }})
	_, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+text, parser.SkipObjectResolution)
	changed := slices.ContainsFunc([]string{"_", "init", ". \"", ".\"", "flag", "package", "main", "//go", "\"C\"", "[", ","}, func(s string) bool { return strings.Contains(text, s) })
	changed = changed || strings.Contains(text, "import") && strings.ContainsAny(text, "`\\") // odd paths are refused
	for l := range strings.SplitSeq(text, "\n") {
		changed = changed || seenByGoNB(l)
	}
	if err == nil && !changed && (p != nil || got.Code != text) {
		t.Errorf("%q is a Go file, but becomes %q (%v)", text, got.Code, p)
	}
	if p != nil {
		if p.Line < 1 || p.Line > strings.Count(text, "\n")+1 || p.Column < 0 {
			t.Errorf("%q: a problem at %d:%d", text, p.Line, p.Column)
		}
		return
	}
	if read(code).script {
		if got.Code != text {
			t.Errorf("the script %q becomes %q", text, got.Code)
		}
		return
	}
	before, after := read(code), gonbReads(got.WithoutResult().Code)
	var commands []string
	for _, c := range before.commands {
		if c.text[0] == '!' {
			c.text = "!exec  </dev/null; " + strings.TrimPrefix(strings.TrimLeft(c.text[1:], " \t"), "*")
		}
		commands = append(commands, c.text)
	}
	for i, c := range after.commands {
		if rest, ok := strings.CutPrefix(c, "!*"); ok {
			after.commands[i] = "!" + rest
		}
	}
	strip := func(l []string) []string { // spaces after the ! are left out or kept
		l = slices.Clone(l)
		for i := range l {
			l[i] = strings.Join(strings.Fields(l[i]), " ")
		}
		return slices.DeleteFunc(l, func(c string) bool { return c == "%%" || c == "%main" })
	}
	if !slices.Equal(strip(after.commands), strip(commands)) && !strings.Contains(code, "%with_") {
		t.Errorf("%q becomes %q: GoNB sees the commands %q, want %q", text, got.Code, after.commands, commands)
	}
	l := before.layout()
	decls, body, _ := before.parse(l)
	want := append(literals(decls), literals(body)...)
	file, err := parser.ParseFile(token.NewFileSet(), "", after.program, parser.SkipObjectResolution)
	if err != nil {
		t.Errorf("%q becomes %q: %v", text, after.program, err)
		return
	}
	have := literals(file)
	if strings.Contains(text, "import") || strings.Contains(text, "const") { // imports are moved, values repeated
		return
	}
	if !slices.Equal(have, want) {
		t.Errorf("%q becomes %q: the strings are %q, want %q", text, got.Code, have, want)
	}
	texts := func(s source) (all []string) {
		for _, c := range s.comments {
			for l := range strings.SplitSeq(c.text, "\n") {
				if l = strings.TrimSpace(l); l != "" {
					all = append(all, l)
				}
			}
		}
		return all
	}
	if _, _, clause := before.packageClause(); clause { // a comment within it is left out
		return
	}
	if have, want := texts(readText(after.program)), texts(before); !slices.Equal(have, want) {
		t.Errorf("%q becomes %q: the comments are %q, want %q", text, got.Code, have, want)
	}
	if l := got.Line(strings.Count(got.Code, "\n") + 1); l < 1 || l > strings.Count(text, "\n")+1 {
		t.Errorf("%q: the last line is from line %d", text, l)
	}
}

// A gonbView is what GoNB v0.11.4 makes of a cell.
type gonbView struct {
	commands []string
	program  string
}

// gonbReads does what GoNB does: it looks at the beginning of each line only.
func gonbReads(code string) (v gonbView) {
	lines := strings.Split(code, "\n")
	used := map[int]bool{}
	for i := range lines {
		if used[i] || !mayBeCommand(lines[i]) {
			continue
		}
		joined := ""
		for at := i; at < len(lines); at++ {
			used[at] = true
			joined += strings.TrimPrefix(lines[at], gonbComment)
			if !strings.HasSuffix(joined, `\`) {
				break
			}
			joined = strings.TrimSuffix(joined, `\`) + " "
		}
		v.commands = append(v.commands, joined)
	}
	v.program = "package main\n"
	main := false
	for i, l := range lines {
		l = strings.TrimPrefix(l, gonbComment)
		switch {
		case mainLine.MatchString(l):
			v.program += "func main() {\n"
			main = true
		case used[i], strings.HasPrefix(lines[i], "package"):
		default:
			v.program += lines[i] + "\n"
		}
	}
	if main {
		v.program += "\n}\n"
	}
	return v
}

// literals returns the values of the strings in Go code. Strings joined by + are one.
func literals[N ast.Node](n N) (all []string) {
	if any(n) == nil || any(n) == any((*ast.BlockStmt)(nil)) {
		return nil
	}
	var value func(e ast.Expr) (string, bool)
	value = func(e ast.Expr) (string, bool) {
		switch e := e.(type) {
		case *ast.BasicLit:
			text, err := strconv.Unquote(e.Value)
			return text, e.Kind == token.STRING && err == nil
		case *ast.ParenExpr:
			return value(e.X)
		case *ast.BinaryExpr:
			a, okA := value(e.X)
			b, okB := value(e.Y)
			return a + b, e.Op == token.ADD && okA && okB
		}
		return "", false
	}
	ast.Inspect(n, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			if text, ok := value(e); ok {
				all = append(all, text)
				return false
			}
		}
		return true
	})
	return all
}
