package tui

import (
	"context"
	"time"

	"gatewalk/steps"
)

// driver is what moves the walk: an engine, or a recording.
type driver interface {
	Order() []steps.ID
	// Watch calls f with every event from now on, in order, from one goroutine
	// at a time.
	Watch(f func(steps.Event)) (cancel func())
	Run(ctx context.Context, id steps.ID) error
	RunUntil(ctx context.Context, until steps.ID) error
	Rewind(ctx context.Context, id steps.ID) error
	Cleanup(ctx context.Context) error
	// Choose records a prediction or a choice before the step runs.
	Choose(id steps.ID, name, value string) error
	// Interrupt hands Ctrl-C to what runs on a host, if anything takes it.
	Interrupt() bool
	// Tell records that a step is shown, for a second terminal that follows.
	Tell(id steps.ID)
	// Events are all so far; a longer answer begins with the shorter one.
	Events() []steps.Event
	// Spent is how long things ran when they were walked, over all sittings.
	Spent() time.Duration
}

// live drives an engine.
type live struct{ Engine }

func (l live) Watch(f func(steps.Event)) func() { return l.Session().Subscribe(f) }
func (l live) Events() []steps.Event            { return l.Session().Events() }
func (l live) Spent() time.Duration             { return spent(l.Events()) }
func (l live) Choose(id steps.ID, name, value string) error {
	return l.Session().State().Choose(id, name, value)
}

func (l live) Tell(id steps.ID) {
	l.Session().Emit(steps.Event{Step: id, Kind: steps.Note, Msg: shown})
}

// spent adds up the runs of steps that hold, from start to end.
func spent(events []steps.Event) (sum time.Duration) {
	began, took := map[steps.ID]time.Time{}, map[steps.ID]time.Duration{}
	for _, e := range events {
		switch e.Kind {
		case steps.Started:
			began[e.Step] = e.At
		case steps.Held:
			if at, ok := began[e.Step]; ok {
				took[e.Step] = max(0, e.At.Sub(at))
			}
		case steps.Failed, steps.Undone:
			delete(took, e.Step)
		}
	}
	for _, d := range took {
		sum += d
	}
	return sum
}
