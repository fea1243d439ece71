//go:build linux

package lab_test

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"gatewalk/lab"
	"gatewalk/lab/world"
)

// What the programs print in the lab, and what the real ones print on Linux's
// own network of the same shape, is the same, line for line, times aside.
func TestKernelPrintsTheSame(t *testing.T) {
	t.Parallel()
	k := newKernel(t, "traceroute", "nslookup", "dig")
	g := newGuide(t, lab.Options{})
	g.change(func(tx *world.Tx) error { // the private instance refuses, instead of being silent
		_, err := tx.AuthorizeSecurityGroup(g.privateGroup, []world.GroupRule{{Protocol: "-1", From: -1, To: -1, Cidr: anywhere}})
		return err
	})

	const s3, quiet = "52.219.56.25", "3.5.143.161"
	type row struct{ on, command string }
	// Without the factors of -w: the real packets come back at once, and one that
	// takes three times as long as the one before it would be given up.
	closed := []row{
		{"bastion", "traceroute -w 5,0,0 " + s3},
		{"bastion", "traceroute -w 5,0,0 -n " + s3},
		{"bastion", "traceroute -w 5,0,0 -I " + s3},
		{"bastion", "traceroute -w 5,0,0 -n -I -q 1 " + s3},
		{"bastion", "traceroute -w 5,0,0 -T -p 443 " + s3},
		{"bastion", "traceroute -w 5,0,0 -n -T -p 9 " + s3},
		{"bastion", "traceroute -w 5,0,0 -n -m 3 " + s3},
		{"bastion", "traceroute -w 5,0,0 -f 7 -q 2 -N 1 " + s3},
		{"bastion", "traceroute -w 5,0,0 10.0.2.234"},
		{"bastion", "traceroute -w 5,0,0 -I 10.0.2.234"},
		{"bastion", "traceroute -w 5,0,0 -n -T -p 22 10.0.2.234"},
		{"bastion", "traceroute -w 5,0,0 -n -T -p 23 10.0.2.234"},
		{"bastion", "nslookup " + s3Name},
		{"bastion", "nslookup " + s3},
		{"bastion", "nslookup 10.0.2.234"},
		{"bastion", "nslookup no.such.name.example"},
		{"bastion", "dig " + s3Name},
		{"bastion", "dig -x " + s3},
		{"bastion", "dig +short AAAA " + s3Name},
		{"private", "traceroute -w 1,0,0 " + quiet},
		{"private", "traceroute -w 1,0,0 -n -T -p 443 " + quiet},
		{"private", "traceroute -w 1,0,0 -I -m 12 " + quiet},
		{"private", "nslookup " + s3Name},
	}
	open := []row{
		{"endpoint", "traceroute -w 1,0,0 " + quiet},
		{"endpoint", "traceroute -w 1,0,0 -n -T -p 443 " + quiet},
		{"endpoint", "traceroute -w 1,0,0 -T -p 443 " + quiet},
		{"endpoint", "traceroute -w 1,0,0 -n -I -m 12 " + quiet},
		{"endpoint", "nslookup " + s3Name},
	}
	lab := map[row]string{}
	shells := map[string]*shell{"bastion": g.onBastion(), "private": g.onPrivate()}
	shells["endpoint"] = shells["private"]
	ask := func(rows []row) { // those that mostly wait at once, the others by turns
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, r := range rows {
			run := func() {
				out := shells[r.on].try(t.Context(), "sudo "+r.command).out
				mu.Lock()
				defer mu.Unlock()
				lab[r] = out
			}
			if r.on == "bastion" {
				run()
			} else {
				wg.Go(run)
			}
		}
		wg.Wait()
	}
	ask(closed)
	g.endpoint("", g.privateTable)
	ask(open)

	region := world.RegionData(g.Region())
	k.toS3(region.Hops, taken(lab[closed[0]]), taken(lab[closed[2]]))
	k.toNobody()
	k.throughEndpoint()
	k.resolver(g, "bastion", g.bastion)
	k.resolver(g, "private", g.private)
	k.resolver(g, "endpoint", g.private)

	real := map[row]string{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, r := range append(closed, open...) {
		wg.Go(func() {
			out := k.run(r.on, r.command)
			mu.Lock()
			defer mu.Unlock()
			real[r] = out
		})
	}
	wg.Wait()

	for i, r := range append(closed, open...) {
		ours, theirs := timeless(lab[r]), timeless(real[r])
		if i != 0 && i != 2 { // source ports, and with them the routers, are chance
			ours, theirs = oneRouter(ours, region.Hops), oneRouter(theirs, region.Hops)
		}
		if ours != theirs {
			t.Errorf("%s on %s: the lab prints\n%s\nand the real one\n%s", r.command, r.on, lab[r], real[r])
		}
	}
}

// timeless puts a T for every time that a program measured, and for what
// differs between two calls of the real one.
func timeless(out string) string {
	for _, w := range [][2]string{
		{`\d+\.\d+ ms`, "T ms"}, {`Query time: \d+ msec`, "Query time: T"}, {`(?m)^;; WHEN: .*$`, "WHEN"},
		{`, id: \d+`, ", id: N"}, {`<<>> DiG \S+ <<>>`, "<<>> DiG <<>>"}, {`; COOKIE: .*`, "COOKIE"}, {`rcvd: \d+`, "rcvd: N"},
	} {
		out = regexp.MustCompile(w[0]).ReplaceAllString(out, w[1])
	}
	return out
}

// oneRouter makes the three routers of a hop the first of them.
func oneRouter(out string, hops [][3]netip.Addr) string {
	for _, row := range hops {
		for _, r := range row[1:] {
			dashed := func(a netip.Addr) string { return strings.ReplaceAll(a.String(), ".", "-") }
			out = regexp.MustCompile(`\b`+regexp.QuoteMeta(r.String())+`\b`).ReplaceAllString(out, row[0].String())
			out = strings.ReplaceAll(out, "ec2-"+dashed(r)+".", "ec2-"+dashed(row[0])+".")
		}
	}
	// The same router again is not named again.
	again := regexp.MustCompile(`( (?:\S+ \([\d.]+\)|[\d.]+))((?:  T ms)+)( (?:\S+ \([\d.]+\)|[\d.]+))  T ms`)
	for range 2 {
		out = again.ReplaceAllStringFunc(out, func(m string) string {
			if p := again.FindStringSubmatch(m); p[1] == p[3] {
				return p[1] + p[2] + "  T ms"
			}
			return m
		})
	}
	return out
}

// taken are the routers that answered, by hop and probe.
func taken(trace string) map[[2]int]netip.Addr {
	found := map[[2]int]netip.Addr{}
	for _, line := range strings.Split(trace, "\n") {
		hop, probe, at := 0, 0, netip.Addr{}
		fmt.Sscan(line, &hop)
		for _, word := range strings.Fields(line) {
			if a, err := netip.ParseAddr(strings.Trim(word, "()")); err == nil {
				at = a
			}
			if word == "ms" {
				found[[2]int{hop, probe}] = at
				probe++
			}
		}
	}
	return found
}

// toS3 builds the way of a public instance to S3: at each hop three routers, of
// which the packets of a UDP probe meet the one that they met in the lab, and
// those of an ICMP trace likewise. Linux's own choice would be another hash.
func (k *kernel) toS3(hops [][3]netip.Addr, udp, icmp map[[2]int]netip.Addr) {
	k.t.Helper()
	const s3, bastion = "52.219.56.25", "10.0.1.123"
	k.namespace("wire") // a switch between each two hops
	k.namespace("bastion")
	k.namespace("s3")
	for h := range len(hops) + 1 {
		k.ip("wire", fmt.Sprintf("link add hop%d type bridge", h), fmt.Sprintf("link set hop%d up", h))
	}
	plug := func(host, card string, h int) {
		port := fmt.Sprintf("%s-%s", host, card)
		if len(port) > 15 {
			port = port[:15]
		}
		k.cable("wire", port, host, card)
		k.ip("wire", fmt.Sprintf("link set %s master hop%d", port, h))
	}
	// onward is how a machine sends to the routers of hop h.
	onward := func(card string, h int) (commands []string) {
		if h == len(hops) {
			return []string{fmt.Sprintf("route add %s dev %s scope link", s3, card)}
		}
		commands = append(commands, fmt.Sprintf("route add %s via %s dev %s onlink", s3, hops[h][0], card))
		for i, router := range hops[h] {
			commands = append(commands, fmt.Sprintf("route add %s via %s dev %s onlink table %d", s3, router, card, 101+i))
			for probe := range 3 {
				if udp[[2]int{h + 1, probe}] == router {
					commands = append(commands, fmt.Sprintf("rule add to %s ipproto udp dport %d lookup %d", s3, 33434+3*h+probe, 101+i))
				}
			}
			if icmp[[2]int{h + 1, 0}] == router {
				commands = append(commands, fmt.Sprintf("rule add to %s ipproto icmp lookup %d", s3, 101+i))
			}
		}
		return commands
	}
	plug("bastion", "eth0", 0)
	k.ip("bastion", append([]string{"addr add " + bastion + "/24 dev eth0"}, onward("eth0", 0)...)...)
	for h, row := range hops {
		for i, router := range row {
			name := fmt.Sprintf("r%d%d", h+1, i)
			k.namespace(name)
			plug(name, "in", h)
			plug(name, "out", h+1)
			back := "route add " + bastion + " dev in scope link"
			if h > 0 {
				back = fmt.Sprintf("route add %s via %s dev in onlink", bastion, hops[h-1][0])
			}
			k.ip(name, append([]string{fmt.Sprintf("addr add %s/32 dev in", router), back}, onward("out", h+1)...)...)
		}
	}
	plug("s3", "in", len(hops))
	k.ip("s3", "addr add "+s3+"/32 dev in", fmt.Sprintf("route add %s via %s dev in onlink", bastion, hops[len(hops)-1][0]))
	k.accept("s3", s3+":443")

	k.namespace("refuses")
	k.cable("bastion", "eth1", "refuses", "eth0")
	k.ip("bastion", "route add 10.0.2.234 dev eth1 scope link src "+bastion)
	k.ip("refuses", "addr add 10.0.2.234/32 dev eth0", "route add "+bastion+" dev eth0 scope link")
	k.accept("refuses", "10.0.2.234:22")
}

// accept answers SYNs.
func (k *kernel) accept(name, addr string) {
	_, l := k.listen(name, "tcp", addr)
	k.t.Cleanup(func() { l.Close() })
}

// toNobody builds a private instance whose router has no route, and says so to
// nobody.
func (k *kernel) toNobody() {
	k.t.Helper()
	k.namespace("private")
	k.namespace("router")
	k.cable("private", "eth0", "router", "in")
	k.ip("private", "addr add 10.0.2.234/24 dev eth0", "route add default via 10.0.2.1")
	k.ip("router", "addr add 10.0.2.1/24 dev in", "route add blackhole default")
}

// throughEndpoint builds six routers that never speak, and an S3 that answers
// on TCP alone.
func (k *kernel) throughEndpoint() {
	k.t.Helper()
	const s3, private, silent = "3.5.143.161", "10.0.2.234", 6
	// Each machine is known by the address of the card that packets come in by.
	at := func(i int) string {
		switch i {
		case 0:
			return private
		case silent + 1:
			return s3
		}
		return fmt.Sprintf("169.254.9.%d", i)
	}
	name := func(i int) string {
		if i == 0 {
			return "endpoint"
		}
		return fmt.Sprintf("e%d", i)
	}
	k.namespace(name(0))
	for i := 1; i <= silent+1; i++ {
		k.namespace(name(i))
		k.cable(name(i-1), "out", name(i), "in")
		// What it says itself about a packet is lost; what passes is not.
		k.ip(name(i), "addr add "+at(i)+"/32 dev in", fmt.Sprintf("route add %s via %s dev in onlink", private, at(i-1)),
			"rule add iif lo ipproto icmp to "+private+" blackhole")
		if i == 1 {
			k.ip(name(0), "addr add "+private+"/32 dev out")
		}
		k.ip(name(i-1), fmt.Sprintf("route add %s via %s dev out onlink", s3, at(i)))
	}
	k.accept(name(silent+1), s3+":443")
}

// resolver puts the lab's own DNS answers at 10.0.0.2 of a namespace, as the
// instance gets them.
func (k *kernel) resolver(g *guide, name, instance string) {
	k.t.Helper()
	k.ip(name, "addr add 10.0.0.2/32 dev lo")
	conn, _ := k.listen(name, "udp", "10.0.0.2:53")
	host := g.Net().Host(world.HostID(instance))
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		c, err := host.DialContext(ctx, "udp", "10.0.0.2:53")
		if err != nil {
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(5 * time.Second))
		answer, _, err := new(dns.Client).ExchangeWithConn(q, &dns.Conn{Conn: c})
		if err == nil {
			w.WriteMsg(answer)
		}
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.ActivateAndServe()
	}()
	k.t.Cleanup(func() {
		conn.Close()
		<-ended
	})
}
