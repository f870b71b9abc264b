package experiment

import (
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
