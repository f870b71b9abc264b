package cell

import (
	"cmp"
	"slices"
	"strings"
)

// An edit replaces a part of a text.
type edit struct {
	from, to int
	text     string
}

// edits are changes of a text that do not overlap.
type edits []edit

func (e *edits) replace(from, to int, text string) { *e = append(*e, edit{from, to, text}) }

func (e *edits) insert(at int, text string) { e.replace(at, at, text) }

// apply returns the changed text. It sorts the edits; those at the same place keep their
// order.
func (e *edits) apply(text string) string {
	slices.SortStableFunc(*e, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	at := 0
	for _, c := range *e {
		if c.from < at { // inside of a part that is replaced
			continue
		}
		b.WriteString(text[at:c.from])
		b.WriteString(c.text)
		at = c.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// origin returns the place in the original text of a place in the changed text. A place
// within a changed part is at the beginning of its line in the original.
func (e edits) origin(text string, place int) int {
	at, shift := 0, 0 // shift is changed place minus original place
	for _, c := range e {
		if c.from < at {
			continue
		}
		if place < c.from+shift {
			break
		}
		if place < c.from+shift+len(c.text) {
			at = c.from
			for range strings.Count(c.text[:place-c.from-shift], "\n") {
				if i := strings.IndexByte(text[at:c.to], '\n'); i >= 0 {
					at += i + 1
				}
			}
			return at
		}
		shift += len(c.text) - (c.to - c.from)
		at = c.to
	}
	return max(place-shift, at)
}
