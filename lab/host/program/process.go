// Package program holds the programs that a learner types on an instance, as
// Go functions: each reads its arguments and streams from a [Process], reaches
// the network by the host's [Net] alone and files by the host's [Files] alone,
// and prints what the real program prints. Nothing here can touch the real
// network or the real disk.
package program

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"time"
)

// Net is all of the network that a host's programs can see.
type Net interface {
	// Addr is the primary private address.
	Addr() netip.Addr
	// DialContext connects; network is "tcp" or "udp", address an IP literal and port.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// Listen accepts connections; ":22" means every address of the host.
	Listen(network, address string) (net.Listener, error)
	// Raw opens an IP socket that sees every packet that reaches the host.
	Raw() (Raw, error)
}

// Raw is a raw IPv4 socket with the header included.
type Raw interface {
	// Write sends one whole IPv4 packet; checksums are filled in.
	Write(packet []byte) error
	// Read returns the next IPv4 packet that reached the host since Raw was
	// opened. at is the lesson's time as a network card would stamp it: when
	// the probe was sent plus the round trip of the path it took.
	Read(ctx context.Context) (packet []byte, at time.Time, err error)
	Close() error
}

// Clock is the lesson's time.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
	// Real is how long the machine takes for d of the lesson.
	Real(d time.Duration) time.Duration
}

// Files are the host's files, in memory. Names are absolute and clean.
type Files interface {
	fs.StatFS
	ReadFile(name string) ([]byte, error)
	WriteFile(name string, data []byte, perm fs.FileMode) error
	Remove(name string) error
}

// Machine is the part of a host that its programs share.
type Machine struct {
	Hostname string // "ip-10-0-1-123.ap-northeast-2.compute.internal"
	Net      Net
	Clock    Clock
	Files    Files
	Roots    *x509.CertPool // trusted certificate authorities
	Mask     int            // prefix length of the subnet
	Mac      string
	Seed     uint64
	Booted   time.Time
}

// Process is one running program.
type Process struct {
	*Machine
	Args   []string // Args[0] is the name it was called by
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	Setenv func(name, value string)
	Dir    string // working directory
	Root   bool   // uid 0 (under sudo)
	Tty    bool   // standard output is a terminal
	Cols   int    // its width, 0 if none
	// Prompt asks on the terminal without echo where hidden; nil without one.
	Prompt func(text string, hidden bool) (string, error)

	// Environ is the exported variables as "name=value", in order.
	Environ func() []string
	// Terminal is the terminal that the program was started on; nil without one.
	Terminal Terminal
	// Lookup finds a command by its name: its path, or false.
	Lookup func(name string) (path string, ok bool)
	PID    int
	// Processes lists what runs on the host.
	Processes func() []Running
	// Kill interrupts a process; false if there is none with that number, or
	// it is not the user's.
	Kill func(pid int) bool
	// Catch says that the program ends itself on Ctrl-C, as one with a handler
	// for it: until it has it may write, and its exit status counts.
	Catch func()
	// Spawn runs p.Args as another program and returns its exit status; p is a
	// changed copy of the caller's Process, for instance with Root set.
	Spawn func(ctx context.Context, p *Process) int
}

// Running is one row of ps.
type Running struct {
	PID     int
	User    string
	TTY     string // "pts/0", or "?"
	Started time.Time
	Args    []string
}

// Terminal is what a full-screen program needs of a terminal. Its input is read
// from the Terminal itself, as from /dev/tty; Process.Stdin may be a pipe.
type Terminal interface {
	io.Reader
	// Unread puts back keys that were read and are for who reads next.
	Unread(keys []byte)
	// Size is the number of cells; 0, 0 where the far end did not say.
	Size() (cols, rows int)
	// Raw hands every key over as typed, without echo, Ctrl-C included, until
	// restore is called.
	Raw() (restore func())
	// Watch calls f after each change of the size, until stop is called. Who
	// asks for the size after that misses none.
	Watch(f func()) (stop func())
}

// ErrTerminated is the cause of a context that ends as by SIGTERM, which no
// program here handles, rather than as by Ctrl-C.
var ErrTerminated = errors.New("terminated")

// Func is a program: it runs until done, or until ctx ends (Ctrl-C), and
// returns its exit status, 130 for an interrupt.
type Func func(ctx context.Context, p *Process) int
