package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"microcircuits/dendrite/record"
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
	"class":    verdictClass,
	"date":     date,
	"duration": human.Duration,
	"short":    shorten,
	"when":     when,
	"words":    record.Verdict.Words,
}).ParseFS(templateFiles, "templates/*.html"))

// short abbreviates a commit or checksum.
func shorten(s string) string {
	if len(s) > 12 {
		return s[:12] + "…"
	}
	return s
}

func asset(name string) string {
	data, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	return string(data)
}

// addAssets sets the style, the scripts and the policy that allows only these scripts.
func (p *page) addAssets() {
	p.Style = template.CSS(asset("page.css") + asset("report.css"))
	p.Theme, p.Scripts, p.CSP = pageScripts(p.HasChart)
}

// pageScripts returns the script for the head, those for the end of the page, and the
// policy that allows them. ECharts is compressed; report.js unpacks and runs it.
func pageScripts(charts bool) (theme template.HTML, scripts []template.HTML, policy string) {
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

// inline returns script elements and the Content-Security-Policy. The policy allows
// these scripts, those in later, and no others.
func inline(scripts []string, later ...string) (elements []template.HTML, policy string) {
	var hashes []string
	for _, js := range later {
		hashes = append(hashes, hash(js))
	}
	for _, js := range scripts {
		// A browser's parser changes line ends to LF before it computes the hash.
		js = strings.ReplaceAll(js, "\r\n", "\n")
		if lower := strings.ToLower(js); strings.Contains(lower, "</script") || strings.Contains(lower, "<!--") {
			panic("report: an embedded script contains the end of a script element")
		}
		hashes = append(hashes, hash(js))
		elements = append(elements, template.HTML("<script>"+js+"</script>"))
	}
	policy = "default-src 'none'; script-src " + strings.Join(hashes, " ") +
		"; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
	return elements, policy
}

// hash returns the hash of a script in the notation of a policy.
func hash(js string) string {
	sum := sha256.Sum256([]byte(js))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// when formats a time for people. A text that is not RFC 3339 is not changed.
func when(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return date(t)
}

// date formats a time for people.
func date(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }
