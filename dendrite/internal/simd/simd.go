// Package simd holds the numeric kernels of the model packages: small dense
// products, rank-1 plasticity updates and transfer functions, each as portable
// Go and, where the machine has them, as AVX2 or AVX-512 assembly chosen at run
// time. On amd64 the float32 products of the portable kernels are SSE2 assembly,
// which every such machine runs, with the bits of the Go code. Results of one
// backend are deterministic bit for bit; different backends agree to the
// tolerance stated at each function.
package simd

import "golang.org/x/sys/cpu"

// Level is an instruction set the kernels can use.
type Level int

const (
	Portable Level = iota // plain Go; SSE2 for float32 products on amd64
	AVX2                  // AVX2 and FMA
	AVX512                // AVX-512 F, DQ and VL
)

func (l Level) String() string {
	switch l {
	case AVX512:
		return "avx512"
	case AVX2:
		return "avx2"
	}
	return "portable"
}

var level = detect()

func detect() Level {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasFMA:
		return AVX512
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return AVX2
	}
	return Portable
}
