package runstore

import (
	"archive/zip"
	"bytes"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"codeberg.org/sbinet/npyio/npy"
	"codeberg.org/sbinet/npyio/npz"

	"microcircuits/dendrite/internal/stream"
)

type (
	celsius float32
	label   uint8
	inner   struct {
		Mean   []float64
		Seed   int
		Labels map[string][]float64
	}
	everything struct {
		F64     []float64
		F32     []float32
		Named   []celsius
		Ints    []int
		I16     []int16
		U64     []uint64
		Bytes   []byte
		Bools   []bool
		Labels  []label
		Matrix  [][]float64
		Matrix3 [][][]float32
		Ragged  [][]float64
		NoRows  [][]float64
		NoCols  [][]float64
		Nil     []float64
		Empty   []float64
		NilRows [][]int
		Sum     [4]uint8
		Pair    [2]float64
		Words   []string
		Names   [2]string
		Text    string
		Yes     bool
		Small   int8
		Large   int64
		Huge    uint64
		X       float64
		Y       float32
		NaN     float64
		Inf     float64
		NegInf  float32
		NegZero float64
		Wait    time.Duration
		When    time.Time
		RNG     *stream.Stream
		NoRNG   *stream.Stream
		Inner   inner
		Ptr     *inner
		NilPtr  *inner
		List    []inner
		NilMap  map[string]int
		ByArea  map[int]inner
		Odd     map[string][]float64
	}
)

// sample returns every kind of value that can be stored, with the special cases of each.
func sample() everything {
	rng := stream.New(7, "test")
	rng.Uint64()
	hard := []float64{1.5, math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64,
		math.Float64frombits(0x7ff0000000000001)} // signalling NaN
	hard32 := []float32{0.1, math.Float32frombits(0x7f800001), math.Float32frombits(0xffc12345), float32(math.Copysign(0, -1)), math.MaxFloat32}
	return everything{
		F64: hard, F32: hard32, Named: []celsius{1.5, -2.25},
		Ints: []int{math.MinInt, 0, math.MaxInt}, I16: []int16{-32768, 32767}, U64: []uint64{math.MaxUint64}, Bytes: []byte{0, 255},
		Bools: []bool{true, false}, Labels: []label{9, 0},
		Matrix:  [][]float64{hard, hard},
		Matrix3: [][][]float32{{{1, 2}, {3, 4}}, {{5}}},
		Ragged:  [][]float64{{1}, nil, {2, 3}, {}}, NoRows: [][]float64{}, NoCols: [][]float64{{}, {}},
		Empty: []float64{}, NilRows: [][]int{nil, nil},
		Sum: [4]uint8{1, 2, 3, 4}, Pair: [2]float64{math.Pi, math.NaN()},
		Words: []string{"a", "<b>&\u2028", ""}, Names: [2]string{"x", "y"}, Text: "φ \" \\ \n", Yes: true,
		Small: -128, Large: math.MinInt64, Huge: math.MaxUint64, X: 0.1, Y: 0.1,
		NaN: math.NaN(), Inf: math.Inf(1), NegInf: float32(math.Inf(-1)), NegZero: math.Copysign(0, -1),
		Wait: 3 * time.Second, When: time.Date(2026, 11, 23, 1, 2, 3, 456, time.UTC), RNG: rng,
		Inner: inner{Mean: []float64{1, 2}, Labels: map[string][]float64{"a/b": {1}, "a.b": nil}},
		Ptr:   &inner{Seed: 3}, List: []inner{{Seed: 1, Mean: []float64{4}}, {Seed: 2}},
		ByArea: map[int]inner{-1: {Seed: 5}, 2: {Mean: []float64{}}},
		Odd:    map[string][]float64{"a b": {1}, "a_b": {2}, "../x": {3}, "": {4}},
	}
}

// sameBits reports whether two values have the same bits. Unlike reflect.DeepEqual it
// treats a NaN as equal to itself and 0 as different from -0.
func sameBits(a, b reflect.Value) bool {
	if a.Type() != b.Type() {
		return false
	}
	if s, ok := a.Interface().(*stream.Stream); ok {
		t := b.Interface().(*stream.Stream)
		if s == nil || t == nil {
			return s == t
		}
		x, _ := s.MarshalBinary()
		y, _ := t.MarshalBinary()
		return bytes.Equal(x, y)
	}
	if when, ok := a.Interface().(time.Time); ok {
		return when.Equal(b.Interface().(time.Time))
	}
	switch a.Kind() {
	case reflect.Float32:
		bits := func(v reflect.Value) uint32 {
			p := reflect.New(v.Type())
			p.Elem().Set(v)
			return *(*uint32)(p.UnsafePointer())
		}
		return bits(a) == bits(b)
	case reflect.Float64:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case reflect.Pointer:
		return a.IsNil() == b.IsNil() && (a.IsNil() || sameBits(a.Elem(), b.Elem()))
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() || a.Kind() == reflect.Slice && a.IsNil() != b.IsNil() {
			return false
		}
		for i := range a.Len() {
			if !sameBits(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() || a.IsNil() != b.IsNil() {
			return false
		}
		for _, k := range a.MapKeys() {
			if y := b.MapIndex(k); !y.IsValid() || !sameBits(a.MapIndex(k), y) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if !sameBits(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

func wantSame(t *testing.T, got, want any) {
	t.Helper()
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	if w.Kind() == reflect.Struct && g.Type() == w.Type() {
		for i := range w.NumField() {
			if !sameBits(g.Field(i), w.Field(i)) {
				t.Errorf("field %s: got %v, want %v", w.Type().Field(i).Name, g.Field(i), w.Field(i))
			}
		}
		return
	}
	if !sameBits(g, w) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSameBitsCanFail(t *testing.T) {
	for _, pair := range [][2]any{
		{math.Copysign(0, -1), 0.0}, {[]float64{}, []float64(nil)}, {[]int{1}, []int{1, 2}}, {map[string]int{"a": 1}, map[string]int{"b": 1}},
		{math.Float32frombits(0x7f800001), math.Float32frombits(0x7fc00001)}, {1, 1.0}, {stream.New(1, "a"), stream.New(1, "b")},
	} {
		if sameBits(reflect.ValueOf(pair[0]), reflect.ValueOf(pair[1])) {
			t.Errorf("%v and %v are reported as the same", pair[0], pair[1])
		}
	}
}

// roundTrip encodes and decodes through the zip container.
func roundTrip(t *testing.T, in, out any) {
	t.Helper()
	text, arrays, err := encode(in)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := zipFiles(arrays, "")
	if err != nil {
		t.Fatal(err)
	}
	files, err := unzipFiles(packed)
	if err != nil {
		t.Fatal(err)
	}
	if err := decode(out, text, files); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func TestCodecRoundTrip(t *testing.T) {
	want := sample()
	var got everything
	roundTrip(t, want, &got)
	wantSame(t, got, want)
	roundTrip(t, &want, &got) // a pointer is stored as its value
	wantSame(t, got, want)

	var numbers []float32
	roundTrip(t, want.F32, &numbers)
	wantSame(t, numbers, want.F32)
	var text string
	roundTrip(t, "just a text", &text)
	wantSame(t, text, "just a text")
	var empty struct{}
	roundTrip(t, empty, &empty)
}

func TestRowsAreIndependent(t *testing.T) {
	var got [][]float64
	roundTrip(t, [][]float64{{1, 2}, {3, 4}}, &got)
	got[0] = append(got[0], 99)
	if got[1][0] != 3 {
		t.Error("appending to a row overwrote the next one")
	}
}

func TestEncodeIsDeterministic(t *testing.T) {
	pack := func() []byte {
		text, arrays, err := encode(sample())
		if err != nil {
			t.Fatal(err)
		}
		b, err := zipFiles(append(arrays, file{"text", text}), "")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := pack()
	for range 20 { // the order of maps changes each time
		if !bytes.Equal(first, pack()) {
			t.Fatal("the same value was encoded differently")
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	type loop struct{ Next *loop }
	cycle := &loop{}
	cycle.Next = cycle
	for want, v := range map[string]any{
		"value.hidden is an unexported field":  struct{ hidden int }{1},
		"A is of type interface {}":            struct{ A any }{},
		"A.0 is of type interface {}":          struct{ A []any }{[]any{1}},
		"A is of type func()":                  struct{ A func() }{},
		"A is of type chan int":                struct{ A chan int }{},
		"A.0 is of type complex128":            struct{ A []complex128 }{make([]complex128, 1)},
		"A is of type *[]int, which cannot":    struct{ A *[]int }{},
		"A is of type **int, which cannot":     struct{ A **int }{},
		"not valid UTF-8":                      struct{ A string }{"\xff"},
		"is there a cycle":                     cycle,
		"untyped nil cannot be stored":         nil,
		"A is a map with keys of type float64": struct{ A map[float64]int }{map[float64]int{1: 1}},
		"B.C.deep is an unexported field of struc": struct {
			B struct{ C struct{ deep int } }
		}{},
	} {
		_, _, err := encode(v)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("encode(%T): error %v, want one with %q", v, err, want)
		}
	}
}

// TestDecodeRefusesOtherTypes decodes a struct into similar types.
func TestDecodeRefusesOtherTypes(t *testing.T) {
	type kept struct {
		A int
		B []float64
		C [][]float64
	}
	text, files, err := encode(kept{1, []float64{1, 2}, [][]float64{{1, 2}}})
	if err != nil {
		t.Fatal(err)
	}
	arrays := map[string][]byte{}
	for _, f := range files {
		arrays[f.name] = f.data
	}
	for name, target := range map[string]any{
		"missing field": &struct {
			A int
			B []float64
			C [][]float64
			D int
		}{},
		"unknown field": &struct {
			A int
			B []float64
		}{},
		"renamed field": &struct {
			A int
			X []float64
			C [][]float64
		}{},
		"other element type": &struct {
			A int
			B []float32
			C [][]float64
		}{},
		"other dimension": &struct {
			A int
			B [][]float64
			C [][]float64
		}{},
		"scalar for array": &struct {
			A int
			B float64
			C [][]float64
		}{},
		"array of other length": &struct {
			A int
			B [3]float64
			C [][]float64
		}{},
		"text for number": &struct {
			A string
			B []float64
			C [][]float64
		}{},
		"whole":  new(int),
		"hidden": &struct{ a int }{},
	} {
		before := reflect.New(reflect.TypeOf(target).Elem())
		if err := decode(target, text, arrays); err == nil {
			t.Errorf("%s: no error", name)
		} else if !reflect.DeepEqual(target, before.Interface()) {
			t.Errorf("%s: target was changed", name)
		}
	}
	var got kept
	if err := decode(&got, text, arrays); err != nil {
		t.Errorf("the type itself: %v", err)
	}
}

func TestDecodeRefusesBadText(t *testing.T) {
	type target struct {
		A int8
		B []bool
	}
	bools := func(data ...byte) []byte { return (&array{"|b1", []int{len(data)}, data}).npy() }
	good := map[string][]byte{"B.npy": bools(1, 0)}
	const ref = `"B":{"array":"B"}`
	if err := decode(&target{}, []byte(`{"A":1,`+ref+`}`), good); err != nil {
		t.Fatal(err)
	}
	for text, arrays := range map[string]map[string][]byte{
		`{"A":1,` + ref + `}x`:              good,
		`{"A":1,` + ref:                     good,
		`{"A":300,` + ref + `}`:             good,
		`{"A":1.5,` + ref + `}`:             good,
		`{"A":null,` + ref + `}`:            good,
		`[]`:                                good,
		`{"A":1,"B":{"array":1}}`:           good,
		`{"A":1,"B":{"array":"C"}}`:         good,
		`{"A":1,"B":{"array":"B","x":1}}`:   good,
		`{"A":1,"B":null}`:                  good, // no field refers to B.npy
		`{"A":1,` + ref + `} `:              {"B.npy": bools(2)},
		`{"A":1,` + ref + `}  `:             {"B.npy": bools(1)[:100]},
		`{"A":1,` + ref + `}   `:            {"B.npy": append(bools(1), 1)},
		`{"A":1,` + ref + `}    `:           {},
		`{"A":1,"B":{"array":"B"},"A2":-0}`: good,
	} {
		if err := decode(&target{}, []byte(text), arrays); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	var twice struct{ X, Y []bool }
	if err := decode(&twice, []byte(`{"X":{"array":"B"},"Y":{"array":"B"}}`), good); err == nil {
		t.Error("one array for two fields: no error")
	}
}

func TestDecodeNeedsPointer(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic for a target that is not a pointer")
		}
	}()
	decode(everything{}, nil, nil)
}

// TestNPYHeader compares with the bytes in NumPy's documentation of format version 1.0
// (numpy.lib.format).
func TestNPYHeader(t *testing.T) {
	got := (&array{"<f8", []int{2, 3}, make([]byte, 48)}).npy()
	dict := "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"
	want := "\x93NUMPY\x01\x00\x76\x00" + dict + strings.Repeat(" ", 128-10-1-len(dict)) + "\n"
	if string(got[:128]) != want || len(got) != 128+48 {
		t.Errorf("header %q, want %q", got[:128], want)
	}
	one := (&array{"|u1", []int{3}, []byte{1, 2, 3}}).npy()
	if !strings.Contains(string(one), "'shape': (3,), }") || len(one) != 128+3 {
		t.Errorf("one dimension: %q", one)
	}
}

// TestNPZForeignReader reads an archive with another implementation.
func TestNPZForeignReader(t *testing.T) {
	_, arrays, err := encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	packed, err := zipFiles(arrays, "")
	if err != nil {
		t.Fatal(err)
	}
	archive, err := npz.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	var f64 []float64
	var f32 []float32
	var ints []int64
	var octets []uint8
	var rows [16]float64 // of 2 rows
	for array, target := range map[string]any{"F64.npy": &f64, "F32.npy": &f32, "Ints.npy": &ints, "Bytes.npy": &octets, "Matrix.npy": &rows} {
		if err := archive.Read(array, target); err != nil {
			t.Fatalf("%s: %v", array, err)
		}
	}
	want := sample()
	wantSame(t, f64, want.F64)
	wantSame(t, f32, want.F32)
	wantSame(t, octets, want.Bytes)
	wantSame(t, ints, []int64{math.MinInt64, 0, math.MaxInt64})
	wantSame(t, rows[:8], want.Matrix[0])
	wantSame(t, rows[8:], want.Matrix[1])
}

// Archives that zipFiles does not write are refused.
func TestUnzipRefuses(t *testing.T) {
	one := file{"a", bytes.Repeat([]byte("x"), 100)}
	good, err := zipFiles([]file{one}, "")
	if err != nil {
		t.Fatal(err)
	}
	twice, err := zipFiles([]file{one, one}, "")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	if part, err := w.Create(one.name); err != nil {
		t.Fatal(err)
	} else if _, err := part.Write(one.data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for want, archive := range map[string][]byte{
		`has "a" twice`:                   twice,
		`member "a" is compressed`:        packed.Bytes(),
		`member "a": zip: checksum error`: bytes.Replace(good, []byte("xx"), []byte("xy"), 1),
		"zip: not a valid zip file":       good[:len(good)-1],
	} {
		if _, err := unzipFiles(archive); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// A few has one field of each kind. Its text is short, so that few changes of the text are
// needed for another value.
type few struct {
	F64    []float64
	Matrix [][]float32
	Ragged [][]int8
	Bools  []bool
	Pair   [2]uint16
	Map    map[int]*few
	Odd    map[string][]uint8
	Text   string
	X      float32
	Small  uint8
	When   time.Time
	RNG    *stream.Stream
}

// Any text with any array in place of one of the arrays is refused with one line and
// changes nothing, or it is a value that can be stored again and is then the same.
func FuzzDecode(f *testing.F) {
	text, arrays, err := encode(few{
		F64: []float64{1, math.NaN()}, Matrix: [][]float32{{1, 2}, {3, 4}}, Ragged: [][]int8{{1}, nil}, Bools: []bool{true}, Pair: [2]uint16{1, 2},
		Map: map[int]*few{-1: {X: float32(math.Inf(1))}}, Odd: map[string][]uint8{"a.b": {1}, "": {2}}, Text: "φ", Small: 255, RNG: stream.New(1, "fuzz"),
	})
	if err != nil {
		f.Fatal(err)
	}
	whole := map[string][]byte{}
	for _, a := range arrays {
		whole[a.name] = a.data
		f.Add(text, a.name, a.data)
	}
	f.Add(text, "Other.npy", arrays[0].data)
	f.Add([]byte(`{"Ragged":[[1]],"Map":{}}`), "F64.npy", []byte{})
	f.Fuzz(func(t *testing.T, text []byte, name string, array []byte) {
		files := maps.Clone(whole)
		if files[name] = array; len(array) == 0 {
			delete(files, name)
		}
		before := few{Text: "before"}
		got := before
		if err := decode(&got, text, files); err != nil {
			wantSame(t, got, before)
			oneLine(t, err)
			return
		}
		if _, stored, err := encode(got); err != nil || len(stored) != len(files) {
			t.Errorf("%d arrays become %d, %v", len(files), len(stored), err)
		}
		var again few
		roundTrip(t, got, &again)
		wantSame(t, again, got)
	})
}

// oneLine checks that an error can be shown in one line.
func oneLine(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); text == "" || strings.ContainsFunc(text, unicode.IsControl) {
		t.Errorf("error %q", text)
	}
}

// The members of an accepted archive fit in it, and an archive of them has the same.
func FuzzNPZ(f *testing.F) {
	for _, files := range [][]file{
		nil,
		{{"F64.npy", (&array{"<f8", []int{1}, make([]byte, 8)}).npy()}},
		{{"a/", nil}, {"", []byte("x")}, {"../b", []byte("PK\x01\x02")}},
		{{"twice", []byte("x")}, {"twice", []byte("y")}},
	} {
		packed, err := zipFiles(files, "comment")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
		f.Add(packed[:len(packed)-1])
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		files, err := unzipFiles(packed)
		if err != nil {
			oneLine(t, err)
			return
		}
		var list []file
		size := 0
		for _, name := range slices.Sorted(maps.Keys(files)) {
			list = append(list, file{name, files[name]})
			size += len(files[name])
		}
		if size > len(packed) {
			t.Errorf("%d bytes in an archive of %d", size, len(packed))
		}
		packed, err = zipFiles(list, "")
		if err != nil {
			t.Fatal(err)
		}
		again, err := unzipFiles(packed)
		if err != nil || !maps.EqualFunc(again, files, bytes.Equal) {
			t.Errorf("%q comes back as %q, %v", files, again, err)
		}
	})
}

// An accepted array comes back the same, and another implementation reads the same shape
// and elements.
func FuzzNPY(f *testing.F) {
	f.Add((&array{"<f8", []int{2, 3}, make([]byte, 48)}).npy())
	f.Add((&array{"|u1", []int{0}, nil}).npy())
	f.Add((&array{"|b1", []int{2}, []byte{0, 1}}).npy())
	f.Add((&array{"<i2", []int{1, 2}, []byte{1, 2, 3, 4}}).npy())
	f.Add((&array{"<i2", []int{1}, []byte{1, 2, 3}}).npy())
	f.Add([]byte("\x93NUMPY\x01\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseNPY(b)
		if err != nil {
			oneLine(t, err)
			return
		}
		size := int(a.dtype[2] - '0')
		for _, n := range a.shape {
			size *= n
		}
		if size != len(a.data) {
			t.Errorf("%q: shape %v with %d bytes", b, a.shape, len(a.data))
		}
		again, err := parseNPY(a.npy())
		if err != nil || !reflect.DeepEqual(a.shape, again.shape) || !bytes.Equal(a.data, again.data) || a.dtype != again.dtype {
			t.Errorf("%q: parsed as %v, again as %v, %v", b, a, again, err)
		}
		foreign, err := npy.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%q: parsed as %v, but another reader: %v", b, a, err)
		}
		if d := foreign.Header.Descr; d.Type != "'"+a.dtype+"'" || d.Fortran || !slices.Equal(d.Shape, a.shape) {
			t.Errorf("%q: parsed as %v, another reader has %v", b, a, d)
		}
		if a.dtype == "<i2" && len(a.data) > 0 {
			ours, theirs := make([]int16, len(a.data)/2), []int16{}
			if err := setElements(reflect.ValueOf(ours), a.data); err != nil {
				t.Fatal(err)
			}
			if err := foreign.Read(&theirs); err != nil || !slices.Equal(ours, theirs) {
				t.Errorf("%q has %v, another reader reads %v, %v", b, ours, theirs, err)
			}
		}
	})
}
