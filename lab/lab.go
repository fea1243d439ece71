// Package lab is AWS inside the process: an account (world), its APIs
// (awsapi), the wire (vnet) and the machines on it (host), composed into a
// [Lab] that needs no account, no root, no container and no network.
//
// Everything of a lab lives in its Lab value, so that many run in one process
// without touching. The one thing it opens on the machine is its API's
// listener, on loopback. A Lab is safe for concurrent use; Close stops it and
// waits for every goroutine.
package lab

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gatewalk/lab/awsapi"
	"gatewalk/lab/vnet"
	"gatewalk/lab/world"
)

// Options of a lab; the zero value is a new lab in Seoul that is kept nowhere.
type Options struct {
	// Seed decides ids, addresses, credentials and host keys; zero draws one.
	// A lab that is loaded keeps its own.
	Seed     uint64
	Region   string    // "" means ap-northeast-2
	Start    time.Time // of the lesson's clock; zero means now
	Speed    float64   // waits are this many times shorter; zero means 1
	StateDir string    // where the lab is kept after every change and loaded from; "" keeps nothing
	Listen   string    // of the API; "" means 127.0.0.1:0; loopback only
	Answers  string    // how S3's name is answered: "guide" (one address, the default) or "today" (eight)
	Logf     func(format string, args ...any)
}

// Lab is a running AWS.
type Lab struct {
	clock   *world.Clock
	world   *world.World
	journal *world.Journal // nil where the lab is kept nowhere
	net     *vnet.Net
	api     *awsapi.Server
	laptop  *vnet.Host
	ca      *authority
	logf    func(string, ...any)
	listen  net.Listener

	serving sync.Mutex
	servers []closer // in the order they are closed
	closed  bool     // none is added any more

	hosts  hosts
	cancel context.CancelFunc
	wg     sync.WaitGroup
	once   sync.Once
	err    error
}

type closer interface{ Close() error }

// Start starts a lab, or the one that StateDir holds. The context only bounds
// the start; the lab runs until Close.
func Start(ctx context.Context, o Options) (*Lab, error) {
	if o.Region == "" {
		o.Region = "ap-northeast-2"
	}
	if o.Start.IsZero() {
		o.Start = time.Now()
	}
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	l := &Lab{clock: world.NewClock(o.Start, o.Speed), logf: o.Logf}
	if err := l.start(ctx, o); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Lab) start(ctx context.Context, o Options) error {
	var err error
	if l.listen, err = listenLoopback(o.Listen); err != nil {
		return err
	}
	objects, err := l.open(o)
	if err != nil {
		return err
	}
	if l.ca, err = newAuthority(l.clock.Now()); err != nil {
		return err
	}
	l.net = vnet.New(vnet.Options{Router: l.world, Clock: l.clock})
	l.api = awsapi.New(l.world, objects)

	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l.cancel = cancel
	if err := l.startServices(); err != nil {
		return err
	}
	l.startHosts(running)
	l.wg.Go(func() { l.world.Live(running) })
	l.serve(l.listen, l.api)
	return nil
}

// open makes the world and the object store, or loads them.
func (l *Lab) open(o Options) (*awsapi.Objects, error) {
	options := world.Options{Seed: o.Seed, Region: o.Region, Account: "123456789012", Clock: l.clock, Answers: o.Answers}
	objectDir := ""
	if o.StateDir != "" {
		if err := os.MkdirAll(o.StateDir, 0o700); err != nil {
			return nil, fmt.Errorf("keeping the lab: %w", err)
		}
		objectDir = filepath.Join(o.StateDir, "objects")
		var err error
		if l.journal, options.State, err = world.OpenJournal(o.StateDir); err != nil {
			return nil, fmt.Errorf("loading the lab: %w", err)
		}
		options.Save = l.journal.Save
	}
	if options.Seed == 0 {
		var b [8]byte
		rand.Read(b[:])
		options.Seed = binary.LittleEndian.Uint64(b[:]) | 1
	}
	l.world = world.New(options)
	objects, err := awsapi.OpenObjects(objectDir)
	if err != nil {
		return nil, fmt.Errorf("loading the lab's objects: %w", err)
	}
	return objects, l.ensureAdministrator()
}

// serve answers HTTP on ln until the lab closes.
func (l *Lab) serve(ln net.Listener, h http.Handler, options ...func(*http.Server)) {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(logWriter(l.logf), "", 0)}
	for _, o := range options {
		o(srv)
	}
	if l.own(srv) != nil {
		ln.Close()
		return
	}
	l.wg.Go(func() { srv.Serve(ln) })
}

// own has Close close c, too; a lab that is closed takes nothing on.
func (l *Lab) own(c closer) error {
	l.serving.Lock()
	defer l.serving.Unlock()
	if l.closed {
		return net.ErrClosed
	}
	l.servers = append(l.servers, c)
	return nil
}

type logWriter func(string, ...any)

func (w logWriter) Write(p []byte) (int, error) { w("%s", p); return len(p), nil }

// listenLoopback opens a door on this machine, and on no other's network.
func listenLoopback(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", addr, err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listening on %q: the lab opens its doors on loopback only, such as 127.0.0.1:0", addr)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", addr, err)
	}
	return ln, nil
}

// Endpoint is the URL of every API of the lab, for AWS_ENDPOINT_URL.
func (l *Lab) Endpoint() string { return "http://" + l.listen.Addr().String() }

// Region is the lab's region.
func (l *Lab) Region() string { return l.world.Snapshot().Region }

// Clock is the lesson's time.
func (l *Lab) Clock() *world.Clock { return l.clock }

// World is the account itself: for tests and for faults that no API makes.
func (l *Lab) World() *world.World { return l.world }

// Net is the wire: for captures.
func (l *Lab) Net() *vnet.Net { return l.net }

// API is the control plane: for its call log and for faults.
func (l *Lab) API() *awsapi.Server { return l.api }

// Watch calls f with the fate of packets, once a flow and change.
func (l *Lab) Watch(f func(vnet.Sighting)) (stop func()) { return l.net.Watch(f) }

// Close stops everything. It may be called again.
func (l *Lab) Close() error {
	l.once.Do(func() {
		if l.cancel != nil {
			l.cancel()
		}
		l.serving.Lock()
		l.closed = true
		l.serving.Unlock()
		for _, s := range l.servers {
			l.err = errors.Join(l.err, s.Close())
		}
		l.hosts.close()
		if l.net != nil {
			l.err = errors.Join(l.err, l.net.Close())
		}
		if l.listen != nil {
			l.listen.Close()
		}
		l.wg.Wait()
		if l.journal != nil {
			l.err = errors.Join(l.err, l.journal.Close())
		}
	})
	return l.err
}
