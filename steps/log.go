package steps

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	logFormat  = "gatewalk-session"
	logVersion = 1
)

// header is the first line of events.jsonl.
type header struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	ID      string    `json:"id"`
	Course  string    `json:"course,omitempty"`
	Created time.Time `json:"created"`
}

// FormatError says where a session file is not one.
type FormatError struct {
	Path string // "" when it was not read from a file
	Line int    // from 1
	Why  string
}

func (e *FormatError) Error() string {
	name := e.Path
	if name == "" {
		name = "session"
	}
	return fmt.Sprintf("%s:%d: %s", name, e.Line, e.Why)
}

// NewerError says that a session file was written by a later gatewalk.
type NewerError struct {
	Path    string
	Version int // of the file
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("%s: version %d is newer than this program, which reads up to %d", e.Path, e.Version, logVersion)
}

// recorded is what a session file holds.
type recorded struct {
	header header
	events []Event
	good   int64 // bytes up to the end of the last whole line
	open   bool  // the last line is whole, but for its newline
	torn   int64 // bytes of a last line that was cut short
}

// readLog reads a recorded session. A last line that was cut short, as a power
// cut leaves it, is passed over; any other line that is no event is a
// [*FormatError], and a file of a later version a [*NewerError].
func readLog(r io.Reader) (recorded, error) {
	var l recorded
	in := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return l, fmt.Errorf("reading the session: %w", err)
		}
		whole := err == nil
		if !whole && len(line) == 0 {
			return l, nil
		}
		why := l.add(n, line)
		var newer *NewerError
		switch {
		case errors.As(why, &newer):
			return l, why
		case why != nil && (whole || n == 1 && !blank(line)):
			return l, &FormatError{Line: n, Why: why.Error()}
		case why != nil:
			l.torn = int64(len(line))
			return l, nil
		}
		l.good += int64(len(line))
		if !whole {
			l.open = true
			return l, nil
		}
	}
}

// add takes one line into the log; its error says what is wrong with it.
func (l *recorded) add(n int, line []byte) error {
	if n > 1 {
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("not an event: %w", err)
		}
		if e.Kind == "" {
			return errors.New("not an event: it has no kind")
		}
		l.events = append(l.events, e)
		return nil
	}
	var h header
	if err := json.Unmarshal(line, &h); err != nil || h.Format != logFormat {
		return errors.New("not a session of gatewalk")
	}
	if h.Version > logVersion {
		return &NewerError{Version: h.Version}
	}
	if h.Version < 1 || h.ID == "" {
		return errors.New("the first line names no version or no session")
	}
	l.header = h
	return nil
}

// blank reports whether a file system lost all that was in line: after a
// power cut some leave zeros.
func blank(line []byte) bool { return len(bytes.Trim(line, "\x00")) == 0 }

// encode gives the line of v with its newline.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // "->" stays readable
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
