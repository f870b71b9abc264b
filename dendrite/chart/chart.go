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

// MaxTableCells is the largest number of cells in the JSON form of a table. A
// larger table is reduced to evenly spaced rows.
const MaxTableCells = 60000

// Chart is one figure panel.
type Chart struct {
	ID      string // a hash of everything shown, valid as an HTML element id
	Title   string
	Caption string
	Alt     string // description of the chart for readers who cannot see it
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

// MIME is the type of a chart in a notebook's output.
const MIME = "application/vnd.dendrite.chart+json"

// JSON returns the chart as JSON for reports and other programs: version, id,
// title, caption, alt, width, height, option and table. Numbers of the table are
// rounded to six significant digits. A table of more than MaxTableCells cells is
// reduced to evenly spaced rows, and table.note reports it. The bytes are safe
// inside an HTML script element, and equal charts give equal bytes.
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

// CSV returns the whole table with exact numbers: a header of "name (unit)" cells,
// then the rows. A missing value is an empty cell.
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

// seal makes all texts printable and sets the id of the chart, a hash of all that the
// chart shows.
func (c *Chart) seal() *Chart {
	c.Title, c.Caption, c.Alt = printable(c.Title), printable(c.Caption), printable(c.Alt)
	for i := range c.Table.Columns {
		col := &c.Table.Columns[i]
		col.Name, col.Unit = printable(col.Name), printable(col.Unit)
	}
	for _, row := range c.Table.Rows {
		for i, cell := range row {
			if text, ok := cell.(string); ok {
				row[i] = printable(text)
			}
		}
	}
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

// num is a number that is written to JSON with six significant digits, or as null
// if it is not finite.
type num float64

func (x num) MarshalJSON() ([]byte, error) { return marshal(float64(x), 6), nil }

// pos is a position on an axis. It is written with ten digits, so that neighbouring
// time steps of a long run differ.
type pos float64

func (x pos) MarshalJSON() ([]byte, error) { return marshal(float64(x), 10), nil }

func marshal(x float64, digits int) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return []byte("null")
	}
	return strconv.AppendFloat(nil, x, 'g', digits, 64)
}
