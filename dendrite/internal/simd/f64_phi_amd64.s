#include "textflag.h"

// Softplus and logistic in float64. Both need t = exp(-|x|):
//
//	n = round(-|x| / ln 2), r = -|x| - n ln 2, t = 2^n (1 + r + r^2 Q(r))
//
// with |x| held at 708 so that t stays normal. The softplus then needs
//
//	log(1 + t) = 2 s (1 + z P(z)), s = t / (2 + t), z = s^2 <= 1/9
//
// without cancellation for small t. Q and P interpolate at Chebyshev nodes;
// their truncation errors are 0.15 and 0.05 units in the last place.

// Each constant four times, for AVX2; AVX-512 broadcasts the first.
#define QUAD(o, v) \
	DATA phi64<>+o+0(SB)/8, v  \
	DATA phi64<>+o+8(SB)/8, v  \
	DATA phi64<>+o+16(SB)/8, v \
	DATA phi64<>+o+24(SB)/8, v

QUAD(0, $0x3e5af38a9b0ec855) // exp, r^11
QUAD(32, $0x3e9289185613a3d6) // exp, r^10
QUAD(64, $0x3ec71de0dae63bb3) // exp, r^9
QUAD(96, $0x3efa019b90d2ae7a) // exp, r^8
QUAD(128, $0x3f2a01a01a7c41d5) // exp, r^7
QUAD(160, $0x3f56c16c1788bd90) // exp, r^6
QUAD(192, $0x3f811111111109b3) // exp, r^5
QUAD(224, $0x3fa5555555553d63) // exp, r^4
QUAD(256, $0x3fc5555555555556) // exp, r^3
QUAD(288, $0x3fe0000000000001) // exp, r^2
QUAD(320, $0x3fb4b0a26c5f2aef) // log, z^10
QUAD(352, $0x3fa687a6e7c95176) // log, z^9
QUAD(384, $0x3faeb905e8575054) // log, z^8
QUAD(416, $0x3fb10ac75dc602b1) // log, z^7
QUAD(448, $0x3fb3b18b294bebf9) // log, z^6
QUAD(480, $0x3fb745cf0b0e03bd) // log, z^5
QUAD(512, $0x3fbc71c727143318) // log, z^4
QUAD(544, $0x3fc24924923d44c6) // log, z^3
QUAD(576, $0x3fc999999999a3dd) // log, z^2
QUAD(608, $0x3fd5555555555555) // log, z^1
QUAD(640, $0x8000000000000000) // sign bit
QUAD(672, $0xc086200000000000) // -708
QUAD(704, $0x3ff71547652b82fe) // 1/ln 2
QUAD(736, $0x3fe62e42fee00000) // ln 2, leading bits
QUAD(768, $0x3dea39ef35793c76) // ln 2, the rest
QUAD(800, $0x3ff0000000000000) // 1
QUAD(832, $0x4000000000000000) // 2
GLOBL phi64<>(SB), RODATA|NOPTR, $864

#define SIGN phi64<>+640(SB)
#define LOW phi64<>+672(SB)
#define LOG2E phi64<>+704(SB)
#define LN2HI phi64<>+736(SB)
#define LN2LO phi64<>+768(SB)
#define ONE phi64<>+800(SB)
#define TWO phi64<>+832(SB)

// Constants that stay in registers.
#define CONSTANTS512 \
	VBROADCASTSD SIGN, Z31 \
	VBROADCASTSD LOW, Z30 \
	VBROADCASTSD LOG2E, Z29 \
	VBROADCASTSD LN2HI, Z28 \
	VBROADCASTSD LN2LO, Z27 \
	VBROADCASTSD ONE, Z26 \
	VBROADCASTSD TWO, Z25

// Z2 = exp(-|Z0|). The maximum takes its second operand when one is NaN, so
// NaN passes. Uses Z1, Z3, Z4.
#define EXPNEG512 \
	VORPD Z0, Z31, Z3 \
	VMAXPD Z3, Z30, Z3 \
	VMULPD Z29, Z3, Z1 \
	VRNDSCALEPD $0, Z1, Z1 \
	VFNMADD231PD Z28, Z1, Z3 \
	VFNMADD231PD Z27, Z1, Z3 \
	VBROADCASTSD phi64<>+0(SB), Z2 \
	VFMADD213PD.BCST phi64<>+32(SB), Z3, Z2 \
	VFMADD213PD.BCST phi64<>+64(SB), Z3, Z2 \
	VFMADD213PD.BCST phi64<>+96(SB), Z3, Z2 \
	VFMADD213PD.BCST phi64<>+128(SB), Z3, Z2 \
	VFMADD213PD.BCST phi64<>+160(SB), Z3, Z2 \
	VFMADD213PD.BCST phi64<>+192(SB), Z3, Z2 \
	VFMADD213PD.BCST phi64<>+224(SB), Z3, Z2 \
	VFMADD213PD.BCST phi64<>+256(SB), Z3, Z2 \
	VFMADD213PD.BCST phi64<>+288(SB), Z3, Z2 \
	VMULPD Z3, Z3, Z4 \
	VFMADD213PD Z3, Z4, Z2 \
	VADDPD Z26, Z2, Z2 \
	VSCALEFPD Z1, Z2, Z2

// Z2 = log(1 + Z2). Uses Z3, Z4.
#define LOG1P512 \
	VADDPD Z25, Z2, Z3 \
	VDIVPD Z3, Z2, Z2 \
	VMULPD Z2, Z2, Z3 \
	VADDPD Z2, Z2, Z2 \
	VBROADCASTSD phi64<>+320(SB), Z4 \
	VFMADD213PD.BCST phi64<>+352(SB), Z3, Z4 \
	VFMADD213PD.BCST phi64<>+384(SB), Z3, Z4 \
	VFMADD213PD.BCST phi64<>+416(SB), Z3, Z4 \
	VFMADD213PD.BCST phi64<>+448(SB), Z3, Z4 \
	VFMADD213PD.BCST phi64<>+480(SB), Z3, Z4 \
	VFMADD213PD.BCST phi64<>+512(SB), Z3, Z4 \
	VFMADD213PD.BCST phi64<>+544(SB), Z3, Z4 \
	VFMADD213PD.BCST phi64<>+576(SB), Z3, Z4 \
	VFMADD213PD.BCST phi64<>+608(SB), Z3, Z4 \
	VMULPD Z2, Z3, Z3 \
	VFMADD231PD Z4, Z3, Z2

// Z0 = softplus(Z0).
#define SOFTPLUS512 \
	VSUBPD Z22, Z0, Z0 \
	VMULPD Z23, Z0, Z0 \
	EXPNEG512 \
	LOG1P512 \
	VMAXPD Z0, Z21, Z0 \
	VADDPD Z2, Z0, Z0 \
	VMULPD Z24, Z0, Z0

// Z0 = logistic(Z0): 1 / (1 + t), or t / (1 + t) where it is negative.
#define LOGISTIC512 \
	EXPNEG512 \
	VPMOVQ2M Z0, K2 \
	VMOVAPD Z26, Z3 \
	VMOVAPD Z2, K2, Z3 \
	VADDPD Z26, Z2, Z2 \
	VDIVPD Z2, Z3, Z0

// func softplus64AVX512(dst, src *float64, n int, gamma, beta, theta float64)
TEXT ·softplus64AVX512(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSD gamma+24(FP), Z24
	VBROADCASTSD beta+32(FP), Z23
	VBROADCASTSD theta+40(FP), Z22
	VPXORQ Z21, Z21, Z21
	CONSTANTS512
	SUBQ $8, CX
	JLT tail

loop:
	VMOVUPD (SI), Z0
	SOFTPLUS512
	VMOVUPD Z0, (DI)
	ADDQ $64, SI
	ADDQ $64, DI
	SUBQ $8, CX
	JGE loop

tail:
	ADDQ $8, CX
	JZ done
	MOVL $1, AX
	SHLL CX, AX
	DECL AX
	KMOVW AX, K1
	VMOVUPD.Z (SI), K1, Z0
	SOFTPLUS512
	VMOVUPD Z0, K1, (DI)

done:
	VZEROUPPER
	RET

// func logistic64AVX512(dst, src *float64, n int)
TEXT ·logistic64AVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	CONSTANTS512
	SUBQ $8, CX
	JLT tail

loop:
	VMOVUPD (SI), Z0
	LOGISTIC512
	VMOVUPD Z0, (DI)
	ADDQ $64, SI
	ADDQ $64, DI
	SUBQ $8, CX
	JGE loop

tail:
	ADDQ $8, CX
	JZ done
	MOVL $1, AX
	SHLL CX, AX
	DECL AX
	KMOVW AX, K1
	VMOVUPD.Z (SI), K1, Z0
	LOGISTIC512
	VMOVUPD Z0, K1, (DI)

done:
	VZEROUPPER
	RET

// A window on four ones and four zeros is the mask of an incomplete vector.
DATA tail64<>+0(SB)/8, $-1
DATA tail64<>+8(SB)/8, $-1
DATA tail64<>+16(SB)/8, $-1
DATA tail64<>+24(SB)/8, $-1
DATA tail64<>+32(SB)/8, $0
DATA tail64<>+40(SB)/8, $0
DATA tail64<>+48(SB)/8, $0
DATA tail64<>+56(SB)/8, $0
GLOBL tail64<>(SB), RODATA|NOPTR, $64

// Constants that stay in registers.
#define CONSTANTS256 \
	VMOVUPD SIGN, Y15 \
	VMOVUPD LOW, Y14 \
	VMOVUPD ONE, Y13

// Y2 = exp(-|Y0|). The maximum takes its second operand when one is NaN, so
// NaN passes. Uses Y1, Y3, Y4.
// The exponent is added as an integer.
#define EXPNEG256 \
	VORPD Y0, Y15, Y3 \
	VMAXPD Y3, Y14, Y3 \
	VMULPD LOG2E, Y3, Y1 \
	VROUNDPD $0, Y1, Y1 \
	VFNMADD231PD LN2HI, Y1, Y3 \
	VFNMADD231PD LN2LO, Y1, Y3 \
	VMOVUPD phi64<>+0(SB), Y2 \
	VFMADD213PD      phi64<>+32(SB), Y3, Y2 \
	VFMADD213PD      phi64<>+64(SB), Y3, Y2 \
	VFMADD213PD      phi64<>+96(SB), Y3, Y2 \
	VFMADD213PD      phi64<>+128(SB), Y3, Y2 \
	VFMADD213PD      phi64<>+160(SB), Y3, Y2 \
	VFMADD213PD      phi64<>+192(SB), Y3, Y2 \
	VFMADD213PD      phi64<>+224(SB), Y3, Y2 \
	VFMADD213PD      phi64<>+256(SB), Y3, Y2 \
	VFMADD213PD      phi64<>+288(SB), Y3, Y2 \
	VMULPD Y3, Y3, Y4 \
	VFMADD213PD Y3, Y4, Y2 \
	VADDPD Y13, Y2, Y2 \
	VCVTPD2DQY Y1, X1 \
	VPMOVSXDQ X1, Y1 \
	VPSLLQ $52, Y1, Y1 \
	VPADDQ Y1, Y2, Y2

// Y2 = log(1 + Y2). Uses Y3, Y4.
#define LOG1P256 \
	VADDPD TWO, Y2, Y3 \
	VDIVPD Y3, Y2, Y2 \
	VMULPD Y2, Y2, Y3 \
	VADDPD Y2, Y2, Y2 \
	VMOVUPD phi64<>+320(SB), Y4 \
	VFMADD213PD      phi64<>+352(SB), Y3, Y4 \
	VFMADD213PD      phi64<>+384(SB), Y3, Y4 \
	VFMADD213PD      phi64<>+416(SB), Y3, Y4 \
	VFMADD213PD      phi64<>+448(SB), Y3, Y4 \
	VFMADD213PD      phi64<>+480(SB), Y3, Y4 \
	VFMADD213PD      phi64<>+512(SB), Y3, Y4 \
	VFMADD213PD      phi64<>+544(SB), Y3, Y4 \
	VFMADD213PD      phi64<>+576(SB), Y3, Y4 \
	VFMADD213PD      phi64<>+608(SB), Y3, Y4 \
	VMULPD Y2, Y3, Y3 \
	VFMADD231PD Y4, Y3, Y2

// Y0 = softplus(Y0).
#define SOFTPLUS256 \
	VSUBPD Y10, Y0, Y0 \
	VMULPD Y11, Y0, Y0 \
	EXPNEG256 \
	LOG1P256 \
	VMAXPD Y0, Y9, Y0 \
	VADDPD Y2, Y0, Y0 \
	VMULPD Y12, Y0, Y0

// Y0 = logistic(Y0): 1 / (1 + t), or t / (1 + t) where it is negative.
#define LOGISTIC256 \
	EXPNEG256 \
	VBLENDVPD Y0, Y2, Y13, Y3 \
	VADDPD Y13, Y2, Y2 \
	VDIVPD Y2, Y3, Y0

// func softplus64AVX2(dst, src *float64, n int, gamma, beta, theta float64)
TEXT ·softplus64AVX2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSD gamma+24(FP), Y12
	VBROADCASTSD beta+32(FP), Y11
	VBROADCASTSD theta+40(FP), Y10
	VXORPD Y9, Y9, Y9
	CONSTANTS256
	SUBQ $4, CX
	JLT tail

loop:
	VMOVUPD (SI), Y0
	SOFTPLUS256
	VMOVUPD Y0, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $4, CX
	JGE loop

tail:
	ADDQ $4, CX
	JZ done
	LEAQ tail64<>+32(SB), AX
	SHLQ $3, CX
	SUBQ CX, AX
	VMOVUPD (AX), Y8
	VMASKMOVPD (SI), Y8, Y0
	SOFTPLUS256
	VMASKMOVPD Y0, Y8, (DI)

done:
	VZEROUPPER
	RET

// func logistic64AVX2(dst, src *float64, n int)
TEXT ·logistic64AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	CONSTANTS256
	SUBQ $4, CX
	JLT tail

loop:
	VMOVUPD (SI), Y0
	LOGISTIC256
	VMOVUPD Y0, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $4, CX
	JGE loop

tail:
	ADDQ $4, CX
	JZ done
	LEAQ tail64<>+32(SB), AX
	SHLQ $3, CX
	SUBQ CX, AX
	VMOVUPD (AX), Y8
	VMASKMOVPD (SI), Y8, Y0
	LOGISTIC256
	VMASKMOVPD Y0, Y8, (DI)

done:
	VZEROUPPER
	RET
