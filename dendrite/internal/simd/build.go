package simd

import (
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// Backend names the instruction set in use, for provenance: "portable", "avx2" or "avx512".
// If the program was compiled for another processor level than the default of its
// architecture, the name contains it, as in "avx512, GOAMD64=v3": there the compiler fuses
// multiplications and additions in Go code, which changes the last bits.
func Backend() string { return level.String() + processorLevel() }

// defaultLevels are the settings of the go command if the user does not choose others.
var defaultLevels = []string{"GOAMD64=v1", "GOARM64=v8.0"}

// processorLevel returns the settings with which the program was compiled, if they are not the
// defaults, each after a comma.
var processorLevel = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ", unknown processor level"
	}
	return levelsOf(info.Settings)
})

func levelsOf(settings []debug.BuildSetting) string {
	var b strings.Builder
	for _, s := range settings {
		switch s.Key {
		case "GOAMD64", "GOARM64", "GO386", "GOARM", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64":
			if text := s.Key + "=" + s.Value; !slices.Contains(defaultLevels, text) {
				b.WriteString(", " + text)
			}
		}
	}
	return b.String()
}
