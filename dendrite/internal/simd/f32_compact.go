package simd

import (
	"fmt"
	"unsafe"
)

// A Compactor copies images into batches, leaving out the inputs that are zero
// in the whole batch: 81 % of MNIST's pixels are zero in one image and about
// half of them in all of ten. The zero Compactor is ready for use.
type Compactor struct {
	used   []uint64 // for each input, its bits in all rows
	active []int32
}

// Compact fills the first rows of dst with x, rows of n inputs each, and
// returns the list of inputs that stand in its columns: those that are not
// zero in all rows, in order, and with constant also input n, fixed at 1, that
// carries thresholds. The list is valid until the next call. It panics if x is
// not rows rows of n inputs or dst has no room.
func Compact[T Float](c *Compactor, dst *Batch[T], x []T, rows, n int, constant bool) []int32 {
	if len(x) != rows*n || rows > dst.Rows || n >= dst.Stride {
		panic(fmt.Sprintf("simd: %d values for %d rows of %d inputs in a batch of %d rows of %d", len(x), rows, n, dst.Rows, dst.Len))
	}
	if len(c.used) != n {
		c.used, c.active = make([]uint64, n), make([]int32, 0, n+1)
	}
	clear(c.used)
	used := unsafe.Pointer(unsafe.SliceData(c.used))
	active, count := c.active[:n+1], 0
	if unsafe.Sizeof(T(0)) == 4 {
		count = inUse(active, unsafe.Slice((*uint32)(used), n), x)
	} else {
		count = inUse(active, unsafe.Slice((*uint64)(used), n), x)
	}
	active = active[:count]
	for b := range rows {
		image, row := x[b*n:(b+1)*n], dst.Data[b*dst.Stride:][:count+1]
		for j, i := range active {
			row[j] = image[i]
		}
		row[count] = 1
	}
	if constant {
		active = append(active, int32(n))
	}
	c.active = active
	return active
}

// inUse lists the inputs that are not zero in all rows of x. It collects the
// bits of each input in used, integers of the size of T that start at zero,
// and returns how many inputs it listed.
func inUse[U uint32 | uint64, T Float](active []int32, used []U, x []T) int {
	bits := unsafe.Slice((*U)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
	for len(bits) > 0 {
		for i, u := range bits[:len(used)] {
			used[i] |= u
		}
		bits = bits[len(used):]
	}
	// Write every number and keep those in use: no branch to mispredict.
	count := 0
	for i, u := range used {
		active[count] = int32(i)
		if u != 0 {
			count++
		}
	}
	return count
}
