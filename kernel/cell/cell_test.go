package cell

import (
	"fmt"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for code, want := range map[string]Completeness{
		"":                                     Complete,
		"1 + 1":                                Complete,
		"x := 3\nx":                            Complete,
		"var lr = 0.1":                         Complete,
		"%%\nfmt.Println(1)":                   Complete,
		"func f() int { return 1 }\n%%\nf()":   Complete,
		"!ls -l {":                             Complete,
		"%%bash\nfor i in 1 2; do (":           Complete,
		"import \"fmt\"\nfmt.Println(\"x\")":   Complete,
		"for i := range 3 {":                   Incomplete,
		"fmt.Println(":                         Incomplete,
		"x := 1 +":                             Incomplete,
		"s := `abc":                            Incomplete,
		"/* a":                                 Incomplete,
		"%%\nif x {\n\tf(":                     Incomplete,
		"!ls \\":                               Incomplete,
		"x := )":                               Invalid,
		"x = = 3":                              Invalid,
		"func f() int { return 1 }}":           Invalid,
		"for i := range 3 { var }":             Invalid,
		"type T struct {\n\tA int\n}\nT{A: 1}": Complete,
	} {
		if got, _ := Check(code); got != want {
			t.Errorf("%q is %s, want %s", code, got, want)
		}
	}
	if _, indent := Check("for {\nf("); indent != "\t\t" {
		t.Errorf("indent %q", indent)
	}
}

func TestTranslate(t *testing.T) {
	statement := func(call string) bool { return call == "dendrite.Show" }
	for code, want := range map[string]string{
		// Not changed.
		"":                                   "",
		"var lr = 0.1":                       "var lr = 0.1",
		"import (\n\t\"fmt\"\n)":             "import (\n\t\"fmt\"\n)",
		"!ls":                                "!ls",
		"%%bash\nx":                          "%%bash\nx",
		"func f(x int) int {\n\treturn x\n}": "func f(x int) int {\n\treturn x\n}",
		"func (t T) F() {}\ntype T struct{}": "func (t T) F() {}\ntype T struct{}",
		"func main() { f() }":                "func main() { f() }",
		"%%\nf(":                             "%%\nf(",
		"%%\ndendrite.Show(x)":               "%%\ndendrite.Show(x)",
		"%%\nfmt.Println(x)":                 "%%\nfmt.Println(x)",
		"%%\nx;":                             "%%\nx;",
		"%%\n<-c":                            "%%\n<-c",
		"%%":                                 "%%",
		"var x = 1 +\n\t2\nvar y = `a\nb`":   "var x = 1 +\n\t2\nvar y = `a\nb`",
		// Statements without %%.
		"x := 3\nfmt.Println(x)":                 "%%\nx := 3\nfmt.Println(x)",
		"import \"fmt\"\n\nx := 3\n_ = x":        "import \"fmt\"\n\n%%\nx := 3\n_ = x",
		"func f() {}\nf2 := f\nf2()":             "func f() {}\n%%\nf2 := f\nnotebook.Result(f2())",
		"%env A B\nx := 1\n_ = x":                "%env A B\n%%\nx := 1\n_ = x",
		"func() { f() }()":                       "%%\nnotebook.Result(func() { f() }())",
		"for i := range 3 {\n\tf(i)\n}":          "%%\nfor i := range 3 {\n\tf(i)\n}",
		"var a = []int{\n\t1,\n}\na[0]++":        "var a = []int{\n\t1,\n}\n%%\na[0]++",
		"type T struct {\n\tA int\n}\nT{A: 1}.A": "type T struct {\n\tA int\n}\n%%\nnotebook.Result(T{A: 1}.A)",
		// Results.
		"1 + 1":                         "%%\nnotebook.Result(1 + 1)",
		"%%\nx := 1\nx // the value":    "%%\nx := 1\nnotebook.Result(x) // the value",
		"x := f()\n\nx.Figure(\n\t1)\n": "%%\nx := f()\n\nnotebook.Result(x.Figure(\n\t1))\n",
		"\"é\" + x":                     "%%\nnotebook.Result(\"é\" + x)",
		// Commands are not changed.
		"x := 1\n!echo hello \\\n  world\nx": "%%\nx := 1\n!echo hello \\\n  world\nnotebook.Result(x)",
		"%env ZED b\nx := 1\n%env É c\nx":    "%env ZED b\n%%\nx := 1\n%env É c\nnotebook.Result(x)",
	} {
		if got := Translate(code, statement).Code; got != want {
			t.Errorf("%q becomes\n%q, want\n%q", code, got, want)
		}
	}
}

func TestTranslationPositions(t *testing.T) {
	got := Translate("import \"fmt\"\n\nx.F(1)", nil)
	if got.WithoutResult().Code != "import \"fmt\"\n\n%%\nx.F(1)" || got.Call != "x.F" {
		t.Errorf("%+v", got)
	}
	for column, want := range map[int]int{0: 0, 1: 1, len(show): 0, len(show) + 3: 3} {
		if c := got.Column(4, column); c != want {
			t.Errorf("column %d is from %d, want %d", column, c, want)
		}
	}
	if c := got.Column(1, 20); c != 20 {
		t.Errorf("column 20 of another line is from %d", c)
	}
	for line, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3} {
		if l := got.Line(line); l != want {
			t.Errorf("line %d is from %d, want %d", line, l, want)
		}
	}
}

func TestStatements(t *testing.T) {
	for _, c := range []struct {
		code     string
		position int
		want     string
		shift    int
	}{
		{"dendrite.Sh", 11, "%%\ndendrite.Sh", 3},
		{"import \"é\"\nx.", 3, "import \"é\"\n%%\nx.", 0},
		{"import \"é\"\nx.", 13, "import \"é\"\n%%\nx.", 3},
		{"%%\nx.", 5, "%%\nx.", 0},
	} {
		if got, shift := Statements(c.code, c.position); got != c.want || shift != c.shift {
			t.Errorf("%q at %d becomes %q, shifted by %d", c.code, c.position, got, shift)
		}
	}
}

func TestSyntaxError(t *testing.T) {
	for code, want := range map[string]string{
		"x := 1":                       "0:0 ",
		"%%bash\n(":                    "0:0 ",
		"for {\n\tf(1)":                "2:5 expected '}', found 'EOF'",
		"var a = 1\n!ls (\nb := ) + 2": "3:5 expected operand, found ')'",
		"func f( {\n}\n%%\nf()":        "1:8 expected ')', found '{'",
		"%%\nx = = 2":                  "2:4 expected operand, found '='",
	} {
		line, column, message, found := SyntaxError(code)
		if got := fmt.Sprintf("%d:%d %s", line, column, message); got != want || found != (message != "") {
			t.Errorf("%q: %s, want %s", code, got, want)
		}
	}
}

func TestHelpName(t *testing.T) {
	if name, ok := HelpName(" dendrite.Show? "); !ok || name != "dendrite.Show" {
		t.Errorf("got %q, %v", name, ok)
	}
	if _, ok := HelpName("x := a ?"); ok {
		t.Error("a statement is taken for a request for help")
	}
}

// For any text, only the %% line and the call around the result are added, and
// nothing panics.
func FuzzTranslate(f *testing.F) {
	for _, s := range []string{"x := 1\nx", "func (a", "%%\n\"", "import \"fmt\"\n`", "}{", "//gonb:%%\nx", "a\r\nb", "!x\\\ny"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, code string) {
		Check(code)
		if line, column, _, found := SyntaxError(code); found && (line < 1 || line > strings.Count(code, "\n")+1 || column < 0) {
			t.Errorf("%q: a syntax error at %d:%d", code, line, column)
		}
		got := Translate(code, nil)
		if plain := got.WithoutResult().Code; len(plain) > len(code)+3 || got.Shows && len(got.Code) != len(plain)+len(show)+1 {
			t.Errorf("%q becomes %q", code, got.Code)
		}
	})
}
