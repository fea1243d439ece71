package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// SOCKS5 (RFC 1928), as far as a door needs it: no authentication, CONNECT.
const (
	socksVersion   = 5
	socksNoAuth    = 0
	socksNoMethod  = 0xff
	socksConnect   = 1
	socksIPv4      = 1
	socksName      = 3
	socksIPv6      = 4
	socksOK        = 0
	socksRefused   = 5
	socksNoHost    = 4
	socksNoCommand = 7
	socksNoAddress = 8
)

// ListenSOCKS opens a SOCKS5 door on loopback that stands where the learner's
// laptop stands on the lab's internet: for ALL_PROXY, curl and ssh. It returns
// its address; the lab's Close closes it.
func (l *Lab) ListenSOCKS(addr string) (string, error) {
	ln, err := listenLoopback(addr)
	if err != nil {
		return "", err
	}
	d := &door{dial: l.DialContext, ln: ln, patience: 30 * time.Second, conns: map[net.Conn]bool{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.wg.Go(d.accept)
	if err := l.own(d); err != nil {
		d.Close()
		return "", fmt.Errorf("opening a SOCKS door: %w", err)
	}
	return ln.Addr().String(), nil
}

type door struct {
	dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	ln       net.Listener
	patience time.Duration   // with who does not say where to
	ctx      context.Context // ends with the door, and its dials with it
	cancel   context.CancelFunc
	wg       sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func (d *door) Close() error {
	d.cancel()
	err := d.ln.Close()
	d.mu.Lock()
	for c := range d.conns {
		c.Close()
	}
	d.mu.Unlock()
	d.wg.Wait()
	return err
}

// keep remembers a connection so that Close reaches it; it reports false, with
// the connection closed, once the door is.
func (d *door) keep(c net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		c.Close()
		return false
	}
	d.conns[c] = true
	return true
}

func (d *door) drop(c net.Conn) {
	c.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.conns, c)
}

func (d *door) accept() {
	for {
		c, err := d.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors: others may end soon
			select {
			case <-time.After(50 * time.Millisecond):
				continue
			case <-d.ctx.Done():
				return
			}
		}
		if !d.keep(c) {
			return
		}
		d.wg.Go(func() {
			defer d.drop(c)
			d.serve(c)
		})
	}
}

func (d *door) serve(c net.Conn) {
	r := bufio.NewReader(c)
	c.SetDeadline(time.Now().Add(d.patience))
	addr, err := socksHello(r, c)
	if err != nil {
		return
	}
	c.SetDeadline(time.Time{})
	far, err := d.dial(d.ctx, "tcp", addr)
	if err != nil {
		code := byte(socksRefused)
		if dns := new(net.DNSError); errors.As(err, &dns) {
			code = socksNoHost
		}
		socksReply(c, code)
		return
	}
	if !d.keep(far) {
		return
	}
	defer d.drop(far)
	if socksReply(c, socksOK) != nil {
		return
	}
	carry := func(to net.Conn, from io.Reader) {
		if _, err := io.Copy(to, from); err != nil { // what breaks, breaks both ways
			c.Close()
			far.Close()
		}
		closeWrite(to)
	}
	up := make(chan struct{})
	d.wg.Go(func() {
		defer close(up)
		carry(far, r)
	})
	carry(c, far)
	<-up
}

// closeWrite passes an end of data on without ending the other direction.
func closeWrite(c net.Conn) {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		w.CloseWrite()
	} else {
		c.Close()
	}
}

// socksHello agrees on no authentication and reads where to connect to.
func socksHello(r *bufio.Reader, w io.Writer) (addr string, err error) {
	var b [4]byte
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return "", err
	}
	methods := make([]byte, b[1])
	if _, err := io.ReadFull(r, methods); err != nil {
		return "", err
	}
	method := byte(socksNoMethod)
	for _, m := range methods {
		if b[0] == socksVersion && m == socksNoAuth {
			method = m
		}
	}
	if _, err := w.Write([]byte{socksVersion, method}); err != nil || method == socksNoMethod {
		return "", errors.Join(err, errors.New("no method in common"))
	}
	if _, err := io.ReadFull(r, b[:4]); err != nil {
		return "", err
	}
	if b[1] != socksConnect {
		socksReply(w, socksNoCommand)
		return "", fmt.Errorf("command %d is not CONNECT", b[1])
	}
	host, err := socksHost(r, b[3])
	if err != nil {
		socksReply(w, socksNoAddress)
		return "", err
	}
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return "", err
	}
	return net.JoinHostPort(host, fmt.Sprint(binary.BigEndian.Uint16(b[:2]))), nil
}

func socksHost(r *bufio.Reader, kind byte) (string, error) {
	size := 0
	switch kind {
	case socksIPv4:
		size = 4
	case socksIPv6:
		size = 16
	case socksName:
		n, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		size = int(n)
	default:
		return "", fmt.Errorf("address type %d is not known", kind)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	if kind == socksName {
		if size == 0 || bytes.ContainsAny(b, "[]") {
			return "", fmt.Errorf("%q is not a name", b)
		}
		return string(b), nil
	}
	ip, _ := netip.AddrFromSlice(b)
	return ip.String(), nil
}

func socksReply(w io.Writer, code byte) error {
	_, err := w.Write([]byte{socksVersion, code, 0, socksIPv4, 0, 0, 0, 0, 0, 0})
	return err
}
