package program

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// curlClock notes when a transfer got how far.
type curlClock struct{ run *curlRun }

func (c *curlClock) passed() time.Duration { return c.run.Clock.Now().Sub(c.run.began) }

func (c *curlClock) resolved(string, string, []netip.Addr) { c.run.info.resolved = max(c.passed(), 1) }
func (c *curlClock) trying(netip.AddrPort) {
	c.run.info.resolved = max(c.run.info.resolved, c.passed(), 1)
}
func (c *curlClock) failed(netip.AddrPort, error) {}
func (c *curlClock) connected(_ string, a netip.AddrPort, _ net.Addr) {
	c.run.info.connected = max(c.passed(), 1)
	c.run.info.remote, c.run.info.port = a.Addr().String(), strconv.Itoa(int(a.Port()))
}
func (c *curlClock) secured(string, tls.ConnectionState) { c.run.info.secured = c.passed() }
func (c *curlClock) sent([]byte)                         {}
func (c *curlClock) reused(string)                       {}

// curlVerbose tells of it on standard error, for -v.
type curlVerbose struct {
	run    *curlRun
	remote netip.AddrPort
	local  net.Addr
}

func (v *curlVerbose) say(format string, args ...any) {
	fmt.Fprintf(v.run.Stderr, "* "+format+"\n", args...)
}

func (v *curlVerbose) clock() *curlClock { return &curlClock{v.run} }

func (v *curlVerbose) resolved(host, port string, found []netip.Addr) {
	v.clock().resolved(host, port, found)
	words := make([]string, len(found))
	for i, a := range found {
		words[i] = a.String()
	}
	v.say("Host %s:%s was resolved.", host, port)
	v.say("IPv6: (none)")
	v.say("IPv4: %s", strings.Join(words, ", "))
}

func (v *curlVerbose) trying(a netip.AddrPort) {
	v.clock().trying(a)
	v.say("  Trying %s...", a)
}

func (v *curlVerbose) failed(a netip.AddrPort, err error) {
	v.say("connect to %s port %d from %s port 0 failed: %s", a.Addr(), a.Port(), v.run.Net.Addr(), Reason(err))
}

func (v *curlVerbose) connected(host string, a netip.AddrPort, local net.Addr) {
	v.clock().connected(host, a, local)
	v.remote, v.local = a, local
	if !strings.HasPrefix(v.run.info.effective, "https:") {
		v.established(host)
	}
}

func (v *curlVerbose) established(host string) {
	from := netip.AddrPortFrom(v.run.Net.Addr(), 0)
	if a, err := netip.ParseAddrPort(v.local.String()); err == nil {
		from = a
	}
	v.say("Established connection to %s (%s port %d) from %s port %d ", host, v.remote.Addr(), v.remote.Port(), from.Addr(), from.Port())
}

func (v *curlVerbose) secured(host string, s tls.ConnectionState) {
	v.clock().secured(host, s)
	v.say("SSL connection using %s / %s / %s / %s", strings.ReplaceAll(tls.VersionName(s.Version), "TLS 1.", "TLSv1."), tls.CipherSuiteName(s.CipherSuite),
		s.CurveID, "id-ecPublicKey")
	v.say("Server certificate:")
	if len(s.PeerCertificates) > 0 {
		c := s.PeerCertificates[0]
		const day = "Jan _2 15:04:05 2006 GMT"
		v.say("  subject: %s", c.Subject)
		v.say("  start date: %s", c.NotBefore.UTC().Format(day))
		v.say("  expire date: %s", c.NotAfter.UTC().Format(day))
		v.say("  issuer: %s", c.Issuer)
	}
	if v.run.insecure {
		v.say("SSL certificate verification failed, continuing anyway!")
	} else {
		v.say("SSL certificate verified via OpenSSL.")
	}
	v.established(host)
}

func (v *curlVerbose) sent(head []byte) {
	v.say("using HTTP/1.x")
	for line := range strings.Lines(string(head)) {
		fmt.Fprintf(v.run.Stderr, "> %s\n", strings.TrimRight(line, "\r\n"))
	}
	v.say("Request completely sent off")
}

func (v *curlVerbose) reused(host string) {
	v.say("Re-using existing http: connection with host %s", host)
}

// curlMeter is the progress meter on standard error.
type curlMeter struct {
	run   *curlRun
	on    bool
	total int64
	began time.Time
	last  time.Time
}

func (m *curlMeter) begin() {
	if !m.on {
		return
	}
	m.began = m.run.began
	fmt.Fprint(m.run.Stderr, "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"+
		"                                 Dload  Upload   Total   Spent    Left  Speed\n")
	m.draw(true)
}

// draw shows how far it is, at most once in a second of the lesson.
func (m *curlMeter) draw(now bool) {
	at := m.run.Clock.Now()
	if !m.on || !now && at.Sub(m.last) < time.Second {
		return
	}
	m.last = at
	passed := at.Sub(m.began)
	var speed int64
	if passed > 0 {
		speed = int64(float64(m.run.received) / passed.Seconds())
	}
	percent, left, whole := int64(0), "--:--:--", "--:--:--"
	if m.total > 0 {
		percent = m.run.received * 100 / m.total
		if speed > 0 {
			whole = clockText(time.Duration(m.total/speed) * time.Second)
			left = clockText(time.Duration((m.total-m.run.received)/speed) * time.Second)
		}
	}
	fmt.Fprintf(m.run.Stderr, "\r%3d %s  %3d %s  %3d %s  %s  %s %8s %8s %8s %s",
		percent, curlSize(max(m.total, 0)), percent, curlSize(m.run.received), 0, curlSize(0), curlSize(speed), curlSize(0),
		whole, clockText(passed), left, curlSize(speed))
}

func (m *curlMeter) end() {
	if !m.on {
		return
	}
	m.draw(true)
	fmt.Fprintln(m.run.Stderr)
}

func clockText(d time.Duration) string {
	s := int64(d.Seconds())
	if s <= 0 {
		return "--:--:--"
	}
	return fmt.Sprintf("%2d:%02d:%02d", s/3600, s/60%60, s%60)
}

// curlSize is a number of bytes in five columns.
func curlSize(n int64) string {
	const k, m, g = 1 << 10, 1 << 20, 1 << 30
	switch {
	case n < 100000:
		return fmt.Sprintf("%5d", n)
	case n < 10000*k:
		return fmt.Sprintf("%4dk", n/k)
	case n < 100*m:
		return fmt.Sprintf("%2d.%dM", n/m, n%m/(m/10))
	case n < 10000*m:
		return fmt.Sprintf("%4dM", n/m)
	}
	return fmt.Sprintf("%2d.%dG", n/g, n%g/(g/10))
}

// expand fills in the %{…} and escapes of --write-out.
func (c *curlRun) expand(format string, status int) string {
	r, code := c.got, 0
	if r != nil {
		code = r.StatusCode
	}
	sec := func(d time.Duration) string {
		if d <= 1 { // reached at once, or not at all
			d = 0
		}
		return fmt.Sprintf("%.6f", d.Seconds())
	}
	values := map[string]string{
		"http_code": fmt.Sprintf("%03d", code), "response_code": fmt.Sprintf("%03d", code), "exitcode": strconv.Itoa(status),
		"time_namelookup": sec(c.info.resolved), "time_connect": sec(c.info.connected), "time_appconnect": sec(c.info.secured),
		"time_starttransfer": sec(c.info.started), "time_total": sec(c.info.total), "remote_ip": c.info.remote, "remote_port": c.info.port,
		"local_ip": c.Net.Addr().String(), "size_download": strconv.FormatInt(c.received, 10), "size_upload": strconv.FormatInt(c.sent, 10),
		"url_effective": c.info.effective, "num_redirects": strconv.Itoa(c.info.redirects), "method": c.verb(), "content_type": "",
	}
	if r != nil {
		values["content_type"] = r.Header.Get("Content-Type")
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		rest := format[i:]
		switch {
		case strings.HasPrefix(rest, "%%"):
			b.WriteByte('%')
			i++
		case strings.HasPrefix(rest, "%{"):
			name, _, ok := strings.Cut(rest[2:], "}")
			v, known := values[name]
			if !ok || !known {
				b.WriteByte('%')
				if ok {
					fmt.Fprintf(c.Stderr, "curl: unknown --write-out variable: '%s'\n", name)
				}
				continue
			}
			b.WriteString(v)
			i += len(name) + 2
		case strings.HasPrefix(rest, `\n`), strings.HasPrefix(rest, `\t`), strings.HasPrefix(rest, `\r`):
			b.WriteByte(map[byte]byte{'n': '\n', 't': '\t', 'r': '\r'}[rest[1]])
			i++
		default:
			b.WriteByte(rest[0])
		}
	}
	return b.String()
}

// telnet connects and carries bytes both ways until the far end closes: the
// usual way to ask whether a port is open where there is no nc.
func (c *curlRun) telnet(ctx context.Context, u *url.URL) error {
	port := u.Port()
	if port == "" {
		port = "23"
	}
	c.info.effective = u.String()
	conn, err := c.web.dial(ctx, net.JoinHostPort(u.Hostname(), port), &webError{Host: u.Hostname(), Port: port})
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(conn, c.Stdin)
	}()
	b := make([]byte, 4096)
	for {
		n, err := conn.Read(b)
		c.received += int64(n)
		c.Stdout.Write(b[:n])
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return nil
		}
	}
}
