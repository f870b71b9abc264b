package report

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strconv"
	"strings"

	"microcircuits/dendrite/chart"
	"microcircuits/kernel/ipynb"
)

// chartData is a chart in a cell's output (version 1).
type chartData struct {
	Version int             `json:"version"`
	ID      string          `json:"id"`
	Title   string          `json:"title"`
	Caption string          `json:"caption"`
	Alt     string          `json:"alt"`
	Width   int             `json:"width"`
	Height  int             `json:"height"`
	Option  json.RawMessage `json:"option"`
	Table   dataTable       `json:"table"`
}

// Script returns the JavaScript that a page must run once before it can show an output:
// that of the charts for a chart, else "".
func Script(o *ipynb.Output) string {
	if _, ok := o.Data[chart.MIME]; !ok {
		return ""
	}
	return chart.RuntimeJS() + chart.EChartsJS()
}

// dataTable is the data behind a chart.
type dataTable struct {
	Columns []struct {
		Name string `json:"name"`
		Unit string `json:"unit"`
	} `json:"columns"`
	Rows [][]any `json:"rows"`
	Note string  `json:"note"` // about omitted rows
}

// Smallest and largest size of a chart in CSS pixels. Other sizes are replaced by
// these limits, so that pictures are visible and do not need too much memory.
const minSide, maxSide = 120, 4000

// chartOf returns the chart in an output; false if there is none.
func chartOf(o *ipynb.Output) (*chartData, bool, error) {
	raw, ok := o.Data[chart.MIME]
	if !ok {
		return nil, false, nil
	}
	var c chartData
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // keep all digits of the table
	if err := dec.Decode(&c); err != nil {
		return nil, true, fmt.Errorf("decode a chart: %w", err)
	}
	if c.Version != 1 {
		return nil, true, fmt.Errorf("chart %q has version %d, but this program reads version 1: use the kernel of the clone that made the chart", c.ID, c.Version)
	}
	if len(c.Option) == 0 {
		return nil, true, fmt.Errorf("chart %q has no option", c.ID)
	}
	c.Width, c.Height = side(c.Width, 640), side(c.Height, 400)
	if c.Alt == "" {
		c.Alt = c.Title
	}
	return &c, true, nil
}

func side(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return min(max(n, minSide), maxSide)
}

// label returns a column's name with its unit.
func (t dataTable) label(i int) string {
	c := t.Columns[i]
	if c.Unit == "" {
		return c.Name
	}
	return c.Name + " (" + c.Unit + ")"
}

// csv renders the table as RFC 4180 CSV.
func (t dataTable) csv() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	record := make([]string, len(t.Columns))
	for i := range t.Columns {
		record[i] = t.label(i)
	}
	_ = w.Write(record) // writing to a strings.Builder cannot fail
	for _, row := range t.Rows {
		record = record[:0]
		for _, v := range row {
			record = append(record, cellText(v))
		}
		_ = w.Write(record)
	}
	w.Flush()
	return b.String()
}

func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		// A spreadsheet would evaluate a text that starts like a formula.
		if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
			return "'" + v
		}
		return v
	default:
		return fmt.Sprint(v)
	}
}

// shortNumber rounds a number for the table on the page. The CSV file has all digits.
func shortNumber(v any) string {
	n, ok := v.(json.Number)
	if !ok {
		if v == nil {
			return ""
		}
		return fmt.Sprint(v)
	}
	x, err := n.Float64()
	if err == nil && x == 0 {
		return "0" // also for a negative zero
	}
	if err != nil || math.Abs(x) >= 1e6 || x == math.Trunc(x) {
		return n.String()
	}
	return strconv.FormatFloat(x, 'g', 5, 64)
}

// shortRows rounds the numbers of a table. Numbers in one column have the same number of
// decimals, unless they differ so much in size that this would hide or invent digits.
func shortRows(rows [][]any) [][]string {
	out := make([][]string, len(rows))
	width := 0
	for r, row := range rows {
		for _, v := range row {
			out[r] = append(out[r], shortNumber(v))
		}
		width = max(width, len(row))
	}
	for column := range width {
		alignDecimals(rows, out, column)
	}
	return out
}

// mostDecimals is the largest number of decimals that are added to a number.
const mostDecimals = 4

func alignDecimals(rows [][]any, out [][]string, column int) {
	decimals := 0
	var numbers []int // rows with a number
	for r, row := range rows {
		if column >= len(row) {
			continue
		}
		if _, ok := row[column].(json.Number); !ok {
			continue
		}
		if strings.ContainsAny(out[r][column], "eE") {
			return
		}
		_, fraction, _ := strings.Cut(out[r][column], ".")
		decimals = max(decimals, len(fraction))
		numbers = append(numbers, r)
	}
	if decimals > mostDecimals {
		return
	}
	for _, r := range numbers {
		if x, err := strconv.ParseFloat(out[r][column], 64); err == nil {
			out[r][column] = strconv.FormatFloat(x+0, 'f', decimals, 64) // + 0: no negative zero
		}
	}
}

// plainCSV is the largest size in bytes of a table that the page contains
// uncompressed, so that it can be saved without scripts. Larger tables are compressed.
const plainCSV = 8000

// csvLink returns a table as a data URI.
func csvLink(csv string) template.URL {
	return template.URL("data:text/csv;charset=utf-8," + escapeData(csv))
}

// sourceOf returns the src attribute for an SVG document. Percent encoding is shorter
// than base64 here, because most characters are digits and spaces.
func sourceOf(svg string) template.HTMLAttr {
	return template.HTMLAttr(`src="data:image/svg+xml;charset=utf-8,` + escapeData(svg) + `"`)
}

// escapeData escapes characters that are not allowed in a data URI or an attribute.
// Digits, points and commas are not escaped.
func escapeData(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || strings.IndexByte("\"#%&'<>?[]^`{|}\\", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

var (
	chartDiv    = regexp.MustCompile(`<div\b[^>]*\bclass="dendrite-chart"[^>]*>`)
	staticImage = regexp.MustCompile(`<img class="dendrite-static"[^>]*>`)
	svgSource   = regexp.MustCompile(`src="data:image/svg\+xml;base64,([A-Za-z0-9+/]+=*)"`)
)

// pictureIn returns the static picture, an SVG document, that AddPictures added to an
// output.
func pictureIn(o *ipynb.Output) (string, bool) {
	text, _ := o.TextOf("text/html")
	img := staticImage.FindString(text)
	if m := svgSource.FindStringSubmatch(img); m != nil {
		svg, err := base64.StdEncoding.DecodeString(m[1])
		return string(svg), err == nil
	}
	return "", false
}

// withPicture returns the HTML of a chart's output with the picture inside the chart's
// element. It replaces an older picture.
func withPicture(text string, c *chartData, svg string) string {
	img := fmt.Sprintf(`<img class="dendrite-static" alt="%s" width="%d" height="%d" style="max-width:100%%;height:auto" src="data:image/svg+xml;base64,%s">`,
		template.HTMLEscapeString(c.Alt), c.Width, c.Height, base64.StdEncoding.EncodeToString([]byte(svg)))
	text = staticImage.ReplaceAllString(text, "")
	at := chartDiv.FindStringIndex(text)
	if at == nil {
		return text + `<div class="dendrite-chart">` + img + `</div>`
	}
	return text[:at[1]] + img + text[at[1]:]
}
