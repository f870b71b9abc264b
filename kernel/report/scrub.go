package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// address finds what could be an address in an option's JSON.
var address = regexp.MustCompile(`(?i)(?:https?|file|ftp|javascript|blob):|"//|"image://[^d]|"(?:sub)?link"`)

// scrub removes from a chart's option what would open or load something
// outside the report: links, and texts that are addresses. The page's policy
// forbids the loads anyway; without the attempt there is no complaint. Options
// without any are returned as they are.
func scrub(option json.RawMessage) (json.RawMessage, error) {
	if !address.Match(option) {
		return option, nil
	}
	dec := json.NewDecoder(bytes.NewReader(option))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("option: %w", err)
	}
	return json.Marshal(scrubbed(v))
}

var remote = regexp.MustCompile(`(?i)^(?:image://)?\s*(?://|(?:https?|file|ftp|javascript|blob):)`)

func scrubbed(v any) any {
	switch v := v.(type) {
	case string:
		if remote.MatchString(strings.TrimSpace(v)) || strings.HasPrefix(v, "image://") && !strings.HasPrefix(v, "image://data:image/") {
			return ""
		}
	case []any:
		for i := range v {
			v[i] = scrubbed(v[i])
		}
	case map[string]any:
		for key, value := range v {
			if key == "link" || key == "sublink" {
				delete(v, key)
				continue
			}
			v[key] = scrubbed(value)
		}
	}
	return v
}
