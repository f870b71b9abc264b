package chart

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// newVM returns a JavaScript engine without a browser, such as the kernel program
// uses for static pictures.
func newVM(t *testing.T) *goja.Runtime {
	t.Helper()
	vm := goja.New()
	for _, script := range []string{"var setTimeout=function(){},clearTimeout=function(){},setInterval=setTimeout;", RuntimeJS(), EChartsJS()} {
		if _, err := vm.RunString(script); err != nil {
			t.Fatal(err)
		}
	}
	return vm
}

func TestScriptsDefineOnlyTheirGlobals(t *testing.T) {
	vm := goja.New()
	run := func(script string) string {
		v, err := vm.RunString(script)
		if err != nil {
			t.Fatal(err)
		}
		return v.String()
	}
	run("var setTimeout=function(){},clearTimeout=setTimeout,setInterval=setTimeout;")
	// An AMD loader as in the classic notebook, and the variables of CommonJS.
	run("var define=function(){throw 'define called'};define.amd={};var exports={old:1},module={exports:exports};")
	before := run("Object.getOwnPropertyNames(globalThis).join()")
	run(EChartsJS())
	run(RuntimeJS())
	after := run("Object.getOwnPropertyNames(globalThis).join()")
	want := before + ",__dendriteECharts,__dendriteQueue,__dendrite"
	if after != want {
		t.Errorf("globals %s, want %s", strings.TrimPrefix(after, before), strings.TrimPrefix(want, before))
	}
	if got := run("__dendriteECharts.version+Object.keys(exports)+typeof globalThis.echarts"); got != "5.6.0oldundefined" {
		t.Errorf("version, exports and echarts: %s", got)
	}
	for _, script := range []string{EChartsJS(), RuntimeJS()} {
		if strings.Contains(strings.ToLower(script), "</script") {
			t.Error("a script contains the end tag of a script element")
		}
	}
}

// Every chart can be drawn without a browser, in both themes and at both widths,
// and contains the expected texts.
func TestEveryChartDraws(t *testing.T) {
	vm := newVM(t)
	texts := map[string][]string{
		"lines":     {"test error (%)", "epoch", "microcircuit", "backprop", "paper 1.96 %"},
		"lines-log": {"patterns", ">100<"},
		"traces":    {"before", "after", "top-down", "lateral", "time (ms)", "teacher on"},
		"heatmap":   {"lambda", "rate", "error (%)"},
		"confusion": {"true class", "predicted class", "90.0 %", ">–<"},
		"images":    {"4→9", "7→1", "data:image/png;base64,"},
		"explore":   {"input", "output"},
		"scatter":   {"angle (degrees)", "lambda", "ours", "theirs"},
		"bars":      {"single layer", "8.4 %", "test error (%)", "paper"},
	}
	for name, c := range samples() {
		for _, dark := range []bool{false, true} {
			for _, width := range []int{720, 360} {
				v, err := vm.RunString(fmt.Sprintf(`(function(){
					var c = __dendriteECharts.init(null, __dendrite.theme(%[1]v), {renderer: 'svg', ssr: true, width: %[2]d, height: %[3]d});
					c.setOption(__dendrite.prepare(%[4]s, %[1]v));
					var svg = c.renderToSVGString(); c.dispose(); return svg})()`, dark, width, c.Height, c.Option))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				svg := v.String()
				for _, want := range texts[name] {
					if !strings.Contains(svg, want) {
						t.Errorf("%s, dark %v, width %d: no %q", name, dark, width, want)
					}
				}
				if strings.Contains(svg, "NaN") {
					t.Errorf("%s, dark %v, width %d: NaN in the picture", name, dark, width)
				}
			}
		}
	}
}

func TestTooltipFormats(t *testing.T) {
	vm := newVM(t)
	for _, test := range []struct{ name, script, want string }{
		{"lines", `o.tooltip.formatter([{seriesIndex:0,seriesId:"curve0",seriesName:"a{b|c}",dataIndex:0,value:[1,8.5]}])`, "epoch 1\na b c   8.5 (8 to 9) %"},
		{"lines", `o.tooltip.formatter([{seriesIndex:0,seriesId:"x",seriesName:"a",dataIndex:0,value:[1,0.00012345]}])`, "epoch 1\na  1.23 × 10⁻⁴ %"},
		{"lines", `o.tooltip.formatter([{seriesIndex:0,seriesId:"x",seriesName:"a",dataIndex:0,value:[1,null]}])`, "epoch 1\na  – %"},
		{"traces", `o.tooltip.formatter(o.series.map(function(s,i){return s.dendrite&&{seriesIndex:i,seriesId:s.id,seriesName:s.name,dataIndex:0,value:[7,s.dendrite.column]}}).filter(Boolean))`,
			"time 7 ms, before / after\ntop-down  0 / 1 mV\nlateral  0 / 1 mV\nunit 1  0 / 1"},
		{"lines-log", `o.yAxis[0].axisLabel.formatter(0.001)`, "0.001"},
		{"lines-log", `[1e-5, 10, 3, 3e-5].map(o.yAxis[0].axisLabel.formatter).join(" ")`, "10⁻⁵ 10 3 "},
		{"lines", `[9000,-1234567,20000.5].map(o.yAxis[0].axisLabel.formatter).join(" ")`, "9000 −1,234,567 20,000.5"},
		{"heatmap", `o.series[0].tooltip.formatter({value:[1,0,2]})`, "lambda a, rate 1: 2 %"},
		{"scatter", `o.series[0].tooltip.formatter({name:"p",value:[0.1,2]})`, "p\nlambda 0.1\nangle 2 degrees"},
	} {
		v, err := vm.RunString(fmt.Sprintf("(function(){var o=__dendrite.prepare(%s,false);return %s})()", samples()[test.name].Option, test.script))
		if err != nil {
			t.Fatal(err)
		}
		if got := v.String(); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.name, test.script, got, test.want)
		}
	}
}
