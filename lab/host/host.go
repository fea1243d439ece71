// Package host is one simulated instance: an sshd on the host's own network, a
// shell, files, and the programs a learner types.
//
// Everything a host does goes through the [Net], [Clock] and files it was given
// or made: nothing typed on it can reach the machine's network, disk, processes
// or environment. [Boot] starts it, and [Host.Close] returns when each of its
// goroutines has ended. Times are the lesson's. A Host is safe for concurrent
// use.
package host

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"gatewalk/lab/host/memfs"
	"gatewalk/lab/host/program"
)

// Net, Raw and Clock are what a host sees of the world.
type (
	Net   = program.Net
	Raw   = program.Raw
	Clock = program.Clock
)

// DiskSize is how many bytes of files a host holds unless told otherwise.
const DiskSize = 512 << 20

// Config is what an instance is launched with. Net, Clock, Hostname and HostKeys
// must be set.
type Config struct {
	Hostname       string          // "ip-10-0-1-123.ap-northeast-2.compute.internal"
	Net            Net             // all of the network it sees
	Mask           int             // prefix length of its subnet, for ip addr
	Mac            string          // of its network interface
	Resolver       netip.Addr      // for /etc/resolv.conf; zero means 10.0.0.2's like: base+2 of the /16 around Net.Addr
	Clock          Clock           // the lesson's time
	HostKeys       []ssh.Signer    // ed25519 and ecdsa
	AuthorizedKeys []ssh.PublicKey // of ec2-user
	Roots          *x509.CertPool  // certificate authorities that curl and aws trust
	Region         string          // "ap-northeast-2"
	UserData       []byte          // a script that begins with #! runs once, as root
	Disk           int64           // bytes of files it holds; 0 means DiskSize
	Seed           uint64          // of /dev/urandom
}

// Host is a running instance.
type Host struct {
	config   Config
	booted   time.Time
	fs       *memfs.FS
	programs map[string]program.Func
	user     *program.Machine // as ec2-user sees the host
	root     *program.Machine

	ctx       context.Context // ends with the host
	stop      context.CancelFunc
	tasks     tasks
	processes processes
	finished  chan struct{} // closed when cloud-init is through
	listener  net.Listener
	server    *ssh.ServerConfig
	// probeEvery is how often a client is asked whether it is there.
	probeEvery    time.Duration
	maxGoroutines int

	mu        sync.Mutex
	console   []byte
	conns     map[net.Conn]struct{}
	pending   int          // connections that have not logged in
	terminals map[int]*tty // by the number of their pts
	lastLogin string
	buckets   []string // that aws was asked about here, as s3://NAME
}

// Boot starts a host and returns when its sshd listens. The context bounds
// booting only; the host runs until Close. User data goes on running after
// Boot has returned, as it does on an instance.
func Boot(ctx context.Context, c Config) (*Host, error) {
	if c.Net == nil || c.Clock == nil || len(c.HostKeys) == 0 || c.Hostname == "" {
		return nil, errors.New("booting a host: Net, Clock, HostKeys and Hostname must be set")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h := &Host{config: c, booted: c.Clock.Now(), conns: map[net.Conn]struct{}{}, terminals: map[int]*tty{}, finished: make(chan struct{}), maxGoroutines: maxGoroutines}
	random := rand.NewChaCha8([32]byte{byte(c.Seed), byte(c.Seed >> 8), byte(c.Seed >> 16), byte(c.Seed >> 24), 'h', 'o', 's', 't'})
	h.fs = memfs.New(memfs.Options{Limit: cmp.Or(c.Disk, DiskSize), Now: c.Clock.Now, Random: func(p []byte) { random.Read(p) }})
	h.programs = program.Basic()
	maps.Copy(h.programs, program.Network())
	machine := func(uid uint32) *program.Machine {
		return &program.Machine{
			Hostname: c.Hostname, Net: c.Net, Clock: c.Clock, Files: h.fs.As(uid, uid), Roots: c.Roots, Mask: c.Mask,
			Mac: c.Mac, Seed: c.Seed, Booted: h.booted,
		}
	}
	h.user, h.root = machine(1000), machine(0)
	if err := h.install(); err != nil {
		return nil, fmt.Errorf("booting %s: %w", c.Hostname, err)
	}
	h.processes.boot(h.booted)
	h.server = h.serverConfig()
	h.probeEvery = max(patience, c.Clock.Real(probeInterval))
	listener, err := c.Net.Listen("tcp", ":22")
	if err != nil {
		return nil, fmt.Errorf("booting %s: listening for ssh: %w", c.Hostname, err)
	}
	h.listener = listener
	h.ctx, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	h.tasks.run(h.serve)
	h.cloudInit()
	return h, nil
}

// Close powers the host off: connections end, programs are stopped, and every
// goroutine has returned.
func (h *Host) Close() error {
	h.tasks.close()
	h.stop()
	err := h.listener.Close()
	h.mu.Lock()
	for c := range h.conns {
		c.Close()
	}
	h.mu.Unlock()
	h.tasks.wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("closing %s: %w", h.config.Hostname, err)
	}
	return nil
}

// Finished is closed when cloud-init has: user data has run, and the console has
// the host keys. Without user data that is before Boot returns.
func (h *Host) Finished() <-chan struct{} { return h.finished }

// Console is what the serial console shows: the boot, and the host keys in
// cloud-init's form. At most the last 64 KB are kept, as EC2 does.
func (h *Host) Console() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]byte(nil), h.console...)
}

// Run runs a command as ec2-user the way sshd does, without a terminal, and
// returns its exit status. Nil streams are empty.
func (h *Host) Run(ctx context.Context, cmd string, stdin io.Reader, stdout, stderr io.Writer) int {
	if !h.tasks.begin() {
		return 255
	}
	defer h.tasks.end()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	if stdin == nil {
		stdin = eof{}
	}
	out := &lockedWriter{w: stdout}
	errs := out
	if stderr != stdout {
		errs = &lockedWriter{w: stderr}
	}
	return h.command(ctx, start{
		env: h.environment(nil), out: out, err: errs,
		live: func(inner context.Context) io.Reader { return &eitherDone{inner, stdin} },
	}, cmd)
}

// command runs cmd in a shell as ec2-user; s holds the streams.
func (h *Host) command(ctx context.Context, s start, cmd string) int {
	s.name, s.dir = "bash", "/home/ec2-user"
	pid, remove := h.processes.add(h.shellEntry("?", []string{"bash", "-c", cmd}))
	defer remove()
	s.pid = pid
	sh, err := h.newShell(ctx, s)
	if err != nil {
		fmt.Fprintf(s.err, "bash: %s\n", err)
		return 126
	}
	return sh.eval(ctx, cmd, "bash: -c")
}

func (h *Host) shellEntry(terminal string, args []string) entry {
	return entry{Running: program.Running{User: "ec2-user", TTY: terminal, Started: h.config.Clock.Now(), Args: args}}
}

func (h *Host) view(root bool) *memfs.View { return h.machine(root).Files.(*memfs.View) }

func (h *Host) machine(root bool) *program.Machine {
	if root {
		return h.root
	}
	return h.user
}

const defaultPath = "/home/ec2-user/.local/bin:/home/ec2-user/bin:/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin"

// environment is what sshd sets for a login, and what the client sent of LANG
// and LC_*.
func (h *Host) environment(sent map[string]string) []string {
	env := []string{
		"HOME=/home/ec2-user", "LOGNAME=ec2-user", "PATH=" + defaultPath, "SHELL=/bin/bash", "USER=ec2-user", "SHLVL=1",
		"MAIL=/var/spool/mail/ec2-user",
	}
	if sent["LANG"] == "" {
		env = append(env, "LANG=C.UTF-8")
	}
	for name, value := range sent {
		env = append(env, name+"="+value)
	}
	return env
}

// eof is an empty input.
type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// lockedWriter lets programs that run side by side write to what is not safe
// for that; a nil writer takes everything.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.w == nil {
		return len(p), nil
	}
	return l.w.Write(p)
}
