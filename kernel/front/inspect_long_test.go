//go:build long

package front

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"microcircuits/kernel/clone"
	"microcircuits/kernel/gonb"
)

// startWithGopls starts a front with completion and help, and waits until gopls answers.
func startWithGopls(t *testing.T, f *Front) *gonb.Session {
	t.Helper()
	_, gopls, err := clone.Completion(root(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(gopls); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("gopls is not installed: go run ./kernel install --completion")
	}
	f.Options.Completion = gopls
	s := startFront(t, f)
	run(t, s, "import \"microcircuits/dendrite\"\n%%\n_ = dendrite.Show", 0)
	for range 20 {
		if matches(t, s, "fmt.Pri|") != nil {
			return s
		}
		time.Sleep(time.Second)
	}
	t.Fatal("gopls does not answer")
	return nil
}

// marked returns the content of a request for a cell with the mark | at the cursor.
func marked(code string) object {
	before, after, _ := strings.Cut(code, "|")
	return object{"code": before + after, "cursor_pos": utf8.RuneCountInString(before), "detail_level": 0}
}

// matches returns the cell after each completion, with the mark at the cursor.
func matches(t *testing.T, s *gonb.Session, code string) (after []string) {
	t.Helper()
	content := marked(code)
	reply := answerTo(t, s, "complete_request", content)
	if reply["status"] != "ok" {
		t.Errorf("completion of %q: %v", code, reply)
	}
	characters := []rune(content["code"].(string))
	from, to := int(reply["cursor_start"].(float64)), int(reply["cursor_end"].(float64))
	for _, m := range reply["matches"].([]any) {
		after = append(after, string(characters[:from])+fmt.Sprint(m)+"|"+string(characters[to:]))
	}
	return after
}

// help returns the documentation that is found for a cell with the mark | at the cursor.
func help(t *testing.T, s *gonb.Session, code string) string {
	t.Helper()
	reply := answerTo(t, s, "inspect_request", marked(code))
	if reply["status"] != "ok" {
		t.Errorf("help for %q: %v", code, reply)
	}
	data := reply["data"].(object)
	text, _ := data["text/markdown"].(string)
	if reply["found"] != (text != "") || strings.Contains(fmt.Sprint(data), "unexpected kind") || strings.Contains(fmt.Sprint(data), "4294967295") {
		t.Errorf("help for %q: %v", code, reply)
	}
	return text
}

// awkwardCells are cells in which GoNB's search for a name ended nowhere, or which gave
// positions that gopls does not know.
var awkwardCells = []string{
	"data, err := os.ReadFile(\"x\")",
	"for i, v := range xs {\n}",
	"x := 1\ny, z := 2, 3\n\n",
	"σ, λ := 0.1, \"é, 漢\"; f(σ, \"🙂\", λ)",
	"",
	" \t \n\n ",
	"// one, two (three\n/* four,\nfive */",
	"%%\n!echo a, b\n_ = map[string]int{\"a\": 1,}, `raw,\n, text`",
	"func f(a, b int) (c float64) { return }\nf(1,\n\t2)",
	"fmt.Println(strings.Repeat(\"a, b\", 3), 'x', func() {",
}

// The cursor is moved over every position of awkward cells. Each request is answered, and
// after that the kernel still runs a cell with the declarations of earlier ones.
func TestHelpAnywhere(t *testing.T) {
	s := startWithGopls(t, &Front{})
	run(t, s, "var kept = 7", 0)
	for _, code := range awkwardCells {
		characters := []rune(code)
		for cursor := -1; cursor <= len(characters)+2; cursor++ {
			content := object{"code": code, "cursor_pos": cursor, "detail_level": 0}
			if reply := answerTo(t, s, "inspect_request", content); reply["status"] != "ok" {
				t.Errorf("help for %q at %d: %v", code, cursor, reply)
			}
		}
	}
	if got := outputText(run(t, s, "kept", time.Minute)); got != "execute_result: 7" {
		t.Errorf("after that, the kernel shows %q", got)
	}
}

func TestHelpAndCompletion(t *testing.T) {
	s := startWithGopls(t, &Front{})
	run(t, s, "type Net struct{ σ, Size float64 }\nvar λnet = Net{}\nvar totalCount = 3", 0)
	for code, want := range map[string]string{
		"fmt.Print|ln(1)":                         "func fmt.Println",
		"fmt.Println(|)":                          "func fmt.Println",
		"fmt.Println(1, |)":                       "func fmt.Println",
		"fmt.Println(strings.Repeat(\"a\", |3))":  "func strings.Repeat",
		"w := \"🙂, é\"; fmt.Println|(w)":          "func fmt.Println",
		"σ := 1.0; fmt.Println|(σ)":               "func fmt.Println",
		"λn|et":                                   "var λnet",
		"x := \"漢字\" // é\nstrings.Repeat|(x, 2)": "func strings.Repeat",
		"totalCoun|t":                             "var totalCount",
		"dendrite.Sho|w(1)":                       "func dendrite.Show",
		"fmt.Println(\"a|\")":                     "",
		"fmt.Println(\"a\") // Prin|tln":          "",
		"_| = 1":                                  "",
		"x := 5|":                                 "",
	} {
		if got := help(t, s, code); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("help for %q: %q, want %q", code, got, want)
		}
	}
	for code, want := range map[string]string{
		"fmt.Pri|":                      "fmt.Println|",
		"tot|":                          "totalCount|",
		"fmt.Println(tot|)":             "fmt.Println(totalCount|)",
		"w := \"🙂🙂\"; fmt.Pri|":         "w := \"🙂🙂\"; fmt.Println|",
		"σ := 1.0; fmt.Pri|":            "σ := 1.0; fmt.Println|",
		"// ü 🙂\nfmt.Pri|":              "// ü 🙂\nfmt.Println|",
		"fmt.Println(\"漢字\", fmt.Spr|)": "fmt.Println(\"漢字\", fmt.Sprintf|)",
		"/* σ */ fmt.Pri|":              "/* σ */ fmt.Println|",
		"λ|":                            "λnet|",
		"x := λn|":                      "x := λnet|",
		"λnet.|":                        "λnet.Size|",
		"λnet.σ|":                       "λnet.σ|",
		"λnet.σ + λnet.Si|":             "λnet.σ + λnet.Size|",
	} {
		if got := matches(t, s, code); !slices.Contains(got, want) {
			t.Errorf("completion of %q: %q, want %q", code, got, want)
		}
	}
}

// GoNB stops answering: the request gets an empty reply, GoNB is started again, and the
// next cell says so.
func TestSilentGoNB(t *testing.T) {
	f := &Front{}
	s := startWithGopls(t, f)
	f.askTimeout = time.Second // no request is in the front
	pause(t)
	if got := help(t, s, "fmt.Println|"); got != "" {
		t.Errorf("a paused GoNB gave %q", got)
	}
	r := run(t, s, "fmt.Println(1)", time.Minute)
	if got := outputText(r); !strings.Contains(got, "The Go kernel had ended and was started again") || !strings.HasSuffix(got, "stdout: 1\n") {
		t.Errorf("the next cell shows %q", got)
	}
}

// pause stops the GoNB of this test without ending it.
func pause(t *testing.T) {
	t.Helper()
	for _, p := range found(t, isGoNB) {
		if err := syscall.Kill(p.ID, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
}

// GoNB does not answer an interrupt: it is ended, and the cell says so.
func TestInterruptOfSilentGoNB(t *testing.T) {
	s := startFront(t, &Front{})
	reply := whileRunning(t, s, "fmt.Println(1)\nfor {\n\ttime.Sleep(time.Second)\n}", true, func() {
		pause(t)
		if err := s.Interrupt(); err != nil {
			t.Error(err)
		}
	})
	if reply["ename"] != "KernelDied" || !strings.Contains(fmt.Sprint(reply["traceback"]), "did not answer the interrupt") {
		t.Errorf("the cell ended with %v", reply)
	}
	r := run(t, s, "fmt.Println(2)", time.Minute)
	if got := outputText(r); !strings.Contains(got, "was started again") || !strings.HasSuffix(got, "stdout: 2\n") {
		t.Errorf("the next cell shows %q", got)
	}
}

// GoNB is killed: the cell shows the reason, and no messages about earlier cells.
func TestKilledGoNB(t *testing.T) {
	s := startFront(t, &Front{})
	run(t, s, "panic(\"earlier\")", 0)
	reply := whileRunning(t, s, "fmt.Println(1)\nfor {\n\ttime.Sleep(time.Second)\n}", true, func() { killAll(t, isGoNB) })
	lines, _ := reply["traceback"].([]any)
	if reply["ename"] != "KernelDied" || len(lines) != 2 || !strings.Contains(fmt.Sprint(lines[0]), "signal: killed") {
		t.Errorf("the cell ended with %v", reply)
	}
}
