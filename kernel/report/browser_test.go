//go:build browser

package report

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"microcircuits/kernel/ipynb"
)

// shots is the folder for screenshots that people can look at.
var shots = flag.String("shots", "", "folder for screenshots of the pages tested")

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no chromium, chromium-browser or google-chrome on PATH: install Debian's package chromium")
	return ""
}

// A tab is a browser tab with a new, empty profile. It records its requests and the
// messages in its console.
type tab struct {
	t   *testing.T
	ctx context.Context

	scriptless bool

	mu       sync.Mutex
	requests []string
	console  []string
}

func newTab(t *testing.T) *tab {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("hide-scrollbars", true))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	tb := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until the browser has ended, before its profile is removed
		cancel()
	})
	if err := chromedp.Listen(ctx, tb.recordEvent); err != nil {
		t.Fatal(err)
	}
	call(tb, network.Enable, network.EnableParams{})
	call(tb, log.Enable, cdp.Empty{})
	call(tb, runtime.Enable, cdp.Empty{})
	return tb
}

func (tb *tab) recordEvent(ev any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(ev.Request.URL, "data:") && !strings.HasPrefix(ev.Request.URL, "blob:") {
			tb.requests = append(tb.requests, ev.Request.URL)
		}
	case *runtime.EventConsoleAPICalled:
		var parts []string
		for _, a := range ev.Args {
			parts = append(parts, string(a.Value), a.Description)
		}
		tb.console = append(tb.console, fmt.Sprint(ev.Type, ": ", strings.Join(parts, " ")))
	case *runtime.EventExceptionThrown:
		tb.console = append(tb.console, fmt.Sprintf("exception: %+v", ev.ExceptionDetails))
	case *log.EventEntryAdded:
		tb.console = append(tb.console, fmt.Sprintf("%s: %s", ev.Entry.Level, ev.Entry.Text))
	}
}

// check fails the test if anything except the page itself was requested, or if the
// console has a message.
func (tb *tab) check(address string) {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if len(tb.requests) != 1 || tb.requests[0] != address {
		tb.t.Errorf("requests %q, want only the file itself", tb.requests)
	}
	if len(tb.console) != 0 {
		tb.t.Errorf("console: %q", tb.console)
	}
}

func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	if err := chromedp.Do(tb.ctx, steps...); err != nil {
		tb.t.Fatal(err)
	}
}

// open loads a page; charts are drawn when it returns.
func (tb *tab) open(address string) {
	tb.t.Helper()
	tb.do(chromedp.Navigate(address), chromedp.Sleep(300*time.Millisecond))
	if !tb.scriptless {
		tb.do(chromedp.Evaluate[chromedp.Void](`globalThis.__dendriteReady`, chromedp.EvalAwaitPromise))
	}
}

func call[P, R any](tb *tab, cmd cdp.Command[P, R], params P) R {
	tb.t.Helper()
	r, err := chromedp.Call(tb.ctx, cmd, params)
	if err != nil {
		tb.t.Fatal(err)
	}
	return r
}

func eval[T any](tb *tab, js string) T {
	tb.t.Helper()
	v, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](js))
	if err != nil {
		tb.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// count counts elements, without running any script.
func (tb *tab) count(selector string) int {
	tb.t.Helper()
	root := call(tb, dom.GetDocument, dom.GetDocumentParams{}).Root
	return len(call(tb, dom.QuerySelectorAll, dom.QuerySelectorAllParams{NodeID: root.NodeID, Selector: selector}).NodeIDs)
}

// visible counts the elements that are laid out, without running any script.
func (tb *tab) visible(selector string) int {
	tb.t.Helper()
	root := call(tb, dom.GetDocument, dom.GetDocumentParams{}).Root
	n := 0
	for _, id := range call(tb, dom.QuerySelectorAll, dom.QuerySelectorAllParams{NodeID: root.NodeID, Selector: selector}).NodeIDs {
		box, err := chromedp.Call(tb.ctx, dom.GetBoxModel, dom.GetBoxModelParams{NodeID: id})
		if err == nil && box.Model.Width > 3 && box.Model.Height > 3 {
			n++
		}
	}
	return n
}

func (tb *tab) shoot(name string) {
	tb.t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(tb.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		tb.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name), png, 0o644); err != nil {
		tb.t.Fatal(err)
	}
}

func (tb *tab) screen(width int64, dark, mobile bool) {
	tb.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	call(tb, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: mobile})
	call(tb, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// saved writes a page to a new folder and returns its file URL.
func saved(t *testing.T, html []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := Save(path, html); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

const drawn = `Array.from(document.querySelectorAll('.dendrite-chart')).filter(e => e.querySelector('canvas, svg')).length`

func TestReportInBrowser(t *testing.T) {
	tb := newTab(t)
	address := saved(t, render(t, illustrated(t, "sample", sample)))
	tb.open(address)
	tb.check(address)
	if n := eval[int](tb, drawn); n != sampleCharts {
		t.Errorf("%d charts drawn, want %d", n, sampleCharts)
	}
	if n := tb.visible("math"); n < 5 {
		t.Errorf("%d formulas visible, want at least 5", n)
	}
	const folded = `document.querySelectorAll('details.code:not([open])').length`
	if n := eval[int](tb, folded); n != 3 {
		t.Errorf("%d code cells folded, want 3", n)
	}
	const theme = `document.documentElement.dataset.theme + ' ' + getComputedStyle(document.body).backgroundColor`
	eval[chromedp.Void](tb, `document.querySelector("#theme-toggle").click()`)
	dark := eval[string](tb, theme)
	eval[chromedp.Void](tb, `document.querySelector("#theme-toggle").click()`)
	light := eval[string](tb, theme)
	if dark != "dark rgb(20, 23, 28)" || light != "light rgb(255, 255, 255)" {
		t.Errorf("theme button gave %q then %q", dark, light)
	}
	eval[chromedp.Void](tb, `document.querySelector("#code-toggle").click()`)
	if n := eval[int](tb, folded); n != 0 {
		t.Errorf("%d code cells still folded after Show all code", n)
	}
	if n := eval[int](tb, `Array.from(document.querySelectorAll('a.save')).filter(a => !a.hidden && a.href && /^figure-\d+\.(csv|svg|png)$/.test(a.download)).length`); n != 3*sampleCharts {
		t.Errorf("%d download links, want %d", n, 3*sampleCharts)
	}
	tb.check(address)
}

func TestReportWithoutScripts(t *testing.T) {
	tb := newTab(t)
	tb.scriptless = true
	call(tb, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	address := saved(t, render(t, illustrated(t, "sample", sample)))
	tb.open(address)
	tb.check(address)
	for selector, want := range map[string]int{".dendrite-chart img.dendrite-static": sampleCharts, "math": 5, ".comparison table": 1} {
		if n := tb.visible(selector); n < want {
			t.Errorf("%d visible %s without scripts, want %d", n, selector, want)
		}
	}
	tb.shoot("noscript.png")
}

func TestHostileInBrowser(t *testing.T) {
	tb := newTab(t)
	address := saved(t, render(t, illustrated(t, "hostile", hostile)))
	tb.open(address)
	const hacked = `!!globalThis.HACKED`
	if eval[bool](tb, hacked) {
		t.Error("a script of the notebook ran")
	}
	if n := eval[int](tb, drawn); n != hostileCharts {
		t.Errorf("%d charts drawn, want %d", n, hostileCharts)
	}
	// Tooltips of charts are shown as drawn text.
	const tipped = `Array.from(document.querySelectorAll('.dendrite-chart')).filter(e => {
		const chart = globalThis.__dendriteECharts.getInstanceByDom(e);
		chart.dispatchAction({type: 'showTip', seriesIndex: 0, dataIndex: 0});
		chart.getZr().flush();
		return /<a id="injected"|HACKED/.test(e.textContent) }).length`
	if n := eval[int](tb, tipped); n != hostileCharts {
		t.Errorf("%d tips shown, want %d", n, hostileCharts)
	}
	const views = `Array.from(document.querySelectorAll('.dendrite-chart')).filter(e =>
		(globalThis.__dendriteECharts.getInstanceByDom(e).getOption().toolbox || []).some(b => b.feature && b.feature.dataView)).length`
	if n := eval[int](tb, views); n != 0 {
		t.Errorf("%d charts offer their data as HTML", n)
	}
	if tb.count("#injected") != 0 {
		t.Error("a chart put HTML into the page")
	}
	// The reader opens all details and clicks all links inside the page.
	eval[chromedp.Void](tb, `document.querySelectorAll('details').forEach(d => d.open = true);
		document.querySelectorAll('main a:not([download])').forEach(a => { if ((a.getAttribute('href') || '#')[0] === '#') a.click() })`)
	tb.do(chromedp.Sleep(200 * time.Millisecond))
	if eval[bool](tb, hacked) {
		t.Error("a script of the notebook ran when things were clicked")
	}
	tb.check(address)
	tb.shoot("hostile.png")
}

func TestCompareInBrowser(t *testing.T) {
	for name, page := range map[string][]byte{
		"compare":         compared(t, illustrated(t, "sample", sample), changedSample(t)),
		"compare-hostile": compared(t, illustrated(t, "hostile", hostile), illustrated(t, "hostile", hostile)),
	} {
		tb := newTab(t)
		address := saved(t, page)
		for _, s := range []struct {
			name         string
			width        int64
			dark, mobile bool
		}{{"desktop", 1400, false, false}, {"phone-dark", 390, true, true}} {
			tb.screen(s.width, s.dark, s.mobile)
			tb.open(address)
			if n, all := eval[int](tb, drawn), eval[int](tb, `document.querySelectorAll('.dendrite-chart').length`); n != all || n == 0 {
				t.Errorf("%s, %s: %d of %d charts drawn", name, s.name, n, all)
			}
			if n := eval[int](tb, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); n > 0 {
				t.Errorf("%s, %s: the page is %d px wider than the screen", name, s.name, n)
			}
			if eval[bool](tb, `!!globalThis.HACKED`) {
				t.Errorf("%s: a script of the notebook ran", name)
			}
			tb.audit(name + ", " + s.name)
			tb.shoot(name + "-" + s.name + ".png")
		}
	}
}

func TestIndexInBrowser(t *testing.T) {
	tb := newTab(t)
	address := saved(t, sampleIndex(t))
	tb.screen(1280, false, false)
	tb.open(address)
	tb.check(address)
	if n := tb.visible(".thumb img"); n != 2 {
		t.Errorf("%d thumbnails visible, want 2", n)
	}
	tb.audit("index")
	tb.shoot("index.png")
	tb.screen(390, true, true)
	tb.open(address)
	tb.audit("index, phone, dark")
	tb.shoot("index-phone-dark.png")
}

// TestScreens opens the report on screens of different sizes: no page may be wider than
// its screen. With -shots it also saves screenshots.
func TestScreens(t *testing.T) {
	tb := newTab(t)
	for name, nb := range map[string]*ipynb.Notebook{"report": illustrated(t, "sample", sample), "failed": failing(t)} {
		address := saved(t, render(t, nb))
		for _, s := range []struct {
			name         string
			width        int64
			dark, mobile bool
		}{{"desktop", 1280, false, false}, {"dark", 1280, true, false}, {"phone", 390, false, true}, {"phone-dark", 390, true, true}} {
			tb.screen(s.width, s.dark, s.mobile)
			tb.open(address)
			if n := eval[int](tb, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); n > 0 {
				t.Errorf("%s, %s: the page is %d px wider than the screen", name, s.name, n)
			}
			tb.audit(name + ", " + s.name)
			tb.shoot(name + "-" + s.name + ".png")
		}
		tb.screen(1280, true, false) // a dark page must be printed light
		tb.open(address)
		pdf, err := chromedp.Run(tb.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()))
		if err != nil {
			t.Fatal(err)
		}
		if *shots != "" {
			if err := os.WriteFile(filepath.Join(*shots, name+".pdf"), pdf, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// pages are finished reports, such as those of the project's notebooks.
var pages = flag.String("pages", "", "comma-separated HTML files that TestPages opens")

// axe is the file of an accessibility checker, which is not part of the project.
// scripts/test downloads it.
var axe = flag.String("axe", "", "axe-core's axe.min.js: check the accessibility of the pages tested")

// audit fails the test for every serious violation that axe-core finds.
func (tb *tab) audit(name string) {
	tb.t.Helper()
	if *axe == "" {
		return
	}
	js, err := os.ReadFile(*axe)
	if err != nil {
		tb.t.Fatal(err)
	}
	eval[chromedp.Void](tb, string(js))
	const check = `axe.run({resultTypes: ["violations"]}).then(r => r.violations.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " " + n.failureSummary).join(" | ")))`
	found, err := chromedp.Run(tb.ctx, chromedp.Evaluate[[]string](check, chromedp.EvalAwaitPromise))
	if err != nil {
		tb.t.Fatal(err)
	}
	for _, v := range found {
		tb.t.Errorf("%s: %s", name, v)
	}
}

// TestPages opens finished reports in a browser.
func TestPages(t *testing.T) {
	for _, path := range strings.FieldsFunc(*pages, func(r rune) bool { return r == ',' }) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			path, err := filepath.Abs(path)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() > 3_000_000 {
				t.Errorf("%d bytes, want at most 3 MB", info.Size())
			}
			address := (&url.URL{Scheme: "file", Path: path}).String()
			for _, s := range []struct {
				name         string
				width        int64
				dark, mobile bool
			}{{"desktop", 1280, false, false}, {"dark", 1280, true, false}, {"phone", 390, false, true}} {
				tb := newTab(t)
				tb.screen(s.width, s.dark, s.mobile)
				tb.open(address)
				tb.check(address)
				if n, all := eval[int](tb, drawn), eval[int](tb, `document.querySelectorAll('.dendrite-chart').length`); n != all {
					t.Errorf("%s: %d of %d charts drawn", s.name, n, all)
				}
				if n := eval[int](tb, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); n > 0 {
					t.Errorf("%s: the page is %d px wider than the screen", s.name, n)
				}
				tb.audit(s.name)
				tb.shoot(strings.TrimSuffix(filepath.Base(path), ".html") + "-" + s.name + ".png")
			}
			// Without scripts the static pictures are shown.
			tb := newTab(t)
			tb.scriptless = true
			call(tb, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			tb.open(address)
			tb.check(address)
			if n, all := tb.visible(".dendrite-static"), tb.count(".dendrite-chart"); n != all {
				t.Errorf("without scripts: %d of %d figures visible", n, all)
			}
			if n, all := tb.visible("math"), tb.count("math"); n != all {
				t.Errorf("without scripts: %d of %d formulas visible", n, all)
			}
		})
	}
}
