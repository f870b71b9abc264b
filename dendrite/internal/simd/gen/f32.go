package main

import "fmt"

// Registers of the float32 matrix kernels: DI rows of outputs or errors (stride R8),
// SI rows of inputs (stride R9, its multiples in R10-R13), DX the weight panel,
// BX the list of active inputs, CX how many are left, AX the offset of a weight
// row.

// row is the address of input row b, SI + b*R9.
func row(b int) string {
	return []string{"(SI)", "(SI)(R9*1)", "(SI)(R9*2)", "(SI)(R10*1)", "(SI)(R9*4)",
		"(SI)(R11*1)", "(SI)(R10*2)", "(SI)(R12*1)", "(SI)(R9*8)", "(SI)(R13*1)"}[b]
}

func strides(rows int) {
	if rows > 3 {
		p("LEAQ (R9)(R9*2), R10")
	}
	if rows > 5 {
		p("LEAQ (R9)(R9*4), R11")
	}
	if rows > 7 {
		p("LEAQ (R10)(R9*4), R12")
	}
	if rows > 9 {
		p("LEAQ (R9)(R9*8), R13")
	}
}

func offset(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// weightRow loads the offset of the weight row of active input j into reg.
func weightRow(j int, reg string) {
	p("MOVLQZX %s(BX), %s", offset(4*j), reg)
	p("SHLQ $7, %s", reg)
}

// prefetch asks for the weight row 32 rows on. The matrices of one network do
// not fit the second-level cache; without this, half the time is spent waiting
// for memory.
func prefetch(reg string) {
	p("PREFETCHT0 %d(DX)(%s*1)", 32*128, reg)
	p("PREFETCHT0 %d(DX)(%s*1)", 32*128+64, reg)
}

// mul writes the product of rows input rows with two vectors of a panel.
// With one row the sum is cut into four, because one would wait for itself.
func mul(s isa, rows int) {
	name := fmt.Sprintf("mul%d%s", rows, s.name)
	text(name, 56)
	p("MOVQ dst+0(FP), DI")
	p("MOVQ dstStride+8(FP), R8")
	p("MOVQ x+16(FP), SI")
	p("MOVQ xStride+24(FP), R9")
	p("MOVQ panel+32(FP), DX")
	p("MOVQ active+40(FP), BX")
	p("MOVQ n+48(FP), CX")
	strides(rows)
	unroll := 1
	if rows == 1 {
		unroll = 4
	}
	sums := 2 * rows * unroll
	for i := range sums {
		p("VPXOR%s %s, %s, %s", map[string]string{"Z": "D", "Y": ""}[s.reg], s.v(i), s.v(i), s.v(i))
	}
	w, x := sums, sums+2
	body := func(j, first int) {
		weightRow(j, "AX")
		p("VMOVUPS (DX)(AX*1), %s", s.v(w))
		prefetch("AX")
		p("VMOVUPS %d(DX)(AX*1), %s", s.bytes, s.v(w+1))
		for b := range rows {
			t := x
			if w+3 < 16 || s.reg == "Z" && w+3 < 32 {
				t += b % 2
			}
			p("VBROADCASTSS %s%s, %s", offset(4*j), row(b), s.v(t))
			p("VFMADD231PS %s, %s, %s", s.v(w), s.v(t), s.v(first+2*b))
			p("VFMADD231PS %s, %s, %s", s.v(w+1), s.v(t), s.v(first+2*b+1))
		}
	}
	if unroll > 1 {
		p("PCALIGN $64")
		label("many")
		p("CMPQ CX, $%d", unroll)
		p("JLT one")
		for j := range unroll {
			body(j, 2*j)
		}
		p("ADDQ $%d, SI", 4*unroll)
		p("ADDQ $%d, BX", 4*unroll)
		p("SUBQ $%d, CX", unroll)
		p("JMP many")
	}
	p("PCALIGN $64")
	label("one")
	p("TESTQ CX, CX")
	p("JZ end")
	body(0, 0)
	p("ADDQ $4, SI")
	p("ADDQ $4, BX")
	p("DECQ CX")
	p("JMP one")
	label("end")
	for j := unroll / 2; j >= 1; j /= 2 {
		for i := range 2 * j {
			p("VADDPS %s, %s, %s", s.v(i+2*j), s.v(i), s.v(i))
		}
	}
	for b := range rows {
		p("VMOVUPS %s, (DI)", s.v(2*b))
		p("VMOVUPS %s, %d(DI)", s.v(2*b+1), s.bytes)
		if b+1 < rows {
			p("ADDQ R8, DI")
		}
	}
	p("VZEROUPPER")
	p("RET")
}

// outer writes the update of two vectors of a panel by rows outer products.
// unroll weight rows go together, so that their sums do not wait for each
// other.
func outer(s isa, rows, unroll int) {
	name := fmt.Sprintf("outer%d%s", rows, s.name)
	text(name, 64)
	p("MOVQ e+8(FP), DI")
	p("MOVQ eStride+16(FP), R8")
	p("MOVQ x+24(FP), SI")
	p("MOVQ xStride+32(FP), R9")
	p("MOVQ panel+40(FP), DX")
	p("MOVQ active+48(FP), BX")
	p("MOVQ n+56(FP), CX")
	strides(rows)
	w, x := 2*rows, 2*rows+2*unroll
	xs := map[string]int{"Z": 32, "Y": 16}[s.reg] - x
	p("VBROADCASTSS a+0(FP), %s", s.v(w))
	for b := range rows {
		p("VMULPS (DI), %s, %s", s.v(w), s.v(2*b))
		p("VMULPS %d(DI), %s, %s", s.bytes, s.v(w), s.v(2*b+1))
		if b+1 < rows {
			p("ADDQ R8, DI")
		}
	}
	offsets := []string{"AX", "DI", "R8", "R15"}
	body := func(many int) {
		for j := range many {
			weightRow(j, offsets[j])
			p("VMOVUPS (DX)(%s*1), %s", offsets[j], s.v(w+2*j))
			prefetch(offsets[j])
			p("VMOVUPS %d(DX)(%s*1), %s", s.bytes, offsets[j], s.v(w+2*j+1))
		}
		turn := 0
		for b := range rows {
			for j := range many {
				t := s.v(x + turn%xs)
				turn++
				p("VBROADCASTSS %s%s, %s", offset(4*j), row(b), t)
				p("VFMADD231PS %s, %s, %s", s.v(2*b), t, s.v(w+2*j))
				p("VFMADD231PS %s, %s, %s", s.v(2*b+1), t, s.v(w+2*j+1))
			}
		}
		for j := range many {
			p("VMOVUPS %s, (DX)(%s*1)", s.v(w+2*j), offsets[j])
			p("VMOVUPS %s, %d(DX)(%s*1)", s.v(w+2*j+1), s.bytes, offsets[j])
		}
		p("ADDQ $%d, SI", 4*many)
		p("ADDQ $%d, BX", 4*many)
	}
	if unroll > 1 {
		p("PCALIGN $64")
		label("many")
		p("CMPQ CX, $%d", unroll)
		p("JLT one")
		body(unroll)
		p("SUBQ $%d, CX", unroll)
		p("JMP many")
	}
	label("one")
	p("TESTQ CX, CX")
	p("JZ end")
	body(1)
	p("DECQ CX")
	p("JMP one")
	label("end")
	p("VZEROUPPER")
	p("RET")
}

// updateMul writes the update of two vectors of a panel by one outer product, and then
// the product with one input row, each rounded as outer and mul with one row do. It takes
// all inputs, in order.
func updateMul(s isa) {
	text("updateMul"+s.name, 56)
	p("MOVQ dst+0(FP), DI")
	p("MOVQ x+8(FP), SI")
	p("MOVQ e+24(FP), R8")
	p("MOVQ before+32(FP), R9")
	p("MOVQ panel+40(FP), DX")
	p("MOVQ n+48(FP), CX")
	const unroll = 4
	e, w, x := 2*unroll, 2*unroll+2, 2*unroll+4
	for i := range 2 * unroll {
		p("VPXOR%s %s, %s, %s", map[string]string{"Z": "D", "Y": ""}[s.reg], s.v(i), s.v(i), s.v(i))
	}
	p("VBROADCASTSS a+16(FP), %s", s.v(x))
	for i := range 2 {
		p("VMULPS %d(R8), %s, %s", i*s.bytes, s.v(x), s.v(e+i))
	}
	body := func(j, sum int) {
		p("VBROADCASTSS %d(R9), %s", 4*j, s.v(x))
		p("VBROADCASTSS %d(SI), %s", 4*j, s.v(x+1))
		p("PREFETCHT0 %d(DX)", 128*(j+32))
		p("PREFETCHT0 %d(DX)", 128*(j+32)+64)
		for i := range 2 {
			at := 128*j + i*s.bytes
			p("VMOVUPS %d(DX), %s", at, s.v(w+i))
			p("VFMADD231PS %s, %s, %s", s.v(e+i), s.v(x), s.v(w+i))
			p("VMOVUPS %s, %d(DX)", s.v(w+i), at)
			p("VFMADD231PS %s, %s, %s", s.v(w+i), s.v(x+1), s.v(sum+i))
		}
	}
	next := func(n int) {
		p("ADDQ $%d, SI", 4*n)
		p("ADDQ $%d, R9", 4*n)
		p("ADDQ $%d, DX", 128*n)
		p("SUBQ $%d, CX", n)
	}
	label("many")
	p("CMPQ CX, $%d", unroll)
	p("JLT one")
	for j := range unroll {
		body(j, 2*j)
	}
	next(unroll)
	p("JMP many")
	label("one")
	p("TESTQ CX, CX")
	p("JZ end")
	body(0, 0)
	next(1)
	p("JMP one")
	label("end")
	for j := unroll / 2; j >= 1; j /= 2 {
		for i := range 2 * j {
			p("VADDPS %s, %s, %s", s.v(i+2*j), s.v(i), s.v(i))
		}
	}
	for i := range 2 {
		p("VMOVUPS %s, %d(DI)", s.v(i), i*s.bytes)
	}
	p("VZEROUPPER")
	p("RET")
}

// panelSums calls f with every vector of a panel: its register, X0 to X7, and
// its offset in a row of weights.
func panelSums(f func(sum string, offset int)) {
	for i := range 8 {
		f(fmt.Sprintf("X%d", i), 16*i)
	}
}

// broadcast fills X8 with the number at an address.
func broadcast(address string) {
	p("MOVSS %s, X8", address)
	p("SHUFPS $0, X8, X8")
}

// mulSSE2 writes the product of one input row with a panel. Its sums are rounded
// as those of portable Go.
func mulSSE2() {
	text("mulSSE2", 40)
	p("MOVQ dst+0(FP), DI")
	p("MOVQ x+8(FP), SI")
	p("MOVQ panel+16(FP), DX")
	p("MOVQ active+24(FP), BX")
	p("MOVQ n+32(FP), CX")
	panelSums(func(sum string, _ int) { p("XORPS %s, %s", sum, sum) })
	label("one")
	p("TESTQ CX, CX")
	p("JZ end")
	weightRow(0, "AX")
	broadcast("(SI)")
	panelSums(func(sum string, at int) {
		p("MOVUPS %d(DX)(AX*1), X9", at)
		p("MULPS X8, X9")
		p("ADDPS X9, %s", sum)
	})
	p("ADDQ $4, SI")
	p("ADDQ $4, BX")
	p("DECQ CX")
	p("JMP one")
	label("end")
	panelSums(func(sum string, at int) { p("MOVUPS %s, %d(DI)", sum, at) })
	p("RET")
}

// outerSSE2 writes the update of a panel by outer products, one for each row of
// scaled errors, which lie one after the other.
func outerSSE2() {
	text("outerSSE2", 56)
	p("MOVQ x+16(FP), SI")
	p("MOVQ xStride+24(FP), R9")
	p("MOVQ panel+32(FP), DX")
	p("MOVQ active+40(FP), BX")
	p("MOVQ n+48(FP), CX")
	label("one")
	p("TESTQ CX, CX")
	p("JZ end")
	weightRow(0, "AX")
	panelSums(func(sum string, at int) { p("MOVUPS %d(DX)(AX*1), %s", at, sum) })
	p("MOVQ scaled+0(FP), DI")
	p("MOVQ rows+8(FP), R8")
	p("MOVQ SI, R10")
	label("row")
	broadcast("(R10)")
	panelSums(func(sum string, at int) {
		p("MOVUPS %d(DI), X9", at)
		p("MULPS X8, X9")
		p("ADDPS X9, %s", sum)
	})
	p("ADDQ $128, DI")
	p("ADDQ R9, R10")
	p("DECQ R8")
	p("JNZ row")
	panelSums(func(sum string, at int) { p("MOVUPS %s, %d(DX)(AX*1)", sum, at) })
	p("ADDQ $4, SI")
	p("ADDQ $4, BX")
	p("DECQ CX")
	p("JMP one")
	label("end")
	p("RET")
}

// constants, each 16 times over so that it can be a memory operand.
var constants = []struct {
	name string
	bits uint32
	note string
}{
	{"high", 0x42ae0000, "87"},
	{"low", 0xc2ae0000, "-87"},
	{"log2e", 0x3fb8aa3b, "1/ln 2"},
	{"ln2hi", 0x3f318000, "ln 2, leading bits"},
	{"ln2lo", 0xb95e8083, "ln 2, the rest"},
	{"e6", 0x3ab60b61, "1/720"},
	{"e5", 0x3c088889, "1/120"},
	{"e4", 0x3d2aaaab, "1/24"},
	{"e3", 0x3e2aaaab, "1/6"},
	{"half", 0x3f000000, "1/2"},
	{"one", 0x3f800000, "1"},
	{"quarter", 0x3e800000, "1/4"},
	{"positive", 0x7fffffff, "all but the sign"},
}

func data() {
	for _, c := range constants {
		fmt.Fprintf(&out, "\n// %s\n", c.note)
		for i := range 8 {
			fmt.Fprintf(&out, "DATA f32%s<>+%d(SB)/8, $0x%08x%08x\n", c.name, 8*i, c.bits, c.bits)
		}
		fmt.Fprintf(&out, "GLOBL f32%s<>(SB), RODATA|NOPTR, $64\n", c.name)
	}
}

func c(name string) string { return "f32" + name + "<>(SB)" }

// logistic leaves 1/(1+exp(-x)) in x; t1, t2, t3 are scratch. exp is 2^n times
// its Taylor series to degree 6 on |f| <= ln(2)/2, truncation below 2e-7.
func logistic(s isa, xr, t1, t2, t3 int) {
	x, n, f, q := s.v(xr), s.v(t1), s.v(t2), s.v(t3)
	xor := "VPXOR"
	if s.reg == "Z" {
		xor = "VPXORD"
	}
	// x <- -x within bounds; the order of operands lets NaN through.
	p("%s %s, %s, %s", xor, f, f, f)
	p("VSUBPS %s, %s, %s", x, f, x)
	p("VMOVUPS %s, %s", c("high"), f)
	p("VMINPS %s, %s, %s", x, f, x)
	p("VMOVUPS %s, %s", c("low"), f)
	p("VMAXPS %s, %s, %s", x, f, x)
	p("VMULPS %s, %s, %s", c("log2e"), x, n)
	p("VCVTPS2DQ %s, %s", n, n)
	p("VCVTDQ2PS %s, %s", n, q)
	p("VMOVAPS %s, %s", x, f)
	p("VFNMADD231PS %s, %s, %s", c("ln2hi"), q, f)
	p("VFNMADD231PS %s, %s, %s", c("ln2lo"), q, f)
	p("VMOVUPS %s, %s", c("e6"), q)
	for _, e := range []string{"e5", "e4", "e3", "half", "one", "one"} {
		p("VFMADD213PS %s, %s, %s", c(e), f, q)
	}
	p("VPSLLD $23, %s, %s", n, n)
	p("VPADDD %s, %s, %s", n, q, q)
	p("VADDPS %s, %s, %s", c("one"), q, q)
	p("VMOVUPS %s, %s", c("one"), x)
	p("VDIVPS %s, %s, %s", q, x, x)
}

// difference leaves in s the difference of rates s-r, or its series in d where
// |d| < 1/4; t1 and t2 are scratch, d is kept, r is lost.
func difference(s isa, rr, sr, dr, t1, t2 int) {
	r, srr, d, m, q := s.v(rr), s.v(sr), s.v(dr), s.v(t1), s.v(t2)
	p("VSUBPS %s, %s, %s", r, srr, srr)
	p("VMOVUPS %s, %s", c("e6"), m)
	for _, e := range []string{"e5", "e4", "e3", "half", "one"} {
		p("VFMADD213PS %s, %s, %s", c(e), d, m)
	}
	p("VMULPS %s, %s, %s", d, m, m)
	// q = 1 + r m, m = r m - r r m
	p("VMULPS %s, %s, %s", r, m, m)
	p("VADDPS %s, %s, %s", c("one"), m, q)
	p("VFNMADD213PS %s, %s, %s", m, m, r) // r = m - r m
	p("VDIVPS %s, %s, %s", q, r, r)
	if s.reg == "Z" {
		p("VPANDD %s, %s, %s", c("positive"), d, q)
		p("VCMPPS $1, %s, %s, K1", c("quarter"), q)
		p("VMOVAPS %s, K1, %s", r, srr)
	} else {
		p("VPAND %s, %s, %s", c("positive"), d, q)
		p("VCMPPS $1, %s, %s, %s", c("quarter"), q, q)
		p("VBLENDVPS %s, %s, %s, %s", q, r, srr, srr)
	}
}

// loop runs body over n elements, one vector at a time; n is a multiple of 16.
func loop(s isa, body func()) {
	label("next")
	p("TESTQ CX, CX")
	p("JZ end")
	body()
	p("ADDQ $%d, AX", s.bytes)
	p("SUBQ $%d, CX", s.bytes/4)
	p("JMP next")
	label("end")
	p("VZEROUPPER")
	p("RET")
}

func elementwise(s isa) {
	name := "logistic" + s.name
	text(name, 24)
	p("MOVQ dst+0(FP), DI")
	p("MOVQ x+8(FP), SI")
	p("MOVQ n+16(FP), CX")
	p("XORQ AX, AX")
	loop(s, func() {
		p("VMOVUPS (SI)(AX*1), %s", s.v(0))
		logistic(s, 0, 1, 2, 3)
		p("VMOVUPS %s, (DI)(AX*1)", s.v(0))
	})

	name = "logisticStep" + s.name
	text(name, 48)
	p("MOVQ rate+0(FP), DI")
	p("MOVQ diff+8(FP), SI")
	p("MOVQ v+16(FP), DX")
	p("MOVQ r+24(FP), BX")
	p("MOVQ d+32(FP), R8")
	p("MOVQ n+40(FP), CX")
	p("XORQ AX, AX")
	loop(s, func() {
		p("VMOVUPS (R8)(AX*1), %s", s.v(4))
		p("VADDPS (DX)(AX*1), %s, %s", s.v(4), s.v(0))
		logistic(s, 0, 1, 2, 3)
		p("VMOVUPS (BX)(AX*1), %s", s.v(5))
		p("VMOVUPS %s, (DI)(AX*1)", s.v(0))
		difference(s, 5, 0, 4, 1, 2)
		p("VMOVUPS %s, (SI)(AX*1)", s.v(0))
	})

	name = "logisticDiff" + s.name
	text(name, 40)
	p("MOVQ diff+0(FP), DI")
	p("MOVQ r+8(FP), BX")
	p("MOVQ s+16(FP), SI")
	p("MOVQ d+24(FP), R8")
	p("MOVQ n+32(FP), CX")
	p("XORQ AX, AX")
	loop(s, func() {
		p("VMOVUPS (BX)(AX*1), %s", s.v(5))
		p("VMOVUPS (SI)(AX*1), %s", s.v(0))
		p("VMOVUPS (R8)(AX*1), %s", s.v(4))
		difference(s, 5, 0, 4, 1, 2)
		p("VMOVUPS %s, (DI)(AX*1)", s.v(0))
	})

	name = "mismatch" + s.name
	text(name, 48)
	p("MOVQ dst+0(FP), DI")
	p("VBROADCASTSS a+8(FP), %s", s.v(4))
	p("MOVQ x+16(FP), SI")
	p("MOVQ y+24(FP), DX")
	p("MOVQ z+32(FP), BX")
	p("MOVQ n+40(FP), CX")
	p("XORQ AX, AX")
	loop(s, func() {
		p("VMOVUPS (SI)(AX*1), %s", s.v(0))
		p("VSUBPS (DX)(AX*1), %s, %s", s.v(0), s.v(0))
		p("VADDPS (BX)(AX*1), %s, %s", s.v(0), s.v(0))
		p("VMULPS %s, %s, %s", s.v(4), s.v(0), s.v(0))
		p("VMOVUPS %s, (DI)(AX*1)", s.v(0))
	})

	name = "scale" + s.name
	text(name, 32)
	p("MOVQ dst+0(FP), DI")
	p("VBROADCASTSS a+8(FP), %s", s.v(4))
	p("MOVQ x+16(FP), SI")
	p("MOVQ n+24(FP), CX")
	p("XORQ AX, AX")
	loop(s, func() {
		p("VMULPS (SI)(AX*1), %s, %s", s.v(4), s.v(0))
		p("VMOVUPS %s, (DI)(AX*1)", s.v(0))
	})

	// zeroTimes returns the sum of 0*x, NaN unless all x are finite.
	name = "zeroTimes" + s.name
	text(name, 20)
	xor := "VPXOR"
	if s.reg == "Z" {
		xor = "VPXORD"
	}
	p("MOVQ x+0(FP), SI")
	p("MOVQ n+8(FP), CX")
	p("XORQ AX, AX")
	p("%s %s, %s, %s", xor, s.v(0), s.v(0), s.v(0))
	p("%s %s, %s, %s", xor, s.v(1), s.v(1), s.v(1))
	label("next")
	p("TESTQ CX, CX")
	p("JZ end")
	p("VFMADD231PS (SI)(AX*1), %s, %s", s.v(0), s.v(1))
	p("ADDQ $%d, AX", s.bytes)
	p("SUBQ $%d, CX", s.bytes/4)
	p("JMP next")
	label("end")
	if s.reg == "Z" {
		p("VEXTRACTF64X4 $1, Z1, Y0")
		p("VADDPS Y0, Y1, Y1")
	}
	p("VEXTRACTF128 $1, Y1, X0")
	p("VADDPS X0, X1, X1")
	p("VHADDPS X1, X1, X1")
	p("VHADDPS X1, X1, X1")
	p("VMOVSS X1, ret+16(FP)")
	p("VZEROUPPER")
	p("RET")
}

func float32Kernels() {
	data()
	for _, rows := range []int{10, 4, 1} {
		mul(avx512, rows)
	}
	outer(avx512, 10, 4)
	outer(avx512, 4, 2)
	outer(avx512, 1, 2)
	for _, rows := range []int{5, 1} {
		mul(avx2, rows)
		outer(avx2, rows, map[int]int{5: 2, 1: 2}[rows])
	}
	updateMul(avx512)
	updateMul(avx2)
	elementwise(avx512)
	elementwise(avx2)
	mulSSE2()
	outerSSE2()
}
