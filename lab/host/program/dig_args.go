package program

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"gatewalk/lab/host/program/resolv"
)

// parseDig reads dig's command line: what stands before the first name holds
// for all, what follows a name for that one. done says that there is nothing to
// ask and status is the exit status.
func parseDig(p *Process) (lookups []digLookup, status int, done bool) {
	global := digLookup{kind: dns.TypeA, port: 53}
	global.show.all(true)
	global.show.ttl, global.show.class = true, true
	current := &global
	begin := func(name string) {
		l := global
		l.name = name
		lookups = append(lookups, l)
		current = &lookups[len(lookups)-1]
	}
	fail := func(status int, format string, args ...any) ([]digLookup, int, bool) {
		fmt.Fprintf(p.Stderr, format, args...)
		return nil, status, true
	}
	args := p.Args[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case strings.HasPrefix(a, "@"):
			current.server = a[1:]
		case strings.HasPrefix(a, "+"):
			if text, status := current.option(a[1:]); text != "" {
				return fail(status, "%s", text)
			}
		case a == "-h":
			fmt.Fprint(p.Stdout, digUsage)
			return nil, 0, true
		case a == "-v":
			fmt.Fprintf(p.Stderr, "DiG %s\n", bindVersion)
			return nil, 0, true
		case a == "-4" || a == "-r" || a == "-u" || a == "-m":
		case len(a) > 1 && a[0] == '-' && strings.ContainsRune("xtqpcb", rune(a[1])):
			value := a[2:]
			if value == "" {
				if i++; i >= len(args) {
					return fail(1, "Invalid option: %s\n%s", a, digUsage)
				}
				value = args[i]
			}
			switch a[1] {
			case 'x':
				addr, err := netip.ParseAddr(value)
				if err != nil {
					return fail(1, "Invalid IP address %s\n", value)
				}
				begin(resolv.Reverse(addr) + ".")
				current.kind, current.typed = dns.TypePTR, true
			case 'q':
				begin(value)
			case 't':
				kind, ok := recordType(value)
				if !ok {
					fmt.Fprintf(p.Stderr, ";; Warning, ignoring invalid type %s\n", value)
					continue
				}
				current.kind, current.typed = kind, true
			case 'p':
				n, err := strconv.ParseUint(value, 10, 16)
				if err != nil {
					return fail(10, "dig: Couldn't parse port number\n")
				}
				current.port = uint16(n)
			}
		case len(a) > 1 && a[0] == '-':
			return fail(1, "Invalid option: %s\n%s", a, digUsage)
		default:
			if current != &global || len(lookups) == 0 {
				if kind, ok := recordType(a); ok && !current.typed {
					current.kind, current.typed = kind, true
					continue
				}
				if class := strings.ToUpper(a); class == "IN" {
					continue
				}
			}
			begin(a)
		}
	}
	if len(lookups) == 0 {
		// Without a name it asks for the root's servers.
		if !global.typed {
			global.kind = dns.TypeNS
		}
		global.name = "."
		lookups = []digLookup{global}
	}
	return lookups, 0, false
}

// option sets what +[no]word[=value] says; text is why it cannot.
func (l *digLookup) option(o string) (text string, status int) {
	word, value, _ := strings.Cut(o, "=")
	on := true
	if rest, ok := strings.CutPrefix(word, "no"); ok {
		word, on = rest, false
	}
	s := &l.show
	flags := map[string]*bool{
		"cmd": &s.cmd, "comments": &s.comments, "question": &s.question, "answer": &s.answer,
		"authority": &s.authority, "additional": &s.additional, "stats": &s.stats, "ttlid": &s.ttl,
		"class": &s.class, "identify": &s.identify, "qr": &s.query, "tcp": &l.tcp, "vc": &l.tcp, "search": &l.search, "ignore": &l.ignore,
	}
	if f, ok := flags[word]; ok {
		*f = on
		return "", 0
	}
	number := func(what string, set func(int)) (string, int) {
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Sprintf("invalid %s '%s': not a valid number\ndig: Couldn't parse %s\n", what, value, what), 10
		}
		set(n)
		return "", 0
	}
	switch word {
	case "all":
		s.all(on)
	case "short":
		if s.short = on; on {
			s.all(false)
			s.answer = true
		}
	case "recurse", "rdflag":
		l.norec = !on
	case "edns":
		l.plain = !on
	case "time", "timeout":
		return number("timeout", func(n int) { l.wait = time.Duration(max(n, 1)) * time.Second })
	case "tries":
		return number("tries", func(n int) { l.tries = max(n, 1) })
	case "retry":
		return number("retries", func(n int) { l.tries = max(n, 0) + 1 })
	case "adflag", "cookie", "bufsize", "idnin", "idnout", "fail", "badcookie", "ednsnegotiation", "split", "crypto", "rrcomments", "defname", "besteffort":
		// These change nothing that the resolver of the lab would show.
	case "trace", "nssearch", "multiline", "yaml", "dnssec", "https", "tls", "nsid", "subnet", "ttlunits", "keepopen":
		if on {
			return fmt.Sprintf("dig: +%s is not available on this simulated host\n", o), 1
		}
	default:
		return fmt.Sprintf("Invalid option: +%s\n%s", o, digUsage), 1
	}
	return "", 0
}
