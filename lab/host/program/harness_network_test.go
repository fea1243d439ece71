package program

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/miekg/dns"
)

// realClock is the clock of the bubble that a test runs in (testing/synctest):
// waits take no time, and the times that are printed are exact.
type realClock struct{}

func (realClock) Now() time.Time                     { return time.Now() }
func (realClock) Real(d time.Duration) time.Duration { return d }
func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// testFiles are files in a map.
type testFiles struct {
	mu sync.Mutex
	fstest.MapFS
}

func newTestFiles(files map[string]string) *testFiles {
	f := &testFiles{MapFS: fstest.MapFS{}}
	for name, text := range files {
		f.MapFS[strings.TrimPrefix(name, "/")] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return f
}

func (f *testFiles) Open(name string) (fs.File, error) {
	return f.MapFS.Open(strings.TrimPrefix(name, "/"))
}

func (f *testFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	return f.MapFS.ReadDir(strings.TrimPrefix(name, "/"))
}

func (f *testFiles) Stat(name string) (fs.FileInfo, error) {
	return f.MapFS.Stat(strings.TrimPrefix(name, "/"))
}

func (f *testFiles) ReadFile(name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.MapFS.ReadFile(strings.TrimPrefix(name, "/"))
}

func (f *testFiles) WriteFile(name string, data []byte, perm fs.FileMode) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.MapFS[strings.TrimPrefix(name, "/")] = &fstest.MapFile{Data: bytes.Clone(data), Mode: perm}
	return nil
}

func (f *testFiles) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.MapFS, strings.TrimPrefix(name, "/"))
	return nil
}

// testNet is a network in memory: who listens where, which names there are,
// and what becomes of raw packets.
type testNet struct {
	addr   netip.Addr
	dns    map[string][]string                            // "name TYPE" to records; "name" to a single word such as NXDOMAIN
	serve  map[string]func(net.Conn)                      // by address and port; missing: silence
	refuse map[string]bool                                // by address and port
	probe  func(packet []byte, at time.Time) []testAnswer // what raw packets bring back
	asked  []string                                       // DNS questions
	mu     sync.Mutex
	wg     sync.WaitGroup
}

// testAnswer is a packet that comes back after a while.
type testAnswer struct {
	packet []byte
	after  time.Duration
}

func (n *testNet) Addr() netip.Addr { return n.addr }

func (n *testNet) Listen(string, string) (net.Listener, error) {
	return nil, errors.New("nobody listens")
}

func (n *testNet) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	serve := n.serve[address]
	if serve == nil && strings.HasSuffix(address, ":53") && n.dns != nil && address == "10.0.0.2:53" {
		serve = func(c net.Conn) { n.serveDNS(c, network) }
	}
	switch {
	case n.refuse[address] && network == "tcp":
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	case n.refuse[address]:
		serve = func(c net.Conn) { c.Close() }
	case serve == nil && network == "tcp":
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: network, Err: ctx.Err()}
	case serve == nil:
		serve = func(c net.Conn) { io.Copy(io.Discard, c) }
	}
	client, end := net.Pipe()
	server := newSender(end, n.wg.Go)
	n.wg.Go(func() {
		defer server.Close()
		serve(server)
	})
	if n.refuse[address] {
		return refusedConn{client}, nil
	}
	return client, nil
}

// sender is a pipe's end that does not wait for the reader, as a socket's
// buffer lets it be.
type sender struct {
	net.Conn
	queue chan []byte
	once  sync.Once
}

func newSender(c net.Conn, run func(func())) *sender {
	s := &sender{Conn: c, queue: make(chan []byte, 4096)}
	run(func() {
		defer c.Close()
		for b := range s.queue {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	})
	return s
}

func (s *sender) Write(b []byte) (int, error) {
	s.queue <- bytes.Clone(b)
	return len(b), nil
}

func (s *sender) Close() error {
	s.once.Do(func() { close(s.queue) })
	return nil
}

// refusedConn is a UDP socket after an ICMP port unreachable.
type refusedConn struct{ net.Conn }

func (refusedConn) Write(b []byte) (int, error) { return len(b), nil }
func (refusedConn) Read([]byte) (int, error) {
	return 0, &net.OpError{Op: "read", Net: "udp", Err: os.NewSyscallError("read", syscall.ECONNREFUSED)}
}

func (n *testNet) serveDNS(c net.Conn, network string) {
	if network == "udp" {
		b := make([]byte, 4096)
		for {
			size, err := c.Read(b)
			if err != nil {
				return
			}
			q := new(dns.Msg)
			if q.Unpack(b[:size]) != nil {
				return
			}
			if m := n.answer(q, network); m != nil {
				out, _ := m.Pack()
				c.Write(out)
			}
		}
	}
	b := make([]byte, 4096)
	size, err := c.Read(b[:2])
	if err != nil || size != 2 {
		return
	}
	size, _ = c.Read(b)
	q := new(dns.Msg)
	if q.Unpack(b[:size]) != nil {
		return
	}
	out, _ := n.answer(q, network).Pack()
	c.Write(append([]byte{byte(len(out) >> 8), byte(len(out))}, out...))
}

func (n *testNet) answer(q *dns.Msg, network string) *dns.Msg {
	question := q.Question[0]
	name, kind := strings.TrimSuffix(question.Name, "."), dns.Type(question.Qtype).String()
	n.mu.Lock()
	n.asked = append(n.asked, name+" "+kind)
	n.mu.Unlock()
	return zone(n.dns).answer(q, network)
}

// zone answers DNS questions from a map: "name TYPE" gives records, "name"
// alone a response code, TRUNCATED, or SILENT.
type zone map[string][]string

func (z zone) answer(q *dns.Msg, network string) *dns.Msg {
	question := q.Question[0]
	name, kind := strings.TrimSuffix(question.Name, "."), dns.Type(question.Qtype).String()
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	if opt := q.IsEdns0(); opt != nil {
		m.SetEdns0(4096, false)
	}
	if word := z[name]; len(word) == 1 {
		switch word[0] {
		case "SILENT":
			return nil
		case "TRUNCATED":
			if network == "udp" {
				m.Truncated = true
				return m
			}
		default:
			m.Rcode = dns.StringToRcode[word[0]]
			return m
		}
	}
	known := false
	for key := range z {
		known = known || key == name || strings.HasPrefix(key, name+" ")
	}
	if !known {
		m.Rcode = dns.RcodeNameError
		return m
	}
	for owner, hops := name, 0; hops < 4; hops++ {
		add := func(rrtype string, records []string) {
			for _, r := range records {
				rr, err := dns.NewRR(owner + ". 5 IN " + rrtype + " " + r)
				if err == nil {
					m.Answer = append(m.Answer, rr)
				}
			}
		}
		add(kind, z[owner+" "+kind])
		alias := z[owner+" CNAME"]
		if len(alias) == 0 || kind == "CNAME" {
			break
		}
		add("CNAME", alias)
		owner = strings.TrimSuffix(alias[0], ".")
	}
	if soa := z[name+" AUTHORITY"]; len(soa) > 0 && len(m.Answer) == 0 {
		rr, _ := dns.NewRR(soa[0])
		m.Ns = append(m.Ns, rr)
	}
	return m
}

// Raw is a raw socket on which the answers of probe arrive in their time.
func (n *testNet) Raw() (Raw, error) {
	return &testRaw{net: n, queue: make(chan testStamped, 1024), done: make(chan struct{})}, nil
}

type testStamped struct {
	packet []byte
	at     time.Time
}

type testRaw struct {
	net   *testNet
	queue chan testStamped
	done  chan struct{}
}

func (r *testRaw) Write(packet []byte) error {
	if r.net.probe == nil {
		return nil
	}
	now := time.Now()
	for _, a := range r.net.probe(bytes.Clone(packet), now) {
		at := now.Add(a.after)
		r.net.wg.Go(func() {
			select {
			case <-time.After(a.after):
				r.queue <- testStamped{a.packet, at}
			case <-r.done:
			}
		})
	}
	return nil
}

func (r *testRaw) Read(ctx context.Context) ([]byte, time.Time, error) {
	select {
	case p := <-r.queue:
		return p.packet, p.at, nil
	default:
	}
	select {
	case p := <-r.queue:
		return p.packet, p.at, nil
	case <-ctx.Done():
		return nil, time.Time{}, ctx.Err()
	}
}

func (r *testRaw) Close() error {
	close(r.done)
	return nil
}

// bastionConf is what an instance's files say.
var bastionConf = map[string]string{
	"/etc/resolv.conf": "nameserver 10.0.0.2\nsearch ap-northeast-2.compute.internal\n",
	"/etc/hosts":       "127.0.0.1   localhost localhost.localdomain\n",
}

// session runs programs on one machine.
type session struct {
	*Process
	out, err bytes.Buffer
	vars     map[string]string
}

func newSession(n Net) *session {
	s := &session{vars: map[string]string{"HOME": "/home/ec2-user"}}
	s.Process = &Process{
		Machine: &Machine{
			Hostname: "ip-10-0-1-123.ap-northeast-2.compute.internal", Net: n, Clock: realClock{},
			Files: newTestFiles(bastionConf), Mask: 24, Mac: "02:11:22:33:44:55", Seed: 7,
		},
		Stdin: strings.NewReader(""), Stdout: &s.out, Stderr: &s.err, Dir: "/home/ec2-user",
		Getenv: func(name string) string { return s.vars[name] },
		Setenv: func(name, value string) { s.vars[name] = value },
	}
	return s
}

// run runs one command line, split at blanks, and returns all that came of it.
func (s *session) run(ctx context.Context, t testing.TB, line string) (stdout, stderr string, status int) {
	t.Helper()
	return s.exec(ctx, t, strings.Fields(line)...)
}

func (s *session) exec(ctx context.Context, t testing.TB, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	f := Network()[args[0]]
	if f == nil {
		t.Fatalf("no program %q", args[0])
	}
	s.out.Reset()
	s.err.Reset()
	p := *s.Process
	p.Args = args
	status = f(ctx, &p)
	return s.out.String(), s.err.String(), status
}
