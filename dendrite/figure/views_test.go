package figure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/record"
)

// column is the column of a chart's table with that name; it must be the only
// one. A missing value is NaN.
func column(t *testing.T, c *chart.Chart, name string) []float64 {
	t.Helper()
	at := -1
	for i, col := range c.Table.Columns {
		if col.Name == name {
			if at >= 0 {
				t.Fatalf("%s: two columns %q", c.Title, name)
			}
			at = i
		}
	}
	if at < 0 {
		t.Fatalf("%s: no column %q among %v", c.Title, name, c.Table.Columns)
	}
	var out []float64
	for _, row := range c.Table.Rows {
		x, ok := row[at].(float64)
		if !ok {
			x = math.NaN()
		}
		out = append(out, x)
	}
	return out
}

// wantColumn compares a column with what it should hold; NaN is a missing value.
func wantColumn(t *testing.T, c *chart.Chart, name string, want ...float64) {
	t.Helper()
	got := column(t, c, name)
	near := func(x, y float64) bool {
		return math.Abs(x-y) <= 1e-12*math.Abs(y) || math.IsNaN(x) && math.IsNaN(y)
	}
	if !slices.EqualFunc(got, want, near) {
		t.Errorf("%s: column %q is %v, want %v", c.Title, name, got, want)
	}
}

// bandOf is the names of a curve's band in the table.
func bandOf(t *testing.T, c *chart.Chart, curve string) (low, high string) {
	t.Helper()
	for _, col := range c.Table.Columns {
		if strings.HasPrefix(col.Name, curve+", low") {
			low = col.Name
		}
		if strings.HasPrefix(col.Name, curve+", high") {
			high = col.Name
		}
	}
	return low, high
}

// claim is the judged claim of that ID.
func claim(t *testing.T, claims []record.Claim, id string) record.Claim {
	t.Helper()
	record.Judge(claims)
	c := record.Find(claims, id)
	if c == nil {
		t.Fatalf("no claim %s", id)
	}
	return *c
}
