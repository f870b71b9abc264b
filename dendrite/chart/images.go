package chart

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"math"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Image is a small picture such as a digit: its pixels row by row.
type Image struct {
	Pixels []float64
	Width  int
	Label  string // shown below, such as "4→9"; may be empty
}

// ImageGridSpec describes images in rows and columns.
type ImageGridSpec struct {
	Title, Caption string
	Alt            string // empty: the number of images
	Images         []Image
	PerRow         int        // 0: 10
	Rows, Columns  []string   // names beside and above; nil for none
	Range          [2]float64 // values of the first and last colour; zero value: 0 to 1
	Colors         ColorMap   // the zero value, Viridis, selects Gray here
}

// ImageGrid draws images in rows, each with its label below. Its table has the row,
// the column and the label of each image, but not its pixels. ImageGrid panics if
// the number of pixels of an image is not a multiple of its width.
func ImageGrid(spec ImageGridSpec) *Chart {
	per := height(spec.PerRow, 10)
	per = min(per, max(len(spec.Images), 1))
	rows := (len(spec.Images) + per - 1) / per
	if spec.Rows != nil {
		check("ImageGrid", "Rows", len(spec.Rows), rows)
	}
	if spec.Columns != nil {
		check("ImageGrid", "Columns", len(spec.Columns), per)
	}
	colors := spec.Colors
	if colors == Viridis {
		colors = Gray
	}
	lo, hi := drawable(spec.Range[0]), drawable(spec.Range[1])
	if !(lo < hi) {
		lo, hi = 0, 1
	}

	var data []any
	table := Table{Columns: []Column{{Name: "row"}, {Name: "column"}, {Name: "label"}}}
	labelled := false
	undefined := 0 // pixels
	for i, im := range spec.Images {
		for _, p := range im.Pixels {
			if math.IsNaN(p) {
				undefined++
			}
		}
		short := shorten(im.Label, longestName)
		labelled = labelled || im.Label != ""
		data = append(data, obj{"name": short, "value": []int{i % per, i / per}, "symbol": "image://" + im.url(i, lo, hi, colors)})
		table.Rows = append(table.Rows, []any{name(spec.Rows, i/per), name(spec.Columns, i%per), im.Label})
	}
	left, top, below := edge+widest(shortNames(spec.Rows)), 8, 0
	if spec.Rows == nil {
		left = 4
	}
	if spec.Columns != nil {
		top += 18
	}
	if labelled {
		below = 18
	}
	// Cells are square. An image fills nine tenths of the width of its cell.
	cell := min((fullWidth-left-4)/per, 96)
	small := min((narrowWidth-left-4)/per, 96)
	box := func(cell int) obj {
		return obj{"left": left, "top": top + 20, "width": cell * per, "height": (cell + below) * rows}
	}

	f := newFigure()
	f.grid(left, top+20, 0, 0)
	x, y := category(shortNames(orBlank(spec.Columns, per)), ""), verticalCategory(shortNames(orBlank(spec.Rows, rows)))
	x.Position = "top"
	f.rawAxes(x, obj{}, y, obj{"axisTick": obj{"show": false}})
	f.series(charts.SingleSeries{Type: "scatter", Data: data, ItemStyle: &opts.ItemStyle{Opacity: opts.Float(1)},
		Label: &opts.Label{Show: opts.Bool(labelled), Position: "bottom", Formatter: "{b}", FontSize: 11}},
		obj{"id": "images", "symbolKeepAspect": true, "symbolOffset": []int{0, -below / 2}, "emphasis": obj{"disabled": true}})
	f.wide["grid"], f.narrow["grid"] = []obj{box(cell)}, []obj{box(small)}
	f.wide["series"] = []obj{{"id": "images", "symbolSize": cell * 9 / 10}}
	f.narrow["series"] = []obj{{"id": "images", "symbolSize": small * 9 / 10}}
	f.top["tooltip"] = obj{"trigger": "item", "formatter": "{b}", "renderMode": "richText", "confine": true}
	f.top["grid"] = f.wide["grid"]
	f.tools(spec.Title, false)

	tall := func(cell int) int { return top + 20 + (cell+below)*rows + 4 }
	f.hints["narrowHeight"] = tall(small)
	caption := spec.Caption
	if undefined > 0 {
		caption = strings.TrimSpace(caption + " Pixels without a value, drawn as the lowest one: " + strconv.Itoa(undefined) + ".")
	}
	ch := &Chart{Title: spec.Title, Caption: caption, Alt: spec.Alt, Width: fullWidth, Height: tall(cell), Option: f.option(), Table: table}
	if ch.Alt == "" {
		ch.Alt = fmt.Sprintf("%d images in rows of %d.", len(spec.Images), per)
	}
	return ch.seal()
}

func name(names []string, i int) string {
	if names == nil {
		return fmt.Sprint(i + 1)
	}
	return names[i]
}

// orBlank returns names, or n empty names if names is nil.
func orBlank(names []string, n int) []string {
	if names != nil {
		return names
	}
	return make([]string, n)
}

// enlarge is the size of a pixel in the PNG. Larger pixels stay sharp in viewers
// that smooth pictures.
const enlarge = 4

// url returns image number i as a data URL of a PNG.
func (im Image) url(i int, lo, hi float64, colors ColorMap) string {
	if im.Width <= 0 || len(im.Pixels) == 0 || len(im.Pixels)%im.Width != 0 {
		panic(fmt.Sprintf("chart: ImageGrid: image %d %q has %d pixels, not a multiple of its width %d", i, im.Label, len(im.Pixels), im.Width))
	}
	h := len(im.Pixels) / im.Width
	bounds := image.Rect(0, 0, im.Width*enlarge, h*enlarge)
	var picture image.Image
	at := func(x, y int) float64 { return (im.Pixels[y/enlarge*im.Width+x/enlarge] - lo) / (hi - lo) }
	if colors == Gray {
		gray := image.NewGray(bounds)
		for p := range gray.Pix {
			gray.Pix[p] = colors.at(at(p%gray.Stride, p/gray.Stride)).R
		}
		picture = gray
	} else {
		rgba := image.NewRGBA(bounds)
		for y := range bounds.Dy() {
			for x := range bounds.Dx() {
				rgba.SetRGBA(x, y, colors.at(at(x, y)))
			}
		}
		picture = rgba
	}
	var buf bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&buf, picture); err != nil {
		panic(fmt.Sprintf("chart: ImageGrid: image %d: %v", i, err))
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(buf.Bytes())
}
