package host

import (
	"strings"
	"sync"

	"gatewalk/lab/host/memfs"
)

// historySize is how many lines a shell remembers, as HISTSIZE has it.
const historySize = 1000

// history is the lines typed in one shell.
type history struct {
	mu    sync.Mutex
	lines []string
}

// loadHistory reads ~/.bash_history.
func loadHistory(files *memfs.View, home string) *history {
	h := &history{}
	data, _ := files.ReadFile(home + "/.bash_history")
	for line := range strings.Lines(string(data)) {
		h.add(strings.TrimSuffix(line, "\n"))
	}
	return h
}

func (h *history) save(files *memfs.View, home string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.lines) > 0 {
		// A shell that cannot write its history ends all the same.
		_ = files.WriteFile(home+"/.bash_history", []byte(strings.Join(h.lines, "\n")+"\n"), 0o600)
	}
}

// add remembers a line that is neither empty nor the one before it.
func (h *history) add(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > historySize {
		h.lines = h.lines[len(h.lines)-historySize:]
	}
}

func (h *history) clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = nil
}

func (h *history) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.lines)
}

// get is the line at i, from 0; "" beyond the end.
func (h *history) get(i int) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i < 0 || i >= len(h.lines) {
		return ""
	}
	return h.lines[i]
}
