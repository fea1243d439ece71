package probe

import (
	"net/netip"
	"strings"
)

// Lookup is what nslookup printed.
type Lookup struct {
	Server    netip.AddrPort // zero where nslookup printed none
	Name      string         // the name that has the addresses, after aliases
	Aliases   []string       // names that point on, in order
	Addresses []netip.Addr
	// Failure is the resolver's code (NXDOMAIN, SERVFAIL, REFUSED) or
	// "timed out"; "" for an answer.
	Failure string
}

// Nslookup reads the output of BIND's nslookup for a name.
func Nslookup(text string) (Lookup, error) {
	var l Lookup
	answered := false
	for i, line := range lines(text) {
		word, rest := field(line)
		bad := func() (Lookup, error) { return l, &SyntaxError{"nslookup", i + 1, line} }
		switch {
		case line == "" || word == "Server:" || line == "Non-authoritative answer:" || strings.HasPrefix(line, ";; Got "):
		case word == "Address:" && strings.Contains(rest, "#"):
			server, err := netip.ParseAddrPort(portForm(rest))
			if err != nil {
				return bad()
			}
			l.Server = server
		case word == "Name:":
			l.Name, answered = rest, true
		case word == "Address:" && answered:
			addr, err := netip.ParseAddr(rest)
			if err != nil {
				return bad()
			}
			l.Addresses, l.Failure = append(l.Addresses, addr), "" // a packet was lost, and asked for again
		case strings.Contains(line, "\tcanonical name = "):
			alias, _, _ := strings.Cut(line, "\t")
			l.Aliases = append(l.Aliases, alias)
		case strings.HasPrefix(line, "** server can't find "):
			l.Failure = line[strings.LastIndex(line, " ")+1:]
		case strings.HasPrefix(line, ";; communications error"), strings.HasPrefix(line, ";; no servers could be reached"), strings.HasPrefix(line, ";; connection timed out"):
			l.Failure = "timed out"
		default:
			return bad()
		}
	}
	return l, nil
}

// field splits "Word:<tab or blank>rest".
func field(line string) (word, rest string) {
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimSpace(line[i:])
}

// portForm turns BIND's address#port into the form the world uses.
func portForm(s string) string {
	addr, port, _ := strings.Cut(s, "#")
	if strings.Contains(addr, ":") {
		addr = "[" + addr + "]"
	}
	return addr + ":" + port
}
