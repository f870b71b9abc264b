//go:build jupyter && browser

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"microcircuits/kernel/ipynb"
)

// A classic is the classic Notebook with one notebook open in Chromium.
type classic struct{ tab }

// openClassic starts Jupyter's server and opens the notebook at path; its cells run
// in the installed kernel.
func openClassic(t *testing.T, env []string, path string) *classic {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	const token = "for-this-test-only"
	var log bytes.Buffer
	server := exec.Command("jupyter-notebook", "--no-browser", "--allow-root", "--ip=127.0.0.1", fmt.Sprintf("--port=%d", port),
		"--NotebookApp.port_retries=0", "--NotebookApp.token="+token, "--notebook-dir="+filepath.Dir(path))
	server.Env, server.Stdout, server.Stderr = env, &log, &log
	server.WaitDelay = 10 * time.Second
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Wait() }()
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM) // ends its kernels, too
		select {
		case <-done:
		case <-time.After(time.Minute):
			_ = server.Process.Kill()
			<-done
			t.Error("the server did not end")
		}
		if t.Failed() {
			t.Logf("server:\n%s", log.String())
		}
	})
	site := fmt.Sprintf("http://127.0.0.1:%d", port)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if r, err := http.Get(site + "/api"); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not answer")
		}
	}

	c := &classic{tab{t, browser(t, 1200, 1000), "classic", "`the notebook's last cell: ` + Jupyter.notebook.get_cells().slice(-1)[0].element.text()"}}
	c.open(site + "/notebooks/" + filepath.Base(path) + "?token=" + token)
	c.wait(`window.Jupyter && Jupyter.notebook && Jupyter.notebook._fully_loaded && Jupyter.notebook.kernel && Jupyter.notebook.kernel.is_connected()`)
	return c
}

// command runs a command of the notebook, as its menus and keys do.
func (c *classic) command(name string) {
	c.t.Helper()
	c.eval(fmt.Sprintf(`Jupyter.actions.call("jupyter-notebook:%s")`, name))
}

// add appends a cell, runs it, and returns the JavaScript expression for it.
func (c *classic) add(source string) string {
	c.t.Helper()
	n := c.eval(fmt.Sprintf(`(function () { var n = Jupyter.notebook; n.insert_cell_at_bottom("code").set_text(%q); return n.ncells() - 1 })()`, source))
	cell := "Jupyter.notebook.get_cell(" + n + ")"
	c.eval(`(function (c) { c.element[0].scrollIntoView(); c.execute() })(` + cell + `)`)
	return cell
}

// run adds a cell, waits until it has ended and returns the text of its output.
func (c *classic) run(source string) string {
	c.t.Helper()
	cell := c.add(source)
	c.ended(cell)
	return c.eval(cell + ".output_area.element.text()")
}

func (c *classic) ended(cell string) {
	c.t.Helper()
	c.wait(`typeof ` + cell + `.input_prompt_number == "number"`)
}

// A user's session: the tour, a slider, a long training that is stopped and
// continued, the parameters and a report.
func TestClassicNotebook(t *testing.T) {
	env, tmp := installed(t)
	dir, err := os.MkdirTemp("../notebooks", ".test-") // in the clone, where the kernel finds it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	tour, err := ipynb.ReadFile("../notebooks/0-tour.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	name := "tour-" + strings.TrimPrefix(filepath.Base(dir), ".test-")
	path, err := filepath.Abs(filepath.Join(dir, name+".ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if err := tour.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nothingIn(t, tmp) }) // after the server has ended
	c := openClassic(t, append(env, "DENDRITE_STORE="+t.TempDir()), path)

	// The tour, by Cell, Run All.
	c.command("run-all-cells")
	c.wait(`Jupyter.notebook.get_cells().every(c => c.cell_type != "code" || typeof c.input_prompt_number == "number")`)
	if got := c.eval(`Jupyter.notebook.get_cells().filter(c => c.cell_type == "code").flatMap(c => c.output_area.outputs)
		.filter(o => o.output_type == "error" || o.name == "stderr").map(o => o.evalue || o.text).join()`); got != "" {
		t.Fatalf("errors: %s", got)
	}
	c.wait(`document.querySelectorAll(".dendrite-chart").length >= 4 &&
		[...document.querySelectorAll(".dendrite-chart")].every(e => e.querySelector("canvas, svg"))`)

	// The slider changes the picture at once, and back.
	c.eval(`window.picture = function () { var e = document.querySelector(".dendrite-control + .dendrite-chart"), k = e.querySelector("canvas"); return k ? k.toDataURL() : e.innerHTML }`)
	move := func(to string) {
		c.eval(fmt.Sprintf(`(function () { var s = document.querySelector(".dendrite-control input"); s.scrollIntoView({block: "center"}); s.value = %q; s.dispatchEvent(new Event("input")) })()`, to))
	}
	c.eval(`document.querySelector(".dendrite-control").scrollIntoView({block: "center"})`)
	c.shoot("slider-at-first")
	c.eval(`window.first = picture()`)
	move("4")
	c.wait(`picture() != first && document.querySelector(".dendrite-control b").textContent == "0.5"`)
	c.shoot("slider-moved")
	move("2")
	c.wait(`picture() == first`)

	// The command of the stop button stops a training of several hours after its
	// first epoch.
	const training = "import \"microcircuits/dendrite/figure\"\n\n%%\ndendrite.Summary(dendrite.Run(figure.MNIST, dendrite.Preset(figure.MNIST, \"quick\", dendrite.Changes{\"Seeds\": 1, \"Epochs\": 900, \"Hidden\": []int{10, 10}})))"
	cell := c.add(training)
	shown := cell + ".output_area.element.text()"
	c.eval(fmt.Sprintf(`(function () { window.epochs = []; setInterval(function () {
		var m = /microcircuit, seed 1: epoch (\d+) of 900/.exec(%s); if (m) epochs.push(+m[1]) }, 50) })()`, shown))
	c.wait(`epochs.some(e => e > 1)`)
	c.shoot("training")
	c.command("interrupt-kernel")
	c.ended(cell)
	c.wait(`/run (the|this) cell again/i.test(` + shown + `)`)
	c.shoot("interrupted")

	c.eval(`(function () { epochs.length = 0; ` + cell + `.execute() })()`)
	c.wait(`epochs.length > 0`)
	if got := c.eval(`epochs[0] > 0`); got != "true" {
		t.Errorf("after the interrupt training started again at epoch %s", c.eval(`epochs[0]`))
	}
	c.command("interrupt-kernel")
	c.ended(cell)

	// The kernel still works: parameters and the report.
	if got := c.run("%params self-prediction"); !strings.Contains(got, "Sigma") {
		t.Errorf("%%params shows %q", got)
	}
	exported := filepath.Join("..", "reports", name+"-export.html")
	t.Cleanup(func() { os.Remove(exported) })
	c.eval(`Jupyter.notebook.insert_cell_at_bottom("code").set_text("%%\ndendrite.Export()")`)
	c.eval(`Jupyter.notebook.save_notebook().then(function () { window.saved = true })`)
	c.wait(`window.saved`)
	last := `Jupyter.notebook.get_cell(Jupyter.notebook.ncells() - 1)`
	c.eval(last + `.execute()`)
	c.ended(last)
	if got := c.eval(last + `.output_area.element.text()`); !strings.Contains(got, name+"-export.html") {
		t.Errorf("Export shows %q", got)
	}
	page, err := os.ReadFile(exported)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, []byte("Learning under noise")) {
		t.Error("the report lacks the tour's last figure")
	}
}
