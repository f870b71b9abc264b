package cell

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// split returns a cell without the mark | and the mark's position in characters.
func split(t *testing.T, marked string) (code string, cursor int) {
	t.Helper()
	before, after, found := strings.Cut(marked, "|")
	if !found {
		t.Fatalf("%q has no mark", marked)
	}
	return before + after, utf8.RuneCountInString(before)
}

// seen returns the code of a question with the mark | where gopls sees the cursor. GoNB
// passes the cursor on as a line and a column in bytes, which gopls reads as UTF-16 units.
// Comments that a question adds are removed.
func seen(q Question) string {
	at := utf16Offset(q.Code, q.Cursor)
	start := strings.LastIndexByte(q.Code[:at], '\n') + 1
	at = start + utf16Offset(q.Code[start:], at-start)
	return added.ReplaceAllString(q.Code[:at]+"|"+q.Code[at:], "")
}

var added = regexp.MustCompile(`/\*é+\*/`)

func utf16Offset(text string, units int) int {
	for at, r := range text {
		if units <= 0 {
			return at
		}
		units -= utf16.RuneLen(r)
	}
	return len(text)
}

func TestHelp(t *testing.T) {
	for marked, want := range map[string]string{
		// At a name, GoNB is asked at its first letter.
		"fmt.Print|ln(1)":                  "%%\nfmt.|Println(1)",
		"fmt.|Println(1)":                  "%%\nfmt.|Println(1)",
		"fm|t.Println(1)":                  "%%\n|fmt.Println(1)",
		"fmt|.Println(1)":                  "%%\n|fmt.Println(1)",
		"|x := 5":                          "%%\n|x := 5",
		"data|, err := os.ReadFile(\"x\")": "%%\n|data, err := os.ReadFile(\"x\")",
		"for i|, v := range xs {\n}":       "%%\nfor |i, v := range xs {\n}",
		"x := 1\ny|, z := 2, 3":            "%%\nx := 1\n|y, z := 2, 3",
		"var x = 1\nf|(x)":                 "var x = 1\n%%\n|f(x)",
		"%%\nf|(x)":                        "%%\n|f(x)",
		"func f|(a int) {}":                "func |f(a int) {}",
		// In a call, for the function.
		"fmt.Println(|":      "%%\nfmt.|Println(",
		"fmt.Println(1, |2)": "%%\nfmt.|Println(1, 2)",
		"f(g(1), | 2)":       "%%\n|f(g(1),  2)",
		"f(g(|1), 2)":        "%%\nf(|g(1), 2)",
		"f(\n\t1,\n|\t2,\n)": "%%\n|f(\n\t1,\n\t2,\n)",
		"f(|\"a\")":          "%%\n|f(\"a\")",
		"f(\"a\"|)":          "%%\n|f(\"a\")",
		"f(\"a\", |)":        "%%\n|f(\"a\", )",
		// Characters of more than one byte before the cursor.
		"σ|":                           "%%\n|σ",
		"σ := 1.0; fmt.Pri|":           "%%\nσ := 1.0; fmt.|Pri",
		"\"σ\" + fmt.Pri|":             "%%\n\"σ\" + fmt.|Pri",
		"fmt.Println(\"🙂\", fmt.Spr|)": "%%\nfmt.Println(\"🙂\", fmt.|Spr)",
		"/* é */ fmt.Pri|":             "%%\n/* é */ fmt.|Pri",
		"σ.Get|()":                     "%%\nσ.|Get()",
		"σ && !ok|":                    "%%\nσ && !|ok",
		"n % σ % m|":                   "%%\nn % σ % |m",
		"漢 := 漢字(x|, \"語\")":           "%%\n漢 := 漢字(|x, \"語\")",
		"var σ floa|t64":               "var σ |float64",
		"x := \"漢\"\nf|(x)":            "%%\nx := \"漢\"\n|f(x)",
	} {
		code, cursor := split(t, marked)
		q, ok := Help(code, cursor)
		if got := seen(q); !ok || got != want {
			t.Errorf("%q asks %v %q, want %q", marked, ok, got, want)
		}
	}
	for _, marked := range []string{
		"|", "  |  ", "\n|\n", "// a comm|ent", "//|", "// é|", "/* a|b */", "/* ab|", "\"te|xt\"", "\"te|xt", "'|a'", "`te|\nxt`", "x := `te|",
		"x := 5|", "x := 5|5", "x := 1.5|", "x := 0x1|f", "fo|r {}", "func|", "x |:= 5", "x := |5", "x, y :=| 1, 2", "{|}", "(|)", "f(1)|",
		"!ls fmt|", "%goflags fm|t", "%%bash\nech|o", "!ls \\\n  fm|t", "f(\"a|\")", "f(// b|\n)", "_| = x", "[]int{|}", "}|", "func(|",
	} {
		code, cursor := split(t, marked)
		if q, ok := Help(code, cursor); ok {
			t.Errorf("%q asks %q", marked, seen(q))
		}
		for _, outside := range []int{-1, -100, utf8.RuneCountInString(code) + 1, 1 << 30} {
			if q, ok := Help(code, outside); ok {
				t.Errorf("%q at %d asks %q", code, outside, seen(q))
			}
			if q, ok := Completion(code, outside); ok {
				t.Errorf("%q at %d asks %q", code, outside, seen(q))
			}
		}
	}
}

func TestCompletion(t *testing.T) {
	for marked, want := range map[string]string{
		"fmt.Pri|":                    "%%\nfmt.Pri|",
		"fmt.|":                       "%%\nfmt.|",
		"x := |":                      "%%\nx := |",
		"import \"microcircuits/den|": "import \"microcircuits/den|",
		"import (\n\tf \"fm|\"\n)":    "import (\n\tf \"fm|\"\n)",
		"σ := 1.0; fmt.Pri|":          "%%\nσ := 1.0; fmt.Pri|",
		"x := \"äöü\" + fmt.Spr|":     "%%\nx := \"äöü\" + fmt.Spr|",
		"fmt.Println(\"🙂🙂\", fmt.|)":  "%%\nfmt.Println(\"🙂🙂\", fmt.|)",
		"// ü\nfmt.Pri|":              "// ü\n%%\nfmt.Pri|",
		"net.σ|":                      "%%\nnet.σ|",
		"x := 1; λ|":                  "%%\nx := 1; λ|",
		"λ.σx|":                       "%%\nλ.σx|",
		"if λ > 0 { fmt.P|":           "%%\nif λ > 0 { fmt.P|",
	} {
		code, cursor := split(t, marked)
		q, ok := Completion(code, cursor)
		if got := seen(q); !ok || got != want {
			t.Errorf("%q asks %v %q, want %q", marked, ok, got, want)
		}
	}
	for _, marked := range []string{"|", " \n|", "// co|", "x := \"a|\"", "3.|", "!l|s", "%par|", "%%bash\nec|ho", "`a|"} {
		code, cursor := split(t, marked)
		if q, ok := Completion(code, cursor); ok {
			t.Errorf("%q asks %q", marked, seen(q))
		}
	}
}

// At any position of awkward cells, gopls sees a completion where the cursor is, and help
// at the first letter of a name. GoNB does not look for a name elsewhere.
func TestQuestionsAnywhere(t *testing.T) {
	for _, code := range awkward {
		for cursor := range utf8.RuneCountInString(code) + 1 {
			if q, ok := Help(code, cursor); ok {
				_, after, _ := strings.Cut(seen(q), "|")
				first, _ := utf8.DecodeRuneInString(after)
				if first != '_' && !unicode.IsLetter(first) {
					t.Errorf("help for %q at %d: gopls sees %q", code, cursor, after)
				}
				first, _ = utf8.DecodeRuneInString(q.Code[utf16Offset(q.Code, q.Cursor):])
				if strings.ContainsRune(" \t\n,(){}[]\"'`", first) {
					t.Errorf("help for %q at %d: GoNB looks for a name before %q", code, cursor, first)
				}
			}
			if q, ok := Completion(code, cursor); ok {
				gonb, shift := Statements(code, cursor)
				at := byteOffset(gonb, cursor+shift)
				if want := gonb[:at] + "|" + gonb[at:]; seen(q) != want {
					t.Errorf("completion of %q at %d: gopls sees %q", code, cursor, seen(q))
				}
			}
		}
	}
}

var awkward = []string{
	"data, err := os.ReadFile(\"x\")",
	"for i, v := range xs {\n\tfmt.Println(i, v) // i, v\n}",
	"x := 1\ny, z := 2, 3\n\n\n_ = x + y\n",
	"σ, λ := 0.1, \"é, 漢\"; fmt.Println(σ, λ, \"🙂\", len(λ))",
	"",
	" \t \n\n ",
	"// one, two (three\n/* four,\nfive */",
	"%%\n!echo a, b\ndendrite.Show(map[string]int{\"a\": 1,}, `raw,\n, text`)",
	"func f(a, b int) (c, d float64) { return }\nf(1,\n\t2)",
	"fmt.Println(strings.Repeat(\"a, b\", 3), []int{1, 2}[0], 'x', 1.5e3, func() {",
}
