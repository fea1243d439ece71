package host

import (
	"io"
	"sync"

	"golang.org/x/crypto/ssh"
)

// channel is a session's channel whose end may come while others write to it:
// the terminal echoes and the sftp server answers from goroutines of their own,
// and x/crypto's CloseWrite may not meet a Write.
type channel struct {
	ssh.Channel
	mu    sync.RWMutex
	ended bool
}

func (c *channel) Write(p []byte) (int, error) { return c.write(c.Channel, p) }

// Stderr is the channel's other stream, which ends with it.
func (c *channel) Stderr() io.ReadWriter { return &errStream{c.Channel.Stderr(), c} }

// CloseWrite waits for what is being written and lets no more through.
func (c *channel) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	return c.Channel.CloseWrite()
}

func (c *channel) write(w io.Writer, p []byte) (int, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.ended {
		return 0, io.EOF // as a write after the end says in x/crypto
	}
	return w.Write(p)
}

type errStream struct {
	io.ReadWriter
	c *channel
}

func (e *errStream) Write(p []byte) (int, error) { return e.c.write(e.ReadWriter, p) }
