package program

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"time"

	"gatewalk/lab/host/program/packet"
	"gatewalk/lab/host/program/resolv"
)

// Network returns the programs that use the network, by the names they are
// called by.
func Network() map[string]Func {
	return map[string]Func{
		"nslookup":   nslookup,
		"dig":        dig,
		"host":       hostCommand,
		"getent":     getent,
		"traceroute": traceroute,
		"ping":       ping,
		"curl":       curl,
		"ip":         ipCommand,
		"aws":        awsCommand,
	}
}

// Exit statuses that many programs share.
const (
	statusInterrupted = 130 // 128 + SIGINT
)

// Resolver is the host's stub resolver, configured by its files as they are
// now.
func (m *Machine) Resolver() *resolv.Resolver {
	r := &resolv.Resolver{
		Dial: m.Net.DialContext,
		Timer: func(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
			return m.timer(ctx, max(d, m.stretch(patience)))
		},
		Config: resolv.ParseConfig(m.text("/etc/resolv.conf")),
		Hosts:  resolv.ParseHosts(m.text("/etc/hosts")),
	}
	random := m.random()
	r.ID = func() uint16 { return uint16(random.Uint32()) }
	return r
}

// timer ends a context after d of the lesson.
func (m *Machine) timer(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, m.Clock.Real(d))
}

// text is the content of a file, "" if there is none.
func (m *Machine) text(name string) string {
	if m.Files == nil {
		return ""
	}
	b, _ := m.Files.ReadFile(name)
	return string(b)
}

// random is a source for one run of a program: another run at another time
// draws other ports, the same run of the same lab the same ones.
func (m *Machine) random() *rand.Rand {
	return rand.New(rand.NewPCG(m.Seed, uint64(m.Clock.Now().UnixNano())))
}

// patience is how much of the machine's own time a service of the lab gets that
// answers at once, such as the resolver: with a fast clock a busy machine would
// look like nobody there.
const patience = time.Second

// stretch is how long in the lesson the machine's d is. Programs add it to
// waits that are only as long as a packet's way, so that a fast clock does not
// turn the machine's own slowness into a loss.
func (m *Machine) stretch(d time.Duration) time.Duration {
	second := m.Clock.Real(time.Second)
	if second <= 0 {
		return d
	}
	return time.Duration(float64(d) * float64(time.Second) / float64(second))
}

// defaultTTL is that of AL2023's packets.
const defaultTTL = 127

// rawTo opens a raw socket for probes to a. The host's own addresses are
// answered by the host, as the kernel's loopback does: they never reach a wire.
func (p *Process) rawTo(ctx context.Context, a netip.Addr) (Raw, error) {
	if a != p.Net.Addr() && !a.IsLoopback() {
		return p.Net.Raw()
	}
	return &loopback{process: p, ctx: ctx, random: p.random()}, nil
}

// loopback is a raw socket on which the host answers itself.
type loopback struct {
	process *Process
	ctx     context.Context // of the one program that uses it
	random  *rand.Rand
	queue   []looped
}

type looped struct {
	packet []byte
	at     time.Time
}

func (l *loopback) Write(probe []byte) error { return l.WriteAt(probe, l.process.Clock.Now()) }

func (l *loopback) WriteAt(probe []byte, sent time.Time) error {
	open := false
	if len(probe) >= 24 && probe[9] == packet.TCP {
		to := netip.AddrPortFrom(netip.AddrFrom4([4]byte(probe[16:20])), binary.BigEndian.Uint16(probe[22:]))
		if conn, err := l.process.Net.DialContext(l.ctx, "tcp", to.String()); err == nil {
			conn.Close()
			open = true
		}
	}
	if b := packet.Answer(probe, defaultTTL, open); b != nil {
		took := time.Duration(15000 + l.random.IntN(40000)) // ns: two passes through a kernel
		l.queue = append(l.queue, looped{b, sent.Add(took)})
	}
	return nil
}

func (l *loopback) Read(ctx context.Context) ([]byte, time.Time, error) {
	if len(l.queue) > 0 {
		first := l.queue[0]
		l.queue = l.queue[1:]
		return first.packet, first.at, nil
	}
	<-ctx.Done()
	return nil, time.Time{}, ctx.Err()
}

func (l *loopback) Close() error { return nil }
