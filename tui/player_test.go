package tui

import (
	"strings"
	"testing"
	"time"

	"gatewalk/steps"
)

// In a replay, too, Ctrl-C is the end of the silence: the rest of the recorded
// wait is not waited for, and what was seen is seen.
func TestReplayedCtrlC(t *testing.T) {
	t.Parallel()
	p := newPlayer(recording(t, "lab.jsonl"), 1)
	silence := make(chan struct{}, 100)
	var over []steps.Event
	p.Watch(func(e steps.Event) {
		if silent(e) {
			silence <- struct{}{}
		}
		over = append(over, e)
	})
	if p.Interrupt() {
		t.Error("Ctrl-C was taken while nothing is played")
	}
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- p.Run(t.Context(), "3.5") }()
	<-silence
	if !p.Interrupt() {
		t.Error("nothing took Ctrl-C in the hang")
	}
	if p.Interrupt() {
		t.Error("a second one was taken")
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it waited for %v", took)
	}
	if last := over[len(over)-1]; last.Kind != steps.Held {
		t.Errorf("the step ended with %s", last.Kind)
	}
}

// What the finish tells is when and how long things ran when the walk was
// recorded, at whatever pace it is played.
func TestReplayedTime(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	var want time.Duration
	began := map[steps.ID]time.Time{}
	for _, e := range events {
		switch e.Kind {
		case steps.Started:
			began[e.Step] = e.At
		case steps.Held:
			want += e.At.Sub(began[e.Step])
		}
	}
	if want < time.Second {
		t.Fatalf("the recording took %v", want)
	}
	s := newStage(t, Options{Lang: "ko"}, events, 0, 120, 36)
	for _, id := range s.drv.Order() {
		if err := s.drv.Run(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	s.sync()
	if got := s.spent(); got != want {
		t.Errorf("the finish tells %v of %v", got, want)
	}
	last := events[upTo(t, events, "6", steps.Held, 0)-1].At
	if left := s.walk.left; left == nil || last.Sub(left.At) > time.Minute || left.At.After(last) {
		t.Errorf("the account was described at %v, and the walk ended at %v", left, last)
	}
}

// A recording that ends in the middle of a step says that the step was stopped;
// leaving a replay leaves nothing behind, whatever the recording made.
func TestReplayOfAPart(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	p := newPlayer(events[:upTo(t, events, "3.1", steps.Made, 3)], 1e9)
	if err := p.Run(t.Context(), "3.1"); err != nil {
		t.Fatal(err)
	}
	if last := p.played[len(p.played)-1]; last.Kind != steps.Failed || last.Msg != steps.MsgInterrupted {
		t.Errorf("the step ends with %s %s", last.Kind, last.Msg)
	}

	s := newStage(t, Options{Lang: "en"}, events, upTo(t, events, "3.1", steps.Held, 0), 80, 24)
	s.o.Start = nil
	s.press("enter", "q")
	shown := strings.Join(strings.Fields(s.screenText()), " ")
	for _, said := range []string{"REPLAY", "Nothing is made."} {
		if !strings.Contains(shown, said) {
			t.Errorf("it does not say %q:\n%s", said, s.screenText())
		}
	}
	for _, lie := range []string{"The lab has", "go on later"} {
		if strings.Contains(shown, lie) {
			t.Errorf("it says %q", lie)
		}
	}
}
