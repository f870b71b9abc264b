//go:build !amd64

package simd

func addNormals(dst []float64, sd float64, key *NormalKey, block uint64) {
	addNormalsGo(dst, sd, key, block)
}
