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

// pack is a data block that the report's script unpacks: compressed, because
// ECharts and the data of charts are most of a report, and in base64, which
// cannot end its element. A browser that cannot unpack keeps the pictures.
func pack(class, text string) template.HTML {
	var compressed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&compressed, gzip.BestCompression) // the level is one it has
	_, _ = w.Write([]byte(text))                                   // to memory, which never fails
	_ = w.Close()
	return template.HTML(`<script type="application/gzip" class="` + class + `">` +
		base64.StdEncoding.EncodeToString(compressed.Bytes()) + `</script>`)
}

// pixels finds the images, such as fields of input and digits, that a static
// picture holds whole.
var pixels = regexp.MustCompile(`data:image/png;base64,[A-Za-z0-9+/]+=*`)

// sharing is a chart's option without the images that its static picture svg
// holds as well: image 2 of the picture stands as "dendrite-image:2", and
// report.js fetches it from there.
func sharing(option, svg string) string {
	for i, image := range pixels.FindAllString(svg, -1) {
		option = strings.ReplaceAll(option, image, "dendrite-image:"+strconv.Itoa(i))
	}
	return option
}
