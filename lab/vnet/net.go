// Package vnet is the lab's wire: hosts with a TCP/IP stack each (gVisor
// netstack, IPv4), and between them a [Router] that decides what becomes of
// every packet.
//
// The wire does what routers and cards do and knows no AWS: it drops, lowers
// TTLs, answers time-exceeded, translates addresses, and keeps track of
// connections so that the Router, which has no memory, can be stateful.
//
// All types are safe for concurrent use. Two Nets share nothing. Packets travel
// at once, on the sender's goroutine; only a router's time-exceeded waits for
// its delay. TCP's own timers run in real time. Where a packet is shown
// ([Raw], [Net.Capture]) its time is the lesson's.
package vnet

import (
	"fmt"
	"maps"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/log"

	"gatewalk/lab/world"
)

// Router decides the fate of packets.
type Router interface {
	// Route decides the packets of the flow f that from sends. Within the call
	// it may ask tracked whether a flow, as its VPC side sees it
	// ([world.Verdict.Inside]), belongs to a conversation that was let through
	// before, in either direction: stateful rules let those pass. A packet that
	// opens a TCP connection belongs to none.
	//
	// Route is called from any goroutine, one call at a time; it must not block
	// and must not call the Net.
	Route(from world.HostID, f world.Flow, tracked func(world.Flow) bool) world.Verdict
	// Generation says how long a verdict is good: while this stays. It is read
	// for every packet.
	Generation() uint64
}

// Options say how a Net works.
type Options struct {
	Router Router       // required
	Clock  *world.Clock // the lesson's time; nil: the machine's
	MTU    uint32       // of every host; 0: 9001, as inside a VPC
}

// Net is a wire with its hosts.
type Net struct {
	router Router
	clock  *world.Clock
	mtu    uint32
	start  time.Time // what idle times are counted from

	hosts    atomic.Pointer[map[world.HostID]*Host] // copied on write, under mu
	watchers list[*watcher]
	timers   timers

	mu      sync.Mutex // see decide; taken before any host's
	closed  bool
	table   table
	leaving sync.WaitGroup // hosts that are being powered off
}

// New makes a wire without hosts.
func New(o Options) *Net {
	n := &Net{router: o.Router, clock: o.Clock, mtu: o.MTU, start: time.Now()}
	if n.mtu == 0 {
		n.mtu = 9001
	}
	n.mtu = min(max(n.mtu, 576), 65535)
	// gVisor's logger is one for the process and writes to standard error, over
	// whatever the learner's screen shows there.
	log.SetTarget(&log.MultiEmitter{})
	n.hosts.Store(&map[world.HostID]*Host{})
	n.table.init()
	return n
}

// AddHost plugs a host in, powered on. Each prefix is an address of its own (a
// /32), or a whole range that the host answers for, always from the address
// that was asked. The first is its primary address.
func (n *Net) AddHost(id world.HostID, addrs ...netip.Prefix) (*Host, error) {
	h, err := newHost(n, id, addrs)
	if err != nil {
		return nil, fmt.Errorf("adding host %s: %w", id, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	old := *n.hosts.Load()
	switch {
	case n.closed:
		err = errClosed
	case old[id] != nil:
		err = errTaken
	default:
		all := maps.Clone(old)
		all[id] = h
		n.hosts.Store(&all)
		return h, nil
	}
	h.stack.Destroy()
	return nil, fmt.Errorf("adding host %s: %w", id, err)
}

// Host is the host of that name, or nil.
func (n *Net) Host(id world.HostID) *Host { return (*n.hosts.Load())[id] }

// RemoveHost powers a host off and waits until it is: its own sockets end, and
// who spoke with it hears nothing more.
func (n *Net) RemoveHost(id world.HostID) {
	n.mu.Lock()
	old := *n.hosts.Load()
	h := old[id]
	if h != nil {
		all := maps.Clone(old)
		delete(all, id)
		n.hosts.Store(&all)
		h.gone.Store(true) // first of all: its stack says goodbye to its peers
		n.table.forgetHost(h)
		n.leaving.Add(1)
	}
	n.mu.Unlock()
	if h != nil {
		h.close()
		n.leaving.Done()
	}
}

// Close powers all hosts off and waits for every goroutine.
func (n *Net) Close() error {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	for id := range *n.hosts.Load() {
		n.RemoveHost(id)
	}
	n.leaving.Wait() // for those that others remove, too
	n.timers.close()
	for _, w := range n.watchers.all() {
		w.stop()
	}
	return nil
}

// list is a small set that is read on the packet path, without a lock, and
// seldom changed. The zero list is empty.
type list[T comparable] struct {
	p  atomic.Pointer[[]T]
	mu sync.Mutex
}

func (l *list[T]) all() []T {
	if p := l.p.Load(); p != nil {
		return *p
	}
	return nil
}

func (l *list[T]) add(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := append(append([]T(nil), l.all()...), v)
	l.p.Store(&next)
}

func (l *list[T]) remove(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var next []T
	for _, o := range l.all() {
		if o != v {
			next = append(next, o)
		}
	}
	l.p.Store(&next)
}

// timers are the answers that routers owe. The zero value is ready.
type timers struct {
	mu      sync.Mutex
	pending map[*time.Timer]struct{}
	closed  bool
	wg      sync.WaitGroup
}

// maxTimers bounds what is owed at a time. Real routers answer less than that.
const maxTimers = 4096

// after calls f on its own goroutine, or never.
func (t *timers) after(d time.Duration, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || len(t.pending) >= maxTimers {
		return
	}
	if t.pending == nil {
		t.pending = map[*time.Timer]struct{}{}
	}
	t.wg.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		defer t.wg.Done()
		t.mu.Lock()
		delete(t.pending, timer)
		closed := t.closed
		t.mu.Unlock()
		if !closed {
			f()
		}
	})
	t.pending[timer] = struct{}{}
}

func (t *timers) close() {
	t.mu.Lock()
	t.closed = true
	for timer := range t.pending {
		if timer.Stop() {
			t.wg.Done()
		}
	}
	t.mu.Unlock()
	t.wg.Wait()
}
