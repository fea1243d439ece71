package sshx

import (
	"context"
	"errors"
	"time"
)

// Backoff bounds how long [Retry] tries. The zero value waits 1 s, then twice
// as long each time up to 10 s, for two minutes in all.
type Backoff struct {
	First, Max, Total time.Duration
	// Again reports whether an error is worth another try; nil means [Booting].
	Again func(error) bool
	// Notify is told of each try that failed and how long the wait is; may be nil.
	Notify func(try int, err error, wait time.Duration)
	// Sleep waits; nil means real time.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Retry calls f until it succeeds, its error is not worth another try, or the
// waits would pass b.Total; then it returns the last error.
func Retry[T any](ctx context.Context, b Backoff, f func(context.Context) (T, error)) (T, error) {
	if b.First <= 0 {
		b.First = time.Second
	}
	if b.Max <= 0 {
		b.Max = 10 * time.Second
	}
	if b.Total <= 0 {
		b.Total = 2 * time.Minute
	}
	if b.Again == nil {
		b.Again = Booting
	}
	if b.Sleep == nil {
		b.Sleep = sleep
	}
	wait, waited := b.First, time.Duration(0)
	for try := 1; ; try++ {
		v, err := f(ctx)
		if err == nil || ctx.Err() != nil || !b.Again(err) || waited+wait > b.Total {
			return v, err
		}
		if b.Notify != nil {
			b.Notify(try, err, wait)
		}
		if serr := b.Sleep(ctx, wait); serr != nil {
			return v, errors.Join(serr, err)
		}
		waited += wait
		wait = min(2*wait, b.Max)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
