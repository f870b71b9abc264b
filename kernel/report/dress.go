package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"slices"
	"strings"
	"time"

	"microcircuits/dendrite/chart"
	"microcircuits/kernel/internal/human"
)

//go:embed assets/page.css assets/report.css assets/index.css assets/compare.css assets/theme.js assets/toggle.js assets/report.js
var assets embed.FS

//go:embed templates/*.html
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"duration": human.Duration,
	"short":    short,
	"when":     when,
}).ParseFS(templateFiles, "templates/*.html"))

// short abbreviates a commit or checksum.
func short(s string) string {
	if len(s) > 12 {
		return s[:12] + "…"
	}
	return s
}

func asset(name string) string {
	data, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // embedded at build time
	}
	return string(data)
}

// dress adds style, scripts and the policy that allows exactly them.
func (p *page) dress() {
	p.Style = template.CSS(asset("page.css") + asset("report.css"))
	p.Theme, p.Scripts, p.CSP = behaviour(p.HasChart)
}

// behaviour returns the script of the head, those of the end of the page and the
// policy that allows them. ECharts comes packed and runs when report.js has
// unpacked it.
func behaviour(charts bool) (theme template.HTML, scripts []template.HTML, policy string) {
	own := []string{asset("theme.js"), asset("toggle.js")}
	var packed []string
	if charts {
		own, packed = append(own, chart.RuntimeJS()), []string{chart.EChartsJS()}
	}
	elements, policy := inline(append(own, asset("report.js")), packed...)
	theme, scripts = elements[0], elements[1:]
	for _, js := range packed {
		scripts = slices.Insert(scripts, len(scripts)-1, pack("library", js))
	}
	return theme, scripts, policy
}

// inline makes script elements and the Content-Security-Policy that lets them
// run, and those that come later, and nothing else.
func inline(scripts []string, later ...string) (elements []template.HTML, policy string) {
	var hashes []string
	for _, js := range later {
		hashes = append(hashes, hash(js))
	}
	for _, js := range scripts {
		// The browser hashes what its parser leaves: LF line ends.
		js = strings.ReplaceAll(js, "\r\n", "\n")
		if lower := strings.ToLower(js); strings.Contains(lower, "</script") || strings.Contains(lower, "<!--") {
			panic("report: an embedded script would end its element early")
		}
		hashes = append(hashes, hash(js))
		elements = append(elements, template.HTML("<script>"+js+"</script>"))
	}
	policy = "default-src 'none'; script-src " + strings.Join(hashes, " ") +
		"; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
	return elements, policy
}

// hash is how a policy names a script.
func hash(js string) string {
	sum := sha256.Sum256([]byte(js))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// when writes a time for people; what is not RFC 3339 stays as it is.
func when(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}
