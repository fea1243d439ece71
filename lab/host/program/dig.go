package program

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"gatewalk/lab/host/program/resolv"
)

// digShow is which parts of an answer dig prints.
type digShow struct {
	cmd, comments, question, answer, authority, additional, stats bool
	short, ttl, class, identify, query                            bool
}

func (s *digShow) all(on bool) {
	s.cmd, s.comments, s.question, s.answer, s.authority, s.additional, s.stats = on, on, on, on, on, on, on
}

// digLookup is one question.
type digLookup struct {
	name   string
	kind   uint16
	typed  bool // a type was given
	show   digShow
	server string // @server
	port   uint16
	search bool
	plain  bool // without EDNS
	norec  bool
	tcp    bool
	ignore bool
	tries  int
	wait   time.Duration
}

const digUsage = `Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]

Use "dig -h" (or "dig -h | more") for complete list of options
`

func dig(ctx context.Context, p *Process) int {
	lookups, status, done := parseDig(p)
	if done {
		return status
	}
	greeting := fmt.Sprintf("\n; <<>> DiG %s <<>>", bindVersion)
	if len(p.Args) > 1 {
		greeting += " " + strings.Join(p.Args[1:], " ")
	}
	greeting += "\n"
	if lookups[0].server != "" {
		greeting += "; (1 server found)\n"
	}
	greeting += ";; global options: +cmd\n"
	for i, l := range lookups {
		head := greeting
		if i > 0 || !l.show.cmd {
			head = ""
		}
		if s := l.run(ctx, p, head, greeting); s != 0 {
			status = s
		}
		if ctx.Err() != nil {
			return statusInterrupted
		}
	}
	return status
}

func (l digLookup) run(ctx context.Context, p *Process, head, greeting string) int {
	if why := illegal(l.name); why != "" {
		fmt.Fprintf(p.Stderr, "dig: '%s' is not a legal name (%s)\n", l.name, why)
		return 10
	}
	q := newBindQuery(p, l.tries)
	if q.Config.AttemptsSet && l.tries == 0 {
		q.tries = q.Config.Attempts
	}
	if q.tries == 0 {
		q.tries = 3
	}
	if l.wait > 0 {
		q.timeout = l.wait
	}
	q.tcp, q.ignore, q.tellTruncated = l.tcp, l.ignore, l.show.comments
	q.port(l.port)
	if l.server != "" {
		if err := q.use(ctx, l.server, l.port); err != nil {
			if ctx.Err() == nil {
				fmt.Fprintf(p.Stderr, "dig: %v\n", err)
			}
			return 1
		}
	}
	names := []string{l.name}
	if l.search {
		names = q.Config.Names(l.name)
	}
	var reply resolv.Reply
	var took time.Duration
	for _, name := range names {
		m := l.question(q, name, p)
		if l.show.query && !l.show.short {
			fmt.Fprint(p.Stdout, head, ";; Sending:\n")
			head = ""
			l.message(p.Stdout, m)
		}
		began := p.Clock.Now()
		var err error
		if reply, err = q.ask(ctx, m); err != nil {
			if ctx.Err() == nil {
				fmt.Fprint(p.Stdout, greeting, ";; no servers could be reached\n")
			}
			return 9
		}
		took = p.Clock.Now().Sub(began)
		if reply.Rcode != dns.RcodeNameError {
			break
		}
	}
	if l.show.short {
		l.short(p.Stdout, reply, took)
		return 0
	}
	fmt.Fprint(p.Stdout, head)
	if l.show.comments {
		fmt.Fprintln(p.Stdout, ";; Got answer:")
	}
	l.message(p.Stdout, reply.Msg)
	if l.show.stats {
		via := "UDP"
		if reply.TCP {
			via = "TCP"
		}
		fmt.Fprintf(p.Stdout, ";; Query time: %d msec\n;; SERVER: %s(%s) (%s)\n;; WHEN: %s\n;; MSG SIZE  rcvd: %d\n\n",
			took.Milliseconds(), addrHash(reply.Server), l.serverName(reply.Server), via,
			p.Clock.Now().UTC().Format("Mon Jan 02 15:04:05 UTC 2006"), reply.Size)
	}
	return 0
}

func (l digLookup) serverName(a netip.AddrPort) string {
	if l.server != "" {
		return l.server
	}
	return a.Addr().String()
}

// question is a query as dig 9.18 makes it: with AD, EDNS and a cookie.
func (l digLookup) question(q *bindQuery, name string, p *Process) *dns.Msg {
	m := q.Query(name, l.kind)
	m.RecursionDesired = !l.norec
	m.AuthenticatedData = true
	if !l.plain {
		m.SetEdns0(1232, false)
		cookie := &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: fmt.Sprintf("%016x", p.random().Uint64())}
		m.IsEdns0().Option = append(m.IsEdns0().Option, cookie)
	}
	return m
}

func (l digLookup) short(w io.Writer, r resolv.Reply, took time.Duration) {
	for _, rr := range r.Answer {
		fmt.Fprint(w, rdata(rr))
		if l.show.identify {
			fmt.Fprintf(w, " from server %s in %d ms.", r.Server.Addr(), took.Milliseconds())
		}
		fmt.Fprintln(w)
	}
}

// message prints header and sections as they are asked for.
func (l digLookup) message(w io.Writer, m *dns.Msg) {
	s := l.show
	opt := m.IsEdns0()
	extra := make([]dns.RR, 0, len(m.Extra))
	for _, rr := range m.Extra {
		if rr.Header().Rrtype != dns.TypeOPT {
			extra = append(extra, rr)
		}
	}
	if s.comments {
		fmt.Fprintf(w, ";; ->>HEADER<<- opcode: %s, status: %s, id: %d\n;; flags:%s; QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n",
			dns.OpcodeToString[m.Opcode], rcodeText(m.Rcode), m.Id, dnsFlags(m), len(m.Question), len(m.Answer), len(m.Ns), len(m.Extra))
		if m.Response && m.RecursionDesired && !m.RecursionAvailable {
			fmt.Fprintln(w, ";; WARNING: recursion requested but not available")
		}
		if s.question || s.answer || s.authority || s.additional || opt != nil {
			fmt.Fprintln(w)
		}
		if opt != nil {
			flags := ""
			if opt.Do() {
				flags = " do"
			}
			fmt.Fprintf(w, ";; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n", opt.Version(), flags, opt.UDPSize())
			for _, o := range opt.Option {
				if c, ok := o.(*dns.EDNS0_COOKIE); ok {
					fmt.Fprintf(w, "; COOKIE: %s\n", c.Cookie)
				}
			}
		}
	}
	if s.question && len(m.Question) > 0 {
		l.heading(w, "QUESTION")
		for _, q := range m.Question {
			line := new(tabStops)
			line.put(q.Name, 0)
			line.put(dns.ClassToString[q.Qclass], 32)
			line.put(dns.Type(q.Qtype).String(), 40)
			fmt.Fprintln(w, ";"+line.String())
		}
		l.blank(w)
	}
	for _, section := range []struct {
		name string
		on   bool
		rrs  []dns.RR
	}{{"ANSWER", s.answer, m.Answer}, {"AUTHORITY", s.authority, m.Ns}, {"ADDITIONAL", s.additional, extra}} {
		if !section.on || len(section.rrs) == 0 {
			continue
		}
		l.heading(w, section.name)
		for _, rr := range section.rrs {
			fmt.Fprintln(w, l.record(rr))
		}
		l.blank(w)
	}
}

func (l digLookup) heading(w io.Writer, name string) {
	if l.show.comments {
		fmt.Fprintf(w, ";; %s SECTION:\n", name)
	}
}

func (l digLookup) blank(w io.Writer) {
	if l.show.comments {
		fmt.Fprintln(w)
	}
}

// record prints a record in BIND's columns, which move left where a field is
// left out.
func (l digLookup) record(rr dns.RR) string {
	h := rr.Header()
	line := new(tabStops)
	line.put(h.Name, 0)
	at := 24
	if l.show.ttl {
		line.put(fmt.Sprint(h.Ttl), at)
		at += 8
	}
	if l.show.class {
		line.put(dns.ClassToString[h.Class], at)
		at += 8
	}
	line.put(dns.Type(h.Rrtype).String(), at)
	line.put(rdata(rr), at+8)
	return line.String()
}

func dnsFlags(m *dns.Msg) string {
	s := ""
	for _, f := range []struct {
		on   bool
		name string
	}{{m.Response, "qr"}, {m.Authoritative, "aa"}, {m.Truncated, "tc"}, {m.RecursionDesired, "rd"},
		{m.RecursionAvailable, "ra"}, {m.AuthenticatedData, "ad"}, {m.CheckingDisabled, "cd"}} {
		if f.on {
			s += " " + f.name
		}
	}
	return s
}

// tabStops lays out fields at tab stops of eight; a field that is too long moves
// the next one right by a blank.
type tabStops struct {
	strings.Builder
	at int
}

func (c *tabStops) put(field string, column int) {
	if c.at > 0 {
		column = max(column, c.at+1)
		if tabs := column/8 - c.at/8; tabs > 0 {
			c.WriteString(strings.Repeat("\t", tabs))
			c.at = column / 8 * 8
		}
		c.WriteString(strings.Repeat(" ", column-c.at))
		c.at = column
	}
	c.WriteString(field)
	c.at += len(field)
}
