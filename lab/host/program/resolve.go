package program

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// ErrNoName is that a name has no address, or that nobody could be asked.
var ErrNoName = errors.New("Name or service not known") // the C library's text, as programs print it

// Resolve finds the IPv4 addresses of a name as getaddrinfo does: an address
// itself, then /etc/hosts, then the first nameserver of /etc/resolv.conf, which
// is asked twice with 5 seconds each. It asks by the host's network alone.
func (m *Machine) Resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{a}, nil
	}
	if found := m.hosts(name); len(found) > 0 {
		return found, nil
	}
	if _, ok := dns.IsDomainName(name); !ok || name == "" {
		return nil, ErrNoName
	}
	server, search := m.resolvConf()
	if !server.IsValid() {
		return nil, ErrNoName
	}
	names := []string{dns.Fqdn(name)}
	if !strings.Contains(strings.TrimSuffix(name, "."), ".") {
		for _, s := range search {
			names = slices.Insert(names, 0, dns.Fqdn(name+"."+s))
		}
	}
	for _, fqdn := range names {
		found, err := m.ask(ctx, server, fqdn)
		if err != nil {
			return nil, fmt.Errorf("asking %s for %s: %w", server, name, err)
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, ErrNoName
}

func (m *Machine) ask(ctx context.Context, server netip.Addr, name string) (found []netip.Addr, err error) {
	q := new(dns.Msg).SetQuestion(name, dns.TypeA)
	for range 2 {
		if found, err = m.askOnce(ctx, server, q); err == nil || ctx.Err() != nil {
			break
		}
	}
	return found, err
}

func (m *Machine) askOnce(ctx context.Context, server netip.Addr, q *dns.Msg) ([]netip.Addr, error) {
	conn, err := m.Net.DialContext(ctx, "udp", netip.AddrPortFrom(server, 53).String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	conn.SetDeadline(time.Now().Add(m.Clock.Real(5 * time.Second)))
	packet, err := q.Pack()
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(packet); err != nil {
		return nil, err
	}
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		answer := new(dns.Msg)
		if answer.Unpack(buf[:n]) != nil || answer.Id != q.Id {
			continue // not ours, or of an earlier question
		}
		var found []netip.Addr
		for _, rr := range answer.Answer {
			if a, ok := rr.(*dns.A); ok {
				if ip, ok := netip.AddrFromSlice(a.A.To4()); ok {
					found = append(found, ip)
				}
			}
		}
		return found, nil
	}
}

// hosts looks a name up in /etc/hosts.
func (m *Machine) hosts(name string) (found []netip.Addr) {
	if m.Files == nil {
		return nil
	}
	data, _ := m.Files.ReadFile("/etc/hosts")
	for line := range bytes.Lines(data) {
		line, _, _ := strings.Cut(string(line), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 || !slices.ContainsFunc(fields[1:], func(f string) bool { return strings.EqualFold(f, name) }) {
			continue
		}
		if a, err := netip.ParseAddr(fields[0]); err == nil && a.Is4() {
			found = append(found, a)
		}
	}
	return found
}

func (m *Machine) resolvConf() (server netip.Addr, search []string) {
	if m.Files == nil {
		return
	}
	data, _ := m.Files.ReadFile("/etc/resolv.conf")
	s := bufio.NewScanner(bytes.NewReader(data))
	for s.Scan() {
		f := strings.Fields(s.Text())
		if len(f) > 1 && f[0] == "nameserver" && !server.IsValid() {
			server, _ = netip.ParseAddr(f[1])
		}
		if len(f) > 1 && f[0] == "search" {
			search = f[1:]
		}
	}
	return server, search
}
