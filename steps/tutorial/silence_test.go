package tutorial_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gatewalk/lab/vnet"
	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// metronome is the clock of the lesson; while it is held, the single seconds by
// which silences are counted pass when the test says so.
type metronome struct {
	lab   func(context.Context, time.Duration) error
	held  atomic.Bool
	ticks chan struct{}
}

func (m *metronome) sleep(ctx context.Context, d time.Duration) error {
	if d != time.Second || !m.held.Load() {
		return m.lab(ctx, d)
	}
	select {
	case <-m.ticks:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// hang runs a step that hangs, lets the seconds pass, and calls f. The error is
// the step's.
func (c *classroom) hang(t *testing.T, id steps.ID, m *metronome, seconds int, f func(cancel context.CancelFunc)) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	elapsed := make(chan string, 100)
	defer c.Session.Subscribe(func(e steps.Event) {
		if e.Step == id && e.Kind == steps.Waiting && e.Msg == "silence" {
			elapsed <- e.Args["elapsed"]
		}
	})()
	lost := make(chan struct{}, 1)
	defer c.lab.Watch(func(s vnet.Sighting) {
		if s.Flow.Dst.Port() == 443 && s.Verdict.Action != world.Deliver {
			select {
			case lost <- struct{}{}:
			default:
			}
		}
	})()
	m.held.Store(true)
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, id) }()
	<-lost // the command has begun
	for range seconds {
		m.ticks <- struct{}{}
	}
	for want := (time.Duration(seconds) * time.Second).String(); ; {
		select {
		case got := <-elapsed:
			if got != want {
				continue
			}
			f(cancel)
			return <-done
		case err := <-done:
			t.Fatalf("the step did not hang: %v", err)
		}
	}
}

func slowClassroom(t *testing.T) (*classroom, *metronome) {
	m := &metronome{ticks: make(chan struct{})}
	return newClassroom(t, func(o *tutorial.Options) { m.lab, o.Sleep = o.Sleep, m.sleep }), m
}

// The learner's Ctrl-C in the hang of 3.5 is the guide's own: it reaches the
// instance, and the silence until then is what was to be seen.
func TestCtrlCIsTheObservation(t *testing.T) {
	c, clock := slowClassroom(t)
	c.until(t, "3.4")
	if c.Interrupt() {
		t.Error("Ctrl-C was taken while nothing ran")
	}
	if err := c.hang(t, "3.5", clock, 6, func(context.CancelFunc) {
		if !c.Interrupt() {
			t.Error("nothing took Ctrl-C")
		}
	}); err != nil {
		t.Fatal(err)
	}
	e := c.seen(t, "3.5", "silence", "private")
	if e.Args["elapsed"] != "6s" || e.Args["status"] != "130" {
		t.Errorf("observed %v", e.Args)
	}
	events := c.Session.Events()
	if !slices.ContainsFunc(events, func(e steps.Event) bool { return e.Kind == steps.Output && e.Step == "3.5" && e.Text == "^C" }) {
		t.Error("^C was not typed on the instance")
	}
	if last := events[len(events)-1]; last.Kind != steps.Held || last.Step != "3.5" {
		t.Errorf("the step ended with %s", last.Kind)
	}
}

// Who waits longer than the AWS CLI sees it give up, which says the same: no
// answer came.
func TestCLIGivesUp(t *testing.T) {
	t.Parallel()
	c := newClassroom(t, func(o *tutorial.Options) { o.Silence = time.Hour })
	c.until(t, "3.5")
	seen, ok := c.Session.State().Seen("3.5", "silence", "private")
	if !ok || seen.Args["end"] != "gave-up" || seen.Args["status"] != "255" {
		t.Errorf("observed %v, %v", seen.Args, ok)
	}
}

// Too early a Ctrl-C is answered with a request for patience, and the walk
// goes on; a second one at once is nobody's, so that it can stop the step.
func TestCtrlCTooEarly(t *testing.T) {
	c, clock := slowClassroom(t)
	c.until(t, "3.4")
	err := c.hang(t, "3.5", clock, 1, func(cancel context.CancelFunc) {
		if !c.Interrupt() {
			t.Error("the first was not taken")
		}
		if c.Interrupt() {
			t.Error("the second was taken")
		}
		cancel()
	})
	if got := failure(err); got != steps.MsgInterrupted {
		t.Errorf("the step ended with %q", got)
	}
	if !slices.ContainsFunc(c.Session.Events(), func(e steps.Event) bool {
		return e.Kind == steps.Note && e.Msg == "too-early" && e.Args["enough"] == "5s"
	}) {
		t.Error("nobody asked for patience")
	}
	if err := c.hang(t, "3.5", clock, 2, func(context.CancelFunc) { c.Interrupt(); close(clock.ticks) }); err != nil {
		t.Errorf("after one that came too early: %v", err)
	}
	if e := c.seen(t, "3.5", "silence", "private"); e.Args["elapsed"] != "15s" {
		t.Errorf("it went on for %s", e.Args["elapsed"])
	}
}

// In the hang of 3.8 behind the wrong table, Ctrl-C brings the reason sooner.
func TestCtrlCBehindTheWrongTable(t *testing.T) {
	t.Parallel()
	c, clock := slowClassroom(t)
	if err := c.Session.State().Choose("3.7", tutorial.RouteTable, "public"); err != nil {
		t.Fatal(err)
	}
	c.until(t, "3.7")
	err := c.hang(t, "3.8", clock, 5, func(context.CancelFunc) {
		if !c.Interrupt() {
			t.Error("nothing took Ctrl-C")
		}
	})
	var f *steps.Failure
	if !errors.As(err, &f) || f.Msg != "wrong-table" {
		t.Errorf("the step ended with %v", err)
	}
}
