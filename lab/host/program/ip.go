package program

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"gatewalk/lab/host/program/resolv"
)

// ipCommand is ip(8): what the host knows of its own interface. An instance
// does not see the VPC's route table; its default route leads to the subnet's
// router whatever that table says.
func ipCommand(ctx context.Context, p *Process) int {
	brief, args := false, p.Args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "-br", "-brief":
			brief = true
		case "-4", "-c", "-color":
		case "-V", "-Version":
			fmt.Fprintln(p.Stdout, "ip utility, iproute2-5.10.0, libbpf 0.4.0")
			return 0
		default:
			fmt.Fprintf(p.Stderr, "Option \"%s\" is unknown, try \"ip -help\".\n", args[0])
			return 255
		}
		args = args[1:]
	}
	only4 := slices.Contains(p.Args, "-4")
	if len(args) == 0 {
		fmt.Fprint(p.Stderr, ipUsage)
		return 255
	}
	object, verb := args[0], "show"
	if len(args) > 1 {
		verb = args[1]
	}
	switch {
	case isAbbreviation(object, "address"):
		if isAbbreviation(verb, "show") || verb == "list" || verb == "ls" {
			return ipAddress(p, args, brief, only4)
		}
	case isAbbreviation(object, "link"):
		if isAbbreviation(verb, "show") || verb == "list" || verb == "ls" {
			return ipLink(p, args, brief)
		}
	case isAbbreviation(object, "route"):
		switch {
		case verb == "get" && len(args) > 2:
			return ipRouteGet(p, args[2])
		case isAbbreviation(verb, "show"), verb == "list", verb == "ls":
			ipRoutes(p)
			return 0
		}
	default:
		fmt.Fprintf(p.Stderr, "Object \"%s\" is unknown, try \"ip help\".\n", object)
		return 1
	}
	fmt.Fprintln(p.Stderr, "RTNETLINK answers: Operation not permitted")
	return 2
}

const ipUsage = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { address | link | route }
       OPTIONS := { -V[ersion] | -4 | -br[ief] }
`

func isAbbreviation(s, word string) bool { return s != "" && strings.HasPrefix(word, s) }

// nic is the name that AL2023 gives the first interface.
const nic = "ens5"

// ipDevice is the interface that is asked for: "" for all; false if there is none.
func ipDevice(p *Process, args []string) (string, bool) {
	if len(args) < 3 {
		return "", true
	}
	name := args[2]
	if name == "dev" && len(args) > 3 {
		name = args[3]
	}
	if name != nic && name != "lo" {
		fmt.Fprintf(p.Stderr, "Device \"%s\" does not exist.\n", name)
		return "", false
	}
	return name, true
}

func ipAddress(p *Process, args []string, brief, only4 bool) int {
	device, ok := ipDevice(p, args)
	if !ok {
		return 1
	}
	a, six := p.Net.Addr(), linkLocal(p.Mac)
	lease := 3600 - p.Clock.Now().Unix()%1800 // renewed at half time
	if device != nic {
		if brief {
			fmt.Fprint(p.Stdout, "lo               UNKNOWN        127.0.0.1/8 ")
			if !only4 {
				fmt.Fprint(p.Stdout, "::1/128 ")
			}
			fmt.Fprintln(p.Stdout)
		} else {
			fmt.Fprint(p.Stdout, loLink(!only4), "    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n")
			if !only4 {
				fmt.Fprint(p.Stdout, "    inet6 ::1/128 scope host noprefixroute \n       valid_lft forever preferred_lft forever\n")
			}
		}
	}
	if device != "lo" {
		if brief {
			fmt.Fprintf(p.Stdout, "%-16s UP             %s/%d metric 512 ", nic, a, p.Mask)
			if !only4 {
				fmt.Fprintf(p.Stdout, "%s/64 ", six)
			}
			fmt.Fprintln(p.Stdout)
		} else {
			fmt.Fprint(p.Stdout, nicLink(p, !only4), altNames)
			fmt.Fprintf(p.Stdout, "    inet %s/%d metric 512 brd %s scope global dynamic %s\n       valid_lft %dsec preferred_lft %dsec\n",
				a, p.Mask, broadcast(a, p.Mask), nic, lease, lease)
			if !only4 {
				fmt.Fprintf(p.Stdout, "    inet6 %s/64 scope link \n       valid_lft forever preferred_lft forever\n", six)
			}
		}
	}
	return 0
}

const altNames = "    altname enp0s5\n"

func loLink(ether bool) string {
	s := "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n"
	if ether {
		s += "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
	}
	return s
}

func nicLink(p *Process, ether bool) string {
	s := "2: " + nic + ": <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc mq state UP group default qlen 1000\n"
	if ether {
		s += "    link/ether " + p.Mac + " brd ff:ff:ff:ff:ff:ff\n"
	}
	return s
}

func ipLink(p *Process, args []string, brief bool) int {
	device, ok := ipDevice(p, args)
	if !ok {
		return 1
	}
	if device != nic {
		if brief {
			fmt.Fprintln(p.Stdout, "lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> ")
		} else {
			fmt.Fprint(p.Stdout, strings.Replace(loLink(true), "group", "mode DEFAULT group", 1))
		}
	}
	if device != "lo" {
		if brief {
			fmt.Fprintf(p.Stdout, "%-16s UP             %s <BROADCAST,MULTICAST,UP,LOWER_UP> \n", nic, p.Mac)
		} else {
			fmt.Fprint(p.Stdout, strings.Replace(nicLink(p, true), "group", "mode DEFAULT group", 1), altNames)
		}
	}
	return 0
}

// router is the subnet's first address.
func (m *Machine) router() netip.Addr {
	return netip.PrefixFrom(m.Net.Addr(), m.Mask).Masked().Addr().Next()
}

// ipRoutes prints what DHCP set: the way out, and one to each resolver.
func ipRoutes(p *Process) {
	a, gw := p.Net.Addr(), p.router()
	subnet := netip.PrefixFrom(a, p.Mask).Masked()
	fmt.Fprintf(p.Stdout, "default via %s dev %s proto dhcp src %s metric 512 \n", gw, nic, a)
	for _, s := range resolv.ParseConfig(p.text("/etc/resolv.conf")).Servers {
		if dns := s.Addr(); subnet.Contains(dns) {
			fmt.Fprintf(p.Stdout, "%s dev %s proto dhcp scope link src %s metric 512 \n", dns, nic, a)
		} else {
			fmt.Fprintf(p.Stdout, "%s via %s dev %s proto dhcp src %s metric 512 \n", dns, gw, nic, a)
		}
	}
	fmt.Fprintf(p.Stdout, "%s dev %s proto kernel scope link src %s metric 512 \n", subnet, nic, a)
	fmt.Fprintf(p.Stdout, "%s dev %s proto dhcp scope link src %s metric 512 \n", gw, nic, a)
}

func ipRouteGet(p *Process, to string) int {
	dst, err := netip.ParseAddr(to)
	if err != nil || !dst.Is4() {
		fmt.Fprintf(p.Stderr, "Error: any valid prefix is expected rather than \"%s\".\n", to)
		return 1
	}
	user := 1000
	if p.Root {
		user = 0
	}
	a := p.Net.Addr()
	switch {
	case dst == a || dst.IsLoopback():
		fmt.Fprintf(p.Stdout, "local %s dev lo src %s uid %d \n    cache <local> \n", dst, dst, user)
	case netip.PrefixFrom(a, p.Mask).Contains(dst):
		fmt.Fprintf(p.Stdout, "%s dev %s src %s uid %d \n    cache \n", dst, nic, a, user)
	default:
		fmt.Fprintf(p.Stdout, "%s via %s dev %s src %s uid %d \n    cache \n", dst, p.router(), nic, a, user)
	}
	return 0
}

// broadcast is the last address of a's subnet.
func broadcast(a netip.Addr, bits int) netip.Addr {
	b := a.As4()
	for i := bits; i < 32; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	return netip.AddrFrom4(b)
}

// linkLocal is the IPv6 address that the kernel derives from a MAC (EUI-64).
func linkLocal(mac string) netip.Addr {
	m, err := net.ParseMAC(mac)
	if err != nil || len(m) != 6 {
		return netip.MustParseAddr("fe80::1")
	}
	return netip.AddrFrom16([16]byte{0xfe, 0x80, 8: m[0] ^ 2, 9: m[1], 10: m[2], 11: 0xff, 12: 0xfe, 13: m[3], 14: m[4], 15: m[5]})
}
