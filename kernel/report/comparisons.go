package report

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

// ErrNoComparison is the error of [ReadComparison] for another page.
var ErrNoComparison = errors.New("the page compares no runs")

var (
	comparisonMark = []byte(`<meta name="generator" content="Dendrite comparison">`)
	pageTitle      = regexp.MustCompile(`<title>([^<]*)</title>`)
)

// ReadComparison returns the index entry of a page that [Compare] wrote.
func ReadComparison(path string) (Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return Entry{}, err
	}
	defer f.Close()
	const head = 8192 // the marks of the page are before its styles
	start, err := io.ReadAll(io.LimitReader(f, head))
	if err != nil {
		return Entry{}, fmt.Errorf("read %s: %w", path, err)
	}
	title := pageTitle.FindSubmatch(start)
	if title == nil || !bytes.Contains(start, comparisonMark) {
		return Entry{}, ErrNoComparison
	}
	return Entry{Href: filepath.Base(path), Title: html.UnescapeString(string(title[1])), Comparison: true}, nil
}
