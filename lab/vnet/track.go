package vnet

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"

	"gatewalk/lab/world"
)

// way is how the packets of one flow of one host go: the Router's verdict,
// remembered. It is replaced, never changed, when the verdict is.
type way struct {
	from    *Host
	key     key
	flow    world.Flow
	gen     uint64 // of the Router, when it decided
	verdict world.Verdict
	out     key  // key after translation
	leaned  bool // the Router was told that the flow is tracked

	end  atomic.Pointer[end] // the connection it belongs to, once a packet got through
	told atomic.Uint32       // which fates watchers know
	// probe is the lesson time of the last [Raw] packet that has no answer yet.
	probe atomic.Pointer[time.Time]
}

// conn is a tracked connection: a flow that was let through, and its replies.
type conn struct {
	id   connID
	gen  atomic.Uint64 // of the Router, when both directions were last compared
	cut  atomic.Bool   // its route has changed: nothing passes any more
	dead atomic.Bool   // forgotten
	last atomic.Int64  // when a packet passed, ns since Net.start
	done atomic.Uint32 // fin<<dir and rst, or replied and stream, as they passed
	ends [2]end        // [0] of who began
	// Guarded by Net.mu.
	ways [2]*way
	via  [2]string
}

// end is one side of a connection.
type end struct {
	*conn
	dir int
}

const (
	fin     uint32 = 1
	rst     uint32 = 4
	replied uint32 = 8  // not TCP: something came back
	stream  uint32 = 16 // and then more went out
)

// connID keys connections by the flow as its VPC side sees it. The hosts are
// in it because VPCs may overlap.
type connID struct {
	inside world.Flow
	from   world.HostID
	to     world.HostID
}

// table holds the connections. It is guarded by Net.mu.
type table struct {
	conns   map[connID]*conn
	inside  map[world.Flow]int // how many of conns have that flow
	sweepAt int
}

const (
	minSweep = 256
	maxConns = 8192
)

func (t *table) init() {
	t.conns, t.inside, t.sweepAt = map[connID]*conn{}, map[world.Flow]int{}, minSweep
}

// CodeCut is the Code of the [Sighting] of a packet whose connection was cut.
// AWS has no explanation code for that.
const CodeCut = "CONNECTION_CUT"

// route finds how a packet of flow k goes.
func (n *Net) route(from *Host, k key, opens bool) *way {
	if w := from.way(k); w != nil && w.good(n.router.Generation(), opens) {
		return w
	}
	// New flows and changed worlds are rare: they are decided one at a time.
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.decide(from, k, opens)
}

// good reports whether a way still holds.
func (w *way) good(gen uint64, opens bool) bool {
	if w.gen != gen || opens && w.leaned {
		return false
	}
	e := w.end.Load()
	return e == nil || !e.dead.Load() && e.gen.Load() == gen && !(opens && e.cut.Load())
}

// decide asks the Router anew and compares the answer with the connection that
// the flow belongs to. It compares both directions, so that a packet from
// outside cannot slip in by a way that no longer leads out. n.mu is held.
func (n *Net) decide(from *Host, k key, opens bool) *way {
	gen := n.router.Generation() // before Route, so that a change meanwhile is noticed
	w := n.ask(from, k, gen, opens)
	e := n.table.find(w, from.way(k))
	if e != nil && opens && w.verdict.Action == world.Deliver && (e.cut.Load() || e.gen.Load() != gen) {
		n.table.forget(e.conn) // a new SYN starts anew
		e = nil
	}
	if e != nil {
		n.join(e, w)
		back := &e.ends[1-e.dir]
		if other := e.ways[back.dir]; other != nil && other.gen != gen {
			other = n.ask(other.from, other.key, gen, false)
			n.join(back, other)
			other.from.keep(other)
		}
		e.gen.Store(gen)
	}
	from.keep(w)
	return w
}

// ask makes a way of the Router's verdict. n.mu is held.
func (n *Net) ask(from *Host, k key, gen uint64, opens bool) *way {
	w := &way{from: from, key: k, flow: k.flow(), gen: gen}
	if from.owns(k.src) {
		w.verdict = n.router.Route(from.id, w.flow, func(f world.Flow) bool {
			if opens || n.table.inside[f] == 0 && n.table.inside[f.Reverse()] == 0 {
				return false
			}
			w.leaned = true
			return true
		})
	} else {
		// Every instance has its source/destination check on.
		w.verdict = world.Verdict{Code: world.CodeSourceCheck, Object: string(from.id)}
	}
	var ok bool
	if w.out, ok = k.translate(&w.verdict); !ok {
		w.verdict.Action = world.Drop
	}
	if old := from.way(k); old != nil {
		w.probe.Store(old.probe.Load())
		if sameFate(&old.verdict, &w.verdict) {
			w.told.Store(old.told.Load())
		}
	}
	return w
}

func sameFate(a, b *world.Verdict) bool {
	return a.Action == b.Action && a.To == b.To && a.Src == b.Src && a.Dst == b.Dst &&
		a.Via == b.Via && a.Code == b.Code && a.Object == b.Object && a.Silent == b.Silent
}

// find is the live connection that w belongs to, or nil. A verdict that drops
// names no receiver: then it is the connection of the way before it.
func (t *table) find(w, before *way) *end {
	if w.verdict.Action == world.Deliver {
		id := w.connID()
		if c := t.conns[id]; c != nil {
			return &c.ends[0]
		}
		if c := t.conns[connID{id.inside.Reverse(), id.to, id.from}]; c != nil {
			return &c.ends[1]
		}
		return nil
	}
	if before != nil {
		if e := before.end.Load(); e != nil && !e.dead.Load() {
			return e
		}
	}
	return nil
}

func (w *way) connID() connID {
	id := connID{w.verdict.Inside, w.from.id, w.verdict.To}
	if id.inside == (world.Flow{}) {
		id.inside = w.flow
	}
	return id
}

// join makes w the way of one side of a connection, and cuts the connection
// where that is another way than before: "An endpoint switches network routes,
// and disconnects open TCP connections" (S3 user guide, vpc-endpoints-s3).
// Datagrams have no connection to lose and follow the new route.
func (n *Net) join(e *end, w *way) {
	v := &w.verdict
	was := e.via[e.dir]
	switch {
	case was == "" || e.id.inside.Proto != world.TCP:
		if v.Action == world.Deliver {
			e.via[e.dir] = v.Via
		}
	case v.Via != "" && v.Via != was,
		isEndpoint(was) && v.Action == world.Drop && v.Code == world.CodeNoRoute:
		e.cut.Store(true)
	}
	e.ways[e.dir] = w
	w.end.Store(e)
}

func isEndpoint(via string) bool { return strings.HasPrefix(via, "vpce-") }

// track is called before the first packet of w is delivered: from here on
// replies are let in.
func (n *Net) track(w *way) *end {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e := w.end.Load(); e != nil {
		return e
	}
	if e := n.table.find(w, nil); e != nil {
		n.join(e, w)
		return e
	}
	t := &n.table
	if len(t.conns) >= t.sweepAt {
		t.sweep(time.Since(n.start))
	}
	c := &conn{id: w.connID()}
	c.ends = [2]end{{c, 0}, {c, 1}}
	c.gen.Store(w.gen)
	c.last.Store(int64(time.Since(n.start)))
	t.add(c)
	n.join(&c.ends[0], w)
	if to := n.Host(w.verdict.To); to != nil {
		to.forget(w.out.reverse(), nil) // what was refused before is a reply now
	}
	return &c.ends[0]
}

// passed notes a packet of the connection.
func (n *Net) passed(e *end, m *meta) {
	e.last.Store(int64(time.Since(n.start)))
	news := uint32(0)
	switch done := e.done.Load(); {
	case m.proto == world.TCP && m.tcpFlags&header.TCPFlagRst != 0:
		news = rst
	case m.proto == world.TCP && m.tcpFlags&header.TCPFlagFin != 0:
		news = fin << e.dir
	case m.proto == world.TCP:
	case e.dir == 1 && done&replied == 0:
		news = replied
	case e.dir == 0 && done&(replied|stream) == replied:
		news = stream
	}
	if news != 0 {
		e.done.Or(news)
	}
}

// idle is how long a silent connection is kept. The times are those of EC2's
// connection tracking (EC2 user guide, "Security group connection tracking");
// they run in real time, like the stacks' own timers. What is closed outlives
// the stacks' TIME_WAIT of a second.
func (c *conn) idle() time.Duration {
	done := c.done.Load()
	switch {
	case c.id.inside.Proto != world.TCP && done&stream == 0:
		return 30 * time.Second
	case c.id.inside.Proto != world.TCP:
		return 180 * time.Second
	case done&rst != 0 || done == fin|fin<<1:
		return 2 * time.Second
	case c.ways[1] == nil || c.cut.Load():
		return 60 * time.Second
	}
	return 432000 * time.Second
}

// sweep forgets connections that are over, and the longest silent ones where
// there are still too many.
func (t *table) sweep(now time.Duration) {
	for _, c := range t.conns {
		if now-time.Duration(c.last.Load()) > c.idle() {
			t.forget(c)
		}
	}
	if len(t.conns) >= maxConns {
		all := make([]*conn, 0, len(t.conns))
		for _, c := range t.conns {
			all = append(all, c)
		}
		slices.SortFunc(all, func(a, b *conn) int { return cmp.Compare(a.last.Load(), b.last.Load()) })
		for _, c := range all[:maxConns/4] {
			t.forget(c)
		}
	}
	t.sweepAt = min(max(minSweep, 2*len(t.conns)), maxConns)
}

func (t *table) add(c *conn) {
	t.conns[c.id] = c
	t.inside[c.id.inside]++
}

func (t *table) forget(c *conn) {
	c.dead.Store(true)
	delete(t.conns, c.id)
	if t.inside[c.id.inside]--; t.inside[c.id.inside] <= 0 {
		delete(t.inside, c.id.inside)
	}
	for _, w := range c.ways {
		if w != nil {
			w.from.forget(w.key, w)
		}
	}
}

// forgetHost drops the connections of a host that is powered off.
func (t *table) forgetHost(h *Host) {
	for id, c := range t.conns {
		if id.from == h.id || id.to == h.id {
			t.forget(c)
		}
	}
}
