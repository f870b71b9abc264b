package report

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNumbersOfAColumnHaveTheSameDecimals(t *testing.T) {
	var rows [][]any
	dec := json.Unmarshal([]byte(`[[1, 0.5, "a", 1e-9, 0.123456], [2, 12, 7.25, 3, -0.0], [3, null, "0.5", 3, 12345.6]]`), &rows)
	if dec != nil {
		t.Fatal(dec)
	}
	for _, row := range rows {
		for i, v := range row {
			if x, ok := v.(float64); ok {
				text, err := json.Marshal(x)
				if err != nil {
					t.Fatal(err)
				}
				row[i] = json.Number(text)
			}
		}
	}
	want := [][]string{{"1", "0.5", "a", "1e-09", "0.12346"}, {"2", "12.0", "7.25", "3", "0"}, {"3", "", "0.5", "3", "12346"}}
	if diff := cmp.Diff(want, shortRows(rows)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
