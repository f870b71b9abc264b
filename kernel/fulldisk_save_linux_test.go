//go:build long && lab

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/ipynb"
)

// A notebook that Jupyter cannot save, because the disk is full, stays as it was, and
// Jupyter says why. (Jupyter writes it, not this project: what it leaves beside the
// notebook has a name with .~ in front.)
func TestSaveOnFullDisk(t *testing.T) {
	disk := mountDisk(t)
	nb := &ipynb.Notebook{NBFormat: 4, NBFormatMinor: 5}
	nb.Add(ipynb.Code, "// "+strings.Repeat("before ", 10_000))
	file := filepath.Join(disk.dir, "n.ipynb")
	if err := nb.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	config := t.TempDir()
	env := append(os.Environ(), "JUPYTER_CONFIG_DIR="+config, "JUPYTER_RUNTIME_DIR="+config, "JUPYTER_DATA_DIR="+config)
	address := server(t, env, disk.dir, "-m", "jupyter_server") + "api/contents/n.ipynb"
	save := func(source string) (int, string) {
		t.Helper()
		r, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		var model struct {
			Type    string         `json:"type"`
			Format  string         `json:"format"`
			Content map[string]any `json:"content"`
		}
		if err := json.NewDecoder(r.Body).Decode(&model); err != nil {
			t.Fatal(err)
		}
		model.Content["cells"].([]any)[0].(map[string]any)["source"] = source
		body, err := json.Marshal(model)
		if err != nil {
			t.Fatal(err)
		}
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	for _, left := range noSpace {
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		disk.fill(t, left)
		if status, text := save("// " + strings.Repeat("after ", 40_000)); status < 500 || !strings.Contains(text, "No space left on device") {
			t.Errorf("with %d bytes left Jupyter answers %d: %s", left, status, text)
		}
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, before) {
			t.Errorf("with %d bytes left the notebook has %d bytes, before %d (%v)", left, len(now), len(before), err)
		}
		disk.free(t)
		if status, text := save("// saved"); status != http.StatusOK {
			t.Errorf("with space again Jupyter answers %d: %s", status, text)
		}
		if saved, err := ipynb.ReadFile(file); err != nil || saved.Cells[0].Source != "// saved" {
			t.Errorf("with space again the notebook is %v, %v", saved, err)
		}
	}
}
