package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"html/template"
	"regexp"
	"strconv"
	"strings"
)

// pack returns a compressed data block that the report's script unpacks. ECharts and
// the data of charts are the largest part of a report. The block is encoded in base64,
// which cannot contain the end of its element. A browser that cannot unpack it shows
// the static pictures.
func pack(class, text string) template.HTML {
	var compressed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&compressed, gzip.BestCompression) // the level is valid
	_, _ = w.Write([]byte(text))                                   // writing to memory cannot fail
	_ = w.Close()
	return template.HTML(`<script type="application/gzip" class="` + class + `">` +
		base64.StdEncoding.EncodeToString(compressed.Bytes()) + `</script>`)
}

// pixels matches the images in a static picture, such as matrices and digits.
var pixels = regexp.MustCompile(`data:image/png;base64,[A-Za-z0-9+/]+=*`)

// shareImages replaces images in a chart's option that are also in its static picture
// svg: image 2 of the picture becomes "dendrite-image:2". report.js inserts them again.
func shareImages(option, svg string) string {
	for i, image := range pixels.FindAllString(svg, -1) {
		option = strings.ReplaceAll(option, image, "dendrite-image:"+strconv.Itoa(i))
	}
	return option
}
