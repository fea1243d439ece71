package program

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"gatewalk/lab/host/program/resolv"
)

const getentHint = "Try `getent --help' or `getent --usage' for more information.\n"

// getent asks the name service switch: hosts by /etc/hosts and DNS, accounts by
// their files. Its status is 2 where a key was not found.
func getent(ctx context.Context, p *Process) int {
	if len(p.Args) < 2 {
		fmt.Fprint(p.Stderr, "getent: wrong number of arguments\n")
		fmt.Fprint(p.Stdout, getentHint)
		return 1
	}
	database, keys := p.Args[1], p.Args[2:]
	switch database {
	case "hosts", "ahosts", "ahostsv4":
		if len(keys) == 0 && database == "hosts" {
			for _, h := range p.Resolver().Hosts {
				hostLine(p, h.Addr, h.Names)
			}
			return 0
		}
		status := 0
		for _, key := range keys {
			if !getentHost(ctx, p, database, key) {
				status = 2
			}
			if ctx.Err() != nil {
				return statusInterrupted
			}
		}
		return status
	case "passwd", "group":
		return getentFile(p, "/etc/"+database, keys)
	}
	fmt.Fprintf(p.Stderr, "Unknown database: %s\n", database)
	fmt.Fprint(p.Stdout, getentHint)
	return 1
}

func hostLine(p *Process, a netip.Addr, names []string) {
	fmt.Fprintf(p.Stdout, "%-15s %s\n", a, strings.Join(names, " "))
}

func getentHost(ctx context.Context, p *Process, database, key string) bool {
	r := p.Resolver()
	if a, err := netip.ParseAddr(key); err == nil && database == "hosts" {
		name, err := r.Addr(ctx, a)
		if err != nil || name == "" {
			return false
		}
		hostLine(p, a, []string{name})
		return true
	}
	found, err := r.Host(ctx, key)
	if err != nil {
		return false
	}
	for i, a := range found.Addrs {
		if database == "hosts" {
			hostLine(p, a, append([]string{found.Canonical}, found.Aliases...))
			continue
		}
		name := ""
		if i == 0 {
			name = canonical(found, key)
		}
		fmt.Fprintf(p.Stdout, "%-15s STREAM %s\n%-15s DGRAM  \n%-15s RAW    \n", a, name, a, a)
	}
	return true
}

func canonical(l resolv.Lookup, key string) string {
	if l.Canonical == "" {
		return key
	}
	return l.Canonical
}

// getentFile prints the lines of a colon-separated file whose first field is
// one of the keys, or all lines.
func getentFile(p *Process, name string, keys []string) int {
	text := p.text(name)
	if len(keys) == 0 {
		fmt.Fprint(p.Stdout, text)
		return 0
	}
	status := 0
	for _, key := range keys {
		found := false
		for line := range strings.Lines(text) {
			fields := strings.Split(line, ":")
			if fields[0] == key || len(fields) > 2 && fields[2] == key {
				fmt.Fprint(p.Stdout, line)
				found = true
			}
		}
		if !found {
			status = 2
		}
	}
	return status
}
