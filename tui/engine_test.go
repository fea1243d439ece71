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
	p := newPlayer(recording(tb, "events.jsonl"), 1)
	for _, id := range p.order {
		c.Steps = append(c.Steps, &told{id: id, events: p.parts[id], c: c})
	}
	return c
}

func (c *course) start(context.Context) (Engine, error) { return c, nil }

// told is a step that tells what was recorded of it.
type told struct {
	id      steps.ID
	events  []steps.Event
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
	table := s.Choice("3.7.route_table", "private")
	for _, e := range t.events {
		switch e.Kind {
		case steps.Started, steps.Held, steps.Chosen:
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(t.c.pace):
		}
		if e.Args["route_table"] != "" {
			e.Args = steps.Args{"route_table": table, "service": e.Args["service"], "state": "available", "id": e.Args["id"]}
		}
		if t.id == "3.8" && table == "public" && e.Kind == steps.Output {
			emit(steps.Event{Kind: steps.Waiting, Host: "private", Msg: "silence", Args: steps.Args{"elapsed": "15s", "of": "15s"}})
			emit(steps.Event{Kind: steps.Observed, Host: "private", Msg: "silence", Args: steps.Args{"elapsed": "15s", "status": "130"}})
			return &steps.Failure{Msg: "wrong-table", Args: steps.Args{"table": "public"}}
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
