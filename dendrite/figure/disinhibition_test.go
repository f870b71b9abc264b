package figure

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/record"
	"microcircuits/dendrite/task"
)

// smallDisinhibition takes small networks through a few hundred digits.
func smallDisinhibition(t *testing.T) DisinhibitionParams {
	p := disinhibitionPreset(experiment.Quick)
	p.Data, p.Seeds, p.Epochs, p.Hidden = writeDigits(t, 600, 100), 2, 3, 40
	p.Reader = DisinhibitionReader{Hidden: 20, Epochs: 2, Eta: 1}
	p.Recall.Images = 20
	p.Continuous.Trials = 20
	return p
}

func TestDisinhibitionLearnsAndRecalls(t *testing.T) {
	p := smallDisinhibition(t)
	p.Data, p.Seeds, p.Epochs, p.Hidden = writeDigits(t, 4000, 200), 1, 5, 100
	p.Recall.Images = 100
	p.Circuit.EtaUp, p.Circuit.EtaIP, p.Circuit.EtaDown = []float64{6, 0.3}, 2, 0.02
	p.Circuit.InitDown = 1 // what few digits can unlearn
	p.Reader = DisinhibitionReader{Hidden: 40, Epochs: 5, Eta: 1}
	r, err := Disinhibition.Run(t.Context(), experiment.Env{Store: openStore(t)}, p)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Circuits[0]; len(c.Test) != 6 || !(c.Test[5] < 40) {
		t.Errorf("test errors %v %%, chance is 90", c.Test)
	}
	recalled := r.Recalls[0]
	if own := r.own(func(d lab.Recalled) []int { return d.PrototypeBest })[0]; own < 5 {
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
	if shut, noisy := recalled.Test.MSE[3][1], recalled.Test.MSE[3][0]; r.Noises()[3] != "Gaussian 0.5" || !(shut < noisy) {
		t.Errorf("reconstruction of strong noise is %v off, the noisy input itself %v", shut, noisy)
	}
	for _, c := range r.Claims {
		if c.Verdict == record.Matches {
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
		r.TestError(), r.ApicalPotential(), r.Prototypes(), r.Denoising(2), r.Opening(7),
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
	p := disinhibitionPreset(experiment.Quick).Continuous
	p.Trials = 100
	type params struct{ Seeds int }
	small := experiment.Own[params, lab.GateTransition]{
		Info:   experiment.Info{Name: "transition", Title: "The gate of a small network"},
		Preset: func(experiment.Scale) params { return params{1} },
		Jobs: experiment.PerSeed(func(ctx context.Context, _ params, seed uint64, w *experiment.Work) (lab.GateTransition, error) {
			return p.Open(ctx, w, seed)
		}),
	}
	r, err := small.Run(t.Context(), experiment.Env{Store: openStore(t)}, params{1})
	if err != nil {
		t.Fatal(err)
	}
	o := r.Seeds[0]
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

// Another way to recall does not train the networks again.
func TestDisinhibitionComputesOnlyWhatChanged(t *testing.T) {
	p := smallDisinhibition(t)
	env := experiment.Env{Store: openStore(t)}
	first, err := Disinhibition.Run(t.Context(), env, p)
	if err != nil {
		t.Fatal(err)
	}
	p.Recall.Steps = 5
	second, err := Disinhibition.Run(t.Context(), env, p)
	if err != nil {
		t.Fatal(err)
	}
	before, after := first.Provenance.Runs, second.Provenance.Runs
	if !slices.Equal(after[:3], before[:3]) || slices.Equal(after[3:5], before[3:5]) {
		t.Errorf("another way to recall: runs %v, before %v; want the same networks and other recalls", after, before)
	}
}

// Noises are parameters: whatever they are, charts and claims can be made.
func TestDisinhibitionOtherNoises(t *testing.T) {
	p := smallDisinhibition(t)
	p.Seeds = 1
	env := experiment.Env{Store: openStore(t)}
	for _, c := range []struct {
		gaussian, gates []float64
		want            []string // claims about single noises
	}{
		{[]float64{0.4}, []float64{0.25, 1}, nil},
		{nil, []float64{0.5}, nil},
		{[]float64{0.5, 0.2}, []float64{0.5}, []string{"gaussian-0.5-shut", "gaussian-0.5-half-open"}},
		{[]float64{0.3}, []float64{1}, []string{"gaussian-0.3-shut"}},
	} {
		p.Recall.Gaussian, p.Recall.SaltPepper, p.Recall.Gates = c.gaussian, nil, c.gates
		r, err := Disinhibition.Run(t.Context(), env, p)
		if err != nil {
			t.Fatal(err)
		}
		for noise, name := range r.Noises() {
			for _, ch := range []*chart.Chart{r.Denoising(noise), r.Opening(noise)} {
				if !strings.HasSuffix(ch.Title, name) {
					t.Errorf("noise %d, %s: title %q", noise, name, ch.Title)
				}
			}
		}
		r.ByGate()
		r.Errors()
		var have []string
		for _, q := range r.Claims {
			if strings.HasPrefix(q.ID, "gaussian") {
				have = append(have, q.ID)
			}
		}
		if !slices.Equal(have, c.want) {
			t.Errorf("noises %v, gates %v: claims %v, want %v", c.gaussian, c.gates, have, c.want)
		}
	}
}

func TestDisinhibitionSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		spoil func(*DisinhibitionParams)
		want  string
	}{
		{func(p *DisinhibitionParams) { p.Data = filepath.Join(p.Data, "nowhere") }, "nowhere"},
		{func(p *DisinhibitionParams) { p.Circuit.Lambda = []float64{0.3} }, "Circuit.Lambda has 1 values; want 2"},
		{func(p *DisinhibitionParams) { p.Circuit.EtaUp = nil }, "Circuit.EtaUp has 0 values; want 2"},
		{func(p *DisinhibitionParams) { p.Recall.Gates = []float64{0.5, 1.5} }, "Recall.Gates[1]"},
		{func(p *DisinhibitionParams) { p.Recall.Gates = []float64{0.5, 0.25} }, "ascending"},
		{func(p *DisinhibitionParams) { p.Recall.Gaussian = []float64{0.5, 0.5} }, "Recall.Gaussian has the value 0.5 twice"},
		{func(p *DisinhibitionParams) { p.Recall.Steps = 1 }, "Recall.Steps"},
		{func(p *DisinhibitionParams) { p.TargetOn = 0.05 }, "TargetOff"},
		{func(p *DisinhibitionParams) { p.Circuit.EtaUp = []float64{1e9, 1e9} }, "Circuit.EtaUp"},
	} {
		p := smallDisinhibition(t)
		c.spoil(&p)
		if _, err := Disinhibition.Run(t.Context(), experiment.Env{Store: openStore(t)}, p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v does not say %q", err, c.want)
		}
	}
}

// Every noise spoils test and validation digits differently.
func TestDisinhibitionSpoil(t *testing.T) {
	set := task.Set{Images: slices.Repeat([]float32{0.5}, 2*784), Labels: make([]uint8, 2), Pixels: 784}
	noise := disinhibitionPreset(experiment.Quick).Recall.Noises()[1]
	image := lab.Spoil(noise, set, lab.TestDigits, 1, 28)
	if slices.Equal(image, lab.Spoil(noise, set, "validation", 1, 28)) || slices.Equal(image, set.Image(1)) {
		t.Error("a test image has no noise, or that of the validation image")
	}
}

// recalledRun is a run of two seeds that nobody computed: under noise n and
// condition c, seed s, on test digits the error is n + c/100 + s/1000, and
// readings and validation are made from that.
func recalledRun() *DisinhibitionRun {
	r := &DisinhibitionRun{Run: &experiment.Run[DisinhibitionParams]{Params: disinhibitionPreset(experiment.Quick)}}
	r.Params.Seeds = 2
	r.Provenance.Seeds = []int{1, 2}
	p := r.Params.Recall
	for s := range 2 {
		var d lab.Recalled
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
	if own := r.own(func(d lab.Recalled) []int { return d.PrototypeRead }); !slices.Equal(own, []float64{9, 9}) {
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
	if got := disinhibitionBrightened([]float32{0.1, 0.2}); !slices.Equal(got, []float32{0.5, 1}) {
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
	for m, want := range map[*disinhibitionMeasure]int{&disinhibitionByRead: 6, &disinhibitionByError: 0} {
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
