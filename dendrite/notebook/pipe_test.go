//go:build unix

package notebook

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/notebook/names"
)

// cellEnv is the environment variable with which the test program runs as a cell.
const cellEnv = "DENDRITE_TEST_CELL"

func TestMain(m *testing.M) {
	if os.Getenv(cellEnv) != "" {
		cell()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func figure() *chart.Chart {
	return chart.Lines(chart.LinesSpec{Title: "Title", Curves: []chart.Curve{{X: []float64{1}, Y: []float64{2}}}})
}

// cell ends without calling Sync: Show must call it.
func cell() {
	Show(figure(), Table{Header: []string{"a"}}, Markdown("m"), 7)
	Show(figure())
	p := NewProgress("run")
	p.Update(0.5, "half")
	p.Done("")
}

// A cell's program is connected with real named pipes to a replacement of the kernel. All
// displays must arrive, in order, also the last ones.
func TestShowThroughThePipe(t *testing.T) {
	// describe returns a short text for a display.
	describe := func(d *protocol.DisplayData) string {
		if own, ok := d.Metadata["dendrite"].(map[string]any); ok {
			return own["role"].(string)
		}
		if data, ok := d.Data[protocol.MIMEType(chart.MIME)].(map[string]any); ok {
			return data["id"].(string)
		}
		return fmt.Sprint(d.Data[protocol.MIMETextPlain])
	}
	id := figure().ID
	for headless, want := range map[string][]string{
		"":  {"echarts", id, "a\n-", "m", "7", id, "progress", "progress"},
		"1": {id, "a\n-", "m", "7", id, "progress"},
	} {
		dir := t.TempDir()
		to, back := filepath.Join(dir, "to"), filepath.Join(dir, "back")
		for _, path := range []string{to, back} {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		program := exec.Command(os.Args[0])
		program.Env = append(os.Environ(), cellEnv+"=1", names.HeadlessEnv+"="+headless,
			protocol.GONB_PIPE_ENV+"="+to, protocol.GONB_PIPE_BACK_ENV+"="+back, protocol.GONB_TMP_DIR_ENV+"="+dir)
		var printed bytes.Buffer
		program.Stdout, program.Stderr = &printed, &printed
		if err := program.Start(); err != nil {
			t.Fatal(err)
		}
		var got []string
		err := kernelEnd(to, back, func(d *protocol.DisplayData) { got = append(got, describe(d)) })
		if err != io.EOF {
			t.Errorf("headless %q: reading the pipe: %v", headless, err)
		}
		if err := program.Wait(); err != nil || printed.Len() > 0 {
			t.Errorf("headless %q: %v, printed %q, want all through the pipe", headless, err, printed.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("headless %q: displays (-want +got):\n%s", headless, diff)
		}
	}
}

// kernelEnd reads displays and confirms syncs, like GoNB, until the program closes its end.
func kernelEnd(to, back string, got func(*protocol.DisplayData)) error {
	in, err := os.OpenFile(to, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(back, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer out.Close()
	decoder, encoder := gob.NewDecoder(in), gob.NewEncoder(out)
	for {
		var d protocol.DisplayData
		if err := decoder.Decode(&d); err != nil {
			return err
		}
		sync, ok := d.Data[protocol.MIMECommValue].(protocol.CommValue)
		if !ok {
			got(&d)
			continue
		}
		if err := encoder.Encode(&protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: sync.Value}); err != nil {
			return err
		}
	}
}
