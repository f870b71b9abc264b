//go:build browser

package chart

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The test runs the scripts in a real browser, under the conditions of the classic
// notebook: the page has a module loader, the script of a chart runs before its
// element is in the page, ECharts is loaded last, the same chart is shown twice,
// and its element contains a static picture. Then the page becomes dark and narrow.
func TestInBrowser(t *testing.T) {
	x := []float64{1, 2, 3}
	c := Lines(LinesSpec{Title: "T", X: Axis{Name: "epoch"}, Y: Axis{Name: "error", Unit: "%"}, Curves: []Curve{
		{Name: "a", Quantity: Backprop, X: x, Y: x}, {Name: "<b>bold</b>", X: x, Y: []float64{3, 2, 1}}}})
	before, script, ok := strings.Cut(c.HTML(), "<script>")
	if !ok {
		t.Fatal("no script in the chart's HTML")
	}
	element := strings.Replace(before, "></div>", `><img class="dendrite-static" alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></div>`, 1) + "</figure>"
	page := fmt.Sprintf(`<!doctype html><meta charset="utf-8"><body style="background:#fff">
<script>var problems=[];window.onerror=function(m){problems.push(m)};
var define=function(){problems.push("define was called")};define.amd={};</script>
<script>%s<script>%s</script>
<div id="one" style="width:720px">%s</div><div id="two">%s</div>
<script>var pictures=document.images.length, early=document.querySelectorAll(".dendrite-chart svg").length</script>
<script>%s</script>`, strings.TrimSuffix(script, "</figure>"), RuntimeJS(), element, element, EChartsJS())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) }))
	defer server.Close()

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	defer cancel()

	eval := func(script string) string {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+script+")"))
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		return got
	}
	wait := func(condition string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingTimeout(10*time.Second))); err != nil {
			t.Fatalf("waiting for %s: %v", condition, err)
		}
	}
	if _, err := chromedp.Run(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	wait(`document.querySelectorAll(".dendrite-chart svg").length==2`)
	if got := eval(`[pictures, early, document.images.length, typeof echarts, document.querySelectorAll("[role=img][aria-label]").length].join()`); got != "2,0,0,undefined,2" {
		t.Errorf("pictures before, charts before ECharts, pictures after, echarts, elements with a description: %s", got)
	}

	// A page of VS Code has no colour of its own: its body says what the theme is.
	eval(`document.body.style.background="transparent"`)
	for _, theme := range []string{"vscode-dark", "vscode-light", "vscode-high-contrast", "vscode-high-contrast-light vscode-high-contrast"} {
		kind, _, _ := strings.Cut(theme, " ")
		eval(fmt.Sprintf(`(function () { document.body.className = %q; document.body.setAttribute("data-vscode-theme-kind", %q) })()`, theme, kind))
		want := "#24292f"
		if !strings.Contains(kind, "light") {
			want = "#e4e6e8"
		}
		wait(fmt.Sprintf(`Array.prototype.some.call(document.querySelectorAll("#one svg text"), function (e) { return e.getAttribute("fill") == %q })`, want))
	}
	eval(`(function () { document.body.className = ""; document.body.removeAttribute("data-vscode-theme-kind"); document.body.style.background = "#fff" })()`)
	wait(`Array.prototype.some.call(document.querySelectorAll("#one svg text"), function (e) { return e.getAttribute("fill") == "#24292f" })`)

	one := `document.querySelector("#one .dendrite-chart")`
	light := eval(one + `.querySelector("svg text").getAttribute("fill")`)
	eval(`document.documentElement.setAttribute("data-theme","dark")`)
	wait(one + `.querySelector("svg text").getAttribute("fill")!="` + light + `"`)
	eval(`document.getElementById("one").style.width="350px"`)
	wait(one + `.querySelector("svg").getAttribute("width")=="350"`)
	if got := eval(one + `.clientHeight>360`); got != "true" {
		t.Error("a narrow chart has no space for its legend")
	}

	eval(`__dendriteECharts.getInstanceByDom(` + one + `).dispatchAction({type:"showTip",seriesIndex:0,dataIndex:1})`)
	wait(`/epoch 2/.test(` + one + `.textContent)`)
	if got := eval(one + `.querySelectorAll("b").length`); got != "0" {
		t.Error("a name was read as HTML in the tooltip")
	}
	// A chart with a control works by keyboard and by mouse, also after a change of
	// theme.
	explore := Explore("name", "b", []string{"a", "b"}, func(name string) *Chart {
		return Lines(LinesSpec{Curves: []Curve{{Name: "c", X: x, Y: x}}, Y: Axis{Name: "height of " + name}})
	})
	number := Explore("gain", 2, []int{1, 2, 3}, func(gain int) *Chart {
		return Lines(LinesSpec{Curves: []Curve{{Name: "c", X: x, Y: x}}, Y: Axis{Name: fmt.Sprintf("gain %d", gain)}})
	})
	for id, c := range map[string]*Chart{"list": explore, "slider": number} {
		element, _, _ := strings.Cut(c.HTML(), "<script>")
		eval(fmt.Sprintf(`(function () { var e = document.createElement("div"); e.id = %q; e.style.width = "700px"; e.innerHTML = %q; document.body.append(e);
			__dendrite.draw(e.querySelector(".dendrite-chart"), %s) })()`, id, element+"</figure>", c.Option))
	}
	move := func(id, value, want string) {
		t.Helper()
		eval(fmt.Sprintf(`(function () { var c = document.querySelector("#%s .dendrite-control input, #%[1]s select"); c.value = %q; c.dispatchEvent(new Event("input")) })()`, id, value))
		wait(fmt.Sprintf(`document.querySelector("#%s svg").textContent.includes(%q)`, id, want))
	}
	wait(`document.querySelector("#slider svg").textContent.includes("gain 2") && document.querySelector("#slider b").textContent == "2"`)
	move("slider", "2", "gain 3")
	move("slider", "1", "gain 2") // back to where it started
	move("slider", "0", "gain 1")
	eval(`document.documentElement.setAttribute("data-theme","light")`)
	wait(`document.querySelector("#slider svg").textContent.includes("gain 1") && document.querySelector("#slider input").getAttribute("aria-valuetext") == "1"`)
	move("list", "a", "height of a")

	if got := eval(`problems.join()`); got != "" {
		t.Errorf("problems: %s", got)
	}
}
