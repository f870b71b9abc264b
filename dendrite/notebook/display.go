package notebook

import (
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/notebook/names"
)

func init() {
	// Decoded JSON travels to the kernel as these two types. Without their
	// registration one such display would close gonbui's pipe for the cell.
	gob.Register(map[string]any{})
	gob.Register([]any{})
}

// InGoNB says whether this program runs as a notebook's cell.
func InGoNB() bool { return gonbui.IsNotebook }

// Interactive says whether a person may be looking at the cell: in a notebook
// and not headless.
func Interactive() bool { return InGoNB() && os.Getenv(names.HeadlessEnv) != "1" }

// Bundler is anything that can show itself as a Jupyter MIME bundle. Values
// are strings, or for JSON types whatever encoding/json takes.
type Bundler interface{ Bundle() map[string]any }

// Markdown is text to be shown as Markdown, with $formulas$.
type Markdown string

// Bundle returns the text as Markdown and as it is.
func (m Markdown) Bundle() map[string]any {
	return map[string]any{"text/markdown": string(m), "text/plain": string(m)}
}

// Show displays each item in the cell: charts, tables, Markdown and other
// Bundlers as they are, errors and all else as text. Outside a notebook it
// prints their text.
func Show(items ...any) {
	for _, item := range items {
		show(item, nil)
	}
}

func show(item any, metadata map[string]any) {
	bundle := bundleOf(item)
	if !InGoNB() {
		printPlain(os.Stdout, bundle)
		return
	}
	if _, ok := bundle[chart.MIME]; ok {
		loadCharts(send, os.Getenv(protocol.GONB_TMP_DIR_ENV))
	}
	send(bundle, metadata, "")
}

// Bundle displays one MIME bundle, for those who make their own.
func Bundle(bundle map[string]any) { Show(raw(bundle)) }

type raw map[string]any

func (r raw) Bundle() map[string]any { return r }

func bundleOf(item any) map[string]any {
	switch v := item.(type) {
	case Bundler:
		return v.Bundle()
	case chart.Chart:
		return v.Bundle()
	}
	return map[string]any{"text/plain": fmt.Sprint(item)}
}

// printPlain prints a bundle where there is no notebook. A chart has a title
// only: its description says more.
func printPlain(w io.Writer, bundle map[string]any) {
	text, ok := bundle["text/plain"]
	if !ok {
		text = bundle["text/markdown"]
	}
	if data, ok := bundle[chart.MIME].(map[string]any); ok {
		text = fmt.Sprintf("[figure] %v\n%v", text, data["alt"])
	}
	if text != nil {
		fmt.Fprintln(w, text)
	}
}

// sender delivers a bundle with its metadata; an id makes later bundles of the
// same id replace it.
type sender func(bundle, metadata map[string]any, id string)

// send displays a bundle in the cell and waits until the kernel has it.
func send(bundle, metadata map[string]any, id string) {
	data := make(map[protocol.MIMEType]any, len(bundle))
	for mime, value := range bundle {
		data[protocol.MIMEType(mime)] = portable(mime, value)
	}
	gonbui.SendData(&protocol.DisplayData{Data: data, Metadata: marks.mark(metadata), DisplayID: id})
	gonbui.Sync()
}

// portable turns a bundle's value into what the pipe to the kernel carries:
// a string, or decoded JSON.
func portable(mime string, value any) any {
	if text, ok := value.(string); ok {
		return text
	}
	raw, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("notebook: value of %s in a bundle: %v", mime, err))
	}
	var decoded any
	if err := json.Unmarshal(raw, &decoded); err != nil {
		panic(fmt.Sprintf("notebook: value of %s in a bundle: %v", mime, err))
	}
	return decoded
}

// loading keeps goroutines of one cell from sending the script twice. Cells of
// one kernel run one after the other.
var loading sync.Mutex

// marker is the file in the kernel's temporary folder that says the page has
// the charts' script.
const marker = "dendrite-echarts"

// loadCharts sends the charts' script once per kernel session. The marker is
// written after the script was sent: a cell killed in between sends it again,
// which does no harm, while the other order would leave charts blank.
func loadCharts(send sender, dir string) {
	if !Interactive() {
		return
	}
	loading.Lock()
	defer loading.Unlock()
	path := filepath.Join(dir, marker)
	if _, err := os.Stat(path); dir != "" && err == nil {
		return
	}
	send(map[string]any{"text/html": "<script>" + chart.RuntimeJS() + "</script><script>" + chart.EChartsJS() + "</script>"}, names.Metadata(names.ECharts), "")
	if dir == "" {
		return
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		fmt.Fprintf(os.Stderr, "notebook: the next chart will load its script again: %v\n", err)
	}
}
