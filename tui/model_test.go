package tui

import (
	"slices"
	"testing"

	"gatewalk/steps"
)

// TestCompareOpensWithTwoSides follows a whole recorded walk as it runs: the
// screen with two sides opens by itself where a step asks both instances the
// same, and at the end of the one that compares the route table, and nowhere
// else. A second command on another host alone is no comparison: at 3.2 and
// 3.4 it is an ssh and what was typed after it, on the bastion as well with
// --copy-key.
func TestCompareOpensWithTwoSides(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	s := newStage(t, Options{Lang: "ko"}, events, 0, 120, 36)
	s.enter()
	s.act = running
	var opened []steps.ID
	for _, e := range events {
		if e.Step == "3.4" && e.Kind == steps.Command && e.Host == "" {
			e.Host = "bastion"
		}
		s.heed(e)
		if s.flash != "" {
			t.Fatalf("at %s the screen says %q", e.Step, s.flash)
		}
		if e.Step != "" && s.screen == screenCompare && !slices.Contains(opened, e.Step) {
			opened = append(opened, e.Step)
		}
		if e.Kind == steps.Held {
			s.screen = screenWalk
		}
	}
	if want := []steps.ID{"4.1", "4.2", "4.3b", "4.4"}; !slices.Equal(opened, want) {
		t.Errorf("the screen with two sides opened at %v, want %v", opened, want)
	}
}
