package front

import (
	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/ipynb"
)

// A scriptPlace is the output of a page that contains the charts' script.
type scriptPlace struct {
	cell string
	run  *cellRun
}

// showScript publishes the script that a page needs before it can show an output. Each
// page has a session of its own. A page gets the script once, in the first cell with a
// chart, and again when that cell runs again, so that the saved notebook keeps it. It is
// no text/html, which other exporters would print in full.
func (j *cellRun) showScript(o *ipynb.Output) {
	f := j.front
	if f.Script == nil {
		return
	}
	text := f.Script(o)
	if text == "" {
		return
	}
	page := j.request.Header.Session
	here := scriptPlace{cell: j.cell(), run: j}
	f.mu.Lock()
	place, sent := f.scripts[page]
	sent = sent && (place.run == j || place.cell != here.cell)
	if !sent {
		f.scripts[page] = here
	}
	f.mu.Unlock()
	if !sent {
		f.out.publish(j.request.Message, ipynb.DisplayData, object{
			"data":     object{"application/javascript": text, "text/plain": ""},
			"metadata": names.Metadata(names.ECharts), "transient": object{},
		})
	}
}

// forgetScript is called when the outputs of the cell are removed.
func (j *cellRun) forgetScript() {
	f := j.front
	f.mu.Lock()
	defer f.mu.Unlock()
	if page := j.request.Header.Session; f.scripts[page].run == j {
		delete(f.scripts, page)
	}
}

// cell returns what identifies the cell: its id, else its text.
func (j *cellRun) cell() string {
	if id := cellID(j.request.Message); id != "" {
		return id
	}
	return j.source
}
