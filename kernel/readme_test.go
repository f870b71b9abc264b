package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"microcircuits/dendrite/figure"
	"microcircuits/kernel/clone"
)

var (
	codeBlock  = regexp.MustCompile("(?ms)^```.*?^```$")
	linkTarget = regexp.MustCompile(`\]\(<?([^)\s>]+)|(?:src|href)="([^"]+)"`)
	firstCell  = regexp.MustCompile("(?m)^\\| *\\[?`?([^`|\\]]+?)`?(?:\\]\\([^)]*\\))? *\\|")
)

// links returns the links and pictures of a Markdown text that are files of the
// repository.
func links(markdown string) []string {
	var found []string
	for _, m := range linkTarget.FindAllStringSubmatch(codeBlock.ReplaceAllString(markdown, ""), -1) {
		u, err := url.Parse(m[1] + m[2])
		if err != nil {
			found = append(found, m[1]+m[2]) // reported as a missing file
		} else if u.Scheme == "" && u.Host == "" && u.Path != "" {
			found = append(found, u.Path)
		}
	}
	return found
}

func readme(t *testing.T) (root, text string) {
	t.Helper()
	root, err := clone.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return root, string(data)
}

func TestReadmeLinks(t *testing.T) {
	root, text := readme(t)
	targets := links(text)
	if len(targets) == 0 {
		t.Error("this test finds no links to files in README.md")
	}
	for _, target := range targets {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil {
			t.Errorf("README.md links to %s, which is not there: %v", target, err)
		}
	}
}

func TestReadmeListsEveryNotebook(t *testing.T) {
	root, text := readme(t)
	listed := map[string]bool{}
	for _, m := range firstCell.FindAllStringSubmatch(text, -1) {
		listed[m[1]] = true
	}
	notebooks, err := filepath.Glob(filepath.Join(root, "notebooks", "*.ipynb"))
	if err != nil || len(notebooks) == 0 {
		t.Fatalf("no notebooks (%v)", err)
	}
	for _, path := range notebooks {
		if !listed[notebookName(path)] {
			t.Errorf("README.md has no row for notebook %s in its table", notebookName(path))
		}
	}
}

var updateReadme = flag.Bool("update", false, "write the rows of figures in README.md from the catalogue")

// The rows of figures begin with what the catalogue contains. With -update this test
// writes them; the numbers in the last column are not changed.
func TestReadmeRowsMatchTheCatalogue(t *testing.T) {
	root, text := readme(t)
	updated := text
	for _, f := range figure.Catalogue() {
		info := f.About()
		row := fmt.Sprintf("\n| `%s` | %s | %s | ", info.Notebook, info.Figure, info.Claim)
		if !strings.Contains(text, row) && !*updateReadme {
			t.Errorf("README.md has no row that begins with %s: run this test with -update", row)
		}
		updated = withRow(updated, info.Notebook, row)
	}
	if *updateReadme {
		if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// withRow replaces the beginning of a notebook's row, up to the last column. A new row is
// put before that of the template.
func withRow(text, notebook, row string) string {
	old := regexp.MustCompile("\n\\| `" + regexp.QuoteMeta(notebook) + "` \\|[^|\n]*\\|[^|\n]*\\| ?")
	if at := old.FindStringIndex(text); at != nil {
		return text[:at[0]] + row + text[at[1]:]
	}
	return strings.Replace(text, "\n| `template`", row+"|\n| `template`", 1)
}

func TestWithRow(t *testing.T) {
	const text = "a\n| `1-x` | f | c | 3 times |\n| `template` | own | copy | |\n"
	got := withRow(withRow(text, "1-x", "\n| `1-x` | g | d | "), "2-y", "\n| `2-y` | h | e | ")
	if want := "a\n| `1-x` | g | d | 3 times |\n| `2-y` | h | e | |\n| `template` | own | copy | |\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLinks(t *testing.T) {
	got := links("[a](docs/a.md#part) ![b](.images/b%20c.png \"title\") [c](https://x.example/y) [d](#here) <img src=\"e.png\">\n```sh\n[f](no)\n```\n[g](<g.md>) (not/a link)")
	if want := "docs/a.md .images/b c.png e.png g.md"; strings.Join(got, " ") != want {
		t.Errorf("links %q, want %q", got, want)
	}
	for row, want := range map[string]string{"| `1-a` | x |": "1-a", "| [`1-a`](notebooks/1-a.ipynb) | x |": "1-a", "|[1-a](n)|x|": "1-a", "| plain | x |": "plain"} {
		if m := firstCell.FindStringSubmatch(row); m == nil || m[1] != want {
			t.Errorf("%s: first cell %q, want %s", row, m, want)
		}
	}
}
