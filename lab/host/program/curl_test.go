package program

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// curlCloud has a plain web server as well.
func curlCloud(c *cloud, s *session) {
	s.Tty = true // else there is a progress meter
	web := http.NewServeMux()
	web.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "hello\n")
	})
	web.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		io.WriteString(w, r.Method+" "+r.Header.Get("X-Test")+" "+string(b)+"\n")
	})
	web.Handle("/moved", http.RedirectHandler("/hello", http.StatusFound))
	web.HandleFunc("/denied", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) })
	c.dns["web.test A"] = []string{"10.0.2.10"}
	c.serve["10.0.2.10:80"] = func(conn net.Conn) { c.http(conn, web) }
	c.serve["10.0.2.10:81"] = func(conn net.Conn) { conn.Close() }
	c.serve["10.0.2.10:82"] = func(conn net.Conn) { io.Copy(io.Discard, conn) }
	c.serve["10.0.2.10:22"] = func(conn net.Conn) { io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n"); conn.Close() }
	c.refuse = map[string]bool{"10.0.2.10:83": true}
}

func TestCurl(t *testing.T) {
	inCloud(t, curlCloud, []expect{
		{line: "curl http://web.test/hello", stdout: "hello\n"},
		{line: "curl web.test/hello", stdout: "hello\n"},
		{line: "curl -sS -L http://web.test/moved", stdout: "hello\n"},
		{line: `curl -s -o /dev/null -w %{http_code}\n http://web.test/denied`, stdout: "403\n"},
		{line: "curl -f http://web.test/denied", status: 22, stderr: "curl: (22) The requested URL returned error: 403\n"},
		{line: "curl -X PUT -H X-Test:yes -d data http://web.test/echo", stdout: "PUT yes data\n"},
		{line: "curl -d a=1 --data b=2 http://web.test/echo", stdout: "POST  a=1&b=2\n"},
		{line: "curl -I http://web.test/hello", stdout: "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Type: text/plain\r\n\r\n"},
		{line: "curl --resolve else.test:80:10.0.2.10 http://else.test/hello", stdout: "hello\n"},
		{line: "curl telnet://10.0.2.10:22", stdout: "SSH-2.0-OpenSSH_9.9\r\n"},
		{line: "curl http://nosuch.test/", status: 6, stderr: "curl: (6) Could not resolve host: nosuch.test\n"},
		{line: "curl -s http://nosuch.test/", status: 6},
		{line: "curl http://web.test:83/", status: 7, stderr: "curl: (7) Failed to connect to web.test port 83 after 0 ms: Could not connect to server\n"},
		{line: "curl --connect-timeout 3 http://web.test:84/", status: 28, takes: 3 * time.Second,
			stderr: "curl: (28) Failed to connect to web.test port 84 after 3000 ms: Timeout was reached\n"},
		{line: "curl -m 5 http://web.test:84/", status: 28, takes: 5 * time.Second, stderr: "curl: (28) Connection timed out after 5000 milliseconds\n"},
		{line: "curl -m 5 http://web.test:82/", status: 28, takes: 5 * time.Second, stderr: "curl: (28) Operation timed out after 5000 milliseconds with 0 bytes received\n"},
		{line: "curl -m 5 http://silent.test/", status: 28, takes: 5 * time.Second, stderr: "curl: (28) Resolving timed out after 5000 milliseconds\n"},
		{line: "curl http://web.test:81/", status: 52, stderr: "curl: (52) Empty reply from server\n"},
		{line: "curl --foo http://web.test/", status: 2, stderr: "curl: option --foo: is unknown\n" + curlHint},
		{line: "curl -m", status: 2, stderr: "curl: option -m: requires parameter\n" + curlHint},
		{line: "curl gopher://web.test/", status: 1, stderr: "curl: (1) Protocol \"gopher\" not supported\n"},
		{line: "curl -s https://test-seoulregion.s3.ap-northeast-2.amazonaws.com/nosuch", stdout: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"},
		{line: "curl -s http://169.254.169.254/latest/meta-data/", status: 0},
		{line: "curl -s -X PUT -H X-aws-ec2-metadata-token-ttl-seconds:21600 http://169.254.169.254/latest/api/token", stdout: "TOKEN"},
	})
	inCloud(t, func(c *cloud, s *session) {
		curlCloud(c, s)
		s.Roots = newCloud(t).roots
	}, []expect{
		{line: "curl -s -S https://test-seoulregion.s3.ap-northeast-2.amazonaws.com/", status: 60,
			stderr: "curl: (60) SSL certificate problem: unable to get local issuer certificate" + curlCertificate + "\n"},
	})
}

func TestCurlVerbose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		s := c.instance()
		curlCloud(c, s)
		_, errs, status := s.run(t.Context(), t, "curl -v http://web.test/hello")
		want := "* Host web.test:80 was resolved.\n* IPv6: (none)\n* IPv4: 10.0.2.10\n*   Trying 10.0.2.10:80...\n" +
			"* Established connection to web.test (10.0.2.10 port 80) from 10.0.1.123 port 0 \n* using HTTP/1.x\n" +
			"> GET /hello HTTP/1.1\n> Host: web.test\n> User-Agent: curl/8.17.0\n> Accept: */*\n> \n* Request completely sent off\n" +
			"< HTTP/1.1 200 OK\n< Content-Length: 6\n< Content-Type: text/plain\n< \n"
		if !strings.HasPrefix(errs, want) || status != 0 {
			t.Errorf("status %d\n%s", status, errs)
		}
		c.wg.Wait()
	})
}

// A file on the disk, and a meter on standard error.
func TestCurlOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		s := c.instance()
		curlCloud(c, s)
		out, errs, _ := s.run(t.Context(), t, "curl -O http://web.test/hello")
		if b, _ := s.Files.ReadFile("/home/ec2-user/hello"); string(b) != "hello\n" || out != "" {
			t.Errorf("file %q, output %q", b, out)
		}
		if !strings.HasPrefix(errs, "  % Total    % Received % Xferd") || !strings.HasSuffix(errs, "\r100     6  100     6    0     0      0      0 --:--:-- --:--:-- --:--:--     0\n") {
			t.Errorf("meter %q", errs)
		}
		c.wg.Wait()
	})
}

func TestCurlCtrlC(t *testing.T) {
	for _, line := range []string{"curl http://web.test:84/", "curl http://web.test:82/", "curl telnet://10.0.2.10:82"} {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t)
			s := c.instance()
			curlCloud(c, s)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			began := time.Now()
			if out, errs, status := s.run(ctx, t, line); status != 130 || out+errs != "" || time.Since(began) != 2*time.Second {
				t.Errorf("%s: status %d after %v: %q %q", line, status, time.Since(began), out, errs)
			}
			c.wg.Wait()
		})
	}
}

func TestCurlSizes(t *testing.T) {
	for n, want := range map[int64]string{0: "    0", 99999: "99999", 478809: " 467k", 20 << 20: "20.0M", 300 << 20: " 300M"} {
		if got := curlSize(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func FuzzCurlArguments(f *testing.F) {
	f.Add("-sSL -m 5 -o x -w %{http_code}\\n https://h/p", "%{http_code}")
	f.Add("--resolve h:80:1.2.3.4 -H a:b --no-silent u", "%%{x}\\n")
	f.Fuzz(func(t *testing.T, line, format string) {
		o, err := parseCurl(strings.Fields(line), func(string) (string, error) { return "", io.EOF })
		if err != nil {
			return
		}
		if len(o.urls) == 0 || o.most < 0 || o.connect < 0 {
			t.Errorf("%q accepted as %+v", line, o)
		}
		s := newSession(&testNet{addr: netip.MustParseAddr("10.0.1.123")})
		c := &curlRun{curlOptions: o, Process: s.Process}
		c.expand(format, 0)
		for _, u := range o.urls {
			if r, err := http.NewRequest("GET", u, nil); err == nil {
				c.request(context.Background(), o.verb(), r.URL)
			}
		}
	})
}
