package program

import (
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

const hostUsage = `Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]
            [-R number] [-m flag] [-p port] hostname [server]
       -a is equivalent to -v -t ANY
       -A is like -a but omits RRSIG, NSEC, NSEC3
       -c specifies query class for non-IN data
       -C compares SOA records on authoritative nameservers
       -d is equivalent to -v
       -l lists all hosts in a domain, using AXFR
       -m set memory debugging flag (trace|record|usage)
       -N changes the number of dots allowed before root lookup is done
       -p specifies the port on the server to query
       -r disables recursive processing
       -R specifies number of retries for UDP packets
       -s a SERVFAIL response should stop query
       -t specifies the query type
       -T enables TCP/IP mode
       -U enables UDP mode
       -v enables verbose output
       -V print version number and exit
       -w specifies to wait forever for a reply
       -W specifies how long to wait for a reply
       -4 use IPv4 query transport only
       -6 use IPv6 query transport only
`

// hostRun is one run of host(1).
type hostRun struct {
	*bindQuery
	out     io.Writer
	kind    uint16 // 0: A, AAAA and MX
	verbose bool
	norec   bool
}

// hostCommand is host(1).
func hostCommand(ctx context.Context, p *Process) int {
	q := newBindQuery(p, 2)
	h := &hostRun{bindQuery: q, out: p.Stdout}
	port := uint16(53)
	var operands []string
	for args := p.Args[1:]; len(args) > 0; args = args[1:] {
		a := args[0]
		if len(a) < 2 || a[0] != '-' {
			operands = append(operands, a)
			continue
		}
		letter, value := a[1], a[2:]
		if strings.ContainsRune("ctNRmpW", rune(letter)) {
			if value == "" && len(args) > 1 {
				value, args = args[1], args[1:]
			}
			if value == "" {
				fmt.Fprintf(p.Stderr, "host: option requires an argument -- %c\n%s", letter, hostUsage)
				return 1
			}
			n, err := strconv.Atoi(value)
			switch letter {
			case 't':
				kind, ok := recordType(value)
				if !ok {
					fmt.Fprintf(p.Stderr, "host: invalid type: %s\n\n", value)
					return 2
				}
				h.kind = kind
			case 'W':
				h.timeout = time.Duration(max(n, 1)) * time.Second
			case 'R':
				h.tries = max(n, 0) + 1
			case 'p':
				if err != nil || n < 0 || n > 65535 {
					fmt.Fprint(p.Stderr, "host: Couldn't parse port number\n")
					return 1
				}
				port = uint16(n)
			}
			continue
		}
		for _, letter := range a[1:] {
			switch letter {
			case 'a':
				h.verbose, h.kind = true, dns.TypeANY
			case 'v', 'd':
				h.verbose = true
			case 'T':
				h.tcp = true
			case 'r':
				h.norec = true
			case 'V':
				fmt.Fprintf(p.Stderr, "host %s\n", bindVersion)
				return 0
			case 'U', '4', 's', 'w':
			default:
				fmt.Fprintf(p.Stderr, "host: illegal option -- %c\n%s", letter, hostUsage)
				return 1
			}
		}
	}
	if len(operands) == 0 {
		fmt.Fprint(p.Stderr, hostUsage)
		return 1
	}
	q.port(port)
	if len(operands) > 1 {
		if err := q.use(ctx, operands[1], port); err != nil {
			if ctx.Err() != nil {
				return statusInterrupted
			}
			fmt.Fprintf(p.Stderr, "host: %v\n", err)
			return 1
		}
	}
	status := h.look(ctx, operands[0], p.Stderr)
	if ctx.Err() != nil {
		return statusInterrupted
	}
	return status
}

func (h *hostRun) look(ctx context.Context, name string, errs io.Writer) int {
	kinds := []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeMX}
	shown := name
	if a, err := netip.ParseAddr(name); err == nil {
		name, kinds = resolv.Reverse(a)+".", []uint16{dns.TypePTR}
		shown = name
	}
	if h.kind != 0 {
		kinds = []uint16{h.kind}
	}
	if why := illegal(name); why != "" {
		fmt.Fprintf(errs, "host: '%s' is not a legal name (%s)\n", name, why)
		return 1
	}
	for i, kind := range kinds {
		reply, full, err := h.query(ctx, name, kind)
		if err != nil {
			if errors.Is(err, errNoServer) {
				fmt.Fprintln(h.out, ";; no servers could be reached")
			}
			return 1
		}
		if i == 0 && h.named != "" {
			fmt.Fprintf(h.out, "Using domain server:\nName: %s\nAddress: %s\nAliases: \n\n", h.named, addrHash(reply.Server))
		}
		if h.verbose {
			h.detail(reply)
		}
		if reply.Rcode != dns.RcodeSuccess {
			fmt.Fprintf(h.out, "Host %s not found: %d(%s)\n", shown, reply.Rcode, rcodeText(reply.Rcode))
			return 1
		}
		if h.verbose {
			continue
		}
		if len(reply.Answer) == 0 && len(kinds) == 1 {
			fmt.Fprintf(h.out, "%s has no %s record\n", without(full), dns.Type(kind))
		}
		for _, rr := range reply.Answer {
			// The aliases are told with the first answer.
			if _, alias := rr.(*dns.CNAME); !alias || i == 0 {
				h.record(rr)
			}
		}
	}
	return 0
}

func (h *hostRun) query(ctx context.Context, name string, kind uint16) (reply resolv.Reply, full string, err error) {
	names := []string{name}
	if !strings.Contains(without(name), ".") {
		names = h.Config.Names(name)
	}
	for _, full = range names {
		if h.verbose {
			fmt.Fprintf(h.out, "Trying \"%s\"\n", without(full))
		}
		m := h.Query(full, kind)
		m.RecursionDesired = !h.norec
		if reply, err = h.ask(ctx, m); err != nil || reply.Rcode != dns.RcodeNameError {
			return reply, full, err
		}
	}
	return reply, full, nil
}

// record prints a record as a sentence.
func (h *hostRun) record(rr dns.RR) {
	owner := without(rr.Header().Name)
	says := map[uint16]string{
		dns.TypeA: "has address", dns.TypeAAAA: "has IPv6 address", dns.TypeCNAME: "is an alias for",
		dns.TypeNS: "name server", dns.TypeMX: "mail is handled by", dns.TypePTR: "domain name pointer",
		dns.TypeTXT: "descriptive text", dns.TypeSRV: "has SRV record", dns.TypeSOA: "has SOA record",
	}[rr.Header().Rrtype]
	if says == "" {
		says = fmt.Sprintf("has %s record", dns.Type(rr.Header().Rrtype))
	}
	fmt.Fprintf(h.out, "%s %s %s\n", owner, says, rdata(rr))
}

// detail prints a whole answer, as -v asks for.
func (h *hostRun) detail(r resolv.Reply) {
	l := digLookup{}
	l.show.all(true)
	l.show.ttl, l.show.class = true, true
	l.message(h.out, r.Msg)
	fmt.Fprintf(h.out, "Received %d bytes from %s in 0 ms\n", r.Size, addrHash(r.Server))
}
