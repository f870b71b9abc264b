package simd

//go:noescape
func addNormalsAVX512(dst *float64, blocks int, sd float64, key *NormalKey, counter uint64)

//go:noescape
func addNormalsAVX2(dst *float64, blocks int, sd float64, key *NormalKey, counter uint64)

// addNormals is AddNormals for whole blocks.
func addNormals(dst []float64, sd float64, key *NormalKey, block uint64) {
	const counters = NormalBlock / 2
	switch level {
	case AVX512:
		addNormalsAVX512(&dst[0], len(dst)/NormalBlock, sd, key, block*counters)
	case AVX2:
		addNormalsAVX2(&dst[0], len(dst)/NormalBlock, sd, key, block*counters)
	default:
		addNormalsGo(dst, sd, key, block)
	}
}
