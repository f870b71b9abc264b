package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
	"time"

	"microcircuits/dendrite/chart"
)

//go:embed assets/page.css assets/report.css assets/index.css assets/compare.css assets/theme.js assets/toggle.js assets/report.js
var assets embed.FS

//go:embed templates/*.html
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"duration": duration,
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
	scripts := []string{asset("theme.js"), asset("toggle.js")}
	if p.HasChart {
		scripts = append(scripts, chart.EChartsJS(), chart.RuntimeJS())
	}
	elements, policy := inline(append(scripts, asset("report.js")))
	p.Theme, p.Scripts, p.CSP = elements[0], elements[1:], policy
}

// inline makes script elements and the Content-Security-Policy that lets them
// run and nothing else.
func inline(scripts []string) (elements []template.HTML, policy string) {
	var hashes []string
	for _, js := range scripts {
		// The browser hashes what its parser leaves: LF line ends.
		js = strings.ReplaceAll(js, "\r\n", "\n")
		if lower := strings.ToLower(js); strings.Contains(lower, "</script") || strings.Contains(lower, "<!--") {
			panic("report: an embedded script would end its element early")
		}
		sum := sha256.Sum256([]byte(js))
		hashes = append(hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		elements = append(elements, template.HTML("<script>"+js+"</script>"))
	}
	policy = "default-src 'none'; script-src " + strings.Join(hashes, " ") +
		"; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
	return elements, policy
}

// when writes a time for people; what is not RFC 3339 stays as it is.
func when(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}
