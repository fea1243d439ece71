package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// The limits of sshd, in the lesson's time where they are times. However fast
// the lesson runs, a client gets patience of the machine's time.
const (
	maxPending    = 256               // connections that have not logged in (MaxStartups)
	maxChannels   = 256               // of one connection (MaxSessions)
	loginTime     = 2 * time.Minute   // to log in (LoginGraceTime)
	connectTime   = 131 * time.Second // a forwarded connection may take, as a kernel's
	probeInterval = time.Minute       // between questions whether the client still lives
	probeLimit    = 3                 // intervals without an answer after which it does not
	patience      = 15 * time.Second
)

func (h *Host) serverConfig() *ssh.ServerConfig {
	c := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-OpenSSH_9.9",
		MaxAuthTries:  6,
		PublicKeyCallback: func(conn ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if u := conn.User(); u != "ec2-user" && u != "root" {
				return nil, fmt.Errorf("invalid user %q", u)
			}
			// The file is read each time: a learner may edit it.
			data, _ := h.view(true).ReadFile("/home/ec2-user/.ssh/authorized_keys")
			for line := range bytes.Lines(data) {
				k, _, _, _, err := ssh.ParseAuthorizedKey(line)
				if err == nil && bytes.Equal(k.Marshal(), key.Marshal()) {
					return &ssh.Permissions{}, nil
				}
			}
			return nil, errors.New("unknown key")
		},
	}
	for _, k := range h.config.HostKeys {
		c.AddHostKey(k)
	}
	return c
}

// serve accepts connections until the listener is closed.
func (h *Host) serve() {
	for {
		conn, err := h.listener.Accept()
		if err != nil {
			if h.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			// Out of memory or of descriptors: others may end soon.
			select {
			case <-time.After(50 * time.Millisecond):
				continue
			case <-h.ctx.Done():
				return
			}
		}
		h.mu.Lock()
		full := h.pending >= maxPending
		if !full {
			h.pending++
		}
		h.conns[conn] = struct{}{}
		h.mu.Unlock()
		if full || !h.tasks.run(func() { h.handle(conn) }) {
			conn.Write([]byte("Exceeded MaxStartups\r\n"))
			h.forget(conn)
		}
	}
}

func (h *Host) forget(conn net.Conn) {
	conn.Close()
	h.mu.Lock()
	delete(h.conns, conn)
	h.mu.Unlock()
}

// handle is one connection from its first byte to its last.
func (h *Host) handle(conn net.Conn) {
	defer h.forget(conn)
	grace := time.AfterFunc(max(patience, h.config.Clock.Real(loginTime)), func() { conn.Close() })
	c, channels, requests, err := ssh.NewServerConn(conn, h.server)
	grace.Stop()
	h.mu.Lock()
	h.pending--
	h.mu.Unlock()
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	h.tasks.run(func() { h.probe(ctx, c) })
	h.tasks.run(func() {
		for r := range requests {
			// keepalive@openssh.com wants any answer; remote forwarding (-R) is
			// refused, like everything else that is global.
			if r.WantReply {
				r.Reply(false, nil)
			}
		}
	})
	var open atomic.Int32
	for nc := range channels {
		if open.Load() >= maxChannels {
			nc.Reject(ssh.ResourceShortage, "open failed")
			continue
		}
		open.Add(1)
		if !h.tasks.run(func() {
			defer open.Add(-1)
			switch nc.ChannelType() {
			case "session":
				h.session(ctx, c, nc)
			case "direct-tcpip":
				h.forward(ctx, nc)
			default:
				nc.Reject(ssh.UnknownChannelType, "unknown channel type")
			}
		}) {
			nc.Reject(ssh.ConnectionFailed, "the host is going down")
		}
	}
	c.Close()
}

// probe asks the client from time to time whether it is there, and closes the
// connection of one that has vanished.
func (h *Host) probe(ctx context.Context, c ssh.Conn) {
	answered := make(chan struct{}, 1)
	missed, asking := 0, false
	tick := time.NewTicker(h.probeEvery)
	defer tick.Stop()
	for missed < probeLimit {
		select {
		case <-ctx.Done():
			return
		case <-answered:
			missed, asking = 0, false
			continue
		case <-tick.C:
		}
		missed++
		if !asking {
			asking = h.tasks.run(func() {
				if _, _, err := c.SendRequest("keepalive@openssh.com", true, nil); err == nil {
					answered <- struct{}{}
				}
			})
		}
	}
	c.Close()
}
