package microcircuit

import (
	"fmt"

	"microcircuits/dendrite/internal/simd"
)

// A Matrix is a dense row-major matrix: element (i, j) is Data[i*Cols+j]. For
// linear algebra wrap it without copying: mat.NewDense(m.Rows, m.Cols, m.Data).
type Matrix struct {
	Rows, Cols int
	Data       []float64
}

// NewMatrix returns a matrix of zeros.
func NewMatrix(rows, cols int) Matrix {
	return Matrix{Rows: rows, Cols: cols, Data: make([]float64, rows*cols)}
}

// At returns element (i, j).
func (m Matrix) At(i, j int) float64 { return m.Row(i)[j] }

// Set changes element (i, j).
func (m Matrix) Set(i, j int, v float64) { m.Row(i)[j] = v }

// Row returns row i, sharing memory with m.
func (m Matrix) Row(i int) []float64 { return m.Data[i*m.Cols : (i+1)*m.Cols : (i+1)*m.Cols] }

// Clone returns a copy that shares no memory with m.
func (m Matrix) Clone() Matrix {
	m.Data = append([]float64(nil), m.Data...)
	return m
}

// Transpose returns a new matrix with rows and columns exchanged.
func (m Matrix) Transpose() Matrix {
	t := NewMatrix(m.Cols, m.Rows)
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			t.Set(j, i, v)
		}
	}
	return t
}

// compact returns a copy without the padding of the kernels; no data for a
// matrix that is not there.
func compact(m *simd.Matrix64) Matrix {
	if m.Data == nil {
		return Matrix{}
	}
	c := NewMatrix(m.Rows, m.Cols)
	for i := range m.Rows {
		copy(c.Row(i), m.Row(i))
	}
	return c
}

// load copies the elements of src into dst, or says how the shapes differ.
func load(dst *simd.Matrix64, src Matrix, name string) error {
	if src.Rows != dst.Rows || src.Cols != dst.Cols || len(src.Data) != src.Rows*src.Cols {
		return fmt.Errorf("microcircuit: %s is %d by %d with %d elements, this network needs %d by %d", name, src.Rows, src.Cols, len(src.Data), dst.Rows, dst.Cols)
	}
	for i := range dst.Rows {
		copy(dst.Row(i), src.Row(i))
	}
	return nil
}
