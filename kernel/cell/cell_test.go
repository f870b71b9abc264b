package cell

import "testing"

func TestCheck(t *testing.T) {
	for code, want := range map[string]Completeness{
		"":                                     Complete,
		"1 + 1":                                Complete,
		"x := 3\nx":                            Complete,
		"var lr = 0.1":                         Complete,
		"%%\nfmt.Println(1)":                   Complete,
		"func f() int { return 1 }\n%%\nf()":   Complete,
		"!ls -l {":                             Complete,
		"%%bash\nfor i in 1 2; do (":           Complete,
		"import \"fmt\"\nfmt.Println(\"x\")":   Complete,
		"for i := range 3 {":                   Incomplete,
		"fmt.Println(":                         Incomplete,
		"x := 1 +":                             Incomplete,
		"s := `abc":                            Incomplete,
		"/* a":                                 Incomplete,
		"%%\nif x {\n\tf(":                     Incomplete,
		"!ls \\":                               Incomplete,
		"x := )":                               Invalid,
		"x = = 3":                              Invalid,
		"func f() int { return 1 }}":           Invalid,
		"for i := range 3 { var }":             Invalid,
		"type T struct {\n\tA int\n}\nT{A: 1}": Complete,
	} {
		if got, _ := Check(code); got != want {
			t.Errorf("%q is %s, want %s", code, got, want)
		}
	}
	if _, indent := Check("for {\nf("); indent != "\t\t" {
		t.Errorf("indent %q", indent)
	}
}

func TestStatements(t *testing.T) {
	for _, c := range []struct {
		code     string
		position int
		want     string
		shift    int
	}{
		{"dendrite.Sh", 11, "%%\ndendrite.Sh", 3},
		{"import \"é\"\nx.", 3, "import \"é\"\n%%\nx.", 0},
		{"import \"é\"\nx.", 13, "import \"é\"\n%%\nx.", 3},
		{"%%\nx.", 5, "%%\nx.", 0},
	} {
		if got, shift := Statements(c.code, c.position); got != c.want || shift != c.shift {
			t.Errorf("%q at %d becomes %q, shifted by %d", c.code, c.position, got, shift)
		}
	}
}

func TestHelpName(t *testing.T) {
	if name, ok := HelpName(" dendrite.Show? "); !ok || name != "dendrite.Show" {
		t.Errorf("got %q, %v", name, ok)
	}
	if _, ok := HelpName("x := a ?"); ok {
		t.Error("a statement is taken for a request for help")
	}
}
