package jupyter

import (
	"strings"
	"testing"

	"microcircuits/kernel/cell"
)

func cellsOf(sources ...string) map[int]written {
	cells := map[int]written{}
	for i, source := range sources {
		from := cell.Translate(source, nil).Plain()
		cells[i+3] = written{number: i + 1, source: strings.Split(source, "\n"), code: strings.Split(from.Code, "\n"), from: from}
	}
	return cells
}

// The frames of a panic are found in the cells, whether GoNB had noted them or
// not; what lies elsewhere stays as it is.
func TestPanicPointsToCells(t *testing.T) {
	cells := cellsOf("func f() {\n\tpanic(1)\n}", "a()\na()\na()\nf()", "other()", "a()\na()\na()\nf()\ng()")
	program := "package main\n\nfunc f() {\n\tpanic(1)\n}\n\nfunc main() {\n\tflag.Parse()\na()\na()\na()\nf()\n}\n"
	const path = "/var/a b/dendrite-kernel-1/gonb_12ab34cd/main.go"
	trace := "panic: boo [recovered]\n\ngoroutine 1 [running]:\nmain.f()\n\t" + path + ":4 +0xa5\n" +
		"main.main()\n\t \x1b[7m[[ Cell [4] Line 3 ]]\x1b[0m " + path + ":10 +0x1\n" +
		"runtime.x()\n\t/usr/lib/go/src/runtime/main.go:4 +0x2\nexit status 2\n"
	got := (&failure{name: "ERROR", value: "exit status 2"}).explain("oh\n"+trace, program, cells, written{})
	want := "panic: boo [recovered]\n\ngoroutine 1 [running]:\nmain.f()\n\tcell [1], line 2: panic(1)\n" +
		"main.main()\n\tcell [4], line 2: a()\nruntime.x()\n\t/usr/lib/go/src/runtime/main.go:4 +0x2"
	if text := strings.Join(got.traceback, "\n"); text != want || got.name != "panic" || got.value != "boo [recovered]" {
		t.Errorf("%s: %s\n%s\nwant\n%s", got.name, got.value, text, want)
	}
	// A line of the program that no cell has.
	got = (&failure{}).explain("panic: x\n\t"+path+":8\n\t"+path+":99\n", program, cells, written{})
	if text := strings.Join(got.traceback, "\n"); strings.Contains(text, "cell") {
		t.Errorf("got %s", text)
	}
}

func TestHold(t *testing.T) {
	var h hold
	shown := h.write("one\npan") + h.write("ic: not at the beginning\n") + h.write("a panic: either\npanic: boo\n") + h.write("more")
	if shown != "one\npanic: not at the beginning\na panic: either\n" || h.rest() != "panic: boo\nmore" {
		t.Errorf("shown %q, held %q", shown, h.rest())
	}
}
