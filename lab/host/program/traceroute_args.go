package program

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// traceOptions are traceroute's, with its defaults.
type traceOptions struct {
	method   string // "default" (UDP, rising port), "udp", "icmp" or "tcp"
	first    int    // TTL
	max      int    // TTL
	queries  int    // probes a hop
	sim      int    // probes at once
	port     int    // 0: the method's own
	numeric  bool
	wait     float64 // seconds for any probe
	here     float64 // times the round trip of the same hop
	near     float64 // times that of a later one
	sendwait float64 // seconds between probes
	tos      int
	whole    bool // don't fragment
	size     int  // of a packet, 0: default
	host     string
}

// traceUsage is printed for --help, and where nothing was given.
const traceUsage = `Usage:
  traceroute [ -4FITnrU ] [ -f first_ttl ] [ -i device ] [ -m max_ttl ] [ -N squeries ] [ -p port ] [ -t tos ] [ -w MAX,HERE,NEAR ] [ -q nqueries ] [ -s src_addr ] [ -z sendwait ] host [ packetlen ]
Options:
  -4                          Use IPv4
  -F  --dont-fragment         Do not fragment packets
  -f first_ttl  --first=first_ttl
                              Start from the first_ttl hop (instead from 1)
  -I  --icmp                  Use ICMP ECHO for tracerouting
  -T  --tcp                   Use TCP SYN for tracerouting (default port is 80)
  -i device  --interface=device
                              Specify a network interface to operate with
  -m max_ttl  --max-hops=max_ttl
                              Set the max number of hops (max TTL to be
                              reached). Default is 30
  -N squeries  --sim-queries=squeries
                              Set the number of probes to be tried
                              simultaneously (default is 16)
  -n                          Do not resolve IP addresses to their domain names
  -p port  --port=port        Set the destination port to use
  -t tos  --tos=tos           Set the TOS (IPv4 type of service)
  -w MAX,HERE,NEAR  --wait=MAX,HERE,NEAR
                              Wait for a probe no more than HERE (default 3)
                              times longer than a response from the same hop,
                              or no more than NEAR (default 10) times than some
                              next hop, or MAX (default 5.0) seconds (float
                              point values allowed too)
  -q nqueries  --queries=nqueries
                              Set the number of probes per each hop. Default is
                              3
  -s src_addr  --source=src_addr
                              Use source src_addr for outgoing packets
  -z sendwait  --sendwait=sendwait
                              Minimal time interval between probes (default 0)
  -U  --udp                   Use UDP to particular port for tracerouting
                              (instead of increasing the port per each probe),
                              default port is 53
  -V  --version               Print version info and exit
  --help                      Read this help and exit

Arguments:
+     host          The host to traceroute to
      packetlen     The full packet length (default is the length of an IP
                    header plus 40). Can be ignored or increased to a minimal
                    allowed value
`

const traceVersion = `Modern traceroute for Linux, version 2.1.3
Copyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later
`

// errTraceHelp asks for a text instead of a trace, with exit status 0.
type errTraceHelp string

func (e errTraceHelp) Error() string { return string(e) }

// traceLong are the long names of the letters, and what their arguments are
// called.
var traceLong = map[string]struct {
	letter byte
	arg    string
}{
	"dont-fragment": {'F', ""}, "icmp": {'I', ""}, "tcp": {'T', ""}, "udp": {'U', ""}, "version": {'V', ""},
	"first": {'f', "first_ttl"}, "interface": {'i', "device"}, "max-hops": {'m', "max_ttl"},
	"sim-queries": {'N', "squeries"}, "port": {'p', "port"}, "tos": {'t', "tos"}, "wait": {'w', "MAX,HERE,NEAR"},
	"queries": {'q', "nqueries"}, "source": {'s', "src_addr"}, "sendwait": {'z', "sendwait"},
}

// traceArg is what the argument of a letter is called; "" if it takes none.
func traceArg(letter byte) string {
	for _, l := range traceLong {
		if l.letter == letter {
			return l.arg
		}
	}
	return ""
}

// parseTrace reads the command line as libsupp's CLIF does: an argument may be
// joined to its letter but not to a cluster, long options take theirs after
// "=" only. Errors are traceroute's own sentences; all mean exit status 2.
func parseTrace(args []string) (*traceOptions, error) {
	o := &traceOptions{method: "default", first: 1, max: 30, queries: 3, sim: 16, wait: 5, here: 3, near: 10}
	var operands []string
	var at []int
	if len(args) == 0 {
		return nil, errTraceHelp(traceUsage)
	}
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			operands = append(operands, args[i+1:]...)
			i = len(args)
		case strings.HasPrefix(a, "--"):
			if err := o.long(a, i+1); err != nil {
				return nil, err
			}
		case len(a) > 1 && a[0] == '-':
			used, err := o.short(a[1:], args[i+1:], i+1)
			if err != nil {
				return nil, err
			}
			i += used
		default:
			operands, at = append(operands, a), append(at, i+1)
		}
	}
	if len(operands) > 2 {
		argc := len(args)
		if len(at) > 2 {
			argc = at[2]
		}
		return nil, fmt.Errorf("Extra arg `%s' (position 3, argc %d)", operands[2], argc)
	}
	if len(operands) == 0 {
		return nil, errors.New("Specify \"host\" missing argument.")
	}
	o.host = operands[0]
	if len(operands) == 2 {
		n, err := strconv.ParseInt(operands[1], 0, 32)
		if err != nil {
			return nil, fmt.Errorf("Cannot handle \"packetlen\" cmdline arg `%s' on position 2 (argc %d)", operands[1], len(args))
		}
		o.size = int(n)
	}
	return o, o.check()
}

func (o *traceOptions) long(a string, argc int) error {
	name, value, given := strings.Cut(a[2:], "=")
	if name == "help" {
		return errTraceHelp(traceUsage)
	}
	l, ok := traceLong[name]
	switch {
	case !ok:
		return fmt.Errorf("Bad option `%s' (argc %d)", a, argc)
	case l.arg == "" && given:
		return fmt.Errorf("Bad option `%s' (with arg `%s') (argc %d)", a, value, argc)
	case l.arg != "" && !given:
		return fmt.Errorf("Option `--%s' (argc %d) requires an argument: `--%s=%s'", name, argc, name, l.arg)
	}
	return o.set(l.letter, value, "--"+name, argc)
}

// short reads one word of letters and reports whether it took the next word.
func (o *traceOptions) short(letters string, rest []string, argc int) (used int, err error) {
	for i := range len(letters) {
		c := letters[i]
		option := "-" + letters[i:i+1]
		if !strings.ContainsRune("4FITnrUVfimNptwqsz", rune(c)) {
			return 0, fmt.Errorf("Bad option `%s' (argc %d)", option, argc)
		}
		name := traceArg(c)
		if name == "" {
			if err := o.set(c, "", option, argc); err != nil {
				return 0, err
			}
			continue
		}
		switch {
		case i == 0 && len(letters) > 1:
			return 0, o.set(c, letters[1:], option, argc)
		case i == 0 && len(rest) > 0:
			return 1, o.set(c, rest[0], option, argc+1)
		}
		return 0, fmt.Errorf("Option `%s' (argc %d) requires an argument: `%s %s'", option, argc, option, name)
	}
	return 0, nil
}

func (o *traceOptions) set(letter byte, value, option string, argc int) error {
	ok := true
	number := func(into *int) {
		n, err := strconv.ParseUint(value, 0, 31)
		*into, ok = int(n), err == nil
	}
	switch letter {
	case 'I':
		o.method = "icmp"
	case 'T':
		o.method = "tcp"
	case 'U':
		o.method = "udp"
	case 'n':
		o.numeric = true
	case 'F':
		o.whole = true
	case 'V':
		return errTraceHelp(traceVersion)
	case 'f':
		number(&o.first)
	case 'm':
		number(&o.max)
	case 'N':
		number(&o.sim)
	case 'q':
		number(&o.queries)
	case 't':
		number(&o.tos)
	case 'p':
		if port, known := services[value]; known {
			o.port = port
		} else {
			number(&o.port)
		}
	case 'w':
		ok = o.waits(value)
	case 'z':
		o.sendwait, ok = float(value)
	}
	if !ok {
		return fmt.Errorf("Cannot handle `%s' option with arg `%s' (argc %d)", option, value, argc)
	}
	return nil
}

// waits reads MAX[,HERE[,NEAR]]; what is left out is off.
func (o *traceOptions) waits(value string) bool {
	o.here, o.near = 0, 0
	into := []*float64{&o.wait, &o.here, &o.near}
	parts := strings.Split(value, ",")
	if len(parts) > len(into) {
		return false
	}
	for i, part := range parts {
		f, ok := float(part)
		if !ok {
			return false
		}
		*into[i] = f
	}
	return true
}

func float(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

func (o *traceOptions) check() error {
	switch {
	case o.first < 1 || o.first > o.max:
		return errors.New("first hop out of range")
	case o.max > 255:
		return errors.New("max hops cannot be more than 255")
	case o.queries < 1 || o.queries > 10:
		return errors.New("no more than 10 probes per hop")
	case o.wait < 0 || o.here < 0 || o.near < 0:
		return fmt.Errorf("bad wait specifications `%g,%g,%g' used", o.wait, o.here, o.near)
	case o.size > 65000:
		return fmt.Errorf("too big packetlen %d specified", o.size)
	case o.sendwait < 0:
		return fmt.Errorf("bad sendtime `%g' specified", o.sendwait)
	}
	if o.sendwait >= 10 { // then it was milliseconds
		o.sendwait /= 1000
	}
	// 0 means "as many as there are": a loop that sends stops only at a count.
	if o.sim == 0 {
		o.sim = o.max * o.queries
	}
	return nil
}

// packetSize is the length of a whole probe: IP, 8 bytes of UDP or ICMP or 40
// of TCP, and data.
func (o *traceOptions) packetSize() int {
	least := 28
	if o.method == "tcp" {
		return 60
	}
	if o.size == 0 {
		return 60
	}
	return max(least, o.size)
}
