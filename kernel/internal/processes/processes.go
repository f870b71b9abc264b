// Package processes lists the processes of this machine. It reads /proc if there is
// one, because a small Linux system may have no ps; else it runs ps.
package processes

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// A Process is one entry of the process table.
type Process struct {
	ID, Group int
	Name      string // of the program's file, without folders; at most 15 bytes on Linux
	Args      string // the command line, arguments separated by spaces
}

// All returns the running processes that this user may see, without zombies:
// processes that have ended but whose parent has not waited for them.
func All() ([]Process, error) {
	if _, err := os.Stat("/proc/self/stat"); err == nil {
		return fromProc("/proc")
	}
	return fromPS()
}

// Find returns the running process with an id; false if there is none.
func Find(id int) (Process, bool, error) {
	all, err := All()
	for _, p := range all {
		if p.ID == id {
			return p, true, nil
		}
	}
	return Process{}, false, err
}

func fromProc(dir string) ([]Process, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var all []Process
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(dir, e.Name(), "stat"))
		if err != nil {
			continue // it has ended since
		}
		p, alive, err := parseStat(string(stat))
		if err != nil {
			return nil, err
		}
		if !alive {
			continue
		}
		args, err := os.ReadFile(filepath.Join(dir, e.Name(), "cmdline"))
		if err != nil && !errors.Is(err, fs.ErrPermission) {
			continue
		}
		p.Args = string(bytes.ReplaceAll(bytes.TrimRight(args, "\x00"), []byte{0}, []byte{' '}))
		all = append(all, p)
	}
	return all, nil
}

// parseStat parses "pid (name) state ppid pgrp ..."; the name may contain any
// character, also parentheses.
func parseStat(stat string) (p Process, alive bool, err error) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return p, false, fmt.Errorf("list processes: unknown format %q", stat)
	}
	f := strings.Fields(stat[end+1:])
	if len(f) < 3 {
		return p, false, fmt.Errorf("list processes: unknown format %q", stat)
	}
	p.Name = stat[open+1 : end]
	id, errID := strconv.Atoi(strings.TrimSpace(stat[:open]))
	group, errGroup := strconv.Atoi(f[2])
	p.ID, p.Group = id, group
	return p, f[0] != "Z" && f[0] != "X", errors.Join(errID, errGroup)
}

// fromPS runs ps twice: name and arguments may both contain spaces, so they cannot be
// separated if they are in one line.
func fromPS() ([]Process, error) {
	names, err := exec.Command("ps", "-A", "-o", "pid=,comm=").Output()
	if err != nil {
		return nil, fmt.Errorf("list processes: ps: %w", err)
	}
	lines, err := exec.Command("ps", "-A", "-ww", "-o", "pid=,pgid=,stat=,args=").Output()
	if err != nil {
		return nil, fmt.Errorf("list processes: ps: %w", err)
	}
	return parsePS(string(names), string(lines))
}

func parsePS(names, lines string) ([]Process, error) {
	name := map[string]string{}
	for line := range strings.Lines(names) {
		id, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name[id] = filepath.Base(strings.TrimSpace(rest))
	}
	var all []Process
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		if len(f) < 4 || strings.HasPrefix(f[2], "Z") {
			continue
		}
		id, errID := strconv.Atoi(f[0])
		group, errGroup := strconv.Atoi(f[1])
		if err := errors.Join(errID, errGroup); err != nil {
			return nil, fmt.Errorf("list processes: ps: %w", err)
		}
		all = append(all, Process{ID: id, Group: group, Name: name[f[0]], Args: strings.Join(f[3:], " ")})
	}
	return all, nil
}
