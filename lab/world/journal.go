package world

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Journal keeps a world in a folder: lab.json is the world as it was at some
// time, and each line of journal.jsonl is one change since. So a change costs
// as much as it changed; now and then, and at Close, the lines are folded into
// a new lab.json.
//
// What [Journal.Save] has returned for outlives the process, however that
// ends. It is not synced to the disk one by one: a power cut may take the last
// changes, but never the lab, as lab.json is synced before it takes the place
// of the one before. A last line that is torn is the change that nobody was
// told of.
type Journal struct {
	snapshot string // lab.json

	mu   sync.Mutex
	file *os.File // journal.jsonl; nil once it is closed
	size int64    // of file: where the next line goes
	last *State   // what the folder holds; nil where the next save is to write all of it
}

// foldSize is how long, in bytes, the journal gets before it is folded: some
// two thousand changes.
const foldSize = 1 << 20

const (
	snapshotFile = "lab.json"
	journalFile  = "journal.jsonl"
)

// OpenJournal opens the folder, which has to be there, and reads the world that
// it holds, brought up to date: nil in a new one. A lab.json that is no world's
// is a [*FormatError]. One process at a time may have a folder open.
func OpenJournal(dir string) (*Journal, *State, error) {
	s, err := Read(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	j := &Journal{snapshot: filepath.Join(dir, snapshotFile)}
	j.file, err = os.OpenFile(filepath.Join(dir, journalFile), os.O_RDWR|os.O_CREATE, 0o600) // it holds keys
	if err != nil {
		return nil, nil, fmt.Errorf("opening the lab's journal: %w", err)
	}
	if s == nil {
		return j, nil, nil
	}
	info, err := j.file.Stat()
	if upgraded := s.upgrade(); upgraded || err != nil || info.Size() > 0 {
		_ = j.fold(s) // where there is no room the first save tries again
	} else {
		j.last = s
	}
	return j, s, nil
}

// Read reads the world that a folder holds, as its version wrote it, and changes
// nothing there: another process may have it open.
func Read(dir string) (*State, error) {
	s, err := Load(filepath.Join(dir, snapshotFile))
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, journalFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("reading the lab's journal: %w", err)
	}
	s.replay(text)
	return s, nil
}

// replay makes the changes that the lines of a journal tell of, up to one that
// is torn. Those that s has were folded into it.
func (s *State) replay(text []byte) {
	for line := range bytes.Lines(text) {
		change := new(State)
		if !bytes.HasSuffix(line, []byte("\n")) || json.Unmarshal(line, change) != nil || change.Generation > s.Generation+1 {
			break
		}
		if change.Generation == s.Generation+1 {
			s.apply(change)
		}
	}
	s.index = newIndex(s, s.index)
}

// Save adds what s has otherwise than the state that was saved before it. If
// it fails, that one is what the folder holds.
func (j *Journal) Save(s *State) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return fmt.Errorf("saving the lab: %w", os.ErrClosed)
	}
	if j.last == nil {
		return j.fold(s)
	}
	line, err := json.Marshal(s.since(j.last))
	if err != nil {
		return fmt.Errorf("encoding the lab: %w", err)
	}
	line = append(line, '\n')
	if _, err := j.file.WriteAt(line, j.size); err != nil {
		if j.file.Truncate(j.size) != nil { // nothing may follow a torn line
			j.last = nil
		}
		return fmt.Errorf("saving the lab: %w", err)
	}
	j.last = s
	j.size += int64(len(line))
	if j.size > foldSize {
		_ = j.fold(s) // s is saved already: where there is no room the next save tries again
	}
	return nil
}

// fold writes s whole and empties the journal, whose lines are passed over
// from the moment that the snapshot is there.
func (j *Journal) fold(s *State) error {
	if err := SaveFile(j.snapshot, s); err != nil {
		return err
	}
	j.last, j.size = s, 0
	if j.file.Truncate(0) != nil { // nothing may follow them
		j.last = nil
	}
	return nil
}

// Close folds the journal, as far as there is room, and closes it; what is
// saved afterwards is refused.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	if j.last != nil && j.size > 0 {
		_ = j.fold(j.last) // nothing is lost where it fails
	}
	err := j.file.Close()
	j.file = nil
	return err
}
