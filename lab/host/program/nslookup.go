package program

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"gatewalk/lab/host/program/resolv"
)

// nslookupRun is one run of nslookup.
type nslookupRun struct {
	*bindQuery
	out     io.Writer
	errs    io.Writer
	kind    uint16 // 0: A, then AAAA
	search  bool
	recurse bool
	nsPort  uint16
	failed  bool
}

const nslookupUsage = `Usage:
   nslookup [-opt ...]             # interactive mode using default server
   nslookup [-opt ...] - server    # interactive mode using 'server'
   nslookup [-opt ...] host        # just look up 'host' using default server
   nslookup [-opt ...] host server # just look up 'host' using 'server'
`

func nslookup(ctx context.Context, p *Process) int {
	q := newBindQuery(p, 3)
	q.tellServfail, q.tellTruncated = true, true
	if q.Config.AttemptsSet {
		q.tries = q.Config.Attempts
	}
	n := &nslookupRun{bindQuery: q, out: p.Stdout, errs: p.Stderr, search: true, recurse: true, nsPort: 53}
	var operands []string
	for _, a := range p.Args[1:] {
		switch {
		case a == "-version":
			fmt.Fprintf(p.Stderr, "nslookup %s\n", bindVersion)
			return 0
		case len(a) > 1 && a[0] == '-' && len(operands) == 0:
			n.option(a[1:])
		default:
			operands = append(operands, a)
		}
	}
	if len(operands) > 2 {
		fmt.Fprint(p.Stderr, nslookupUsage)
		return 1
	}
	q.port(n.nsPort)
	if len(operands) == 2 {
		if err := q.use(ctx, operands[1], n.nsPort); err != nil {
			if ctx.Err() == nil {
				fmt.Fprintf(p.Stderr, "nslookup: %v\n", err)
				return 1
			}
			return statusInterrupted
		}
	}
	if len(operands) == 0 || operands[0] == "-" {
		n.interactive(ctx, p)
	} else if status := n.look(ctx, operands[0]); status != 0 {
		return status
	}
	if ctx.Err() != nil {
		return statusInterrupted
	}
	fmt.Fprintln(p.Stdout)
	if n.failed {
		return 1
	}
	return 0
}

// option sets what -name[=value] or "set name[=value]" says.
func (n *nslookupRun) option(o string) {
	name, value, given := strings.Cut(o, "=")
	number := func(f func(int)) {
		if v, err := strconv.Atoi(value); err == nil && v >= 0 {
			f(v)
		}
	}
	switch {
	case given && (prefixOf(name, "type", 2) || prefixOf(name, "querytype", 1)):
		if kind, ok := recordType(value); ok {
			n.kind = kind
		} else {
			fmt.Fprintf(n.out, "unknown query type: %s\n", value)
		}
	case given && prefixOf(name, "class", 2):
	case given && prefixOf(name, "timeout", 1):
		number(func(v int) { n.timeout = time.Duration(max(v, 1)) * time.Second })
	case given && prefixOf(name, "retry", 3):
		number(func(v int) { n.tries = max(v, 1) })
	case given && prefixOf(name, "port", 2):
		number(func(v int) { n.nsPort = uint16(v); n.port(n.nsPort) })
	case name == "vc" || name == "novc":
		n.tcp = name == "vc"
	case prefixOf(name, "search", 3), prefixOf(name, "nosearch", 5):
		n.search = name[0] == 's'
	case prefixOf(name, "recurse", 3), prefixOf(name, "norecurse", 5):
		n.recurse = name[0] == 'r'
	case name == "debug" || name == "nodebug" || name == "d2" || name == "nod2" || name == "fail" || name == "nofail":
	default:
		fmt.Fprintf(n.out, "*** Invalid option: %s\n", o)
	}
}

// prefixOf reports whether s is the beginning of word, of at least so many letters.
func prefixOf(s, word string, least int) bool {
	return len(s) >= least && strings.HasPrefix(word, strings.ToLower(s))
}

// look answers one question. The status is 0 unless the program is to end at once.
func (n *nslookupRun) look(ctx context.Context, name string) int {
	if a, err := netip.ParseAddr(name); err == nil && n.kind == 0 {
		reply, err := n.query(ctx, resolv.Reverse(a), dns.TypePTR)
		if err == nil && n.answered(reply, resolv.Reverse(a), false) {
			n.records(reply.Answer)
			n.authorities(reply.Ns)
		}
		return 0
	}
	if a, err := netip.ParseAddr(name); err == nil && n.kind == dns.TypePTR {
		name = resolv.Reverse(a)
	}
	if why := illegal(name); why != "" {
		fmt.Fprintf(n.errs, "nslookup: '%s' is not a legal name (%s)\n", name, why)
		return 10
	}
	kind := n.kind
	if kind == 0 {
		kind = dns.TypeA
	}
	reply, err := n.query(ctx, name, kind)
	if err != nil || !n.answered(reply, name, true) {
		return 0
	}
	found := n.shown(reply.Answer)
	if n.kind == 0 {
		// The aliases were shown with the first half.
		six, err := n.query(ctx, name, dns.TypeAAAA)
		if err != nil {
			return 0
		}
		if six.Rcode == dns.RcodeSuccess {
			for _, rr := range six.Answer {
				if _, ok := rr.(*dns.AAAA); ok {
					found = n.shown([]dns.RR{rr}) || found
				}
			}
		}
	}
	if !found {
		fmt.Fprintf(n.out, "*** Can't find %s: No answer\n", without(name))
	}
	if n.kind != 0 && n.kind != dns.TypeA && n.kind != dns.TypeAAAA {
		n.authorities(reply.Ns)
	}
	return 0
}

// query asks for a name, trying the search list where it applies.
func (n *nslookupRun) query(ctx context.Context, name string, kind uint16) (reply resolv.Reply, err error) {
	names := []string{name}
	if n.search && kind != dns.TypePTR && !strings.Contains(without(name), ".") {
		names = n.Config.Names(name)
	}
	for _, full := range names {
		m := n.Query(full, kind)
		m.RecursionDesired = n.recurse
		if reply, err = n.ask(ctx, m); err != nil {
			n.failed = true
			if errors.Is(err, errNoServer) {
				fmt.Fprintln(n.out, ";; no servers could be reached")
			}
			return reply, err
		}
		if reply.Rcode != dns.RcodeNameError {
			break
		}
	}
	return reply, nil
}

// answered prints who answered, and what if it was an error.
func (n *nslookupRun) answered(r resolv.Reply, name string, header bool) bool {
	if header {
		server := n.named
		if server == "" {
			server = r.Server.Addr().String()
		}
		fmt.Fprintf(n.out, "Server:\t\t%s\nAddress:\t%s\n\n", server, addrHash(r.Server))
	}
	if r.Rcode != dns.RcodeSuccess {
		fmt.Fprintf(n.out, "** server can't find %s: %s\n", without(name), rcodeText(r.Rcode))
		n.failed = true
		return false
	}
	if header && !r.Authoritative {
		fmt.Fprintln(n.out, "Non-authoritative answer:")
	}
	return true
}

// shown prints an answer section and reports whether there was anything.
func (n *nslookupRun) shown(answer []dns.RR) bool {
	n.records(answer)
	return len(answer) > 0
}

func (n *nslookupRun) records(section []dns.RR) {
	for _, rr := range section {
		owner := without(rr.Header().Name)
		switch rr := rr.(type) {
		case *dns.A:
			fmt.Fprintf(n.out, "Name:\t%s\nAddress: %s\n", owner, rr.A)
		case *dns.AAAA:
			fmt.Fprintf(n.out, "Name:\t%s\nAddress: %s\n", owner, rr.AAAA)
		case *dns.CNAME:
			fmt.Fprintf(n.out, "%s\tcanonical name = %s\n", owner, rr.Target)
		case *dns.PTR:
			fmt.Fprintf(n.out, "%s\tname = %s\n", owner, rr.Ptr)
		case *dns.NS:
			fmt.Fprintf(n.out, "%s\tnameserver = %s\n", owner, rr.Ns)
		case *dns.MX:
			fmt.Fprintf(n.out, "%s\tmail exchanger = %d %s\n", owner, rr.Preference, rr.Mx)
		case *dns.SRV:
			fmt.Fprintf(n.out, "%s\tservice = %s\n", owner, rdata(rr))
		case *dns.SOA:
			fmt.Fprintf(n.out, "%s\n\torigin = %s\n\tmail addr = %s\n\tserial = %d\n\trefresh = %d\n\tretry = %d\n\texpire = %d\n\tminimum = %d\n",
				owner, without(rr.Ns), without(rr.Mbox), rr.Serial, rr.Refresh, rr.Retry, rr.Expire, rr.Minttl)
		case *dns.TXT:
			fmt.Fprintf(n.out, "%s\ttext = %s\n", owner, rdata(rr))
		default:
			fmt.Fprintf(n.out, "%s\trdata_%d = %s\n", owner, rr.Header().Rrtype, rdata(rr))
		}
	}
}

func (n *nslookupRun) authorities(section []dns.RR) {
	fmt.Fprint(n.out, "\nAuthoritative answers can be found from:\n")
	n.records(section)
}

// interactive reads commands until their end, or "exit".
func (n *nslookupRun) interactive(ctx context.Context, p *Process) {
	in := bufio.NewScanner(p.Stdin)
	for ctx.Err() == nil {
		if p.Tty {
			fmt.Fprint(p.Stdout, "> ")
		}
		if !in.Scan() {
			return
		}
		f := strings.Fields(in.Text())
		if len(f) == 0 {
			continue
		}
		n.failed = false
		switch verb := strings.ToLower(f[0]); {
		case verb == "exit":
			return
		case verb == "help" || verb == "?":
			fmt.Fprintf(p.Stdout, "The '%s' command is not yet implemented.\n", verb)
		case verb == "set" && len(f) > 1:
			for _, o := range f[1:] {
				n.option(o)
			}
		case verb == "server" || verb == "lserver":
			if len(f) > 1 {
				if err := n.use(ctx, f[1], n.nsPort); err != nil {
					fmt.Fprintf(p.Stderr, "nslookup: %v\n", err)
					continue
				}
			}
			for _, s := range n.servers {
				fmt.Fprintf(p.Stdout, "Default server: %s\nAddress: %s\n", cmp.Or(n.named, s.Addr().String()), addrHash(s))
			}
		default:
			if len(f) > 1 {
				former, name := n.servers, n.named
				if err := n.use(ctx, f[1], n.nsPort); err != nil {
					fmt.Fprintf(p.Stderr, "nslookup: %v\n", err)
					continue
				}
				n.look(ctx, f[0])
				n.servers, n.named = former, name
				continue
			}
			n.look(ctx, f[0])
		}
	}
}
