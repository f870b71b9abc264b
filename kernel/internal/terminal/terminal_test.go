package terminal

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"plain\ttext\n\nü":        "plain\ttext\n\nü",
		"a\n":                     "a\n",
		"12345\b\bX":              "123X5",
		"12345\b\b\b\b\b\b\b\bX":  "X2345",
		"a\n\b\bb":                "a\nb",
		"  1%\b\b\b\b 99%\n":      " 99%\n",
		"|\b/\b-\b\\\bdone":       "done",
		"日本\bX":                   "日X",
		"e\u0301a\b\bx":           "xa",
		"ab\be\u0301":             "ae\u0301",
		"10 %\r50 %\r100 %\ndone": "100 %\ndone",
		"loading...\rdone":        "doneing...",
		"loading...\r\x1b[Kdone":  "done",
		"loading\x1b[2K\rdone":    "done",
		"long text\x1b[2Kx":       "         x",
		"a\r\nb\r\r\nc":           "a\nb\nc",
		"progress\r":              "progress",
		"\x1b[1;31mred\x1b[0m \x1b[38;5;1mx\x1b[m": "red x",
		"one 1%\ntwo 1%\x1b[A\rone 9%\n\rtwo 9%\n": "one 9%\ntwo 9%\n",
		"one\ntwo\n\x1b[2A\x1b[KONE\n\x1b[KTWO\n":  "ONE\nTWO\n",
		"a\nb\n\x1b[1FB\n":                         "a\nB\n",
		"a\x1b[99Ab":                               "ab",
		"a\x1b[99999999999999999999Cb":             "a" + strings.Repeat(" ", 999) + "b",
		"abc\x1b[2Dx":                              "axc",
		"abc\x1b[1Gx":                              "xbc",
		"abc\x1b[0K\x1b[1K":                        "   ",
		"frame 1\x1b[2J\x1b[Hframe 2":              "frame 1\nframe 2",
		"a\nb\nc\x1b[2A\x1b[Jx":                    "ax",
		"\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\": "textlink",
		"\x1b]never ends":   "never ends",
		"cut \x1b[3":        "cut ",
		"cut \x1b":          "cut ",
		"\x1b(Btext\x00\a":  "text",
		"a\x7f\u0085b\x0bc": "ab\n  c",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

// A very long text is done in one pass, and very long rows do not fill the memory.
func TestLongText(t *testing.T) {
	const n = 300_000
	for in, want := range map[string]string{
		strings.Repeat("x", n) + "\bY":       strings.Repeat("x", n-1) + "Y",
		strings.Repeat("50 %\r", n) + "done": "done",
		strings.Repeat("line\n", n) + "a\bb": strings.Repeat("line\n", n) + "b",
		strings.Repeat("1\n2\x1b[A\r", n):    "1\n2",
		strings.Repeat("\b", n) + "x":        "x",
	} {
		if got := Text(in); got != want {
			t.Errorf("%.20q...: %d bytes, want %d", in, len(got), len(want))
		}
	}
}

// What is shown is text without control characters, and it is shown as it is.
func FuzzText(f *testing.F) {
	for _, s := range []string{"a\b\x1b[2K\r\x1b[3A\n", "\x1b[2J\x1b[5Gx\x1b[1K\u0301", "\v\f\x1b]x\x1b\\\x1bM", "\xff\b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Text(s)
		if !utf8.ValidString(once) || strings.ContainsFunc(once, isControl) {
			t.Errorf("%q becomes %q", s, once)
		}
		if again := Text(once); again != once {
			t.Errorf("%q becomes %q, then %q", s, once, again)
		}
	})
}
