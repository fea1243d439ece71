package tui

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"gatewalk/steps"

	tea "charm.land/bubbletea/v2"
)

const (
	// shortest is the least time between two batches: ten frames a second.
	shortest = 100 * time.Millisecond
	// shortestEcho is that while somebody types and has to see it.
	shortestEcho = 33 * time.Millisecond
	// beat is how often a clock on the screen is moved on while something runs
	// and nothing is said.
	beat = 250 * time.Millisecond
	// mostPackets bounds what waits for the screen.
	mostPackets = 2000
)

// newsMsg says that the session has more events, or, while something runs,
// only that time has passed. The events themselves are read from the driver:
// so none is lost or taken twice, however late the message.
type newsMsg struct {
	packets []steps.Event
}

// troubleMsg is a panic in a goroutine of ours.
type troubleMsg struct{ err error }

// feed tells Bubble Tea's goroutine of news from any other. Telling never
// blocks. One goroutine sends, so that news and heartbeats together never make
// more than ten frames a second.
type feed struct {
	mu      sync.Mutex
	packets []steps.Event
	news    bool
	busy    bool
	echoed  bool      // a shell has printed
	due     time.Time // when news is wanted even if there is none; zero: never
	current steps.ID  // the step that runs, for the packets
	shell   steps.ID  // the step that is shown with a shell; "" without one

	wake chan struct{}
	stop chan struct{}
	done sync.WaitGroup
}

func newFeed() *feed {
	return &feed{wake: make(chan struct{}, 1), stop: make(chan struct{})}
}

// event says that the session has a new event.
func (f *feed) event(e steps.Event) {
	f.mu.Lock()
	f.news = true
	if e.Kind == steps.Started {
		f.current = e.Step
	}
	f.mu.Unlock()
	f.poke()
}

// packet queues a sighting. It belongs to the step that was last begun.
func (f *feed) packet(e steps.Event) {
	f.mu.Lock()
	if e.Step == "" {
		e.Step = cmp.Or(f.shell, f.current)
	}
	if len(f.packets) < mostPackets {
		f.packets = append(f.packets, e)
	}
	f.mu.Unlock()
	f.poke()
}

// echo says that a shell has printed.
func (f *feed) echo() {
	f.mu.Lock()
	f.echoed = true
	f.mu.Unlock()
	f.poke()
}

// setStep has packets belong to the step that a shell is shown with.
func (f *feed) setStep(id steps.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shell = id
}

// pace is the least time to the batch after this one.
func (f *feed) pace() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.echoed {
		return shortestEcho
	}
	return shortest
}

// setBusy turns the heartbeat on and off.
func (f *feed) setBusy(on bool) {
	f.mu.Lock()
	f.busy = on
	f.mu.Unlock()
	f.poke()
}

// remind sends news after a while in any case: something on the screen will
// be over by then.
func (f *feed) remind(d time.Duration) {
	f.mu.Lock()
	f.due = time.Now().Add(d)
	f.mu.Unlock()
	f.poke()
}

func (f *feed) poke() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// take empties the queue. next is when to look again unasked; 0: never.
func (f *feed) take() (msg newsMsg, news, busy bool, next time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	msg = newsMsg{f.packets}
	news = f.news || f.echoed || len(f.packets) > 0
	f.packets, f.news, f.echoed = nil, false, false
	if !f.due.IsZero() {
		if next = time.Until(f.due); next <= 0 {
			f.due, next, news = time.Time{}, 0, true
		}
	}
	if f.busy {
		next = beat
	}
	return msg, news, f.busy, next
}

// start sends until close is called. send may block.
func (f *feed) start(send func(tea.Msg)) {
	f.done.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				send(troubleMsg{fmt.Errorf("panic: %v\n%s", r, debug.Stack())})
			}
		}()
		f.loop(send)
	})
}

func (f *feed) loop(send func(tea.Msg)) {
	var last time.Time
	timer := time.NewTimer(beat)
	defer timer.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-f.wake:
		case <-timer.C:
		}
		if wait := f.pace() - time.Since(last); wait > 0 {
			select {
			case <-f.stop:
				return
			case <-time.After(wait):
			}
		}
		msg, news, busy, next := f.take()
		if news || busy && time.Since(last) >= beat {
			last = time.Now()
			send(msg)
		}
		timer.Stop()
		if next > 0 {
			timer.Reset(next)
		}
	}
}

// close ends the sending and waits for it. The program must have ended, or
// send not block.
func (f *feed) close() {
	close(f.stop)
	f.done.Wait()
}
