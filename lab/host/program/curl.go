package program

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// curlRun is one run of curl.
type curlRun struct {
	*curlOptions
	*Process
	web *web

	began    time.Time
	received int64
	sent     int64
	got      *http.Response
	info     curlTimes
}

// curlTimes is what --write-out can tell, in the lesson's time.
type curlTimes struct {
	resolved, connected, secured, started time.Duration
	remote, port                          string
	redirects                             int
	effective                             string
	total                                 time.Duration
}

func curl(ctx context.Context, p *Process) int {
	read := func(name string) (string, error) {
		if name == "-" {
			b, err := whole(p.Stdin)
			return string(b), err
		}
		b, err := p.Files.ReadFile(abs(p, name))
		return string(b), err
	}
	o, err := parseCurl(p.Args[1:], read)
	if info, ok := errors.AsType[curlInfo](err); ok {
		fmt.Fprint(p.Stdout, string(info))
		return 0
	}
	if failed, ok := errors.AsType[*curlError](err); ok {
		fmt.Fprintln(p.Stderr, failed)
		return failed.code
	}
	if err != nil {
		fmt.Fprint(p.Stderr, err)
		return 2
	}
	status := 0
	for i, u := range o.urls {
		status = curlOne(ctx, p, o, i, u)
		if ctx.Err() != nil {
			return statusInterrupted
		}
	}
	return status
}

// curlOne is one transfer, and what is said about it.
func curlOne(ctx context.Context, p *Process, o *curlOptions, n int, target string) int {
	c := &curlRun{curlOptions: o, Process: p, began: p.Clock.Now()}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if o.most > 0 {
		limited, cancel = p.timer(ctx, o.most)
	}
	defer cancel()
	connect := o.connect
	if connect == 0 {
		connect = 5 * time.Minute // libcurl's own
	}
	c.web = &web{process: c.withProxy(), connect: connect, insecure: o.insecure, fixed: o.fixed}
	if o.verbose {
		c.web.tell = &curlVerbose{run: c}
	} else {
		c.web.tell = &curlClock{run: c}
	}
	defer c.web.close()
	err := c.transfer(limited, n, target)
	if ctx.Err() != nil {
		return statusInterrupted
	}
	c.info.total = p.Clock.Now().Sub(c.began)
	status := 0
	if err != nil {
		failed := c.explain(limited, err)
		status = failed.code
		if !o.silent || o.showError {
			fmt.Fprintln(p.Stderr, failed)
		}
	}
	if o.writeOut != "" {
		fmt.Fprint(p.Stdout, c.expand(o.writeOut, status))
	}
	return status
}

// withProxy is the process with the proxies of the command line in its
// environment.
func (c *curlRun) withProxy() *Process {
	if c.proxy == "" && c.noProxy == "" {
		return c.Process
	}
	p := *c.Process
	p.Getenv = func(name string) string {
		switch strings.ToLower(name) {
		case "http_proxy", "https_proxy", "all_proxy":
			if c.proxy != "" {
				return c.proxy
			}
		case "no_proxy":
			if c.noProxy != "" {
				return c.noProxy
			}
		}
		return c.Process.Getenv(name)
	}
	return &p
}

func (c *curlRun) transfer(ctx context.Context, n int, target string) error {
	if !strings.Contains(target, "://") {
		target = "http://" + target
	}
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return curlFail(3, "URL rejected: %s", curlMalformed(target))
	}
	switch u.Scheme {
	case "telnet":
		return c.telnet(ctx, u)
	case "http", "https":
	default:
		return curlFail(1, "Protocol \"%s\" not supported", u.Scheme)
	}
	if c.get && c.hasData {
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+c.data, "&")
	}
	method := c.verb()
	for {
		c.info.effective = u.String()
		r, err := c.request(ctx, method, u)
		if err != nil {
			return err
		}
		response, err := c.web.do(ctx, r)
		if err != nil {
			return err
		}
		c.got = response
		c.info.started = c.Clock.Now().Sub(c.began)
		c.tellHead()
		location := response.Header.Get("Location")
		if !c.follow || response.StatusCode/100 != 3 || location == "" {
			err := c.save(ctx, n, u, response)
			response.Body.Close()
			return err
		}
		response.Body.Close()
		if c.info.redirects++; c.info.redirects > 50 {
			return curlFail(47, "Maximum (50) redirects followed")
		}
		if u, err = u.Parse(location); err != nil {
			return curlFail(3, "URL rejected: %s", curlMalformed(location))
		}
		if response.StatusCode < 307 && method == http.MethodPost && c.method == "" {
			method = http.MethodGet
		}
	}
}

func curlMalformed(u string) string {
	if strings.HasSuffix(u, "://") || strings.Contains(u, ":///") {
		return "No host part in the URL"
	}
	return "Malformed input to a URL function"
}

// request builds what goes on the wire.
func (c *curlRun) request(ctx context.Context, method string, u *url.URL) (*http.Request, error) {
	body := ""
	switch {
	case c.upload != "":
		b, err := c.Files.ReadFile(abs(c.Process, c.upload))
		if c.upload == "-" {
			b, err = whole(c.Stdin)
		}
		if err != nil {
			return nil, curlFail(26, "Failed to open/read local data from file/application")
		}
		if strings.HasSuffix(u.Path, "/") || u.Path == "" {
			u.Path = "/" + strings.TrimPrefix(u.Path, "/") + path.Base(c.upload)
		}
		body = string(b)
	case c.hasData && !c.get && method != http.MethodGet:
		body = c.data
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), strings.NewReader(body))
	if err != nil {
		return nil, curlFail(3, "URL rejected: %s", curlMalformed(u.String()))
	}
	if body == "" {
		r.Body, r.GetBody = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
	}
	c.sent = int64(len(body))
	r.Header.Set("User-Agent", "curl/"+curlVersion)
	if c.agent != "" {
		r.Header.Set("User-Agent", c.agent)
	}
	r.Header.Set("Accept", "*/*")
	if c.hasData && !c.get {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.user != "" {
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.user)))
	}
	for _, h := range c.headers {
		name, value, ok := strings.Cut(h, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case strings.HasSuffix(h, ";") && !ok:
			r.Header[http.CanonicalHeaderKey(strings.TrimSuffix(h, ";"))] = []string{""}
		case !ok:
		case value == "":
			r.Header.Del(name)
			if strings.EqualFold(name, "User-Agent") {
				r.Header["User-Agent"] = nil
			}
		case strings.EqualFold(name, "Host"):
			r.Host = value
		default:
			r.Header[http.CanonicalHeaderKey(name)] = append(r.Header[http.CanonicalHeaderKey(name)], value)
			if slices.Contains([]string{"User-Agent", "Accept", "Content-Type"}, http.CanonicalHeaderKey(name)) {
				r.Header.Set(name, value)
			}
		}
	}
	return r, nil
}

// tellHead shows the head of an answer, for -v.
func (c *curlRun) tellHead() {
	if c.verbose {
		for line := range strings.Lines(string(c.web.head)) {
			fmt.Fprintf(c.Stderr, "< %s\n", strings.TrimRight(line, "\r\n"))
		}
	}
}

// save writes the answer where it belongs.
func (c *curlRun) save(ctx context.Context, n int, u *url.URL, r *http.Response) error {
	if c.fail && r.StatusCode >= 400 {
		return curlFail(22, "The requested URL returned error: %d", r.StatusCode)
	}
	name := ""
	switch {
	case n < len(c.outputs):
		name = c.outputs[n]
	case n-len(c.outputs) < c.remoteNames:
		if name = path.Base(u.Path); name == "/" || name == "." {
			name = "curl_response"
		}
	}
	meter := &curlMeter{run: c, total: r.ContentLength, on: !c.silent && !c.noProgress && (name != "" && name != "-" || !c.Tty)}
	meter.begin()
	head := ""
	if c.include || c.head {
		head = string(c.web.head)
	}
	if name == "" || name == "-" {
		if _, err := io.WriteString(c.Stdout, head); err != nil {
			return curlFail(23, "Failure writing output to destination, passed %d returned 0", len(head))
		}
		err := c.pour(ctx, c.Stdout, r, meter)
		meter.end()
		return err
	}
	var b strings.Builder
	b.WriteString(head)
	err := c.pour(ctx, &b, r, meter)
	meter.end()
	if werr := c.write(name, b.String()); werr != nil && err == nil {
		err = werr
	}
	return err
}

func (c *curlRun) write(name, text string) error {
	if name == "/dev/null" {
		return nil
	}
	at := abs(c.Process, name)
	if c.create {
		makeDirs(c.Process, path.Dir(at))
	}
	if err := c.Files.WriteFile(at, []byte(text), 0o644); err != nil {
		if !c.silent {
			fmt.Fprintf(c.Stderr, "curl: Failed to open the file %s: %s\n", name, why(err))
		}
		return curlFail(23, "client returned ERROR on write, %d bytes wanted", len(text))
	}
	return nil
}

// pour copies a body and counts it.
func (c *curlRun) pour(ctx context.Context, w io.Writer, r *http.Response, meter *curlMeter) error {
	b := make([]byte, 16<<10)
	for {
		n, err := r.Body.Read(b)
		if n > 0 {
			c.received += int64(n)
			meter.draw(false)
			if _, werr := w.Write(b[:n]); werr != nil {
				return curlFail(23, "Failure writing output to destination, passed %d returned 0", n)
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err == io.ErrUnexpectedEOF && r.ContentLength > 0:
			return curlFail(18, "end of response with %d bytes missing", r.ContentLength-c.received)
		case err != nil:
			return &webError{Phase: phaseReceive, Host: r.Request.URL.Hostname(), Err: err, TimedOut: errors.Is(err, os.ErrDeadlineExceeded)}
		}
	}
}

// explain turns what happened into curl's number and sentence.
func (c *curlRun) explain(ctx context.Context, err error) *curlError {
	if e, ok := errors.AsType[*curlError](err); ok {
		return e
	}
	passed := c.Clock.Now().Sub(c.began).Milliseconds()
	e, ok := errors.AsType[*webError](err)
	switch {
	case ctx.Err() != nil && c.info.connected == 0 && c.info.resolved == 0:
		return &curlError{28, fmt.Sprintf("Resolving timed out after %d milliseconds", passed)}
	case ctx.Err() != nil && c.info.connected == 0:
		return &curlError{28, fmt.Sprintf("Connection timed out after %d milliseconds", passed)}
	case ctx.Err() != nil && c.got != nil && c.got.ContentLength > 0:
		return &curlError{28, fmt.Sprintf("Operation timed out after %d milliseconds with %d out of %d bytes received", passed, c.received, c.got.ContentLength)}
	case ctx.Err() != nil:
		return &curlError{28, fmt.Sprintf("Operation timed out after %d milliseconds with %d bytes received", passed, c.received)}
	case !ok:
		return &curlError{56, err.Error()}
	}
	switch e.Phase {
	case phaseResolve:
		if e.Proxy != "" {
			return &curlError{5, "Could not resolve proxy: " + hostOfURL(e.Proxy)}
		}
		return &curlError{6, "Could not resolve host: " + e.Host}
	case phaseConnect:
		host, port := e.Host, e.Port
		if e.Proxy != "" {
			if u, err := url.Parse(e.Proxy); err == nil {
				host, port = u.Hostname(), u.Port()
			}
		}
		if e.TimedOut {
			return &curlError{28, fmt.Sprintf("Failed to connect to %s port %s after %d ms: Timeout was reached", host, port, passed)}
		}
		return &curlError{7, fmt.Sprintf("Failed to connect to %s port %s after %d ms: Could not connect to server", host, port, passed)}
	case phaseProxy:
		if e.Status != 0 {
			return &curlError{56, fmt.Sprintf("CONNECT tunnel failed, response %d", e.Status)}
		}
		return &curlError{56, "Proxy CONNECT aborted"}
	case phaseTLS:
		return curlTLS(e)
	}
	text := e.Err.Error()
	switch {
	case strings.Contains(text, "malformed HTTP"):
		return &curlError{1, "Received HTTP/0.9 when not allowed"}
	case errors.Is(e.Err, io.EOF), errors.Is(e.Err, io.ErrUnexpectedEOF):
		return &curlError{52, "Empty reply from server"}
	case e.TimedOut:
		return &curlError{28, fmt.Sprintf("Operation timed out after %d milliseconds with %d bytes received", passed, c.received)}
	}
	return &curlError{56, "Recv failure: " + Reason(e.Err)}
}

func hostOfURL(s string) string {
	if u, err := url.Parse(s); err == nil {
		return u.Hostname()
	}
	return s
}

const curlCertificate = "\nMore details here: https://curl.se/docs/sslcerts.html\n\n" +
	"curl failed to verify the legitimacy of the server and therefore could not\n" +
	"establish a secure connection to it. To learn more about this situation and\n" +
	"how to fix it, please visit the webpage mentioned above."

func curlTLS(e *webError) *curlError {
	text := e.Err.Error()
	switch {
	case e.TimedOut:
		return &curlError{28, "SSL connection timeout"}
	case strings.Contains(text, "unknown authority"):
		return &curlError{60, "SSL certificate problem: unable to get local issuer certificate" + curlCertificate}
	case strings.Contains(text, "expired"), strings.Contains(text, "not yet valid"):
		return &curlError{60, "SSL certificate problem: certificate has expired" + curlCertificate}
	case strings.Contains(text, "certificate is valid for"), strings.Contains(text, "doesn't contain any IP SANs"):
		return &curlError{60, fmt.Sprintf("SSL: no alternative certificate subject name matches target host name '%s'%s", e.Host, curlCertificate)}
	case strings.Contains(text, "first record does not look like"):
		return &curlError{35, "TLS connect error: error:0A0000C6:SSL routines::packet length too long"}
	}
	return &curlError{35, "Recv failure: Connection reset by peer"}
}
