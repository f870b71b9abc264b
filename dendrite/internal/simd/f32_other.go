//go:build !amd64

package simd

func mul32[T Float](dst, x *Batch[T], col, rows int, panel []T, active []int32) bool { return false }

func outer32[T Float](a T, e, x *Batch[T], col, rows int, panel []T, active []int32) bool {
	return false
}

func fuses[T Float]() bool { return false }

func updateMul32[T Float](dst, x *Batch[T], col int, a T, e, before *Batch[T], panel []T, in int) {}

func logistic32[T Float](dst, x []T) int { return 0 }

func logisticStep32[T Float](rate, diff, v, r, d []T) int { return 0 }

func logisticDiff32[T Float](diff, r, s, d []T) int { return 0 }

func mismatch32[T Float](dst []T, a T, x, y, z []T) int { return 0 }

func scale32[T Float](dst []T, a T, x []T) int { return 0 }

func finite32[T Float](x []T) (int, bool) { return 0, true }
