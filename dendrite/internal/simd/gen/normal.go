package main

import (
	"fmt"
	"math"
)

// Normal draws: Philox4x32-10 and the transform of Box and Muller, as normal.go has
// them in Go, with the series that stand there. Every number is rounded as there:
// products and sums apart, no fused multiply-add, so that all machines give the same
// bits.
//
// Registers: DI the place in dst, SI the key, CX the blocks left. AVX2 takes a block of
// eight counters in two runs of four.

func normalKernels() {
	normalData()
	addNormals(avx512)
	addNormals(avx2)
}

// The constants of normal.go, and the counters of a block with their number behind them.
var normalConstants = []struct {
	name string
	bits []uint64
}{
	{"Multiplier0", []uint64{0xD2511F53}},
	{"Multiplier1", []uint64{0xCD9E8D57}},
	{"Low32", []uint64{1<<32 - 1}},
	{"MantissaOne", []uint64{mantissaOne}},
	{"BelowRootHalf", []uint64{mantissaOne - rootHalf}},
	{"Mantissa", []uint64{1<<52 - 1}},
	{"RootHalf", []uint64{rootHalf}},
	{"Magic", []uint64{0x4330000000000000}},
	{"Sign", []uint64{1 << 63}},
	{"One", []uint64{math.Float64bits(1)}},
	{"Two", []uint64{math.Float64bits(2)}},
	{"OneAndHalf", []uint64{math.Float64bits(1.5)}},
	{"MinusTwo", []uint64{math.Float64bits(-2)}},
	{"MagicBias", []uint64{math.Float64bits(1<<52 + 1023)}},
	{"Ln2", []uint64{math.Float64bits(math.Ln2)}},
	{"Lanes", []uint64{0, 1, 2, 3, 4, 5, 6, 7, 8}},
}

const (
	mantissaOne = 0x3ff0000000000000
	rootHalf    = 0x3fe6a09e667f3bcd
)

func normalData() {
	for _, c := range normalConstants {
		for i, bits := range c.bits {
			fmt.Fprintf(&out, "\nDATA normal%s<>+%d(SB)/8, $0x%016x", c.name, 8*i, bits)
		}
		fmt.Fprintf(&out, "\nGLOBL normal%s<>(SB), RODATA|NOPTR, $%d\n", c.name, 8*len(c.bits))
	}
}

// constant is the address of a constant.
func constant(name string) string { return fmt.Sprintf("normal%s<>(SB)", name) }

// vectors has the vector registers by use.
type vectors struct {
	isa
	counters, sd     string
	a, b, r, z, v, t string
	x, y, u, w       string
}

// with prints an instruction whose first operand is a constant in memory, as wide as one
// element.
func (s vectors) with(op, address, src, dst string) {
	if s.reg == "Z" {
		p("%s.BCST %s, %s, %s", op, address, src, dst)
		return
	}
	p("VBROADCASTSD %s, %s", address, s.w)
	p("%s %s, %s, %s", op, s.w, src, dst)
}

func (s vectors) load(address, dst string) { p("VBROADCASTSD %s, %s", address, dst) }

// logical is the name of a logical instruction on 64-bit elements.
func (s vectors) logical(op string) string {
	if s.reg == "Z" {
		return op + "Q"
	}
	return op
}

// series leaves in dst the polynomial in z whose terms stand in a table of Go.
func (s vectors) series(table string, terms int, z, dst string) {
	at := func(i int) string { return fmt.Sprintf("·%s+%d(SB)", table, 8*i) }
	s.load(at(0), dst)
	for i := 1; i < terms; i++ {
		p("VMULPD %s, %s, %s", z, dst, dst)
		s.with("VADDPD", at(i), dst, dst)
	}
}

// philox leaves 128 random bits of each counter in a and b.
func (s vectors) philox() {
	c0, c1, c2, c3, hi0, hi1 := s.a, s.r, s.b, s.z, s.x, s.y
	p("VMOVDQU%s %s, %s", map[string]string{"Z": "64", "Y": ""}[s.reg], s.counters, c0)
	p("VPSRLQ $32, %s, %s", c0, c1)
	s.load("160(SI)", c2)
	s.load("168(SI)", c3)
	for round := range 10 {
		// The upper halves of the lanes do not count: multiplications leave them out.
		s.with("VPMULUDQ", constant("Multiplier0"), c0, s.t)
		s.with("VPMULUDQ", constant("Multiplier1"), c2, s.u)
		p("VPSRLQ $32, %s, %s", s.t, hi0)
		p("VPSRLQ $32, %s, %s", s.u, hi1)
		for i, w := range []struct{ hi, word, dst string }{{hi1, c1, c0}, {hi0, c3, c2}} {
			p("%s %s, %s, %s", s.logical("VPXOR"), w.hi, w.word, w.dst)
			s.with(s.logical("VPXOR"), fmt.Sprintf("%d(SI)", 8*(2*round+i)), w.dst, w.dst)
		}
		c1, c3, s.t, s.u = s.u, s.t, c3, c1
	}
	for _, w := range [][2]string{{c0, c1}, {c2, c3}} {
		p("VPSLLQ $32, %s, %s", w[1], w[1])
		s.with(s.logical("VPAND"), constant("Low32"), w[0], w[0])
		p("%s %s, %s, %s", s.logical("VPOR"), w[1], w[0], w[0])
	}
}

// boxMuller leaves normal draws of the bits a and b in x and y.
func (s vectors) boxMuller() {
	and, or, xor := s.logical("VPAND"), s.logical("VPOR"), s.logical("VPXOR")
	// u = 2 - (1 with mantissa a), in y
	p("VPSRLQ $12, %s, %s", s.a, s.a)
	s.with(or, constant("MantissaOne"), s.a, s.a)
	s.load(constant("Two"), s.y)
	p("VSUBPD %s, %s, %s", s.a, s.y, s.y)
	// e in a, f in y
	s.with("VPADDQ", constant("BelowRootHalf"), s.y, s.y)
	p("VPSRLQ $52, %s, %s", s.y, s.a)
	s.with(or, constant("Magic"), s.a, s.a)
	s.with("VSUBPD", constant("MagicBias"), s.a, s.a)
	s.with(and, constant("Mantissa"), s.y, s.y)
	s.with("VPADDQ", constant("RootHalf"), s.y, s.y)
	// s = (f-1)/(f+1) in y, r = sqrt(-2 log u) in r
	s.with("VADDPD", constant("One"), s.y, s.t)
	s.with("VSUBPD", constant("One"), s.y, s.y)
	p("VDIVPD %s, %s, %s", s.t, s.y, s.y)
	p("VMULPD %s, %s, %s", s.y, s.y, s.z)
	s.series("logTerms", 10, s.z, s.r)
	p("VMULPD %s, %s, %s", s.r, s.y, s.r)
	s.with("VMULPD", constant("Ln2"), s.a, s.a)
	p("VADDPD %s, %s, %s", s.r, s.a, s.r)
	s.with("VMULPD", constant("MinusTwo"), s.r, s.r)
	p("VSQRTPD %s, %s", s.r, s.r)
	// v in v, cosine in x, sine in y
	p("VPSLLQ $2, %s, %s", s.b, s.v)
	p("VPSRLQ $12, %s, %s", s.v, s.v)
	s.with(or, constant("MantissaOne"), s.v, s.v)
	s.with("VSUBPD", constant("OneAndHalf"), s.v, s.v)
	p("VMULPD %s, %s, %s", s.v, s.v, s.z)
	s.series("sineTerms", 8, s.z, s.y)
	p("VMULPD %s, %s, %s", s.v, s.y, s.y)
	s.series("cosineTerms", 9, s.z, s.x)
	// In odd quarters the two change places: the sign of t is bit 62 of b.
	p("VPSLLQ $1, %s, %s", s.b, s.t)
	if s.reg == "Z" {
		p("VPMOVQ2M %s, K1", s.t)
		p("VMOVAPD %s, %s", s.x, s.v)
		p("VMOVAPD %s, K1, %s", s.y, s.x)
		p("VMOVAPD %s, K1, %s", s.v, s.y)
	} else {
		p("VBLENDVPD %s, %s, %s, %s", s.t, s.x, s.y, s.v)
		p("VBLENDVPD %s, %s, %s, %s", s.t, s.y, s.x, s.x)
		p("VMOVAPD %s, %s", s.v, s.y)
	}
	p("%s %s, %s, %s", xor, s.b, s.t, s.t)
	s.with(and, constant("Sign"), s.t, s.t)
	s.with(and, constant("Sign"), s.b, s.b)
	p("%s %s, %s, %s", xor, s.t, s.x, s.x)
	p("%s %s, %s, %s", xor, s.b, s.y, s.y)
	p("VMULPD %s, %s, %s", s.x, s.r, s.x)
	p("VMULPD %s, %s, %s", s.y, s.r, s.y)
}

func addNormals(s isa) {
	r := vectors{isa: s}
	for i, name := range []*string{&r.counters, &r.sd, &r.a, &r.b, &r.r, &r.z, &r.v, &r.t, &r.x, &r.y, &r.u, &r.w} {
		*name = s.v(i)
	}
	text("addNormals"+s.name, 40)
	p("MOVQ dst+0(FP), DI")
	p("MOVQ blocks+8(FP), CX")
	p("VBROADCASTSD sd+16(FP), %s", r.sd)
	p("MOVQ key+24(FP), SI")
	p("VPBROADCASTQ counter+32(FP), %s", r.counters)
	p("%s normalLanes<>(SB), %s, %s", "VPADDQ", r.counters, r.counters)
	label("next")
	runs := 64 / s.bytes
	for run := range runs {
		r.philox()
		r.boxMuller()
		for i, draw := range []string{r.x, r.y} {
			at := 64*i + s.bytes*run
			p("VMULPD %s, %s, %s", r.sd, draw, draw)
			p("VADDPD %d(DI), %s, %s", at, draw, draw)
			p("VMOVUPD %s, %d(DI)", draw, at)
		}
		p("VPBROADCASTQ normalLanes<>+%d(SB), %s", 8*(s.bytes/8), r.t)
		p("VPADDQ %s, %s, %s", r.t, r.counters, r.counters)
	}
	p("ADDQ $128, DI")
	p("DECQ CX")
	p("JNZ next")
	p("VZEROUPPER")
	p("RET")
}
