package steps

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Home is the folder that holds a person's sessions, a directory each.
type Home struct {
	Dir string // made when it is first written to
}

// Open continues the session of that name, or begins one. A session that is
// over ([Over]) with nothing left is put aside under its own id first, so that
// a new one can begin; its recording stays.
func (h Home) Open(name string, last ID, o SessionOptions) (*Session, error) {
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("opening session %q: a session's name is one folder's name", name)
	}
	dir := filepath.Join(h.Dir, name)
	s, err := Open(dir, o)
	if err != nil || !Over(s.State(), last) {
		return s, err
	}
	aside := filepath.Join(h.Dir, s.Created().UTC().Format("20060102-150405-")+s.State().ID())
	if err := s.Close(); err != nil {
		return nil, err
	}
	if err := os.Rename(dir, aside); err != nil {
		return nil, fmt.Errorf("putting the finished session aside: %w", err)
	}
	return Open(dir, o)
}

// Over reports whether a walk came to its last step and left nothing behind.
func Over(s *State, last ID) bool {
	return s.Status(last) == Holds && len(s.Resources()) == 0
}

// Recorded is a session as read from its file, by nobody's lock.
type Recorded struct {
	Name    string // of its directory
	Dir     string
	Created time.Time
	Events  []Event
	State   *State
	Err     error // why it could not be read; Name and Dir are set
}

// List reads every session of the folder, by name. A folder that is not there
// has none.
func (h Home) List() ([]Recorded, error) {
	entries, err := os.ReadDir(h.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing sessions: %w", err)
	}
	var all []Recorded
	for _, e := range entries {
		path := filepath.Join(h.Dir, e.Name(), "events.jsonl")
		if _, err := os.Stat(path); !e.IsDir() || err != nil {
			continue
		}
		r := Recorded{Name: e.Name(), Dir: filepath.Join(h.Dir, e.Name())}
		r.Created, r.Events, r.State, r.Err = readFile(path)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Recorded) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// ReadFile reads a recorded session from its events.jsonl, or from the
// directory that holds it.
func ReadFile(path string) (Recorded, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "events.jsonl")
	}
	r := Recorded{Name: filepath.Base(filepath.Dir(path)), Dir: filepath.Dir(path)}
	r.Created, r.Events, r.State, r.Err = readFile(path)
	return r, r.Err
}

func readFile(path string) (time.Time, []Event, *State, error) {
	f, err := os.Open(path)
	if err != nil {
		return time.Time{}, nil, nil, fmt.Errorf("reading the session: %w", err)
	}
	defer f.Close()
	l, err := readLog(f)
	var format *FormatError
	var newer *NewerError
	switch {
	case errors.As(err, &format):
		format.Path = path
	case errors.As(err, &newer):
		newer.Path = path
	}
	if err != nil {
		return time.Time{}, nil, nil, err
	}
	return l.header.Created, l.events, Fold(l.header.ID, l.events), nil
}
