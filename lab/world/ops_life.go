package world

import (
	"context"
	"time"
)

// How long things take, in lesson time. AWS's own are longer, and vary; these
// are long enough to be seen and waited for.
const (
	pendingTime    = 5 * time.Second  // instance: pending to running
	shutdownTime   = 10 * time.Second // shutting-down to terminated
	stoppingTime   = 8 * time.Second
	graveTime      = time.Hour        // a terminated instance stays visible
	endpointTime   = 3 * time.Second  // a gateway endpoint
	interfacesTime = 10 * time.Second // an interface endpoint
	natTime        = 10 * time.Second
	wakeAtLeast    = time.Millisecond
	wakeAtMostReal = time.Minute
)

// Live moves the world on with its clock until ctx ends: what is pending
// becomes running, what is being deleted goes. Each move is a change that
// watchers see. As the state holds since when things are as they are, a world
// that was loaded goes on where it was.
func (w *World) Live(ctx context.Context) {
	changed := make(chan struct{}, 1)
	stop := w.Watch(func(_, _ *State) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer stop()
	for {
		next, err := w.Advance()
		wait := wakeAtMostReal
		switch {
		case err != nil: // the state could not be saved; the disk may be mended
			wait = time.Second
		case !next.IsZero():
			// A clock may stand between two ticks: never spin.
			wait = min(max(w.clock.Real(next.Sub(w.clock.Now())), wakeAtLeast), wait)
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-changed:
			t.Stop()
		case <-t.C:
		}
	}
}

// Advance makes every move that is due and says when the next one will be, or
// the zero time when nothing waits.
func (w *World) Advance() (next time.Time, err error) {
	now := w.clock.Now()
	due := func(since time.Time, d time.Duration) bool {
		at := since.Add(d)
		// A lab that was loaded may have an earlier clock than it was saved with.
		if !now.Before(at) || since.After(now.Add(time.Second)) {
			return true
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
		return false
	}
	moves := w.Snapshot().moves(due)
	if len(moves) == 0 {
		return next, nil
	}
	// Between the snapshot and the transaction others may have written: each
	// move looks again.
	err = w.Update(func(tx *Tx) error {
		for _, m := range moves {
			m(tx)
		}
		return nil
	})
	return now, err // what has moved may move on: look again at once
}

// moves are the changes that are due.
func (s *State) moves(due func(time.Time, time.Duration) bool) []func(*Tx) {
	var out []func(*Tx)
	for id, i := range Sorted(s.Instances) {
		switch {
		case i.State == Pending && due(i.StateSince, pendingTime):
			out = append(out, instanceMove(id, Pending, func(tx *Tx, i *Instance) { tx.become(i, Running, "") }))
		case i.State == ShuttingDown && due(i.StateSince, shutdownTime):
			out = append(out, instanceMove(id, ShuttingDown, func(tx *Tx, i *Instance) {
				tx.released(i)
				tx.become(i, Terminated, i.StateReason)
			}))
		case i.State == Stopping && due(i.StateSince, stoppingTime):
			out = append(out, instanceMove(id, Stopping, func(tx *Tx, i *Instance) {
				tx.unplugged(i)
				tx.become(i, Stopped, i.StateReason)
			}))
		case i.State == Terminated && due(i.StateSince, graveTime):
			out = append(out, func(tx *Tx) { tx.Instances.Delete(id) })
		}
	}
	for id, e := range Sorted(s.Endpoints) {
		takes := endpointTime
		if e.Type == "Interface" {
			takes = interfacesTime
		}
		switch {
		case e.State == "pending" && due(e.StateSince, takes):
			out = append(out, func(tx *Tx) {
				if e := tx.Endpoints.Edit(id); e != nil && e.State == "pending" {
					e.State, e.StateSince = "available", tx.Now()
				}
			})
		case e.State == "deleting" && due(e.StateSince, takes):
			out = append(out, func(tx *Tx) {
				for _, i := range e.Interfaces {
					tx.deleteInterface(i)
				}
				tx.Endpoints.Delete(id)
			})
		}
	}
	for id, n := range Sorted(s.NatGateways) {
		switch {
		case n.State == "pending" && due(n.StateSince, natTime):
			out = append(out, func(tx *Tx) {
				if n := tx.NatGateways.Edit(id); n != nil && n.State == "pending" {
					n.State, n.StateSince = "available", tx.Now()
				}
			})
		case n.State == "deleting" && due(n.StateSince, natTime):
			out = append(out, func(tx *Tx) {
				if n := tx.NatGateways.Edit(id); n != nil && n.State == "deleting" {
					tx.deleteInterface(n.InterfaceID)
					n.State, n.StateSince = "deleted", tx.Now()
				}
			})
		case n.State == "deleted" && due(n.StateSince, graveTime):
			out = append(out, func(tx *Tx) { tx.NatGateways.Delete(id) })
		}
	}
	return out
}

func instanceMove(id, from string, f func(*Tx, *Instance)) func(*Tx) {
	return func(tx *Tx) {
		if i := tx.Instances.Edit(id); i != nil && i.State == from {
			f(tx, i)
		}
	}
}
