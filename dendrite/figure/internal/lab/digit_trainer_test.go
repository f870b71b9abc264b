package lab

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/runstore"
	"microcircuits/dendrite/task"
)

// fakeNet learns nothing and records the images it gets.
type fakeNet struct {
	weight float32
	ruinAt int // the batch, counted from 1, after which weight is NaN
	failAt int // the batch, counted from 1, that fails
	scales []float64
	images []float32 // first pixel of every image, in the order shown
	goals  []float32
}

type fakeState struct{ Weight []float32 }

func (n *fakeNet) TrainBatch(x, target []float32, scale float64) error {
	n.scales = append(n.scales, scale)
	for i := 0; i < len(x); i += 2 {
		n.images = append(n.images, x[i])
	}
	n.goals = append(n.goals, target...)
	switch len(n.scales) {
	case n.failAt:
		return errors.New("apical potential of area 2 is not finite")
	case n.ruinAt:
		n.weight = float32(math.NaN())
	}
	return nil
}

func (n *fakeNet) Classify(_ []int, x []float32) []int { return make([]int, len(x)/2) }
func (n *fakeNet) State() fakeState                    { return fakeState{[]float32{n.weight}} }
func (n *fakeNet) SetState(s fakeState) error          { n.weight = s.Weight[0]; return nil }

// fakeDigits are two-pixel images, the first pixel their number.
func fakeDigits(train int) *task.Digits {
	set := func(n int) task.Set {
		s := task.Set{Pixels: 2}
		for i := range n {
			s.Images, s.Labels = append(s.Images, float32(i), 0), append(s.Labels, uint8(i%10))
		}
		return s
	}
	return &task.Digits{Rows: 1, Cols: 2, Train: set(train), Validation: set(10), Test: set(10)}
}

func fakeTrainer(n *fakeNet, decay string, epochs int) *Trainer[fakeState] {
	return &Trainer[fakeState]{
		Name: "fake", Seed: 7, Net: n,
		Weights: func(s fakeState) [][]float32 { return [][]float32{s.Weight} },
		Epochs:  epochs, Batch: 5, Target: [2]float32{-1, 2}, Decay: decay, Advice: "lower Fake.Eta",
	}
}

// trainFake runs a fake network as a job.
func trainFake(t *testing.T, n *fakeNet, decay string, epochs, images int) (DigitCurve, error) {
	t.Helper()
	store, err := runstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	type params struct{ Seeds int }
	fake := experiment.Own[params, DigitCurve]{
		Info:   experiment.Info{Name: "fake", Title: "A network that learns nothing"},
		Preset: func(experiment.Scale) params { return params{Seeds: 1} },
		Jobs: experiment.PerSeed(func(ctx context.Context, _ params, _ uint64, w *experiment.Work) (DigitCurve, error) {
			return fakeTrainer(n, decay, epochs).Train(ctx, w, fakeDigits(images))
		}),
	}
	r, err := fake.Run(t.Context(), experiment.Env{Store: store}, params{Seeds: 1})
	if err != nil {
		return DigitCurve{}, err
	}
	return r.Seeds[0], nil
}

func TestLearningRateSchedule(t *testing.T) {
	// 23 images make 4 batches of 5 an epoch; 3 images are left out.
	var linear, constant fakeNet
	if _, err := trainFake(t, &linear, "linear", 2, 23); err != nil {
		t.Fatal(err)
	}
	if want := []float64{1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125}; !slices.Equal(linear.scales, want) {
		t.Errorf("linear: rates are scaled by %v, want %v", linear.scales, want)
	}
	if _, err := trainFake(t, &constant, "none", 2, 23); err != nil {
		t.Fatal(err)
	}
	if want := []float64{1, 1, 1, 1, 1, 1, 1, 1}; !slices.Equal(constant.scales, want) {
		t.Errorf("none: rates are scaled by %v, want %v", constant.scales, want)
	}
}

func TestEpochShowsEveryImageOnceWithItsTarget(t *testing.T) {
	var n fakeNet
	if _, err := trainFake(t, &n, "none", 2, 20); err != nil {
		t.Fatal(err)
	}
	for epoch := range 2 {
		shown := slices.Clone(n.images[20*epoch : 20*epoch+20])
		slices.Sort(shown)
		for i, v := range shown {
			if v != float32(i) {
				t.Fatalf("epoch %d shows %v, want each of 0 to 19 once", epoch+1, shown)
			}
		}
	}
	if slices.Equal(n.images[:20], n.images[20:]) {
		t.Error("both epochs have the same order")
	}
	for i, image := range n.images {
		for class, goal := range n.goals[10*i : 10*i+10] {
			want := float32(-1)
			if class == int(image)%10 {
				want = 2
			}
			if goal != want {
				t.Fatalf("image %v: target %v of class %d, want %v", image, goal, class, want)
			}
		}
	}
}

// A network with a NaN weight always answers class 0: it must not be stored as
// one with 90 % error.
func TestTrainingRefusesWeightsThatAreNotFinite(t *testing.T) {
	for _, c := range []struct {
		name string
		net  fakeNet
		want []string
	}{
		{"after the last batch", fakeNet{ruinAt: 8}, []string{"fake, seed 7", "epoch 2", "not finite", "lower Fake.Eta"}},
		{"in between", fakeNet{ruinAt: 3}, []string{"fake, seed 7", "epoch 1", "not finite", "lower Fake.Eta"}},
		{"noticed by the network", fakeNet{failAt: 6}, []string{"fake, seed 7", "epoch 2", "apical potential of area 2", "lower Fake.Eta"}},
	} {
		curve, err := trainFake(t, &c.net, "linear", 2, 20)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v does not say %q (result %v)", c.name, err, want, curve.Test)
			}
		}
	}
	curve, err := trainFake(t, &fakeNet{weight: 1e30}, "linear", 2, 20)
	if err != nil || !slices.Equal(curve.Test, []float64{90, 90, 90}) {
		t.Errorf("a useless but finite network is a result: %v, %v; want 90 %% three times", curve.Test, err)
	}
}

// The check covers all kinds of synapse of the real networks.
func TestEveryWeightOfTheLearnersIsChecked(t *testing.T) {
	p := DigitDefaults()
	p.Hidden = []int{4, 3}
	_, micro, err := p.NewMicrocircuit(5, 1)
	if err != nil {
		t.Fatal(err)
	}
	perceptron, err := p.NewBackprop(5, 1)
	if err != nil {
		t.Fatal(err)
	}
	everyWeightIsChecked(t, micro)
	everyWeightIsChecked(t, perceptron)
}

func everyWeightIsChecked[S any](t *testing.T, tr *Trainer[S]) {
	t.Helper()
	state := tr.Net.State()
	if err := tr.checkFinite(state); err != nil {
		t.Fatalf("%T as drawn: %v", state, err)
	}
	fields := reflect.ValueOf(state)
	for i := range fields.NumField() {
		for area, w := range fields.Field(i).Interface().([][]float32) {
			before := w[len(w)-1]
			w[len(w)-1] = float32(math.Inf(1))
			if !errors.Is(tr.checkFinite(state), ErrNotFinite) {
				t.Errorf("%T.%s[%d]: an infinite weight passes", state, fields.Type().Field(i).Name, area)
			}
			w[len(w)-1] = before
		}
	}
}

func TestFrozenMiddle(t *testing.T) {
	p := DigitDefaults()
	whole, frozen := p.circuit(784), p.frozenMiddle(784)
	if whole.Rates.Up[1] == 0 || frozen.Rates.Up[1] != 0 || frozen.Init.Up[1] != p.FrozenMiddle.Init {
		t.Errorf("rates %v and %v, init %v", whole.Rates.Up, frozen.Rates.Up, frozen.Init.Up)
	}
	f := p.FrozenMiddle
	whole.Rates.Up = []float64{f.EtaUp[0], 0, f.EtaUp[1]}
	whole.Lambda, whole.Rates.IP, whole.Init.Down, whole.Init.Up[1] = f.Lambda, f.EtaIP, f.InitDown, f.Init
	if !reflect.DeepEqual(whole, frozen) {
		t.Errorf("the control differs in other parameters too: %+v", frozen)
	}
}
