package resolv

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is /etc/resolv.conf, as resolv.conf(5) says.
type Config struct {
	Servers  []netip.AddrPort
	Search   []string
	Ndots    int
	Timeout  time.Duration // of one attempt
	Attempts int           // over all servers
	// Set reports which of the two above the file gave: dig's own defaults
	// differ from the C library's.
	TimeoutSet, AttemptsSet bool
}

// ParseConfig reads resolv.conf. What it does not understand it passes over,
// as the C library does; without a server it is the host itself.
func ParseConfig(text string) Config {
	c := Config{Ndots: 1, Timeout: 5 * time.Second, Attempts: 2}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		switch f[0] {
		case "nameserver":
			// Three is MAXNS of the C library.
			if a, err := netip.ParseAddr(f[1]); err == nil && len(c.Servers) < 3 {
				c.Servers = append(c.Servers, netip.AddrPortFrom(a, 53))
			}
		case "search", "domain":
			c.Search = f[1:]
		case "options":
			for _, o := range f[1:] {
				c.option(o)
			}
		}
	}
	if len(c.Servers) == 0 {
		c.Servers = []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 53)}
	}
	return c
}

func (c *Config) option(o string) {
	name, value, _ := strings.Cut(o, ":")
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return
	}
	switch name {
	case "ndots":
		c.Ndots = min(n, 15)
	case "timeout":
		c.Timeout, c.TimeoutSet = time.Duration(min(max(n, 1), 30))*time.Second, true
	case "attempts":
		c.Attempts, c.AttemptsSet = min(max(n, 1), 5), true
	}
}

// Names are the names to try for one that was typed, in order.
func (c Config) Names(name string) []string {
	if strings.HasSuffix(name, ".") {
		return []string{name}
	}
	names := make([]string, 0, len(c.Search)+1)
	for _, s := range c.Search {
		names = append(names, name+"."+strings.TrimSuffix(s, "."))
	}
	if strings.Count(name, ".") >= c.Ndots {
		return append([]string{name}, names...)
	}
	return append(names, name)
}

// Hosts is /etc/hosts.
type Hosts []Host

// Host is one of its lines; the first name is the canonical one.
type Host struct {
	Addr  netip.Addr
	Names []string
}

// ParseHosts reads /etc/hosts, passing over lines that are none.
func ParseHosts(text string) Hosts {
	var h Hosts
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		if a, err := netip.ParseAddr(f[0]); err == nil {
			h = append(h, Host{a, f[1:]})
		}
	}
	return h
}

// Lookup returns the lines that know name.
func (h Hosts) Lookup(name string) Hosts {
	name = strings.TrimSuffix(name, ".")
	var found Hosts
	for _, line := range h {
		if slices.ContainsFunc(line.Names, func(n string) bool { return strings.EqualFold(n, name) }) {
			found = append(found, line)
		}
	}
	return found
}

// Name returns the canonical name of an address, or "".
func (h Hosts) Name(a netip.Addr) string {
	for _, line := range h {
		if line.Addr == a {
			return line.Names[0]
		}
	}
	return ""
}
