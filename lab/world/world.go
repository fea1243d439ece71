// Package world is the simulated account: VPCs, subnets, route tables,
// security groups, endpoints, instances, buckets, roles. It is pure state with
// a clock: no packet, no socket and no HTTP is known here, and only the
// standard library is imported.
//
// Readers take a [State] by [World.Snapshot] without a lock. Writers run one
// at a time in [World.Update], which copies what it changes. Every change can
// be watched, and a [Journal] keeps a world in a folder, change by change.
package world

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Options say what a new world is. The zero value is Seoul, with seed 0.
type Options struct {
	Seed    uint64
	Region  string // default ap-northeast-2
	Account string // twelve digits; default 123456789012
	Clock   *Clock // nil: the machine's time
	Answers string // AnswersGuide (default) or AnswersToday
	// State is a world that was kept ([OpenJournal]); the fields above but
	// Clock are then taken from it.
	State *State
	// Save, if any, is called with each new state before it can be seen
	// ([Journal.Save]). If it fails, the change has not happened.
	Save func(*State) error
}

// World is one account in one region. All methods may be called from any
// goroutine.
type World struct {
	clock *Clock
	save  func(*State) error
	now   atomic.Pointer[State]
	nat   natTable

	writing sync.Mutex // held by Update

	telling  sync.Mutex // guards what follows; never held while a watcher runs
	watchers map[int]func(old, new *State)
	serial   int
	changes  []change
	busy     bool // some goroutine is telling
}

type change struct{ old, new *State }

// New makes a world that holds what every account has: AWS's own prefix lists.
func New(o Options) *World {
	w := &World{clock: o.Clock, save: o.Save, watchers: map[int]func(old, new *State){}}
	s := o.State
	if s == nil {
		s = &State{
			Version: Version,
			Seed:    o.Seed,
			Region:  o.Region,
			Account: o.Account,
			Answers: o.Answers,
		}
		if s.Region == "" {
			s.Region = "ap-northeast-2"
		}
		if s.Account == "" {
			s.Account = "123456789012"
		}
		if s.Answers == "" {
			s.Answers = AnswersGuide
		}
		s.makeMaps()
		for _, l := range RegionData(s.Region).PrefixLists {
			s.PrefixLists[l.ID] = l
		}
	}
	c := *s
	c.index = newIndex(&c, nil)
	w.now.Store(&c)
	return w
}

// Clock is the world's time.
func (w *World) Clock() *Clock { return w.clock }

// Snapshot is the state as of now. It never changes and needs no lock.
func (w *World) Snapshot() *State { return w.now.Load() }

// Generation is that of the current state.
func (w *World) Generation() uint64 { return w.now.Load().Generation }

// Update runs f alone and makes its changes visible all at once. If f or
// Options.Save returns an error, nothing has changed and Update returns it. A
// transaction that wrote nothing leaves no trace.
//
// Watchers are told afterwards; where several goroutines update at once, one of
// them tells for all, in order.
func (w *World) Update(f func(tx *Tx) error) error {
	if err := w.update(f); err != nil {
		return err
	}
	w.tell()
	return nil
}

func (w *World) update(f func(tx *Tx) error) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	old := w.now.Load()
	tx := begin(old, w.clock)
	if err := f(tx); err != nil {
		return err
	}
	if !tx.dirty {
		return nil
	}
	next := tx.next
	next.Generation++
	next.index = newIndex(next, old.index)
	if w.save != nil {
		if err := w.save(next); err != nil {
			return err
		}
	}
	w.now.Store(next)
	w.nat.keep(next.NatGateways)
	w.telling.Lock()
	if len(w.watchers) > 0 {
		w.changes = append(w.changes, change{old, next})
	}
	w.telling.Unlock()
	return nil
}

// Watch calls f after each change, one call at a time and in order. f may call
// Update: the change is told when f has returned. After stop, f is not called
// again, though a call may still be running.
func (w *World) Watch(f func(old, new *State)) (stop func()) {
	w.telling.Lock()
	defer w.telling.Unlock()
	w.serial++
	id := w.serial
	w.watchers[id] = f
	return func() {
		w.telling.Lock()
		defer w.telling.Unlock()
		delete(w.watchers, id)
	}
}

// tell empties the queue of changes, unless another call is at it.
func (w *World) tell() {
	w.telling.Lock()
	defer w.telling.Unlock()
	if w.busy {
		return
	}
	w.busy = true
	for len(w.changes) > 0 {
		c := w.changes[0]
		w.changes = w.changes[1:]
		for _, id := range slices.Sorted(maps.Keys(w.watchers)) {
			f, ok := w.watchers[id]
			if !ok {
				continue // stopped by a watcher before it
			}
			w.telling.Unlock()
			f(c.old, c.new)
			w.telling.Lock()
		}
	}
	w.busy = false
}
