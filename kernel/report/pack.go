package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"html/template"
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
