package runstore

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// An array is one NumPy array: little-endian elements in C order.
type array struct {
	dtype string // such as <f8
	shape []int  // one or two dimensions
	data  []byte
}

// dtypeOf returns NumPy's name of a Go element type; false if it has none.
func dtypeOf(t reflect.Type) (string, bool) {
	letter := ""
	switch t.Kind() {
	case reflect.Bool:
		letter = "b"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		letter = "i"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		letter = "u"
	case reflect.Float32, reflect.Float64:
		letter = "f"
	default:
		return "", false
	}
	order := "<"
	if t.Size() == 1 {
		order = "|" // no byte order
	}
	return order + letter + strconv.Itoa(int(t.Size())), true
}

// appendElements appends the elements of v, a slice of a type with a dtype, in
// little-endian order. It copies bits and not values, because a conversion would change
// the payload of a signalling NaN.
func appendElements(dst []byte, v reflect.Value) []byte {
	n, p := v.Len(), v.UnsafePointer()
	if n == 0 {
		return dst
	}
	size := int(v.Type().Elem().Size())
	dst = slices.Grow(dst, n*size)
	switch size {
	case 1:
		return append(dst, unsafe.Slice((*byte)(p), n)...)
	case 2:
		for _, x := range unsafe.Slice((*uint16)(p), n) {
			dst = binary.LittleEndian.AppendUint16(dst, x)
		}
	case 4:
		for _, x := range unsafe.Slice((*uint32)(p), n) {
			dst = binary.LittleEndian.AppendUint32(dst, x)
		}
	case 8:
		for _, x := range unsafe.Slice((*uint64)(p), n) {
			dst = binary.LittleEndian.AppendUint64(dst, x)
		}
	}
	return dst
}

// setElements is the inverse of appendElements: it fills the slice v from data, which must
// have exactly the length of its elements.
func setElements(v reflect.Value, data []byte) error {
	n, p := v.Len(), v.UnsafePointer()
	if n == 0 {
		return nil
	}
	switch v.Type().Elem().Size() {
	case 1:
		if v.Type().Elem().Kind() == reflect.Bool {
			if i := slices.IndexFunc(data, func(b byte) bool { return b > 1 }); i >= 0 {
				return fmt.Errorf("element %d of a boolean array is %d", i, data[i])
			}
		}
		copy(unsafe.Slice((*byte)(p), n), data)
	case 2:
		dst := unsafe.Slice((*uint16)(p), n)
		for i := range dst {
			dst[i] = binary.LittleEndian.Uint16(data[2*i:])
		}
	case 4:
		dst := unsafe.Slice((*uint32)(p), n)
		for i := range dst {
			dst[i] = binary.LittleEndian.Uint32(data[4*i:])
		}
	case 8:
		dst := unsafe.Slice((*uint64)(p), n)
		for i := range dst {
			dst[i] = binary.LittleEndian.Uint64(data[8*i:])
		}
	}
	return nil
}

const npyMagic = "\x93NUMPY\x01\x00"

// npy returns the array as a .npy file, format version 1.0.
func (a *array) npy() []byte {
	shape := make([]string, len(a.shape))
	for i, n := range a.shape {
		shape[i] = strconv.Itoa(n)
	}
	tuple := strings.Join(shape, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", a.dtype, tuple)
	const align = 64 // the format requires that data start at a multiple of 64 bytes
	pad := align - (len(npyMagic)+2+len(header)+1)%align
	header += strings.Repeat(" ", pad%align) + "\n"
	b := make([]byte, 0, len(npyMagic)+2+len(header)+len(a.data))
	b = append(b, npyMagic...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	b = append(b, header...)
	return append(b, a.data...)
}

var npyHeader = regexp.MustCompile(`^\{'descr': '([<|][biuf][1248])', 'fortran_order': False, 'shape': \((\d+),(?: (\d+))?\), \} *\n$`)

// parseNPY parses a .npy file written by npy. The data are not copied.
func parseNPY(b []byte) (*array, error) {
	rest, ok := bytes.CutPrefix(b, []byte(npyMagic))
	if !ok || len(rest) < 2 {
		return nil, fmt.Errorf("is not a .npy file of version 1.0")
	}
	n := int(binary.LittleEndian.Uint16(rest))
	if rest = rest[2:]; n > len(rest) {
		return nil, fmt.Errorf("header is incomplete")
	}
	m := npyHeader.FindSubmatch(rest[:n])
	if m == nil {
		return nil, fmt.Errorf("header %q is not supported", rest[:n])
	}
	a := &array{dtype: string(m[1]), data: rest[n:]}
	total := int(a.dtype[2] - '0') // bytes of one element, multiplied by the shape below
	for _, digits := range m[2:] {
		if digits == nil {
			continue
		}
		d, err := strconv.Atoi(string(digits))
		if err != nil || d > 0 && total > math.MaxInt/d {
			return nil, fmt.Errorf("shape in %q is too large", m[0])
		}
		a.shape = append(a.shape, d)
		total *= d
	}
	if total != len(a.data) {
		return nil, fmt.Errorf("has %d bytes of data, but its shape needs %d", len(a.data), total)
	}
	return a, nil
}

// A file is a name and its content.
type file struct {
	name string
	data []byte
}

// zipFiles returns an uncompressed zip archive of the files, as in .npz. Equal files give
// equal archives, because the archive has no dates.
func zipFiles(files []file, comment string) ([]byte, error) {
	var buf bytes.Buffer
	size := 0
	for _, f := range files {
		size += len(f.data) + 512 // enough for its headers
	}
	buf.Grow(size)
	w := zip.NewWriter(&buf)
	for _, f := range files {
		part, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.SetComment(comment); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// unzipFiles is the inverse of zipFiles. It accepts only uncompressed members, so it never
// needs more memory than the size of the archive.
func unzipFiles(b []byte) (map[string][]byte, error) {
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	left := uint64(len(b)) // members must not overlap, so their sum is at most this
	for _, f := range r.File {
		if _, twice := files[f.Name]; twice {
			return nil, fmt.Errorf("has %q twice", f.Name)
		}
		if f.Method != zip.Store || f.UncompressedSize64 != f.CompressedSize64 || f.UncompressedSize64 > left {
			return nil, fmt.Errorf("member %q is compressed or too large", f.Name)
		}
		left -= f.UncompressedSize64
		part, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("member %q: %w", f.Name, err)
		}
		var data bytes.Buffer
		data.Grow(int(f.UncompressedSize64) + bytes.MinRead)
		if _, err := data.ReadFrom(part); err != nil { // also checks the CRC-32
			return nil, fmt.Errorf("member %q: %w", f.Name, err)
		}
		files[f.Name] = data.Bytes()
	}
	return files, nil
}
