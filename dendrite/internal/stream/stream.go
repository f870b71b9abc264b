// Package stream makes named random streams. Every random draw of the project
// comes from one: the same seed, purpose and indices give the same numbers on
// every machine, and adding a stream does not change another.
package stream

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// A Stream is a ChaCha8 generator that can be saved and restored at any point.
// It is not safe for use by several goroutines at once.
type Stream struct {
	*rand.Rand
	source *rand.ChaCha8
}

// New returns the stream named by seed, purpose (say "noise") and any number of
// indices (an area, an epoch). Different names give independent streams: the
// generator's key is the SHA-256 of an unambiguous encoding of all three.
func New(seed uint64, purpose string, index ...uint64) *Stream {
	source := rand.NewChaCha8(key(seed, purpose, index))
	return &Stream{Rand: rand.New(source), source: source}
}

func key(seed uint64, purpose string, index []uint64) [32]byte {
	name := binary.LittleEndian.AppendUint64(nil, seed)
	name = binary.LittleEndian.AppendUint64(name, uint64(len(purpose)))
	name = append(name, purpose...)
	for _, i := range index {
		name = binary.LittleEndian.AppendUint64(name, i)
	}
	return sha256.Sum256(name)
}

// MarshalBinary saves the position in the stream.
func (s *Stream) MarshalBinary() ([]byte, error) { return s.source.MarshalBinary() }

// UnmarshalBinary continues from a saved position. It works on the zero Stream
// too; after an error the stream is as before.
func (s *Stream) UnmarshalBinary(data []byte) error {
	// Into a fresh source, because ChaCha8 may change before it finds an error.
	source := new(rand.ChaCha8)
	if err := source.UnmarshalBinary(data); err != nil {
		return fmt.Errorf("stream: saved position is not readable: %w", err)
	}
	s.source, s.Rand = source, rand.New(source)
	return nil
}

// Uniform fills dst with independent draws from [lo, hi). Products are rounded before they
// are added: a fused multiply-add, which some machines have, would give other draws there.
func (s *Stream) Uniform(dst []float64, lo, hi float64) {
	for i := range dst {
		dst[i] = lo + float64((hi-lo)*s.Float64())
	}
}
