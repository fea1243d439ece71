package resolv

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// A LookupError is why a name has no address, in the words of gai_strerror.
type LookupError struct {
	Name string
	Text string
}

func (e *LookupError) Error() string { return e.Name + ": " + e.Text }

// The texts of getaddrinfo's errors.
const (
	NotKnown  = "Name or service not known"                 // EAI_NONAME
	TryAgain  = "Temporary failure in name resolution"      // EAI_AGAIN
	NoAddress = "No address associated with hostname"       // EAI_NODATA
	NoFamily  = "Address family for hostname not supported" // EAI_ADDRFAMILY
)

// Lookup is what is known of a name.
type Lookup struct {
	Canonical string // without the final dot
	Aliases   []string
	Addrs     []netip.Addr
}

// Host finds the IPv4 addresses of a name: a literal, then /etc/hosts, then the
// servers, each asked as often as resolv.conf says. IPv6 is not asked for, as a
// host without an IPv6 address does (AI_ADDRCONFIG). The error is a
// *LookupError, or that of ctx.
func (r *Resolver) Host(ctx context.Context, name string) (Lookup, error) {
	if a, ok := ParseIPv4(name); ok {
		return Lookup{Canonical: name, Addrs: []netip.Addr{a}}, nil
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return Lookup{}, &LookupError{name, NoFamily}
	}
	if _, ok := dns.IsDomainName(name); !ok || name == "" {
		return Lookup{}, &LookupError{name, NotKnown}
	}
	var l Lookup
	for _, line := range r.Hosts.Lookup(name) {
		if line.Addr.Is4() {
			l.Addrs = append(l.Addrs, line.Addr)
			l.Canonical = line.Names[0]
		}
	}
	if len(l.Addrs) > 0 {
		return l, nil
	}
	text := NotKnown
	for _, full := range r.Config.Names(name) {
		m, err := r.ask(ctx, full, dns.TypeA)
		switch {
		case err != nil && ctx.Err() != nil:
			return l, ctx.Err()
		case err != nil:
			text = TryAgain
			continue
		case m.Rcode == dns.RcodeNameError:
			continue
		}
		if l = addresses(full, m); len(l.Addrs) > 0 {
			return l, nil
		}
		text = NoAddress
	}
	return Lookup{}, &LookupError{name, text}
}

// ask repeats a query as the C library does: all servers in turn, as many times
// as there are attempts. SERVFAIL and the like make it try the next server.
func (r *Resolver) ask(ctx context.Context, name string, kind uint16) (*dns.Msg, error) {
	err := error(ErrTimedOut)
	for range r.Config.Attempts {
		for _, server := range r.Config.Servers {
			reply, e := r.Exchange(ctx, server, r.Query(name, kind), false, r.Config.Timeout)
			switch {
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case e != nil:
				err = e
			case reply.Rcode == dns.RcodeSuccess || reply.Rcode == dns.RcodeNameError:
				return reply.Msg, nil
			}
		}
	}
	return nil, err
}

// addresses follows the aliases of an answer.
func addresses(name string, m *dns.Msg) Lookup {
	l := Lookup{Canonical: strings.TrimSuffix(name, ".")}
	for _, rr := range m.Answer {
		switch rr := rr.(type) {
		case *dns.CNAME:
			l.Aliases = append(l.Aliases, l.Canonical)
			l.Canonical = strings.TrimSuffix(rr.Target, ".")
		case *dns.A:
			if a, ok := netip.AddrFromSlice(rr.A.To4()); ok && !slices.Contains(l.Addrs, a) {
				l.Addrs = append(l.Addrs, a)
			}
		}
	}
	return l
}

// Addr finds the name of an address, or "" if it has none.
func (r *Resolver) Addr(ctx context.Context, a netip.Addr) (string, error) {
	if name := r.Hosts.Name(a); name != "" {
		return name, nil
	}
	m, err := r.ask(ctx, Reverse(a), dns.TypePTR)
	if err != nil {
		return "", err
	}
	for _, rr := range m.Answer {
		if ptr, ok := rr.(*dns.PTR); ok {
			return strings.TrimSuffix(ptr.Ptr, "."), nil
		}
	}
	return "", nil
}

// Reverse is the name whose PTR record names a, without the final dot.
func Reverse(a netip.Addr) string {
	name, err := dns.ReverseAddr(a.Unmap().String())
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(name, ".")
}

// ParseIPv4 reads an IPv4 literal as inet_aton does: one to four numbers, each
// decimal, octal (0…) or hexadecimal (0x…), the last filling what remains.
func ParseIPv4(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var v uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 0, 32)
		if err != nil || strings.ContainsAny(part, "_+") || strings.HasPrefix(part, "0b") || strings.HasPrefix(part, "0o") {
			return netip.Addr{}, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return netip.Addr{}, false
			}
			v |= n << (8 * (3 - i))
			continue
		}
		if n >= 1<<(8*(4-i)) {
			return netip.Addr{}, false
		}
		v |= n
	}
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), true
}
