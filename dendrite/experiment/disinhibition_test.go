package experiment

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"microcircuits/dendrite/task"
)

// smallDisinhibition takes small networks through a few hundred digits.
func smallDisinhibition(t *testing.T) Disinhibition {
	p := DisinhibitionPreset(Quick)
	p.Data, p.Seeds, p.Epochs, p.Hidden = writeDigits(t, 600, 100), 2, 3, 40
	p.Reader = DisinhibitionReader{Hidden: 20, Epochs: 2, Eta: 1}
	p.Recall.Images = 20
	p.Continuous.Trials = 20
	return p
}

func sameDisinhibition(a, b *DisinhibitionRun) bool {
	return reflect.DeepEqual(a.Circuits, b.Circuits) && reflect.DeepEqual(a.Reader, b.Reader) &&
		reflect.DeepEqual(a.Recalls, b.Recalls) && reflect.DeepEqual(a.Continuous, b.Continuous)
}

func TestDisinhibitionLearnsAndImagines(t *testing.T) {
	p := smallDisinhibition(t)
	p.Data, p.Seeds, p.Epochs, p.Hidden = writeDigits(t, 4000, 200), 1, 5, 100
	p.Recall.Images = 100
	p.Circuit.EtaUp, p.Circuit.EtaIP, p.Circuit.EtaDown = []float64{6, 0.3}, 2, 0.02
	p.Circuit.InitDown = 1 // what few digits can unlearn
	p.Reader = DisinhibitionReader{Hidden: 40, Epochs: 5, Eta: 1}
	r, err := p.Run(t.Context(), Env{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Circuits[0]; len(c.Test) != 6 || !(c.Test[5] < 40) {
		t.Errorf("test errors %v %%, chance is 90", c.Test)
	}
	recalled := r.Recalls[0]
	if own := r.own(func(d DisinhibitionRecalled) []int { return d.PrototypeBest })[0]; own < 5 {
		t.Errorf("%v of ten prototypes are most like their own class, chance is one", own)
	}
	conditions := p.Recall.Conditions()
	for n, noise := range p.Recall.Noises() {
		if got := len(recalled.Test.MSE[n]); got != len(conditions) {
			t.Fatalf("%s: %d conditions, want %d", noise.Name, got, len(conditions))
		}
		if mse := recalled.Test.MSE[n][0]; (mse == 0) != (n == 0) {
			t.Errorf("%s: squared error %v of the noisy input to the clean", noise.Name, mse)
		}
	}
	if shut, noisy := recalled.Test.MSE[r.noise("Gaussian 0.5")][1], recalled.Test.MSE[r.noise("Gaussian 0.5")][0]; !(shut < noisy) {
		t.Errorf("reconstruction of strong noise is %v off, the noisy input itself %v", shut, noisy)
	}
	for _, c := range r.Comparison {
		if c.Verdict == Matches {
			t.Errorf("another data set matches the paper: %+v", c)
		}
	}
	tr := recalled.Apical
	for i, apical := range tr.Apical {
		gate := 0.0
		if i >= len(tr.Class)/2 {
			gate = 1
		}
		if want := (1-gate)*tr.Basal[i] + apical; !(math.Abs(tr.Soma[i]-want) < 1e-4) {
			t.Errorf("digit %d, gate %v: soma %v, its dendrites %v", i, gate, tr.Soma[i], want)
		}
		if gate == 1 && tr.Lateral[i] != 0 {
			t.Errorf("digit %d: inhibition %v passes an open gate", i, tr.Lateral[i])
		}
	}
	for _, c := range []interface{ JSON() ([]byte, error) }{
		r.TestError(), r.ApicalPotential(), r.Prototypes(), r.Denoising("Gaussian 0.3"), r.Opening("half occluded"),
		r.Errors(), r.Matches(), r.Readings(), r.ByGate(), r.ApicalTraces(), r.Transition(),
	} {
		text, err := c.JSON()
		if err != nil || !strings.Contains(string(text), "reduced run") {
			t.Errorf("a chart hides that the run is reduced (%v)", err)
		}
	}
}

// Opening the gate in continuous time leaves the top-down input alone at the
// apical dendrite, at once; the soma follows within its time constant.
func TestDisinhibitionTransition(t *testing.T) {
	p := DisinhibitionPreset(Quick).Continuous
	p.Trials = 100
	done, err := Execute(t.Context(), Env{Store: openStore(t)}, disinhibitionInfo, []Job[DisinhibitionTransition]{{
		Unit: "small", Run: func(ctx context.Context, w *Work) (DisinhibitionTransition, error) { return p.open(ctx, w, 1) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	o := done[0].Result
	if !(o.Open > 1.5*o.Shut) {
		t.Errorf("apical potential %v with the gate open, %v shut", o.Open, o.Shut)
	}
	if !(o.HalfTime > 0 && o.HalfTime < 5) {
		t.Errorf("somata are half way after %v ms; their time constant is about half a millisecond", o.HalfTime)
	}
	for i, at := range o.Time {
		want := o.TopDown[i]
		if at < -1e-9 {
			want += o.Lateral[i]
		} else if o.Lateral[i] != 0 {
			t.Fatalf("at %.1f ms inhibition %v passes the open gate", at, o.Lateral[i])
		}
		if !(math.Abs(o.Apical[i]-want) < 1e-9) {
			t.Fatalf("at %.1f ms v_A is %v, its inputs %v", at, o.Apical[i], want)
		}
	}
}

func TestDisinhibitionSameBitsForAnyWorkersAndResumed(t *testing.T) {
	p := smallDisinhibition(t)
	var want *DisinhibitionRun
	for _, workers := range []int{1, 3} {
		r, err := p.Run(t.Context(), Env{Store: openStore(t), Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = r
		} else if !sameDisinhibition(r, want) {
			t.Errorf("%d workers give other numbers than 1", workers)
		}
	}
	store := openStore(t)
	for _, stop := range []float64{0.2, 0.5, 0.8} { // in both networks, and between them and recall
		ctx, cancel := context.WithCancel(t.Context())
		_, err := p.Run(ctx, Env{Store: store, Workers: 1, Progress: func(q Progress) {
			if q.Fraction > stop {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("not stopped at %v: %v", stop, err)
		}
	}
	resumed, err := p.Run(t.Context(), Env{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	if !sameDisinhibition(resumed, want) {
		t.Error("stopped three times and resumed, the numbers differ from those of an uninterrupted run")
	}
	before := resumed.Provenance.Runs
	p.Recall.Steps = 5
	again, err := p.Run(t.Context(), Env{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Provenance.Runs[:3], before[:3]) || slices.Equal(again.Provenance.Runs[3:5], before[3:5]) {
		t.Errorf("another way to recall: runs %v, before %v; want the same networks and other recalls", again.Provenance.Runs, before)
	}
}

func TestDisinhibitionSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		spoil func(*Disinhibition)
		want  string
	}{
		{func(p *Disinhibition) { p.Data = filepath.Join(p.Data, "nowhere") }, "nowhere"},
		{func(p *Disinhibition) { p.Circuit.Lambda = []float64{0.3} }, "Circuit.Lambda has 1 values; want 2"},
		{func(p *Disinhibition) { p.Circuit.EtaUp = nil }, "Circuit.EtaUp has 0 values; want 2"},
		{func(p *Disinhibition) { p.Recall.Gates = []float64{0.5, 1.5} }, "Recall.Gates[1]"},
		{func(p *Disinhibition) { p.Recall.Gates = []float64{0.5, 0.25} }, "ascending"},
		{func(p *Disinhibition) { p.Recall.Steps = 1 }, "Recall.Steps"},
		{func(p *Disinhibition) { p.TargetOn = 0.05 }, "TargetOff"},
		{func(p *Disinhibition) { p.Circuit.EtaUp = []float64{1e9, 1e9} }, "Circuit.EtaUp"},
	} {
		p := smallDisinhibition(t)
		c.spoil(&p)
		if _, err := p.Run(t.Context(), Env{Store: openStore(t)}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v does not say %q", err, c.want)
		}
	}
}

// What befalls a digit: how much is changed, and that it is the same each time.
func TestNoises(t *testing.T) {
	set := task.Set{Images: slices.Repeat([]float32{0.5}, 50*784), Labels: make([]uint8, 50), Pixels: 784}
	recall := DisinhibitionPreset(Quick).Recall
	for _, c := range []struct {
		name             string
		changed, squared float64 // share of pixels, mean squared change
	}{
		{"none", 0, 0},
		{"Gaussian 0.1", 1, 0.01},
		{"salt and pepper 10 %", 0.1, 0.025},
		{"salt and pepper 30 %", 0.3, 0.075},
		{"half occluded", 0.5, 0.125},
	} {
		at := slices.IndexFunc(recall.Noises(), func(n Noise) bool { return n.Name == c.name })
		if at < 0 {
			t.Fatalf("no noise %q", c.name)
		}
		noise, changed, squared, own := recall.Noises()[at], 0.0, 0.0, 0
		var all [][]float32
		for i := range set.Len() {
			image := noise.apply(set, testDigits, i, 28)
			all = append(all, image)
			for _, v := range image {
				if v < 0 || v > 1 {
					t.Fatalf("%s: pixel %v", c.name, v)
				}
				if d := float64(v) - 0.5; d != 0 {
					changed, squared = changed+1, squared+d*d
				}
			}
			if !slices.Equal(image, noise.apply(set, testDigits, i, 28)) {
				t.Errorf("%s: image %d comes out differently the second time", c.name, i)
			}
			if !slices.Equal(image, noise.apply(set, "validation", i, 28)) {
				own++
			}
		}
		if c.changed > 0 && own < set.Len()/2 {
			t.Errorf("%s: only %d of %d images have another noise in another set", c.name, own, set.Len())
		}
		pixels := float64(50 * 784)
		if !(math.Abs(changed/pixels-c.changed) < 0.01) || !(math.Abs(squared/pixels-c.squared) < 0.02*c.squared+1e-9) {
			t.Errorf("%s: %.3f of the pixels change, by %.4f on average of squares; want %.3f and %.4f", c.name, changed/pixels, squared/pixels, c.changed, c.squared)
		}
		if c.changed > 0 && slices.Equal(all[0], all[1]) && slices.Equal(all[0], all[2]) && slices.Equal(all[0], all[3]) {
			t.Errorf("%s: the same for all images", c.name)
		}
	}
}

// recalledRun is a run of two seeds that nobody computed: under noise n and
// condition c, seed s, on test digits the error is n + c/100 + s/1000, and
// readings and validation are made from that.
func recalledRun() *DisinhibitionRun {
	r := &DisinhibitionRun{Params: DisinhibitionPreset(Quick)}
	r.Params.Seeds = 2
	r.Provenance.Seeds = []int{1, 2}
	p := r.Params.Recall
	for s := range 2 {
		var d DisinhibitionRecalled
		for n := range p.Noises() {
			var e, v []float64
			for c := range p.Conditions() {
				e = append(e, float64(n)+float64(c)/100+float64(s)/1000)
				v = append(v, math.Abs(float64(c-n-1))) // best at condition n+1
			}
			d.Test.MSE, d.Validation.MSE = append(d.Test.MSE, e), append(d.Validation.MSE, v)
			d.Test.Read, d.Validation.Read = append(d.Test.Read, e), append(d.Validation.Read, v)
			d.Test.Correlation = append(d.Test.Correlation, e)
		}
		d.PrototypeRead = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, s}
		r.Recalls = append(r.Recalls, d)
	}
	return r
}

func TestDisinhibitionTables(t *testing.T) {
	r := recalledRun()
	c := r.Errors()
	wantColumn(t, c, "noisy", 0.0005, 1.0005, 2.0005, 3.0005, 4.0005, 5.0005, 6.0005, 7.0005)
	wantColumn(t, c, "1×3", 0.0905, 1.0905, 2.0905, 3.0905, 4.0905, 5.0905, 6.0905, 7.0905)
	gain := r.ByGate()
	wantColumn(t, gain, "VIP gate g", 0, 0.25, 0.5, 0.75, 1)
	got := column(t, gain, "Gaussian 0.3")
	for i, want := range []float64{0.01, 0.02, 0.03, 0.04, 0.05} {
		if !(math.Abs(got[i]-want) < 1e-12) {
			t.Errorf("gain %v, want %v", got[i], want)
		}
	}
	if own := r.own(func(d DisinhibitionRecalled) []int { return d.PrototypeRead }); !slices.Equal(own, []float64{9, 9}) {
		t.Errorf("%v prototypes are read as their own, want 9 in both seeds", own)
	}
}

// Labels name prototypes that are mistaken, in their seed's row below the means.
func TestDisinhibitionPrototypesView(t *testing.T) {
	r := recalledRun()
	r.Recalls[0].Gallery.Width = 2
	for s := range r.Recalls {
		r.Recalls[s].ClassMeans = slices.Repeat([][]float32{{0, 0.5}}, 10)
		r.Recalls[s].Prototypes = slices.Repeat([][]float32{{0.1, 0.2}}, 10)
	}
	c := r.Prototypes()
	for i, row := range c.Table.Rows {
		want := map[int]string{19: "read as 0", 29: "read as 1"}[i] // the nines
		if row[2] != want {
			t.Errorf("image %d: label %q, want %q", i, row[2], want)
		}
	}
	if got := brightened([]float32{0.1, 0.2}); !slices.Equal(got, []float32{0.5, 1}) {
		t.Errorf("brightened to %v, want 0.5 and 1", got)
	}
}

// The table chooses on validation digits and judges on test digits.
func TestDisinhibitionVerdicts(t *testing.T) {
	r := recalledRun()
	_, rows := r.ErrorVerdicts()
	conditions := r.Params.Recall.Conditions()
	for n, row := range rows {
		// On test digits errors grow with the number of the condition.
		want := []string{conditions[n+1].Short, "not better", "not better"}
		if n == 0 {
			want[2] = "shut was chosen"
		}
		if got := []string{row[3], row[5], row[6]}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", row[0], got, want)
		}
	}
	for s := range r.Recalls {
		for n := range r.Recalls[s].Validation.Read {
			r.Recalls[s].Validation.Read[n][3] = 99
		}
	}
	r.Recalls[1].Test.Read[2][3] = r.Recalls[1].Test.Read[2][0] - 0.001
	for m, want := range map[*yardstick]int{&byRead: 6, &byError: 0} {
		if helped, total := r.helped(*m); helped != want || total != 7 {
			t.Errorf("%s: the open gate helps under %d of %d noises, want %d of 7", m.name, helped, total, want)
		}
	}
	_, rows = r.ReadingVerdicts()
	for n, row := range rows {
		want := "better, every seed"
		if n == 2 {
			want = "better, mean"
		}
		if row[3] != conditions[3].Short || row[5] != want {
			t.Errorf("%s: %q chosen, %q; want %q, %q", row[0], row[3], row[5], conditions[3].Short, want)
		}
	}
}
