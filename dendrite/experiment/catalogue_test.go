package experiment

import (
	"slices"
	"strings"
	"testing"
)

func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Catalogue() {
		if seen[e.Name] || e.Title == "" {
			t.Errorf("%q, titled %q, is twice there or has no title", e.Name, e.Title)
		}
		seen[e.Name] = true
		for _, s := range []Scale{Quick, Paper} {
			p := e.Preset(s)
			if err := p.Validate(); err != nil {
				t.Errorf("%s, %s: %v", e.Name, s, err)
			}
			for _, q := range p.Parameters() {
				if q.Changed || q.Doc == "" {
					t.Errorf("%s, %s: %+v", e.Name, s, q)
				}
			}
		}
		if got, err := Find(e.Name); err != nil || got.Name != e.Name {
			t.Errorf("found %q, %v", got.Name, err)
		}
	}
	if _, err := Find("nothing"); err == nil || !strings.Contains(err.Error(), "mnist") {
		t.Errorf("got %v", err)
	}
}

// Reports of notebooks 6 to 8 say by how much their regression is not the
// paper's.
func TestSmallRegressionDisclosesItsSettings(t *testing.T) {
	for _, info := range []Info{theoryInfo, robustnessInfo, predictionsInfo} {
		text := strings.Join(info.Deviations, "\n")
		for _, want := range []string{"30 times N's rates", "±0.3", "±5", "σ = 0.1"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: deviations do not say %q: %s", info.Name, want, text)
			}
		}
	}
}

// With rates, potentials and weights that have no unit, learning rates are in
// 1/ms, or have none where learning goes image by image.
func TestUnitsFitTheModel(t *testing.T) {
	units := map[string][]string{"r": {""}, "W": {""}, "γ": {""}, "β": {""}, "θ": {""}, "λ": {""}, "η": {"1/ms", ""}}
	for _, e := range Catalogue() {
		for _, q := range e.Preset(Paper).Parameters() {
			stem, _, _ := strings.Cut(q.Symbol, "_")
			stem, _, _ = strings.Cut(stem, "^")
			if allowed, ok := units[stem]; ok && !slices.Contains(allowed, q.Unit) {
				t.Errorf("%s: %s (%s) has the unit %q, want one of %q", e.Name, q.Name, q.Symbol, q.Unit, allowed)
			}
		}
	}
}
