package stream

import (
	"encoding/binary"
	"fmt"

	"microcircuits/dendrite/internal/simd"
)

// A Noise is a stream of normal draws, many at a time. Each draw is a function of the
// stream's name and the draw's number alone (simd.AddNormals), so that it is the same on
// every machine and with every instruction set. It is not safe for use by several
// goroutines at once.
type Noise struct {
	name [2]uint64
	key  *simd.NormalKey
	next uint64 // block of draws
}

// NewNoise returns the noise named by seed, purpose and indices, as New does. Of the
// SHA-256 of the name, 128 bits count.
func NewNoise(seed uint64, purpose string, index ...uint64) *Noise {
	k := key(seed, purpose, index)
	return noise(binary.LittleEndian.Uint64(k[:]), binary.LittleEndian.Uint64(k[8:]), 0)
}

func noise(key, stream, next uint64) *Noise {
	return &Noise{name: [2]uint64{key, stream}, key: simd.NewNormalKey(key, stream), next: next}
}

// AddTo adds independent draws from the normal distribution of mean 0 and standard
// deviation sd to the elements of dst.
func (n *Noise) AddTo(dst []float64, sd float64) {
	n.next += simd.AddNormals(dst, sd, n.key, n.next)
}

// noiseFormat begins a saved position; another way to draw gets another one.
const noiseFormat = "philox1:"

// MarshalBinary saves the position in the stream.
func (n *Noise) MarshalBinary() ([]byte, error) {
	data := []byte(noiseFormat)
	for _, v := range []uint64{n.name[0], n.name[1], n.next} {
		data = binary.LittleEndian.AppendUint64(data, v)
	}
	return data, nil
}

// UnmarshalBinary continues from a saved position. It works on the zero Noise too; after
// an error the stream is as before.
func (n *Noise) UnmarshalBinary(data []byte) error {
	if len(data) != len(noiseFormat)+24 || string(data[:len(noiseFormat)]) != noiseFormat {
		return fmt.Errorf("stream: saved position of noise is not readable: %d bytes that do not begin with %s", len(data), noiseFormat)
	}
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(data[len(noiseFormat)+8*i:]) }
	*n = *noise(at(0), at(1), at(2))
	return nil
}
