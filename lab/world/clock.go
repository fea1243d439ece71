package world

import (
	"context"
	"time"
)

// Clock is the lab's time. It runs Speed times as fast as the machine's, so
// that every wait is that much shorter while the times that are printed stay
// those of the lesson. A nil Clock is the machine's own time.
type Clock struct {
	start time.Time // of the lesson
	real  time.Time // of the machine, at start
	speed float64
}

// NewClock starts a clock at start; speed below or at zero means 1.
func NewClock(start time.Time, speed float64) *Clock {
	if speed <= 0 {
		speed = 1
	}
	return &Clock{start: start, real: time.Now(), speed: speed}
}

// Now is the lesson's time.
func (c *Clock) Now() time.Time {
	if c == nil {
		return time.Now()
	}
	return c.start.Add(time.Duration(float64(time.Since(c.real)) * c.speed))
}

// Speed is how many lesson seconds pass in one real second.
func (c *Clock) Speed() float64 {
	if c == nil {
		return 1
	}
	return c.speed
}

// Real is how long the machine takes for d of the lesson.
func (c *Clock) Real(d time.Duration) time.Duration {
	if c == nil {
		return d
	}
	return time.Duration(float64(d) / c.speed)
}

// Sleep waits for d of the lesson, or until ctx ends, whose error it returns.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 { // a timer would take a turn of the scheduler
		return ctx.Err()
	}
	t := time.NewTimer(c.Real(d))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// AfterFunc calls f in its own goroutine after d of the lesson; stop reports
// whether the call was prevented.
func (c *Clock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(c.Real(d), f).Stop
}
