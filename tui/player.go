package tui

import (
	"context"
	"slices"
	"sync"
	"time"

	"gatewalk/steps"
)

// longestPause bounds the silence between two recorded events: who recorded
// may have gone for lunch.
const longestPause = 20 * time.Second

// player is a driver that plays a recording. What a learner chooses is played
// as it was recorded, not as it is chosen now.
type player struct {
	order []steps.ID
	parts map[steps.ID][]steps.Event // by step, from its last start on
	loose []steps.Event              // of no step
	speed float64

	mu     sync.Mutex
	played []steps.Event
	watch  func(steps.Event)
	enough chan struct{} // closed by Ctrl-C in a recorded hang; nil outside of one
}

// replayed reports whether a recording is shown: nothing is made, kept or paid.
func (m *model) replayed() bool { return m.o.Start == nil }

func newPlayer(events []steps.Event, speed float64) *player {
	if speed <= 0 {
		speed = 1
	}
	p := &player{parts: map[steps.ID][]steps.Event{}, speed: speed}
	for _, e := range events {
		switch {
		case e.Step == "":
			p.loose = append(p.loose, e)
		case e.Kind == steps.Started:
			if !slices.Contains(p.order, e.Step) {
				p.order = append(p.order, e.Step)
			}
			// Choices come before the start and belong to the attempt.
			kept := slices.DeleteFunc(slices.Clone(p.parts[e.Step]), func(old steps.Event) bool { return old.Kind != steps.Chosen })
			p.parts[e.Step] = append(kept, e)
		case e.Kind == steps.Undone, e.Kind == steps.Skipped:
			// A rewind or a resume of the recording is not part of the lesson.
		default:
			p.parts[e.Step] = append(p.parts[e.Step], e)
		}
	}
	p.played = append(p.played, p.loose...)
	return p
}

func (p *player) Order() []steps.ID { return p.order }

func (p *player) Events() []steps.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clip(p.played)
}

func (p *player) Watch(f func(steps.Event)) func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watch = f
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.watch = nil
	}
}

func (p *player) emit(e steps.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.played = append(p.played, e)
	if p.watch != nil {
		p.watch(e)
	}
}

// Run plays one step at the recording's pace. What it waits for began now, so
// that clocks on the screen run as they did; all else was when it was recorded.
func (p *player) Run(ctx context.Context, id steps.ID) error {
	var last time.Time
	for _, e := range p.parts[id] {
		if e.Kind == steps.Chosen {
			continue // asked anew
		}
		if !last.IsZero() {
			if err := p.pause(ctx, e.At.Sub(last), p.hang(e)); err != nil {
				p.emit(steps.Event{At: time.Now(), Step: id, Kind: steps.Failed, Msg: steps.MsgInterrupted, Err: err.Error()})
				return err
			}
		}
		last = e.At
		if e.Kind == steps.Waiting {
			e.At = time.Now()
		}
		p.emit(e)
	}
	if !p.holds(id) && !last.IsZero() {
		if end := p.parts[id][len(p.parts[id])-1]; end.Kind != steps.Failed { // the recording ends here
			p.emit(steps.Event{At: last, Step: id, Kind: steps.Failed, Msg: steps.MsgInterrupted})
		}
	}
	return nil
}

// hang is what Ctrl-C closes while a recorded silence is played.
func (p *player) hang(next steps.Event) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	hangs := len(p.played) > 0 && silent(p.played[len(p.played)-1])
	switch {
	case !hangs && !silent(next):
		p.enough = nil
	case p.enough == nil:
		p.enough = make(chan struct{})
	}
	return p.enough
}

// Interrupt cuts a recorded silence short: its end is the Ctrl-C that was
// typed then.
func (p *player) Interrupt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.enough == nil {
		return false
	}
	select {
	case <-p.enough:
		return false // already
	default:
		close(p.enough)
	}
	return true
}

// silent reports whether e says that a command does not answer.
func silent(e steps.Event) bool { return e.Kind == steps.Waiting && e.Msg == "silence" }

// early reports whether e says that it is too early for a Ctrl-C.
func early(e steps.Event) bool { return e.Kind == steps.Note && e.Msg == "too-early" }

func (p *player) pause(ctx context.Context, d time.Duration, enough <-chan struct{}) error {
	d = time.Duration(float64(min(d, longestPause)) / p.speed)
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-enough:
		return ctx.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// RunUntil brings the walk to a step at once: what was recorded, without its
// pauses.
func (p *player) RunUntil(ctx context.Context, until steps.ID) error {
	for _, id := range p.order {
		if !p.holds(id) {
			for _, e := range p.parts[id] {
				p.emit(e)
			}
		}
		if id == until || ctx.Err() != nil {
			break
		}
	}
	return ctx.Err()
}

// holds reports whether a step has been played to its end.
func (p *player) holds(id steps.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range slices.Backward(p.played) {
		if e.Step == id {
			switch e.Kind {
			case steps.Held, steps.Skipped:
				return true
			case steps.Started, steps.Undone, steps.Failed:
				return false
			}
		}
	}
	return false
}

// Rewind forgets what was played from a step on.
func (p *player) Rewind(_ context.Context, id steps.ID) error {
	from := max(0, slices.Index(p.order, id))
	for _, id := range slices.Backward(p.order[min(from, len(p.order)):]) {
		p.mu.Lock()
		var made []steps.Resource
		for _, e := range p.played {
			if e.Step == id && e.Kind == steps.Made && e.Resource != nil {
				made = append(made, *e.Resource)
			}
		}
		p.mu.Unlock()
		for _, r := range slices.Backward(made) {
			p.emit(steps.Event{At: time.Now(), Step: id, Kind: steps.Gone, Resource: &r})
		}
		p.emit(steps.Event{At: time.Now(), Step: id, Kind: steps.Undone})
	}
	return nil
}

// Cleanup has nothing to remove: a recording made nothing.
func (p *player) Cleanup(context.Context) error { return nil }

// Tell is for sessions that are recorded.
func (p *player) Tell(steps.ID) {}

// Choose lets the screen show what was chosen; the recording goes its own way.
func (p *player) Choose(id steps.ID, name, value string) error {
	p.emit(steps.Event{At: time.Now(), Step: id, Kind: steps.Chosen, Msg: name, Args: steps.Args{"value": value}})
	return nil
}
