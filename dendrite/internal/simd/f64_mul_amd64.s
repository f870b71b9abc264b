#include "textflag.h"

// Products of a row-major float64 matrix with a vector, alone and fused with a
// plasticity update of the matrix. All walk the matrix once, row by row:
//
//	SI  the place in w (and R11 in d)
//	DX  the vector x, BX the place in it (and R13 that in before, from R12)
//	R8  rows left, R9 whole vectors per row, R10 columns left over
//
// Rows are padded with zeros to whole cache lines, so only the vectors x and
// before need a mask for the columns left over: a masked store to w would stall
// the load of the next row. An infinite error times the zeros of the masked vector
// is NaN, so the padding of the new w and d is set to zero before it is stored. Every product sums a row with the same four
// accumulators, folded in the same order, so all three round alike.

// AVX-512: the mask is K1.
#define TAILMASK512 \
	MOVQ    R10, CX  \
	MOVL    $1, AX   \
	SHLL    CX, AX   \
	DECL    AX       \
	KMOVW   AX, K1

#define ZERO512 \
	VPXORQ Z0, Z0, Z0 \
	VPXORQ Z1, Z1, Z1 \
	VPXORQ Z2, Z2, Z2 \
	VPXORQ Z3, Z3, Z3

#define FOLD512 \
	VADDPD        Z1, Z0, Z0  \
	VADDPD        Z3, Z2, Z2  \
	VADDPD        Z2, Z0, Z0  \
	VEXTRACTF64X4 $1, Z0, Y1  \
	VADDPD        Y1, Y0, Y0  \
	VEXTRACTF128  $1, Y0, X1  \
	VADDPD        X1, X0, X0  \
	VPERMILPD     $1, X0, X1  \
	VADDSD        X1, X0, X0  \
	VMOVSD        X0, (DI)

// func mulVec64AVX512(y, w, x *float64, rows, cols int)
TEXT ·mulVec64AVX512(SB), NOSPLIT, $0-40
	MOVQ y+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ x+16(FP), DX
	MOVQ rows+24(FP), R8
	MOVQ cols+32(FP), R9
	MOVQ R9, R10
	SHRQ $3, R9
	ANDQ $7, R10
	TAILMASK512

row:
	MOVQ DX, BX
	MOVQ R9, CX
	ZERO512
	SUBQ $4, CX
	JLT  few

four:
	VMOVUPD     (SI), Z4
	VMOVUPD     64(SI), Z5
	VMOVUPD     128(SI), Z6
	VMOVUPD     192(SI), Z7
	VFMADD231PD (BX), Z4, Z0
	VFMADD231PD 64(BX), Z5, Z1
	VFMADD231PD 128(BX), Z6, Z2
	VFMADD231PD 192(BX), Z7, Z3
	ADDQ        $256, SI
	ADDQ        $256, BX
	SUBQ        $4, CX
	JGE         four

few:
	ADDQ $4, CX
	JZ   tail

one:
	VMOVUPD     (SI), Z4
	VFMADD231PD (BX), Z4, Z0
	ADDQ        $64, SI
	ADDQ        $64, BX
	DECQ        CX
	JNZ         one

tail:
	TESTQ       R10, R10
	JZ          fold
	VMOVUPD.Z   (BX), K1, Z5
	VFMADD231PD (SI), Z5, Z1
	ADDQ        $64, SI

fold:
	FOLD512
	ADDQ $8, DI
	DECQ R8
	JNZ  row
	VZEROUPPER
	RET

// One vector of the filtered update at offset o, summed into acc:
// w += rate d; d = keep d + post before; acc += w x. In Z31 rate, Z30 keep,
// Z29 post.
#define FILTER512(o, w, d, acc) \
	VMOVUPD     o(SI), w        \
	VMOVUPD     o(R11), d       \
	VFMADD231PD Z31, d, w       \
	VMULPD      Z30, d, d       \
	VFMADD231PD o(R13), Z29, d  \
	VMOVUPD     w, o(SI)        \
	VMOVUPD     d, o(R11)       \
	VFMADD231PD o(BX), w, acc

// func filteredMulVec64AVX512(y, w, d, e, before, x *float64, rows, cols int, rate, mix, keep float64)
TEXT ·filteredMulVec64AVX512(SB), NOSPLIT, $0-88
	MOVQ         y+0(FP), DI
	MOVQ         w+8(FP), SI
	MOVQ         d+16(FP), R11
	MOVQ         e+24(FP), R14
	MOVQ         before+32(FP), R12
	MOVQ         x+40(FP), DX
	MOVQ         rows+48(FP), R8
	MOVQ         cols+56(FP), R9
	VBROADCASTSD rate+64(FP), Z31
	VBROADCASTSD mix+72(FP), Z28
	VBROADCASTSD keep+80(FP), Z30
	MOVQ         R9, R10
	SHRQ         $3, R9
	ANDQ         $7, R10
	TAILMASK512

row:
	VBROADCASTSD (R14), Z29
	VMULPD       Z28, Z29, Z29
	MOVQ         DX, BX
	MOVQ         R12, R13
	MOVQ         R9, CX
	ZERO512
	SUBQ         $4, CX
	JLT          few

four:
	FILTER512(0, Z4, Z5, Z0)
	FILTER512(64, Z6, Z7, Z1)
	FILTER512(128, Z8, Z9, Z2)
	FILTER512(192, Z10, Z11, Z3)
	ADDQ $256, SI
	ADDQ $256, R11
	ADDQ $256, BX
	ADDQ $256, R13
	SUBQ $4, CX
	JGE  four

few:
	ADDQ $4, CX
	JZ   tail

one:
	FILTER512(0, Z4, Z5, Z0)
	ADDQ $64, SI
	ADDQ $64, R11
	ADDQ $64, BX
	ADDQ $64, R13
	DECQ CX
	JNZ  one

tail:
	TESTQ       R10, R10
	JZ          fold
	VMOVUPD     (SI), Z4
	VMOVUPD     (R11), Z5
	VMOVUPD.Z   (R13), K1, Z6
	VMOVUPD.Z   (BX), K1, Z7
	VFMADD231PD Z31, Z5, Z4
	VMULPD      Z30, Z5, Z5
	VFMADD231PD Z6, Z29, Z5
	VMOVAPD.Z   Z4, K1, Z4
	VMOVAPD.Z   Z5, K1, Z5
	VMOVUPD     Z4, (SI)
	VMOVUPD     Z5, (R11)
	VFMADD231PD Z7, Z4, Z1
	ADDQ        $64, SI
	ADDQ        $64, R11

fold:
	FOLD512
	ADDQ $8, DI
	ADDQ $8, R14
	DECQ R8
	JNZ  row
	VZEROUPPER
	RET

// One vector of the unfiltered update: w += post before; acc += w x.
#define DIRECT512(o, w, acc) \
	VMOVUPD     o(SI), w        \
	VFMADD231PD o(R13), Z29, w  \
	VMOVUPD     w, o(SI)        \
	VFMADD231PD o(BX), w, acc

// func directMulVec64AVX512(y, w, e, before, x *float64, rows, cols int, rate float64)
TEXT ·directMulVec64AVX512(SB), NOSPLIT, $0-64
	MOVQ         y+0(FP), DI
	MOVQ         w+8(FP), SI
	MOVQ         e+16(FP), R14
	MOVQ         before+24(FP), R12
	MOVQ         x+32(FP), DX
	MOVQ         rows+40(FP), R8
	MOVQ         cols+48(FP), R9
	VBROADCASTSD rate+56(FP), Z28
	MOVQ         R9, R10
	SHRQ         $3, R9
	ANDQ         $7, R10
	TAILMASK512

row:
	VBROADCASTSD (R14), Z29
	VMULPD       Z28, Z29, Z29
	MOVQ         DX, BX
	MOVQ         R12, R13
	MOVQ         R9, CX
	ZERO512
	SUBQ         $4, CX
	JLT          few

four:
	DIRECT512(0, Z4, Z0)
	DIRECT512(64, Z5, Z1)
	DIRECT512(128, Z6, Z2)
	DIRECT512(192, Z7, Z3)
	ADDQ $256, SI
	ADDQ $256, BX
	ADDQ $256, R13
	SUBQ $4, CX
	JGE  four

few:
	ADDQ $4, CX
	JZ   tail

one:
	DIRECT512(0, Z4, Z0)
	ADDQ $64, SI
	ADDQ $64, BX
	ADDQ $64, R13
	DECQ CX
	JNZ  one

tail:
	TESTQ       R10, R10
	JZ          fold
	VMOVUPD     (SI), Z4
	VMOVUPD.Z   (R13), K1, Z6
	VMOVUPD.Z   (BX), K1, Z7
	VFMADD231PD Z6, Z29, Z4
	VMOVAPD.Z   Z4, K1, Z4
	VMOVUPD     Z4, (SI)
	VFMADD231PD Z7, Z4, Z1
	ADDQ        $64, SI

fold:
	FOLD512
	ADDQ $8, DI
	ADDQ $8, R14
	DECQ R8
	JNZ  row
	VZEROUPPER
	RET

// AVX2: the mask is Y15, a window on four ones followed by four zeros. A row
// may end with a vector of padding that is stepped over: AX is its size.
DATA masks64<>+0(SB)/8, $-1
DATA masks64<>+8(SB)/8, $-1
DATA masks64<>+16(SB)/8, $-1
DATA masks64<>+24(SB)/8, $-1
DATA masks64<>+32(SB)/8, $0
DATA masks64<>+40(SB)/8, $0
DATA masks64<>+48(SB)/8, $0
DATA masks64<>+56(SB)/8, $0
GLOBL masks64<>(SB), RODATA|NOPTR, $64

#define TAILMASK256 \
	LEAQ    masks64<>+32(SB), AX \
	MOVQ    R10, CX              \
	SHLQ    $3, CX               \
	SUBQ    CX, AX               \
	VMOVUPD (AX), Y15            \
	LEAQ    3(R10)(R9*4), AX      \
	SHRQ    $2, AX               \
	ANDQ    $1, AX               \
	SHLQ    $5, AX

#define ZERO256 \
	VXORPD Y0, Y0, Y0 \
	VXORPD Y1, Y1, Y1 \
	VXORPD Y2, Y2, Y2 \
	VXORPD Y3, Y3, Y3

#define FOLD256 \
	VADDPD       Y1, Y0, Y0  \
	VADDPD       Y3, Y2, Y2  \
	VADDPD       Y2, Y0, Y0  \
	VEXTRACTF128 $1, Y0, X1  \
	VADDPD       X1, X0, X0  \
	VPERMILPD    $1, X0, X1  \
	VADDSD       X1, X0, X0  \
	VMOVSD       X0, (DI)

// func mulVec64AVX2(y, w, x *float64, rows, cols int)
TEXT ·mulVec64AVX2(SB), NOSPLIT, $0-40
	MOVQ y+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ x+16(FP), DX
	MOVQ rows+24(FP), R8
	MOVQ cols+32(FP), R9
	MOVQ R9, R10
	SHRQ $2, R9
	ANDQ $3, R10
	TAILMASK256

row:
	MOVQ DX, BX
	MOVQ R9, CX
	ZERO256
	SUBQ $4, CX
	JLT  few

four:
	VMOVUPD     (SI), Y4
	VMOVUPD     32(SI), Y5
	VMOVUPD     64(SI), Y6
	VMOVUPD     96(SI), Y7
	VFMADD231PD (BX), Y4, Y0
	VFMADD231PD 32(BX), Y5, Y1
	VFMADD231PD 64(BX), Y6, Y2
	VFMADD231PD 96(BX), Y7, Y3
	ADDQ        $128, SI
	ADDQ        $128, BX
	SUBQ        $4, CX
	JGE         four

few:
	ADDQ $4, CX
	JZ   tail

one:
	VMOVUPD     (SI), Y4
	VFMADD231PD (BX), Y4, Y0
	ADDQ        $32, SI
	ADDQ        $32, BX
	DECQ        CX
	JNZ         one

tail:
	TESTQ       R10, R10
	JZ          fold
	VMASKMOVPD  (BX), Y15, Y5
	VFMADD231PD (SI), Y5, Y1
	ADDQ        $32, SI

fold:
	ADDQ AX, SI
	FOLD256
	ADDQ $8, DI
	DECQ R8
	JNZ  row
	VZEROUPPER
	RET

// As FILTER512, with Y14 rate, Y13 keep, Y12 post.
#define FILTER256(o, w, d, acc) \
	VMOVUPD     o(SI), w        \
	VMOVUPD     o(R11), d       \
	VFMADD231PD Y14, d, w       \
	VMULPD      Y13, d, d       \
	VFMADD231PD o(R13), Y12, d  \
	VMOVUPD     w, o(SI)        \
	VMOVUPD     d, o(R11)       \
	VFMADD231PD o(BX), w, acc

// func filteredMulVec64AVX2(y, w, d, e, before, x *float64, rows, cols int, rate, mix, keep float64)
TEXT ·filteredMulVec64AVX2(SB), NOSPLIT, $0-88
	MOVQ         y+0(FP), DI
	MOVQ         w+8(FP), SI
	MOVQ         d+16(FP), R11
	MOVQ         e+24(FP), R14
	MOVQ         before+32(FP), R12
	MOVQ         x+40(FP), DX
	MOVQ         rows+48(FP), R8
	MOVQ         cols+56(FP), R9
	VBROADCASTSD rate+64(FP), Y14
	VBROADCASTSD mix+72(FP), Y11
	VBROADCASTSD keep+80(FP), Y13
	MOVQ         R9, R10
	SHRQ         $2, R9
	ANDQ         $3, R10
	TAILMASK256

row:
	VBROADCASTSD (R14), Y12
	VMULPD       Y11, Y12, Y12
	MOVQ         DX, BX
	MOVQ         R12, R13
	MOVQ         R9, CX
	ZERO256
	SUBQ         $4, CX
	JLT          few

four:
	FILTER256(0, Y4, Y5, Y0)
	FILTER256(32, Y6, Y7, Y1)
	FILTER256(64, Y8, Y9, Y2)
	FILTER256(96, Y4, Y5, Y3)
	ADDQ $128, SI
	ADDQ $128, R11
	ADDQ $128, BX
	ADDQ $128, R13
	SUBQ $4, CX
	JGE  four

few:
	ADDQ $4, CX
	JZ   tail

one:
	FILTER256(0, Y4, Y5, Y0)
	ADDQ $32, SI
	ADDQ $32, R11
	ADDQ $32, BX
	ADDQ $32, R13
	DECQ CX
	JNZ  one

tail:
	TESTQ       R10, R10
	JZ          fold
	VMOVUPD     (SI), Y4
	VMOVUPD     (R11), Y5
	VMASKMOVPD  (R13), Y15, Y6
	VMASKMOVPD  (BX), Y15, Y7
	VFMADD231PD Y14, Y5, Y4
	VMULPD      Y13, Y5, Y5
	VFMADD231PD Y6, Y12, Y5
	VANDPD      Y15, Y4, Y4
	VANDPD      Y15, Y5, Y5
	VMOVUPD     Y4, (SI)
	VMOVUPD     Y5, (R11)
	VFMADD231PD Y7, Y4, Y1
	ADDQ        $32, SI
	ADDQ        $32, R11

fold:
	ADDQ AX, SI
	ADDQ AX, R11
	FOLD256
	ADDQ $8, DI
	ADDQ $8, R14
	DECQ R8
	JNZ  row
	VZEROUPPER
	RET

#define DIRECT256(o, w, acc) \
	VMOVUPD     o(SI), w        \
	VFMADD231PD o(R13), Y12, w  \
	VMOVUPD     w, o(SI)        \
	VFMADD231PD o(BX), w, acc

// func directMulVec64AVX2(y, w, e, before, x *float64, rows, cols int, rate float64)
TEXT ·directMulVec64AVX2(SB), NOSPLIT, $0-64
	MOVQ         y+0(FP), DI
	MOVQ         w+8(FP), SI
	MOVQ         e+16(FP), R14
	MOVQ         before+24(FP), R12
	MOVQ         x+32(FP), DX
	MOVQ         rows+40(FP), R8
	MOVQ         cols+48(FP), R9
	VBROADCASTSD rate+56(FP), Y11
	MOVQ         R9, R10
	SHRQ         $2, R9
	ANDQ         $3, R10
	TAILMASK256

row:
	VBROADCASTSD (R14), Y12
	VMULPD       Y11, Y12, Y12
	MOVQ         DX, BX
	MOVQ         R12, R13
	MOVQ         R9, CX
	ZERO256
	SUBQ         $4, CX
	JLT          few

four:
	DIRECT256(0, Y4, Y0)
	DIRECT256(32, Y5, Y1)
	DIRECT256(64, Y6, Y2)
	DIRECT256(96, Y7, Y3)
	ADDQ $128, SI
	ADDQ $128, BX
	ADDQ $128, R13
	SUBQ $4, CX
	JGE  four

few:
	ADDQ $4, CX
	JZ   tail

one:
	DIRECT256(0, Y4, Y0)
	ADDQ $32, SI
	ADDQ $32, BX
	ADDQ $32, R13
	DECQ CX
	JNZ  one

tail:
	TESTQ       R10, R10
	JZ          fold
	VMOVUPD     (SI), Y4
	VMASKMOVPD  (R13), Y15, Y6
	VMASKMOVPD  (BX), Y15, Y7
	VFMADD231PD Y6, Y12, Y4
	VANDPD      Y15, Y4, Y4
	VMOVUPD     Y4, (SI)
	VFMADD231PD Y7, Y4, Y1
	ADDQ        $32, SI

fold:
	ADDQ AX, SI
	FOLD256
	ADDQ $8, DI
	ADDQ $8, R14
	DECQ R8
	JNZ  row
	VZEROUPPER
	RET
