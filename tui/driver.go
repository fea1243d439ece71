package tui

import (
	"context"

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
}

// live drives an engine.
type live struct{ Engine }

func (l live) Watch(f func(steps.Event)) func() { return l.Session().Subscribe(f) }
func (l live) Events() []steps.Event            { return l.Session().Events() }
func (l live) Choose(id steps.ID, name, value string) error {
	return l.Session().State().Choose(id, name, value)
}

func (l live) Tell(id steps.ID) {
	l.Session().Emit(steps.Event{Step: id, Kind: steps.Note, Msg: shown})
}
