// Package steps is what a step is and how steps run: [Step], [Event],
// [Runner], and the [Session] on disk that is ledger, memory and recording at
// once. It knows no AWS, no SSH and no screen, and imports only the standard
// library.
//
// A session's heart is events.jsonl, append-only: what a step emits is
// appended there; the ledger, the resume point, the replay and the report are
// readings of that file.
package steps

import "context"

// Status is what is known of a step.
type Status string

// The statuses of a step.
const (
	NotYet  Status = "not-yet" // never held, or undone since
	Running Status = "running"
	Holds   Status = "holds"
	Broken  Status = "broken" // it was run and what had to be seen was not
)

// Step makes one thing true.
type Step interface {
	ID() ID
	// Check reports whether the step already holds. It changes nothing.
	Check(ctx context.Context, s *State) (Status, error)
	// Apply makes it hold. It may be called again after a crash.
	Apply(ctx context.Context, s *State, emit Emit) error
	// Undo removes what Apply recorded. It may be called again.
	Undo(ctx context.Context, s *State, emit Emit) error
}

// Interrupter is a Step in which a learner's Ctrl-C belongs to what runs on a
// host, and is not the end of the step.
type Interrupter interface {
	// Interrupt types Ctrl-C there and reports whether anything took it. It
	// may be called from any goroutine while Apply runs.
	Interrupt() bool
}

// interrupt is for steps that may be no Interrupter, or nil.
func interrupt(step Step) bool {
	i, ok := step.(Interrupter)
	return ok && i.Interrupt()
}
