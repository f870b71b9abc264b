package experiment

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"microcircuits/dendrite/task"
)

// allDigits is the whole of MNIST, read once.
var allDigits = sync.OnceValues(func() (*task.Digits, error) { return task.MNIST("") })

// writeDigits makes a small data set in IDX format of the first MNIST digits.
func writeDigits(t *testing.T, train, test int) string {
	t.Helper()
	digits, err := allDigits()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, set := range map[string]task.Set{"train": digits.Train.Slice(0, train), "t10k": digits.Test.Slice(0, test)} {
		images := binary.BigEndian.AppendUint32(nil, 0x803)
		for _, v := range []int{set.Len(), digits.Rows, digits.Cols} {
			images = binary.BigEndian.AppendUint32(images, uint32(v))
		}
		for _, v := range set.Images {
			images = append(images, byte(v*255+0.5))
		}
		labels := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 0x801), uint32(set.Len()))
		labels = append(labels, set.Labels...)
		for file, data := range map[string][]byte{name + "-images-idx3-ubyte": images, name + "-labels-idx1-ubyte": labels} {
			if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// smallMNIST takes small networks through a few hundred digits.
func smallMNIST(t *testing.T) MNIST {
	p := MNISTPreset(Quick)
	p.Data, p.Seeds, p.Epochs = writeDigits(t, 600, 100), 2, 3
	p.Hidden1, p.Hidden2 = 60, 40
	return p
}

func TestMNISTLearns(t *testing.T) {
	p := MNISTPreset(Quick)
	p.Data, p.Seeds, p.Epochs = writeDigits(t, 4000, 200), 1, 4
	r, err := p.Run(t.Context(), Env{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	for name, nets := range map[string][]MNISTCurve{"microcircuit": r.Microcircuit, "backprop": r.Backprop, "single layer": r.SingleLayer} {
		for seed, c := range nets {
			if len(c.Test) != 5 || !(c.Test[4] < 45) || !(c.Test[4] < c.Test[0]) {
				t.Errorf("%s, seed %d: test errors %v %%, chance is 90", name, seed+1, c.Test)
			}
			total, wrong := 0, 0
			for i, row := range c.Confusion {
				for j, n := range row {
					total += n
					if i != j {
						wrong += n
					}
				}
			}
			if total != 200 || float64(wrong)/2 != c.Test[4] {
				t.Errorf("%s, seed %d: confusion matrix of %d images has %d wrong; the error is %v %%", name, seed+1, total, wrong, c.Test[4])
			}
		}
	}
	for _, c := range r.Microcircuit {
		for area := range 2 {
			if c.Apical[area][0] != 0 {
				t.Errorf("area %d: apical potential %g before learning; the network starts self-predicting", area+1, c.Apical[area][0])
			}
			if !(c.ApicalTeacher[area][0] > 0) {
				t.Errorf("area %d: the teacher leaves no trace at the apical dendrite", area+1)
			}
		}
	}
	for _, c := range r.Comparison {
		if c.Verdict == Matches {
			t.Errorf("another data set matches the paper: %+v", c)
		}
	}
	for _, c := range []string{r.TestError().Caption, r.ApicalPotential().Caption, r.Alignment().Caption, r.ReceptiveFields().Caption, r.Confusion().Caption, r.Mistakes().Caption} {
		if !strings.Contains(c, "reduced run") {
			t.Errorf("caption hides that the run is reduced: %s", c)
		}
	}
}

func TestMNISTSameBitsForAnyWorkers(t *testing.T) {
	p := smallMNIST(t)
	var want *MNISTRun
	for _, workers := range []int{1, 2, 4} {
		r, err := p.Run(t.Context(), Env{Store: openStore(t), Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = r
		}
		if !reflect.DeepEqual(r.networks(), want.networks()) {
			t.Errorf("%d workers give other numbers than 1", workers)
		}
	}
}

func TestMNISTResumesBitForBit(t *testing.T) {
	p := smallMNIST(t)
	whole, err := p.Run(t.Context(), Env{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	store := openStore(t)
	for _, stopAt := range []float64{0.2, 0.5, 0.8} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := p.Run(ctx, Env{Store: store, Workers: 1, Progress: func(q Progress) {
			if q.Fraction > stopAt {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("not stopped at %v: %v", stopAt, err)
		}
	}
	resumed, err := p.Run(t.Context(), Env{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(resumed.networks(), whole.networks()) {
		t.Error("stopped three times and resumed, the numbers differ from those of an uninterrupted run")
	}
}

func TestMNISTTrainsAgainOnlyWhatChanged(t *testing.T) {
	p := smallMNIST(t)
	env := Env{Store: openStore(t)}
	first, err := p.Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	p.Microcircuit.LambdaI = 0.2
	second, err := p.Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	a, b := first.Provenance.Runs, second.Provenance.Runs
	if slices.Equal(a[:4], b[:4]) {
		t.Error("a changed microcircuit was not trained again")
	}
	if !slices.Equal(a[4:], b[4:]) {
		t.Error("changing the microcircuit trained the other learners again")
	}
}

func TestMNISTSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		spoil func(*MNIST)
		want  string
	}{
		{func(p *MNIST) { p.Data = filepath.Join(p.Data, "nowhere") }, "nowhere"},
		{func(p *MNIST) { p.Microcircuit.Lambda = []float64{0.3} }, "Microcircuit.Lambda has 1 values; want 3"},
		{func(p *MNIST) { p.Microcircuit.Lambda = []float64{0.3, 1.5, 0.1} }, "Microcircuit.Lambda[1]"},
		{func(p *MNIST) { p.TargetOn = 0.05 }, "TargetOff"},
		{func(p *MNIST) { p.SingleLayer.TargetOff = 0.9995 }, "SingleLayer.TargetOff"},
		{func(p *MNIST) { p.Backprop.Decay = "cosine" }, "Backprop.Decay"},
		{func(p *MNIST) { p.FrozenMiddle.EtaUp = nil }, "FrozenMiddle.EtaUp has 0 values; want 2"},
	} {
		p := smallMNIST(t)
		c.spoil(&p)
		if _, err := p.Run(t.Context(), Env{Store: openStore(t)}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v does not say %q", err, c.want)
		}
	}
}

func TestMNISTFrozenMiddle(t *testing.T) {
	p := MNISTPreset(Quick)
	whole, frozen := p.microcircuit(784), p.frozenMiddle(784)
	if whole.Rates.Up[1] == 0 || frozen.Rates.Up[1] != 0 || frozen.Init.Up[1] != p.FrozenMiddle.Init {
		t.Errorf("rates %v and %v, init %v", whole.Rates.Up, frozen.Rates.Up, frozen.Init.Up)
	}
	f := p.FrozenMiddle
	whole.Rates.Up = []float64{f.EtaUp[0], 0, f.EtaUp[1]}
	whole.Lambda, whole.Rates.IP, whole.Init.Down, whole.Init.Up[1] = f.Lambda, f.EtaIP, f.InitDown, f.Init
	if !reflect.DeepEqual(whole, frozen) {
		t.Errorf("the control differs in more than it says: %+v", frozen)
	}
}
