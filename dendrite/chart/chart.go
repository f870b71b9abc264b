package chart

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// MaxTableCells is the number of cells beyond which the JSON form of a table
// is thinned to evenly spaced rows.
const MaxTableCells = 60000

// Chart is one figure panel.
type Chart struct {
	ID      string // stable: a hash of everything shown, fit for an element id
	Title   string
	Caption string
	Alt     string // what the chart shows, for readers who do not see it
	Width   int    // preferred width in CSS pixels; it adapts down to 320
	Height  int
	Option  json.RawMessage // ECharts option, pure JSON
	Table   Table
}

// Table is the data behind a chart, one row per point. Cells are float64,
// string, or nil where a column has no value.
type Table struct {
	Columns []Column
	Rows    [][]any
}

// Column is the heading of a table's column.
type Column struct {
	Name string `json:"name"`
	Unit string `json:"unit"` // empty for none
}

// MIME is the type under which a chart travels in a notebook's output.
const MIME = "application/vnd.dendrite.chart+json"

// JSON returns the chart in the form tools read: version, id, title, caption,
// alt, width, height, option and table. Numbers of the table are rounded to
// six significant digits; beyond MaxTableCells evenly spaced rows are kept and
// table.note says so. The bytes are safe inside an HTML script element, and
// equal charts give equal bytes.
func (c *Chart) JSON() ([]byte, error) {
	type table struct {
		Columns []Column `json:"columns"`
		Rows    [][]any  `json:"rows"`
		Note    string   `json:"note,omitempty"`
	}
	n := len(c.Table.Rows)
	shown := min(n, max(2, MaxTableCells/max(len(c.Table.Columns), 1)))
	t := table{Columns: c.Table.Columns, Rows: make([][]any, 0, shown)}
	for i := range shown {
		row := c.Table.Rows[i*(n-1)/max(shown-1, 1)]
		out := make([]any, len(row))
		for j, cell := range row {
			if x, ok := cell.(float64); ok {
				cell = num(x)
			}
			out[j] = cell
		}
		t.Rows = append(t.Rows, out)
	}
	if shown < n {
		t.Note = fmt.Sprintf("%d of %d rows, evenly spaced; the CSV form is complete", shown, n)
	}
	if t.Columns == nil {
		t.Columns = []Column{}
	}
	b, err := json.Marshal(struct {
		Version int             `json:"version"`
		ID      string          `json:"id"`
		Title   string          `json:"title"`
		Caption string          `json:"caption"`
		Alt     string          `json:"alt"`
		Width   int             `json:"width"`
		Height  int             `json:"height"`
		Option  json.RawMessage `json:"option"`
		Table   table           `json:"table"`
	}{1, c.ID, c.Title, c.Caption, c.Alt, c.Width, c.Height, c.Option, t})
	if err != nil {
		return nil, fmt.Errorf("chart %q: %w", c.Title, err)
	}
	return b, nil
}

// CSV returns the whole table, exactly: a header of "name (unit)" cells, then
// the rows; a missing value is an empty cell.
func (c *Chart) CSV() ([]byte, error) {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	record := make([]string, len(c.Table.Columns))
	for i, col := range c.Table.Columns {
		record[i] = withUnit(col.Name, col.Unit)
	}
	if err := w.Write(record); err != nil {
		return nil, fmt.Errorf("chart %q: %w", c.Title, err)
	}
	for _, row := range c.Table.Rows {
		record = record[:0]
		for _, cell := range row {
			record = append(record, exact(cell))
		}
		if err := w.Write(record); err != nil {
			return nil, fmt.Errorf("chart %q: %w", c.Title, err)
		}
	}
	w.Flush()
	return buf.Bytes(), w.Error()
}

func exact(cell any) string {
	switch x := cell.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return fmt.Sprint(cell)
}

func withUnit(name, unit string) string {
	if unit == "" {
		return name
	}
	return name + " (" + unit + ")"
}

// seal gives the chart its id, a hash of all it shows.
func (c *Chart) seal() *Chart {
	h := sha256.New()
	fmt.Fprintf(h, "%q%q%q%d,%d", c.Title, c.Caption, c.Alt, c.Width, c.Height)
	h.Write(c.Option)
	table, err := c.CSV()
	if err != nil {
		panic(fmt.Sprintf("chart %q: writing to memory failed: %v", c.Title, err))
	}
	h.Write(table)
	c.ID = "chart-" + hex.EncodeToString(h.Sum(nil))[:12]
	return c
}

// num is a number as charts carry it: six significant digits, null where JSON
// has none.
type num float64

func (x num) MarshalJSON() ([]byte, error) { return marshal(float64(x), 6), nil }

// pos is a position along an axis: enough digits for neighbouring time steps
// of a long run to differ.
type pos float64

func (x pos) MarshalJSON() ([]byte, error) { return marshal(float64(x), 10), nil }

func marshal(x float64, digits int) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return []byte("null")
	}
	return strconv.AppendFloat(nil, x, 'g', digits, 64)
}
