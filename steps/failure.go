package steps

import "fmt"

// The keys of what this package itself has to say; every catalogue has a
// sentence for them.
const (
	MsgFailed      = "failed"      // Failed: an error that no step explained
	MsgNotHeld     = "not-held"    // Failed: the step ran, and yet it does not hold
	MsgInterrupted = "interrupted" // Failed: somebody stopped it; nothing is known to be wrong
	MsgRepaired    = "repaired"    // Note: a last line cut short was taken off; Args: bytes
	MsgNotSaved    = "not-saved"   // Failed: the session could not be written
)

// Args of a Failure that name a way on, by a step's ID.
const (
	ArgRedo = "redo" // running that step again mends it, and removes nothing
	ArgAnew = "anew" // what that step made has to be made anew
)

// Failure is the error of a step whose observation did not hold, or that knows
// what an error means for the learner.
type Failure struct {
	Step ID     // may be empty; the Runner knows
	Msg  string // a key of the catalogues
	Args Args
	Err  error // the cause; may be nil
}

func (f *Failure) Error() string {
	s := f.Msg
	if f.Step != "" {
		s = fmt.Sprintf("step %s: %s", f.Step, f.Msg)
	}
	if f.Err == nil {
		return s
	}
	return fmt.Sprintf("%s: %v", s, f.Err)
}

func (f *Failure) Unwrap() error { return f.Err }

// UnknownStepError names a step that the course does not have.
type UnknownStepError struct{ ID ID }

func (e *UnknownStepError) Error() string { return fmt.Sprintf("there is no step %q", string(e.ID)) }
