package gonb

import (
	"strings"
	"testing"

	"microcircuits/kernel/cell"
)

func cellsOf(sources ...string) map[int]CellSource {
	cells := map[int]CellSource{}
	for i, source := range sources {
		from, _ := cell.Translate(source, cell.Options{})
		from = from.WithoutResult()
		cells[i+3] = CellSource{Number: i + 1, Source: strings.Split(source, "\n"), Code: strings.Split(from.Code, "\n"), From: from}
	}
	return cells
}

// Frames of a panic in cells are replaced by cell and line, also where GoNB has
// added its own note. Other frames are not changed.
func TestPanicPointsToCells(t *testing.T) {
	cells := cellsOf("func f() {\n\tpanic(1)\n}", "a()\na()\na()\nf()", "other()", "a()\na()\na()\nf()\ng()")
	program := "package main\n\nfunc f() {\n\tpanic(1)\n}\n\nfunc main() {\n\tflag.Parse()\na()\na()\na()\nf()\n}\n"
	const path = "/var/a b/dendrite-kernel-1/gonb_12ab34cd/main.go"
	trace := "panic: boo [recovered]\n\ngoroutine 1 [running]:\nmain.f()\n\t" + path + ":4 +0xa5\n" +
		"main.main()\n\t \x1b[7m[[ Cell [4] Line 3 ]]\x1b[0m " + path + ":10 +0x1\n" +
		"runtime.x()\n\t/usr/lib/go/src/runtime/main.go:4 +0x2\nexit status 2\n"
	got := (&Failure{Name: "ERROR", Value: "exit status 2"}).Explain("oh\n"+trace, program, cells)
	want := "panic: boo [recovered]\n\ngoroutine 1 [running]:\nmain.f()\n\tcell [1], line 2: panic(1)\n" +
		"main.main()\n\tcell [4], line 2: a()\nruntime.x()\n\t/usr/lib/go/src/runtime/main.go:4 +0x2"
	if text := strings.Join(got.Traceback, "\n"); text != want || got.Name != "panic" || got.Value != "boo [recovered]" {
		t.Errorf("%s: %s\n%s\nwant\n%s", got.Name, got.Value, text, want)
	}
	// A line of the program that is in no cell.
	got = (&Failure{}).Explain("panic: x\n\t"+path+":8\n\t"+path+":99\n", program, cells)
	if text := strings.Join(got.Traceback, "\n"); strings.Contains(text, "cell") {
		t.Errorf("got %s", text)
	}
}

// Text that is not a trace and not the final exit status is shown: at the latest
// when the next line arrives.
func TestTraceFilter(t *testing.T) {
	const trace = "panic: boo\n\ngoroutine 1 [running]:\nmain.main()\n\t/main.go:3\nexit status 2\n"
	for _, c := range []struct {
		written     []string
		shown, rest string // text shown after each piece, and text held back at the end
	}{
		{[]string{"one\n", "two"}, "one\n|two|", ""},
		{[]string{"one\npan", "ic: boo\n", "more"}, "one\n||panic: boo\nmore|", ""},
		{[]string{"a panic: either\n", "p", "ot\n"}, "a panic: either\n||pot\n|", ""},
		{[]string{"said pan", "ic: boo\n\ngoroutine 1"}, "said pan|ic: boo\n\ngoroutine 1|", ""}, // not at the start of the line
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
		var h TraceFilter
		shown := ""
		for _, text := range c.written {
			shown += h.Filter(text) + "|"
		}
		if shown != c.shown || h.Held() != c.rest {
			t.Errorf("%q: shown %q, held back %q; want %q, %q", c.written, shown, h.Held(), c.shown, c.rest)
		}
	}
}

// An exit status followed by more output is that of a command, not of the program.
func TestTraceFilterContinue(t *testing.T) {
	for text, want := range map[string]string{"exit status 1\n": "exit status 1\n", "exit status 1": "", "panic: boo\n": "", "oh\n": ""} {
		var h TraceFilter
		h.Filter(text)
		if got := h.Continue(); got != want {
			t.Errorf("%q: %q is released, want %q", text, got, want)
		}
	}
}

// The filter does not store shown text, so the cost of a piece does not depend on
// the length of its line.
func TestTraceFilterLongLine(t *testing.T) {
	var h TraceFilter
	piece := "\r" + strings.Repeat("x", 4095)
	for range 5000 {
		if got := h.Filter(piece); got != piece {
			t.Fatalf("a piece of %d bytes was shown as %d", len(piece), len(got))
		}
	}
	if len(h.line) > lineBytes || h.Held() != "" {
		t.Errorf("%d bytes of the line and %d others are stored", len(h.line), len(h.Held()))
	}
}

// An import that is not found is named, without what GoNB advises and without temporary
// paths.
func TestMissingPackage(t *testing.T) {
	for text, want := range map[string]string{
		"failed to run \"/x/go get\": exit status 1\n\ngo: gonb_1 imports\n\tno/such: package no/such is not in std (/x/src/no/such)\n":                            "package no/such is not in std",
		"go: gonb_1 imports\n\tgithub.com/no/such: cannot find module providing package github.com/no/such: module lookup disabled by GOPROXY=off\n---\nNote: x\n": "cannot find module providing package github.com/no/such; the kernel downloads nothing: run in the clone: go get github.com/no/such",
		"main.go:3:8: no required module provides package a.org/b; to add it:\n\tgo get a.org/b":                                                                   "no required module provides package a.org/b; the kernel downloads nothing: run in the clone: go get a.org/b",
		"reading /tmp/k/gonb_12ab/main.go: odd": "reading main.go: odd",
	} {
		got := (&Failure{Name: "ERROR", Value: text, Traceback: []string{text}}).Explain("", "", nil)
		if got.Value != want || len(got.Traceback) != 1 || got.Traceback[0] != want {
			t.Errorf("%q is explained as %q", text, got)
		}
	}
}
