package steps

import "context"

// Paced is step with a pause before it does anything: a face that waits for a
// key, or a trainer's seconds. An error of pause keeps the step from running.
func Paced(step Step, pause func(context.Context, ID) error) Step {
	return paced{step, pause}
}

type paced struct {
	Step
	pause func(context.Context, ID) error
}

func (p paced) Apply(ctx context.Context, s *State, emit Emit) error {
	if err := p.pause(ctx, p.ID()); err != nil {
		return err
	}
	return p.Step.Apply(ctx, s, emit)
}

func (p paced) Interrupt() bool { return interrupt(p.Step) }

// Confirm is step with a question before it is applied or undone; undo says
// which. An error of ask is the answer no, and is returned.
func Confirm(step Step, ask func(ctx context.Context, id ID, undo bool) error) Step {
	return confirmed{step, ask}
}

type confirmed struct {
	Step
	ask func(context.Context, ID, bool) error
}

func (c confirmed) Apply(ctx context.Context, s *State, emit Emit) error {
	if err := c.ask(ctx, c.ID(), false); err != nil {
		return err
	}
	return c.Step.Apply(ctx, s, emit)
}

func (c confirmed) Undo(ctx context.Context, s *State, emit Emit) error {
	if err := c.ask(ctx, c.ID(), true); err != nil {
		return err
	}
	return c.Step.Undo(ctx, s, emit)
}

func (c confirmed) Interrupt() bool { return interrupt(c.Step) }
