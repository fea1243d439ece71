// Package sshx reaches a private host through a bastion: dial, jump, run,
// shell, copy, and host keys that are always verified.
//
// The seam is [Dialer]: a *net.Dialer, a [Client] and anything else with that
// method can carry a connection, so a jump is recursion. Every blocking call
// takes a context; as an SSH connection knows no deadline of its own, the end
// of the context closes it. A [Client] is safe for concurrent use. The package
// uses golang.org/x/crypto/ssh and the standard library only.
package sshx

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// A Dialer opens a connection to "host:port".
type Dialer interface {
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// keepAlive is how often a silent connection is asked whether it lives, as
// OpenSSH's ServerAliveInterval is usually set.
const keepAlive = 15 * time.Second

// keepAliveRequest is a global request that no server knows and every server
// takes, as OpenSSH's own.
const keepAliveRequest = "keepalive@openssh.com"

// Target is one hop.
type Target struct {
	Addr string // "host:port"; the host is also the name that its key is known by
	User string
	Auth []ssh.AuthMethod
	// HostKey is required: there is no insecure default.
	HostKey ssh.HostKeyCallback
	// HostKeyAlgorithms are those that the host may prove itself by, the
	// preferred first ([Pins.Algorithms]); nil means x/crypto's own.
	HostKeyAlgorithms []string
	// KeepAlive is the interval of keep-alive requests: zero means 15 s, a
	// negative value none. A request that gets no answer for as long ends
	// the connection.
	KeepAlive time.Duration
}

// Client is a connection to one host, perhaps through others.
type Client struct {
	conn  *ssh.Client
	under *Client // the hop that carries this one; nil for the first
	hop   int
	addr  string

	stop func() // ends the keep-alive
	wg   sync.WaitGroup
	once sync.Once
	err  error
}

// Jump logs in to the first hop by d and to each next one through the one
// before it, as `ssh -J` does; a single hop is the host itself. Closing the
// client closes every hop. The error is an [*Error] whose Hop is the index of
// the target that failed.
func Jump(ctx context.Context, d Dialer, hops ...Target) (*Client, error) {
	if len(hops) == 0 {
		return nil, errors.New("jumping: no hop given")
	}
	var last *Client
	for i, t := range hops {
		next, err := dial(ctx, d, t, i)
		if err != nil {
			if last != nil {
				last.Close()
			}
			return nil, err
		}
		next.under = last
		last, d = next, next
	}
	return last, nil
}

func dial(ctx context.Context, d Dialer, t Target, hop int) (*Client, error) {
	phase := PhaseDial
	fail := func(err error) (*Client, error) {
		if ctx.Err() != nil {
			// The closed connection is only how the context shows.
			err = context.Cause(ctx)
		}
		return nil, &Error{Hop: hop, Addr: t.Addr, Phase: phase, Err: err}
	}
	if t.HostKey == nil {
		phase = PhaseHostKey
		return fail(errors.New("no host key callback given"))
	}
	raw, err := d.DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return fail(err)
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()

	// NewClientConn returns one opaque error; how far it came is seen by when
	// it asks for the host key.
	phase = PhaseHandshake
	config := &ssh.ClientConfig{
		User:              t.User,
		Auth:              t.Auth,
		HostKeyAlgorithms: t.HostKeyAlgorithms,
		HostKeyCallback: func(host string, remote net.Addr, key ssh.PublicKey) error {
			phase = PhaseHostKey
			if err := t.HostKey(host, remote, key); err != nil {
				return err
			}
			phase = PhaseAuth
			return nil
		},
	}
	conn, chans, reqs, err := ssh.NewClientConn(raw, t.Addr, config)
	if err != nil {
		raw.Close()
		return fail(err)
	}
	if !stop() {
		conn.Close()
		return fail(ctx.Err())
	}
	none := make(chan *ssh.Request)
	close(none) // the client would take them in silence
	c := &Client{conn: ssh.NewClient(conn, chans, none), hop: hop, addr: t.Addr}
	c.wg.Go(func() { answer(conn, reqs) })
	c.keepAlive(t.KeepAlive)
	return c, nil
}

// answer refuses what the far end asks for, and says a word where it only tells
// something. After a login OpenSSH tells its host keys, and more, in small
// packets, and its system holds each back until the one before it is
// acknowledged (Nagle), which ours, or the bastion's, puts off for 40 ms as long
// as there is nothing else to send (delayed acknowledgement). How many there are
// is not told, so a few words are said.
func answer(conn ssh.Conn, reqs <-chan *ssh.Request) {
	for r := range reqs {
		if r.WantReply {
			r.Reply(false, nil)
			continue
		}
		for pause := time.Duration(0); pause <= 4*time.Millisecond; pause = max(time.Millisecond, 2*pause) {
			time.Sleep(pause)
			conn.SendRequest(keepAliveRequest, false, nil)
		}
	}
}

// prompt says a word every millisecond until stop is called. While much is sent,
// the far end opens the window again in small packets, which its system holds
// back in the same way: a large copy would take three times as long.
func (c *Client) prompt() (stop func()) {
	done := make(chan struct{})
	c.wg.Go(func() {
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				c.conn.SendRequest(keepAliveRequest, false, nil) // lost with the connection, whose end the copy sees
			}
		}
	})
	return func() { close(done) }
}

// keepAlive asks the far end for a sign of life, so that a peer that vanished
// without a word is noticed.
func (c *Client) keepAlive(every time.Duration) {
	if every == 0 {
		every = keepAlive
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	if every < 0 {
		return
	}
	c.wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			late := time.AfterFunc(every, func() { c.conn.Close() })
			_, _, err := c.conn.SendRequest(keepAliveRequest, true, nil)
			late.Stop()
			if err != nil {
				return
			}
		}
	})
}

// DialContext opens a connection from the far host, as `ssh -W` does; the far
// host resolves the name.
func (c *Client) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return c.conn.DialContext(ctx, network, addr)
}

// Close ends the connection, and those that carry it. It may be called again.
func (c *Client) Close() error {
	c.once.Do(func() {
		c.stop()
		c.err = c.conn.Close()
		if c.under != nil {
			// Before the wait: a request through a host that has vanished ends
			// with the connection that carries it.
			c.err = errors.Join(c.err, c.under.Close())
		}
		c.wg.Wait()
	})
	return c.err
}

// Wait returns when the connection has ended, with the reason.
func (c *Client) Wait() error { return c.conn.Wait() }
