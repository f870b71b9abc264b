package runstore

import (
	"math"
	"strings"
	"testing"
	"time"
)

type params struct {
	Sizes   []int
	Rate    float64
	Lambda  float32
	Name    string
	Seed    uint64
	Options map[string]bool
	Nested  struct{ B, A int }
	Extra   any
	Ptr     *int
	Data    [2]byte
	When    time.Time
	Wait    time.Duration
}

func sampleParams() params {
	n := 3
	p := params{Sizes: []int{30, 20, 10}, Rate: 0.0011875, Lambda: 0.1, Name: "<φ>", Seed: math.MaxUint64,
		Options: map[string]bool{"b": true, "a": false}, Extra: []any{1, "x", nil}, Ptr: &n, Data: [2]byte{0, 255},
		When: time.Date(2018, 1, 2, 3, 4, 5, 0, time.UTC), Wait: time.Second}
	p.Nested.A, p.Nested.B = 1, 2
	return p
}

// Results are found by these texts and hashes: if they change, no stored result is found
// any more.
const (
	goldenText = `{"Data":"00ff","Extra":[1,"x",null],"Lambda":0.1,"Name":"<φ>","Nested":{"A":1,"B":2},` +
		`"Options":{"a":false,"b":true},"Ptr":3,"Rate":0.0011875,"Seed":18446744073709551615,"Sizes":[30,20,10],` +
		`"Wait":1000000000,"When":"2018-01-02T03:04:05Z"}`
	// printf '{"experiment":"mnist","key":…,"unit":"seed1"}' | sha256sum
	goldenHash = "834476b474123fccd5744f1598cc4619b58193a1eae2661033146b9f8e3ec5c1"
)

func TestCanonicalGolden(t *testing.T) {
	for range 20 { // the order of maps changes each time
		got, err := canonical(sampleParams())
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != goldenText {
			t.Fatalf("got  %s\nwant %s", got, goldenText)
		}
	}
	e, err := open(t).Entry("mnist", "seed1", sampleParams())
	if err != nil {
		t.Fatal(err)
	}
	if e.Key() != goldenHash || e.Name() != "mnist/seed1-"+goldenHash[:16] {
		t.Errorf("key %s, name %s", e.Key(), e.Name())
	}
}

func TestCanonicalForms(t *testing.T) {
	for want, v := range map[string]any{
		`[]`:              []float64(nil),
		`{}`:              map[string]int(nil),
		`null`:            (*int)(nil),
		`{"-1":1,"10":2}`: map[int]int{10: 2, -1: 1},
		`1e-7`:            1e-7,
		`1e+21`:           1e21,
		`100000000`:       1e8,
		`-0`:              math.Copysign(0, -1),
		`16777216`:        float32(1 << 24),
		`""`:              []byte{},
		`"a\"\\\u2028"`:   "a\"\\\u2028",
	} {
		if got, err := canonical(v); err != nil || string(got) != want {
			t.Errorf("canonical(%v) = %s, %v; want %s", v, got, err, want)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	type loop struct{ Next any }
	cycle := &loop{}
	cycle.Next = cycle
	for want, v := range map[string]any{
		"key.A is NaN":                            struct{ A float64 }{math.NaN()},
		"key.A[1] is +Inf":                        struct{ A []float32 }{[]float32{0, float32(math.Inf(1))}},
		"key.a is an unexported field":            struct{ a int }{},
		"key.F is of type func()":                 struct{ F func() }{},
		"key is of type complex128":               complex(1, 2),
		"key.A: the text":                         struct{ A string }{"\xff"},
		"is there a cycle":                        cycle,
		"only strings and integers can be stored": map[float64]int{1: 1},
		"key.B.Deep.x is an unexported field of":  struct{ B any }{struct{ Deep struct{ x int } }{}},
	} {
		if _, err := canonical(v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("canonical(%T): error %v, want one with %q", v, err, want)
		}
	}
}

// TestKeysDiffer changes each part of an entry's key, one at a time.
func TestKeysDiffer(t *testing.T) {
	s := open(t)
	seen := map[string]string{}
	add := func(what, experiment, unit string, key any) {
		t.Helper()
		e, err := s.Entry(experiment, unit, key)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[e.Key()]; ok {
			t.Errorf("%s and %s have the same key", what, other)
		}
		seen[e.Key()] = what
	}
	add("nothing", "a", "b", sampleParams())
	add("experiment", "c", "b", sampleParams())
	add("unit", "a", "c", sampleParams())
	add("swapped", "b", "a", sampleParams())
	for what, change := range map[string]func(p *params){
		"last bit":   func(p *params) { p.Rate = math.Nextafter(p.Rate, 1) },
		"last bit32": func(p *params) { p.Lambda = math.Nextafter32(p.Lambda, 1) },
		"size":       func(p *params) { p.Sizes = []int{30, 21, 10} },
		"one more":   func(p *params) { p.Sizes = append(p.Sizes, 0) },
		"seed":       func(p *params) { p.Seed-- },
		"option":     func(p *params) { p.Options["a"] = true },
		"nested":     func(p *params) { p.Nested.A, p.Nested.B = 2, 1 },
		"any":        func(p *params) { p.Extra = "1" },
		"pointer":    func(p *params) { p.Ptr = nil },
		"data":       func(p *params) { p.Data[0] = 1 },
	} {
		p := sampleParams()
		change(&p)
		add(what, "a", "b", p)
	}
	add("other type", "a", "b", 1)
	// The order of fields does not matter.
	x, _ := s.Entry("a", "b", struct{ A, B int }{1, 2})
	y, _ := s.Entry("a", "b", struct{ B, A int }{2, 1})
	if x.Key() != y.Key() {
		t.Error("the order of fields changes the key")
	}
}

func TestEntryNames(t *testing.T) {
	s := open(t)
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, ".tmp-x", "a b", "a\x00", "é", "-a", strings.Repeat("x", 81)} {
		if _, err := s.Entry(name, "unit", 1); err == nil {
			t.Errorf("experiment %q: no error", name)
		}
		if _, err := s.Entry("experiment", name, 1); err == nil {
			t.Errorf("unit %q: no error", name)
		}
	}
}
