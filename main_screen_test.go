package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/tui/termtest"
	"gatewalk/tui/text"
)

// screened is the whole program on a terminal, over a real lab that a test can
// lay hands on.
type screened struct {
	*termtest.Terminal
	*walk
	o   *options
	txt *text.Chrome
}

// onScreen walks a new session up to a step, and opens the screen there.
func onScreen(t *testing.T, lang string, until steps.ID) *screened {
	t.Helper()
	return walked(t, lang, until).onScreen(t)
}

// walked is a session that was walked up to a step.
func walked(t *testing.T, lang string, until steps.ID) *options {
	t.Helper()
	o := &options{lang: lang, speed: 20, stateDir: t.TempDir(), answers: "guide", silence: 15 * time.Second, stdout: io.Discard, stderr: io.Discard}
	w, err := o.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.runner.RunUntil(t.Context(), until); err != nil {
		t.Fatal(err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *options) onScreen(t *testing.T) *screened {
	s := &screened{Terminal: termtest.New(t, 100, 30), o: o, txt: text.For(o.lang)}
	ready := make(chan *walk, 1)
	s.Run(func(ctx context.Context) error {
		return o.show(ctx, func(w *walk) { ready <- w }, s.Options()...)
	})
	s.walk = <-ready
	return s
}

func (s *screened) id(host string) string {
	e, _ := s.session.State().Find("instance", host)
	return e.ID
}

func (s *screened) change(f func(*world.Tx) error) {
	s.Helper()
	if err := s.lab.World().Update(f); err != nil {
		s.Fatal(err)
	}
}

func (s *screened) stop(host string) {
	s.Helper()
	s.change(func(tx *world.Tx) error { _, err := tx.StopInstances([]string{s.id(host)}); return err })
	s.turned(host, world.Stopped)
}

func (s *screened) start(host string) {
	s.Helper()
	s.change(func(tx *world.Tx) error { _, err := tx.StartInstances([]string{s.id(host)}); return err })
	s.turned(host, world.Running)
}

// turned waits until an instance is in a state.
func (s *screened) turned(host, state string) {
	s.Helper()
	for range 1000 {
		if s.lab.World().Snapshot().Instances[s.id(host)].State == state {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.Fatalf("the %s does not become %s", host, state)
}

// begins goes from the cover to 3.5 and runs it.
func (s *screened) begins() *screened {
	s.Sees("3.5").Types("enter").Sees(s.txt.Key.Tab).Types("enter").Sees(s.txt.Predict.Title).Types("3")
	return s
}

// No trace of what a program says to its developers may be on a screen.
func (s *screened) sane() {
	s.Helper()
	for _, bad := range []string{"panic", "goroutine", ".go:", "%!"} {
		if strings.Contains(s.Screen(), bad) {
			s.Errorf("%q on the screen:\n%s", bad, s.Screen())
		}
	}
}

// TestLeavingNamesTheScreen: who leaves the screen is told how to come back to
// it, and to the session.
func TestLeavingNamesTheScreen(t *testing.T) {
	t.Parallel()
	o := walked(t, "en", "3.1")
	var said strings.Builder
	o.stderr = &said
	s := o.onScreen(t)
	s.Sees("Going on").Types("enter", "q").Sees("Leave?").Types("y")
	if err := s.Ends(); err != nil {
		t.Fatal(err)
	}
	if want := "To go on: gatewalk --state-dir " + o.stateDir + " "; !strings.Contains(said.String(), want) {
		t.Errorf("%q does not say %q", said.String(), want)
	}
}
