package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"golang.org/x/net/proxy"

	"gatewalk/sshx"
)

// dialer is how a public address is reached: directly, by ALL_PROXY, or, where
// the account is not Amazon's and there is no proxy, not at all (nil): an
// emulator's instances bear addresses that belong to strangers.
func (o *options) dialer() (sshx.Dialer, error) {
	direct := &net.Dialer{}
	named := cmp.Or(os.Getenv("ALL_PROXY"), os.Getenv("all_proxy"))
	if named == "" {
		if o.endpoint != "" {
			return nil, nil
		}
		return direct, nil
	}
	through, err := o.throughProxy(named, direct)
	if err != nil {
		return nil, err
	}
	if o.endpoint != "" { // NO_PROXY must not open a way around the proxy here
		return through, nil
	}
	some := proxy.NewPerHost(through, direct)
	some.AddFromString(cmp.Or(os.Getenv("NO_PROXY"), os.Getenv("no_proxy")))
	return some, nil
}

// bothDialers is what the proxy package asks of a dialer.
type bothDialers interface {
	sshx.Dialer
	proxy.Dialer
}

// throughProxy dials by a SOCKS 5 or an HTTP proxy, which looks names up.
func (o *options) throughProxy(named string, direct *net.Dialer) (bothDialers, error) {
	u, err := url.Parse(named)
	if err != nil || u.Host == "" {
		return nil, usage("%s", o.say().Wrong.Proxy)
	}
	switch u.Scheme {
	case "socks5", "socks5h":
		d, err := proxy.FromURL(u, direct)
		if err != nil {
			return nil, fmt.Errorf("ALL_PROXY: %w", err)
		}
		return d.(bothDialers), nil // as that package documents
	case "http":
		return &tunnel{u, direct}, nil
	}
	return nil, usage("%s", o.say().Wrong.Proxy)
}

// tunnel dials by the CONNECT method of an HTTP proxy (RFC 9110, 9.3.6).
type tunnel struct {
	proxy  *url.URL
	direct *net.Dialer
}

func (t *tunnel) Dial(network, addr string) (net.Conn, error) {
	return t.DialContext(context.Background(), network, addr)
}

func (t *tunnel) DialContext(ctx context.Context, network, addr string) (_ net.Conn, err error) {
	host := t.proxy.Host
	if t.proxy.Port() == "" {
		host = net.JoinHostPort(t.proxy.Hostname(), "80")
	}
	c, err := t.direct.DialContext(ctx, network, host)
	if err != nil {
		return nil, fmt.Errorf("reaching the proxy: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() && err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			c.Close()
		}
	}()
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{}}
	if u := t.proxy.User; u != nil {
		password, _ := u.Password()
		ask.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	if err := ask.Write(c); err != nil {
		return nil, fmt.Errorf("asking the proxy for %s: %w", addr, err)
	}
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, ask)
	if err != nil {
		return nil, fmt.Errorf("asking the proxy for %s: %w", addr, err)
	}
	if res.StatusCode/100 != 2 {
		return nil, fmt.Errorf("asking the proxy for %s: it answers %s", addr, res.Status)
	}
	return &early{c, in}, nil
}

// early is a connection whose first bytes were read with the proxy's answer.
type early struct {
	net.Conn
	in *bufio.Reader
}

func (c *early) Read(b []byte) (int, error) { return c.in.Read(b) }
