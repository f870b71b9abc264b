package task

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// idxBytes returns an IDX file of unsigned bytes. data may be shorter or longer than the
// shape requires.
func idxBytes(shape []uint32, data []byte) []byte {
	b := []byte{0, 0, 8, byte(len(shape))}
	for _, n := range shape {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return append(b, data...)
}

func gzipped(data []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	w.Write(data)
	w.Close()
	return buf.Bytes()
}

func TestReadIDX(t *testing.T) {
	plain := idxBytes([]uint32{2, 1, 3}, []byte{0, 51, 255, 3, 4, 5})
	for name, file := range map[string][]byte{"plain": plain, "gzip": gzipped(plain)} {
		pixels, rows, cols, err := readImages(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := []float32{0, 0.2, 1, 3. / 255, 4. / 255, 5. / 255}
		if rows != 1 || cols != 3 || len(pixels) != len(want) {
			t.Fatalf("%s: %d x %d, %d pixels", name, rows, cols, len(pixels))
		}
		for i := range want {
			if pixels[i] != want[i] {
				t.Errorf("%s: pixel %d is %v, want %v", name, i, pixels[i], want[i])
			}
		}
	}
}

func TestReadIDXRefuses(t *testing.T) {
	good := idxBytes([]uint32{4}, []byte{1, 2, 3, 4})
	packed := gzipped(good)
	badCRC := bytes.Clone(packed)
	badCRC[len(badCRC)-5] ^= 1
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "shorter than an IDX header"},
		{"one byte", []byte{0}, "shorter than an IDX header"},
		{"no gzip, no IDX", []byte("hello, world"), "starts with the bytes 6865, not 0000"},
		{"float elements", []byte{0, 0, 0x0d, 1, 0, 0, 0, 1, 1}, "IDX type 0x0d"},
		{"images", idxBytes([]uint32{1, 2, 2}, make([]byte, 4)), "3 dimensions, not 1"},
		{"no dimension", []byte{0, 0, 8, 0}, "0 dimensions, not 1"},
		{"zero items", idxBytes([]uint32{0}, nil), "is empty"},
		{"oversized", idxBytes([]uint32{maxIDXBytes + 1}, nil), "too large"},
		{"header cut", good[:6], "incomplete: it ends in its header"},
		{"magic cut", good[:3], "incomplete: it ends in its header"},
		{"data cut", good[:11], "incomplete: it ends after 3 of 4 bytes"},
		{"no data", good[:8], "incomplete: it ends after 0 of 4 bytes"},
		{"trailing", append(bytes.Clone(good), 0), "longer than the 4 bytes"},
		{"gzip cut", packed[:len(packed)-1], "damaged"},
		{"gzip header cut", packed[:5], "damaged"},
		{"gzip checksum", badCRC, "damaged: gzip: invalid checksum"},
		{"gzip trailing", append(bytes.Clone(packed), 1), "damaged"},
		{"gzip twice", append(bytes.Clone(packed), packed...), "longer than the 4 bytes"},
		{"gzip of gzip", gzipped(packed), "starts with the bytes 1f8b"},
	} {
		if _, err := readIDX(bytes.NewReader(c.file), 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	// 65536^4 wraps to 0 in 64 bits.
	wrap := idxBytes([]uint32{1 << 16, 1 << 16, 1 << 16, 1 << 16}, nil)
	if _, err := readIDX(bytes.NewReader(wrap), 4); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("dimensions that overflow: %v", err)
	}
	if _, err := readIDX(bytes.NewReader(idxBytes([]uint32{math.MaxUint32, math.MaxUint32, math.MaxUint32}, nil)), 3); err == nil {
		t.Error("largest dimensions: no error")
	}
	if _, err := readLabels(bytes.NewReader(idxBytes([]uint32{3}, []byte{9, 0, 10}))); err == nil || !strings.Contains(err.Error(), "label 2 is 10") {
		t.Errorf("label 10: %v", err)
	}
}

// zeros is an endless file.
type zeros struct{ read int }

func (z *zeros) Read(p []byte) (int, error) {
	clear(p)
	z.read += len(p)
	return len(p), nil
}

// TestBombs checks that the reader does not allocate or read too much for a small file that
// decompresses to much more than its header says, for a short file with a large size in its
// header, and for an endless file.
func TestBombs(t *testing.T) {
	const bomb = 64 << 20
	big := gzipped(append(idxBytes([]uint32{100}, nil), make([]byte, bomb)...))
	short := idxBytes([]uint32{maxIDXBytes}, make([]byte, 1000))
	endless := &zeros{}
	for name, file := range map[string]io.Reader{
		"gzip bomb":  bytes.NewReader(big),
		"short":      bytes.NewReader(short),
		"gzip short": bytes.NewReader(gzipped(short)),
		"endless":    io.MultiReader(bytes.NewReader(idxBytes([]uint32{100}, nil)), endless),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readIDX(file, 1)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
			t.Errorf("%s: allocated %d bytes", name, used)
		}
	}
	if endless.read > 1<<20 {
		t.Errorf("read %d bytes of an endless file", endless.read)
	}
}

// A file is refused with one line, or its content is exactly what its plain form has. It
// does not matter whether the file is compressed.
func FuzzIDX(f *testing.F) {
	for dims := 1; dims <= 3; dims += 2 {
		shape := []uint32{2, 2, 3}[:dims]
		size := 1
		for _, n := range shape {
			size *= int(n)
		}
		good := idxBytes(shape, make([]byte, size))
		f.Add(good, dims)
		f.Add(gzipped(good), dims)
		f.Add(good[:len(good)-1], dims)
		f.Add(gzipped(good)[:15], dims)
		f.Add(append(bytes.Clone(good), 0), dims)
		f.Add(gzipped(append(bytes.Clone(good), make([]byte, 1<<16)...)), dims)
		f.Add(idxBytes([]uint32{math.MaxUint32, 1 << 16, 1 << 16}[:dims], nil), dims)
	}
	packer := gzip.NewWriter(nil) // used again, because a new one takes long
	f.Fuzz(func(t *testing.T, file []byte, dims int) {
		if dims < 1 || dims > 4 {
			return
		}
		a, err := readIDX(bytes.NewReader(file), dims)
		if len(file) > 1 && file[0] != 0x1f { // else it may be compressed already
			var buf bytes.Buffer
			packer.Reset(&buf)
			packer.Write(file)
			packer.Close()
			packed, packedErr := readIDX(&buf, dims)
			if !reflect.DeepEqual(packed, a) || fmt.Sprint(packedErr) != fmt.Sprint(err) {
				t.Errorf("plain: %v, %v; compressed: %v, %v", a, err, packed, packedErr)
			}
		}
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		size := 1
		var shape []uint32
		for _, n := range a.shape {
			size *= n
			shape = append(shape, uint32(n))
		}
		if len(a.shape) != dims || size != len(a.data) || size == 0 {
			t.Fatalf("shape %v with %d bytes", a.shape, len(a.data))
		}
		// An accepted file has exactly the content of its plain form.
		plain := idxBytes(shape, a.data)
		if file[0] == 0 && !bytes.Equal(plain, file) {
			t.Error("a plain file with additional content was accepted")
		}
		if again, err := readIDX(bytes.NewReader(gzipped(plain)), dims); err != nil || !bytes.Equal(again.data, a.data) {
			t.Errorf("again: %v", err)
		}
	})
}
