package program

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// lessonZone is what the lab's resolver knows, and names that misbehave.
var lessonZone = zone{
	"s3.ap-northeast-2.amazonaws.com A":                      {"52.219.56.25"},
	"s3-r-w.ap-northeast-2.amazonaws.com A":                  {"52.219.56.25", "3.5.143.161"},
	"test-seoulregion.s3.ap-northeast-2.amazonaws.com CNAME": {"s3-r-w.ap-northeast-2.amazonaws.com."},
	"25.56.219.52.in-addr.arpa PTR":                          {"s3.ap-northeast-2.amazonaws.com."},
	"many.test A":                                            {"1.1.1.1", "2.2.2.2", "3.3.3.3"},
	"many.test AAAA":                                         {"2406:da60::1"},
	"txt.test TXT":                                           {`"hello world"`, `"second"`},
	"mx.test MX":                                             {"10 mail.test."},
	"soa.test SOA":                                           {"ns.test. host.test. 1 2 3 4 5"},
	"soa.test NS":                                            {"ns1.test.", "ns2.test."},
	"nodata.test AUTHORITY":                                  {"test. 5 IN SOA ns.test. host.test. 1 2 3 4 5"},
	"servfail.test":                                          {"SERVFAIL"},
	"refused.test":                                           {"REFUSED"},
	"notimp.test":                                            {"NOTIMP"},
	"trunc.test":                                             {"TRUNCATED"},
	"trunc.test A":                                           {"9.9.9.9"},
	"silent.test":                                            {"SILENT"},
}

func bastionNet() *testNet {
	return &testNet{addr: netip.MustParseAddr("10.0.1.123"), dns: lessonZone}
}

// expect is a program's whole output.
type expect struct {
	line           string
	stdout, stderr string
	status         int
	takes          time.Duration
}

// inBubble runs each case in a bubble of its own, where waiting is free.
func inBubble(t *testing.T, network func() *testNet, cases []expect) {
	for _, c := range cases {
		t.Run(c.line, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := network()
				began := time.Now()
				stdout, stderr, status := newSession(n).run(t.Context(), t, c.line)
				if stdout != c.stdout || stderr != c.stderr || status != c.status {
					t.Errorf("status %d\n%s--- stderr\n%s--- want %d\n%s--- stderr\n%s", status, stdout, stderr, c.status, c.stdout, c.stderr)
				}
				if took := time.Since(began); took != c.takes {
					t.Errorf("took %v, want %v", took, c.takes)
				}
				n.wg.Wait()
			})
		})
	}
}

const fromResolver = "Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\n"

func TestNslookup(t *testing.T) {
	inBubble(t, bastionNet, []expect{
		{line: "nslookup s3.ap-northeast-2.amazonaws.com", stdout: fromResolver +
			"Non-authoritative answer:\nName:\ts3.ap-northeast-2.amazonaws.com\nAddress: 52.219.56.25\n\n"},
		{line: "nslookup test-seoulregion.s3.ap-northeast-2.amazonaws.com", stdout: fromResolver +
			"Non-authoritative answer:\ntest-seoulregion.s3.ap-northeast-2.amazonaws.com\tcanonical name = s3-r-w.ap-northeast-2.amazonaws.com.\n" +
			"Name:\ts3-r-w.ap-northeast-2.amazonaws.com\nAddress: 52.219.56.25\nName:\ts3-r-w.ap-northeast-2.amazonaws.com\nAddress: 3.5.143.161\n\n"},
		{line: "nslookup nosuch.example.com", stdout: fromResolver + "** server can't find nosuch.example.com: NXDOMAIN\n\n", status: 1},
		{line: "nslookup servfail.test", stdout: ";; Got SERVFAIL reply from 10.0.0.2\n" + fromResolver + "** server can't find servfail.test: SERVFAIL\n\n", status: 1},
		{line: "nslookup refused.test", stdout: fromResolver + "** server can't find refused.test: REFUSED\n\n", status: 1},
		{line: "nslookup silent.test", stdout: strings.Repeat(";; communications error to 10.0.0.2#53: timed out\n", 3) +
			";; no servers could be reached\n\n", status: 1, takes: 15 * time.Second},
		{line: "nslookup 52.219.56.25", stdout: "25.56.219.52.in-addr.arpa\tname = s3.ap-northeast-2.amazonaws.com.\n\nAuthoritative answers can be found from:\n\n"},
		{line: "nslookup 3.5.143.161", stdout: "** server can't find 161.143.5.3.in-addr.arpa: NXDOMAIN\n\n", status: 1},
		{line: "nslookup many.test nosuch.test", stderr: "nslookup: couldn't get address for 'nosuch.test': not found\n", status: 1},
	})
	inBubble(t, func() *testNet {
		n := bastionNet()
		n.dns, n.refuse = nil, map[string]bool{"10.0.0.2:53": true}
		return n
	}, []expect{{line: "nslookup s3.ap-northeast-2.amazonaws.com",
		stdout: strings.Repeat(";; communications error to 10.0.0.2#53: connection refused\n", 3) + ";; no servers could be reached\n\n", status: 1}})
}

// The address is asked for first, then the IPv6 one, as BIND does.
func TestNslookupAsksAThenAAAA(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := bastionNet()
		newSession(n).run(t.Context(), t, "nslookup s3.ap-northeast-2.amazonaws.com")
		if got := strings.Join(n.asked, ", "); got != "s3.ap-northeast-2.amazonaws.com A, s3.ap-northeast-2.amazonaws.com AAAA" {
			t.Errorf("asked %s", got)
		}
		n.wg.Wait()
	})
}

func TestCtrlCDuringLookup(t *testing.T) {
	for _, line := range []string{"nslookup silent.test", "dig silent.test", "host silent.test", "getent hosts silent.test", "traceroute silent.test", "ping silent.test"} {
		synctest.Test(t, func(t *testing.T) {
			n := bastionNet()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			began := time.Now()
			if _, _, status := newSession(n).run(ctx, t, line); status != 130 || time.Since(began) != 2*time.Second {
				t.Errorf("%s: status %d after %v", line, status, time.Since(began))
			}
			n.wg.Wait()
		})
	}
}

// witnessed are command lines whose output the installed BIND programs confirm.
var witnessed = []string{
	"nslookup -port=PORT s3.ap-northeast-2.amazonaws.com",
	"nslookup -port=PORT many.test",
	"nslookup -port=PORT test-seoulregion.s3.ap-northeast-2.amazonaws.com",
	"nslookup -port=PORT nosuch.example.com",
	"nslookup -port=PORT servfail.test",
	"nslookup -port=PORT refused.test",
	"nslookup -port=PORT notimp.test",
	"nslookup -port=PORT trunc.test",
	"nslookup -port=PORT nodata.test",
	"nslookup -port=PORT -type=txt nodata.test",
	"nslookup -port=PORT 52.219.56.25",
	"nslookup -port=PORT 3.5.143.161",
	"nslookup -port=PORT -type=txt txt.test",
	"nslookup -port=PORT -type=mx mx.test",
	"nslookup -port=PORT -query=ns soa.test",
	"nslookup -port=PORT -type=soa soa.test",
	"nslookup -port=PORT -type=ptr 52.219.56.25",
	"nslookup -port=PORT -type=aaaa many.test",
	"nslookup -port=PORT -type=aaaa txt.test",
	"nslookup -port=PORT -type=foo many.test",
	"nslookup -port=PORT -foo many.test",
	"nslookup -port=PORT -type=cname test-seoulregion.s3.ap-northeast-2.amazonaws.com",
	"nslookup -port=PORT bad..name",
	"nslookup -port=PORT a b c",
	"dig -p PORT s3.ap-northeast-2.amazonaws.com",
	"dig -p PORT many.test AAAA",
	"dig -p PORT test-seoulregion.s3.ap-northeast-2.amazonaws.com",
	"dig -p PORT nosuch.example.com",
	"dig -p PORT servfail.test",
	"dig -p PORT refused.test",
	"dig -p PORT trunc.test",
	"dig -p PORT +short trunc.test",
	"dig -p PORT +noall +answer trunc.test",
	"dig -p PORT +ignore trunc.test",
	"dig -p PORT nodata.test",
	"dig -p PORT -x 52.219.56.25",
	"dig -p PORT +short test-seoulregion.s3.ap-northeast-2.amazonaws.com",
	"dig -p PORT +noall +answer many.test",
	"dig -p PORT many.test +noall +comments",
	"dig -p PORT many.test +nocomments",
	"dig -p PORT many.test +nocmd +nostats",
	"dig -p PORT soa.test ns +noquestion +nottlid",
	"dig -p PORT many.test +noclass +noall +answer",
	"dig -p PORT -t txt txt.test",
	"dig -p PORT mx.test MX",
	"dig -p PORT +tcp many.test",
	"dig -p PORT +noedns many.test",
	"dig -p PORT many.test many.test AAAA",
	"dig -p PORT many.test +short +identify",
	"dig -p PORT bad..name",
	"dig -p PORT +foo many.test",
	"host -p PORT s3.ap-northeast-2.amazonaws.com",
	"host -p PORT many.test",
	"host -p PORT test-seoulregion.s3.ap-northeast-2.amazonaws.com",
	"host -p PORT nosuch.example.com",
	"host -p PORT servfail.test",
	"host -p PORT nodata.test",
	"host -p PORT 52.219.56.25",
	"host -p PORT 3.5.143.161",
	"host -p PORT -t txt txt.test",
	"host -p PORT -t txt nodata.test",
	"host -p PORT -t mx mx.test",
	"host -p PORT -t foo mx.test",
	"host -p PORT -v many.test",
	"host -p PORT -a txt.test",
	"host -p PORT trunc.test",
	"host -Z",
}

// TestBindWitness asks one server, on the loopback interface, with the
// installed programs and with ours, and compares every byte but the version,
// the query's number and the times.
func TestBindWitness(t *testing.T) {
	addr := dnsServer(t)
	_, port, _ := net.SplitHostPort(addr)
	vary := []*regexp.Regexp{
		regexp.MustCompile(`DiG \S+`), regexp.MustCompile(`id: \d+`), regexp.MustCompile(`WHEN: .*`),
		regexp.MustCompile(`Query time: \d+ msec`), regexp.MustCompile(`in \d+ ms`),
	}
	plain := func(s string) string {
		for _, re := range vary {
			s = re.ReplaceAllString(s, "…")
		}
		return s
	}
	for _, line := range witnessed {
		// The machine's own resolv.conf must not count.
		args := strings.Fields(strings.ReplaceAll(line, "PORT", port))
		switch args[0] {
		case "dig":
			args = append(args[:1:1], append([]string{"@127.0.0.1"}, args[1:]...)...)
		default:
			if line != "host -Z" && !strings.HasSuffix(line, "a b c") {
				args = append(args, "127.0.0.1")
			}
		}
		t.Run(line, func(t *testing.T) {
			path, err := exec.LookPath(args[0])
			if err != nil {
				t.Skipf("%s is not installed (bind9-dnsutils): its output is not compared", args[0])
			}
			var stdout, stderr strings.Builder
			cmd := exec.Command(path, args[1:]...)
			cmd.Args[0] = args[0]
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err = cmd.Run()
			if cmd.ProcessState == nil {
				t.Fatal(err)
			}
			s := newSession(&dialNet{})
			out, errs, status := s.exec(t.Context(), t, args...)
			if plain(out) != plain(stdout.String()) || errs != stderr.String() || status != cmd.ProcessState.ExitCode() {
				t.Errorf("ours, status %d:\n%s--- stderr\n%s--- real, status %d:\n%s--- stderr\n%s",
					status, out, errs, cmd.ProcessState.ExitCode(), stdout.String(), stderr.String())
			}
		})
	}
}

// dialNet is the loopback interface of the machine, and nothing else.
type dialNet struct{ testNet }

func (d *dialNet) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if !strings.HasPrefix(address, "127.0.0.1:") {
		return nil, fmt.Errorf("dialling %s: network is unreachable", address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// dnsServer serves the lesson's zone on a loopback port, UDP and TCP.
func dnsServer(t *testing.T) string {
	t.Helper()
	var packets net.PacketConn
	var listener net.Listener
	for try := 0; listener == nil; try++ {
		var err error
		if packets, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		// What is free for UDP may be taken for TCP, by another test's client.
		if listener, err = net.Listen("tcp", packets.LocalAddr().String()); err != nil {
			packets.Close()
			if try == 9 {
				t.Fatal(err)
			}
		}
	}
	handler := func(network string) dns.HandlerFunc {
		return func(w dns.ResponseWriter, q *dns.Msg) {
			if m := lessonZone.answer(q, network); m != nil {
				w.WriteMsg(m)
			}
		}
	}
	for _, s := range []*dns.Server{{PacketConn: packets, Handler: handler("udp")}, {Listener: listener, Handler: handler("tcp")}} {
		go s.ActivateAndServe()
		t.Cleanup(func() { s.Shutdown() })
	}
	return packets.LocalAddr().String()
}

func TestGetent(t *testing.T) {
	inBubble(t, bastionNet, []expect{
		{line: "getent hosts localhost", stdout: "127.0.0.1       localhost\n"},
		{line: "getent hosts 52.219.56.25", stdout: "52.219.56.25    s3.ap-northeast-2.amazonaws.com\n"},
		{line: "getent hosts nosuch.example.com", status: 2},
		{line: "getent hosts test-seoulregion.s3.ap-northeast-2.amazonaws.com",
			stdout: "52.219.56.25    s3-r-w.ap-northeast-2.amazonaws.com test-seoulregion.s3.ap-northeast-2.amazonaws.com\n" +
				"3.5.143.161     s3-r-w.ap-northeast-2.amazonaws.com test-seoulregion.s3.ap-northeast-2.amazonaws.com\n"},
		{line: "getent ahosts s3.ap-northeast-2.amazonaws.com",
			stdout: "52.219.56.25    STREAM s3.ap-northeast-2.amazonaws.com\n52.219.56.25    DGRAM  \n52.219.56.25    RAW    \n"},
		{line: "getent foo", stderr: "Unknown database: foo\n", stdout: getentHint, status: 1},
	})
}
