package program

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"

	"golang.org/x/net/http/httpproxy"

	"gatewalk/lab/host/program/resolv"
)

// open connects to where a URL points, through a proxy if the environment says
// so. The error is that of ctx, or a *webError.
func (w *web) open(ctx context.Context, u *url.URL) (*webConn, error) {
	target := hostPort(u)
	host, port, _ := net.SplitHostPort(target)
	fail := &webError{Host: host, Port: port}
	proxy, err := w.proxyFor(u)
	if err != nil {
		fail.Err = err
		return nil, fail
	}
	first := target
	if proxy != nil {
		first = hostPort(proxy)
		fail.Proxy = proxy.String()
	}
	conn, err := w.dial(ctx, first, fail)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	give := func(p phase, err error) (*webConn, error) {
		conn.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		fail.Phase, fail.Err = p, err
		fail.TimedOut = errors.Is(err, os.ErrDeadlineExceeded)
		return nil, fail
	}
	c := &webConn{Conn: conn, raw: conn, place: place(u), read: bufio.NewReader(conn)}
	if proxy != nil && u.Scheme == "http" {
		c.proxy = proxy
	}
	if u.Scheme != "https" {
		return c, nil
	}
	if proxy != nil {
		status, err := tunnel(c, target)
		if err != nil {
			return give(phaseProxy, err)
		}
		if fail.Status = status; status != http.StatusOK {
			return give(phaseProxy, fmt.Errorf("proxy answered %d", status))
		}
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if w.connect > 0 {
		limited, cancel = w.process.timer(ctx, w.connect)
	}
	defer cancel()
	roots := w.process.Roots
	if roots == nil {
		roots = x509.NewCertPool() // nil would mean the machine's own
	}
	secure := tls.Client(conn, &tls.Config{
		ServerName: host, RootCAs: roots, Time: w.process.Clock.Now,
		InsecureSkipVerify: w.insecure, NextProtos: []string{"http/1.1"},
	})
	if err := secure.HandshakeContext(limited); err != nil {
		c, e := give(phaseTLS, err)
		fail.TimedOut = fail.TimedOut || limited.Err() != nil
		return c, e
	}
	state := secure.ConnectionState()
	if w.tell != nil {
		w.tell.secured(host, state)
	}
	c.Conn, c.read, c.state = secure, bufio.NewReader(secure), &state
	return c, nil
}

// tunnel asks a proxy for a connection to target and returns its status.
func tunnel(c *webConn, target string) (int, error) {
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: target}, Host: target, Header: http.Header{}}
	if err := r.Write(c.Conn); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(c.read, r)
	if err != nil {
		return 0, err
	}
	response.Body.Close()
	return response.StatusCode, nil
}

// dial tries every address of a name, as long as each may take.
func (w *web) dial(ctx context.Context, address string, fail *webError) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		fail.Err = err
		return nil, fail
	}
	found := resolv.Lookup{}
	if a, ok := w.fixed[address]; ok {
		found.Addrs = []netip.Addr{a}
	} else if found, err = w.process.Resolver().Host(ctx, host); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		fail.Err = err
		return nil, fail
	}
	fail.Phase = phaseConnect
	if _, literal := resolv.ParseIPv4(host); w.tell != nil && !literal {
		w.tell.resolved(host, port, found.Addrs)
	}
	for _, a := range found.Addrs {
		at, err := netip.ParseAddrPort(net.JoinHostPort(a.String(), port))
		if err != nil {
			fail.Err = err
			return nil, fail
		}
		if w.tell != nil {
			w.tell.trying(at)
		}
		conn, err := w.dialOne(ctx, at, fail)
		if ctx.Err() != nil {
			if conn != nil {
				conn.Close()
			}
			return nil, ctx.Err()
		}
		if err == nil {
			if w.tell != nil {
				w.tell.connected(host, at, conn.LocalAddr())
			}
			return &quietConn{Conn: conn, process: w.process, limit: w.silence}, nil
		}
		if w.tell != nil {
			w.tell.failed(at, err)
		}
		fail.Err = err
	}
	return nil, fail
}

func (w *web) dialOne(ctx context.Context, at netip.AddrPort, fail *webError) (net.Conn, error) {
	limited, cancel := ctx, context.CancelFunc(func() {})
	if w.connect > 0 {
		limited, cancel = w.process.timer(ctx, w.connect)
	}
	defer cancel()
	conn, err := w.process.Net.DialContext(limited, "tcp", at.String())
	fail.TimedOut = err != nil && (limited.Err() != nil || Reason(err) == "Connection timed out")
	return conn, err
}

// proxyFor reads the proxy variables as libcurl and Python's requests do.
func (w *web) proxyFor(u *url.URL) (*url.URL, error) {
	if w.direct {
		return nil, nil
	}
	first := func(names ...string) string {
		for _, n := range names {
			if v := w.process.Getenv(n); v != "" {
				return v
			}
		}
		return ""
	}
	c := httpproxy.Config{
		HTTPProxy:  first("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"),
		HTTPSProxy: first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
		NoProxy:    first("no_proxy", "NO_PROXY"),
	}
	return c.ProxyFunc()(u)
}
