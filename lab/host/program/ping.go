package program

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/host/program/packet"
	"gatewalk/lab/host/program/resolv"
)

// pinger is one run of ping (iputils).
type pinger struct {
	process  *Process
	resolve  *resolv.Resolver
	raw      Raw
	target   string
	addr     netip.Addr
	count    int // 0: until interrupted
	interval time.Duration
	linger   time.Duration // for the last answer
	deadline time.Duration // of all, 0: none
	size     int
	ttl      int
	numeric  bool
	quiet    bool
	id       uint16

	sentAt      []time.Time
	began, last time.Time // first probe, latest event
	sent        int
	received    int
	failures    int // ICMP errors
	got         map[int]bool
	min, max    time.Duration
	sum, sum2   float64 // of round trips, in microseconds
}

func ping(ctx context.Context, p *Process) int {
	g := &pinger{process: p, interval: time.Second, linger: 10 * time.Second, size: 56, ttl: defaultTTL, got: map[int]bool{}}
	if err := g.parse(p.Args[1:]); err != nil {
		fmt.Fprintln(p.Stderr, err)
		return 2
	}
	g.resolve = p.Resolver()
	found, err := g.resolve.Host(ctx, g.target)
	if ctx.Err() != nil {
		return statusInterrupted
	}
	if err != nil {
		fmt.Fprintf(p.Stderr, "ping: %v\n", err)
		return 2
	}
	g.addr = found.Addrs[0]
	if _, literal := resolv.ParseIPv4(g.target); literal {
		g.numeric = true
	}
	if g.raw, err = p.rawTo(ctx, g.addr); err != nil {
		fmt.Fprintln(p.Stderr, "ping: socket: Operation not permitted")
		return 2
	}
	defer g.raw.Close()
	g.id = uint16(p.random().Uint32())
	shown := cmp.Or(found.Canonical, g.target)
	fmt.Fprintf(p.Stdout, "PING %s (%s) %d(%d) bytes of data.\n", shown, g.addr, g.size, g.size+28)
	if p.Catch != nil {
		p.Catch()
	}
	err = g.run(ctx)
	g.summary(shown)
	switch {
	case err != nil && ctx.Err() == nil:
		fmt.Fprintf(p.Stderr, "ping: sendmsg: %s\n", Reason(err))
		return 2
	case g.received == 0, g.deadline > 0 && g.count > 0 && g.received < g.count:
		return 1
	}
	return 0
}

const pingUsage = `
Usage
  ping [options] <destination>

Options:
  <destination>      dns name or ip address
  -4                 use IPv4
  -c <count>         stop after <count> replies
  -i <interval>      seconds between sending each packet
  -n                 no dns name resolution
  -q                 quiet output
  -s <size>          use <size> as number of data bytes to be sent
  -t <ttl>           define time to live
  -V                 print version and exit
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response`

// parse reads the command line; errors are ping's own sentences.
func (g *pinger) parse(args []string) error {
	for ; len(args) > 0; args = args[1:] {
		a := args[0]
		if len(a) < 2 || a[0] != '-' {
			if g.target != "" {
				return errors.New("ping: " + a + ": Name or service not known")
			}
			g.target = a
			continue
		}
		letters := a[1:]
		for i := 0; i < len(letters); i++ {
			c := letters[i]
			if strings.IndexByte("ciWwstI", c) < 0 {
				if err := g.flag(c); err != nil {
					return err
				}
				continue
			}
			value := letters[i+1:]
			if value == "" && len(args) > 1 {
				value, args = args[1], args[1:]
			}
			if value == "" {
				return fmt.Errorf("ping: option requires an argument -- '%c'\n%s", c, pingUsage)
			}
			if err := g.set(c, value); err != nil {
				return err
			}
			break
		}
	}
	if g.target == "" {
		return errors.New("ping: usage error: Destination address required")
	}
	return nil
}

func (g *pinger) flag(c byte) error {
	switch c {
	case 'n':
		g.numeric = true
	case 'q':
		g.quiet = true
	case '4', 'v':
	default:
		return fmt.Errorf("ping: invalid option -- '%c'\n%s", c, pingUsage)
	}
	return nil
}

func (g *pinger) set(c byte, value string) error {
	n, err := strconv.Atoi(value)
	f, isFloat := float(value)
	whole := func(least, most int) error {
		if err != nil {
			return fmt.Errorf("ping: invalid argument: '%s'", value)
		}
		if n < least || n > most {
			return fmt.Errorf("ping: invalid argument: '%s': out of range: %d <= value <= %d", value, least, most)
		}
		return nil
	}
	switch c {
	case 'c':
		g.count = n
		if err := whole(1, math.MaxInt32); err != nil {
			return err
		}
	case 's':
		g.size = n
		return whole(0, 65507)
	case 't':
		g.ttl = n
		return whole(0, 255)
	case 'w':
		g.deadline = time.Duration(n) * time.Second
		return whole(0, math.MaxInt32)
	case 'i', 'W':
		if !isFloat || f < 0 || f > math.MaxInt32 {
			return fmt.Errorf("ping: bad timing interval: '%s'", value)
		}
		if c == 'W' {
			g.linger = seconds(f)
			return nil
		}
		if f < 0.2 && !g.process.Root {
			return errors.New("ping: cannot flood; minimal interval allowed for user is 200ms")
		}
		g.interval = max(seconds(f), time.Millisecond)
	}
	return nil
}

// run sends and receives until the count is reached, the time is up, or ctx
// ends, which is the usual way out and no error.
func (g *pinger) run(ctx context.Context) error {
	clock := g.process.Clock
	g.began = clock.Now()
	g.last = g.began
	next := g.began
	var end time.Time // of waiting for the last answer
	if g.deadline > 0 {
		end = g.began.Add(g.deadline)
	}
	for ctx.Err() == nil {
		now := clock.Now()
		if g.count > 0 && g.received+g.failures >= g.count || !end.IsZero() && !now.Before(end) {
			return nil
		}
		until := next
		if g.count > 0 && g.sent >= g.count {
			until = end
		} else if !now.Before(next) {
			if err := g.send(); err != nil {
				return err
			}
			next = next.Add(g.interval)
			until = next
			if g.sent == g.count {
				if last := clock.Now().Add(g.patience()); end.IsZero() || last.Before(end) {
					end = last
				}
				until = end
			}
		}
		if !end.IsZero() && end.Before(until) {
			until = end
		}
		wait, cancel := g.process.timer(ctx, max(0, until.Sub(clock.Now())))
		b, at, err := g.raw.Read(wait)
		expired := wait.Err() != nil
		cancel()
		if err == nil {
			g.take(ctx, b, at)
		} else if !expired {
			return err
		}
	}
	return nil
}

// patience is how long ping waits after its last probe: twice the longest
// round trip but at least an interval, or -W where nothing has answered yet.
func (g *pinger) patience() time.Duration {
	if g.received > 0 {
		return max(2*g.max, g.interval)
	}
	return g.linger
}

func (g *pinger) send() error {
	g.sent++
	now := g.process.Clock.Now()
	g.last = now
	g.sentAt = append(g.sentAt, now)
	data := make([]byte, g.size)
	for i := range data {
		data[i] = byte(i)
	}
	if len(data) >= 16 {
		binary.LittleEndian.PutUint64(data, uint64(now.Unix()))
		binary.LittleEndian.PutUint64(data[8:], uint64(now.Nanosecond()/1000))
	}
	h := packet.Header{Src: g.process.Net.Addr(), Dst: g.addr, TTL: uint8(g.ttl), ID: uint16(g.process.random().Uint32()), DontFragment: true}
	b := packet.Echo(h, g.id, uint16(g.sent), data)
	if timed, ok := g.raw.(interface {
		WriteAt(packet []byte, sent time.Time) error
	}); ok {
		return timed.WriteAt(b, now)
	}
	return g.raw.Write(b)
}

// take reads what came in, and prints it if it is about our probes.
func (g *pinger) take(ctx context.Context, b []byte, at time.Time) {
	r, ok := packet.Parse(b)
	n := int(r.DstPort)
	if !ok || r.Proto != packet.ICMP || r.Dst != g.addr || r.SrcPort != g.id || n < 1 || n > g.sent {
		return
	}
	out := g.process.Stdout
	if r.Kind != packet.EchoReply {
		g.failures++
		if !g.quiet {
			fmt.Fprintf(out, "From %s icmp_seq=%d %s\n", g.name(ctx, r.From), n, icmpText(r))
		}
		return
	}
	rtt := at.Sub(g.sentAt[n-1])
	g.last = g.process.Clock.Now()
	duplicate := g.got[n]
	if !duplicate {
		g.got[n] = true
		g.received++
		if g.min == 0 || rtt < g.min {
			g.min = rtt
		}
		g.max = max(g.max, rtt)
		us := float64(rtt.Microseconds())
		g.sum += us
		g.sum2 += us * us
	}
	if g.quiet {
		return
	}
	fmt.Fprintf(out, "%d bytes from %s: icmp_seq=%d ttl=%d time=%s ms", r.Size, g.name(ctx, r.From), n, r.TTL, pingTime(rtt))
	if duplicate {
		fmt.Fprint(out, " (DUP!)")
	}
	fmt.Fprintln(out)
}

func (g *pinger) name(ctx context.Context, a netip.Addr) string {
	if g.numeric {
		return a.String()
	}
	if name, _ := g.resolve.Addr(ctx, a); name != "" {
		return fmt.Sprintf("%s (%s)", name, a)
	}
	return a.String()
}

// pingTime has three significant decimals where ping has them.
func pingTime(d time.Duration) string {
	ms := float64(d.Microseconds()) / 1000
	switch {
	case ms >= 100:
		return fmt.Sprintf("%.0f", math.Floor(ms))
	case ms >= 10:
		return fmt.Sprintf("%.1f", math.Floor(ms*10)/10)
	case ms >= 1:
		return fmt.Sprintf("%.2f", math.Floor(ms*100)/100)
	}
	return fmt.Sprintf("%.3f", ms)
}

func icmpText(r packet.Reply) string {
	if r.Kind == packet.Exceeded {
		if r.Code == 1 {
			return "Frag reassembly time exceeded"
		}
		return "Time to live exceeded"
	}
	switch r.Code {
	case 0:
		return "Destination Net Unreachable"
	case 1:
		return "Destination Host Unreachable"
	case 2:
		return "Destination Protocol Unreachable"
	case 3:
		return "Destination Port Unreachable"
	case 4:
		return fmt.Sprintf("Frag needed and DF set (mtu = %d)", r.MTU)
	case 5:
		return "Source Route Failed"
	case 9:
		return "Destination Net Prohibited"
	case 10:
		return "Destination Host Prohibited"
	case 13:
		return "Packet filtered"
	}
	return fmt.Sprintf("Dest Unreachable, Bad Code: %d", r.Code)
}

// summary prints the statistics, as Ctrl-C does as well.
func (g *pinger) summary(shown string) {
	out := g.process.Stdout
	fmt.Fprintf(out, "\n--- %s ping statistics ---\n%d packets transmitted, %d received", shown, g.sent, g.received)
	if g.failures > 0 {
		fmt.Fprintf(out, ", +%d errors", g.failures)
	}
	if g.sent > 0 {
		loss := float64(g.sent-g.received) * 100 / float64(g.sent)
		fmt.Fprintf(out, ", %.6g%% packet loss, time %dms", loss, g.last.Sub(g.began).Round(time.Millisecond).Milliseconds())
	}
	fmt.Fprintln(out)
	if g.received > 0 {
		mean := g.sum / float64(g.received)
		deviation := math.Sqrt(max(0, g.sum2/float64(g.received)-mean*mean))
		fmt.Fprintf(out, "rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms", float64(g.min.Microseconds())/1000, mean/1000,
			float64(g.max.Microseconds())/1000, deviation/1000)
	}
	fmt.Fprintln(out)
}
