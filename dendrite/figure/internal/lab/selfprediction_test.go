package lab

import (
	"math"
	"testing"

	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/record"
)

// The distance is from the closed form, for any conductances.
func TestWeightDistance(t *testing.T) {
	p := SelfPredictionPreset(record.Quick)
	p.Inputs, p.Hidden, p.Outputs = 8, 6, 3
	p.GLeak, p.GBasal, p.GApical, p.GDendrite, p.GSom = 0.13, 0.9, 0.7, 1.3, 0.6
	net, err := microcircuit.New(p.Network(true), 1)
	if err != nil {
		t.Fatal(err)
	}
	if pi, ip := p.distances(net); !(pi > 0.1) || !(ip > 0.1) {
		t.Errorf("as drawn: distances %g and %g, want those of independent weights", pi, ip)
	}
	net.SelfPredict()
	if pi, ip := p.distances(net); pi != 0 || !(ip < 1e-15) {
		t.Errorf("closed form: distances %g and %g, want 0", pi, ip)
	}
	pi, ip := net.WPI(1), net.WIP(1)
	for i := range pi.Data {
		pi.Data[i] += 0.5
	}
	for i := range ip.Data {
		ip.Data[i] -= 0.25
	}
	for kind, w := range map[microcircuit.Synapses]microcircuit.Matrix{microcircuit.WPI: pi, microcircuit.WIP: ip} {
		if err := net.SetWeights(kind, 1, w); err != nil {
			t.Fatal(err)
		}
	}
	if pi, ip := p.distances(net); !(math.Abs(pi-0.5) < 1e-12) || !(math.Abs(ip-0.25) < 1e-12) {
		t.Errorf("every weight off by 0.5 and 0.25: distances %g and %g", pi, ip)
	}
}
