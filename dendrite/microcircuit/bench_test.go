package microcircuit_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	mc "microcircuits/dendrite/microcircuit"
)

// One Euler step with noise (the smallest network also without), teacher and softplus;
// forward, IP and PI weights plastic with low-pass filters, top-down weights fixed.
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"30-20-10", "30-20-10/quiet", "30-50-10", "784-500-500-10"} {
		var sizes []int
		areas, quiet := strings.CutSuffix(name, "/quiet")
		for s := range strings.SplitSeq(areas, "-") {
			n, err := strconv.Atoi(s)
			if err != nil {
				b.Fatal(err)
			}
			sizes = append(sizes, n)
		}
		b.Run(name, func(b *testing.B) {
			n := benchNetwork(b, sizes, quiet)
			b.ReportAllocs()
			for b.Loop() {
				if err := n.Step(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchNetwork(b *testing.B, sizes []int, quiet bool) *mc.Network {
	p := mc.Defaults(sizes...)
	if !quiet {
		p.Sigma = 0.1
	}
	// Small enough for any length of run to stay bounded.
	small := mc.Range{Lo: -1 / float64(sizes[0]), Hi: 1 / float64(sizes[0])}
	p.Init = mc.Init{Up: small, Down: small, IP: small, PI: small}
	last := len(sizes) - 1
	for k := 1; k <= last; k++ {
		p.Eta[k].Up = 1e-5
		if k < last {
			p.Eta[k].IP, p.Eta[k].PI = 2e-5, 1e-5
		}
	}
	n := must(b, p, 1)
	n.SelfPredict()
	pattern := mc.Pattern{Input: uniform(sizes[0], 0, 1, 1), Target: uniform(sizes[last], 0, 1, 2)}
	if err := n.Present(context.Background(), pattern, 1); err != nil {
		b.Fatal(err)
	}
	return n
}
