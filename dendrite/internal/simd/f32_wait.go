package simd

// waiting is an update of weights by one row that has not been made yet. Training image
// by image reads every matrix twice, once for a product and once for an update; when the
// update waits for the next product, once is enough. With ten rows the registers do not
// hold what both need, and two passes are faster.
type waiting[T Float] struct {
	pending bool
	a       T
	e, x    *Batch[T] // one row each
}

// postpone keeps an update for the next product, if there is a kernel that does both.
func (w *Weights[T]) postpone(a T, e, x *Batch[T]) bool {
	if !fuses[T]() {
		return false
	}
	u := &w.wait
	if u.e == nil {
		u.e, u.x = NewBatch[T](1, w.Out), NewBatch[T](1, w.In)
	}
	u.pending, u.a = true, a
	copy(u.e.Data, e.First(1))
	copy(u.x.Data[:w.In], x.Data)
	return true
}

// settle makes the update that waits.
func (w *Weights[T]) settle() {
	if u := &w.wait; u.pending {
		u.pending = false
		w.addOuter(u.a, u.e, u.x, 1, w.all)
	}
}

// updateMul makes the update that waits and multiplies one row of x, all in one pass. It
// does nothing and returns false if no update waits.
func (w *Weights[T]) updateMul(dst, x *Batch[T]) bool {
	u := &w.wait
	if !u.pending || !fuses[T]() {
		return false
	}
	u.pending = false
	for p := 0; p*Panel < w.Out; p++ {
		updateMul32(dst, x, p*Panel, u.a, u.e, u.x, w.panel(p), w.In)
	}
	return true
}
