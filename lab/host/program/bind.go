package program

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"gatewalk/lab/host/program/resolv"
)

// bindVersion is that of AL2023's bind-utils, whose nslookup, dig and host
// these are.
const bindVersion = "9.18.50"

// bindQuery is how the programs of BIND ask: each server in turn, some times,
// saying on standard output what went wrong with each try.
type bindQuery struct {
	*resolv.Resolver
	process *Process
	servers []netip.AddrPort
	named   string // the server as it was typed, or ""
	tries   int
	timeout time.Duration
	tcp     bool
	ignore  bool // a cut answer is good enough
	// What is worth a line on the way to an answer.
	tellServfail, tellTruncated bool
}

// newBindQuery has BIND's defaults, which resolv.conf can change.
func newBindQuery(p *Process, tries int) *bindQuery {
	r := p.Resolver()
	q := &bindQuery{Resolver: r, process: p, servers: r.Config.Servers, tries: tries, timeout: 5 * time.Second}
	if r.Config.TimeoutSet {
		q.timeout = r.Config.Timeout
	}
	return q
}

// errNoServer is that nobody answered; it has been told already.
var errNoServer = errors.New("no servers could be reached")

// use makes one server, given by name or address, the only one.
func (q *bindQuery) use(ctx context.Context, server string, port uint16) error {
	found, err := q.Host(ctx, server)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("couldn't get address for '%s': not found", server)
	}
	q.named, q.servers = server, nil
	for _, a := range found.Addrs {
		q.servers = append(q.servers, netip.AddrPortFrom(a, port))
	}
	return nil
}

// port makes the servers listen elsewhere.
func (q *bindQuery) port(port uint16) {
	for i, s := range q.servers {
		q.servers[i] = netip.AddrPortFrom(s.Addr(), port)
	}
}

// ask sends m until one server gives an answer that is of use. A SERVFAIL is
// of use only when no other server is left.
func (q *bindQuery) ask(ctx context.Context, m *dns.Msg) (resolv.Reply, error) {
	var failed *resolv.Reply
	for range q.tries {
		for i, server := range q.servers {
			reply, err := q.once(ctx, server, m)
			if ctx.Err() != nil {
				return reply, ctx.Err()
			}
			if err != nil {
				text := err.Error()
				if errors.Is(err, resolv.ErrUnreachable) {
					text = "host unreachable"
				}
				fmt.Fprintf(q.process.Stdout, ";; communications error to %s: %s\n", addrHash(server), text)
				continue
			}
			if reply.Truncated && q.tellTruncated {
				fmt.Fprintln(q.process.Stdout, ";; Truncated, retrying in TCP mode.")
			}
			q.tcp = q.tcp || reply.Truncated // for what else is asked about the name
			if reply.Rcode == dns.RcodeServerFailure {
				if q.tellServfail {
					fmt.Fprintf(q.process.Stdout, ";; Got SERVFAIL reply from %s\n", server.Addr())
				}
				failed = &reply
				if i < len(q.servers)-1 {
					continue
				}
			}
			return reply, nil
		}
		if failed != nil {
			return *failed, nil
		}
	}
	return resolv.Reply{}, errNoServer
}

func (q *bindQuery) once(ctx context.Context, server netip.AddrPort, m *dns.Msg) (resolv.Reply, error) {
	if q.ignore {
		return q.Once(ctx, server, m, q.tcp, q.timeout)
	}
	return q.Exchange(ctx, server, m, q.tcp, q.timeout)
}

// addrHash is an address and port as BIND writes them.
func addrHash(a netip.AddrPort) string { return fmt.Sprintf("%s#%d", a.Addr(), a.Port()) }

// rdata is a record's data in presentation form.
func rdata(rr dns.RR) string { return strings.TrimPrefix(rr.String(), rr.Header().String()) }

// rcodeText is a response code as BIND names it.
func rcodeText(rcode int) string {
	switch rcode {
	case dns.RcodeNotImplemented:
		return "NOTIMP"
	case dns.RcodeBadVers:
		return "BADVERS"
	}
	if s, ok := dns.RcodeToString[rcode]; ok {
		return s
	}
	return fmt.Sprintf("RESERVED%d", rcode)
}

// recordType reads a type's name, or TYPEn.
func recordType(name string) (uint16, bool) {
	name = strings.ToUpper(name)
	if t, ok := dns.StringToType[name]; ok && t != dns.TypeNone && t != dns.TypeReserved && t != dns.TypeOPT {
		return t, true
	}
	var n uint16
	if _, err := fmt.Sscanf(name, "TYPE%d", &n); err == nil && n > 0 {
		return n, true
	}
	return 0, false
}

// illegal reports why a name cannot be asked for, or "".
func illegal(name string) string {
	trimmed := strings.TrimSuffix(name, ".")
	switch {
	case trimmed == "":
		return ""
	case strings.Contains(trimmed, ".."), strings.HasPrefix(trimmed, "."):
		return "empty label"
	}
	for label := range strings.SplitSeq(trimmed, ".") {
		if len(label) > 63 {
			return "label too long"
		}
	}
	if len(trimmed) > 253 {
		return "ran out of space"
	}
	if _, ok := dns.IsDomainName(name); !ok {
		return "bad escape"
	}
	return ""
}

// without is a name without its final dot, the root staying a dot.
func without(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}
