package task

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// maxIDXBytes is the largest size of the content of an IDX file: 256 MiB, five times the
// size of the MNIST training images.
const maxIDXBytes = 1 << 28

// idx is the content of an IDX file of unsigned bytes.
type idx struct {
	shape []int // with the expected number of dimensions, none of them 0
	data  []byte
}

// readIDX reads an IDX file of unsigned bytes, plain or compressed with gzip. Its array must
// have dims dimensions. The format is that of yann.lecun.com/exdb/mnist: two zero bytes, the
// type (8: unsigned byte), the number of dimensions, each dimension as a big-endian uint32,
// then the elements in C order.
//
// The file must have exactly the size given in its header. Memory is allocated for bytes
// that were read, at most for the size in the header and at most maxIDXBytes. So wrong
// headers and gzip bombs do no harm.
func readIDX(r io.Reader, dims int) (*idx, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	magic, err := buffered.Peek(2)
	if err != nil {
		return nil, fmt.Errorf("it is shorter than an IDX header")
	}
	r = buffered
	if magic[0] == 0x1f && magic[1] == 0x8b {
		if r, err = gzip.NewReader(buffered); err != nil {
			return nil, fmt.Errorf("it is damaged: %w", err)
		}
	}
	header := make([]byte, 4+4*dims)
	if _, err := io.ReadFull(r, header[:4]); err != nil {
		return nil, incomplete(err, "in its header")
	}
	switch {
	case header[0] != 0 || header[1] != 0:
		return nil, fmt.Errorf("it is not an IDX file: it starts with the bytes %x, not 0000", header[:2])
	case header[2] != 8:
		return nil, fmt.Errorf("its elements have IDX type 0x%02x, but unsigned bytes (0x08) are needed", header[2])
	case int(header[3]) != dims:
		return nil, fmt.Errorf("it has %d dimensions, not %d: images have 3, labels 1; are the two exchanged?", header[3], dims)
	}
	if _, err := io.ReadFull(r, header[4:]); err != nil {
		return nil, incomplete(err, "in its header")
	}
	a := &idx{shape: make([]int, dims)}
	size := uint64(1)
	for i := range a.shape {
		n := binary.BigEndian.Uint32(header[4+4*i:])
		if n == 0 {
			return nil, fmt.Errorf("it is empty: a dimension in its header is 0")
		}
		// size is at most 2^28 and n less than 2^32: no overflow.
		if size *= uint64(n); size > maxIDXBytes {
			return nil, fmt.Errorf("it is too large: more than %d bytes according to its header", maxIDXBytes)
		}
		a.shape[i] = int(n)
	}
	var data bytes.Buffer
	if _, err := io.CopyN(&data, r, int64(size)); err != nil {
		return nil, incomplete(err, fmt.Sprintf("after %d of %d bytes", data.Len(), size))
	}
	a.data = data.Bytes()
	// At the end gzip also checks its checksum.
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return nil, fmt.Errorf("it is longer than the %d bytes given in its header", size)
	case !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	return a, nil
}

// incomplete returns the error for a file that ends too early or is damaged.
func incomplete(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it is incomplete: it ends %s", where)
	}
	return fmt.Errorf("it is damaged: %w", err)
}

// A Set is a part of a data set: images and their labels in fixed order. It must not be
// changed, because the sets of a Digits share memory.
type Set struct {
	// Images contains the images one after the other, each row by row. Pixels are between
	// 0 (background) and 1.
	Images []float32
	// Labels contains the classes, 0 to 9.
	Labels []uint8
	// Pixels is the number of pixels of an image.
	Pixels int
}

// Len returns the number of images.
func (s Set) Len() int { return len(s.Labels) }

// Image returns image i.
func (s Set) Image(i int) []float32 {
	return s.Images[i*s.Pixels : (i+1)*s.Pixels : (i+1)*s.Pixels]
}

// Slice returns the images from to to-1.
func (s Set) Slice(from, to int) Set {
	return Set{s.Images[from*s.Pixels : to*s.Pixels : to*s.Pixels], s.Labels[from:to:to], s.Pixels}
}

// Classes is the number of classes of a data set.
const Classes = 10

// readLabels reads a file of labels and checks them.
func readLabels(r io.Reader) ([]uint8, error) {
	a, err := readIDX(r, 1)
	if err != nil {
		return nil, err
	}
	for i, l := range a.data {
		if l >= Classes {
			return nil, fmt.Errorf("label %d is %d; labels are 0 to %d", i, l, Classes-1)
		}
	}
	return a.data, nil
}

// readImages reads a file of images, a byte per pixel.
func readImages(r io.Reader) (pixels []float32, rows, cols int, err error) {
	a, err := readIDX(r, 3)
	if err != nil {
		return nil, 0, 0, err
	}
	// Division in float32 gives the float32 that is nearest to n/255, for every n.
	var level [math.MaxUint8 + 1]float32
	for i := range level {
		level[i] = float32(i) / math.MaxUint8
	}
	pixels = make([]float32, len(a.data))
	for i, b := range a.data {
		pixels[i] = level[b]
	}
	return pixels, a.shape[1], a.shape[2], nil
}
