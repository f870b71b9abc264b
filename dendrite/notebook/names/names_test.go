package names

import (
	"encoding/json"
	"testing"
)

func TestRoleOf(t *testing.T) {
	data, err := json.Marshal(Metadata(ClearWait))
	if err != nil {
		t.Fatal(err)
	}
	var metadata map[string]json.RawMessage
	if err := json.Unmarshal(data, &metadata); err != nil {
		t.Fatal(err)
	}
	if got := RoleOf(metadata); got != ClearWait {
		t.Errorf("%s has role %q", data, got)
	}
	for _, other := range []map[string]json.RawMessage{nil, {MetadataKey: json.RawMessage(`"text"`)}, {"role": json.RawMessage(`"clear"`)}} {
		if got := RoleOf(other); got != "" {
			t.Errorf("%v has role %q", other, got)
		}
	}
}
