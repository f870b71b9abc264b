//go:build long

package gonb

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microcircuits/kernel/ipynb"
)

// runCell runs a cell like the command run and returns its outputs and its failure.
func runCell(t *testing.T, c *Cells, number int, source string) string {
	t.Helper()
	shown := NewOutputs(new(Displays))
	out, err := c.Run(t.Context(), Cell{Number: number, Source: source, Stops: true, Limit: time.Minute}, shown)
	if err != nil {
		t.Fatalf("%q: %v", source, err)
	}
	if out.Timeout {
		t.Errorf("%q did not end", source)
	}
	var all []string
	for _, o := range shown.All() {
		switch o.Type {
		case ipynb.Stream:
			all = append(all, o.Name+": "+o.Text)
		default:
			text, _ := o.TextOf("text/plain")
			all = append(all, o.Type+": "+text)
			if o.Type == ipynb.ExecuteResult && (o.ExecutionCount == nil || *o.ExecutionCount != number) {
				t.Errorf("%q: the result has the number %v", source, o.ExecutionCount)
			}
		}
	}
	if f := out.Failure; f != nil {
		all = append(all, f.Name+": "+strings.Join(append([]string{f.Value}, f.Traceback...), "\n"))
	}
	return strings.Join(all, "|")
}

// Cells that people write, after reports of other projects. They share one session,
// because later cells must not suffer from earlier ones.
func TestCellsAsWritten(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{Dir: dir})
	c := NewCells(s)
	const note = "stderr: The standard input of a cell is empty. To ask for a value, use gonbui.RequestInput.\n"
	for i, test := range []struct{ source, want string }{
		// Without %%, values, and errors in terms of the cell.
		{"x := []int{1, 2, 3}\nsum := 0\nfor _, v := range x {\n\tsum += v\n}\nfmt.Println(sum)", "stdout: 6\n"},
		{"import \"fmt\"; fmt.Println(1)", "stdout: 1\n"},
		{"1 + 1", "execute_result: 2"},
		{"func two() (int, string) { return 1, \"a\" }\ntwo()", "execute_result: 1|execute_result: a"},
		{"\n\nfmt.Println(no)", "CompileError: undefined: no\ncell [5], line 3: undefined: no\n    fmt.Println(no)\n                ^"},
		{"var m map[string]int\nm[\"a\"] = 1", "panic: assignment to entry in nil map\npanic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.main()\n\tcell [6], line 2: m[\"a\"] = 1"},
		{"notebook := 3\nnotebook", "execute_result: 3"},
		// Text is judged by reading Go.
		{"s := `head\n%% a\n!echo INJECTED\n%env A b\npackage c\n//gonb:!ls\n//gonb:%%\ntail`\nfmt.Println(s)", "stdout: head\n%% a\n!echo INJECTED\n%env A b\npackage c\n//gonb:!ls\n//gonb:%%\ntail\n"},
		{"const usage = `\n!x\n` + `\n%y`\nlen(usage)", "execute_result: 7"},
		{"/*\n!echo no\n%%\n*/\nfunc both(a, b bool) bool {\n\treturn a &&\n!b\n}\nfmt.Println(both(true, false))", "stdout: true\n"},
		{"x := []bool{\n!true,\n!false,\n}\nx", "execute_result: [false true]"},
		{"packages := 3\npackages", "execute_result: 3"},
		{"type tagged struct {\n\tA int `json:\"a\n!b\"`\n}\nfield, _ := reflect.TypeOf(tagged{}).FieldByName(\"A\")\nstring(field.Tag)", "execute_result: json:\"a\n!b\""},
		{"s := `\nfunc main() {}\n`\nlen(s)", "execute_result: 16"},
		{"func main() { fmt.Println(\"own\") }", "stdout: own\n"},
		{"!echo a \\\n%% b\n1", "stdout: a %% b\n|execute_result: 1"},
		{"%%bash\necho '!x'\necho '%% y'", "stdout: !x\n%% y\n"},
		{"%%writefile text.txt\n!a\n%% b\nfunc main()", "stderr: Cell contents written to \"text.txt\".\n"},
		// Ends of cells.
		{"1 + 1; // hidden", ""},
		{"1 + 1; /* c */", ""},
		{"1 + 1 ;", ""},
		{"func() int { return 3 }()", "execute_result: 3"},
		{"func(a int) (int, error) { return a, nil }(1)", "execute_result: 1|execute_result: <nil>"},
		{"func() { fmt.Println(2) }()", "stdout: 2\n"},
		{"%%\r\nfmt.Println(`a\r\nb`)\r\n", "stdout: a\nb\n"},
		{"y := 1\ry", "execute_result: 1"},
		{"\ufeff7", "execute_result: 7"},
		{"x :=\u00a01", "SyntaxError: Go does not allow a no-break space (U+00A0) here; text pasted from a web page often has one: type this character again\ncell [28], line 1: Go does not allow a no-break space (U+00A0) here; text pasted from a web page often has one: type this character again\n    x :=\u00a01\n        ^"},
		// Declarations stay.
		{"const (\n\t_ = iota\n\tA\n)", ""},
		{"const (\n\t_ = iota * 100\n\tB\n)", ""},
		{"fmt.Println(A, B)", "stdout: 1 100\n"},
		{"const (\n\tp, q = iota, iota + 10\n\t_, _\n\tr, v\n)\nfmt.Println(p, q, r, v)", "stdout: 0 10 2 12\n"},
		{"type I interface{ F() }\ntype T struct{}\nfunc (T) F() {}\nvar _ I = T{}\nvar _ I = &T{}", ""},
		{"func (t *T) G() int { return 5 }\nnew(T).G()", "execute_result: 5"},
		{"var order []string\nfunc init() { order = append(order, \"a\") }\nfunc init() { order = append(order, \"b\") }", ""},
		{"func init() { order = append(order, \"c\") }", ""},
		{"slices.Sort(order)\norder", "execute_result: [a b c]"},
		{"import . \"math\"", ""},
		{"Sqrt(4)", "execute_result: 2"},
		{"1 + 2", "execute_result: 3"},
		{"import _ \"image/png\"\nimport _ \"image/gif\"", ""},
		{"var picture bytes.Buffer\nerr := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 1, 1)))\nif err != nil {\n\tpanic(err)\n}\n_, format, err := image.Decode(&picture)\nfmt.Println(format, err)", "stdout: png <nil>\n"},
		{"import _ \"no/such/package\"", "CompileError: package no/such/package is not in std\npackage no/such/package is not in std"},
		{"1 + 3", "execute_result: 4"},
		{"type Stack[E any] []E\nfunc (s Stack[E]) Len() int { return len(s) }\nStack[int]{1}.Len()", "execute_result: 1"},
		{"type Queue[E any] []E\nfunc (q Queue[E]) Len() int { return len(q) }", "GoNB keeps only one method Len"},
		{"import \"C\"", "cells cannot use cgo"},
		{"import _ \"embed\"\n\n//go:embed nothere.txt\nvar data string", "//go:embed does not work in a cell"},
		{"package main\n\nfmt.Println(8)", "stdout: 8\n"},
		{"var flag = true", ""},
		{"fmt.Println(flag)", "stdout: true\n"},
		{"%%\nfmt.Println(!flag)", "stdout: false\n"},
		{"func f2(flag bool) bool { return flag }\nf2(false)", "execute_result: false"},
		// Nobody answers.
		{"var s string\n_, err := fmt.Scanln(&s)\nfmt.Println(err)", "stdout: EOF\n|" + note},
		{"b, err := io.ReadAll(os.Stdin)\nfmt.Println(len(b), err)", "stdout: 0 <nil>\n|" + note},
		{"sc := bufio.NewScanner(os.Stdin)\nfmt.Println(sc.Scan())", "stdout: false\n|" + note},
		{"!cat", ""},
		{"%with_inputs\n!read x; echo \"got $x\"", "stdout: got \n"},
		{"!echo out; echo err >&2; exit 3", "exit status 3"},
		// Streams.
		{"fmt.Print(\"a\\x00b\\n\")", "stdout: a\x00b\n"},
		{"os.Stdout.Write([]byte{'a', 0xff, '\\n'});", "stdout: a\ufffd\n"},
		{"os.Stdout.Write([]byte(\"\\xe6\\x97\"))\ntime.Sleep(50 * time.Millisecond)\nos.Stdout.Write([]byte(\"\\xa5\\n\"));", "stdout: 日\n"},
		{"fmt.Fprintln(os.Stderr, \"日本\")\nos.Exit(3)", "stderr: 日本\n|Exit: the program ended with exit status 3\nthe program ended with exit status 3; its messages are above"},
		{"%capture captured.txt\nfmt.Println(\"日本\")", "stdout: 日本\n"},
		{"b, err := os.ReadFile(\"captured.txt\")\nfmt.Println(string(b), err)", "stdout: 日本\n <nil>\n"},
		{"%test\nfunc TestTwo(t *testing.T) {\n\tt.Log(\"in a test\")\n}", "in a test"},
		{"%exec hello\nfunc hello() { fmt.Println(\"hello\") }", "stdout: hello\n"},
		{"println(\"low level\")", "stderr: low level\n"},
		{"out, err := exec.Command(\"echo\", \"child\").Output()\nfmt.Print(string(out), err, \"\\n\")", "stdout: child\n<nil>\n"},
		{"fmt.Println(1)\ndendrite.Show(2)\nfmt.Println(3)\nnotebook.Clear(false)\nfmt.Println(4)", "stdout: 4\n"},
	} {
		got := runCell(t, c, i+1, test.source)
		if got != test.want && (test.want == "" || !strings.Contains(got, test.want) || strings.HasPrefix(test.want, "stdout: ") || strings.HasPrefix(test.want, "execute_result: ")) {
			t.Errorf("cell %d %q gives\n%q, want\n%q", i+1, test.source, got, test.want)
		}
		if strings.Contains(got, os.Getenv("TMPDIR")) {
			t.Errorf("%q shows a temporary path:\n%s", test.source, got)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "text.txt")); err != nil || string(text) != "!a\n%% b\nfunc main()\n" {
		t.Errorf("%%%%writefile wrote %q, %v", text, err)
	}
}

// Much text arrives complete and in order, whatever pieces it is read in.
func TestMuchText(t *testing.T) {
	c := NewCells(start(t, Options{}))
	for stream, code := range map[string]string{"stdout": "os.Stdout", "stderr": "os.Stderr"} {
		want := stream + ": " + strings.Repeat("x日本語é\n", 30_000)
		if got := runCell(t, c, 1, fmt.Sprintf("fmt.Fprint(%s, strings.Repeat(\"x日本語é\\n\", 30_000))", code)); got != want {
			t.Errorf("%s: %d bytes of %d, the first: %q", stream, len(got), len(want), got[:40])
		}
	}
	for _, shell := range []string{"!", "%%bash\n", "%%sh\n"} {
		got := runCell(t, c, 2, shell+"for i in $(seq 20000); do echo 日本語$i; done")
		if n := strings.Count(got, "日本語"); n != 20_000 || strings.Contains(got, "\ufffd") {
			t.Errorf("%q: %d lines", shell, n)
		}
	}
	var lines strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&lines, "line %d\n", i)
	}
	if got := runCell(t, c, 3, "for i := range 100_000 {\n\tfmt.Println(\"line\", i)\n}"); got != "stdout: "+lines.String() {
		t.Errorf("100 000 lines: %d bytes of %d", len(got), lines.Len())
	}
	if got := runCell(t, c, 4, "fmt.Print(strings.Repeat(\"é\", 5_000_000))"); strings.Count(got, "é") != 5_000_000 {
		t.Errorf("a long line: %d bytes", len(got))
	}
}

// A cell that ends with a function of package dendrite is compiled once, whether or not the
// function has a result.
func TestCompiledOnce(t *testing.T) {
	s := start(t, Options{})
	c := NewCells(s)
	runCell(t, c, 1, `dendrite.Markdown("a")`)
	if len(c.sources) != 1 {
		t.Errorf("GoNB compiled the cell %d times", len(c.sources))
	}
}
