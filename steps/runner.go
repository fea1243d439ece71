package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// Runner runs the steps of a course in a session. Only Order, Status and
// Interrupt may be called while another of its methods runs.
type Runner struct {
	Steps   []Step
	Session *Session

	applying atomic.Pointer[Step]
}

// Order is the ids of the steps, in order.
func (r *Runner) Order() []ID {
	ids := make([]ID, len(r.Steps))
	for i, s := range r.Steps {
		ids[i] = s.ID()
	}
	return ids
}

// Status is what is known of a step.
func (r *Runner) Status(id ID) Status { return r.Session.State().Status(id) }

// Run makes one step hold: Check, which finds at once what would stop it,
// Apply, and Check again, for a step is believed by what is there and not by
// what it did. A step that holds already is applied again, which is how a
// learner repeats it. The error of a step that does not hold is a [*Failure].
func (r *Runner) Run(ctx context.Context, id ID) error {
	step, err := r.find(id)
	if err != nil {
		return err
	}
	return r.run(ctx, step)
}

// RunUntil runs the steps up to and with until ("" means all of them) and
// stops at the first that does not hold. Steps whose Check says that they hold
// are skipped. A walk that was stopped in its last step, which takes apart what
// the others made, goes on there: they no longer hold, and are not to.
func (r *Runner) RunUntil(ctx context.Context, until ID) error {
	last := len(r.Steps) - 1
	if until != "" {
		if last = r.index(until); last < 0 {
			return &UnknownStepError{until}
		}
	}
	state := r.Session.State()
	todo := r.Steps[:last+1]
	if until == "" && last >= 0 {
		if end := r.Steps[last].ID(); state.Latest() == end && state.Status(end) != Holds {
			todo = r.Steps[last:]
		}
	}
	for _, step := range todo {
		status, err := step.Check(ctx, r.Session.State())
		if err != nil {
			return r.failed(ctx, step.ID(), err)
		}
		if status == Holds {
			r.Session.Emit(Event{Step: step.ID(), Kind: Skipped})
			continue
		}
		if err := r.run(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) run(ctx context.Context, step Step) error {
	id, state := step.ID(), r.Session.State()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	emit := r.emitter(id, func(err error) {
		// What cannot be recorded must not be done.
		cancel(&Failure{Step: id, Msg: MsgNotSaved, Err: err})
	})
	emit(Event{Kind: Started})
	if _, err := step.Check(ctx, state); err != nil {
		return r.failed(ctx, id, err)
	}
	r.applying.Store(&step)
	defer r.applying.Store(nil)
	if err := step.Apply(ctx, state, emit); err != nil {
		return r.failed(ctx, id, err)
	}
	status, err := step.Check(ctx, state)
	if err != nil {
		return r.failed(ctx, id, err)
	}
	if status != Holds {
		return r.failed(ctx, id, &Failure{Step: id, Msg: MsgNotHeld})
	}
	emit(Event{Kind: Held})
	if ctx.Err() != nil {
		return r.failed(ctx, id, context.Cause(ctx))
	}
	return nil
}

// Interrupt hands a learner's Ctrl-C to the step that runs. It reports false
// where nothing takes it: then the step is what is to be stopped, by the end
// of its context.
func (r *Runner) Interrupt() bool {
	step := r.applying.Load()
	return step != nil && interrupt(*step)
}

// Rewind undoes id and everything after it, newest first, past errors.
func (r *Runner) Rewind(ctx context.Context, id ID) error {
	i := r.index(id)
	if i < 0 {
		return &UnknownStepError{id}
	}
	return r.undo(ctx, r.Steps[i:])
}

// Cleanup undoes every step, newest first, past errors. It goes on where the
// session cannot be written: what exists may cost money.
func (r *Runner) Cleanup(ctx context.Context) error { return r.undo(ctx, r.Steps) }

func (r *Runner) undo(ctx context.Context, steps []Step) error {
	state := r.Session.State()
	var errs []error
	for _, step := range slices.Backward(steps) {
		id := step.ID()
		emit := r.emitter(id, func(error) {})
		if err := step.Undo(ctx, state, emit); err != nil {
			errs = append(errs, fmt.Errorf("undoing step %s: %w", id, err))
			if ctx.Err() != nil {
				break
			}
			continue
		}
		if state.Status(id) != NotYet {
			emit(Event{Kind: Undone})
		}
	}
	return errors.Join(append(errs, r.Session.Err())...)
}

// emitter gives the Emit of a step; broken is called when the session cannot
// be written.
func (r *Runner) emitter(id ID, broken func(error)) Emit {
	return func(e Event) {
		if e.Step == "" {
			e.Step = id
		}
		if err := r.Session.Append(e); err != nil {
			broken(err)
		}
	}
}

// failed emits that a step failed and returns why, as a [*Failure].
func (r *Runner) failed(ctx context.Context, id ID, err error) error {
	f := &Failure{Msg: MsgFailed, Err: err}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
		f = &Failure{Msg: MsgInterrupted, Err: err}
	}
	if known := (*Failure)(nil); errors.As(err, &known) {
		copied := *known
		f = &copied
	}
	f.Step = id
	e := Event{Step: id, Kind: Failed, Msg: f.Msg, Args: f.Args}
	if f.Err != nil {
		e.Err = f.Err.Error()
	}
	r.Session.Emit(e)
	return f
}

func (r *Runner) find(id ID) (Step, error) {
	if i := r.index(id); i >= 0 {
		return r.Steps[i], nil
	}
	return nil, &UnknownStepError{id}
}

func (r *Runner) index(id ID) int {
	return slices.IndexFunc(r.Steps, func(s Step) bool { return s.ID() == id })
}
