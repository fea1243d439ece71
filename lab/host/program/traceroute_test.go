package program

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"

	"gatewalk/lab/host/program/packet"
)

// seedTrace is the guide's public trace, as the real program lays it out.
const seedTrace = `traceroute to 52.219.56.25 (52.219.56.25), 30 hops max, 60 byte packets
 1  ec2-52-79-0-145.ap-northeast-2.compute.amazonaws.com (52.79.0.145)  0.805 ms ec2-52-79-0-149.ap-northeast-2.compute.amazonaws.com (52.79.0.149)  3.139 ms ec2-52-79-0-139.ap-northeast-2.compute.amazonaws.com (52.79.0.139)  3.532 ms
 2  100.65.19.160 (100.65.19.160)  2.173 ms 100.65.19.0 (100.65.19.0)  1.294 ms 100.65.18.160 (100.65.18.160)  3.221 ms
 3  100.66.8.222 (100.66.8.222)  8.330 ms 100.66.8.248 (100.66.8.248)  7.939 ms 100.66.8.226 (100.66.8.226)  4.550 ms
 4  100.66.11.100 (100.66.11.100)  1.713 ms 100.66.11.224 (100.66.11.224)  5.551 ms 100.66.11.0 (100.66.11.0)  3.479 ms
 5  100.66.2.161 (100.66.2.161)  11.453 ms 100.66.2.7 (100.66.2.7)  19.584 ms 100.66.2.163 (100.66.2.163)  11.409 ms
 6  100.64.2.213 (100.64.2.213)  16.667 ms 100.64.0.145 (100.64.0.145)  20.267 ms 100.64.2.17 (100.64.2.17)  20.235 ms
 7  100.64.21.205 (100.64.21.205)  21.504 ms 100.64.20.77 (100.64.20.77)  21.492 ms 100.64.21.77 (100.64.21.77)  19.659 ms
 8  s3.ap-northeast-2.amazonaws.com (52.219.56.25)  0.232 ms  0.246 ms  0.266 ms
`

// hop is what answers one probe: a router, or the host with ok; an invalid
// address is silence.
type hop struct {
	addr string
	ms   float64
	kind icmp.Type // nil: time exceeded
	code int
}

// hopPath answers UDP and ICMP probes hop by hop; the hops of one TTL take turns.
// end answers everything from its TTL on.
func hopPath(hops map[int][]hop) func([]byte, time.Time) []testAnswer {
	turn := map[int]int{}
	return func(b []byte, _ time.Time) []testAnswer {
		ttl := int(b[8])
		all := hops[ttl]
		if len(all) == 0 {
			return nil
		}
		h := all[turn[ttl]%len(all)]
		turn[ttl]++
		if h.addr == "" {
			return nil
		}
		return []testAnswer{{h.reply(b), time.Duration(h.ms * float64(time.Millisecond))}}
	}
}

// reply is the packet that a hop sends back about a probe.
func (h hop) reply(probe []byte) []byte {
	kind, body := h.kind, icmp.MessageBody(&icmp.TimeExceeded{Data: probe[:28]})
	if kind == nil {
		kind = ipv4.ICMPTypeTimeExceeded
	} else if kind == ipv4.ICMPTypeDestinationUnreachable {
		body = &icmp.DstUnreach{Data: probe[:28]}
	}
	if kind == ipv4.ICMPTypeEchoReply {
		m, _ := icmp.ParseMessage(1, probe[20:])
		body = m.Body
	}
	b, _ := (&icmp.Message{Type: kind, Code: h.code, Body: body}).Marshal(nil)
	return wrapped(h.addr, 1, b)
}

// wrapped puts an IPv4 header before a payload.
func wrapped(from string, proto int, payload []byte) []byte {
	b := make([]byte, 20, 20+len(payload))
	b[0], b[2], b[3], b[8], b[9] = 0x45, byte((20+len(payload))>>8), byte(20+len(payload)), 55, byte(proto)
	a := netip.MustParseAddr(from).As4()
	copy(b[12:], a[:])
	copy(b[16:], []byte{10, 0, 1, 123})
	return append(b, payload...)
}

// synAck answers a SYN.
func synAck(probe []byte, flags byte) []byte {
	b := make([]byte, 20)
	copy(b[0:2], probe[22:24])
	copy(b[2:4], probe[20:22])
	b[12], b[13] = 5<<4, flags
	return wrapped(netip.AddrFrom4([4]byte(probe[16:20])).String(), packet.TCP, b)
}

var portUnreachable = ipv4.ICMPTypeDestinationUnreachable

func seedHops() map[int][]hop {
	hops := map[int][]hop{}
	for _, line := range strings.Split(strings.TrimSpace(seedTrace), "\n")[1:] {
		var ttl int
		fmt.Sscan(line, &ttl)
		words, from := strings.Fields(line)[1:], ""
		for i := 0; i < len(words); i++ {
			if a, ok := strings.CutPrefix(words[i], "("); ok {
				from = strings.TrimSuffix(a, ")")
			}
			if words[i] == "ms" {
				h := hop{addr: from}
				fmt.Sscan(words[i-1], &h.ms)
				if from == "52.219.56.25" {
					h.kind, h.code = portUnreachable, 3
				}
				hops[ttl] = append(hops[ttl], h)
			}
		}
	}
	for ttl := 9; ttl <= 30; ttl++ {
		hops[ttl] = hops[8]
	}
	return hops
}

func seedNet() *testNet {
	n := bastionNet()
	n.dns = zone{"25.56.219.52.in-addr.arpa PTR": {"s3.ap-northeast-2.amazonaws.com."}}
	for _, last := range []string{"139", "145", "149"} {
		n.dns[last+".0.79.52.in-addr.arpa PTR"] = []string{"ec2-52-79-0-" + last + ".ap-northeast-2.compute.amazonaws.com."}
	}
	n.probe = hopPath(seedHops())
	return n
}

func TestTracerouteGuide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := seedNet()
		out, errs, status := newSession(n).run(t.Context(), t, "traceroute 52.219.56.25")
		if out != seedTrace || errs != "" || status != 0 {
			t.Errorf("status %d, stderr %q\n%s", status, errs, out)
		}
		synctest.Wait()
		n.wg.Wait()
	})
}

// timed records what was written when.
type timed struct {
	began  time.Time
	events []string
	last   time.Duration
}

func (w *timed) Write(b []byte) (int, error) {
	at := time.Since(w.began)
	if len(w.events) == 0 || at != w.last {
		w.events = append(w.events, "")
	}
	w.last = at
	w.events[len(w.events)-1] += string(b)
	return len(b), nil
}

// With no answer at all the stars come in bursts of 16, one each five seconds,
// after a header that has no line feed yet.
func TestTracerouteSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(bastionNet())
		w := &timed{began: time.Now()}
		s.Stdout = w
		_, _, status := s.run(t.Context(), t, "traceroute 3.5.143.161")
		if took := time.Since(w.began); status != 0 || took != 30*time.Second {
			t.Errorf("status %d after %v", status, took)
		}
		stars := func(e string) int { return strings.Count(e, "*") }
		if len(w.events) != 7 || w.events[0] != "traceroute to 3.5.143.161 (3.5.143.161), 30 hops max, 60 byte packets" {
			t.Fatalf("%d bursts: %q", len(w.events), w.events)
		}
		if first := "\n 1  * * *\n 2  * * *\n 3  * * *\n 4  * * *\n 5  * * *\n 6  *"; w.events[1] != first {
			t.Errorf("first burst %q", w.events[1])
		}
		for i, want := range []int{0, 16, 16, 16, 16, 16, 10} {
			if got := stars(w.events[i]); got != want {
				t.Errorf("burst %d has %d stars, want %d: %q", i, got, want, w.events[i])
			}
		}
		if want := silence(); strings.Join(w.events, "") != want {
			t.Errorf("whole output\n%s", strings.Join(w.events, ""))
		}
	})
}

func silence() string {
	var b strings.Builder
	b.WriteString("traceroute to 3.5.143.161 (3.5.143.161), 30 hops max, 60 byte packets\n")
	for i := range 30 {
		fmt.Fprintf(&b, "%2d  * * *\n", i+1)
	}
	return b.String()
}

// Through the gateway endpoint nothing answers but S3 itself, at hop 7.
func TestTracerouteTCPThroughEndpoint(t *testing.T) {
	for _, flags := range []byte{0x12, 0x14} { // SYN-ACK; RST, a closed port
		synctest.Test(t, func(t *testing.T) {
			n := bastionNet()
			rtt := []float64{0.662, 0.668, 0.637}
			turn := 0
			n.probe = func(b []byte, _ time.Time) []testAnswer {
				if b[8] < 7 || b[9] != packet.TCP || b[22] != 1 || b[23] != 0xbb {
					return nil
				}
				ms := rtt[turn%3]
				if b[8] == 7 {
					turn++
				}
				return []testAnswer{{synAck(b, flags), time.Duration(ms * float64(time.Millisecond))}}
			}
			s := newSession(n)
			s.Root = true
			began := time.Now()
			out, errs, status := s.run(t.Context(), t, "traceroute -n -T -p 443 3.5.143.161")
			want := "traceroute to 3.5.143.161 (3.5.143.161), 30 hops max, 60 byte packets\n"
			for i := range 6 {
				want += fmt.Sprintf("%2d  * * *\n", i+1)
			}
			want += " 7  3.5.143.161  0.662 ms  0.668 ms  0.637 ms\n"
			if out != want || errs != "" || status != 0 {
				t.Errorf("status %d, stderr %q\n%s", status, errs, out)
			}
			if took := time.Since(began).Round(100 * time.Millisecond); took != 5*time.Second {
				t.Errorf("took %v", took)
			}
			n.wg.Wait()
		})
	}
}

// Nothing that follows the answers may cost a probe its own answer: a slow
// name server delays the lines, not more.
func TestTracerouteSlowNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := seedNet()
		n.dns["145.0.79.52.in-addr.arpa"] = []string{"SILENT"}
		out, _, _ := newSession(n).run(t.Context(), t, "traceroute 52.219.56.25")
		want := strings.Replace(seedTrace, "ec2-52-79-0-145.ap-northeast-2.compute.amazonaws.com", "52.79.0.145", 1)
		if out != want {
			t.Errorf("got\n%s", out)
		}
		n.wg.Wait()
	})
}

func TestTracerouteMarks(t *testing.T) {
	router := func(addr string, ms float64) hop { return hop{addr: addr, ms: ms} }
	unreachable := func(code int) []hop { return []hop{{"10.0.1.9", 0.5, portUnreachable, code}} }
	for _, c := range []struct {
		name string
		hops map[int][]hop
		want string
	}{
		{"host", map[int][]hop{1: unreachable(1)}, " 1  10.0.1.9  0.500 ms !H  0.500 ms !H  0.500 ms !H\n"},
		{"net", map[int][]hop{1: unreachable(0)}, " 1  10.0.1.9  0.500 ms !N  0.500 ms !N  0.500 ms !N\n"},
		{"protocol", map[int][]hop{1: unreachable(2)}, " 1  10.0.1.9  0.500 ms !P  0.500 ms !P  0.500 ms !P\n"},
		{"prohibited", map[int][]hop{1: unreachable(13)}, " 1  10.0.1.9  0.500 ms !X  0.500 ms !X  0.500 ms !X\n"},
		{"reserved", map[int][]hop{1: unreachable(77)}, " 1  10.0.1.9  0.500 ms !<77>  0.500 ms !<77>  0.500 ms !<77>\n"},
		{"one lost", map[int][]hop{
			1: {router("10.0.0.9", 0.408), {}, router("10.0.0.9", 0.4)},
			2: {{"3.5.143.161", 0.3, portUnreachable, 3}},
		}, " 1  10.0.0.9  0.408 ms *  0.400 ms\n 2  3.5.143.161  0.300 ms  0.300 ms  0.300 ms\n"},
		{"same after another", map[int][]hop{
			1: {router("10.0.0.9", 0.4), router("10.0.0.8", 0.4), router("10.0.0.9", 0.4)},
			2: {{"3.5.143.161", 0.3, portUnreachable, 3}},
		}, " 1  10.0.0.9  0.400 ms 10.0.0.8  0.400 ms 10.0.0.9  0.400 ms\n 2  3.5.143.161  0.300 ms  0.300 ms  0.300 ms\n"},
		{"silent hop", map[int][]hop{
			2: {{"3.5.143.161", 0.3, portUnreachable, 3}},
		}, " 1  * * *\n 2  3.5.143.161  0.300 ms  0.300 ms  0.300 ms\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := bastionNet()
			last := 0
			for ttl := range c.hops {
				last = max(last, ttl)
			}
			for ttl := last + 1; ttl <= 30; ttl++ {
				c.hops[ttl] = c.hops[last]
			}
			n.probe = hopPath(c.hops)
			out, errs, status := newSession(n).run(t.Context(), t, "traceroute -n 3.5.143.161")
			want := "traceroute to 3.5.143.161 (3.5.143.161), 30 hops max, 60 byte packets\n" + c.want
			if out != want || status != 0 {
				t.Errorf("%s: status %d %s\n%s--- want\n%s", c.name, status, errs, out, want)
			}
			n.wg.Wait()
		})
	}
}

func TestTracerouteArguments(t *testing.T) {
	refused := "You do not have enough privileges to use this traceroute method.\nsocket: Operation not permitted\n"
	position := func(text, name string) string {
		return name + ": " + text + "\nCannot handle \"host\" cmdline arg `" + name + "' on position 1 (argc 1)\n"
	}
	inBubble(t, bastionNet, []expect{
		{line: "traceroute -T 3.5.143.161", stderr: refused, status: 1},
		{line: "traceroute -I 3.5.143.161", stderr: refused, status: 1},
		{line: "traceroute nosuch.example.com", stderr: position("Name or service not known", "nosuch.example.com"), status: 2},
		{line: "traceroute servfail.test", stderr: position("Temporary failure in name resolution", "servfail.test"), status: 2},
		{line: "traceroute -Z h", stderr: "Bad option `-Z' (argc 1)\n", status: 2},
		{line: "traceroute --foo h", stderr: "Bad option `--foo' (argc 1)\n", status: 2},
		{line: "traceroute -q", stderr: "Option `-q' (argc 1) requires an argument: `-q nqueries'\n", status: 2},
		{line: "traceroute -nq1 h", stderr: "Option `-q' (argc 1) requires an argument: `-q nqueries'\n", status: 2},
		{line: "traceroute --max-hops 3 h", stderr: "Option `--max-hops' (argc 1) requires an argument: `--max-hops=max_ttl'\n", status: 2},
		{line: "traceroute -q 99 1.2.3.4", stderr: "no more than 10 probes per hop\n", status: 2},
		{line: "traceroute -m 300 1.2.3.4", stderr: "max hops cannot be more than 255\n", status: 2},
		{line: "traceroute -f 40 1.2.3.4", stderr: "first hop out of range\n", status: 2},
		{line: "traceroute -w x 1.2.3.4", stderr: "Cannot handle `-w' option with arg `x' (argc 2)\n", status: 2},
		{line: "traceroute -w -1 1.2.3.4", stderr: "bad wait specifications `-1,0,0' used\n", status: 2},
		{line: "traceroute 1.2.3.4 abc", stderr: "Cannot handle \"packetlen\" cmdline arg `abc' on position 2 (argc 2)\n", status: 2},
		{line: "traceroute 1.2.3.4 20 5", stderr: "Extra arg `5' (position 3, argc 3)\n", status: 2},
		{line: "traceroute --version", stderr: traceVersion},
		{line: "traceroute -n -q1 -m 2 -w 1 1.2.3.4", takes: time.Second,
			stdout: "traceroute to 1.2.3.4 (1.2.3.4), 2 hops max, 60 byte packets\n 1  *\n 2  *\n"},
		{line: "traceroute -n -q 1 -f 2 -m 2 -N 1 1.2.3.4 20", takes: 5 * time.Second,
			stdout: "traceroute to 1.2.3.4 (1.2.3.4), 2 hops max, 28 byte packets\n 2  *\n"},
	})
}

func TestTracerouteCtrlC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		began := time.Now()
		out, errs, status := newSession(bastionNet()).run(ctx, t, "traceroute 3.5.143.161")
		if status != 130 || errs != "" || time.Since(began) != 7*time.Second || strings.Count(out, "*") != 16 {
			t.Errorf("status %d after %v: %q %q", status, time.Since(began), out, errs)
		}
	})
}

// The ports of the probes are the real program's: rising by one, each from a
// port of its own.
func TestTracerouteProbes(t *testing.T) {
	for _, c := range []struct {
		line  string
		proto byte
		dst   func(n int) int
	}{
		{"traceroute -m 255 -w 0.1 1.2.3.4", packet.UDP, func(n int) int { return 33434 + n }},
		{"traceroute -m 255 -w 0.1 -p 5000 1.2.3.4", packet.UDP, func(n int) int { return 5000 + n }},
		{"traceroute -m 255 -w 0.1 -U 1.2.3.4", packet.UDP, func(int) int { return 53 }},
		{"traceroute -m 255 -w 0.1 -T 1.2.3.4", packet.TCP, func(int) int { return 80 }},
		{"traceroute -m 255 -w 0.1 -T -p https 1.2.3.4", packet.TCP, func(int) int { return 443 }},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := bastionNet()
			sources, count := map[int]bool{}, 0
			n.probe = func(b []byte, _ time.Time) []testAnswer {
				src, dst := int(b[20])<<8|int(b[21]), int(b[22])<<8|int(b[23])
				if b[9] != c.proto || dst != c.dst(count) || int(b[8]) != count/3+1 {
					t.Errorf("%s: probe %d has protocol %d, TTL %d, port %d", c.line, count, b[9], b[8], dst)
				}
				sources[src] = true
				count++
				return nil
			}
			s := newSession(n)
			s.Root = true
			s.run(t.Context(), t, c.line)
			if count != 3*255 || len(sources) != count {
				t.Errorf("%s: %d probes from %d ports", c.line, count, len(sources))
			}
		})
	}
}

// The host answers itself.
func TestLoopback(t *testing.T) {
	for _, line := range []string{"traceroute -q 1 10.0.1.123", "traceroute -q 1 localhost", "traceroute -I -q 1 127.0.0.1", "traceroute -T -p 22 -q 1 10.0.1.123", "ping -c 2 127.0.0.1"} {
		synctest.Test(t, func(t *testing.T) {
			n := bastionNet()
			n.refuse = map[string]bool{"10.0.1.123:22": true}
			s := newSession(n)
			s.Root = true
			out, errs, status := s.run(t.Context(), t, line)
			first := regexp.MustCompile(`(?m)^ 1  \S+ \(\S+\)  0\.0\d\d ms$|, 0% packet loss`)
			if status != 0 || errs != "" || !first.MatchString(out) || strings.Contains(out, " 2  ") {
				t.Errorf("%s: status %d %s\n%s", line, status, errs, out)
			}
			n.wg.Wait()
		})
	}
}

func FuzzTracerouteArguments(f *testing.F) {
	f.Add("-n -T -p 443 1.2.3.4")
	f.Add("-w 1,2,3 --queries=2 -q9 h 60")
	f.Fuzz(func(t *testing.T, line string) {
		o, err := parseTrace(strings.Fields(line))
		if err != nil {
			return
		}
		if o.first < 1 || o.first > o.max || o.max > 255 || o.queries < 1 || o.queries > 10 || o.sim < 1 ||
			o.packetSize() < 28 || o.packetSize() > 65000 {
			t.Errorf("%q accepted as %+v", line, o)
		}
	})
}

func TestPing(t *testing.T) {
	echo := func(ms float64) map[int][]hop {
		return map[int][]hop{127: {{"10.0.2.234", ms, ipv4.ICMPTypeEchoReply, 0}}}
	}
	net := func(hops map[int][]hop) func() *testNet {
		return func() *testNet {
			n := bastionNet()
			n.probe = hopPath(hops)
			return n
		}
	}
	inBubble(t, net(echo(0.523)), []expect{{
		line: "ping -c 3 10.0.2.234", takes: 2*time.Second + 523*time.Microsecond,
		stdout: "PING 10.0.2.234 (10.0.2.234) 56(84) bytes of data.\n" +
			"64 bytes from 10.0.2.234: icmp_seq=1 ttl=55 time=0.523 ms\n" +
			"64 bytes from 10.0.2.234: icmp_seq=2 ttl=55 time=0.523 ms\n" +
			"64 bytes from 10.0.2.234: icmp_seq=3 ttl=55 time=0.523 ms\n" +
			"\n--- 10.0.2.234 ping statistics ---\n3 packets transmitted, 3 received, 0% packet loss, time 2001ms\n" +
			"rtt min/avg/max/mdev = 0.523/0.523/0.523/0.000 ms\n",
	}})
	inBubble(t, net(nil), []expect{
		{line: "ping -c 3 -W 1 52.219.56.25", status: 1, takes: 3 * time.Second,
			stdout: "PING 52.219.56.25 (52.219.56.25) 56(84) bytes of data.\n" +
				"\n--- 52.219.56.25 ping statistics ---\n3 packets transmitted, 0 received, 100% packet loss, time 2000ms\n\n"},
		{line: "ping nosuch.example.com", status: 2, stderr: "ping: nosuch.example.com: Name or service not known\n"},
		{line: "ping", status: 2, stderr: "ping: usage error: Destination address required\n"},
		{line: "ping -c 0 1.2.3.4", status: 2, stderr: "ping: invalid argument: '0': out of range: 1 <= value <= 2147483647\n"},
	})
	unreachable := map[int][]hop{127: {{"10.0.1.1", 1, portUnreachable, 1}}}
	inBubble(t, net(unreachable), []expect{{
		line: "ping -n -c 1 10.0.2.9", status: 1, takes: time.Millisecond,
		stdout: "PING 10.0.2.9 (10.0.2.9) 56(84) bytes of data.\nFrom 10.0.1.1 icmp_seq=1 Destination Host Unreachable\n" +
			"\n--- 10.0.2.9 ping statistics ---\n1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n\n",
	}})
}

// Ctrl-C ends ping with its statistics.
func TestPingCtrlC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		out, _, status := newSession(bastionNet()).run(ctx, t, "ping 52.219.56.25")
		want := "PING 52.219.56.25 (52.219.56.25) 56(84) bytes of data.\n\n--- 52.219.56.25 ping statistics ---\n" +
			"3 packets transmitted, 0 received, 100% packet loss, time 2000ms\n\n"
		if out != want || status != 1 {
			t.Errorf("status %d\n%s", status, out)
		}
	})
}

func TestIP(t *testing.T) {
	inBubble(t, bastionNet, []expect{
		{line: "ip route", stdout: "default via 10.0.1.1 dev ens5 proto dhcp src 10.0.1.123 metric 512 \n" +
			"10.0.0.2 via 10.0.1.1 dev ens5 proto dhcp src 10.0.1.123 metric 512 \n" +
			"10.0.1.0/24 dev ens5 proto kernel scope link src 10.0.1.123 metric 512 \n" +
			"10.0.1.1 dev ens5 proto dhcp scope link src 10.0.1.123 metric 512 \n"},
		{line: "ip route get 52.219.56.25", stdout: "52.219.56.25 via 10.0.1.1 dev ens5 src 10.0.1.123 uid 1000 \n    cache \n"},
		{line: "ip -br a", stdout: "lo               UNKNOWN        127.0.0.1/8 ::1/128 \n" +
			"ens5             UP             10.0.1.123/24 metric 512 fe80::11:22ff:fe33:4455/64 \n"},
		{line: "ip a show dev eth0", stderr: "Device \"eth0\" does not exist.\n", status: 1},
		{line: "ip foo", stderr: "Object \"foo\" is unknown, try \"ip help\".\n", status: 1},
	})
	synctest.Test(t, func(t *testing.T) {
		out, _, _ := newSession(bastionNet()).run(t.Context(), t, "ip addr show ens5")
		for _, want := range []string{"2: ens5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001", "link/ether 02:11:22:33:44:55", "inet 10.0.1.123/24 metric 512 brd 10.0.1.255 scope global dynamic ens5"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
	})
}
