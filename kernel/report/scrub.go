package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// scrub removes from a chart's option what would open or load something
// outside the report, links and texts that are addresses, and what ECharts
// would put into the page as HTML. The page's policy forbids the loads anyway;
// without the attempt there is no complaint.
func scrub(option json.RawMessage) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(option))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("option: %w", err)
	}
	return json.Marshal(scrubbed(v, false))
}

var remote = regexp.MustCompile(`(?i)^(?:image://)?\s*(?://|(?:https?|file|ftp|javascript|blob):)`)

// scrubbed scrubs a value. A change, in the charts of chart.Explore, says what
// to replace: a list in it is a value of its own.
func scrubbed(v any, change bool) any {
	switch v := v.(type) {
	case string:
		if remote.MatchString(strings.TrimSpace(v)) || strings.HasPrefix(v, "image://") && !strings.HasPrefix(v, "image://data:image/") {
			return ""
		}
	case []any:
		for i := range v {
			v[i] = scrubbed(v[i], false)
		}
	case map[string]any:
		for key, value := range v {
			switch key {
			case "link", "sublink", "dataView": // the view of data is made of HTML
				delete(v, key)
				continue
			case "tooltip":
				drawTips(value, change)
			}
			if list, ok := value.([]any); ok && key == "changes" {
				for i := range list {
					list[i] = scrubbed(list[i], true)
				}
				continue
			}
			v[key] = scrubbed(value, change)
		}
	}
	return v
}

// drawTips has the text of tooltips drawn as the chart is, never read as HTML,
// wherever below the key "tooltip" an option or a change may say it.
func drawTips(v any, change bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			drawTips(item, false)
		}
	case map[string]any:
		for _, item := range v {
			drawTips(item, change)
		}
		v["renderMode"] = "richText"
		if change {
			v["renderMode"] = []any{"richText"}
		}
	}
}
