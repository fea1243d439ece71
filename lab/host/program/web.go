package program

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"time"
)

// web is the HTTP/1.1 client of curl and aws. It is not net/http's: these
// programs tell their user which phase of which attempt failed, and one that
// has ended must leave nothing running behind. It serves one goroutine.
type web struct {
	process  *Process
	connect  time.Duration // for one address, and for a TLS handshake; 0: no end
	silence  time.Duration // between two pieces of an answer; 0: no end
	insecure bool
	fixed    map[string]netip.Addr // "host:port" to an address that need not be asked for
	direct   bool                  // no proxy
	tell     webTell               // nil: nothing
	idle     *webConn              // kept for the next request to the same place
	head     []byte                // of the latest answer, as it came
}

// webTell hears what happens to a connection, for curl -v.
type webTell interface {
	trying(a netip.AddrPort)
	failed(a netip.AddrPort, err error)
	connected(host string, a netip.AddrPort, local net.Addr)
	resolved(host, port string, found []netip.Addr)
	secured(host string, s tls.ConnectionState)
	sent(head []byte)
	reused(host string)
}

// A phase is how far a request came.
type phase int

const (
	phaseResolve phase = iota
	phaseConnect
	phaseProxy // CONNECT
	phaseTLS
	phaseSend
	phaseReceive
)

// A webError is a request without an answer.
type webError struct {
	Phase    phase
	Host     string // as it was asked for
	Port     string
	Proxy    string // URL of the proxy that was spoken to, or ""
	TimedOut bool
	Status   int // of CONNECT
	Err      error
}

func (e *webError) Error() string {
	return fmt.Sprintf("requesting from %s:%s (phase %d): %v", e.Host, e.Port, e.Phase, e.Err)
}
func (e *webError) Unwrap() error { return e.Err }

// webConn is a connection to one place.
type webConn struct {
	net.Conn
	raw   net.Conn // below TLS
	place string
	read  *bufio.Reader
	proxy *url.URL // of a plain request through a proxy
	state *tls.ConnectionState
}

// Close ends the connection without TLS's farewell, which a far end that does
// not read would make it wait for.
func (c *webConn) Close() error { return c.raw.Close() }

// do sends a request and returns its answer, whose body must be closed. The
// error is that of ctx, or a *webError.
func (w *web) do(ctx context.Context, r *http.Request) (*http.Response, error) {
	c, again := w.take(r.URL), true
	if c == nil {
		var err error
		if c, err = w.open(ctx, r.URL); err != nil {
			return nil, err
		}
		again = false
	}
	response, err := w.exchange(ctx, c, r)
	if err != nil && again && ctx.Err() == nil && (r.Body == nil || r.GetBody != nil) {
		// The far end may have closed a kept connection at any time.
		if r.GetBody != nil {
			r.Body, _ = r.GetBody()
		}
		if c, err = w.open(ctx, r.URL); err != nil {
			return nil, err
		}
		response, err = w.exchange(ctx, c, r)
	}
	return response, err
}

// close drops the connection that is kept.
func (w *web) close() {
	if w.idle != nil {
		w.idle.Close()
		w.idle = nil
	}
}

func place(u *url.URL) string { return u.Scheme + "://" + hostPort(u) }

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func (w *web) take(u *url.URL) *webConn {
	c := w.idle
	if c == nil {
		return nil
	}
	w.idle = nil
	if c.place != place(u) {
		c.Close()
		return nil
	}
	if w.tell != nil {
		w.tell.reused(u.Hostname())
	}
	return c
}

// exchange writes a request and reads the head of its answer.
func (w *web) exchange(ctx context.Context, c *webConn, r *http.Request) (*http.Response, error) {
	fail := &webError{Phase: phaseSend, Host: r.URL.Hostname(), Port: r.URL.Port()}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	give := func(err error) (*http.Response, error) {
		stop()
		c.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		fail.Err, fail.TimedOut = err, errors.Is(err, os.ErrDeadlineExceeded)
		return nil, fail
	}
	head := &headRecorder{w: bufio.NewWriter(c), want: w.tell != nil}
	write := r.Write
	if c.proxy != nil {
		write = r.WriteProxy
	}
	sendErr := write(head)
	if sendErr == nil {
		sendErr = head.w.Flush()
	}
	if w.tell != nil {
		w.tell.sent(head.head)
	}
	// An answer may be there although sending failed: a refusal of the upload.
	fail.Phase = phaseReceive
	response, err := w.answer(c, r)
	for err == nil && response.StatusCode/100 == 1 {
		response, err = w.answer(c, r)
	}
	if err != nil {
		if sendErr != nil && err != io.EOF {
			err = sendErr
		}
		return give(err)
	}
	response.Body = &webBody{ReadCloser: response.Body, ctx: ctx, stop: stop, done: func(whole bool) {
		if whole && !response.Close && sendErr == nil && w.idle == nil {
			w.idle = c
			return
		}
		c.Close()
	}}
	return response, nil
}

// maxHead is how long the head of an answer may be, in bytes.
const maxHead = 300 << 10

// answer reads the head of an answer, and keeps it as it came.
func (w *web) answer(c *webConn, r *http.Request) (*http.Response, error) {
	w.head = w.head[:0]
	for {
		line, err := c.read.ReadSlice('\n')
		w.head = append(w.head, line...)
		if len(w.head) > maxHead {
			return nil, errors.New("malformed HTTP response: too large a head")
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			if len(w.head) > 0 && err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
	}
	c.read = bufio.NewReader(io.MultiReader(bytes.NewReader(bytes.Clone(w.head)), c.read))
	return http.ReadResponse(c.read, r)
}

// headRecorder keeps what is written up to the empty line.
type headRecorder struct {
	w    *bufio.Writer
	want bool
	head []byte
}

func (h *headRecorder) Write(b []byte) (int, error) {
	for i := 0; h.want && i < len(b); i++ {
		h.head = append(h.head, b[i])
		h.want = !(len(h.head) >= 4 && string(h.head[len(h.head)-4:]) == "\r\n\r\n")
	}
	return h.w.Write(b)
}

// webBody hands the connection back at the end of an answer.
type webBody struct {
	io.ReadCloser
	ctx   context.Context
	stop  func() bool
	done  func(whole bool)
	whole bool
}

func (b *webBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF:
		b.whole = true
	case err != nil && b.ctx.Err() != nil:
		err = b.ctx.Err()
	}
	return n, err
}

func (b *webBody) Close() error {
	if b.done == nil {
		return nil
	}
	b.whole = b.whole || b.ReadCloser == http.NoBody
	b.stop()
	b.done(b.whole && b.ctx.Err() == nil)
	b.done = nil
	return nil
}

// quietConn gives up on a peer that is silent for too long.
type quietConn struct {
	net.Conn
	process *Process
	limit   time.Duration
}

func (c *quietConn) Read(b []byte) (int, error) {
	if c.limit > 0 {
		// A socket's deadline is the machine's time, whatever the lesson's is.
		c.Conn.SetReadDeadline(time.Now().Add(c.process.Clock.Real(c.limit)))
	}
	n, err := c.Conn.Read(b)
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		err = os.ErrDeadlineExceeded
	}
	return n, err
}
