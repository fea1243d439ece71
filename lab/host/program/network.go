package program

import (
	"context"
	"math/rand/v2"
	"time"

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
		Dial:   m.Net.DialContext,
		Timer:  m.timer,
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
