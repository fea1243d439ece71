package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatewalk/lab"
	"gatewalk/lab/sigv4"
)

// contestant is a program that answers AWS's API on a port of loopback.
type contestant struct {
	name        string
	start       func(b *testing.B, listen string) (stop func(), pid int)
	credentials func() sigv4.Credentials // once it has started

	stop   func()
	pid    int
	addr   string
	url    string
	vpc    string
	starts []time.Duration
	rates  map[string][]float64 // by what is asked, calls a second
	memory int64                // bytes, after all that
}

// BenchmarkBesideMoto runs `gatewalk lab` and moto_server, each in a process of
// its own, by turns: from exec to the first answer, calls a second of one
// client and of eight, and resident memory at the end. `gatewalk lab` has each
// change on the disk before it answers and moto keeps nothing, so a lab that
// keeps nothing, in this process, stands beside them. Budgets: 50 times the
// calls of eight clients, a thirtieth of the start.
func BenchmarkBesideMoto(b *testing.B) {
	if _, err := exec.LookPath("moto_server"); err != nil {
		b.Skip("moto_server is not installed: nothing to stand beside")
	}
	if runtime.GOOS == "windows" {
		b.Skip("no resident memory to read on Windows")
	}
	starts, rounds, window := 5, 3, time.Second
	if testing.Short() {
		starts, rounds, window = 1, 1, 200*time.Millisecond
	}
	for b.Loop() {
		all := []*contestant{labContestant(), motoContestant(), forgetfulContestant()}
		for i := range starts {
			for _, c := range all {
				c.run(b)
				if i < starts-1 {
					c.stop()
				}
			}
		}
		for _, c := range all {
			c.createVpc(b)
		}
		for range rounds {
			for _, clients := range []int{1, 8} {
				for _, c := range all {
					c.measure(b, "DescribeVpcs", clients, window, "")
					c.measure(b, "CreateTags", clients, window, "&ResourceId.1="+c.vpc+"&Tag.1.Key=a&Tag.1.Value=b")
				}
			}
		}
		for _, c := range all {
			c.memory = residentOf(b, c.pid)
			c.stop()
		}
		tellRatio(b, all[0], all[1], all[2])
	}
}

func tellRatio(b *testing.B, ours, theirs, forgetful *contestant) {
	b.Helper()
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-18s %10s %10s %10s\n", "", ours.name, theirs.name, forgetful.name)
	row := func(what, unit string, ratio func(*contestant) float64, value func(*contestant) float64) {
		fmt.Fprintf(&table, "%-18s", what)
		for _, c := range []*contestant{ours, theirs, forgetful} {
			fmt.Fprintf(&table, " %10.1f", value(c))
		}
		fmt.Fprintf(&table, " %-8s %6.1f and %6.1f times moto\n", unit, ratio(ours), ratio(forgetful))
		what = strings.ReplaceAll(what, " ", "-")
		b.ReportMetric(ratio(ours), what+"-ratio")
	}
	start := func(c *contestant) float64 { return median(c.starts).Seconds() * 1000 }
	row("start", "ms", func(c *contestant) float64 { return start(theirs) / start(c) }, start)
	for _, what := range slices.Sorted(maps.Keys(ours.rates)) {
		rate := func(c *contestant) float64 { return median(c.rates[what]) }
		row(what, "calls/s", func(c *contestant) float64 { return rate(c) / rate(theirs) }, rate)
	}
	memory := func(c *contestant) float64 { return float64(c.memory) / 1e6 }
	row("memory", "MB", func(c *contestant) float64 { return memory(theirs) / memory(c) }, memory)
	b.Log(table.String())
}

func median[T time.Duration | float64](of []T) T {
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

func labContestant() *contestant {
	var exports bytes.Buffer
	return &contestant{
		name: "gatewalk",
		start: func(b *testing.B, listen string) (func(), int) {
			exports.Reset()
			cmd := gatewalk(b.TempDir(), "lab", "--listen", listen)
			cmd.Stdout = &exports
			return runUntilStopped(b, cmd)
		},
		credentials: func() sigv4.Credentials {
			value := func(name string) string {
				_, rest, _ := strings.Cut(exports.String(), "export "+name+"=")
				line, _, _ := strings.Cut(rest, "\n")
				return line
			}
			return sigv4.Credentials{AccessKeyID: value("AWS_ACCESS_KEY_ID"), SecretKey: value("AWS_SECRET_ACCESS_KEY")}
		},
	}
}

func motoContestant() *contestant {
	return &contestant{
		name: "moto",
		start: func(b *testing.B, listen string) (func(), int) {
			host, port, _ := net.SplitHostPort(listen)
			return runUntilStopped(b, exec.Command("moto_server", "-H", host, "-p", port))
		},
		credentials: func() sigv4.Credentials {
			return sigv4.Credentials{AccessKeyID: "testing", SecretKey: "testing"}
		},
	}
}

func forgetfulContestant() *contestant {
	var l *lab.Lab
	return &contestant{
		name: "in memory",
		start: func(b *testing.B, listen string) (func(), int) {
			var err error
			if l, err = lab.Start(b.Context(), lab.Options{Listen: listen}); err != nil {
				b.Fatal(err)
			}
			return func() { l.Close() }, os.Getpid()
		},
		credentials: func() sigv4.Credentials {
			id, secret := l.Credentials()
			return sigv4.Credentials{AccessKeyID: id, SecretKey: secret}
		},
	}
}

// runUntilStopped starts a program; stop ends it, and may be called again.
func runUntilStopped(b *testing.B, cmd *exec.Cmd) (stop func(), pid int) {
	b.Helper()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return func() { cmd.Process.Kill(); cmd.Wait() }, cmd.Process.Pid
}

// run starts the program and waits for its first answer, whatever that is.
func (c *contestant) run(b *testing.B) {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	c.addr = ln.Addr().String()
	ln.Close()
	c.url = "http://" + c.addr + "/"
	began := time.Now()
	c.stop, c.pid = c.start(b, c.addr)
	b.Cleanup(c.stop)
	for {
		r, err := http.Post(c.url, "application/x-www-form-urlencoded", strings.NewReader("Action=DescribeVpcs&Version=2016-11-15"))
		if err == nil {
			r.Body.Close()
			break
		}
		if time.Since(began) > 30*time.Second {
			b.Fatalf("%s does not answer after 30 s", c.name)
		}
		time.Sleep(time.Millisecond)
	}
	c.starts = append(c.starts, time.Since(began))
}

// createVpc makes what is described and tagged.
func (c *contestant) createVpc(b *testing.B) {
	b.Helper()
	client := &caller{addr: c.addr}
	defer client.close()
	body, err := client.call(c.request(b, "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0/16"))
	found := regexp.MustCompile(`<vpcId>(vpc-\w+)`).FindSubmatch(body)
	if err != nil || found == nil {
		b.Fatalf("%s makes no VPC: %v %s", c.name, err, body)
	}
	c.vpc = string(found[1])
}

// request is a signed call as it goes over the wire. Its signature is good for
// minutes, so that the clients of a measurement compute next to nothing.
func (c *contestant) request(b *testing.B, body string) []byte {
	b.Helper()
	r, err := http.NewRequest("POST", c.url, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	sigv4.Sign(r, []byte(body), c.credentials(), "ap-northeast-2", "ec2", time.Now())
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		b.Fatal(err)
	}
	return wire.Bytes()
}

// caller is a connection that is kept for as long as the server keeps it.
type caller struct {
	addr string
	conn net.Conn
	in   *bufio.Reader
}

func (c *caller) call(request []byte) (answer []byte, err error) {
	if c.conn == nil {
		if c.conn, err = net.Dial("tcp", c.addr); err != nil {
			return nil, err
		}
		c.in = bufio.NewReader(c.conn)
	}
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, err
	}
	answer, err = io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = errors.New(r.Status)
	}
	if r.Close {
		c.close()
	}
	return answer, err
}

func (c *caller) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// measure calls action from so many clients at a time for a while.
func (c *contestant) measure(b *testing.B, action string, clients int, window time.Duration, rest string) {
	b.Helper()
	request := c.request(b, "Action="+action+"&Version=2016-11-15"+rest)
	var calls atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range clients {
		wg.Go(func() {
			client := &caller{addr: c.addr}
			defer client.close()
			for time.Since(began) < window {
				if text, err := client.call(request); err != nil {
					b.Errorf("%s: %s: %v %s", c.name, action, err, text)
					return
				}
				calls.Add(1)
			}
		})
	}
	wg.Wait()
	if c.rates == nil {
		c.rates = map[string][]float64{}
	}
	what := fmt.Sprintf("%s of %d", action, clients)
	c.rates[what] = append(c.rates[what], float64(calls.Load())/time.Since(began).Seconds())
}

// residentOf is how much memory a process has, in bytes.
func residentOf(b *testing.B, pid int) int64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		b.Skip("only Linux tells how much memory another process has:", err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
