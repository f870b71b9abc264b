package chart

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// svgTexts returns the text elements of a drawing, in order, after checking that
// it is well-formed and that all its text is inside it.
func svgTexts(t *testing.T, d *Diagram) []string {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(d.SVG))
	var texts []string
	inText, height := false, 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("%s: %v", d.Title, err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			inText = e.Name.Local == "text"
			for _, a := range e.Attr {
				if a.Name.Local == "viewBox" {
					height, _ = strconv.Atoi(strings.Fields(a.Value)[3])
				}
				limit := map[string]int{"x": circuitWidth, "y": height}[a.Name.Local]
				if v, err := strconv.Atoi(a.Value); inText && limit > 0 && (err != nil || v < 0 || v > limit) {
					t.Errorf("%s: text at %s=%s, outside the drawing", d.Title, a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			if inText {
				texts = append(texts, string(e))
			}
		case xml.EndElement:
			inText = false
		}
	}
}

func TestCircuitNamesEverySynapseOnce(t *testing.T) {
	for hidden, want := range map[int][]string{
		1: {"W PP 1,0", "W PP 2,1", "W PP 1,2", "W IP 1,1", "W PI 1,1", "v P A,1", "v P B,1", "v P B,2", "u P 1", "u P 2", "u I 1", "u trgt 2"},
		2: {"W PP 1,0", "W PP 2,1", "W PP 3,2", "W PP 1,2", "W PP 2,3", "W IP 1,1", "W IP 2,2", "W PI 1,1", "W PI 2,2", "v P A,2", "v P B,3", "u I 2", "u trgt 3"},
	} {
		all := strings.Join(svgTexts(t, Circuit(CircuitSpec{Title: "c", Hidden: hidden, Teacher: true})), " ") + " "
		for _, symbol := range want {
			if n := strings.Count(all, symbol+" "); n != 1 {
				t.Errorf("%d hidden areas: %q is written %d times in %q", hidden, symbol, n, all)
			}
		}
	}
}

func TestCircuitParts(t *testing.T) {
	plain := Circuit(CircuitSpec{Title: "c"})
	if text := strings.Join(svgTexts(t, plain), " "); strings.Contains(text, "VIP") || strings.Contains(text, "Teacher") || strings.Contains(text, "n = ") {
		t.Errorf("optional parts were drawn: %q", text)
	}
	if !strings.Contains(plain.Alt, "No synapse is plastic") {
		t.Errorf("alt %q", plain.Alt)
	}
	full := Circuit(CircuitSpec{Title: "c", Teacher: true, VIP: true, Sizes: []int{30, 20, 10}, Plastic: Plastic{IP: true, PI: true}})
	text := strings.Join(svgTexts(t, full), " ")
	for _, want := range []string{"VIP", "Teacher", "n = 20", "n = 10", "30 rates"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	if !strings.Contains(full.Alt, "Plastic synapses: pyramidal-to-interneuron, interneuron-to-pyramidal.") || !strings.Contains(full.Alt, "teacher") || !strings.Contains(full.Alt, "VIP") {
		t.Errorf("alt %q", full.Alt)
	}
	for _, q := range []Quantity{Soma, Apical, Basal, Interneuron, Target, Input} {
		if !strings.Contains(full.SVG, q.Color()) {
			t.Errorf("the colour of %s is not used", q)
		}
	}
}

// The disc of a plastic synapse is filled, that of a fixed one is not.
func TestCircuitPlasticSynapsesAreFilled(t *testing.T) {
	filled := regexp.MustCompile(`<circle cx="\d+" cy="\d+" r="5.5" fill="#`)
	count := func(p Plastic) int {
		return len(filled.FindAllString(Circuit(CircuitSpec{Title: "c", Plastic: p}).SVG, -1))
	}
	for _, c := range []struct {
		p    Plastic
		want int
	}{{Plastic{}, 0}, {Plastic{Up: true}, 2}, {Plastic{Down: true}, 1}, {Plastic{IP: true}, 1}, {Plastic{Up: true, Down: true, IP: true}, 4}} {
		if got := count(c.p); got != c.want {
			t.Errorf("%+v: %d filled discs, want %d", c.p, got, c.want)
		}
	}
}

func TestDiagramBundle(t *testing.T) {
	d := Circuit(CircuitSpec{Title: `A "circuit" <1>`, Caption: "with a & b"})
	b := d.Bundle()
	if b["image/svg+xml"] != d.SVG || b["text/plain"] != d.Alt {
		t.Error("picture or description missing in the bundle")
	}
	page, _ := b["text/html"].(string)
	if !strings.Contains(page, base64.StdEncoding.EncodeToString([]byte(d.SVG))) || !strings.Contains(page, "<b>A &#34;circuit&#34; &lt;1&gt;</b> with a &amp; b") {
		t.Errorf("html %.200s", page)
	}
	if again := Circuit(CircuitSpec{Title: `A "circuit" <1>`, Caption: "with a & b"}); again.SVG != d.SVG {
		t.Error("two drawings of the same circuit differ")
	}
}

func TestCircuitRefusesWrongSizes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("two sizes for three areas were accepted")
		}
	}()
	Circuit(CircuitSpec{Sizes: []int{3, 2}})
}
