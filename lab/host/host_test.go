package host

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeWorld is a network in which every simulated address and port that somebody
// listens on is a loopback port; what nobody listens on refuses, and the
// addresses of dark swallow everything.
type fakeWorld struct {
	mu    sync.Mutex
	ports map[netip.AddrPort]string
	dark  map[netip.Addr]bool
	names map[string]netip.Addr
	dials []string // all that was dialled
}

func newFakeWorld() *fakeWorld {
	return &fakeWorld{ports: map[netip.AddrPort]string{}, dark: map[netip.Addr]bool{}, names: map[string]netip.Addr{}}
}

type fakeNet struct {
	w    *fakeWorld
	addr netip.Addr
}

func (n fakeNet) Addr() netip.Addr { return n.addr }

func (n fakeNet) Raw() (Raw, error) { return nil, errors.New("no raw sockets here") }

func (n fakeNet) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("dialling %q: not an address: %w", address, err)
	}
	n.w.mu.Lock()
	n.w.dials = append(n.w.dials, network+" "+address)
	real, ok := n.w.ports[to]
	dark := n.w.dark[to.Addr()]
	n.w.mu.Unlock()
	if network == "udp" && to.Port() == 53 {
		return n.w.resolver(), nil
	}
	if dark {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if !ok {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return new(net.Dialer).DialContext(ctx, network, real)
}

func (n fakeNet) Listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(address)
	at := netip.MustParseAddrPort(n.addr.String() + ":" + port)
	n.w.mu.Lock()
	n.w.ports[at] = l.Addr().String()
	n.w.mu.Unlock()
	return l, nil
}

// resolver answers each datagram written to it, as 10.0.0.2 would.
func (w *fakeWorld) resolver() net.Conn {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		buf := make([]byte, 512)
		for {
			n, err := far.Read(buf)
			if err != nil {
				return
			}
			q := new(dns.Msg)
			if q.Unpack(buf[:n]) != nil {
				return
			}
			a := new(dns.Msg).SetReply(q)
			w.mu.Lock()
			ip, ok := w.names[strings.TrimSuffix(q.Question[0].Name, ".")]
			w.mu.Unlock()
			if ok {
				a.Answer = append(a.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 5}, A: ip.AsSlice()})
			} else {
				a.Rcode = dns.RcodeNameError
			}
			out, _ := a.Pack()
			if _, err := far.Write(out); err != nil {
				return
			}
		}
	}()
	return near
}

// fakeClock is the lesson's time at some speed.
type fakeClock struct {
	real  time.Time
	speed float64
}

func (c fakeClock) Now() time.Time {
	return time.Date(2026, 11, 23, 12, 0, 31, 0, time.UTC).Add(time.Duration(float64(time.Since(c.real)) * c.speed))
}
func (c fakeClock) Real(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }
func (c fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(c.Real(d))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// keys are made once: they are the slow part of a test.
type testKeys struct {
	user    ssh.Signer
	userPEM []byte
	hosts   []ssh.Signer
}

var makeKeys = sync.OnceValue(func() testKeys {
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	_ = pub
	must(err)
	block, err := ssh.MarshalPrivateKey(private, "test")
	must(err)
	user, err := ssh.NewSignerFromKey(private)
	must(err)
	k := testKeys{user: user, userPEM: pem.EncodeToMemory(block)}
	_, hostEd, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	hostEC, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	for _, key := range []any{hostEd, hostEC} {
		s, err := ssh.NewSignerFromKey(key)
		must(err)
		k.hosts = append(k.hosts, s)
	}
	return k
})

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// lab is two hosts of one fake network.
type lab struct {
	w                *fakeWorld
	bastion, private *Host
}

func bootLab(t testing.TB, speed float64) *lab {
	t.Helper()
	l := &lab{w: newFakeWorld()}
	l.bastion = bootHost(t, l.w, "10.0.1.123", speed, nil)
	l.private = bootHost(t, l.w, "10.0.2.234", speed, nil)
	l.w.names["private.lab"] = netip.MustParseAddr("10.0.2.234")
	l.w.dark[netip.MustParseAddr("3.5.143.161")] = true
	return l
}

func bootHost(t testing.TB, w *fakeWorld, addr string, speed float64, change func(*Config)) *Host {
	t.Helper()
	k := makeKeys()
	c := Config{
		Hostname: "ip-" + strings.ReplaceAll(addr, ".", "-") + ".ap-northeast-2.compute.internal",
		Net:      fakeNet{w, netip.MustParseAddr(addr)}, Mask: 24, Clock: fakeClock{time.Now(), speed},
		HostKeys: k.hosts, AuthorizedKeys: []ssh.PublicKey{k.user.PublicKey()}, Disk: 300 << 20, Region: "ap-northeast-2", Seed: 1,
	}
	if change != nil {
		change(&c)
	}
	h, err := Boot(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// port is the loopback port behind a simulated address.
func (w *fakeWorld) port(at string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, port, _ := net.SplitHostPort(w.ports[netip.MustParseAddrPort(at)])
	return port
}

// run runs a command and returns its standard output, error and status.
func run(t testing.TB, h *Host, cmd, stdin string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	code = h.Run(ctx, cmd, strings.NewReader(stdin), &o, &e)
	return o.String(), e.String(), code
}

// keyFileOnDisk writes the user's key for real clients.
func keyFileOnDisk(t testing.TB) string {
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, makeKeys().userPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestConsole(t *testing.T) {
	h := bootHost(t, newFakeWorld(), "10.0.1.123", 100, nil)
	text := string(h.Console())
	for i, k := range h.config.HostKeys {
		line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k.PublicKey()))) + " root@" + h.config.Hostname + "\n"
		begin, end := strings.Index(text, "-----BEGIN SSH HOST KEY KEYS-----\n"), strings.Index(text, "-----END SSH HOST KEY KEYS-----")
		if at := strings.Index(text, line); at < begin || at > end || at < 0 {
			t.Errorf("key %d is not in the block of keys:\n%s", i, text)
		}
	}
	for _, want := range []string{
		"<14>Nov 23 12:00:3", " cloud-init: #############################################################\n",
		"cloud-init: -----BEGIN SSH HOST KEY FINGERPRINTS-----\n",
		"cloud-init: 256 " + ssh.FingerprintSHA256(h.config.HostKeys[1].PublicKey()) + " root@ip-10-0-1-123.ap-northeast-2.compute.internal (ECDSA)\n",
		"cloud-init: 256 " + ssh.FingerprintSHA256(h.config.HostKeys[0].PublicKey()) + " root@ip-10-0-1-123.ap-northeast-2.compute.internal (ED25519)\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the console lacks %q:\n%s", want, text)
		}
	}
}

func TestUserData(t *testing.T) {
	h := bootHost(t, newFakeWorld(), "10.0.1.123", 100, func(c *Config) {
		c.UserData = []byte("#!/bin/bash\nwhoami\necho made > /root/made\nno-such-command\n")
	})
	select {
	case <-h.Finished():
	case <-time.After(time.Minute):
		t.Fatalf("boot did not finish:\n%s", h.Console())
	}
	if !bytes.Contains(h.Console(), []byte("-----END SSH HOST KEY KEYS-----\n")) {
		t.Errorf("the console lacks the host keys:\n%s", h.Console())
	}
	out, _, _ := run(t, h, "sudo cat /var/log/cloud-init-output.log /root/made", "")
	want := "root\n/var/lib/cloud/instance-part-001: line 4: no-such-command: command not found\n"
	if !strings.HasPrefix(out, want) || !strings.HasSuffix(out, "made\n") || !strings.Contains(out, "WARNING") {
		t.Errorf("log %q, want %q, a warning, and the file", out, want)
	}
}

func TestBootErrors(t *testing.T) {
	if _, err := Boot(t.Context(), Config{}); err == nil {
		t.Error("a host without anything booted")
	}
}

// TestIdle holds the budget of a host that nobody uses.
func TestIdle(t *testing.T) {
	const hosts = 50
	w := newFakeWorld()
	measure := func() (heap uint64, goroutines int) {
		for range 3 {
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, runtime.NumGoroutine()
	}
	makeKeys()
	heap, goroutines := measure()
	for i := range hosts {
		bootHost(t, w, fmt.Sprintf("10.0.3.%d", i+1), 1, nil)
	}
	heap2, goroutines2 := measure()
	per, each := (heap2-heap)/hosts, float64(goroutines2-goroutines)/hosts
	t.Logf("%d KB and %.1f goroutines a host", per>>10, each)
	if per > 150<<10 || each > 6 {
		t.Errorf("an idle host costs %d KB and %.1f goroutines, want at most 150 and 6", per>>10, each)
	}
}
