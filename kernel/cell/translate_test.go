package cell

import (
	"fmt"
	"strings"
	"testing"
)

// translated returns the translation of a cell that must have no problem.
func translated(t *testing.T, code string) Translation {
	t.Helper()
	got, p := Translate(code, Options{
		NoValue: func(call string) bool { return call == "dendrite.Show" },
		Exported: func(path string) (kind, name string) {
			if path == "math" {
				return "const", "Pi"
			}
			return "", ""
		},
		Asks: true,
	})
	if p != nil {
		t.Errorf("%q: %v", code, p)
	}
	return got
}

func TestTranslate(t *testing.T) {
	for code, want := range map[string]string{
		// Not changed.
		"":                                   "",
		"var lr = 0.1":                       "var lr = 0.1",
		"import (\n\t\"fmt\"\n)":             "import (\n\t\"fmt\"\n)",
		"!ls":                                "!ls",
		"%%bash\nx\n!y\n%% z\nfunc main()":   "%%bash\nx\n!y\n%% z\nfunc main()",
		"%%writefile a.txt\n!x\r\n%%":        "%%writefile a.txt\n!x\r\n%%",
		"func f(x int) int {\n\treturn x\n}": "func f(x int) int {\n\treturn x\n}",
		"func (t T) F() {}\ntype T struct{}": "func (t T) F() {}\ntype T struct{}",
		"func main() { f() }":                "func main() { f() }",
		"%%\ndendrite.Show(x)":               "%%\ndendrite.Show(x)",
		"%%\nfmt.Println(x)":                 "%%\nfmt.Println(x)",
		"%%\nx;":                             "%%\n_ = x;",
		"%%\n<-c":                            "%%\n<-c",
		"%%":                                 "%%",
		"var x = 1 +\n\t2\nvar y = `a\nb`":   "var x = 1 +\n\t2\nvar y = `a\nb`",
		"%exec f\nfunc f() {}":               "%exec f\nfunc f() {}",
		// Statements without %%.
		"x := 3\nfmt.Println(x)":                 "%%\nx := 3\nfmt.Println(x)",
		"import \"fmt\"\n\nx := 3\n_ = x":        "import \"fmt\"\n\n%%\nx := 3\n_ = x",
		"import \"fmt\"; fmt.Println(1)":         "import \"fmt\"; \n%%\n fmt.Println(1)",
		"func f() {}\nf2 := f\nf2()":             "func f() {}\n%%\nf2 := f\nshowResult_(f2())",
		"%env A B\nx := 1\n_ = x":                "%env A B\n%%\nx := 1\n_ = x",
		"for i := range 3 {\n\tf(i)\n}":          "%%\nfor i := range 3 {\n\tf(i)\n}",
		"var a = []int{\n\t1,\n}\na[0]++":        "var a = []int{\n\t1,\n}\n%%\na[0]++",
		"type T struct {\n\tA int\n}\nT{A: 1}.A": "type T struct {\n\tA int\n}\n%%\nshowResult_(T{A: 1}.A)",
		"  x := 1\n  _ = x":                      "%%\n  x := 1\n  _ = x",
		"package main\n\nx := 1\n_ = x":          "\n\n%%\nx := 1\n_ = x",
		"package p; import \"os\"\nos.Args":      " import \"os\"\n%%\nshowResult_(os.Args)",
		// Results.
		"1 + 1":                         "%%\nshowResult_(1 + 1)",
		"%%\nx := 1\nx // the value":    "%%\nx := 1\nshowResult_(x) // the value",
		"x := f()\n\nx.Figure(\n\t1)\n": "%%\nx := f()\n\nshowResult_(x.Figure(\n\t1))\n",
		"\"é\" + x":                     "%%\nshowResult_(\"é\" + x)",
		"%wasm\nx":                      "%wasm\n%%\nx",
		// A semicolon hides the value.
		"x; // no":     "%%\n_ = x; // no",
		"x; /* c */":   "%%\n_ = x; /* c */",
		"x ;":          "%%\n_ = x ;",
		"x;\n\n// end": "%%\n_ = x;\n\n// end",
		"f();":         "%%\nf();",
		"x /* ; */":    "%%\nshowResult_(x) /* ; */",
		"x // ;":       "%%\nshowResult_(x) // ;",
		"\"a;\"":       "%%\nshowResult_(\"a;\")",
		// Function literals that are called at once.
		"func() { f() }()":                                     "%%\nshowResult_(func() { f() }())",
		"func() int { return 3 }()":                            "%%\nshowResult_(func() int { return 3 }())",
		"func(a int) (int, error) { return a, nil }(1)":        "%%\nshowResult_(func(a int) (int, error) { return a, nil }(1))",
		"func() T[int] { return T[int]{} }()":                  "%%\nshowResult_(func() T[int] { return T[int]{} }())",
		"func() []int { return nil }()":                        "%%\nshowResult_(func() []int { return nil }())",
		"func() pkg.T { return x }()":                          "%%\nshowResult_(func() pkg.T { return x }())",
		"func(f func() int) func() int { return f }(g)()":      "%%\nshowResult_(func(f func() int) func() int { return f }(g)())",
		"func (s *T[E]) F(e E) {}\nfunc F[E any](e E) E { x }": "func (s *T[E]) F(e E) {}\nfunc F[E any](e E) E { x }",
		// Line ends and a byte order mark.
		"%%\r\nfmt.Println(1)\r\n":              "%%\nfmt.Println(1)\n",
		"\ufeffx := 1\n_ = x":                   "%%\nx := 1\n_ = x",
		"x := 1\r_ = x":                         "%%\nx := 1\n_ = x",
		"x := `a\r\nb\rc`\ry := \"\\r\"\n_ = x": "%%\nx := `a\nbc`\ny := \"\\r\"\n_ = x",
		"%%bash\r\nls\r\n":                      "%%bash\nls\n",
		"\n\n%%bash\nls":                        "%%bash\nls",
		"%env A b\r\nx := 1\r\n_ = x\r\n":       "%env A b\n%%\nx := 1\n_ = x\n",
		"x := 1\f\n\f_ = x":                     "%%\nx := 1 \n _ = x",
		"// a \\\nx := 1\n_ = x":                "// a \\\n%%\nx := 1\n_ = x",
		// Commands are not changed, but written in one line.
		"%env ZED b\nx := 1\n%env É c\nx": "%env ZED b\n%%\nx := 1\n%env É c\nshowResult_(x)",
		"//gonb:%%\nx := 1\n_ = x":        "%%\nx := 1\n_ = x",
		"%env A \\\n%% b\nx := 1\n_ = x":  "%env A  %% b\n\n%%\nx := 1\n_ = x",
		"%with_inputs\n!read x":           "%with_inputs\n!read x",
	} {
		if got := translated(t, code).Code; got != strings.ReplaceAll(want, "\n!ls", "\n!exec  </dev/null; ls") && !strings.HasPrefix(want, "!") {
			t.Errorf("%q becomes\n%q, want\n%q", code, got, want)
		}
	}
}

// What looks like a command within strings, comments and expressions is Go.
func TestTranslateHides(t *testing.T) {
	for code, want := range map[string]string{
		"s := `a\n!b\nc`\n_ = s":                      "%%\ns := (`a\n` + \"!b\\n\" +\n`c`)\n_ = s",
		"s := `\n%% b`\n_ = s":                        "%%\ns := (`\n` + \"%% b\" + ``)\n_ = s",
		"s := `a\n%x\n!y\n`\n_ = s":                   "%%\ns := (`a\n` + \"%x\\n\" +\n`` + \"!y\\n\" +\n``)\n_ = s",
		"s := `a\npackage b\n//gonb:%%`\n_ = s":       "%%\ns := (`a\n` + \"package b\\n\" +\n`` + \"//gonb:%%\" + ``)\n_ = s",
		"s := `a\n %b\n!\n %`\n_ = s":                 "%%\ns := `a\n %b\n!\n %`\n_ = s",
		"var s = `a\n!\"\\n\"`":                       "var s = (`a\n` + \"!\\\"\\\\n\\\"\" + ``)",
		"type T struct {\n\tA int `x:\"1\n!y\"`\n}":   "type T struct {\n\tA int \"x:\\\"1\\n!y\\\"\"\n\n}",
		"/*\n!a\n%% b\n*/\nvar x = 1":                 "/*\n !a\n %% b\n*/\nvar x = 1",
		"func f() bool {\n\treturn a &&\n!b\n}":       "func f() bool {\n\treturn a &&\n !b\n}",
		"x :=\n!b\n_ = x":                             "%%\nx :=\n !b\n_ = x",
		"f(a,\n!b)\n_ = 1":                            "%%\nf(a,\n !b)\n_ = 1",
		"x := []bool{\n!a,\n!b,\n}\n_ = x":            "%%\nx := []bool{\n !a,\n !b,\n}\n_ = x",
		"switch x {\ncase a,\n!b:\n}":                 "%%\nswitch x {\ncase a,\n !b:\n}",
		"if a ||\n!b {\n}":                            "%%\nif a ||\n !b {\n}",
		"packages := 3\npackages++":                   "%%\n packages := 3\n packages++",
		"x := a +\n//gonb:%% no\nb\n_ = x":            "%%\nx := a +\n //gonb:%% no\nb\n_ = x",
		"func g() {}\nx := `\nfunc main() {}`\n_ = x": "func g() {}\n%%\nx := `\nfunc main() {}`\n_ = x",
		"/*\nfunc main() {}\n*/\nx := 1\n_ = x":       "/*\nfunc main() {}\n*/\n%%\nx := 1\n_ = x",
	} {
		if got := translated(t, code).Code; got != want {
			t.Errorf("%q becomes\n%q, want\n%q", code, got, want)
		}
	}
}

func TestTranslateShell(t *testing.T) {
	for code, want := range map[string]string{
		"!ls \\\n  -l\nx":                    "!exec >o </dev/null; ls    -l\n\n%%\nshowResult_(x)",
		"!*go mod tidy":                      "!*exec >o </dev/null; go mod tidy",
		"! ls":                               "!exec >o </dev/null;  ls",
		"%%bash\n!ls\n%% x":                  "%%bash\nexec >o; !ls\n%% x",
		"%%writefile a\nls":                  "%%writefile a\nls",
		"%with_inputs\n!read x\n!cat":        "\n!exec >o </dev/null; read x\n!exec >o </dev/null; cat",
		"x := 1\n!echo `date` 'it /*\n_ = x": "%%\nx := 1\n!exec >o </dev/null; echo `date` 'it /*\n_ = x",
	} {
		got, p := Translate(code, Options{Shell: ">o"})
		if p != nil || got.Code != want {
			t.Errorf("%q becomes\n%q, want\n%q %v", code, got.Code, want, p)
		}
	}
}

// Declarations without a name of their own get one.
func TestTranslateDeclarations(t *testing.T) {
	for code, want := range map[string]string{
		"import _ \"image/png\"":                           "import ()\nfunc main() {\n}\n",
		"import (\n\t_ \"embed\"\n\t\"fmt\"\n)":            "import (\n\t\n\t\"fmt\"\n)\nfunc main() {\n}\n",
		"import . \"math\"\nx := Sqrt(4)\n_ = x":           "import . \"math\"; const uses_ee88998f = Pi\n%%\nx := Sqrt(4)\n_ = x",
		"import . \"math\"\nimport \"fmt\"\nx":             "import . \"math\"\nimport \"fmt\"; const uses_ee88998f = Pi\n%%\nshowResult_(x)",
		"import . \"strings\"":                             "import . \"strings\"",
		"const (\n\t_ = iota\n\tA\n\t_\n\tB\n)":            "const (\n\tunnamed_A_0 = iota\n\tA\n\tunnamed_A_1\n\tB\n)",
		"const (\n\ta, b = iota, -iota\n\t_, _\n\tc, d\n)": "const (\n\ta, b = 0, -0\n\tunnamed_a_0, unnamed_a_1  = 1, -1\n\tc, d  = 2, -2\n)",
		"const (\n\ta, b int = iota, 1\n\tc, d\n)":         "const (\n\ta, b int = 0, 1\n\tc, d int = 1, 1\n)",
		"const (\n\ta = iota\n\tb\n)":                      "const (\n\ta = iota\n\tb\n)",
		"var a, _ = f()":                                   "var a, _ = f()",
		"var flag = true":                                  "var flag = true\nfunc main() {\n}\n",
		"%%\nfmt.Println(1)\nflag := 2\nflag++":            "%%\nfmt.Println(1)\nflag := 2\nflag++",
		"func flag() {}\nflag()":                           "func flag() {}\nfunc main() {\nshowResult_(flag())\n}\n",
		"import flag \"strings\"\nflag.ToUpper(x)":         "import flag \"strings\"\nfunc main() {\nshowResult_(flag.ToUpper(x))\n}\n",
		"type flag int\ngonbui.DisplayHTML(`a`);":          "type flag int\nfunc main() {\ngonbui.DisplayHTML(`a`);\ngonbui.Sync()\n}\n",
		"func f(flag bool) {}":                             "func f(flag bool) {}",
	} {
		if got := translated(t, code).Code; got != want {
			t.Errorf("%q becomes\n%q, want\n%q", code, got, want)
		}
	}
	for _, code := range []string{"func init() { f() }\nfunc init() { g() }", "var _ I = T{}\nvar _ J = T{}", "const _ = uint(a)\nconst _ = uint(b)"} {
		got := translated(t, code)
		lines := strings.Split(got.Code, "\n")
		name := func(line string) string { return strings.Fields(strings.ReplaceAll(line, "(", " "))[1] }
		if strings.Contains(got.Code, " _") || strings.Contains(got.Code, "init(") || name(lines[0]) == name(lines[1]) {
			t.Errorf("%q becomes %q", code, got.Code)
		}
		if again := translated(t, code); again.Code != got.Code {
			t.Errorf("the second time %q becomes %q", code, again.Code)
		}
	}
	// With a known cell, the name stays when the text changes.
	a, _ := Translate("func init() { f() }", Options{ID: "a"})
	b, _ := Translate("func init() { f(1) }", Options{ID: "a"})
	c, _ := Translate("func init() { f() }", Options{ID: "b"})
	name := func(t Translation) string { return strings.Fields(t.Code)[1] }
	if name(a) != name(b) || name(a) == name(c) {
		t.Error(a.Code, b.Code, c.Code)
	}
	if got, _ := Translate("%exec f --a 1\nfunc f() {}", Options{FlagTaken: true}); got.Code != "%args --a 1\nfunc f() {}\nfunc main() {\nf()\n}\n" {
		t.Errorf("%q", got.Code)
	}
	if got, _ := Translate("x", Options{FlagTaken: true}); got.Code != "func main() {\nshowResult_(x)\n}\n" {
		t.Errorf("%q", got.Code)
	}
}

func TestProblems(t *testing.T) {
	for code, want := range map[string]string{
		"for {\n\tf(1)":                   "2:5 expected '}', found the end of the cell",
		"var a = 1\n!ls (\nb := ) + 2":    "3:5 expected operand, found ')'",
		"func f( {\n}\n%%\nf()":           "1:8 expected ')', found '{'",
		"%%\nx = = 2":                     "2:4 expected operand, found '='",
		"%%\nf(":                          "2:2 expected operand, found the end of the cell",
		"x := 1\n}":                       "2:1 ",
		"x :=\u00a01":                     "1:4 Go does not allow a no-break space",
		"x := “a”":                        "1:5 curly quotation mark",
		"import \"C\"":                    "1:7 cells cannot use cgo",
		"import (\n\t\"fmt\"\n\t\"C\"\n)": "3:1 cells cannot use cgo",
		"import _ \"embed\"\n\n//go:embed x\nvar s string\n%%": "3:0 //go:embed does not work in a cell",
		"//go:build linux\n\nvar x = 1":                        "1:0 //go:build does not work in a cell",
		"var main = 3":                                         "1:4 main is the name",
		"type main int":                                        "1:5 main is the name",
		"%%\n%%\nx":                                            "2:0 a cell can have only one line %%",
		"x := 1\n%%bash\nls":                                   "2:0 %%bash must be the first line",
		"%exec":                                                "1:0 %exec needs",
		"%execute":                                             "1:0 there is no command %execute",
		"% ":                                                   "1:0 expected",
		"f(\n%env A b\n)":                                      "2:0 expected operand, found '%'",
		"!= b":                                                 "1:0 expected",
		"func (s S[T]) Len() int {}\nfunc (q Q[T]) Len() int {}": "1:0 GoNB keeps only one method Len",
	} {
		_, p := Translate(code, Options{})
		if p == nil {
			t.Errorf("%q has no problem", code)
			continue
		}
		if got := fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Message); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", code, got, want)
		}
	}
	if _, p := Translate("func (s S[T]) Len() int {}", Options{Methods: map[string]string{"Len": "Q"}}); p == nil {
		t.Error("a lost method is no problem")
	}
}

func TestTranslationPositions(t *testing.T) {
	got := translated(t, "import \"fmt\"\n\nx.F(1)")
	if got.WithoutResult().Code != "import \"fmt\"\n\n%%\nx.F(1)" || got.Call != "x.F" {
		t.Errorf("%+v", got)
	}
	for column, want := range map[int]int{0: 0, 1: 0, len(show): 0, len(show) + 3: 3} {
		if c := got.Column(4, column); c != want {
			t.Errorf("column %d is from %d, want %d", column, c, want)
		}
	}
	for line, want := range map[int]int{1: 1, 2: 2, 3: 3, 4: 3} {
		if l := got.Line(line); l != want {
			t.Errorf("line %d is from %d, want %d", line, l, want)
		}
	}
	// Every line keeps its number, apart from the added %%.
	got = translated(t, "%env A \\\n b\ns := `x\n!y\n%z` + undefined\nfoo(s)")
	for _, word := range []string{"undefined", "foo"} {
		place := func(text string) int {
			return strings.Count(text[:strings.Index(text, word)], "\n") + 1
		}
		if l := got.Line(place(got.Code)); l != place(got.Source) {
			t.Errorf("%s is in line %d, want %d\n%s", word, l, place(got.Source), got.Code)
		}
	}
}

func TestImports(t *testing.T) {
	got := Imports("%env A b\nimport (\n\t\"fmt\"\n\t_ \"embed\"\n)\n/*\nimport \"x\"\n*/\nfmt.Println(`\nimport \"y\"`)")
	if strings.Join(got, " ") != "fmt embed" {
		t.Errorf("%q", got)
	}
	if got := Imports("%%bash\nimport \"x\""); got != nil {
		t.Errorf("%q", got)
	}
}

func TestReadsInput(t *testing.T) {
	for code, want := range map[string]bool{
		"fmt.Scanln(&s)": true, "s := bufio.NewScanner(os.Stdin)": true, "fmt.Sscan(x)": false, "x := `os.Stdin`": false, "// os.Stdin": false,
	} {
		if got := ReadsInput(code); got != want {
			t.Errorf("%q: %v", code, got)
		}
	}
}
