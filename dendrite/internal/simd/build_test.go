package simd

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestLevelsOf(t *testing.T) {
	for want, settings := range map[string][]debug.BuildSetting{
		"":                   {{Key: "-compiler", Value: "gc"}, {Key: "GOARCH", Value: "amd64"}, {Key: "GOAMD64", Value: "v1"}},
		", GOAMD64=v3":       {{Key: "GOARCH", Value: "amd64"}, {Key: "GOAMD64", Value: "v3"}},
		", GOARM64=v9.0,lse": {{Key: "GOARM64", Value: "v9.0,lse"}},
		", GO386=softfloat":  {{Key: "GO386", Value: "softfloat"}},
	} {
		if got := levelsOf(settings); got != want {
			t.Errorf("%v: %q, want %q", settings, got, want)
		}
	}
}

// The label of this test's own program says for which level it was compiled.
func TestBackend(t *testing.T) {
	if v3 := strings.Contains(Backend(), "GOAMD64=v3") || strings.Contains(Backend(), "GOAMD64=v4"); v3 != compiledV3 {
		t.Errorf("label %q, compiled for v3 or later %t", Backend(), compiledV3)
	}
	if strings.Contains(Backend(), "unknown") {
		t.Errorf("label %q", Backend())
	}
}
