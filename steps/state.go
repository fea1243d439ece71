package steps

import (
	"errors"
	"slices"
	"sync"
)

// LedgerEntry is a resource that exists, or may exist: Made is false between
// the intent and the answer of the call that creates it.
type LedgerEntry struct {
	Resource
	Step ID
	Made bool
	Args Args // of its Made event
}

// State is what a session's events add up to. It is safe for concurrent use.
type State struct {
	id     string
	append func(Event) error // nil: a recording, which cannot be continued

	mu      sync.Mutex
	values  map[string]string
	choices map[string]string
	ledger  []LedgerEntry
	status  map[ID]Status
	seen    map[sight]Event
	latest  ID // the step that was started last
}

// sight is the key of what a step observed.
type sight struct {
	step      ID
	msg, host string
}

// Fold reads events into a State of their own, for those who look at a
// recording. Its writing methods return an error.
func Fold(id string, events []Event) *State {
	s := newState(id, nil)
	for _, e := range events {
		s.fold(e)
	}
	return s
}

func newState(id string, append func(Event) error) *State {
	return &State{id: id, append: append,
		values: map[string]string{}, choices: map[string]string{}, status: map[ID]Status{}, seen: map[sight]Event{}}
}

// ID is the session's, such as "gw-7f3a9c".
func (s *State) ID() string { return s.id }

// Value is what was last set under name, or "".
func (s *State) Value(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[name]
}

// Set keeps a value that later steps need.
func (s *State) Set(name, value string) error {
	return s.record(Event{Kind: Set, Msg: name, Args: Args{"value": value}})
}

// Choice is what the learner chose under name, or fallback.
func (s *State) Choice(name, fallback string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.choices[name]; ok {
		return v
	}
	return fallback
}

// Choose keeps a choice of the learner's.
func (s *State) Choose(step ID, name, value string) error {
	return s.record(Event{Step: step, Kind: Chosen, Msg: name, Args: Args{"value": value}})
}

// Intend records that r is about to be made. It is on disk when Intend returns
// nil; after an error r must not be made.
func (s *State) Intend(step ID, r Resource) error {
	return s.record(Event{Step: step, Kind: Intent, Resource: &r})
}

// Made records that r exists, with its id.
func (s *State) Made(step ID, r Resource, args Args) error {
	return s.record(Event{Step: step, Kind: Made, Resource: &r, Args: args})
}

// Gone records that r was seen to be gone, or was never made.
func (s *State) Gone(step ID, r Resource) error {
	return s.record(Event{Step: step, Kind: Gone, Resource: &r})
}

// Resources are those that exist or may exist, in the order they were intended.
func (s *State) Resources() []LedgerEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger)
}

// Find is the newest resource of that kind and name.
func (s *State) Find(kind, name string) (LedgerEntry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range slices.Backward(s.ledger) {
		if e.Kind == kind && e.Name == name {
			return e, true
		}
	}
	return LedgerEntry{}, false
}

// Status is what is known of a step without asking anybody.
func (s *State) Status(id ID) Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, ok := s.status[id]; ok {
		return st
	}
	return NotYet
}

// Seen is what step last observed under msg on host, unless it was undone or
// begun again since.
func (s *State) Seen(step ID, msg, host string) (Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.seen[sight{step, msg, host}]
	return e, ok
}

// Latest is the step that was started last, "" before the first.
func (s *State) Latest() ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest
}

func (s *State) record(e Event) error {
	if s.append == nil {
		return errors.New("a recording cannot be continued")
	}
	return s.append(e)
}

// fold takes one more event in.
func (s *State) fold(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Kind {
	case Set:
		s.values[e.Msg] = e.Args["value"]
	case Chosen:
		s.choices[e.Msg] = e.Args["value"]
	case Started:
		s.status[e.Step] = Running
		s.latest = e.Step
		s.forget(e.Step)
	case Held, Skipped:
		s.status[e.Step] = Holds
	case Failed:
		s.status[e.Step] = Broken
		if e.Msg == MsgInterrupted {
			s.status[e.Step] = NotYet
		}
	case Undone:
		s.status[e.Step] = NotYet
		s.forget(e.Step)
	case Observed:
		s.seen[sight{e.Step, e.Msg, e.Host}] = e
	case Intent, Made, Gone:
		if e.Resource != nil {
			s.foldResource(e)
		}
	}
}

func (s *State) forget(step ID) {
	for k := range s.seen {
		if k.step == step {
			delete(s.seen, k)
		}
	}
}

func (s *State) foldResource(e Event) {
	r := *e.Resource
	last := -1 // the entry that e speaks of
	for i, x := range s.ledger {
		if x.Kind != r.Kind || x.Name != r.Name {
			continue
		}
		// An id that is known is never taken for another: it may cost money.
		if !x.Made || r.ID != "" && x.ID == r.ID {
			last = i
		}
	}
	switch {
	case e.Kind == Gone && last >= 0:
		s.ledger = slices.Delete(s.ledger, last, last+1)
	case e.Kind == Gone:
	case last < 0:
		s.ledger = append(s.ledger, LedgerEntry{Resource: r, Step: e.Step, Made: e.Kind == Made, Args: e.Args})
	case e.Kind == Made:
		x := &s.ledger[last]
		token := x.Token
		x.Resource, x.Made, x.Args = r, true, e.Args
		if x.Token == "" {
			x.Token = token
		}
	default:
		s.ledger[last].Resource = r
	}
}

// settle ends what no process runs any more.
func (s *State) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, st := range s.status {
		if st == Running {
			s.status[id] = NotYet
		}
	}
}
