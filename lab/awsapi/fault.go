package awsapi

import (
	"slices"
	"strings"
	"time"

	"gatewalk/lab/world"
)

// Fault is something that goes wrong on purpose. The parts may be combined;
// they happen in the order in which they stand here.
type Fault struct {
	// Action is what it happens to: "RunInstances", "ec2:RunInstances",
	// "s3:PutObject", "s3:*" or "*".
	Action string
	// Skip leaves the first so many matching calls alone.
	Skip int
	// Times is how many matching calls it happens to; 0 means once, and below
	// zero always. Throttle counts for itself.
	Times int
	// Delay is waited before anything else, in lesson time.
	Delay time.Duration
	// Throttle refuses so many calls with the service's throttling error
	// before the rest of the fault happens.
	Throttle int
	// Before is answered instead of doing anything.
	Before *world.Error
	// LoseAnswer does what was asked and cuts the connection.
	LoseAnswer bool
	// Hide keeps what a call makes out of sight for a while, in lesson time:
	// eventual consistency. Describes leave it out, and other calls answer
	// that it does not exist. It is for EC2 and IAM; S3 is consistent.
	Hide time.Duration

	throttled bool
}

// Fault adds a fault. Faults that match the same call take turns in the order
// in which they were added.
func (s *Server) Fault(f Fault) {
	if f.Times == 0 {
		f.Times = 1
		if f.Throttle > 0 && f.Delay == 0 && f.Before == nil && !f.LoseAnswer && f.Hide == 0 {
			f.Times = 0 // nothing is left when the throttling is over
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults removes all of them, and shows what is hidden.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.hidden = nil, nil
}

// match is what happens to a call: the zero Fault for nothing.
func (s *Server) match(service, action string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if !f.concerns(service, action) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		hit := *f
		switch {
		case f.Throttle > 0:
			f.Throttle--
			hit.throttled = true
		case f.Times > 0:
			f.Times--
		}
		if f.Throttle == 0 && f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return hit
	}
	return Fault{}
}

func (f *Fault) concerns(service, action string) bool {
	want, name, ok := strings.Cut(f.Action, ":")
	if !ok {
		want, name = service, f.Action
	}
	return want == service && (name == "*" || name == action)
}

// conceal hides ids from now on.
func (s *Server) conceal(ids []string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hidden == nil {
		s.hidden = map[string]time.Time{}
	}
	for _, id := range ids {
		s.hidden[id] = s.World.Clock().Now().Add(d)
	}
}

// unseen returns a test for hidden ids; nil when nothing is hidden.
func (s *Server) unseen() func(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.World.Clock().Now()
	for id, until := range s.hidden {
		if !now.Before(until) {
			delete(s.hidden, id)
		}
	}
	if len(s.hidden) == 0 {
		return nil
	}
	hidden := make(map[string]bool, len(s.hidden))
	for id := range s.hidden {
		hidden[id] = true
	}
	return func(id string) bool { return hidden[id] }
}
