package gonb

import (
	"strings"
	"testing"

	"microcircuits/kernel/cell"
)

func cellsOf(sources ...string) map[int]Written {
	cells := map[int]Written{}
	for i, source := range sources {
		from := cell.Translate(source, nil).Plain()
		cells[i+3] = Written{Number: i + 1, Source: strings.Split(source, "\n"), Code: strings.Split(from.Code, "\n"), From: from}
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
	got := (&Failure{Name: "ERROR", Value: "exit status 2"}).Explain("oh\n"+trace, program, cells, Written{})
	want := "panic: boo [recovered]\n\ngoroutine 1 [running]:\nmain.f()\n\tcell [1], line 2: panic(1)\n" +
		"main.main()\n\tcell [4], line 2: a()\nruntime.x()\n\t/usr/lib/go/src/runtime/main.go:4 +0x2"
	if text := strings.Join(got.Traceback, "\n"); text != want || got.Name != "panic" || got.Value != "boo [recovered]" {
		t.Errorf("%s: %s\n%s\nwant\n%s", got.Name, got.Value, text, want)
	}
	// A line of the program that no cell has.
	got = (&Failure{}).Explain("panic: x\n\t"+path+":8\n\t"+path+":99\n", program, cells, Written{})
	if text := strings.Join(got.Traceback, "\n"); strings.Contains(text, "cell") {
		t.Errorf("got %s", text)
	}
}

// What is no trace and no status at the end is shown as it comes, whole lines at
// the latest with the line after them.
func TestHold(t *testing.T) {
	const trace = "panic: boo\n\ngoroutine 1 [running]:\nmain.main()\n\t/main.go:3\nexit status 2\n"
	for _, c := range []struct {
		Written     []string
		shown, rest string // what is shown piece by piece, and what is kept
	}{
		{[]string{"one\n", "two"}, "one\n|two|", ""},
		{[]string{"one\npan", "ic: boo\n", "more"}, "one\n||panic: boo\nmore|", ""},
		{[]string{"a panic: either\n", "p", "ot\n"}, "a panic: either\n||pot\n|", ""},
		{[]string{"said pan", "ic: boo\n\ngoroutine 1"}, "said pan|ic: boo\n\ngoroutine 1|", ""}, // not at the beginning
		{[]string{"one\n" + trace}, "one\n|", trace},
		{strings.SplitAfter(trace, ""), strings.Repeat("|", len(trace)), trace},
		{[]string{trace, "and on\n"}, "||", trace + "and on\n"},
		{[]string{"panic: 1 [recovered]\n\tpanic: 2\n[signal SIGSEGV]\n", "\ngoroutine 1"}, "||", "panic: 1 [recovered]\n\tpanic: 2\n[signal SIGSEGV]\n\ngoroutine 1"},
		{[]string{"fatal error: x\n\nruntime stack:\n", "y"}, "||", "fatal error: x\n\nruntime stack:\ny"},
		{[]string{"panic: none\n", "\n\n", "goroutines are fine\n", "on\n"}, "||panic: none\n\n\ngoroutines are fine\n|on\n|", ""},
		{[]string{"panic: first\n", "panic: second\n", "goroutine 1 ["}, "|panic: first\n||", "panic: second\ngoroutine 1 ["},
		{[]string{"exit status 1 of the valve is normal\n", "epoch 1\n"}, "exit status 1 of the valve is normal\n|epoch 1\n|", ""},
		{[]string{"exit status 1", " of the valve\n"}, "|exit status 1 of the valve\n|", ""},
		{[]string{"exit status 1", "\n", "2\n"}, "||exit status 1\n2\n|", ""},
		{[]string{"oh\nexit status 1\n", "exit status 2\n"}, "oh\n|exit status 1\n|", "exit status 2\n"},
		{[]string{"signal: killed (core dumped)\n"}, "|", "signal: killed (core dumped)\n"},
		{[]string{"signal: strong; ", "\n"}, "signal: strong; |\n|", ""},
		{[]string{"signal: " + strings.Repeat("strong ", 10), "\n"}, "signal: " + strings.Repeat("strong ", 10) + "|\n|", ""},
		{[]string{"panic: without a trace\nexit status 2\n", "on\n"}, "|panic: without a trace\nexit status 2\non\n|", ""},
		{[]string{"\r 1 %", "\r 2 %", "\nexit status 2\n"}, "\r 1 %|\r 2 %|\n|", "exit status 2\n"},
	} {
		var h Hold
		shown := ""
		for _, text := range c.Written {
			shown += h.Pass(text) + "|"
		}
		if shown != c.shown || h.Rest() != c.rest {
			t.Errorf("%q: shown %q, kept %q; want %q, %q", c.Written, shown, h.Rest(), c.shown, c.rest)
		}
	}
}

// The status of a command is not that of the program when more is printed.
func TestHoldGoesOn(t *testing.T) {
	for text, want := range map[string]string{"exit status 1\n": "exit status 1\n", "exit status 1": "", "panic: boo\n": "", "oh\n": ""} {
		var h Hold
		h.Pass(text)
		if got := h.GoOn(); got != want {
			t.Errorf("%q: %q goes on, want %q", text, got, want)
		}
	}
}

// However long a line is, a piece of it costs as much as its own bytes: nothing
// of what was shown is kept.
func TestHoldLongLine(t *testing.T) {
	var h Hold
	piece := "\r" + strings.Repeat("x", 4095)
	for range 5000 {
		if got := h.Pass(piece); got != piece {
			t.Fatalf("a piece of %d bytes was shown as %d", len(piece), len(got))
		}
	}
	if len(h.line) > lineBytes || h.Rest() != "" {
		t.Errorf("%d bytes of the line and %d others are kept", len(h.line), len(h.Rest()))
	}
}
