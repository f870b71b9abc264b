package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// scrub removes from a chart's option links, texts that are addresses, and texts that
// ECharts would insert as HTML. The page's policy forbids loading anyway; without the
// attempt there is no error in the console.
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

// scrubbed scrubs a value. change is true inside the changes of charts by
// chart.Explore, where each new value is in a list.
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
			case "link", "sublink", "dataView": // the data view is HTML
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

// drawTips sets rich text as the mode of all tooltips below the key "tooltip", so that
// their text is drawn and not inserted as HTML.
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
