package tui

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gatewalk/steps"
)

// course is an Engine: the real runner and a real session on disk, with steps
// that say what the recording says.
type course struct {
	*steps.Runner
	pace time.Duration // between two events
}

func (c *course) Session() *steps.Session { return c.Runner.Session }

// newCourse opens a session in dir with the steps of the recording.
func newCourse(tb testing.TB, dir string, pace time.Duration) *course {
	tb.Helper()
	sess, err := steps.Open(dir, steps.SessionOptions{Now: time.Now, Course: "test"})
	if err != nil {
		tb.Fatal(err)
	}
	c := &course{pace: pace, Runner: &steps.Runner{Session: sess}}
	p, wrong := newPlayer(recording(tb, "lab.jsonl"), 1), newPlayer(recording(tb, "lab-wrong-table.jsonl"), 1)
	for _, id := range p.order {
		c.Steps = append(c.Steps, &told{id: id, events: p.parts[id], wrong: wrong.parts[id], c: c})
	}
	return c
}

func (c *course) start(context.Context) (Engine, error) { return c, nil }

// told is a step that tells what was recorded of it.
type told struct {
	id      steps.ID
	events  []steps.Event
	wrong   []steps.Event // with the public table chosen
	c       *course
	applied atomic.Bool
	panics  atomic.Bool
}

func (t *told) ID() steps.ID { return t.id }

func (t *told) Check(_ context.Context, s *steps.State) (steps.Status, error) {
	if t.applied.Load() || s.Status(t.id) == steps.Holds {
		return steps.Holds, nil
	}
	return steps.NotYet, nil
}

func (t *told) Apply(ctx context.Context, s *steps.State, emit steps.Emit) error {
	if t.panics.Load() {
		panic("a step that panics")
	}
	events := t.events
	if s.Choice(choiceTable, tablePrivate) == tablePublic && (t.id == stepForm || t.id == stepList) {
		events = t.wrong
	}
	for _, e := range events {
		switch e.Kind {
		case steps.Started, steps.Held, steps.Chosen:
			continue
		case steps.Failed:
			return &steps.Failure{Msg: e.Msg, Args: e.Args}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(t.c.pace):
		}
		e.At = time.Time{}
		emit(e)
	}
	t.applied.Store(true)
	return nil
}

func (t *told) Undo(_ context.Context, s *steps.State, _ steps.Emit) error {
	t.applied.Store(false)
	for _, r := range slices.Backward(s.Resources()) {
		if r.Step == t.id {
			if err := s.Gone(t.id, r.Resource); err != nil {
				return err
			}
		}
	}
	return nil
}
