//go:build amd64.v3

package simd

const compiledV3 = true
