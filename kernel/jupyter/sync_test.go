package jupyter

import "testing"

func TestWithSync(t *testing.T) {
	const added = "\ngonbui.Sync()\n"
	for code, want := range map[string]string{
		"%%\ngonbui.DisplayHTML(x)":                        added,
		"import \"fmt\"\n%% --lr=1\ngonbui.DisplayHTML(x)": added,
		"%main\ngonbui.DisplayHTML(x) // last":             added,
		"%%\ngonbui.DisplayHTML(x)\ngonbui.Sync()":         "",
		"%%\nfmt.Println(1)":                               "",
		"func f() { gonbui.DisplayHTML(x) }":               "",
		"%%bash\necho gonbui.":                             "",
		"%%writefile f\n gonbui.":                          "",
	} {
		if got := withSync(code); got != code+want {
			t.Errorf("withSync(%q) = %q", code, got)
		}
	}
}
