package termtest

import (
	"context"
	"io"
	"testing"
)

// A program that asks its terminal for something as it ends gets no answer, and
// ends: its test would wait for it in vain.
func TestLateQuestion(t *testing.T) {
	term := New(t, 80, 24)
	term.Run(func(ctx context.Context) error {
		<-ctx.Done()
		io.Copy(io.Discard, term.in) // until nobody types any more
		for range 3 {
			io.WriteString(term, "\x1b[6n")
		}
		return nil
	})
}
