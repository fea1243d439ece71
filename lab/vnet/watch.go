package vnet

import (
	"sync"
	"time"

	"gatewalk/lab/world"
)

// Sighting is what became of a flow's packets, told once for each new fate.
type Sighting struct {
	At      time.Time // of the lesson
	From    world.HostID
	Flow    world.Flow // as From sent it
	Verdict world.Verdict
	// TTLExpired: the packet died on the verdict's path, at a router.
	TTLExpired bool
}

// fate is a bit of way.told.
type fate uint32

const (
	delivered fate = 1 << iota
	dropped
	expired
	cut
)

// tell lets the watchers know of a flow's fate, if it is news.
func (n *Net) tell(w *way, f fate) {
	if w.told.Load()&uint32(f) != 0 || w.told.Or(uint32(f))&uint32(f) != 0 {
		return
	}
	watchers := n.watchers.all()
	if len(watchers) == 0 {
		return
	}
	s := Sighting{At: n.clock.Now(), From: w.from.id, Flow: w.flow, Verdict: w.verdict, TTLExpired: f == expired}
	if f == cut {
		s.Verdict.Action, s.Verdict.Code, s.Verdict.Object = world.Drop, CodeCut, w.verdict.Via
	}
	for _, o := range watchers {
		o.push(s)
	}
}

// Watch calls f for every new flow, every new verdict of a flow, and every new
// way in which its packets end: once each, in order, on a goroutine of its own,
// so that f may take its time; a watcher that is thousands behind misses some.
// stop waits until f has seen what was told before; f must not call it, nor
// [Net.Close].
func (n *Net) Watch(f func(Sighting)) (stop func()) {
	w := &watcher{f: f, wake: make(chan struct{}, 1), done: make(chan struct{})}
	n.watchers.add(w)
	go w.run()
	return func() {
		n.watchers.remove(w)
		w.stop()
	}
}

type watcher struct {
	f    func(Sighting)
	wake chan struct{}
	done chan struct{} // run has returned

	mu      sync.Mutex
	queue   []Sighting
	stopped bool
}

// maxBehind bounds a watcher's queue.
const maxBehind = 8192

func (w *watcher) push(s Sighting) {
	w.mu.Lock()
	if !w.stopped && len(w.queue) < maxBehind {
		w.queue = append(w.queue, s)
	}
	w.mu.Unlock()
	w.nudge()
}

func (w *watcher) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watcher) run() {
	defer close(w.done)
	for range w.wake {
		w.mu.Lock()
		batch, stopped := w.queue, w.stopped
		w.queue = nil
		w.mu.Unlock()
		for _, s := range batch {
			w.f(s)
		}
		if stopped {
			return
		}
	}
}

func (w *watcher) stop() {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	w.nudge()
	<-w.done
}
