package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"gatewalk/tui/text"
)

// recorder is a terminal whose output is also written as an asciicast
// (version 2: a line of JSON for the head, then one for each write).
type recorder struct {
	*os.File                                    // the terminal itself, so that it is still seen to be one
	size     func() (cols, rows int, err error) // its, now

	mu    sync.Mutex
	cast  *os.File
	begun time.Time
	shape string // the size that was last noted, "120x36"
	rest  []byte // the first bytes of a character whose end comes with the next write
	err   error
}

// record makes the file at path; a file that is there already is left alone.
func record(terminal *os.File, path string, wrong *text.Wrong) (*recorder, error) {
	size := func() (int, int, error) { return term.GetSize(int(terminal.Fd())) }
	cols, rows, err := size()
	if err != nil {
		return nil, fmt.Errorf("recording: asking the terminal for its size: %w", err)
	}
	cast, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, usage(wrong.CastExists, path)
	}
	var unwritable *fs.PathError
	if errors.As(err, &unwritable) {
		return nil, usage(wrong.Cast, path, unwritable.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	r := &recorder{File: terminal, size: size, cast: cast, begun: time.Now(), shape: shape(cols, rows)}
	head := map[string]any{"version": 2, "width": cols, "height": rows, "timestamp": r.begun.Unix(), "title": "gatewalk"}
	r.err = json.NewEncoder(cast).Encode(head)
	return r, nil
}

// Write writes to the terminal; what the recording makes of it is told by Close.
func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.File.Write(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	text := append(r.rest, p[:n]...)
	whole := len(text)
	for back := 1; back <= min(utf8.UTFMax, len(text)); back++ {
		if b := text[len(text)-back]; utf8.RuneStart(b) {
			if !utf8.FullRune(text[len(text)-back:]) {
				whole = len(text) - back
			}
			break
		}
	}
	r.rest = append([]byte(nil), text[whole:]...)
	// A window that has changed is drawn anew: its size is noted before that.
	if cols, rows, err := r.size(); err == nil && shape(cols, rows) != r.shape {
		r.shape = shape(cols, rows)
		r.note("r", r.shape)
	}
	if whole > 0 {
		r.note("o", string(text[:whole]))
	}
	return n, err
}

// note writes one event of the recording.
func (r *recorder) note(code, data string) {
	if r.err == nil {
		r.err = json.NewEncoder(r.cast).Encode([]any{time.Since(r.begun).Seconds(), code, data})
	}
}

func shape(cols, rows int) string { return fmt.Sprintf("%dx%d", cols, rows) }

// Close ends the recording, not the terminal.
func (r *recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.cast.Close(); r.err == nil {
		r.err = err
	}
	if r.err != nil {
		return fmt.Errorf("recording: %w", r.err)
	}
	return nil
}
