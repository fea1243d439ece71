package probe

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Trace is what traceroute printed.
type Trace struct {
	Dest    netip.Addr
	MaxHops int
	Hops    []Hop
}

// Hop is one line: what became of the probes with this TTL.
type Hop struct {
	TTL    int
	Probes []Probe
}

// Probe is one packet's answer.
type Probe struct {
	From netip.Addr // zero for a star
	Name string     // "" with -n or where the address has none
	RTT  time.Duration
	Mark string // "!H", "!N", "!X" …; "" for none
}

// Reached reports whether the destination itself answered.
func (t Trace) Reached() bool {
	return slices.ContainsFunc(t.Hops, func(h Hop) bool {
		return slices.ContainsFunc(h.Probes, func(p Probe) bool { return p.From == t.Dest && t.Dest.IsValid() })
	})
}

// Silent reports whether no router and no destination answered any probe.
func (t Trace) Silent() bool {
	return !slices.ContainsFunc(t.Hops, func(h Hop) bool { return len(h.Addresses()) > 0 })
}

// Addresses are those that answered at this hop, in order, each once.
func (h Hop) Addresses() []netip.Addr {
	var addrs []netip.Addr
	for _, p := range h.Probes {
		if p.From.IsValid() && !slices.Contains(addrs, p.From) {
			addrs = append(addrs, p.From)
		}
	}
	return addrs
}

// Traceroute reads the output of the Linux traceroute, whole or so far.
func Traceroute(text string) (Trace, error) {
	var t Trace
	for i, line := range lines(text) {
		ok := true
		switch {
		case strings.TrimSpace(line) == "":
		case i == 0:
			t, ok = traceHeader(line)
		default:
			var h Hop
			if h, ok = traceHop(line); ok {
				t.Hops = append(t.Hops, h)
			}
		}
		if !ok {
			return t, &SyntaxError{"traceroute", i + 1, line}
		}
	}
	return t, nil
}

// traceHeader reads "traceroute to NAME (ADDR), 30 hops max, 60 byte packets".
func traceHeader(line string) (Trace, bool) {
	_, rest, ok := strings.Cut(line, " (")
	if !ok || !strings.HasPrefix(line, "traceroute to ") {
		return Trace{}, false
	}
	addr, rest, ok := strings.Cut(rest, "), ")
	dest, err := netip.ParseAddr(addr)
	if !ok || err != nil {
		return Trace{}, false
	}
	hops, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(hops)
	return Trace{Dest: dest, MaxHops: n}, err == nil
}

// traceHop reads " 2  name (addr)  1.234 ms * addr2 (addr2)  2.345 ms !X".
func traceHop(line string) (Hop, bool) {
	words := strings.Fields(line)
	ttl, err := strconv.Atoi(words[0])
	if err != nil {
		return Hop{}, false
	}
	h := Hop{TTL: ttl}
	var from netip.Addr
	var name string
	for i := 1; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "*":
			h.Probes = append(h.Probes, Probe{})
		case strings.HasPrefix(w, "!"):
			if len(h.Probes) == 0 {
				return h, false
			}
			h.Probes[len(h.Probes)-1].Mark = w
		case i+1 < len(words) && words[i+1] == "ms":
			ms, err := strconv.ParseFloat(w, 64)
			if err != nil || !from.IsValid() {
				return h, false
			}
			h.Probes = append(h.Probes, Probe{From: from, Name: name, RTT: time.Duration(ms * float64(time.Millisecond))})
			i++
		case i+1 < len(words) && strings.HasPrefix(words[i+1], "(") && strings.HasSuffix(words[i+1], ")"):
			addr, err := netip.ParseAddr(strings.Trim(words[i+1], "()"))
			if err != nil {
				return h, false
			}
			from, name = addr, w
			if name == addr.String() {
				name = ""
			}
			i++
		default: // -n: the address alone
			addr, err := netip.ParseAddr(w)
			if err != nil {
				return h, false
			}
			from, name = addr, ""
		}
	}
	return h, true
}
