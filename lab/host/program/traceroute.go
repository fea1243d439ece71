package program

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"gatewalk/lab/host/program/resolv"
)

// trace is one run of traceroute: a window of probes moves over all of them,
// and the first that is not printed yet is either answered, given up, or waited
// for. What each wait is, and what may be given up when, are Butskoy's rules.
type trace struct {
	*traceOptions
	process *Process
	resolve *resolv.Resolver
	raw     Raw
	random  *rand.Rand
	addr    netip.Addr
	echoID  uint16

	probes []traceProbe
	began  time.Time
	lost   time.Duration // spent in name lookups, which no probe should pay for
	names  map[netip.Addr]string
}

func traceroute(ctx context.Context, p *Process) int {
	o, err := parseTrace(p.Args[1:])
	if help, ok := errors.AsType[errTraceHelp](err); ok {
		fmt.Fprint(p.Stderr, string(help))
		return 0
	}
	if err != nil {
		fmt.Fprintln(p.Stderr, err)
		return 2
	}
	resolver := p.Resolver()
	found, err := resolver.Host(ctx, o.host)
	if ctx.Err() != nil {
		return statusInterrupted
	}
	if err != nil {
		position := 1
		fmt.Fprintf(p.Stderr, "%s\nCannot handle \"host\" cmdline arg `%s' on position %d (argc %d)\n", err, o.host, position, len(p.Args)-1)
		return 2
	}
	if (o.method == "icmp" || o.method == "tcp") && !p.Root {
		fmt.Fprint(p.Stderr, "You do not have enough privileges to use this traceroute method.\nsocket: Operation not permitted\n")
		return 1
	}
	raw, err := p.rawTo(ctx, found.Addrs[0])
	if err != nil {
		fmt.Fprint(p.Stderr, "\nsocket: Network is unreachable\n")
		return 1
	}
	defer raw.Close()
	t := &trace{
		traceOptions: o, process: p, resolve: resolver, raw: raw, random: p.random(), addr: found.Addrs[0],
		probes: make([]traceProbe, o.max*o.queries), began: p.Clock.Now(), names: map[netip.Addr]string{},
	}
	t.echoID = uint16(t.random.Uint32())
	fmt.Fprintf(p.Stdout, "traceroute to %s (%s), %d hops max, %d byte packets", o.host, t.addr, o.max, t.packetSize())
	if err := t.run(ctx); err != nil {
		if ctx.Err() != nil {
			return statusInterrupted
		}
		fmt.Fprintf(p.Stderr, "\nsend: %s\n", Reason(err))
		return 1
	}
	fmt.Fprintln(p.Stdout)
	return 0
}

// watch is the trace's stopwatch: lesson's time less the time lost.
func (t *trace) watch() time.Duration { return t.process.Clock.Now().Sub(t.began) - t.lost }

// run sends, waits and prints until the last hop is printed. The error is that
// of sending, or of ctx.
func (t *trace) run(ctx context.Context) error {
	start, end := (t.first-1)*t.queries, len(t.probes)
	var lastSend time.Duration
	for start < end {
		if err := t.drain(ctx); err != nil {
			return err
		}
		var until time.Duration // on the watch; 0: nothing to wait for
		waiting := 0
		for n := start; n < end; n++ {
			p := &t.probes[n]
			if n == start && p.live && !p.done {
				until = p.due + t.patience(n)
				if until <= t.watch() {
					p.done, until = true, 0
					t.reconsider(n)
				}
			}
			if p.done {
				if n == start {
					t.print(ctx, n)
					start++
				}
				if p.last {
					end = (n/t.queries + 1) * t.queries
				}
				continue
			}
			if !p.live {
				if next := lastSend + seconds(t.sendwait); t.sendwait > 0 && lastSend > 0 && next > t.watch() {
					until = next
					break
				}
				if err := t.send(n); err != nil {
					return err
				}
				lastSend = p.due
			}
			if until == 0 {
				until = p.due + t.patience(n)
			}
			if waiting++; waiting >= t.sim {
				break
			}
		}
		if start >= end || until == 0 {
			continue
		}
		if err := t.receive(ctx, until-t.watch()); err != nil {
			return err
		}
	}
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// receive waits for one packet, at most for d of the lesson.
func (t *trace) receive(ctx context.Context, d time.Duration) error {
	wait, cancel := t.process.timer(ctx, max(d, 0))
	defer cancel()
	b, at, err := t.raw.Read(wait)
	switch {
	case err == nil:
		t.take(b, at)
	case ctx.Err() != nil:
		return ctx.Err()
	case wait.Err() == nil:
		return err
	}
	return nil
}

// drain takes all packets that are there already, so that none is given up
// whose answer only was not looked at.
func (t *trace) drain(ctx context.Context) error {
	over, cancel := context.WithCancel(ctx)
	cancel()
	for {
		b, at, err := t.raw.Read(over)
		if err != nil {
			return ctx.Err()
		}
		t.take(b, at)
	}
}

// grace is the machine's own delay that every probe is granted.
const grace = 25 * time.Millisecond

// patience is how long probe n is waited for: some times the round trip of an
// answer from the same hop, else of one from a later hop, else the maximum.
func (t *trace) patience(n int) time.Duration {
	most := t.wait
	times := func(p *traceProbe, factor float64) bool {
		if !p.done || p.rtt <= 0 {
			return false
		}
		most = min(most, (p.rtt.Seconds()+0.001)*factor) // the millisecond is for a coarse clock
		return true
	}
	limit := func() time.Duration {
		if most >= t.wait {
			return seconds(t.wait)
		}
		return max(seconds(most), t.process.stretch(grace))
	}
	if t.here > 0 {
		first := n - n%t.queries
		for i := first; i < first+t.queries; i++ {
			if i != n && times(&t.probes[i], t.here) {
				return limit()
			}
		}
	}
	if t.near > 0 {
		for i := n + 1; i < len(t.probes) && t.probes[i].live; i++ {
			if times(&t.probes[i], t.near) {
				return limit()
			}
		}
	}
	return limit()
}

// reconsider decides about a probe that was given up while a later one brought
// an error such as "!H": a router limits how many errors it sends, so the later
// answer may well belong here. Then it is moved here.
func (t *trace) reconsider(n int) {
	hop := n - n%t.queries
	for i := hop; i < n; i++ {
		if !t.probes[i].done || !t.probes[i].last {
			return // this hop has been passed already
		}
	}
	f := n + 1
	for f < len(t.probes) && t.probes[f].live && !t.probes[f].done {
		f++
	}
	if f >= len(t.probes) || !t.probes[f].live || !t.probes[f].last || t.probes[f].mark == "" {
		return
	}
	final := &t.probes[f]
	same := n > hop || f < hop+t.queries
	for i := n - 1; i >= 0 && !same; i-- {
		same = t.probes[i].from == final.from
	}
	if !same && final.ttl > 0 {
		same = t.hopsBack(n, final) <= n/t.queries+1
	}
	if same {
		t.probes[n] = *final
		*final = traceProbe{live: true, due: -time.Hour} // not to be sent again, nor waited for
	}
}

// hopsBack guesses from its TTL at which hop an answer was made, corrected by
// the nearest router before probe n that is known to be nearer.
func (t *trace) hopsBack(n int, final *traceProbe) int {
	back := ttlHops(final.ttl)
	for i := n - 1; i >= 0; i-- {
		p := &t.probes[i]
		if p.done && !p.last && p.ttl > 0 {
			if hops := ttlHops(p.ttl); hops < back {
				return back - hops + i/t.queries + 1
			}
		}
	}
	return back
}

// ttlHops is how many routers a packet passed, if it began with 64, 128 or 255.
func ttlHops(ttl uint8) int {
	switch {
	case ttl <= 64:
		return 65 - int(ttl)
	case ttl <= 128:
		return 129 - int(ttl)
	}
	return 256 - int(ttl)
}

// print shows probe n after those before it.
func (t *trace) print(ctx context.Context, n int) {
	began := t.process.Clock.Now()
	defer func() { t.lost += t.process.Clock.Now().Sub(began) }()
	p := &t.probes[n]
	text := ""
	if n%t.queries == 0 {
		text = fmt.Sprintf("\n%2d ", n/t.queries+1)
	}
	if !p.from.IsValid() {
		text += " *"
	} else if p.from != t.shown(n) {
		text += " " + t.name(ctx, p.from)
	}
	if p.rtt > 0 {
		text += fmt.Sprintf("  %.3f ms", float64(p.rtt.Nanoseconds())/1e6)
	}
	if p.mark != "" {
		text += " " + p.mark
	}
	fmt.Fprint(t.process.Stdout, text)
}

// shown is the address that stands last in the line of probe n.
func (t *trace) shown(n int) netip.Addr {
	for i := n - 1; i >= n-n%t.queries; i-- {
		if t.probes[i].from.IsValid() {
			return t.probes[i].from
		}
	}
	return netip.Addr{}
}

// name is an address as it is printed: "name (address)" unless -n.
func (t *trace) name(ctx context.Context, a netip.Addr) string {
	if t.numeric {
		return a.String()
	}
	name, known := t.names[a]
	if !known {
		name, _ = t.resolve.Addr(ctx, a)
		if name == "" {
			name = a.String()
		}
		t.names[a] = name
	}
	return fmt.Sprintf("%s (%s)", name, a)
}
