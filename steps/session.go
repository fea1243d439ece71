package steps

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// SessionOptions are how a session is opened.
type SessionOptions struct {
	Now    func() time.Time // stamps events; nil means time.Now
	Course string           // of a new session; an old one must be of the same if both say one
	ID     string           // of a new session; "" draws one
}

// Session is one directory: events.jsonl, a lock, and what steps keep beside
// them. One process has it open at a time. It is safe for concurrent use.
//
// Every event enters memory and reaches the subscribers, even when the disk
// refuses it: the error is returned by [Session.Append], and reported by
// [Session.Err] until an event can be written again.
type Session struct {
	dir    string
	path   string
	now    func() time.Time
	lock   *os.File
	state  *State
	header header

	mu     sync.Mutex
	file   *os.File
	size   int64 // of what is whole in file
	dirty  bool  // something behind size has to go first
	events []Event
	err    error
	closed bool

	wake    *sync.Cond // more events, another subscriber, or the end
	subs    []*subscriber
	pump    sync.WaitGroup
	pumping bool
}

type subscriber struct {
	next int // index of the event it is called with next
	f    func(Event)
	gone atomic.Bool
}

// Open continues the session in dir, or begins one there. The directory is
// made (0700) where there is none. Errors that a person can act on are
// [*LockedError], [*FormatError] and [*NewerError].
func Open(dir string, o SessionOptions) (*Session, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the session's directory: %w", err)
	}
	lock, err := takeLock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	s := &Session{dir: dir, path: filepath.Join(dir, "events.jsonl"), now: o.Now, lock: lock}
	s.wake = sync.NewCond(&s.mu)
	if err := s.load(o); err != nil {
		if s.file != nil {
			s.file.Close()
		}
		lock.Close()
		return nil, err
	}
	return s, nil
}

// load reads the file, mends its end and folds it.
func (s *Session) load(o SessionOptions) error {
	info, err := os.Stat(s.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("opening the session: %w", err)
	}
	if err != nil || info.Size() == 0 { // no session yet, or not one byte of it came to the disk
		if err := s.create(o); err != nil {
			return err
		}
	}
	if s.file, err = os.OpenFile(s.path, os.O_RDWR, 0o600); err != nil {
		return fmt.Errorf("opening the session: %w", err)
	}
	l, err := readLog(s.file)
	var format *FormatError
	var newer *NewerError
	switch {
	case errors.As(err, &format):
		format.Path = s.path
		return err
	case errors.As(err, &newer):
		newer.Path = s.path
		return err
	case err != nil:
		return err
	case l.header.ID == "":
		return &FormatError{Path: s.path, Line: 1, Why: "the first line is lost"}
	case o.Course != "" && l.header.Course != "" && o.Course != l.header.Course:
		return &FormatError{Path: s.path, Line: 1, Why: fmt.Sprintf("this is a session of the course %q, not %q", l.header.Course, o.Course)}
	}
	s.header, s.events, s.size = l.header, l.events, l.good
	s.state = newState(l.header.ID, s.Append)
	for _, e := range l.events {
		s.state.fold(e)
	}
	s.state.settle()
	if l.open { // whole but for its newline: an event worth keeping
		if _, err := s.file.WriteAt([]byte("\n"), s.size); err != nil {
			return fmt.Errorf("mending the session: %w", err)
		}
		s.size++
	}
	if l.torn > 0 {
		s.dirty = true
		return s.Append(Event{Kind: Note, Msg: MsgRepaired, Args: Args{"bytes": strconv.FormatInt(l.torn, 10)}})
	}
	return nil
}

// create writes the first line aside and renames it into place, so that no
// session has half of one.
func (s *Session) create(o SessionOptions) error {
	id := o.ID
	if id == "" {
		b := make([]byte, 3)
		rand.Read(b) // never fails, by its documentation
		id = "gw-" + hex.EncodeToString(b)
	}
	line, err := encode(header{logFormat, logVersion, id, o.Course, o.Now().UTC()})
	if err != nil {
		return fmt.Errorf("beginning the session: %w", err)
	}
	tmp := s.path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("beginning the session: %w", err)
	}
	_, err = f.Write(line)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(tmp, s.path)
	}
	if err != nil {
		os.Remove(tmp)
		return fmt.Errorf("beginning the session: %w", err)
	}
	return nil
}

// Dir is the session's directory.
func (s *Session) Dir() string { return s.dir }

// Created is when the session began.
func (s *Session) Created() time.Time { return s.header.Created }

// State is the fold of the events, live.
func (s *Session) State() *State { return s.state }

// synced are the kinds that must survive a power cut: what exists, what was
// decided, and what held.
func synced(k Kind) bool {
	switch k {
	case Intent, Made, Gone, Chosen, Set, Held, Failed, Undone:
		return true
	}
	return false
}

// Append stamps e, unless it carries a time, and adds it. When it returns nil
// the event is in the file, and on the disk if it is one of the ledger, a
// choice, a value or the end of a step. The maps and slices in e belong to the
// session from then on.
func (s *Session) Append(e Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("writing %s: %w", s.path, fs.ErrClosed)
	}
	if e.At.IsZero() {
		e.At = s.now()
	}
	s.state.fold(e)
	s.events = append(s.events, e)
	s.wake.Broadcast()
	if s.err = s.write(e); s.err != nil {
		s.err = fmt.Errorf("writing the session: %w", s.err)
	}
	return s.err
}

func (s *Session) write(e Event) error {
	line, err := encode(e)
	if err != nil {
		return err
	}
	if s.dirty {
		if err := s.file.Truncate(s.size); err != nil {
			return err
		}
		s.dirty = false
	}
	if _, err := s.file.WriteAt(line, s.size); err != nil {
		s.dirty = true
		return err
	}
	s.size += int64(len(line))
	if synced(e.Kind) {
		return s.file.Sync()
	}
	return nil
}

// Emit is Append for those who cannot stop for an error; see [Session.Err].
func (s *Session) Emit(e Event) { _ = s.Append(e) }

// Err is why the last event could not be written, or nil.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Events are all so far; nobody may change them.
func (s *Session) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clip(s.events)
}

// Subscribe calls f with every event from now on, in order, from a goroutine
// that all subscribers share: one that lags delays the others, never the
// emitter. cancel may be called from anywhere and does not wait for a call
// that is under way.
func (s *Session) Subscribe(f func(Event)) (cancel func()) { return s.subscribe(f, false) }

// Follow is Subscribe that begins with the first event of the session.
func (s *Session) Follow(f func(Event)) (cancel func()) { return s.subscribe(f, true) }

func (s *Session) subscribe(f func(Event), all bool) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := &subscriber{next: len(s.events), f: f}
	if all {
		sub.next = 0
	}
	s.subs = append(s.subs, sub)
	if !s.pumping && !s.closed {
		s.pumping = true
		s.pump.Go(s.run)
	}
	s.wake.Broadcast()
	return func() {
		sub.gone.Store(true)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.subs = slices.DeleteFunc(s.subs, func(x *subscriber) bool { return x == sub })
	}
}

// run calls the subscribers until the session is closed and all have heard all.
func (s *Session) run() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		i := slices.IndexFunc(s.subs, func(x *subscriber) bool { return x.next < len(s.events) })
		if i < 0 {
			if s.closed {
				return
			}
			s.wake.Wait()
			continue
		}
		sub := s.subs[i]
		news := s.events[sub.next:]
		sub.next = len(s.events)
		s.mu.Unlock()
		for _, e := range news {
			if !sub.gone.Load() {
				sub.f(e)
			}
		}
		s.mu.Lock()
	}
}

// Close waits until the subscribers have heard everything, and gives the
// session free. It must not be called by a subscriber.
func (s *Session) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.wake.Broadcast()
	s.mu.Unlock()
	s.pump.Wait()
	return errors.Join(s.file.Sync(), s.file.Close(), s.lock.Close())
}
