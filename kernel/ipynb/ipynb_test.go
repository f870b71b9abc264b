package ipynb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// blank returns a notebook in Go without cells, of format 4.5.
func blank() *Notebook {
	return &Notebook{NBFormat: 4, NBFormatMinor: 5, Metadata: map[string]json.RawMessage{"kernelspec": json.RawMessage(`{"language":"go"}`)}}
}

func write(t *testing.T, nb *Notebook) string {
	t.Helper()
	var b bytes.Buffer
	if err := nb.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Jupyter's nbformat wrote this file. It contains every character that ends a line in
// Python, and escapes that are similar.
func TestLineEndsRoundTrip(t *testing.T) {
	want, err := os.ReadFile("testdata/line-ends.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	nb, err := Read(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), write(t, nb)); diff != "" {
		t.Errorf("written notebook differs (-read +written):\n%s", diff)
	}
}

// The file has Jupyter's layout (indent 1, sorted keys).
func TestRoundTripIsByteIdentical(t *testing.T) {
	want, err := os.ReadFile("testdata/jupyter.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	nb, err := ReadFile("testdata/jupyter.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), write(t, nb)); diff != "" {
		t.Errorf("written notebook differs (-read +written):\n%s", diff)
	}
	if got := nb.Cells[1].Tags(); len(got) != 1 || got[0] != TagParameters {
		t.Errorf("tags of cell 2 = %q", got)
	}
	if got, ok := nb.Cells[2].Outputs[1].TextOf("text/html"); !ok || got != "<div>\n</div>" {
		t.Errorf("TextOf(text/html) = %q, %v", got, ok)
	}
	if _, ok := nb.Cells[2].Outputs[1].TextOf("application/vnd.dendrite.chart+json"); ok {
		t.Error("a JSON object was taken for text")
	}
}

func TestReadAcceptsPlainStringsAndOldFormats(t *testing.T) {
	nb, err := Read(strings.NewReader(`{"nbformat":4,"nbformat_minor":2,"metadata":{},"cells":[
		{"cell_type":"code","source":"a\nb","metadata":{},"outputs":[{"output_type":"stream","name":"stdout","text":"x\ny"}],"execution_count":null},
		{"cell_type":"markdown","source":[],"metadata":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if nb.Cells[0].Source != "a\nb" || nb.Cells[0].Outputs[0].Text != "x\ny" {
		t.Errorf("got source %q, text %q", nb.Cells[0].Source, nb.Cells[0].Outputs[0].Text)
	}
	nb.Upgrade()
	if nb.NBFormatMinor != 5 || nb.Cells[0].ID == "" || nb.Cells[0].ID == nb.Cells[1].ID {
		t.Errorf("upgrade gave format 4.%d, ids %q and %q", nb.NBFormatMinor, nb.Cells[0].ID, nb.Cells[1].ID)
	}
}

func TestReadRefuses(t *testing.T) {
	const cell = `{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[%]}`
	for input, want := range map[string]string{
		`[]`: "not a notebook",
		`{`:  "not a notebook",
		`{"nbformat":3,"nbformat_minor":0,"metadata":{},"worksheets":[]}`:         "format 3 is not supported",
		`{"nbformat_minor":0,"metadata":{},"cells":[]}`:                           "nbformat is missing",
		`{"nbformat":4,"nbformat_minor":5,"metadata":{}}`:                         "cells is missing",
		strings.Replace(cell, "%", `null`, 1):                                     "cell 1: is null",
		strings.Replace(cell, "%", `{"cell_type":"code","metadata":{}}`, 1):       "source is missing",
		strings.Replace(cell, "%", `{"cell_type":"heading","source":""}`, 1):      `unknown cell type "heading"`,
		strings.Replace(cell, "%", `{"cell_type":"code","source":["a",1]}`, 1):    "neither a string nor a list",
		strings.Replace(cell, "%", `{"cell_type":"code","source":["a",null]}`, 1): "neither a string nor a list",
	} {
		_, err := Read(strings.NewReader(input))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%s) = %v, want an error with %q", input, err, want)
		}
	}
}

func TestWriteFileIsAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "n.ipynb")
	nb := blank()
	nb.Add(Code, "var a = 1", TagParameters)
	if err := nb.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if err := nb.WriteFile(filepath.Join(dir, "missing", "n.ipynb")); err == nil {
		t.Error("writing into a missing folder succeeded")
	}
	if err := os.Mkdir(filepath.Join(dir, "taken.ipynb"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := nb.WriteFile(filepath.Join(dir, "taken.ipynb")); err == nil {
		t.Error("writing over a folder succeeded")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("other files remain: %v", entries)
	}
	back, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if write(t, back) != write(t, nb) {
		t.Error("read back differently")
	}
}

func TestWriteFileFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file.ipynb"), filepath.Join(dir, "link.ipynb")
	if err := blank().WriteFile(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file.ipynb", link); err != nil {
		t.Fatal(err)
	}
	nb := blank()
	nb.Add(Markdown, "# T")
	if err := nb.WriteFile(link); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != "file.ipynb" {
		t.Errorf("the link points to %q (error %v)", to, err)
	}
	if written, err := ReadFile(file); err != nil || written.Title() != "T" {
		t.Errorf("the file was not written (error %v)", err)
	}
}

func TestMergeStreams(t *testing.T) {
	out := func(name, text string) *Output { return &Output{Type: Stream, Name: name, Text: text} }
	in := []*Output{
		out("stdout", "a\n 1%\r"), out("stdout", " 2%\r 3%\r\nb"), out("stderr", "e\r\n"), out("stdout", "c"),
		{Type: DisplayData}, out("stdout", "d"),
	}
	got := MergeStreams(in)
	want := []*Output{out("stdout", "a\n 3%\nb"), out("stderr", "e\n"), out("stdout", "c"), {Type: DisplayData}, out("stdout", "d")}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Output{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if in[0].Text != "a\n 1%\r" {
		t.Error("the given outputs were changed")
	}
}

func TestCleanRestoresTheOriginal(t *testing.T) {
	nb := blank()
	nb.Metadata["dendrite"] = json.RawMessage(`{"template":true}`)
	nb.Add(Markdown, "# T")
	nb.Add(Code, "var a = 1", TagParameters)
	before := write(t, nb)

	if err := Inject(nb, map[string]string{"a": "2"}, nil); err != nil {
		t.Fatal(err)
	}
	count := 3
	for _, c := range nb.Cells[1:] {
		c.ExecutionCount = &count
		c.Outputs = []*Output{{Type: Stream, Name: "stdout", Text: "x"}}
		c.SetInfo(CellInfo{Seconds: 1, Status: "ok"})
	}
	nb.SetInfo(RunInfo{Started: "2026-01-02T03:04:05Z", Command: "x", Status: "ok"})
	if info, ok := nb.Info(); !ok || info.Command != "x" {
		t.Errorf("Info() = %+v, %v", info, ok)
	}
	if info, ok := nb.Cells[1].Info(); !ok || info.Status != "ok" {
		t.Errorf("cell Info() = %+v, %v", info, ok)
	}
	if len(Lint(nb)) == 0 {
		t.Error("lint finds nothing in an executed notebook")
	}

	nb.Clean()
	if diff := cmp.Diff(before, write(t, nb)); diff != "" {
		t.Errorf("(-before +cleaned):\n%s", diff)
	}
	if !nb.IsTemplate() {
		t.Error("Clean removed the template mark")
	}
	if p := Lint(nb); len(p) != 0 {
		t.Errorf("lint: %v", p)
	}
}

func TestEdited(t *testing.T) {
	nb := blank()
	c := nb.Add(Code, "sigma := 0.1")
	if c.Edited() {
		t.Error("a cell that never ran counts as edited")
	}
	c.SetInfo(CellInfo{Status: "ok"})
	c.Source = "sigma := 0.1\n"
	if c.Edited() {
		t.Error("a newline at the end counts as an edit")
	}
	if c.Source = "sigma := 0.5"; !c.Edited() {
		t.Error("another value does not count as an edit")
	}
}

func TestLint(t *testing.T) {
	one := 1
	for want, change := range map[string]func(nb *Notebook){
		"cell 2: has outputs":            func(nb *Notebook) { nb.Cells[1].Outputs = []*Output{{Type: Stream}} },
		"cell 2: has an execution count": func(nb *Notebook) { nb.Cells[1].ExecutionCount = &one },
		"cell 2: same id as cell 1":      func(nb *Notebook) { nb.Cells[1].ID = nb.Cells[0].ID },
		`cell 1: id "" is not`:           func(nb *Notebook) { nb.Cells[0].ID = "" },
		"format is 4.4":                  func(nb *Notebook) { nb.NBFormatMinor = 4 },
		`language is "python"`:           func(nb *Notebook) { nb.Metadata["kernelspec"] = json.RawMessage(`{"language":"python"}`) },
		"no code cell is tagged":         func(nb *Notebook) { nb.Cells[0].Metadata = nil },
		"both tagged":                    func(nb *Notebook) { nb.Cells[1].setTags([]string{TagParameters}) },
		"must be a literal":              func(nb *Notebook) { nb.Cells[0].Source = "var a = f()" },
		"record of a run":                func(nb *Notebook) { nb.SetInfo(RunInfo{Started: "now"}) },
	} {
		nb := blank()
		nb.Add(Code, "var a = 1", TagParameters)
		nb.Add(Code, "var b = 1")
		if p := Lint(nb); len(p) != 0 {
			t.Fatalf("good notebook: %v", p)
		}
		change(nb)
		p := Lint(nb)
		if len(p) != 1 || !strings.Contains(p[0].String(), want) {
			t.Errorf("got %v, want one problem with %q", p, want)
		}
	}
}

const oneCell = `{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[%]}`

// An output that cannot be read costs that output only, and is written back as it was.
func TestMalformedOutputs(t *testing.T) {
	const good = `{"output_type":"stream","name":"stdout","text":"kept"}`
	for bad, want := range map[string]string{
		`{"output_type":"pyout"}`: `unknown output type "pyout"`,
		`{"text":"x"}`:            "output_type is missing",
		`{"output_type":5}`:       "output_type:",
		`{"output_type":"stream","name":"stdout","text":5}`:               "text: neither",
		`{"output_type":"stream","name":"stdout","text":["a",null]}`:      "text: neither",
		`{"output_type":"stream","name":"stdout"}`:                        "text is missing",
		`{"output_type":"display_data","data":[],"metadata":{}}`:          "data:",
		`{"output_type":"display_data","metadata":{}}`:                    "data is missing",
		`{"output_type":"execute_result","data":{},"execution_count":""}`: "execution_count:",
		`null`: "is null",
		`"x"`:  "is not an object",
		`[1]`:  "is not an object",
	} {
		in := strings.Replace(oneCell, "%", `{"cell_type":"code","source":"","outputs":[`+bad+","+good+"]}", 1)
		nb, err := Read(strings.NewReader(in))
		if err != nil {
			t.Errorf("%s: %v", bad, err)
			continue
		}
		outputs := nb.Cells[0].Outputs
		if len(outputs) != 2 || outputs[0].Type != Malformed || !strings.Contains(outputs[0].Problem, want) || outputs[1].Text != "kept" {
			t.Errorf("%s: %+v, want a problem with %q", bad, outputs[0], want)
		}
		if got := write(t, nb); got != in {
			t.Errorf("written as %s, read as %s", got, in)
		}
		nb.Clean()
		if got := write(t, nb); strings.Contains(got, bad) {
			t.Errorf("Clean leaves %s", got)
		}
	}
	for _, outputs := range []string{`{}`, `5`, `"x"`, `null`} {
		in := strings.Replace(oneCell, "%", `{"cell_type":"code","source":"","outputs":`+outputs+`}`, 1)
		nb, err := Read(strings.NewReader(in))
		if err != nil || write(t, nb) != in {
			t.Errorf("outputs %s: %v, %s", outputs, err, write(t, nb))
		}
	}
	nb, err := Read(strings.NewReader(strings.Replace(oneCell, "%", `{"cell_type":"code","source":"","outputs":[{"output_type":"error","evalue":5,"traceback":"t"}]}`, 1)))
	if err != nil || nb.Cells[0].Outputs[0].Type != ErrorOutput || nb.Cells[0].Outputs[0].EValue != "5" || nb.Cells[0].Outputs[0].Traceback[0] != "t" {
		t.Errorf("an odd error is no error: %v", err)
	}
}

// What is not changed keeps its bytes.
func TestRewritingKeepsTheRest(t *testing.T) {
	for name, in := range map[string]string{
		"python's json.dump": `{"cells": [{"cell_type": "code", "metadata": {}, "source": "s := \"\ud83d\"", "id": "c0", "execution_count": null, "outputs": []}], "metadata": {"a": 1e400}, "nbformat": 4, "nbformat_minor": 5}`,
		"order of keys":      `{"nbformat_minor":2,"nbformat":4,"cells":[{"source":["a\n","b"],"outputs":[],"cell_type":"code","metadata":{"z":1,"a":2},"execution_count":null,"own":{"b":1,"a":2}}],"metadata":{"z":{"y":1,"b":2},"a":[1, 2]},"own":null}`,
		"two spaces":         "{\n  \"cells\": [\n    {\n      \"cell_type\": \"markdown\",\n      \"metadata\": {},\n      \"source\": [\n        \"a\"\n      ]\n    }\n  ],\n  \"metadata\": {},\n  \"nbformat\": 4,\n  \"nbformat_minor\": 4\n}",
		"tabs and CRLF":      "{\r\n\t\"cells\": [],\r\n\t\"metadata\": {\r\n\t\t\"a\": 12345678901234567890\r\n\t},\r\n\t\"nbformat\": 4,\r\n\t\"nbformat_minor\": 5\r\n}\r\n\r\n",
		"byte order mark":    "\ufeff" + `{"cells":[],"metadata":{"x":0.1000,"y":-0,"z":1E5},"nbformat":4,"nbformat_minor":5}` + "\n",
		"escapes":            `{"cells":[{"cell_type":"raw","metadata":{},"source":"\u00e9 \/ <>& \u003c \u2028 \u2029 \ud83d\ude00"}],"metadata":{"\u00e9":"\u00e9"},"nbformat":4,"nbformat_minor":5}`,
		"separators":         `{"cells":[{"cell_type":"raw","metadata":{},"source":"` + "\u2028 \u2029" + `"}],"metadata":{},"nbformat":4,"nbformat_minor":5}`,
		"a key twice":        `{"cells":[],"metadata":{"a":1,"a":2},"nbformat":4,"nbformat":4,"nbformat_minor":5}`,
		"lists in one line":  "{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",\n   \"execution_count\": null,\n   \"metadata\": {\"tags\": [\"a\", \"b\"]},\n   \"outputs\": [],\n   \"source\": \"x\"\n  }\n ],\n \"metadata\": {},\n \"nbformat\": 4,\n \"nbformat_minor\": 4\n}\n",
		"missing fields":     `{"cells":[{"cell_type":"code","source":""},{"cell_type":"markdown","source":[]}],"nbformat":4,"nbformat_minor":1}`,
	} {
		nb, err := Read(strings.NewReader(in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		nb.Clean()
		if diff := cmp.Diff(in, write(t, nb)); diff != "" {
			t.Errorf("%s (-before +cleaned):\n%s", name, diff)
		}
	}
	for _, layout := range []struct{ in, want string }{
		{`{"cells": [{"cell_type": "code", "source": "x", "id": "a", "outputs": [{"output_type": "stream", "text": "x"}], "execution_count": 3, "metadata": {"k": [1,2]}}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`,
			`{"cells": [{"cell_type": "code", "source": "x", "id": "a", "outputs": [], "execution_count": null, "metadata": {"k": [1,2]}}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`},
		{"{\r\n  \"cells\": [\r\n    {\r\n      \"cell_type\": \"code\",\r\n      \"execution_count\": 7,\r\n      \"metadata\": {\r\n        \"execution\": {},\r\n        \"tags\": [ \"x\" ]\r\n      },\r\n      \"outputs\": [ {} ],\r\n      \"source\": [\"a\"]\r\n    }\r\n  ],\r\n  \"metadata\": {},\r\n  \"nbformat\": 4,\r\n  \"nbformat_minor\": 5\r\n}",
			"{\r\n  \"cells\": [\r\n    {\r\n      \"cell_type\": \"code\",\r\n      \"execution_count\": null,\r\n      \"metadata\": {\r\n        \"tags\": [ \"x\" ]\r\n      },\r\n      \"outputs\": [],\r\n      \"source\": [\"a\"]\r\n    }\r\n  ],\r\n  \"metadata\": {},\r\n  \"nbformat\": 4,\r\n  \"nbformat_minor\": 5\r\n}"},
	} {
		nb, err := Read(strings.NewReader(layout.in))
		if err != nil {
			t.Fatal(err)
		}
		nb.Clean()
		if diff := cmp.Diff(layout.want, write(t, nb)); diff != "" {
			t.Errorf("(-want +cleaned):\n%s", diff)
		}
	}
}

func TestReadNamesTheByteThatIsNotUTF8(t *testing.T) {
	_, err := Read(strings.NewReader("{\"cells\":[],\n\"metadata\":{\"author\":\"Ren\xe9\"}}"))
	if err == nil || !strings.Contains(err.Error(), "byte 39 (line 2) is 0xe9") {
		t.Errorf("error %v", err)
	}
}

func TestHalfCharacter(t *testing.T) {
	for source, want := range map[string]string{
		`\ud83d`: `\ud83d`, `a \uDE00 b`: `\uDE00`, `\ud83d\ude00`: "", `\\ud83d`: "", `\ud83d\ud83d\ude00`: `\ud83d`, `\u00e9 é`: "",
	} {
		nb, err := Read(strings.NewReader(strings.Replace(oneCell, "%", `{"cell_type":"code","source":"`+source+`"}`, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if got := nb.Cells[0].HalfCharacter(); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

// What Read refuses is said in one line. What it accepts is written as it was but for the
// space between values, a new source is what is read again, and a cleaned notebook stays
// as it is.
func FuzzRead(f *testing.F) {
	golden, err := os.ReadFile("testdata/jupyter.ipynb")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte(`{"nbformat":4,"nbformat_minor":5,"cells":[{"cell_type":"code","source":["\u2028</script>"],"outputs":null}]}`))
	for _, cells := range []string{
		`{"id":1}`, `{"cell_type":"raw","source":"x","metadata":null}, {"cell_type":"markdown","id":"a","source":[],"attachments":{}}`,
		`{"cell_type":"code","source":"\ud83d","source":"y","id":"","metadata":{"tags":["parameters"],"a":1e999,"a":2}}`,
		`{"cell_type":"code","source":"","execution_count":1,"outputs":[{"output_type":"stream","text":["a\n","b"]},{"output_type":"stream","name":"","text":""}]}`,
		`{"cell_type":"code","source":"","outputs":[{"output_type":"display_data","data":{"text/html":["<p>"],"application/json":{"b":[ ]}}},1]}`,
		`{"cell_type":"code","source":"","outputs":[{"output_type":"execute_result","execution_count":null,"data":{},"metadata":[]},{"output_type":"error","ename":1,"traceback":"t"}]}`,
	} {
		f.Add([]byte(`{"nbformat":4,"nbformat_minor":2,"metadata":{},"cells":[` + cells + `]}`))
		f.Add([]byte("\ufeff{ \r\n\t\"cells\" : [" + cells + "],\"nbformat\":4,\"nbformat_minor\":5\r\n}\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		nb, err := Read(bytes.NewReader(data))
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("error %q", err)
			}
			return
		}
		first := write(t, nb)
		if got, want := compact(t, first), compact(t, string(data)); got != want {
			t.Errorf("written:\n%s\nread:\n%s", got, want)
		}
		again, err := Read(strings.NewReader(first))
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n%s", err, first)
		}
		if second := write(t, again); second != first {
			t.Errorf("not stable:\n%s\n%s", first, second)
		}
		for i, c := range nb.Cells {
			c.Source = fmt.Sprintf("%d\u2028\n%s", i, c.Source)
		}
		if again, err = Read(strings.NewReader(write(t, nb))); err != nil {
			t.Fatal(err)
		}
		for i, c := range nb.Cells {
			if again.Cells[i].Source != c.Source {
				t.Errorf("source %q is read as %q", c.Source, again.Cells[i].Source)
			}
		}
		Lint(nb)
		nb.Upgrade()
		nb.Clean()
		cleaned := write(t, nb)
		if again, err = Read(strings.NewReader(cleaned)); err != nil {
			t.Fatalf("cannot read what was cleaned: %v\n%s", err, cleaned)
		}
		again.Upgrade()
		again.Clean()
		if twice := write(t, again); twice != cleaned {
			t.Errorf("cleaned:\n%s\ncleaned twice:\n%s", cleaned, twice)
		}
	})
}

// compact returns a notebook without the space between its values.
func compact(t *testing.T, notebook string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(strings.TrimPrefix(notebook, byteOrderMark))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
