//go:build long

package front

import (
	"strings"
	"testing"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/ipynb"
)

// Each page gets the charts' script once, with its first chart, and again when that cell
// runs again or has removed its outputs. No output that other programs print contains it.
func TestScriptOncePerPage(t *testing.T) {
	f := &Front{Script: func(o *ipynb.Output) string {
		if _, ok := o.Data["application/vnd.dendrite.chart+json"]; ok {
			return "the script"
		}
		return ""
	}}
	first := startFront(t, f)
	second := attach(t, f.out.conn)
	const one, two = "dendrite.Show(1)\ndendrite.Show(dendrite.Lines(dendrite.LinesSpec{Title: \"one\"}))", "dendrite.Lines(dendrite.LinesSpec{Title: \"two\"})"
	for i, step := range []struct {
		page       *gonb.Session
		code, want string
	}{
		{first, "dendrite.Show(\"no chart\")", "display_data: no chart"},
		{first, one, "display_data: 1|script|display_data: one"},
		{first, two, "execute_result: two"},
		{first, two, "execute_result: two"},
		{second, two, "script|execute_result: two"},
		{second, one, "display_data: 1|display_data: one"},
		{first, one, "display_data: 1|script|display_data: one"},
		{first, "for i := range 2 {\n\tdendrite.Clear(false)\n\tdendrite.Show(i, dendrite.Lines(dendrite.LinesSpec{}))\n}", "display_data: 1|display_data: "},
		{second, two + "\n", "execute_result: two"},
		{second, two, "script|execute_result: two"},
	} {
		var all []string
		r := run(t, step.page, step.code, 0)
		for _, o := range r.Outputs() {
			js, ok := o.TextOf("application/javascript")
			html, _ := o.TextOf("text/html")
			plain, _ := o.TextOf("text/plain")
			switch {
			case strings.Contains(html+plain, "the script"):
				t.Errorf("step %d: the script is in an output that is printed", i)
			case ok && js == "the script":
				all = append(all, "script")
			default:
				all = append(all, o.Type+": "+plain)
			}
		}
		if got := strings.Join(all, "|"); got != step.want {
			t.Errorf("step %d shows %q, want %q", i, got, step.want)
		}
	}
	const clears = "dendrite.Show(dendrite.Lines(dendrite.LinesSpec{Title: \"a\"}))\ndendrite.Clear(false)\ndendrite.Show(dendrite.Lines(dendrite.LinesSpec{Title: \"b\"}))"
	third := attach(t, f.out.conn)
	if outputs := run(t, third, clears, 0).Outputs(); len(outputs) != 2 || outputs[0].Data["application/javascript"] == nil {
		t.Errorf("a cell that removes its outputs has %d, want script and chart", len(outputs))
	}
}
