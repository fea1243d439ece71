package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// magic is how a saved world is told from any other JSON file.
const magic = "gatewalk lab"

// FormatError says why a file is no world that can be read.
type FormatError struct {
	Path  string // "" where none is known
	Newer int    // the version found, where it is newer than [Version]
	Err   error
}

func (e *FormatError) Error() string {
	name := e.Path
	if name == "" {
		name = "the saved lab"
	}
	if e.Newer != 0 {
		return fmt.Sprintf("%s is of version %d, and this program reads up to version %d", name, e.Newer, Version)
	}
	return fmt.Sprintf("%s is not a saved lab: %v", name, e.Err)
}

func (e *FormatError) Unwrap() error { return e.Err }

// file is the JSON form. Format comes first, so that `head -c 40` tells.
type file struct {
	Format string
	*State
}

// Encode writes s as JSON.
func (s *State) Encode(w io.Writer) error {
	b, err := json.Marshal(file{magic, s})
	if err != nil {
		return fmt.Errorf("encoding the lab: %w", err)
	}
	if _, err := w.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("writing the lab: %w", err)
	}
	return nil
}

// Decode reads what [State.Encode] wrote. Any other input is a [*FormatError];
// what is returned is safe to route packets on, whatever the input was.
func Decode(r io.Reader) (*State, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading the lab: %w", err)
	}
	var head struct {
		Format  string
		Version int
	}
	// The head is read by itself, as the rest of a newer version may not fit.
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, &FormatError{Err: err}
	}
	switch {
	case head.Format != magic:
		return nil, &FormatError{Err: errors.New("it was not written by gatewalk")}
	case head.Version > Version:
		return nil, &FormatError{Newer: head.Version, Err: errors.New("newer version")}
	case head.Version < 1:
		return nil, &FormatError{Err: fmt.Errorf("there was never a version %d", head.Version)}
	}
	f := file{State: new(State)}
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, &FormatError{Err: err}
	}
	if err := f.State.check(); err != nil {
		return nil, &FormatError{Err: err}
	}
	f.State.makeMaps()
	f.State.index = newIndex(f.State, nil)
	return f.State, nil
}

// Load reads a world from a file of [SaveFile].
func Load(path string) (*State, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the lab: %w", err)
	}
	defer f.Close()
	s, err := Decode(f)
	if bad, ok := errors.AsType[*FormatError](err); ok {
		bad.Path = path
	}
	return s, err
}

// SaveFile writes s in place of the file at path, whole or not at all, whenever
// the process or the machine ends. One process at a time may do so.
func SaveFile(path string, s *State) (err error) {
	// The name is always the same, so that one that a killed process left is
	// taken over.
	temp := path + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // it holds keys
	if err != nil {
		return fmt.Errorf("saving the lab: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(temp)
		}
	}()
	if err := s.Encode(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("saving the lab: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("saving the lab: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("saving the lab: %w", err)
	}
	return nil
}
