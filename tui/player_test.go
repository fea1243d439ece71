package tui

import (
	"testing"
	"time"

	"gatewalk/steps"
)

// In a replay, too, Ctrl-C is the end of the silence: the rest of the recorded
// wait is not waited for, and what was seen is seen.
func TestReplayedCtrlC(t *testing.T) {
	t.Parallel()
	p := newPlayer(recording(t, "events.jsonl"), 1)
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
