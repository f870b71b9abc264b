package simd

import (
	"math"
	"math/bits"
)

// NormalBlock is how many normal draws are made together.
const NormalBlock = 16

// A NormalKey names one stream of normal draws. Draws of the same key and number are the
// same on every machine, bit for bit, and with every instruction set.
type NormalKey struct {
	rounds [20]uint64 // the two keys of each round of Philox
	lo, hi uint64     // the upper half of the counters
}

// NewNormalKey returns the key of a stream named by 128 bits.
func NewNormalKey(key, stream uint64) *NormalKey {
	k := &NormalKey{lo: stream & math.MaxUint32, hi: stream >> 32}
	k0, k1 := uint32(key), uint32(key>>32)
	for r := range 10 {
		k.rounds[2*r], k.rounds[2*r+1] = uint64(k0), uint64(k1)
		k0 += 0x9E3779B9
		k1 += 0xBB67AE85
	}
	return k
}

// AddNormals adds sd times a standard normal draw to every element of dst and returns how
// many blocks of draws that took. The first block is number block of the stream; what is
// left of the last one is not used.
//
// Draws come from the counters of Philox4x32-10 (Salmon and others 2011, "Parallel random
// numbers: as easy as 1, 2, 3") by the transform of Box and Muller: counter c gives
// r cos(a) and r sin(a) with r^2 = -2 log(u), u uniform in (0, 1] with 52 bits, and a
// uniform in a turn with 54 bits. The largest draw possible is 8.5.
func AddNormals(dst []float64, sd float64, key *NormalKey, block uint64) (blocks uint64) {
	whole := len(dst) / NormalBlock
	if whole > 0 {
		addNormals(dst[:whole*NormalBlock], sd, key, block)
	}
	rest := dst[whole*NormalBlock:]
	if len(rest) == 0 {
		return uint64(whole)
	}
	var last [NormalBlock]float64
	addNormals(last[:], sd, key, block+uint64(whole))
	for i := range rest {
		rest[i] += last[i]
	}
	return uint64(whole) + 1
}

// addNormalsGo is AddNormals for whole blocks. Products are converted explicitly, because
// Go may fuse x*y + z on some machines.
func addNormalsGo(dst []float64, sd float64, key *NormalKey, block uint64) {
	const half = NormalBlock / 2
	for ; len(dst) > 0; dst, block = dst[NormalBlock:], block+1 {
		for lane := range half {
			a, b := philox(block*half+uint64(lane), key)
			x, y := boxMuller(a, b)
			dst[lane] += float64(sd * x)
			dst[half+lane] += float64(sd * y)
		}
	}
}

// philox is Philox4x32-10 of one counter: 128 random bits.
func philox(counter uint64, key *NormalKey) (a, b uint64) {
	c0, c1, c2, c3 := uint32(counter), uint32(counter>>32), uint32(key.lo), uint32(key.hi)
	for r := 0; r < len(key.rounds); r += 2 {
		hi0, lo0 := bits.Mul32(0xD2511F53, c0)
		hi1, lo1 := bits.Mul32(0xCD9E8D57, c2)
		c0, c1, c2, c3 = hi1^c1^uint32(key.rounds[r]), lo1, hi0^c3^uint32(key.rounds[r+1]), lo0
	}
	return uint64(c1)<<32 | uint64(c0), uint64(c3)<<32 | uint64(c2)
}

// The assembly reads these too.
var (
	// Series, highest power first: log((1+s)/(1-s))/s in s^2 for |s| < 0.172, and the sine
	// (over v) and cosine of v quarter turns in v^2 for |v| <= 1/2. What is left out is
	// below 1e-16 of the sum.
	logTerms    = [...]float64{2. / 19, 2. / 17, 2. / 15, 2. / 13, 2. / 11, 2. / 9, 2. / 7, 2. / 5, 2. / 3, 2}
	sineTerms   = [...]float64{p15, p13, p11, p9, p7, p5, p3, p1}
	cosineTerms = [...]float64{p16, p14, p12, p10, p8, p6, p4, p2, 1}
)

const (
	mantissaOne = 0x3ff0000000000000 // the bits of 1; below it a mantissa makes 1 to 2
	rootHalf    = 0x3fe6a09e667f3bcd // the bits of the square root of 1/2
	magic       = 0x4330000000000000 // the bits of 2^52; below it an integer makes 2^52 + i
	signBit     = 1 << 63

	// (pi/2)^k / k! with the signs of the series.
	square = math.Pi * math.Pi / 4
	p1     = math.Pi / 2
	p3     = -p1 * square / (2 * 3)
	p5     = -p3 * square / (4 * 5)
	p7     = -p5 * square / (6 * 7)
	p9     = -p7 * square / (8 * 9)
	p11    = -p9 * square / (10 * 11)
	p13    = -p11 * square / (12 * 13)
	p15    = -p13 * square / (14 * 15)
	p2     = -square / 2
	p4     = -p2 * square / (3 * 4)
	p6     = -p4 * square / (5 * 6)
	p8     = -p6 * square / (7 * 8)
	p10    = -p8 * square / (9 * 10)
	p12    = -p10 * square / (11 * 12)
	p14    = -p12 * square / (13 * 14)
	p16    = -p14 * square / (15 * 16)
)

// boxMuller makes two standard normal draws from 128 random bits.
func boxMuller(a, b uint64) (x, y float64) {
	u := 2 - math.Float64frombits(a>>12|mantissaOne) // in (0, 1], never 0

	// log u = e ln 2 + log f with f between the square roots of 1/2 and 2.
	t := math.Float64bits(u) + (mantissaOne - rootHalf)
	e := math.Float64frombits(t>>52|magic) - (1<<52 + 1023)
	f := math.Float64frombits(t&(1<<52-1) + rootHalf)
	s := (f - 1) / (f + 1)
	log := float64(e*math.Ln2) + float64(s*series(logTerms[:], float64(s*s)))
	r := math.Sqrt(-2 * log)

	// b is a quarter (two bits) and v, the place in it, from -1/2 to 1/2.
	v := math.Float64frombits(b<<2>>12|mantissaOne) - 1.5
	z := float64(v * v)
	sin, cos := float64(v*series(sineTerms[:], z)), series(cosineTerms[:], z)
	if b>>62&1 == 1 {
		sin, cos = cos, sin
	}
	// cos is negative in quarters 1 and 2, sin in 2 and 3.
	cos = math.Float64frombits(math.Float64bits(cos) ^ (b^b<<1)&signBit)
	sin = math.Float64frombits(math.Float64bits(sin) ^ b&signBit)
	return r * cos, r * sin
}

// series is the polynomial in z whose terms are given, highest power first.
func series(terms []float64, z float64) float64 {
	sum := terms[0]
	for _, c := range terms[1:] {
		sum = float64(sum*z) + c
	}
	return sum
}
