package runstore

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestArrays(t *testing.T) {
	store, err := Open(t.TempDir())
	must(t, err)
	type area struct {
		Rate  []float32 `unit:"1/s" doc:"rate of each neuron"`
		Plain []int16
	}
	type result struct {
		Error  []float64   `unit:"%" doc:"test error after each epoch"`
		Matrix [][]float64 `doc:"weights"`
		Areas  []area      `doc:"of an area"`
		Signs  []bool
		Large  []uint64
		Count  int
	}
	entry, err := store.Entry("mine", "seed1", 1)
	must(t, err)
	must(t, entry.Save(result{
		Error: []float64{0.1, math.NaN(), math.Inf(-1)}, Matrix: [][]float64{{1, 2, 3}, {4, 5, -6}},
		Areas: []area{{[]float32{0.1}, []int16{-7}}}, Signs: []bool{true, false}, Large: []uint64{math.MaxUint64},
	}, NewMeta(time.Now(), "portable")))
	arrays, err := store.Arrays(entry.Name())
	must(t, err)
	var got []string
	for _, a := range arrays {
		text := []string{a.Name, a.Unit, a.Meaning}
		for i := range a.Len() {
			text = append(text, a.Text(i))
		}
		got = append(got, strings.Join(text, " "))
	}
	want := []string{
		"Areas.0.Plain  of an area -7", "Areas.0.Rate 1/s rate of each neuron 0.1", "Error % test error after each epoch 0.1 NaN -Inf",
		"Large   18446744073709551615", "Matrix  weights 1 2 3 4 5 -6", "Signs   true false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if i := slices.IndexFunc(arrays, func(a Array) bool { return a.Name == "Matrix" }); !slices.Equal(arrays[i].Shape, []int{2, 3}) {
		t.Errorf("shape %v", arrays[i].Shape)
	}
	var again result
	if _, ok, warning := entry.Load(&again); !ok || warning != nil || again.Matrix[1][2] != -6 {
		t.Errorf("loaded %+v, %v", again, warning)
	}
	for _, name := range []string{"mine", "../mine/seed1-0123456789abcdef", "mine/seed1-0123456789abcdef"} {
		if _, err := store.Arrays(name); err == nil {
			t.Errorf("no error for %q", name)
		}
	}
	must(t, os.WriteFile(filepath.Join(entry.Dir(), arraysFile), nil, 0o644))
	if _, err := store.Arrays(entry.Name()); err == nil || !strings.Contains(err.Error(), sumsFile) {
		t.Errorf("damaged: error %v", err)
	}
}
