package tui

import (
	"context"
	"strings"
	"testing"

	"gatewalk/tui/termtest"
)

// terminal is a program of ours in a terminal.
type terminal struct {
	*termtest.Terminal
	result Result
}

// runIn starts a program in a terminal of w by h.
func runIn(tb testing.TB, w, h int, o Options, show func(context.Context, Options) (Result, error)) *terminal {
	tb.Helper()
	return runOn(termtest.New(tb, w, h), o, show)
}

// runOn starts a program on a terminal.
func runOn(on *termtest.Terminal, o Options, show func(context.Context, Options) (Result, error)) *terminal {
	on.Helper()
	t, tb := &terminal{Terminal: on}, on.TB
	if o.Books == nil {
		o.Books = courseBooks(tb)
	}
	if o.World.Name == "" {
		o.World = World{Name: "LAB", Region: "ap-northeast-2"}
	}
	o.Term = append(o.Term, t.Options()...)
	t.Run(func(ctx context.Context) (err error) {
		t.result, err = show(ctx, o)
		return err
	})
	return t
}

// settled waits until nothing runs and the screen stands still, and returns
// it; "" when the program has ended.
func (t *terminal) settled() string {
	t.Helper()
	return t.Still(func(screen string) bool {
		return !strings.Contains(screen, "ctrl+c 중단") && !strings.Contains(screen, "ctrl+c 명령 중단")
	})
}

// ends waits for the program to end.
func (t *terminal) ends() Result {
	t.Helper()
	if err := t.Ends(); err != nil {
		t.Fatal(err)
	}
	return t.result
}
