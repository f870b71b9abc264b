//go:build lab

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"microcircuits/kernel/ipynb"
)

// labBundle returns a folder with JupyterLab as one script. It is built once for a lock
// file and a build program, next to the packages in the user's cache.
func labBundle(t *testing.T) string {
	t.Helper()
	build, err := filepath.Abs(filepath.Join("testdata", "lab", "build.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(build)
	if err != nil {
		t.Fatal(err)
	}
	root := modules(t, "lab")
	hash := sha256.Sum256(text)
	dir := filepath.Join(root, "bundle-"+hex.EncodeToString(hash[:])[:16])
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	half, err := os.MkdirTemp(root, "half-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(half)
	if out, err := exec.CommandContext(t.Context(), "node", build, root, half).CombinedOutput(); err != nil {
		t.Fatalf("bundling JupyterLab: %v\n%s", err, out)
	}
	if err := os.Rename(half, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A labPage is a page of JupyterLab in Chromium, with one notebook.
type labPage struct{ tab }

func newLabPage(t *testing.T, ctx context.Context) *labPage { return &labPage{tab{t, ctx, "lab", ""}} }

// helpers are functions for the scripts of the tests.
const helpers = `
	window.panel = () => jupyterapp.shell.currentWidget;
	window.cells = () => panel().content.widgets.filter(c => c.model.type == "code");
	window.command = (name, args) => jupyterapp.commands.execute(name, args);
	window.runAll = () => { window.allRan = false; command("notebook:run-all-cells").finally(() => window.allRan = true); };
	window.run = source => {
		const n = panel().content;
		n.activeCellIndex = n.widgets.length - 1;
		n.deselectAll();
		window.ran = false;
		command("notebook:insert-cell-below").then(() => {
			n.activeCell.model.sharedModel.setSource(source);
			return command("notebook:run-cell");
		}).finally(() => window.ran = true);
	};
	window.outputs = c => c.model.outputs.toJSON();
	window.charts = () => [...document.querySelectorAll(".dendrite-chart")];
	window.scripts = () => cells().flatMap(outputs).filter(o => o.data && o.data["application/javascript"]).length;
`

// open opens a notebook in a new page and waits for its kernel.
func (p *labPage) open(address, path string) {
	p.t.Helper()
	p.tab.open("about:blank")
	p.tab.open(address + "lab/tree/" + path + "?reset")
	p.wait(`window.jupyterapp && jupyterapp.shell.currentWidget && jupyterapp.shell.currentWidget.content && jupyterapp.shell.currentWidget.content.widgets?.length > 0`)
	p.eval("(() => {" + helpers + "})()")
	p.wait(`panel().sessionContext.session?.kernel?.connectionStatus == "connected" && panel().sessionContext.session.kernel.status == "idle"`)
}

// show scrolls to the code cell with a number, counted from 0.
func (p *labPage) show(cell int) {
	p.t.Helper()
	p.eval(fmt.Sprintf(`(() => { window.shown = false; panel().content.scrollToItem(panel().content.widgets.indexOf(cells()[%d]), "start").then(() => window.shown = true) })()`, cell))
	p.wait("shown")
}

// runAll runs all cells. None may fail, and all charts must be alive.
func (p *labPage) runAll(wantCharts int) {
	p.t.Helper()
	p.eval("runAll()")
	p.wait("allRan")
	if got := p.eval(`cells().flatMap(outputs).filter(o => o.output_type == "error" || o.name == "stderr").map(o => o.evalue || o.text).join()`); got != "" {
		p.t.Fatalf("errors: %s", got)
	}
	p.wait(fmt.Sprintf(`charts().length >= %d && charts().every(e => e.querySelector("canvas, svg"))`, wantCharts))
}

// run appends a cell and returns its outputs.
func (p *labPage) run(source string) string {
	p.t.Helper()
	code, _ := json.Marshal(source) // a string is always valid
	p.eval("run(" + string(code) + ")")
	p.wait("ran")
	return p.eval("JSON.stringify(outputs(cells().at(-1)))")
}

// A person's session in JupyterLab with the tour: run all, move the slider, open the page
// again, other themes and sizes, contextual help.
func TestLab(t *testing.T) {
	bundle := labBundle(t)
	env, tmp := installed(t)
	t.Cleanup(func() { nothingIn(t, tmp) }) // after the server has ended
	dir := notebookFolder(t)
	for _, name := range []string{"0-tour.ipynb", "1-self-prediction.ipynb"} {
		text, err := os.ReadFile(filepath.Join("..", "notebooks", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	notebook(t, dir, "help", "var kept = 7")
	app, err := filepath.Abs(filepath.Join("testdata", "lab"))
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	quiet := `{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true}}`
	if err := os.MkdirAll(filepath.Join(state, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(state, "app", "overrides.json"), []byte(quiet), 0o644); err != nil {
		t.Fatal(err)
	}
	address := server(t, append(env, "LAB_BUNDLE="+bundle, "LAB_STATE="+state, "PYTHONPATH="+app, "PYTHONDONTWRITEBYTECODE=1"), dir, "-c", "import lab_app; lab_app.App.launch_instance()")

	ctx := browser(t, 1300, 1000)
	p := newLabPage(t, ctx)
	p.tab.open("about:blank") // starts the browser
	// Lab asks before a page with a notebook that is not saved is left.
	if err := chromedp.Listen(ctx, func(ev any) {
		if _, ok := ev.(*page.EventJavascriptDialogOpening); ok {
			go func() {
				_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
			}()
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, page.Enable, page.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	// Without this, the page has no focus and Lab no current notebook.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	step := func(name string, f func(p *labPage)) {
		if !t.Run(name, func(t *testing.T) { f(newLabPage(t, ctx)) }) {
			t.FailNow() // the next step needs this one
		}
	}

	p.open(address, "0-tour.ipynb")
	step("run all", func(p *labPage) {
		if got := p.eval(`panel().context.model.dirty`); got != "false" {
			p.t.Error("opening the notebook has changed it")
		}
		p.runAll(4)
		if got := p.eval("scripts()"); got != "1" {
			p.t.Errorf("%s outputs have the charts' script, want 1", got)
		}
		p.shoot("end")
		p.show(0)
		p.shoot("tour")
	})
	step("slider", testLabSlider)
	step("open again while the kernel lives", func(p *labPage) {
		kernel := p.eval(`panel().sessionContext.session.kernel.id`)
		p.open(address, "0-tour.ipynb") // not saved
		if again := p.eval(`panel().sessionContext.session.kernel.id`); again != kernel {
			p.t.Fatalf("another kernel runs: %s and %s", kernel, again)
		}
		p.runAll(4)
		testLabSlider(p)
		p.runAll(4) // the script must stay in the notebook
		if got := p.eval("scripts()"); got != "1" {
			p.t.Errorf("%s outputs have the charts' script, want 1", got)
		}
		p.eval(`command("docmanager:save").then(() => window.saved = true)`)
		p.wait("window.saved")
	})
	step("open the saved notebook", func(p *labPage) {
		p.open(address, "0-tour.ipynb")
		p.wait(`charts().length >= 4`)
		for i := range 4 { // Lab may add a cell to the page when it is scrolled to
			p.eval(fmt.Sprintf(`charts()[%d].scrollIntoView({block: "center"})`, i))
			p.wait(fmt.Sprintf(`charts()[%d].querySelector("canvas, svg")`, i))
		}
		testLabSlider(p)
	})
	step("dark", func(p *labPage) {
		p.eval(`command("apputils:change-theme", {theme: "JupyterLab Dark"})`)
		p.wait(`document.body.dataset.jpThemeLight == "false"`)
		for i := range 4 {
			p.eval(fmt.Sprintf(`charts()[%d].scrollIntoView({block: "center"})`, i))
			p.wait(fmt.Sprintf(`charts()[%d].innerHTML.includes("#e4e6e8")`, i)) // the colour of text on a dark page
		}
		for i := range 9 {
			p.show(i)
			p.shoot(fmt.Sprint("dark-", i))
		}
		p.eval(`command("apputils:change-theme", {theme: "JupyterLab Light"})`)
		p.wait(`document.body.dataset.jpThemeLight == "true"`)
	})
	step("narrow", func(p *labPage) {
		if _, err := chromedp.Run(p.ctx, chromedp.EmulateViewport(620, 1000)); err != nil {
			p.t.Fatal(err)
		}
		p.eval(`jupyterapp.shell.collapseLeft()`)
		for i := range 4 {
			p.eval(fmt.Sprintf(`(() => { window.chart = charts()[%d]; chart.scrollIntoView({block: "center"}) })()`, i))
			p.wait(`chart.getBoundingClientRect().right <= innerWidth && chart.querySelector("svg, canvas").getBoundingClientRect().width <= chart.clientWidth + 1`)
		}
		for i := range 9 {
			p.show(i)
			p.shoot(fmt.Sprint("narrow-", i))
		}
		if got := p.eval(`[...document.querySelectorAll(".jp-RenderedHTMLCommon")].filter(e => e.getBoundingClientRect().right > innerWidth).length`); got != "0" {
			p.t.Errorf("%s outputs are wider than the window", got)
		}
		if _, err := chromedp.Run(p.ctx, chromedp.EmulateViewport(1300, 1000)); err != nil {
			p.t.Fatal(err)
		}
	})
	step("untrusted", func(p *labPage) {
		nb, err := ipynb.ReadFile(filepath.Join(dir, "0-tour.ipynb"))
		if err != nil {
			p.t.Fatal(err)
		}
		nb.Cells[0].Source += "\nchanged elsewhere"
		if err := nb.WriteFile(filepath.Join(dir, "untrusted.ipynb")); err != nil {
			p.t.Fatal(err)
		}
		p.open(address, "untrusted.ipynb")
		p.wait(`charts().length >= 4 && charts().every(e => e.querySelector("img")?.naturalWidth > 0)`)
		if got := p.eval(`document.querySelectorAll(".dendrite-chart svg, .dendrite-control").length`); got != "0" {
			p.t.Errorf("%s parts of an untrusted page come from its scripts", got)
		}
		p.show(1)
		p.shoot("untrusted")
	})
	step("self-prediction", func(p *labPage) {
		p.open(address, "1-self-prediction.ipynb")
		p.runAll(2)
		p.shoot("self-prediction")
	})
	step("contextual help", func(p *labPage) {
		p.open(address, "help.ipynb")
		p.eval("runAll()")
		p.wait("allRan")
		p.eval(`command("inspector:open").then(() => { jupyterapp.shell.activateById([...jupyterapp.shell.widgets("main")].find(w => w.context).id); window.opened = true })`)
		p.wait("window.opened && panel().content?.widgets.length > 0")
		cells, _ := json.Marshal(awkwardCells) // strings are always valid
		p.eval(`(async () => {
			const n = panel().content;
			for (const source of ` + string(cells) + `) {
				n.activeCellIndex = n.widgets.length - 1;
				await command("notebook:insert-cell-below");
				n.activeCell.model.sharedModel.setSource(source);
				n.mode = "edit";
				const e = n.activeCell.editor;
				e.focus();
				for (let line = 0; line < e.lineCount; line++)
					for (let column = 0; column <= e.getLine(line).length; column++) {
						e.setCursorPosition({line, column});
						await new Promise(done => setTimeout(done, 30));
					}
			}
			window.moved = true;
		})()`)
		p.wait("window.moved")
		if got := p.run("kept"); !strings.Contains(got, `"text/plain":"7"`) {
			p.t.Errorf("after that, a cell shows %s", got)
		}
		p.shoot("help")
	})
}

// awkwardCells are cells in which GoNB's search for a name ended nowhere, or which have
// characters of more than one byte.
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

// testLabSlider moves the slider of the tour with the mouse and with keys.
func testLabSlider(p *labPage) {
	p.t.Helper()
	p.wait(`document.querySelector(".dendrite-control input")`)
	p.eval(`(() => {
		document.querySelector(".dendrite-control").scrollIntoView({block: "center"});
		window.value = () => document.querySelector(".dendrite-control b").textContent;
		window.picture = () => document.querySelector(".dendrite-control + .dendrite-chart").innerHTML;
		window.first = picture();
	})()`)
	for range 20 { // Lab moves the cells while pictures get their size
		place, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]float64](`(() => {
			const input = document.querySelector(".dendrite-control input");
			input.scrollIntoView({block: "center"});
			const r = input.getBoundingClientRect();
			return [r.right - 8, r.top + r.height / 2];
		})()`))
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := chromedp.Run(p.ctx, chromedp.MouseClickXY(place[0], place[1])); err != nil {
			p.t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		if p.eval("picture() != first") == "true" {
			break
		}
	}
	p.wait(`picture() != first`)
	at := p.eval("value()")
	p.shoot("slider")
	if _, err := chromedp.Run(p.ctx, chromedp.KeyEvent(kb.ArrowLeft)); err != nil {
		p.t.Fatal(err)
	}
	p.wait(fmt.Sprintf("value() != %q", at))
	before := p.eval("panel().content.widgets.length")
	if _, err := chromedp.Run(p.ctx, chromedp.KeyEvent("add")); err != nil { // keys of Lab's commands
		p.t.Fatal(err)
	}
	if after := p.eval("panel().content.widgets.length"); after != before {
		p.t.Errorf("keys typed in the slider changed %s cells to %s", before, after)
	}
}
