package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"gatewalk/steps/tutorial"
)

// With an endpoint that is not AWS's nobody is dialled but the proxy, whatever
// the environment says; with AWS's the environment has its way.
func TestDialer(t *testing.T) {
	const stranger = "198.51.100.7:22" // RFC 5737
	for _, proto := range []string{"socks5", "socks5h", "http"} {
		p := newProxy(t, proto)
		for _, noProxy := range []string{"", "*", "198.51.100.7"} {
			t.Setenv("ALL_PROXY", proto+"://kim:secret@"+p.addr)
			t.Setenv("NO_PROXY", noProxy)
			d, err := (&options{endpoint: "http://127.0.0.1:1"}).dialer()
			if err != nil {
				t.Fatal(err)
			}
			c, err := d.DialContext(t.Context(), "tcp", stranger)
			if err != nil {
				t.Fatalf("%s: %v", proto, err)
			}
			if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || line != "SSH-2.0-behind-"+proto+"\n" {
				t.Errorf("%s: behind the proxy is %q, %v", proto, line, err)
			}
			c.Close()
			if got := p.last(); got != stranger {
				t.Errorf("%s: the proxy was asked for %q", proto, got)
			}
			name := "ec2-198-51-100-7.ap-northeast-2.compute.amazonaws.com:22" // looked up by the proxy
			if c, err := d.DialContext(t.Context(), "tcp", name); err != nil || p.last() != name {
				t.Errorf("%s: for a name the proxy was asked for %q, %v", proto, p.last(), err)
			} else {
				c.Close()
			}
		}
	}
	t.Run("no proxy", func(t *testing.T) {
		t.Setenv("ALL_PROXY", "")
		if d, err := (&options{endpoint: "http://127.0.0.1:1"}).dialer(); d != nil || err != nil {
			t.Errorf("%v, %v: there is a way to a stranger", d, err)
		}
		if d, err := (&options{}).dialer(); d == nil || err != nil {
			t.Errorf("%v, %v: there is no way to AWS", d, err)
		}
	})
	for _, bad := range []string{"ftp://127.0.0.1:1", "nonsense", "socks4://127.0.0.1:1"} {
		t.Setenv("ALL_PROXY", bad)
		var exit *exitError
		if d, err := (&options{endpoint: "http://127.0.0.1:1"}).dialer(); d != nil || !errors.As(err, &exit) || exit.status != exitUsage {
			t.Errorf("%s: %v, %v", bad, d, err)
		}
	}
	t.Run("a proxy that refuses", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
		defer srv.Close()
		t.Setenv("NO_PROXY", "")
		t.Setenv("ALL_PROXY", srv.URL)
		d, err := (&options{}).dialer()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.DialContext(t.Context(), "tcp", stranger); err == nil || !strings.Contains(err.Error(), "407") {
			t.Errorf("it says %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := d.DialContext(ctx, "tcp", stranger); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled it says %v", err)
		}
	})
}

// Whose EC2 is, is asked of the SDK, which knows every way of naming an
// endpoint.
func TestEndpoint(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		env        map[string]string
		base, want string
	}{
		{name: "AWS"},
		{name: "flag", base: "http://127.0.0.1:1", want: "http://127.0.0.1:1"},
		{name: "AWS's own", base: "https://ec2.ap-northeast-2.amazonaws.com"},
		{name: "AWS's own in China", base: "https://ec2.cn-north-1.amazonaws.com.cn"},
		{name: "looks like AWS's", base: "https://amazonaws.com.example.org", want: "https://amazonaws.com.example.org"},
		{name: "looks like AWS's, too", base: "https://evilamazonaws.com", want: "https://evilamazonaws.com"},
		{name: "environment", env: map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, want: "http://127.0.0.1:1"},
		{name: "environment, EC2's", env: map[string]string{"AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:1"}, want: "http://127.0.0.1:1"},
		{name: "profile", file: "[default]\nendpoint_url = http://127.0.0.1:1\n", want: "http://127.0.0.1:1"},
		{name: "profile, EC2's", file: "[default]\nservices = here\n[services here]\nec2 =\n  endpoint_url = http://127.0.0.1:1\n", want: "http://127.0.0.1:1"},
		{name: "profile, another's", file: "[default]\nservices = here\n[services here]\ns3 =\n  endpoint_url = http://127.0.0.1:1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_PROFILE"} {
				t.Setenv(name, "") // so that it is put back
				unsetenv(t, name)
			}
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(motoRegion),
				config.WithSharedConfigFiles([]string{write(t, tt.file)}), config.WithSharedCredentialsFiles([]string{write(t, "")}))
			if err != nil {
				t.Fatal(err)
			}
			if tt.base != "" {
				cfg.BaseEndpoint = aws.String(tt.base)
			}
			if got := tutorial.Foreign(cfg); got != tt.want {
				t.Errorf("EC2 is %q, and is %q", got, tt.want)
			}
		})
	}
}

// testProxy takes note of what it is asked for, and answers itself.
type testProxy struct {
	addr  string
	mu    sync.Mutex
	asked []string
}

func (p *testProxy) note(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, addr)
}

func (p *testProxy) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[len(p.asked)-1]
}

func newProxy(t *testing.T, proto string) *testProxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	p := &testProxy{addr: ln.Addr().String()}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if proto == "http" {
					p.connect(c)
				} else {
					p.socks(c)
				}
				fmt.Fprintf(c, "SSH-2.0-behind-%s\n", proto)
				io.Copy(io.Discard, c)
			}()
		}
	}()
	return p
}

func (p *testProxy) connect(c net.Conn) {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil || r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") == "" {
		fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		return
	}
	p.note(r.Host)
	fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
}

// socks answers as RFC 1928 and 1929 have it.
func (p *testProxy) socks(c net.Conn) {
	read := func(n int) []byte {
		b := make([]byte, n)
		io.ReadFull(c, b)
		return b
	}
	read(int(read(2)[1])) // the methods
	c.Write([]byte{5, 2}) // user and password
	read(int(read(2)[1]))
	read(int(read(1)[0]))
	c.Write([]byte{1, 0})
	var host string
	switch read(4)[3] {
	case 1:
		host = net.IP(read(4)).String()
	case 3:
		host = string(read(int(read(1)[0])))
	}
	port := read(2)
	p.note(net.JoinHostPort(host, fmt.Sprint(int(port[0])<<8|int(port[1]))))
	c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
}

func unsetenv(t *testing.T, name string) {
	t.Helper()
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

// write makes a file of that text and names it.
func write(t *testing.T, text string) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}
