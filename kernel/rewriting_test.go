package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/ipynb"
)

// clean writes the file anew, but changes neither its permissions nor a link to it, and no
// byte that is not a result.
func TestCleanChangesOnlyResults(t *testing.T) {
	const executed = "{\"nbformat\": 4, \"nbformat_minor\": 2, \"cells\": [{\"source\": [\"s := \\\"\\ud83d\\\"\"], \"outputs\": [{\"output_type\": \"pyout\"}], " +
		"\"execution_count\": 1, \"cell_type\": \"code\", \"metadata\": {\"z\": 1e400, \"a\": \"<&>\"}}], \"metadata\": {}}\r\n"
	want := strings.Replace(strings.Replace(executed, `[{"output_type": "pyout"}]`, "[]", 1), `"execution_count": 1`, `"execution_count": null`, 1)
	for _, mode := range []os.FileMode{0o600, 0o640, 0o664, 0o755} {
		dir := t.TempDir()
		file, link := filepath.Join(dir, "file.ipynb"), filepath.Join(dir, "link.ipynb")
		if err := os.WriteFile(file, []byte(executed), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("file.ipynb", link); err != nil {
			t.Fatal(err)
		}
		if code, _, errOut := call(t, "clean", link); code != 0 {
			t.Fatalf("clean: %d\n%s", code, errOut)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("mode %v, want %v (%v)", info.Mode(), mode, err)
		}
		if to, err := os.Readlink(link); err != nil || to != "file.ipynb" {
			t.Errorf("the link is %q, %v", to, err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("cleaned to\n%s\nwant\n%s(%v)", got, want, err)
		}
	}
}

// A file that is not UTF-8 is refused and keeps its bytes.
func TestCleanRefusesOtherEncodings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.ipynb")
	latin1 := []byte("{\"cells\":[],\n\"metadata\":{\"author\":\"Ren\xe9\"},\"nbformat\":4,\"nbformat_minor\":5}")
	if err := os.WriteFile(path, latin1, 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := call(t, "clean", path)
	if code == 0 || !strings.Contains(errOut, "byte 39 (line 2) is 0xe9, which is not UTF-8") {
		t.Errorf("clean: %d\n%s", code, errOut)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, latin1) {
		t.Errorf("the file has changed: %q (%v)", got, err)
	}
}

// The report of an executed notebook contains the pictures beside its source, and names
// the formulas that it shows as written.
func TestReportFindsPicturesAndNamesFormulas(t *testing.T) {
	root := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	png, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	if err != nil {
		t.Fatal(err)
	}
	put("go.mod", "module microcircuits\n")
	put("notebooks/figures/a.png", string(png))
	put("private/b.png", string(png))
	source := notebook(t, filepath.Join(root, "notebooks"), "mine", "var lr = 0.1")
	nb, err := ipynb.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	nb.Add(ipynb.Markdown, "![a](figures/a.png) ![b](b.png) $\\foo$")
	for from, want := range map[string]int{"notebooks/mine.ipynb": 1, "private/none.ipynb": 0, "../../private/x.ipynb": 0, "go.mod": 0, "": 0} {
		nb.SetInfo(ipynb.RunInfo{Started: "2026-01-02T03:04:05Z", Source: from})
		executed := filepath.Join(root, "reports", "mine.ipynb")
		if err := os.MkdirAll(filepath.Dir(executed), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := nb.WriteFile(executed); err != nil {
			t.Fatal(err)
		}
		code, _, errOut := call(t, "report", "-q", executed)
		page, err := os.ReadFile(filepath.Join(root, "reports", "mine.html"))
		if code != 0 || err != nil {
			t.Fatalf("report: %d %v\n%s", code, err, errOut)
		}
		if n := bytes.Count(page, []byte("data:image/png")); n != want || !bytes.Contains(page, []byte("picture b.png is missing")) {
			t.Errorf("run from %q: %d pictures, want %d", from, n, want)
		}
		if !strings.Contains(errOut, `mine: cell 3: formula shown as written: $\foo$: Undefined control sequence: \foo`) {
			t.Errorf("no warning names the formula: %s", errOut)
		}
	}
}

// A program cannot contain half of a character, so run does not replace it in silence.
func TestRunRefusesHalfACharacter(t *testing.T) {
	root := t.TempDir()
	path := notebook(t, root, "n", "var lr = 0.1")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(data, []byte("var lr = 0.1"), []byte(`var lr = 0.1 // \ud83d`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newJob(root, path, nil); err == nil || !strings.Contains(err.Error(), `\ud83d, which is half of a character`) {
		t.Errorf("error %v", err)
	}
}
