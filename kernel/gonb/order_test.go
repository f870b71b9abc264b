package gonb

import (
	"fmt"
	"strings"
	"testing"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/internal/wire"
)

func printed(name, text string) *wire.Message {
	return wire.NewMessage("", "stream", map[string]any{"name": name, "text": text})
}

func displayed(text string, mark int) *wire.Message {
	metadata := map[string]any{"other": true}
	if mark > 0 {
		metadata[names.MarkKey] = mark
	}
	return wire.NewMessage("", "display_data", map[string]any{"data": map[string]any{"text/plain": text}, "metadata": metadata, "transient": map[string]any{}})
}

// inOrder returns the text of the messages in the order in which they are shown.
func inOrder(t *testing.T, messages ...*wire.Message) string {
	t.Helper()
	var o order
	var out []*wire.Message
	for _, m := range messages {
		out = append(out, o.take(m)...)
	}
	var all []string
	for _, m := range append(out, o.finish()...) {
		shown, _, err := Output(m)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := shown.TextOf("text/plain")
		if _, left := shown.Metadata[names.MarkKey]; left || shown.Type == "display_data" && shown.Metadata["other"] == nil {
			t.Errorf("metadata %v", shown.Metadata)
		}
		all = append(all, shown.Name+shown.Text+text)
	}
	return strings.Join(all, "|")
}

func TestOrder(t *testing.T) {
	mark := func(n int) string { return fmt.Sprint(names.MarkBegin, n, names.MarkEnd) }
	for want, messages := range map[string][]*wire.Message{
		"stdout1|two|stdout3":                   {displayed("two", 1), printed("stdout", "1"+mark(1)+"3"), printed("stderr", mark(1))},
		"stdout1|stderre|d1|stdout2|d2|stdout3": {displayed("d1", 1), displayed("d2", 2), printed("stdout", "1"+mark(1)+"2"), printed("stdout", mark(2)), printed("stdout", "3"), printed("stderr", "e"), printed("stderr", mark(1)+mark(2))},
		"stdouta|stderrb|one":                   {displayed("one", 1), printed("stdout", "a"+mark(1)), printed("stderr", "b"+mark(1))},
		"one|stdouta":                           {printed("stdout", mark(1)), printed("stderr", mark(1)), displayed("one", 1), printed("stdout", "a")},
		"one|stdouta|stdoutb":                   {printed("stdout", mark(1)+"a"), printed("stderr", mark(1)), printed("stdout", "b"), displayed("one", 1)},
		"stdouta|lost|stdoutb":                  {printed("stdout", "a"+mark(1)+mark(2)+"b"), printed("stderr", mark(1)+mark(2)), displayed("lost", 2)},
		"none|stdouta":                          {displayed("none", 0), printed("stdout", "a")},
		"stdouta|late":                          {displayed("late", 7), printed("stdout", "a")}, // the program wrote no mark
		"stdouta|1|stdoutb|2":                   {displayed("1", 1), displayed("2", 2), printed("stdout", "a"+mark(1)+"b"+mark(2)), printed("stderr", mark(1)+mark(2))},
		// A mark in pieces, and text that is similar to a mark.
		"stdouta|one|stdoutb":                 {printed("stderr", mark(1)), displayed("one", 1), printed("stdout", "a\x1b_dend"), printed("stdout", "rite 1\x1b"), printed("stdout", "\\b")},
		"stdout\x1b[31mred\x1b[0m":            {printed("stdout", "\x1b[31mred\x1b[0m")},
		"stdouta|stdout\x1b_de":               {printed("stdout", "a\x1b_de")},
		"stdouta|stdout\x1b[0mb|x|stdout\x1b": {printed("stdout", "a\x1b"), printed("stdout", "[0mb\x1b"), displayed("x", 1)},
	} {
		if got := inOrder(t, messages...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
